/* SPDX-License-Identifier: MIT */
/*
 * Halving: asynchronous successive halving by intermediate results (the
 * stopping rule of Li et al., MLSys 2020, section 3.3).
 *
 * After min_steps * eta^k results a trial stands on rung k.  It goes on if its
 * result there is among the best 1/eta of all that have ever stood on that
 * rung, itself included; so the first eta - 1 of a rung go on whatever they
 * have.  Trials that failed later count, too: what they had they had.
 */
#include "engine/assessor/assessors.h"

#include "base/mem.h"
#include "engine/tuner/args.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNGS_MAX 48

struct standing {
	int64_t trial;
	double loss;
};

struct rung {
	size_t step;
	struct standing *standings; /* best first */
	size_t count, capacity;
};

struct halving {
	double eta;
	bool is_maximizing;
	struct rung rungs[RUNGS_MAX];
	size_t rung_count;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"min_steps", "integer", "1", "results at the first rung"},
	{"max_steps", "integer", "1000000",
	 "no rung at or beyond as many results"},
	{"eta", "number", "3", "one in so many goes on"},
	{0},
};

static void *halving_open(const struct assessor_context *context,
			  struct error *err)
{
	struct args *args = args_parse(context->class_args, arguments, err);
	int64_t least = 1, most = 1000000;
	struct halving *halving;
	double eta = 3;
	bool ok;

	if (!args)
		return NULL;
	ok = args_integer(args, "min_steps", 1, 1000000000, &least, err) &&
	     args_integer(args, "max_steps", 1, 1000000000, &most, err) &&
	     args_number(args, "eta", 1.5, 1e6, &eta, err);
	args_free(args);
	if (!ok)
		return NULL;
	halving = xcalloc(1, sizeof(*halving));
	halving->eta = eta;
	halving->is_maximizing = context->objective == OBJECTIVE_MAXIMIZE;
	for (double step = (double)least;
	     step < (double)most && halving->rung_count < RUNGS_MAX;
	     step = ceil(step * eta - 1e-6))
		halving->rungs[halving->rung_count++].step = (size_t)step;
	return halving;
}

static void halving_close(void *state)
{
	struct halving *halving = state;

	for (size_t i = 0; i < halving->rung_count; i++)
		free(halving->rungs[i].standings);
	free(halving);
}

/* Its place among those of the rung, from 0. */
static size_t stand(struct rung *rung, int64_t trial, double loss)
{
	size_t to = 0;

	for (size_t i = 0; i < rung->count; i++)
		if (rung->standings[i].trial == trial)
			return i; /* it has been told before */
	while (to < rung->count && rung->standings[to].loss <= loss)
		to++;
	ARRAY_RESERVE(rung->standings, rung->count, rung->capacity);
	memmove(rung->standings + to + 1, rung->standings + to,
		(rung->count - to) * sizeof(*rung->standings));
	rung->standings[to] = (struct standing){trial, loss};
	rung->count++;
	return to;
}

static double loss_of(const struct halving *halving, double value)
{
	if (!isfinite(value))
		return INFINITY;
	return halving->is_maximizing ? -value : value;
}

static bool halving_assess(void *state, int64_t trial, const double *history,
			   size_t count, char *reason, size_t size)
{
	struct halving *halving = state;

	for (size_t k = 0; k < halving->rung_count; k++) {
		struct rung *rung = &halving->rungs[k];
		size_t place, most;

		if (rung->step != count)
			continue;
		place = stand(rung, trial,
			      loss_of(halving, history[count - 1]));
		most = (size_t)floor((double)rung->count / halving->eta);
		if (place < most || (double)rung->count < halving->eta)
			return true;
		snprintf(reason, size,
			 "Halving: %zu of %zu at step %zu, and one in %g goes "
			 "on",
			 place + 1, rung->count, count, halving->eta);
		return false;
	}
	return true;
}

static void halving_ended(void *state, int64_t trial, bool succeeded,
			  const double *history, size_t count)
{
	struct halving *halving = state;

	(void)succeeded;
	for (size_t k = 0; k < halving->rung_count; k++)
		if (halving->rungs[k].step <= count)
			stand(&halving->rungs[k], trial,
			      loss_of(halving,
				      history[halving->rungs[k].step - 1]));
}

static void halving_resumed(void *state, int64_t trial, const double *history,
			    size_t count)
{
	halving_ended(state, trial, false, history, count);
}

static const char *const aliases[] = {"SuccessiveHalving", "ASHA", NULL};

const struct assessor_ops halving_assessor_ops = {
	.name = "Halving",
	.aliases = aliases,
	.help = "lets the best part go on at each of a row of steps",
	.arguments = arguments,
	.open = halving_open,
	.assess = halving_assess,
	.ended = halving_ended,
	.resumed = halving_resumed,
	.close = halving_close,
};
