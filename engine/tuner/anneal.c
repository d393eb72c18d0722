/* SPDX-License-Identifier: MIT */
/*
 * Anneal: a walk from good results in ever smaller steps (hyperopt's, nni.md
 * 7.6).
 *
 * Each parameter keeps to itself: it takes its value in one of the best trials
 * that had it, the k-th best with k geometric, and draws around that value from
 * a part of its range that shrinks as 1 / (1 + shrink * trials seen).  All
 * parameters of a suggestion prefer the same trial.
 *
 * Running trials are no results.  With parallel_optimize they count as if they
 * had ended with the best, the worst or the mean one.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/dedup.h"
#include "engine/tuner/trial_log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AVERAGE_BEST_INDEX 2.0
#define SHRINK 0.1

enum liar { LIAR_MIN, LIAR_MAX, LIAR_MEAN };

static const char *const liar_names[] = {"min", "max", "mean", NULL};

struct anneal {
	const struct space *space;
	struct trial_log log;
	struct dedup *dedup;
	uint64_t seed;
	bool is_lying;
	enum liar liar;
	size_t *by_loss; /* trials with a result, best first */
	size_t by_loss_count, by_loss_capacity;
	size_t *had; /* per parameter: results of trials that had it */
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("minimize"),
	{"parallel_optimize", "boolean", "false",
	 "let running trials count as results"},
	{"constant_liar_type", "string", "min",
	 "as which: min, max or mean of the results so far"},
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{0},
};

static bool read_arguments(struct anneal *anneal, const char *json,
			   struct error *err)
{
	struct args *args = args_parse(json, arguments, err);
	int liar = LIAR_MIN;
	bool ok;

	if (!args)
		return false;
	ok = args_boolean(args, "parallel_optimize", &anneal->is_lying, err) &&
	     args_word(args, "constant_liar_type", liar_names, &liar, err);
	anneal->liar = (enum liar)liar;
	args_free(args);
	return ok;
}

static void *anneal_open(const struct tuner_context *context, struct error *err)
{
	struct anneal *anneal = xcalloc(1, sizeof(*anneal));

	if (!read_arguments(anneal, context->class_args, err)) {
		free(anneal);
		return NULL;
	}
	anneal->space = context->space;
	anneal->seed = context->seed;
	anneal->dedup = dedup_new(context->space);
	anneal->had = xcalloc(context->space->count + 1, sizeof(*anneal->had));
	trial_log_init(&anneal->log, context);
	return anneal;
}

static void anneal_close(void *state)
{
	struct anneal *anneal = state;

	trial_log_release(&anneal->log);
	dedup_free(anneal->dedup);
	free(anneal->by_loss);
	free(anneal->had);
	free(anneal);
}

/* --- the order of results ------------------------------------------------ */

static void take_out(struct anneal *anneal, size_t trial)
{
	for (size_t i = 0; i < anneal->by_loss_count; i++) {
		if (anneal->by_loss[i] != trial)
			continue;
		anneal->by_loss_count--;
		memmove(anneal->by_loss + i, anneal->by_loss + i + 1,
			(anneal->by_loss_count - i) * sizeof(size_t));
		return;
	}
}

/* Behind all that are no worse. */
static void put_in(struct anneal *anneal, size_t trial, double loss)
{
	size_t from = 0;
	size_t to = anneal->by_loss_count;

	while (from < to) {
		size_t middle = (from + to) / 2;
		size_t other = anneal->by_loss[middle];

		if (anneal->log.trials[other].loss <= loss)
			from = middle + 1;
		else
			to = middle;
	}
	ARRAY_RESERVE(anneal->by_loss, anneal->by_loss_count,
		      anneal->by_loss_capacity);
	memmove(anneal->by_loss + from + 1, anneal->by_loss + from,
		(anneal->by_loss_count - from) * sizeof(size_t));
	anneal->by_loss[from] = trial;
	anneal->by_loss_count++;
}

static void learn(struct anneal *anneal, size_t trial)
{
	const double *point = trial_log_point(&anneal->log, trial);

	put_in(anneal, trial, anneal->log.trials[trial].loss);
	for (size_t i = 0; i < anneal->space->count; i++)
		anneal->had[i] += !isnan(point[i]);
}

/* --- suggestions --------------------------------------------------------- */

/* 0, 1, ...: k with probability p (1 - p)^k. */
static size_t draw_rank(struct random *random)
{
	double p = 1 / AVERAGE_BEST_INDEX;
	double u = 1 - random_unit(random); /* (0, 1] */

	return (size_t)(log(u) / log1p(-p));
}

/* A good trial that had parameter i: its place in the log. */
static size_t draw_model(const struct anneal *anneal, size_t i,
			 struct random *random)
{
	size_t rank = draw_rank(random);
	size_t found = SIZE_MAX;

	for (size_t k = 0; k < anneal->by_loss_count; k++) {
		size_t trial = anneal->by_loss[k];

		if (isnan(trial_log_point(&anneal->log, trial)[i]))
			continue;
		found = trial;
		if (!rank--)
			break;
	}
	return found;
}

static double draw_option(const struct parameter *p, double value,
			  double shrink, struct random *random)
{
	size_t options = p->option_count;

	if (random_unit(random) < 1 - shrink)
		return value;
	return (double)random_below(random, options);
}

static double draw_around(const struct parameter *p, double value,
			  double shrink, struct random *random)
{
	double low, high, half;

	if (parameter_is_categorical(p))
		return draw_option(p, value, shrink, random);
	if (parameter_is_normal(p))
		return value + p->sigma * shrink * random_normal(random);
	parameter_bounds(p, &low, &high);
	half = (high - low) * shrink / 2;
	value = fmin(fmax(value, low + half), high - half);
	return value + half * (2 * random_unit(random) - 1);
}

/* What is running, told as results for one suggestion, and taken back. */
static void lie(struct anneal *anneal, bool is_beginning)
{
	struct trial_log *log = &anneal->log;
	size_t count = anneal->by_loss_count;
	double sum = 0, loss = 0;

	if (!anneal->is_lying || (is_beginning && !count))
		return;
	if (is_beginning) {
		for (size_t k = 0; k < count; k++)
			sum += log->trials[anneal->by_loss[k]].loss;
		loss = anneal->liar == LIAR_MEAN ? sum / (double)count
		       : anneal->liar == LIAR_MIN
			       ? log->trials[anneal->by_loss[0]].loss
			       : log->trials[anneal->by_loss[count - 1]].loss;
	}
	for (size_t at = 0; log->running_count && at < log->count; at++) {
		if (!log->trials[at].is_running || log->trials[at].has_loss)
			continue;
		if (is_beginning)
			put_in(anneal, at, loss);
		else
			take_out(anneal, at);
	}
}

static enum tuner_outcome anneal_suggest(void *state, int64_t number,
					 struct tuner_suggestion *ret,
					 struct error *err)
{
	struct anneal *anneal = state;
	const struct space *space = anneal->space;
	size_t model = SIZE_MAX;
	struct random random;

	(void)err;
	random_seed(&random, anneal->seed, (uint64_t)number);
	lie(anneal, true);
	for (size_t i = 0; i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];
		double shrink = 1 / (1 + (double)anneal->had[i] * SHRINK);

		ret->point[i] = NAN;
		if (!space_is_active(space, ret->point, i))
			continue;
		if (model == SIZE_MAX ||
		    isnan(trial_log_point(&anneal->log, model)[i])) {
			size_t other = draw_model(anneal, i, &random);

			model = other == SIZE_MAX ? model : other;
			if (other == SIZE_MAX) {
				ret->point[i] = parameter_sample(p, &random);
				continue;
			}
		}
		ret->point[i] =
			draw_around(p, trial_log_point(&anneal->log, model)[i],
				    shrink, &random);
	}
	lie(anneal, false);
	return dedup_fix(anneal->dedup, ret->point) ? TUNER_SUGGESTED
						    : TUNER_EXHAUSTED;
}

/* --- what it is told ----------------------------------------------------- */

static void anneal_adopt(void *state, int64_t number, const double *point)
{
	struct anneal *anneal = state;

	trial_log_adopt(&anneal->log, number, point);
	dedup_add(anneal->dedup, point);
}

static void anneal_observe(void *state, int64_t number,
			   const struct tuner_result *result)
{
	struct anneal *anneal = state;
	size_t at = trial_log_find(&anneal->log, number);
	bool is_known;

	if (at == SIZE_MAX)
		return;
	is_known = anneal->log.trials[at].has_loss;
	if (is_known)
		take_out(anneal, at);
	trial_log_observe(&anneal->log, number, result);
	if (is_known)
		put_in(anneal, at, anneal->log.trials[at].loss);
	else
		learn(anneal, at);
}

static void anneal_ended(void *state, int64_t number, enum trial_state how)
{
	struct anneal *anneal = state;

	trial_log_ended(&anneal->log, number, how);
}

static void anneal_import(void *state, const double *point,
			  const struct tuner_result *result)
{
	struct anneal *anneal = state;

	learn(anneal, trial_log_import(&anneal->log, point, result));
	dedup_add(anneal->dedup, point);
}

const struct tuner_ops anneal_tuner_ops = {
	.name = "Anneal",
	.help = "draws around good results, ever closer",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MINIMIZE,
	.open = anneal_open,
	.suggest = anneal_suggest,
	.adopt = anneal_adopt,
	.observe = anneal_observe,
	.ended = anneal_ended,
	.import = anneal_import,
	.close = anneal_close,
};
