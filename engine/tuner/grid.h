/* SPDX-License-Identifier: MIT */
/*
 * A walk over the whole space that refines itself (nni.md 7.5): all options of
 * categorical parameters, and of numeric ones first the middle of their
 * distribution, then the quarters, then the eighths.
 *
 * The walk stays where it is until the point it offers was seen, so asking
 * twice gives the same answer: GridSearch needs no state of its own.
 */
#ifndef ENGINE_TUNER_GRID_H
#define ENGINE_TUNER_GRID_H

#include "engine/tuner/seen.h"
#include "model/space.h"

struct grid;

/* space and seen outlive it. */
struct grid *grid_new(const struct space *space, const struct seen *seen);
void grid_free(struct grid *grid);
/* The first point of the walk that was not seen; false: there is none. */
bool grid_next(struct grid *grid, double *ret_point);

#endif
