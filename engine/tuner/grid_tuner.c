/* SPDX-License-Identifier: MIT */
/* GridSearch: walks the grid (grid.h) from end to end.  Draws nothing by
 * chance and learns nothing. */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/grid.h"
#include "engine/tuner/seen.h"

#include <stdlib.h>

struct grid_tuner {
	struct seen *seen;
	struct grid *grid;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{0},
};

static void *grid_open(const struct tuner_context *context, struct error *err)
{
	struct args *args = args_parse(context->class_args, arguments, err);
	struct grid_tuner *tuner;

	if (!args)
		return NULL;
	args_free(args);
	tuner = xcalloc(1, sizeof(*tuner));
	tuner->seen = seen_new(context->space);
	tuner->grid = grid_new(context->space, tuner->seen);
	return tuner;
}

static enum tuner_outcome grid_suggest(void *state, int64_t number,
				       struct tuner_suggestion *ret,
				       struct error *err)
{
	struct grid_tuner *tuner = state;

	(void)number;
	(void)err;
	return grid_next(tuner->grid, ret->point) ? TUNER_SUGGESTED
						  : TUNER_EXHAUSTED;
}

static void grid_adopt(void *state, int64_t number, const double *point)
{
	struct grid_tuner *tuner = state;

	(void)number;
	seen_add(tuner->seen, point);
}

static void grid_import(void *state, const double *point,
			const struct tuner_result *result)
{
	struct grid_tuner *tuner = state;

	(void)result;
	seen_add(tuner->seen, point);
}

static void grid_close(void *state)
{
	struct grid_tuner *tuner = state;

	grid_free(tuner->grid);
	seen_free(tuner->seen);
	free(tuner);
}

const struct tuner_ops grid_tuner_ops = {
	.name = "GridSearch",
	.help = "tries all combinations, ever finer between numbers",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MAXIMIZE,
	.flags = TUNER_OBJECTIVES, /* it looks at none */
	.open = grid_open,
	.suggest = grid_suggest,
	.adopt = grid_adopt,
	.import = grid_import,
	.close = grid_close,
};
