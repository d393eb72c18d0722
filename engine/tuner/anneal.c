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
#include "engine/tuner/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AVERAGE_BEST_INDEX 2.0
#define SHRINK 0.1

enum liar { LIAR_MIN, LIAR_MAX, LIAR_MEAN };

static const char *const liar_names[] = {"min", "max", "mean", NULL};

struct anneal {
	struct tuner_base base; /* first: see base.h */
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
	tuner_base_init(&anneal->base, context);
	anneal->had = xcalloc(context->space->count + 1, sizeof(*anneal->had));
	return anneal;
}

static void anneal_close(void *state)
{
	struct anneal *anneal = state;

	tuner_base_release(&anneal->base);
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

		if (anneal->base.trials.items[other].standing <= loss)
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
	const double *point = trials_point(&anneal->base.trials, trial);

	put_in(anneal, trial, anneal->base.trials.items[trial].standing);
	for (size_t i = 0; i < anneal->base.space->count; i++)
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

		if (isnan(trials_point(&anneal->base.trials, trial)[i]))
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
	const struct trials *told = &anneal->base.trials;
	size_t count = anneal->by_loss_count;
	double sum = 0, loss = 0;

	if (!anneal->is_lying || (is_beginning && !count))
		return;
	if (is_beginning) {
		for (size_t k = 0; k < count; k++)
			sum += told->items[anneal->by_loss[k]].standing;
		loss = anneal->liar == LIAR_MEAN ? sum / (double)count
		       : anneal->liar == LIAR_MIN
			       ? told->items[anneal->by_loss[0]].standing
			       : told->items[anneal->by_loss[count - 1]]
					 .standing;
	}
	for (size_t at = 0; told->running_count && at < told->count; at++) {
		if (!told->items[at].is_running || told->items[at].has_result)
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
	const struct space *space = anneal->base.space;
	size_t model = SIZE_MAX;
	struct random random;

	(void)err;
	random_seed(&random, anneal->base.seed, (uint64_t)number);
	lie(anneal, true);
	for (size_t i = 0; i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];
		double shrink = 1 / (1 + (double)anneal->had[i] * SHRINK);

		ret->point[i] = NAN;
		if (!space_is_active(space, ret->point, i))
			continue;
		if (model == SIZE_MAX ||
		    isnan(trials_point(&anneal->base.trials, model)[i])) {
			size_t other = draw_model(anneal, i, &random);

			model = other == SIZE_MAX ? model : other;
			if (other == SIZE_MAX) {
				ret->point[i] = parameter_sample(p, &random);
				continue;
			}
		}
		ret->point[i] = draw_around(
			p, trials_point(&anneal->base.trials, model)[i], shrink,
			&random);
	}
	lie(anneal, false);
	return dedup_fix(anneal->base.dedup, ret->point) ? TUNER_SUGGESTED
							 : TUNER_EXHAUSTED;
}

/* --- what it is told ----------------------------------------------------- */

static void anneal_observe(void *state, int64_t number,
			   const struct tuner_result *result)
{
	struct anneal *anneal = state;
	size_t at = trials_find(&anneal->base.trials, number);
	bool is_known;

	if (at == TRIALS_NONE)
		return;
	is_known = anneal->base.trials.items[at].has_result;
	if (is_known)
		take_out(anneal, at);
	trials_observe(&anneal->base.trials, number, result);
	if (is_known)
		put_in(anneal, at, anneal->base.trials.items[at].standing);
	else
		learn(anneal, at);
}

static void anneal_import(void *state, const double *point,
			  const struct tuner_result *result)
{
	struct anneal *anneal = state;

	learn(anneal, trials_import(&anneal->base.trials, point, result));
	dedup_add(anneal->base.dedup, point);
}

const struct tuner_ops anneal_tuner_ops = {
	.name = "Anneal",
	.help = "draws around good results, ever closer",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MINIMIZE,
	.open = anneal_open,
	.suggest = anneal_suggest,
	.adopt = tuner_base_adopt,
	.observe = anneal_observe,
	.ended = tuner_base_ended,
	.import = anneal_import,
	.close = anneal_close,
};
