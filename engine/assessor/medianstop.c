/* SPDX-License-Identifier: MIT */
/*
 * Medianstop: stops a trial whose best result so far is worse than the median
 * of what the successful trials had on average at the same step (nni.md 7.15).
 *
 * The averages are kept sorted for each step, so that judging a result costs
 * one look however many trials there were.  A result that is not finite counts
 * as the worst there is.
 */
#include "engine/assessor/assessors.h"

#include "base/mem.h"
#include "engine/tuner/args.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Averages after the same number of results, one a trial, ascending. */
struct step {
	double *averages;
	size_t count, capacity;
};

struct medianstop {
	bool maximizes;
	int64_t start_step;
	struct step *steps;
	size_t step_count, step_capacity;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"start_step", "integer", "0",
	 "intermediate results before the first judgement"},
	{0},
};

static void *medianstop_open(const struct assessor_context *context,
			     struct error *err)
{
	struct args *args = args_parse(context->class_args, arguments, err);
	struct medianstop *medianstop;
	int64_t start_step = 0;
	bool ok;

	if (!args)
		return NULL;
	ok = args_integer(args, "start_step", 0, 1000000000, &start_step, err);
	args_free(args);
	if (!ok)
		return NULL;
	medianstop = xcalloc(1, sizeof(*medianstop));
	medianstop->start_step = start_step;
	medianstop->maximizes = context->objective == OBJECTIVE_MAXIMIZE;
	return medianstop;
}

static double worst(const struct medianstop *medianstop)
{
	return medianstop->maximizes ? -INFINITY : INFINITY;
}

static bool is_worse(const struct medianstop *medianstop, double a, double b)
{
	return medianstop->maximizes ? a < b : a > b;
}

static bool medianstop_assess(void *state, int64_t trial, const double *history,
			      size_t count, char *reason, size_t size)
{
	struct medianstop *medianstop = state;
	double best = worst(medianstop);
	const struct step *step;
	double median;

	(void)trial;
	if (!count || (int64_t)count < medianstop->start_step ||
	    count > medianstop->step_count)
		return true;
	for (size_t i = 0; i < count; i++)
		if (isfinite(history[i]) &&
		    is_worse(medianstop, best, history[i]))
			best = history[i];
	/* whoever got this far has an average here: the step is not empty */
	step = &medianstop->steps[count - 1];
	median = medianstop->maximizes ? step->averages[(step->count - 1) / 2]
				       : step->averages[step->count / 2];
	if (!is_worse(medianstop, best, median))
		return true;
	snprintf(
		reason, size,
		"Medianstop: best result %g is %s the median %g of %zu trial%s "
		"at step %zu",
		best, medianstop->maximizes ? "below" : "above", median,
		step->count, step->count == 1 ? "" : "s", count);
	return false;
}

static void insert(struct step *step, double average)
{
	size_t from = 0;
	size_t to = step->count;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (step->averages[middle] < average)
			from = middle + 1;
		else
			to = middle;
	}
	ARRAY_RESERVE(step->averages, step->count, step->capacity);
	memmove(step->averages + from + 1, step->averages + from,
		(step->count - from) * sizeof(*step->averages));
	step->averages[from] = average;
	step->count++;
}

static void medianstop_ended(void *state, int64_t trial, bool succeeded,
			     const double *history, size_t count)
{
	struct medianstop *medianstop = state;
	double sum = 0;

	(void)trial;
	for (size_t i = 0; succeeded && i < count; i++) {
		if (i == medianstop->step_count) {
			ARRAY_RESERVE(medianstop->steps, i,
				      medianstop->step_capacity);
			medianstop->steps[i] = (struct step){0};
			medianstop->step_count++;
		}
		sum += isfinite(history[i]) ? history[i] : worst(medianstop);
		insert(&medianstop->steps[i], isfinite(sum)
						      ? sum / (double)(i + 1)
						      : worst(medianstop));
	}
}

static void medianstop_close(void *state)
{
	struct medianstop *medianstop = state;

	for (size_t i = 0; i < medianstop->step_count; i++)
		free(medianstop->steps[i].averages);
	free(medianstop->steps);
	free(medianstop);
}

const struct assessor_ops medianstop_assessor_ops = {
	.name = "Medianstop",
	.help = "stops trials that fall behind the median of the others",
	.arguments = arguments,
	.open = medianstop_open,
	.assess = medianstop_assess,
	.ended = medianstop_ended,
	.close = medianstop_close,
};
