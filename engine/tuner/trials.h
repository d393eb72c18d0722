/* SPDX-License-Identifier: MIT */
/*
 * What a tuner has been told: every trial's point, which of them run, and what
 * was learnt of the others, in the order it was learnt.
 *
 * Losses are to be minimised: a metric to be maximised is negated here, once.
 * A trial that failed by itself, and one whose result is not finite, taught
 * that its point is bad; one that somebody or the cluster canceled taught
 * nothing.  A trial that reports again, because somebody ran it once more,
 * keeps its place, and its newest result replaces what was learnt of it.
 */
#ifndef ENGINE_TUNER_TRIALS_H
#define ENGINE_TUNER_TRIALS_H

#include "engine/tuner/tuner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRIALS_IMPORTED INT64_MIN /* the number of those that have none */
#define TRIALS_NONE SIZE_MAX	  /* the place of those nobody told of */

struct told_trial {
	int64_t number;
	double loss;	  /* INFINITY: it failed, or the result is not finite */
	double violation; /* > 0: constraints broken by so much */
	double budget;	  /* of the result; 0: none */
	/* What trials are compared by where nothing else is asked: the loss;
	 * beyond constraints worse than every loss, the more the worse. */
	double standing;
	bool is_learnt; /* its point is good or bad */
	bool has_result;
	bool is_running;
	bool has_failed; /* it ended, in whatever way, without a result */
};

struct trials_entry {
	int64_t number;
	uint32_t trial;
};

struct trials {
	const struct space *space;
	bool is_maximizing;

	struct told_trial *items; /* in the order they were first heard of */
	double *points;		  /* space->count values each, internal form */
	size_t count, capacity;

	uint32_t *learnt; /* trials, in the order they were learnt */
	size_t learnt_count, learnt_capacity;
	size_t finite_count; /* of them those with a finite loss */
	uint32_t *running;   /* trials, in the order they were submitted */
	size_t running_count, running_capacity;
	uint64_t revision; /* counts replacements of what was learnt */

	struct trials_entry *entries; /* ascending numbers */
	size_t entry_count, entry_capacity;
};

/* The context's space outlives it. */
void trials_init(struct trials *trials, const struct tuner_context *context);
void trials_release(struct trials *trials);

/* The place of a number, or TRIALS_NONE. */
size_t trials_find(const struct trials *trials, int64_t number);
/* Borrowed; valid until the next trial is added. */
double *trials_point(const struct trials *trials, size_t at);

/* The tuner's calls of the same names (tuner.h): the trial's place, TRIALS_NONE
 * when nobody told of it. */
size_t trials_adopt(struct trials *trials, int64_t number, const double *point);
size_t trials_observe(struct trials *trials, int64_t number,
		      const struct tuner_result *result);
size_t trials_ended(struct trials *trials, int64_t number,
		    enum trial_state state);
size_t trials_import(struct trials *trials, const double *point,
		     const struct tuner_result *result);

/* The first result's value as a loss; INFINITY: it is not finite. */
double trials_loss(const struct trials *trials,
		   const struct tuner_result *result);
/* The losses of the first `count` learnt ones, all finite and of one scale:
 * broken constraints are worse than every loss, the more the worse, and
 * failures as bad as the worst of all. */
void trials_losses(const struct trials *trials, size_t count,
		   double *ret_losses);

#endif
