/* SPDX-License-Identifier: MIT */
/* The log of trials that tuners keep. */
#include "engine/tuner/trial_log.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void trial_log_init(struct trial_log *log, const struct tuner_context *context)
{
	*log = (struct trial_log){
		.space = context->space,
		.is_maximizing = context->objective == OBJECTIVE_MAXIMIZE,
	};
}

void trial_log_release(struct trial_log *log)
{
	free(log->trials);
	free(log->points);
	free(log->order);
	memset(log, 0, sizeof(*log));
}

double *trial_log_point(const struct trial_log *log, size_t at)
{
	return log->points + at * log->space->count;
}

double trial_log_loss(const struct trial_log *log,
		      const struct tuner_result *result)
{
	double value = result->count ? result->values[0] : NAN;

	if (!isfinite(value))
		return INFINITY;
	return log->is_maximizing ? -value : value;
}

/* Where the number stands or belongs in log->order. */
static size_t place_of(const struct trial_log *log, int64_t number)
{
	size_t from = 0;
	size_t to = log->order_count;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (log->trials[log->order[middle]].number < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

size_t trial_log_find(const struct trial_log *log, int64_t number)
{
	size_t place = place_of(log, number);

	if (place == log->order_count ||
	    log->trials[log->order[place]].number != number)
		return SIZE_MAX;
	return log->order[place];
}

static size_t add(struct trial_log *log, int64_t number, const double *point)
{
	size_t at = log->count;
	size_t width = log->space->count;

	if (at == log->capacity) {
		log->capacity = at ? 2 * at : 16;
		log->trials = xrealloc(log->trials,
				       log->capacity * sizeof(*log->trials));
		log->points =
			xrealloc(log->points,
				 log->capacity * (width + 1) * sizeof(double));
	}
	log->trials[at] = (struct logged_trial){.number = number};
	memcpy(log->points + at * width, point, width * sizeof(*point));
	log->count++;
	return at;
}

static size_t add_numbered(struct trial_log *log, int64_t number,
			   const double *point)
{
	size_t at = add(log, number, point);
	size_t place = place_of(log, number);

	ARRAY_RESERVE(log->order, log->order_count, log->order_capacity);
	memmove(log->order + place + 1, log->order + place,
		(log->order_count - place) * sizeof(*log->order));
	log->order[place] = at;
	log->order_count++;
	return at;
}

static void set_running(struct trial_log *log, size_t at, bool is_running)
{
	struct logged_trial *trial = &log->trials[at];

	if (trial->is_running != is_running)
		log->running_count += is_running ? 1 : (size_t)-1;
	trial->is_running = is_running;
}

static void set_loss(struct trial_log *log, size_t at,
		     const struct tuner_result *result)
{
	struct logged_trial *trial = &log->trials[at];

	log->observed_count += !trial->has_loss;
	trial->has_loss = true;
	trial->loss = trial_log_loss(log, result);
	trial->budget = result->budget;
}

size_t trial_log_adopt(struct trial_log *log, int64_t number,
		       const double *point)
{
	size_t at = trial_log_find(log, number);

	if (at == SIZE_MAX)
		at = add_numbered(log, number, point);
	else if (!log->trials[at].has_loss)
		memcpy(trial_log_point(log, at), point,
		       log->space->count * sizeof(*point));
	log->trials[at].has_failed = false;
	set_running(log, at, true);
	return at;
}

size_t trial_log_observe(struct trial_log *log, int64_t number,
			 const struct tuner_result *result)
{
	size_t at = trial_log_find(log, number);

	if (at == SIZE_MAX)
		return at;
	set_running(log, at, false);
	set_loss(log, at, result);
	return at;
}

size_t trial_log_ended(struct trial_log *log, int64_t number,
		       enum trial_state state)
{
	size_t at = trial_log_find(log, number);

	(void)state;
	if (at == SIZE_MAX)
		return at;
	set_running(log, at, false);
	log->trials[at].has_failed = !log->trials[at].has_loss;
	return at;
}

size_t trial_log_import(struct trial_log *log, const double *point,
			const struct tuner_result *result)
{
	size_t at = add(log, TRIAL_LOG_NO_NUMBER, point);

	set_loss(log, at, result);
	return at;
}
