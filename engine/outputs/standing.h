/* SPDX-License-Identifier: MIT */
/*
 * How good a result is beyond its one number: of several objectives the Pareto
 * front stands first, and results that break a constraint come last.
 */
#ifndef ENGINE_OUTPUTS_STANDING_H
#define ENGINE_OUTPUTS_STANDING_H

#include "store/store.h"

/* For each of count trials, by ascending key, how it stands: 0 before 1 before
 * 2.  *ret_objectives: how many the experiment has. */
bool outputs_standing(struct store *store, const struct experiment *experiment,
		      const int64_t *keys, size_t count, int *ret_standing,
		      size_t *ret_objectives, struct error *err);

#endif
