/* SPDX-License-Identifier: MIT */
/* Random: every suggestion drawn from the space's own distributions, without
 * repetition (nni.md 7.2).  Learns nothing. */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/dedup.h"

#include <stdlib.h>

struct random_tuner {
	const struct space *space;
	struct dedup *dedup;
	uint64_t seed;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"seed", "integer or null", "drawn by chance",
	 "the same seed gives the same suggestions"},
	{0},
};

static void *random_open(const struct tuner_context *context, struct error *err)
{
	struct args *args = args_parse(context->class_args, arguments, err);
	struct random_tuner *tuner;

	if (!args)
		return NULL;
	args_free(args);
	tuner = xcalloc(1, sizeof(*tuner));
	tuner->space = context->space;
	tuner->seed = context->seed;
	tuner->dedup = dedup_new(context->space);
	return tuner;
}

static enum tuner_outcome random_suggest(void *state, int64_t number,
					 struct tuner_suggestion *ret,
					 struct error *err)
{
	struct random_tuner *tuner = state;
	struct random random;

	(void)err;
	random_seed(&random, tuner->seed, (uint64_t)number);
	space_sample(tuner->space, &random, ret->point);
	return dedup_fix(tuner->dedup, ret->point) ? TUNER_SUGGESTED
						   : TUNER_EXHAUSTED;
}

static void random_adopt(void *state, int64_t number, const double *point)
{
	struct random_tuner *tuner = state;

	(void)number;
	dedup_add(tuner->dedup, point);
}

static void random_import(void *state, const double *point,
			  const struct tuner_result *result)
{
	struct random_tuner *tuner = state;

	(void)result;
	dedup_add(tuner->dedup, point);
}

static void random_close(void *state)
{
	struct random_tuner *tuner = state;

	dedup_free(tuner->dedup);
	free(tuner);
}

const struct tuner_ops random_tuner_ops = {
	.name = "Random",
	.help = "draws every suggestion from the search space by chance",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MAXIMIZE,
	.flags = TUNER_OBJECTIVES, /* it looks at none */
	.open = random_open,
	.suggest = random_suggest,
	.adopt = random_adopt,
	.import = random_import,
	.close = random_close,
};
