/* SPDX-License-Identifier: MIT */
/*
 * An experiment in simulated time: a tuner, a function, and workers that take
 * as long for a trial as sandbox_duration says.  Nothing waits, and the same
 * seed gives the same run.
 *
 * A trial with a budget takes its share of the duration, and counts as that
 * share of an evaluation.  How good a run is after each is its simple regret:
 * how far the true value (without noise, with the largest budget) of the trial
 * it would recommend lies above the least there is; it recommends the best it
 * was told of the largest budget that was tried.  Of two objectives it is the
 * share of the true front's volume that the trials so far do not dominate.
 */
#ifndef ENGINE_SANDBOX_SIMULATE_H
#define ENGINE_SANDBOX_SIMULATE_H

#include "base/error.h"
#include "engine/sandbox/function.h"
#include "engine/tuner/tuner.h"

#include <stddef.h>
#include <stdint.h>

#define SANDBOX_EVALUATIONS_MAX 100000
#define SANDBOX_WORKERS_MAX 1000

struct sandbox_run {
	const struct sandbox_function *function;
	const struct tuner_ops *tuner;
	const char *class_args; /* or NULL */
	uint64_t seed;
	size_t evaluations, workers;
	/* So many first points are drawn by chance, by the seed alone: the
	 * same for every tuner. */
	size_t starts;
};

struct sandbox_outcome {
	/* after 1, 2, ..., `evaluations` of them; a run that ended before (the
	 * space was exhausted) keeps its last */
	double *regrets;
	size_t trials;	   /* with budgets more than evaluations */
	double ended_at_s; /* simulated */
};

/* Start point `number` of a seed. */
void sandbox_start(const struct space *space, uint64_t seed, int64_t number,
		   double *ret_point);
/* The caller frees regrets. */
bool sandbox_simulate(const struct sandbox_run *run,
		      struct sandbox_outcome *ret, struct error *err);

#endif
