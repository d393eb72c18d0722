/* SPDX-License-Identifier: MIT */
/*
 * What a tuner was told about trials: their points, results, and which of them
 * still run.  Results are losses, so that less is always better.
 *
 * Trials stand in the order in which they were first heard of; imported ones
 * have no number.  A trial that is run once more keeps its place, and its
 * newest result counts.
 */
#ifndef ENGINE_TUNER_TRIAL_LOG_H
#define ENGINE_TUNER_TRIAL_LOG_H

#include "engine/tuner/tuner.h"

#define TRIAL_LOG_NO_NUMBER INT64_MIN

struct logged_trial {
	int64_t number; /* TRIAL_LOG_NO_NUMBER: imported */
	double loss;	/* INFINITY: reported as not finite; see has_loss */
	double budget;	/* of the result; 0: none */
	bool has_loss;
	bool is_running;
	bool has_failed; /* it ended without a result */
};

struct trial_log {
	const struct space *space;
	bool is_maximizing;
	struct logged_trial *trials;
	double *points; /* space->count values a trial */
	size_t count, capacity;
	size_t running_count;
	size_t observed_count; /* with a loss */
	size_t *order;	       /* of numbered trials, by number */
	size_t order_count, order_capacity;
};

/* space is borrowed for the log's life. */
void trial_log_init(struct trial_log *log, const struct tuner_context *context);
void trial_log_release(struct trial_log *log);

/* Its place, or SIZE_MAX when nobody told of it. */
size_t trial_log_find(const struct trial_log *log, int64_t number);
/* Borrowed; valid until the next trial is added. */
double *trial_log_point(const struct trial_log *log, size_t at);
/* The first result's value as a loss. */
double trial_log_loss(const struct trial_log *log,
		      const struct tuner_result *result);

/* The tuner's calls.  Those that return a place give SIZE_MAX for a trial they
 * never heard of. */
size_t trial_log_adopt(struct trial_log *log, int64_t number,
		       const double *point);
size_t trial_log_observe(struct trial_log *log, int64_t number,
			 const struct tuner_result *result);
size_t trial_log_ended(struct trial_log *log, int64_t number,
		       enum trial_state state);
size_t trial_log_import(struct trial_log *log, const double *point,
			const struct tuner_result *result);

#endif
