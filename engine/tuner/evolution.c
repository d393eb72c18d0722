/* SPDX-License-Identifier: MIT */
/*
 * Evolution: a population in which the better of two has a child (nni.md 7.7).
 *
 * It begins with individuals drawn by chance.  When all of them have been
 * tried, a suggestion picks two of those with results, takes the better one,
 * draws one of its parameters anew, and removes the worse one from the
 * population; the child joins it with its result.  So the population keeps its
 * size, and as many trials run at once at most.
 *
 * A trial that ends without a result is replaced by a fresh individual.
 * Imported results stand for individuals that need not be tried any more.
 *
 * Which two were picked follows from the suggestion's number and the
 * population, so that a suggestion that was never handed out changes nothing:
 * the worse one is removed when the child is adopted.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POPULATION_MAX 1000000
#define CHOICE_STREAM (UINT64_C(1) << 62) /* apart from those of numbers */

struct evolution {
	struct tuner_base base; /* first: see base.h */
	int64_t size;		/* of the population */
	int64_t fresh;		/* individuals to be drawn by chance yet */
	size_t *population;	/* trials with results */
	size_t count, capacity;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"population_size", "integer", "32",
	 "individuals; also the most trials that run at once"},
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{0},
};

static void *evolution_open(const struct tuner_context *context,
			    struct error *err)
{
	struct args *args = args_parse(context->class_args, arguments, err);
	struct evolution *evolution;
	int64_t size = 32;
	bool ok;

	if (!args)
		return NULL;
	ok = args_integer(args, "population_size", 1, POPULATION_MAX, &size,
			  err);
	args_free(args);
	if (!ok)
		return NULL;
	evolution = xcalloc(1, sizeof(*evolution));
	tuner_base_init(&evolution->base, context);
	evolution->size = evolution->fresh = size;
	return evolution;
}

static void evolution_close(void *state)
{
	struct evolution *evolution = state;

	tuner_base_release(&evolution->base);
	free(evolution->population);
	free(evolution);
}

/* Places in the population: of the parent, and of the one that goes, which is
 * the parent itself when it is alone. */
static void pick(const struct evolution *evolution, int64_t number,
		 size_t *ret_parent, size_t *ret_leaving)
{
	const struct told_trial *trials = evolution->base.trials.items;
	struct random random;
	size_t one, other;

	random_seed(&random, evolution->base.seed,
		    CHOICE_STREAM | (uint64_t)number);
	one = random_below(&random, evolution->count);
	other = one;
	if (evolution->count > 1) {
		other = random_below(&random, evolution->count - 1);
		other += other >= one;
	}
	if (trials[evolution->population[one]].standing >
	    trials[evolution->population[other]].standing) {
		size_t swap = one;

		one = other;
		other = swap;
	}
	*ret_parent = one;
	*ret_leaving = other;
}

/* Draw one active parameter anew; what hangs on it follows. */
static void mutate(const struct space *space, double *point,
		   struct random *random)
{
	size_t active = 0, wanted, changed = space->count;

	for (size_t i = 0; i < space->count; i++)
		active += !isnan(point[i]);
	if (!active)
		return;
	wanted = random_below(random, active);
	for (size_t i = 0; i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];

		if (!space_is_active(space, point, i)) {
			point[i] = NAN;
		} else if (isnan(point[i])) {
			point[i] = parameter_sample(p, random);
		} else if (changed == space->count && !wanted--) {
			changed = i;
			point[i] = parameter_sample(p, random);
		}
	}
}

static enum tuner_outcome evolution_suggest(void *state, int64_t number,
					    struct tuner_suggestion *ret,
					    struct error *err)
{
	struct evolution *evolution = state;
	const struct space *space = evolution->base.space;
	size_t parent, leaving;
	struct random random;

	(void)err;
	if ((int64_t)evolution->base.trials.running_count >= evolution->size ||
	    (evolution->fresh <= 0 && !evolution->count))
		return TUNER_NOTHING_NOW;
	random_seed(&random, evolution->base.seed, (uint64_t)number);
	if (evolution->fresh > 0) {
		space_sample(space, &random, ret->point);
	} else {
		pick(evolution, number, &parent, &leaving);
		memcpy(ret->point,
		       trials_point(&evolution->base.trials,
				    evolution->population[parent]),
		       space->count * sizeof(double));
		mutate(space, ret->point, &random);
	}
	return dedup_fix(evolution->base.dedup, ret->point) ? TUNER_SUGGESTED
							    : TUNER_EXHAUSTED;
}

static void leave(struct evolution *evolution, size_t place)
{
	evolution->count--;
	memmove(evolution->population + place,
		evolution->population + place + 1,
		(evolution->count - place) * sizeof(*evolution->population));
}

static void join(struct evolution *evolution, size_t trial)
{
	ARRAY_RESERVE(evolution->population, evolution->count,
		      evolution->capacity);
	evolution->population[evolution->count++] = trial;
}

static void evolution_adopt(void *state, int64_t number, const double *point)
{
	struct evolution *evolution = state;
	bool is_new =
		trials_find(&evolution->base.trials, number) == TRIALS_NONE;
	size_t parent, leaving;

	if (is_new && number >= 0) {
		if (evolution->fresh > 0) {
			evolution->fresh--;
		} else if (evolution->count > 1) {
			pick(evolution, number, &parent, &leaving);
			leave(evolution, leaving);
		}
	}
	tuner_base_adopt(evolution, number, point);
}

static void evolution_observe(void *state, int64_t number,
			      const struct tuner_result *result)
{
	struct evolution *evolution = state;
	size_t at = trials_observe(&evolution->base.trials, number, result);

	if (at == TRIALS_NONE)
		return;
	for (size_t i = 0; i < evolution->count; i++)
		if (evolution->population[i] == at)
			return; /* a newer result of the same trial */
	join(evolution, at);
}

static void evolution_ended(void *state, int64_t number, enum trial_state how)
{
	struct evolution *evolution = state;
	size_t at = trials_ended(&evolution->base.trials, number, how);

	if (at != TRIALS_NONE && evolution->base.trials.items[at].has_failed)
		evolution->fresh++;
}

static void evolution_import(void *state, const double *point,
			     const struct tuner_result *result)
{
	struct evolution *evolution = state;

	join(evolution, trials_import(&evolution->base.trials, point, result));
	if (evolution->fresh > 0)
		evolution->fresh--;
	dedup_add(evolution->base.dedup, point);
}

static void evolution_describe(void *state, struct strbuf *json)
{
	const struct evolution *evolution = state;
	double best = INFINITY;

	for (size_t i = 0; i < evolution->count; i++) {
		const struct told_trial *trial =
			&evolution->base.trials.items[evolution->population[i]];

		if (!(trial->violation > 0))
			best = fmin(best, trial->loss);
	}
	strbuf_addf(json,
		    "{\"population\":%zu,\"size\":%lld,\"fresh\":%lld,"
		    "\"running\":%zu",
		    evolution->count, (long long)evolution->size,
		    (long long)evolution->fresh,
		    evolution->base.trials.running_count);
	if (isfinite(best))
		strbuf_addf(json, ",\"best\":%.17g",
			    evolution->base.trials.is_maximizing ? -best
								 : best);
	strbuf_addch(json, '}');
}

const struct tuner_ops evolution_tuner_ops = {
	.name = "Evolution",
	.help = "changes one parameter of the better of two, again and again",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MAXIMIZE,
	.open = evolution_open,
	.suggest = evolution_suggest,
	.adopt = evolution_adopt,
	.observe = evolution_observe,
	.ended = evolution_ended,
	.import = evolution_import,
	.describe = evolution_describe,
	.close = evolution_close,
};
