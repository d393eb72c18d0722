/* SPDX-License-Identifier: MIT */
/*
 * The most promising point of an encoded space, for models that can say of
 * any point how promising it is.
 *
 * A pool of points drawn by chance and points near the best trials is valued at
 * once.  The best of the pool climb: numbers by their derivatives (NLopt's
 * L-BFGS between bounds), where the model has some; then choices and steps by
 * trying neighbours, until nothing improves.  Of the tops that were reached,
 * and then of the pool, the best one that nobody took is the answer.
 */
#ifndef ENGINE_TUNER_SEARCH_H
#define ENGINE_TUNER_SEARCH_H

#include "base/random.h"
#include "engine/tuner/encode.h"

#include <stdbool.h>
#include <stddef.h>

struct search_target {
	void *arg;
	/* Values of `count` imputed points, one a row; more is better. */
	void (*many)(void *arg, const double *z, size_t count, double *ret);
	/* Of one, and its derivatives if ret_gradient is not NULL; NULL: the
	 * model has none, and `many` is asked. */
	double (*at)(void *arg, const double *z, double *ret_gradient);
	/* Was this encoded point tried before? */
	bool (*is_taken)(void *taken_arg, const double *x);
	void *taken_arg;
};

struct search_effort {
	size_t samples; /* points of the pool */
	size_t climbs;	/* of them that climb */
	int steps;	/* looks at the model of each climb by derivatives */
	size_t moves;	/* and of each one among neighbours */
};

/* starts: encoded points worth searching around, best first, one a row.
 * False: all that was found is taken; ret_x is the best of it all the same. */
bool search_run(const struct encoding *encoding,
		const struct search_target *target,
		const struct search_effort *effort, const double *starts,
		size_t start_count, struct random *random, double *ret_x);

#endif
