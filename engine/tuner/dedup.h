/* SPDX-License-Identifier: MIT */
/*
 * No trial twice: replaces a point that was tried by the next of the grid that
 * was not (nni.md 7.4).  Does nothing, and remembers nothing, in spaces where
 * chance alone prevents duplicates.
 */
#ifndef ENGINE_TUNER_DEDUP_H
#define ENGINE_TUNER_DEDUP_H

#include "model/space.h"

struct dedup;

struct dedup *dedup_new(const struct space *space); /* space outlives it */
void dedup_free(struct dedup *dedup);
/* Replace the point if it was tried.  False: everything was. */
bool dedup_fix(struct dedup *dedup, double *point);
/* Was it tried?  Never so where duplicates cannot happen by chance. */
bool dedup_has(const struct dedup *dedup, const double *point);
/* This point is tried now. */
void dedup_add(struct dedup *dedup, const double *point);

#endif
