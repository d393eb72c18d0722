/* SPDX-License-Identifier: MIT */
/*
 * The set of points that were tried, told apart by what the trial was given:
 * two internal values that quantise alike are one point, and so are two
 * options with the same JSON.  Memory: 8 bytes a parameter and point.
 */
#ifndef ENGINE_TUNER_SEEN_H
#define ENGINE_TUNER_SEEN_H

#include "model/space.h"

struct seen;

struct seen *seen_new(const struct space *space); /* space outlives it */
void seen_free(struct seen *seen);
void seen_add(struct seen *seen, const double *point);
bool seen_has(const struct seen *seen, const double *point);
/* Distinct options of a categorical parameter, and the k-th of them. */
size_t seen_option_count(const struct seen *seen, size_t parameter);
double seen_option(const struct seen *seen, size_t parameter, size_t k);

#endif
