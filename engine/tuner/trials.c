/* SPDX-License-Identifier: MIT */
/* A list of trials, found by number. */
#include "engine/tuner/trials.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Larger numbers do not enter: their squares and differences must be finite. */
#define LARGEST 1e100

void trials_init(struct trials *trials, const struct tuner_context *context)
{
	*trials = (struct trials){
		.space = context->space,
		.is_maximizing = context->objective == OBJECTIVE_MAXIMIZE,
	};
}

void trials_release(struct trials *trials)
{
	free(trials->items);
	free(trials->points);
	free(trials->learnt);
	free(trials->running);
	free(trials->entries);
	*trials = (struct trials){0};
}

double *trials_point(const struct trials *trials, size_t at)
{
	return trials->points + at * trials->space->count;
}

/* Where the number stands or belongs among the entries. */
static size_t find_entry(const struct trials *trials, int64_t number)
{
	size_t from = 0;
	size_t to = trials->entry_count;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (trials->entries[middle].number < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

size_t trials_find(const struct trials *trials, int64_t number)
{
	size_t at = find_entry(trials, number);

	if (at == trials->entry_count || trials->entries[at].number != number)
		return TRIALS_NONE;
	return trials->entries[at].trial;
}

static size_t add(struct trials *trials, int64_t number, const double *point)
{
	size_t width = trials->space->count;
	size_t at = trials->count;

	if (at == trials->capacity) {
		trials->capacity = at ? 2 * at : 16;
		trials->items =
			xrealloc(trials->items,
				 trials->capacity * sizeof(*trials->items));
		trials->points = xrealloc(trials->points,
					  trials->capacity * (width + 1) *
						  sizeof(double));
	}
	memcpy(trials->points + at * width, point, width * sizeof(*point));
	trials->items[at] = (struct told_trial){
		.number = number, .loss = INFINITY, .standing = INFINITY};
	trials->count++;
	return at;
}

static size_t add_numbered(struct trials *trials, int64_t number,
			   const double *point)
{
	size_t at = find_entry(trials, number);
	size_t trial = add(trials, number, point);

	ARRAY_RESERVE(trials->entries, trials->entry_count,
		      trials->entry_capacity);
	memmove(trials->entries + at + 1, trials->entries + at,
		(trials->entry_count - at) * sizeof(*trials->entries));
	trials->entries[at] = (struct trials_entry){number, (uint32_t)trial};
	trials->entry_count++;
	return trial;
}

static void stop_running(struct trials *trials, size_t trial)
{
	if (!trials->items[trial].is_running)
		return;
	trials->items[trial].is_running = false;
	for (size_t i = 0; i < trials->running_count; i++) {
		if (trials->running[i] != trial)
			continue;
		trials->running_count--;
		memmove(trials->running + i, trials->running + i + 1,
			(trials->running_count - i) * sizeof(*trials->running));
		return;
	}
}

double trials_loss(const struct trials *trials,
		   const struct tuner_result *result)
{
	double value = result->count ? result->values[0] : NAN;

	if (!isfinite(value))
		return INFINITY;
	if (trials->is_maximizing)
		value = -value;
	return fmin(fmax(value, -LARGEST), LARGEST);
}

static double standing_of(double loss, double violation)
{
	if (loss == INFINITY || !(violation > 0))
		return loss;
	return LARGEST * (2 + violation / (1 + violation));
}

static void learn(struct trials *trials, size_t at, double loss,
		  double violation)
{
	struct told_trial *trial = &trials->items[at];

	trials->finite_count -= trial->is_learnt && trial->loss != INFINITY;
	trials->finite_count += loss != INFINITY;
	trial->loss = loss;
	trial->violation = violation > 0 ? fmin(violation, LARGEST) : 0;
	trial->standing = standing_of(loss, trial->violation);
	if (trial->is_learnt) {
		trials->revision++;
		return;
	}
	trial->is_learnt = true;
	ARRAY_RESERVE(trials->learnt, trials->learnt_count,
		      trials->learnt_capacity);
	trials->learnt[trials->learnt_count++] = (uint32_t)at;
}

static void take_result(struct trials *trials, size_t at,
			const struct tuner_result *result)
{
	trials->items[at].has_result = true;
	trials->items[at].budget = result->budget;
	learn(trials, at, trials_loss(trials, result), result->violation);
}

size_t trials_adopt(struct trials *trials, int64_t number, const double *point)
{
	size_t at = trials_find(trials, number);

	if (at == TRIALS_NONE)
		at = add_numbered(trials, number, point);
	else if (!trials->items[at].is_learnt)
		memcpy(trials_point(trials, at), point,
		       trials->space->count * sizeof(*point));
	stop_running(trials, at);
	trials->items[at].has_failed = false;
	trials->items[at].is_running = true;
	ARRAY_RESERVE(trials->running, trials->running_count,
		      trials->running_capacity);
	trials->running[trials->running_count++] = (uint32_t)at;
	return at;
}

size_t trials_observe(struct trials *trials, int64_t number,
		      const struct tuner_result *result)
{
	size_t at = trials_find(trials, number);

	if (at == TRIALS_NONE)
		return at;
	stop_running(trials, at);
	take_result(trials, at, result);
	return at;
}

size_t trials_ended(struct trials *trials, int64_t number,
		    enum trial_state state)
{
	size_t at = trials_find(trials, number);

	if (at == TRIALS_NONE)
		return at;
	stop_running(trials, at);
	trials->items[at].has_failed = !trials->items[at].has_result;
	if (state == TRIAL_FAILED && !trials->items[at].is_learnt)
		learn(trials, at, INFINITY, 0);
	return at;
}

size_t trials_import(struct trials *trials, const double *point,
		     const struct tuner_result *result)
{
	size_t at = add(trials, TRIALS_IMPORTED, point);

	take_result(trials, at, result);
	return at;
}

void trials_losses(const struct trials *trials, size_t count,
		   double *ret_losses)
{
	double least = INFINITY, most = -INFINITY, most_violation = 0;
	double spread = 1;

	for (size_t i = 0; i < count; i++) {
		const struct told_trial *trial =
			&trials->items[trials->learnt[i]];

		if (trial->loss == INFINITY)
			continue;
		most_violation = fmax(most_violation, trial->violation);
		if (trial->violation > 0)
			continue;
		least = fmin(least, trial->loss);
		most = fmax(most, trial->loss);
	}
	if (most > least)
		spread = most - least;
	if (least == INFINITY)
		most = 0; /* nothing is feasible yet: any scale will do */
	for (size_t i = 0; i < count; i++) {
		const struct told_trial *trial =
			&trials->items[trials->learnt[i]];

		if (trial->loss == INFINITY)
			ret_losses[i] =
				most_violation > 0 ? most + spread : most;
		else if (trial->violation > 0)
			ret_losses[i] = most + spread * (trial->violation /
							 most_violation);
		else
			ret_losses[i] = trial->loss;
	}
}
