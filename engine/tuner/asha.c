/* SPDX-License-Identifier: MIT */
/*
 * ASHA: asynchronous successive halving (Li, Jamieson, Rostamizadeh, Gonina,
 * Hardt, Recht, Talwalkar: MLSys 2020).
 *
 * Rung k has trials of budget min * eta^k.  Whenever a place is free, the
 * topmost rung that has one among its best 1/eta which did not go on yet sends
 * it on; where none has, a new configuration begins at the bottom.  So nobody
 * waits for the slowest of a round, as in Hyperband.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RUNGS_MAX 48
#define EPSILON 1e-6

static const char *const keys[] = {"TRIAL_BUDGET", "STEPS", NULL};

struct entry {
	size_t trial; /* its place */
	bool went_on;
};

struct rung {
	double budget;
	struct entry *entries; /* with a result, best first */
	size_t count, capacity;
	size_t running;
};

struct asha {
	struct tuner_base base; /* first: see base.h */
	double eta;
	const char *budget_key;
	struct rung rungs[RUNGS_MAX];
	size_t rung_count;
	size_t *rung_of; /* per trial; SIZE_MAX: in none */
	size_t rung_of_capacity;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"min_budget", "number", "1", "the budget that trials begin with"},
	{"max_budget", "number", "81", "the largest one"},
	{"eta", "number", "3",
	 "one in so many goes on, with so many times the budget"},
	{"budget_key", "string", "TRIAL_BUDGET",
	 "STEPS: the parameters have the budget under this name, too"},
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{0},
};

static void make_rungs(struct asha *asha, double least, double most)
{
	double budget = least;

	while (budget < most * (1 - EPSILON) &&
	       asha->rung_count + 1 < RUNGS_MAX) {
		asha->rungs[asha->rung_count++].budget = budget;
		budget *= asha->eta;
		/* whole budgets stay whole */
		if (least == floor(least))
			budget = floor(budget + EPSILON);
	}
	asha->rungs[asha->rung_count++].budget = most;
}

static void *asha_open(const struct tuner_context *context, struct error *err)
{
	struct args *args = args_parse(context->class_args, arguments, err);
	double least = 1, most = 81, eta = 3;
	struct asha *asha;
	int key = 0;
	bool ok;

	if (!args)
		return NULL;
	ok = args_number(args, "min_budget", 1e-9, 1e12, &least, err) &&
	     args_number(args, "max_budget", 1e-9, 1e12, &most, err) &&
	     args_number(args, "eta", 1.5, 1e6, &eta, err) &&
	     args_word(args, "budget_key", keys, &key, err);
	args_free(args);
	if (ok && least > most)
		ok = error_set(err, ERROR_INVALID,
			       "classArgs: min_budget %.6g is more than "
			       "max_budget %.6g",
			       least, most);
	if (!ok)
		return NULL;
	asha = xcalloc(1, sizeof(*asha));
	tuner_base_init(&asha->base, context);
	asha->eta = eta;
	asha->budget_key = key ? keys[key] : NULL;
	make_rungs(asha, least, most);
	return asha;
}

static void asha_close(void *state)
{
	struct asha *asha = state;

	for (size_t i = 0; i < asha->rung_count; i++)
		free(asha->rungs[i].entries);
	free(asha->rung_of);
	tuner_base_release(&asha->base);
	free(asha);
}

/* The best one that may go on from a rung and did not; NULL: none. */
static struct entry *promotable(struct asha *asha, size_t k)
{
	struct rung *rung = &asha->rungs[k];
	size_t best = (size_t)floor((double)rung->count / asha->eta);

	for (size_t i = 0; i < best; i++)
		if (!rung->entries[i].went_on &&
		    isfinite(asha->base.trials.items[rung->entries[i].trial]
				     .standing))
			return &rung->entries[i];
	return NULL;
}

/* What is next: a rung, and who goes on to it (NULL: a new one). */
static struct entry *next_entry(struct asha *asha, size_t *ret_rung)
{
	for (size_t k = asha->rung_count - 1; k-- > 0;) {
		struct entry *entry = promotable(asha, k);

		*ret_rung = k + 1;
		if (entry)
			return entry;
	}
	*ret_rung = 0;
	return NULL;
}

static enum tuner_outcome asha_suggest(void *state, int64_t number,
				       struct tuner_suggestion *ret,
				       struct error *err)
{
	struct asha *asha = state;
	const struct space *space = asha->base.space;
	const struct entry *entry;
	struct random random;
	size_t rung;

	(void)err;
	entry = next_entry(asha, &rung);
	ret->budget = asha->rungs[rung].budget;
	if (asha->budget_key)
		strbuf_addf(&ret->extra, "\"%s\":%.12g", asha->budget_key,
			    ret->budget);
	if (entry) {
		memcpy(ret->point,
		       trials_point(&asha->base.trials, entry->trial),
		       space->count * sizeof(double));
		ret->parent = asha->base.trials.items[entry->trial].number;
		return TUNER_SUGGESTED;
	}
	ret->parent = -1;
	random_seed(&random, asha->base.seed, (uint64_t)number);
	space_sample(space, &random, ret->point);
	return dedup_fix(asha->base.dedup, ret->point) ? TUNER_SUGGESTED
						       : TUNER_NOTHING_NOW;
}

static void asha_adopt(void *state, int64_t number, const double *point)
{
	struct asha *asha = state;
	bool is_new = trials_find(&asha->base.trials, number) == TRIALS_NONE;
	struct entry *entry = NULL;
	size_t rung = SIZE_MAX, at;

	if (is_new && number >= 0)
		entry = next_entry(asha, &rung);
	if (entry)
		entry->went_on = true;
	tuner_base_adopt(asha, number, point);
	at = trials_find(&asha->base.trials, number);
	while (at >= asha->rung_of_capacity) {
		asha->rung_of_capacity = at ? 2 * at : 16;
		asha->rung_of =
			xrealloc(asha->rung_of, asha->rung_of_capacity *
							sizeof(*asha->rung_of));
	}
	if (is_new)
		asha->rung_of[at] = rung;
	if (asha->rung_of[at] != SIZE_MAX)
		asha->rungs[asha->rung_of[at]].running++;
}

/* Its result is in, or in anew: to its place among those of its rung. */
static void rank(struct asha *asha, struct rung *rung, size_t trial)
{
	struct entry entry = {.trial = trial};
	size_t to = 0;

	for (size_t i = 0; i < rung->count; i++)
		if (rung->entries[i].trial == trial) {
			entry = rung->entries[i];
			rung->count--;
			memmove(rung->entries + i, rung->entries + i + 1,
				(rung->count - i) * sizeof(*rung->entries));
			break;
		}
	ARRAY_RESERVE(rung->entries, rung->count, rung->capacity);
	while (to < rung->count &&
	       asha->base.trials.items[rung->entries[to].trial].standing <=
		       asha->base.trials.items[trial].standing)
		to++;
	memmove(rung->entries + to + 1, rung->entries + to,
		(rung->count - to) * sizeof(*rung->entries));
	rung->entries[to] = entry;
	rung->count++;
}

static void asha_observe(void *state, int64_t number,
			 const struct tuner_result *result)
{
	struct asha *asha = state;
	size_t at = trials_find(&asha->base.trials, number);
	bool was_running;
	size_t rung;

	if (at == TRIALS_NONE)
		return;
	was_running = asha->base.trials.items[at].is_running;
	tuner_base_observe(asha, number, result);
	rung = asha->rung_of[at];
	if (rung == SIZE_MAX)
		return;
	asha->rungs[rung].running -= was_running;
	rank(asha, &asha->rungs[rung], at);
}

static void asha_ended(void *state, int64_t number, enum trial_state how)
{
	struct asha *asha = state;
	size_t at = trials_find(&asha->base.trials, number);

	if (at == TRIALS_NONE)
		return;
	if (asha->base.trials.items[at].is_running &&
	    asha->rung_of[at] != SIZE_MAX)
		asha->rungs[asha->rung_of[at]].running--;
	tuner_base_ended(asha, number, how);
}

static void asha_describe(void *state, struct strbuf *json)
{
	struct asha *asha = state;

	strbuf_adds(json, "{\"rungs\":[");
	for (size_t k = 0; k < asha->rung_count; k++) {
		const struct rung *rung = &asha->rungs[k];
		size_t went_on = 0;

		for (size_t i = 0; i < rung->count; i++)
			went_on += rung->entries[i].went_on;
		strbuf_addf(json,
			    "%s{\"rung\":%zu,\"budget\":%.12g,\"running\":%zu,"
			    "\"over\":%zu,\"promoted\":%zu}",
			    k ? "," : "", k, rung->budget, rung->running,
			    rung->count, went_on);
	}
	strbuf_adds(json, "]}");
}

const struct tuner_ops asha_tuner_ops = {
	.name = "ASHA",
	.help = "small budgets first, the best go on as soon as places are "
		"free",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MAXIMIZE,
	.flags = TUNER_BUDGETS,
	.open = asha_open,
	.suggest = asha_suggest,
	.adopt = asha_adopt,
	.observe = asha_observe,
	.ended = asha_ended,
	.describe = asha_describe,
	.close = asha_close,
};
