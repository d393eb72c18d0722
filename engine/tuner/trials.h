/* SPDX-License-Identifier: MIT */
/*
 * What a model-based tuner has been told: every trial's point, which of them
 * run, and what was learnt of the others, in the order it was learnt.
 *
 * Losses are to be minimised: a metric to be maximised is negated here, once.
 * A trial that failed by itself, and one whose result is not finite, taught
 * that its point is bad; one that somebody or the cluster canceled taught
 * nothing.  A trial that reports again, because somebody ran it once more,
 * replaces what was learnt of it.
 */
#ifndef ENGINE_TUNER_TRIALS_H
#define ENGINE_TUNER_TRIALS_H

#include "model/experiment.h"
#include "model/space.h"
#include "model/trial.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trials_entry {
	int64_t number;
	uint32_t trial;
};

struct trials {
	const struct space *space;
	bool maximizes;

	double *points;	    /* space->count values a trial, internal form */
	double *losses;	    /* INFINITY: failed */
	double *violations; /* > 0: constraints broken by so much */
	int64_t *numbers;   /* INT64_MIN: imported */
	bool *is_learnt;
	size_t count, capacity;

	uint32_t *learnt; /* trials, in the order they were learnt */
	size_t learnt_count, learnt_capacity;
	uint32_t *running; /* trials, in the order they were submitted */
	size_t running_count, running_capacity;
	uint64_t revision; /* counts replacements of what was learnt */

	struct trials_entry *entries; /* ascending numbers */
	size_t entry_count, entry_capacity;
};

/* The space outlives it. */
void trials_init(struct trials *trials, const struct space *space,
		 enum objective_mode objective);
void trials_release(struct trials *trials);

/* The tuner's calls of the same names (tuner.h). */
void trials_adopt(struct trials *trials, int64_t number, const double *point);
void trials_observe(struct trials *trials, int64_t number, double value,
		    double violation);
void trials_ended(struct trials *trials, int64_t number,
		  enum trial_state state);
void trials_import(struct trials *trials, const double *point, double value,
		   double violation);

/* Learnt ones that have a result of their own. */
size_t trials_results(const struct trials *trials);
const double *trials_point(const struct trials *trials, uint32_t trial);
/* The losses of the first `count` learnt ones, all finite: broken constraints
 * are worse than every loss, the more the worse, and failures as bad as the
 * worst of all. */
void trials_losses(const struct trials *trials, size_t count,
		   double *ret_losses);

#endif
