/* SPDX-License-Identifier: MIT */
/*
 * Hyperband (Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: JMLR 18, 2018),
 * as NNI has it (nni.md 7.13): configurations drawn by chance, many with a
 * small budget, the best of them with ever larger ones.  It never ends by
 * itself.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/banded.h"

#include <stdlib.h>

enum mode { MODE_PARALLELISM, MODE_SERIAL };

static const char *const modes[] = {"parallelism", "serial", NULL};
static const char *const keys[] = {"TRIAL_BUDGET", "STEPS", NULL};

struct hyperband {
	struct banded banded; /* first: see banded.h */
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"R", "integer", "60", "the largest budget of a trial"},
	{"eta", "integer", "3",
	 "one in so many goes on, with so many times the budget"},
	{"exec_mode", "string", "parallelism",
	 "parallelism: begin the next bracket when places are free; serial: "
	 "when the one before is over"},
	{"budget_key", "string", "TRIAL_BUDGET",
	 "STEPS: the parameters have the budget under this name, too"},
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{0},
};

static void *hyperband_open(const struct tuner_context *context,
			    struct error *err)
{
	struct args *args = args_parse(context->class_args, arguments, err);
	struct brackets_options options = {.least = 1,
					   .width = context->space->count};
	int64_t most = 60, eta = 3;
	int mode = MODE_PARALLELISM, key = 0;
	struct hyperband *hyperband;
	bool ok;

	if (!args)
		return NULL;
	ok = args_integer(args, "R", 1, 1000000000, &most, err) &&
	     args_integer(args, "eta", 2, 1000000, &eta, err) &&
	     args_word(args, "exec_mode", modes, &mode, err) &&
	     args_word(args, "budget_key", keys, &key, err);
	args_free(args);
	if (!ok)
		return NULL;
	options.most = (double)most;
	options.eta = (double)eta;
	options.is_serial = mode == MODE_SERIAL;
	hyperband = xcalloc(1, sizeof(*hyperband));
	if (!banded_init(&hyperband->banded, context, &options, err)) {
		free(hyperband);
		return NULL;
	}
	hyperband->banded.budget_key = key ? keys[key] : NULL;
	return hyperband;
}

static void hyperband_close(void *state)
{
	struct hyperband *hyperband = state;

	banded_release(&hyperband->banded);
	free(hyperband);
}

static void draw(void *state, struct random *random, double *point)
{
	struct hyperband *hyperband = state;

	space_sample(hyperband->banded.base.space, random, point);
}

static enum tuner_outcome hyperband_suggest(void *state, int64_t number,
					    struct tuner_suggestion *ret,
					    struct error *err)
{
	struct hyperband *hyperband = state;

	(void)err;
	return banded_suggest(&hyperband->banded, number, draw, hyperband, ret);
}

const struct tuner_ops hyperband_tuner_ops = {
	.name = "Hyperband",
	.help = "many trials with a small budget, the best with larger ones",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MAXIMIZE,
	.flags = TUNER_BUDGETS,
	.open = hyperband_open,
	.suggest = hyperband_suggest,
	.adopt = banded_adopt,
	.observe = banded_observe,
	.ended = banded_ended,
	.describe = banded_describe,
	.close = hyperband_close,
};
