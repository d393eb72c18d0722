/* SPDX-License-Identifier: MIT */
/*
 * Patience: stops a trial that has not improved for a number of results.  It
 * looks at nothing but the trial itself, so it works from the first one on.
 */
#include "engine/assessor/assessors.h"

#include "base/mem.h"
#include "engine/tuner/args.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct patience {
	int64_t patience, start_step;
	double least_gain;
	bool is_maximizing;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"patience", "integer", "10",
	 "results without an improvement that are one too many"},
	{"min_delta", "number", "0", "less than this is no improvement"},
	{"start_step", "integer", "0",
	 "intermediate results before the first judgement"},
	{0},
};

static void *patience_open(const struct assessor_context *context,
			   struct error *err)
{
	struct args *args = args_parse(context->class_args, arguments, err);
	struct patience patience = {.patience = 10}, *ret;
	bool ok;

	if (!args)
		return NULL;
	ok = args_integer(args, "patience", 1, 1000000000, &patience.patience,
			  err) &&
	     args_number(args, "min_delta", 0, 1e300, &patience.least_gain,
			 err) &&
	     args_integer(args, "start_step", 0, 1000000000,
			  &patience.start_step, err);
	args_free(args);
	if (!ok)
		return NULL;
	patience.is_maximizing = context->objective == OBJECTIVE_MAXIMIZE;
	ret = xcalloc(1, sizeof(*ret));
	*ret = patience;
	return ret;
}

static bool patience_assess(void *state, int64_t trial, const double *history,
			    size_t count, char *reason, size_t size)
{
	const struct patience *patience = state;
	double sign = patience->is_maximizing ? 1 : -1;
	double best = -INFINITY;
	size_t best_at = 0;

	(void)trial;
	if ((int64_t)count < patience->start_step)
		return true;
	for (size_t i = 0; i < count; i++) {
		double value =
			isfinite(history[i]) ? sign * history[i] : -INFINITY;

		if (value > best + patience->least_gain ||
		    (best == -INFINITY && value > best)) {
			best = value;
			best_at = i;
		}
	}
	if ((int64_t)(count - 1 - best_at) < patience->patience)
		return true;
	if (best == -INFINITY)
		snprintf(reason, size, "Patience: no number in %zu results",
			 count);
	else
		snprintf(reason, size,
			 "Patience: nothing better than %g of step %zu in %zu "
			 "results",
			 sign * best, best_at + 1, count - 1 - best_at);
	return false;
}

static void patience_close(void *state)
{
	free(state);
}

const struct assessor_ops patience_assessor_ops = {
	.name = "Patience",
	.help = "stops trials that have stopped improving",
	.arguments = arguments,
	.open = patience_open,
	.assess = patience_assess,
	.close = patience_close,
};
