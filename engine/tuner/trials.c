/* SPDX-License-Identifier: MIT */
/* A list of trials, found by number. */
#include "engine/tuner/trials.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Larger numbers do not enter: their squares and differences must be finite. */
#define LARGEST 1e100

void trials_init(struct trials *trials, const struct space *space,
		 enum objective_mode objective)
{
	*trials = (struct trials){.space = space,
				  .maximizes = objective == OBJECTIVE_MAXIMIZE};
}

void trials_release(struct trials *trials)
{
	free(trials->points);
	free(trials->losses);
	free(trials->violations);
	free(trials->numbers);
	free(trials->is_learnt);
	free(trials->learnt);
	free(trials->running);
	free(trials->entries);
	*trials = (struct trials){0};
}

const double *trials_point(const struct trials *trials, uint32_t trial)
{
	return trials->points + (size_t)trial * trials->space->count;
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

static bool find(const struct trials *trials, int64_t number,
		 uint32_t *ret_trial)
{
	size_t at = find_entry(trials, number);

	if (at == trials->entry_count || trials->entries[at].number != number)
		return false;
	*ret_trial = trials->entries[at].trial;
	return true;
}

static uint32_t add(struct trials *trials, int64_t number, const double *point)
{
	size_t width = trials->space->count;
	size_t i = trials->count;

	if (i == trials->capacity) {
		size_t n = i ? 2 * i : 16;

		trials->points =
			xrealloc(trials->points, n * width * sizeof(double));
		trials->losses = xrealloc(trials->losses, n * sizeof(double));
		trials->violations =
			xrealloc(trials->violations, n * sizeof(double));
		trials->numbers =
			xrealloc(trials->numbers, n * sizeof(*trials->numbers));
		trials->is_learnt = xrealloc(trials->is_learnt,
					     n * sizeof(*trials->is_learnt));
		trials->capacity = n;
	}
	memcpy(trials->points + i * width, point, width * sizeof(*point));
	trials->numbers[i] = number;
	trials->losses[i] = INFINITY;
	trials->violations[i] = 0;
	trials->is_learnt[i] = false;
	trials->count++;
	return (uint32_t)i;
}

static void add_entry(struct trials *trials, int64_t number, uint32_t trial)
{
	size_t at = find_entry(trials, number);

	ARRAY_RESERVE(trials->entries, trials->entry_count,
		      trials->entry_capacity);
	memmove(trials->entries + at + 1, trials->entries + at,
		(trials->entry_count - at) * sizeof(*trials->entries));
	trials->entries[at] = (struct trials_entry){number, trial};
	trials->entry_count++;
}

static void stop_running(struct trials *trials, uint32_t trial)
{
	for (size_t i = 0; i < trials->running_count; i++) {
		if (trials->running[i] != trial)
			continue;
		trials->running_count--;
		memmove(trials->running + i, trials->running + i + 1,
			(trials->running_count - i) * sizeof(*trials->running));
		return;
	}
}

static void learn(struct trials *trials, uint32_t trial, double value,
		  double violation)
{
	double loss = trials->maximizes ? -value : value;

	trials->losses[trial] =
		isfinite(loss) ? fmin(fmax(loss, -LARGEST), LARGEST) : INFINITY;
	trials->violations[trial] =
		violation > 0 ? fmin(violation, LARGEST) : 0;
	if (trials->is_learnt[trial]) {
		trials->revision++;
		return;
	}
	trials->is_learnt[trial] = true;
	ARRAY_RESERVE(trials->learnt, trials->learnt_count,
		      trials->learnt_capacity);
	trials->learnt[trials->learnt_count++] = trial;
}

void trials_adopt(struct trials *trials, int64_t number, const double *point)
{
	uint32_t trial;

	if (!find(trials, number, &trial)) {
		trial = add(trials, number, point);
		add_entry(trials, number, trial);
	} else if (!trials->is_learnt[trial]) {
		memcpy(trials->points + trial * trials->space->count, point,
		       trials->space->count * sizeof(*point));
	}
	stop_running(trials, trial);
	ARRAY_RESERVE(trials->running, trials->running_count,
		      trials->running_capacity);
	trials->running[trials->running_count++] = trial;
}

void trials_observe(struct trials *trials, int64_t number, double value,
		    double violation)
{
	uint32_t trial;

	if (!find(trials, number, &trial))
		return;
	stop_running(trials, trial);
	learn(trials, trial, value, violation);
}

void trials_ended(struct trials *trials, int64_t number, enum trial_state state)
{
	uint32_t trial;

	if (!find(trials, number, &trial))
		return;
	stop_running(trials, trial);
	if (state == TRIAL_FAILED && !trials->is_learnt[trial])
		learn(trials, trial, INFINITY, 0);
}

void trials_import(struct trials *trials, const double *point, double value,
		   double violation)
{
	learn(trials, add(trials, INT64_MIN, point), value, violation);
}

size_t trials_results(const struct trials *trials)
{
	size_t count = 0;

	for (size_t i = 0; i < trials->learnt_count; i++)
		count += trials->losses[trials->learnt[i]] != INFINITY;
	return count;
}

void trials_losses(const struct trials *trials, size_t count,
		   double *ret_losses)
{
	double least = INFINITY, most = -INFINITY, most_violation = 0;
	double spread = 1;

	for (size_t i = 0; i < count; i++) {
		uint32_t trial = trials->learnt[i];
		double loss = trials->losses[trial];

		if (loss == INFINITY)
			continue;
		most_violation =
			fmax(most_violation, trials->violations[trial]);
		if (trials->violations[trial] > 0)
			continue;
		least = fmin(least, loss);
		most = fmax(most, loss);
	}
	if (most > least)
		spread = most - least;
	if (least == INFINITY)
		most = 0; /* nothing is feasible yet: any scale will do */
	for (size_t i = 0; i < count; i++) {
		uint32_t trial = trials->learnt[i];
		double violation = trials->violations[trial];

		if (trials->losses[trial] == INFINITY)
			ret_losses[i] =
				most_violation > 0 ? most + spread : most;
		else if (violation > 0)
			ret_losses[i] =
				most + spread * (violation / most_violation);
		else
			ret_losses[i] = trials->losses[trial];
	}
}
