/* SPDX-License-Identifier: MIT */
/* A fresh tuner is told what the experiment's own one was. */
#include "engine/belief.h"

#include "base/mem.h"
#include "engine/advice.h"
#include "engine/spec/spec.h"
#include "engine/tuner/tuner.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define POINTS 61
#define OPTIONS_MAX 200
#define NUMBERS_MAX (INT64_C(1) << 24)
#define NORMAL_REACH 3.0 /* deviations */

/* ---- the history -----------------------------------------------------------
 */

typedef const atomic_bool *stop_flag;

static bool is_stopped(stop_flag stop)
{
	return stop && atomic_load_explicit(stop, memory_order_relaxed);
}

struct telling {
	struct store *store;
	stop_flag stop;
	const struct space *space;
	struct tuner *tuner;
	struct objectives objectives;
	struct belief *belief;
	double *point;
	int64_t first_number; /* of the tuner of now (HISTORY_CHANGED) */

	/* whom it is told of, when not of all */
	size_t most;	/* results; 0: all of them */
	double *values; /* by number; NaN: none; owned */
	size_t room, observed;
	double border; /* of the best, that are told in any case */
	bool is_minimized;
	uint32_t rate; /* of the others, in 2^32 */
};

/* ---- of very many, some ----------------------------------------------------
 */

static void note_value(struct telling *telling, int64_t number, double value)
{
	size_t room = telling->room;

	if (number < 0 || number >= NUMBERS_MAX)
		return;
	if ((size_t)number >= room) {
		room = (size_t)number + (size_t)number / 2 + 1024;
		telling->values = xrealloc(telling->values,
					   room * sizeof(*telling->values));
		for (size_t i = telling->room; i < room; i++)
			telling->values[i] = NAN;
		telling->room = room;
	}
	telling->observed += isnan(telling->values[number]);
	telling->values[number] = value;
}

static bool find_change(const struct history *row, void *arg)
{
	struct telling *telling = arg;

	if (is_stopped(telling->stop))
		return false;
	if (row->kind == HISTORY_CHANGED)
		telling->first_number = row->number;
	if (row->kind == HISTORY_OBSERVED && telling->most)
		note_value(telling, row->number, row->value);
	return true;
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The best quarter of the room is the best results', since models are made of
 * those; the rest an even choice. */
static void choose(struct telling *telling)
{
	size_t best = telling->most / 4, count = 0;
	double *sorted;

	telling->is_minimized =
		telling->objectives.items[0].mode == OBJECTIVE_MINIMIZE;
	if (telling->observed <= telling->most) {
		telling->most = 0;
		return;
	}
	sorted = xcalloc(telling->room, sizeof(*sorted));
	for (size_t i = 0; i < telling->room; i++)
		if (!isnan(telling->values[i]))
			sorted[count++] = telling->values[i];
	qsort(sorted, count, sizeof(*sorted), by_number);
	telling->border =
		telling->is_minimized ? sorted[best] : sorted[count - 1 - best];
	telling->rate = (uint32_t)((double)(telling->most - best) /
				   (double)count * UINT32_MAX);
	free(sorted);
}

static bool is_told(const struct telling *telling, int64_t number)
{
	double value = NAN;

	if (!telling->most)
		return true;
	if (number >= 0 && (size_t)number < telling->room)
		value = telling->values[number];
	if (telling->is_minimized ? value < telling->border
				  : value > telling->border)
		return true;
	return (uint32_t)number * UINT32_C(2654435761) < telling->rate;
}

/* ---- a row ------------------------------------------------------------------
 */

static bool read_point(struct telling *telling, const struct history *row)
{
	struct error ignored;
	double budget;

	if (row->point &&
	    numbers_parse(row->point, telling->point, telling->space->count))
		return true;
	return advice_point(telling->space, row->parameters, telling->point,
			    NULL, &budget, &ignored);
}

/* A result of a suggestion that was another tuner's, before the space or its
 * arguments changed, or of nobody's: imported, if it is a point of the space of
 * now, as the engine does (advice_replay.c). */
static void tell_foreign(struct telling *telling, const struct history *row)
{
	double values[OBJECTIVES_MAX], budget;
	struct tuner_result result;
	struct error ignored;
	struct trial trial;

	if (!store_trial_get(telling->store, row->trial, &trial, &ignored))
		return;
	advice_row_result(row, &telling->objectives, values, &result);
	if (advice_point(telling->space, trial.parameters, telling->point, NULL,
			 &budget, &ignored)) {
		tuner_import(telling->tuner, telling->point, &result);
		telling->belief->imported++;
	}
	trial_release(&trial);
}

static bool tell_row(const struct history *row, void *arg)
{
	struct telling *telling = arg;
	double values[OBJECTIVES_MAX];
	struct tuner_result result;

	if (is_stopped(telling->stop))
		return false;
	if (row->kind == HISTORY_OBSERVED)
		telling->belief->known++;
	if (row->kind != HISTORY_IMPORTED && !is_told(telling, row->number))
		return true;
	if (row->number < telling->first_number &&
	    row->kind != HISTORY_IMPORTED) {
		if (row->kind == HISTORY_OBSERVED)
			tell_foreign(telling, row);
		return true;
	}
	switch (row->kind) {
	case HISTORY_SUGGESTED:
		if (read_point(telling, row))
			tuner_adopt(telling->tuner, row->number,
				    telling->point);
		break;
	case HISTORY_OBSERVED:
		advice_row_result(row, &telling->objectives, values, &result);
		tuner_observe(telling->tuner, row->number, &result);
		telling->belief->results++;
		break;
	case HISTORY_IMPORTED:
		advice_row_result(row, &telling->objectives, values, &result);
		if (read_point(telling, row)) {
			tuner_import(telling->tuner, telling->point, &result);
			telling->belief->imported++;
		}
		break;
	case HISTORY_ENDED:
		tuner_ended(telling->tuner, row->number, row->state);
		break;
	case HISTORY_PREPARED: /* nobody's yet */
	case HISTORY_CHANGED:
		break;
	}
	return true;
}

/* ---- lines ------------------------------------------------------------------
 */

static void make_line(const struct parameter *p, struct belief_line *line)
{
	double low, high;

	if (parameter_is_categorical(p)) {
		size_t most =
			p->kind == PARAMETER_CHOICE ? OPTIONS_MAX : POINTS;

		line->count = p->option_count < most ? p->option_count : most;
		low = 0;
		high = p->kind == PARAMETER_CHOICE
			       ? (double)line->count - 1
			       : (double)p->option_count - 1;
	} else if (parameter_is_normal(p)) {
		line->count = POINTS;
		low = p->mu - NORMAL_REACH * p->sigma;
		high = p->mu + NORMAL_REACH * p->sigma;
	} else {
		line->count = POINTS;
		parameter_bounds(p, &low, &high);
	}
	line->internal = xcalloc(4 * line->count + 1, sizeof(double));
	line->numbers = line->internal + line->count;
	line->first = line->numbers + line->count;
	line->second = line->first + line->count;
	for (size_t i = 0; i < line->count; i++) {
		double at = low;

		if (line->count > 1)
			at += (high - low) * (double)i /
			      (double)(line->count - 1);
		if (parameter_is_categorical(p))
			at = rint(at);
		line->internal[i] = at;
		line->numbers[i] = p->kind == PARAMETER_CHOICE
					   ? at
					   : parameter_final(p, at);
	}
}

static bool is_whole(const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isfinite(values[i]))
			return false;
	return true;
}

static void find_lines(struct belief *belief, struct tuner *tuner,
		       stop_flag stop)
{
	bool has_any = false;

	for (size_t i = 0; i < belief->space->count && !is_stopped(stop); i++) {
		struct belief_line *line = &belief->lines[i];

		make_line(&belief->space->parameters[i], line);
		if (tuner_slice(tuner, i, line->internal, line->count,
				line->first, line->second))
			line->kind = BELIEF_MEAN;
		else if (tuner_densities(tuner, i, line->internal, line->count,
					 line->first, line->second))
			line->kind = BELIEF_DENSITIES;
		if (!is_whole(line->first, line->count) ||
		    !is_whole(line->second, line->count))
			line->kind = BELIEF_NONE;
		has_any |= line->kind != BELIEF_NONE;
	}
	if (!has_any)
		belief->why_none = xasprintf(
			"%s has no belief: it keeps no model, or has too few "
			"results for one (%zu)",
			belief->tuner, belief->results + belief->imported);
}

/* ---- all of it
 * ----------------------------------------------------------------
 */

static struct tuner *open_tuner(struct telling *telling,
				const struct experiment *experiment,
				const struct algorithm_config *config,
				struct error *err)
{
	const struct tuner_ops *ops =
		config->name ? tuner_find(config->name) : NULL;
	struct tuner_objective objectives[OBJECTIVES_MAX];
	struct tuner_context context = {
		.space = telling->space,
		.class_args = config->class_args,
		.objective = experiment->objective,
		.seed = experiment->seed,
		.objectives = objectives,
	};

	if (!ops) {
		error_set(err, ERROR_NOT_FOUND, "unknown tuner '%s'",
			  config->name ? config->name : "");
		return NULL;
	}
	if (!objectives_parse(config->class_args, experiment->objective,
			      &telling->objectives, err))
		return NULL;
	context.objective_count = telling->objectives.count;
	for (size_t i = 0; i < context.objective_count; i++)
		objectives[i] = (struct tuner_objective){
			telling->objectives.items[i].metric,
			telling->objectives.items[i].mode};
	return tuner_open(ops, &context, err);
}

static bool believe(struct store *store, const struct experiment *experiment,
		    size_t most, stop_flag stop, struct belief *belief,
		    struct error *err)
{
	struct experiment_config config = {0};
	struct telling telling = {.belief = belief,
				  .space = belief->space,
				  .store = store,
				  .stop = stop,
				  .most = most};
	struct error why;
	bool ok = true;

	/* an imported experiment's configuration may be none of ours */
	if (!spec_reload(experiment->config, &config, &why)) {
		belief->tuner = xstrdup("unknown");
		belief->why_none =
			xasprintf("its configuration names no tuner of "
				  "trialdeck's: %.200s",
				  why.text);
		experiment_config_release(&config);
		return true;
	}
	belief->tuner = xstrdup(config.tuner.name ? config.tuner.name : "none");
	if (config.tuner.is_python) {
		belief->why_none = xasprintf(
			"%s runs in Python: what it believes it keeps to "
			"itself",
			belief->tuner);
	} else {
		telling.tuner =
			open_tuner(&telling, experiment, &config.tuner, &why);
		if (!telling.tuner)
			belief->why_none = xasprintf("%s: %.300s",
						     belief->tuner, why.text);
	}
	if (telling.tuner) {
		telling.point =
			xcalloc(belief->space->count + 1, sizeof(double));
		ok = store_history_each(store, experiment->key, find_change,
					&telling, err);
		if (ok)
			choose(&telling);
		ok = ok && store_history_each(store, experiment->key, tell_row,
					      &telling, err);
		if (ok)
			find_lines(belief, telling.tuner, stop);
		free(telling.point);
		free(telling.values);
		tuner_close(telling.tuner);
	}
	experiment_config_release(&config);
	return ok;
}

struct belief *belief_find(struct store *store,
			   const struct experiment *experiment, size_t most,
			   stop_flag stop, struct error *err)
{
	struct belief *belief;
	struct space *space;

	if (!experiment->space) {
		error_set(err, ERROR_NOT_FOUND,
			  "experiment %s has no search space: there are no "
			  "parameters to believe anything of",
			  experiment->id);
		return NULL;
	}
	if (!space_parse(experiment->space, &space, NULL, err))
		return NULL;
	belief = xcalloc(1, sizeof(*belief));
	belief->space = space;
	belief->lines = xcalloc(space->count + 1, sizeof(*belief->lines));
	if (believe(store, experiment, most, stop, belief, err))
		return belief;
	belief_free(belief);
	return NULL;
}

void belief_free(struct belief *belief)
{
	if (!belief)
		return;
	for (size_t i = 0; i < belief->space->count; i++)
		free(belief->lines[i].internal);
	space_free(belief->space);
	free(belief->lines);
	free(belief->tuner);
	free(belief->why_none);
	free(belief);
}
