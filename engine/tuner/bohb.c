/* SPDX-License-Identifier: MIT */
/*
 * BOHB (Falkner, Klein, Hutter: ICML 2018), with NNI's arguments (nni.md 7.14):
 * Hyperband's brackets, whose new configurations a model proposes
 * (bohb_model.h).  Budgets are those that trials had: NNI takes all for the
 * same one.  One bracket follows the other, as NNI has it, unless exec_mode
 * says otherwise.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/banded.h"
#include "engine/tuner/bohb_model.h"

#include <stdlib.h>

enum mode { MODE_SERIAL, MODE_PARALLELISM };

static const char *const modes[] = {"serial", "parallelism", NULL};
static const char *const keys[] = {"TRIAL_BUDGET", "STEPS", NULL};

struct bohb {
	struct banded banded; /* first: see banded.h */
	struct bohb_model model;
	double random_share;
	double most; /* budget */
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"min_budget", "number", "1", "the smallest budget of a trial"},
	{"max_budget", "number", "3", "the largest one"},
	{"eta", "integer", "3",
	 "one in so many goes on, with so many times the budget"},
	{"min_points_in_model", "integer or null", "parameters + 1",
	 "results of a budget before it has a model; never fewer"},
	{"top_n_percent", "integer", "15", "of the results are good ones"},
	{"num_samples", "integer", "64", "points compared for each suggestion"},
	{"random_fraction", "number", "1/3", "of suggestions drawn by chance"},
	{"bandwidth_factor", "number", "3",
	 "points are drawn so many bandwidths around good ones"},
	{"min_bandwidth", "number", "0.001", "least bandwidth of a density"},
	{"exec_mode", "string", "serial",
	 "serial: begin the next bracket when the one before is over; "
	 "parallelism: when places are free"},
	{"budget_key", "string", "TRIAL_BUDGET",
	 "STEPS: the parameters have the budget under this name, too"},
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{0},
};

static bool read_arguments(struct bohb *bohb, const char *json,
			   struct brackets_options *brackets,
			   struct bohb_options *model, struct error *err)
{
	struct args *args = args_parse(json, arguments, err);
	int64_t eta = 3, points = 0, top = 15, samples = 64;
	int mode = MODE_SERIAL, key = 0;
	bool ok;

	if (!args)
		return false;
	brackets->least = 1;
	brackets->most = 3;
	bohb->random_share = 1.0 / 3;
	model->bandwidth_factor = 3;
	model->bandwidth_least = 1e-3;
	ok = args_number(args, "min_budget", 1e-9, 1e12, &brackets->least,
			 err) &&
	     args_number(args, "max_budget", 1e-9, 1e12, &brackets->most,
			 err) &&
	     args_integer(args, "eta", 2, 1000000, &eta, err) &&
	     args_integer(args, "min_points_in_model", 0, 1000000, &points,
			  err) &&
	     args_integer(args, "top_n_percent", 1, 99, &top, err) &&
	     args_integer(args, "num_samples", 1, 10000, &samples, err) &&
	     args_number(args, "random_fraction", 0, 1, &bohb->random_share,
			 err) &&
	     args_number(args, "bandwidth_factor", 1e-6, 1e6,
			 &model->bandwidth_factor, err) &&
	     args_number(args, "min_bandwidth", 1e-9, 1,
			 &model->bandwidth_least, err) &&
	     args_word(args, "exec_mode", modes, &mode, err) &&
	     args_word(args, "budget_key", keys, &key, err);
	args_free(args);
	if (ok && brackets->least > brackets->most)
		ok = error_set(err, ERROR_INVALID,
			       "classArgs: min_budget %.6g is more than "
			       "max_budget %.6g",
			       brackets->least, brackets->most);
	brackets->eta = (double)eta;
	brackets->is_serial = mode == MODE_SERIAL;
	bohb->banded.budget_key = key ? keys[key] : NULL;
	bohb->most = brackets->most;
	model->points_least = brackets->width + 1;
	if ((size_t)points > model->points_least)
		model->points_least = (size_t)points;
	model->top_share = (double)top / 100;
	model->samples = (size_t)samples;
	return ok;
}

static void *bohb_open(const struct tuner_context *context, struct error *err)
{
	struct brackets_options brackets = {.width = context->space->count};
	struct bohb *bohb = xcalloc(1, sizeof(*bohb));
	struct bohb_options model = {0};

	if (!read_arguments(bohb, context->class_args, &brackets, &model,
			    err) ||
	    !banded_init(&bohb->banded, context, &brackets, err)) {
		free(bohb);
		return NULL;
	}
	bohb_model_init(&bohb->model, bohb->banded.base.encoding, &model);
	return bohb;
}

static void bohb_close(void *state)
{
	struct bohb *bohb = state;

	bohb_model_release(&bohb->model);
	banded_release(&bohb->banded);
	free(bohb);
}

static void draw(void *state, struct random *random, double *point)
{
	struct bohb *bohb = state;
	const struct tuner_base *base = &bohb->banded.base;
	double *x;

	if (random_unit(random) < bohb->random_share ||
	    !bohb_model_update(&bohb->model, &base->trials)) {
		space_sample(base->space, random, point);
		return;
	}
	x = xcalloc(base->space->count, sizeof(*x));
	bohb_model_draw(&bohb->model, random, x);
	encoding_decode(base->encoding, x, point);
	free(x);
}

static enum tuner_outcome bohb_suggest(void *state, int64_t number,
				       struct tuner_suggestion *ret,
				       struct error *err)
{
	struct bohb *bohb = state;

	(void)err;
	return banded_suggest(&bohb->banded, number, draw, bohb, ret);
}

/* What has no budget had the whole, as in NNI. */
static void bohb_import(void *state, const double *point,
			const struct tuner_result *result)
{
	struct bohb *bohb = state;
	struct tuner_result copy = *result;

	if (!(copy.budget > 0))
		copy.budget = bohb->most;
	tuner_base_import(bohb, point, &copy);
}

static void bohb_describe(void *state, struct strbuf *json)
{
	struct bohb *bohb = state;

	strbuf_adds(json, "{\"model\":");
	if (bohb_model_update(&bohb->model, &bohb->banded.base.trials))
		strbuf_addf(json,
			    "\"kde\",\"model_budget\":%.12g,\"good\":%zu,"
			    "\"bad\":%zu",
			    bohb->model.budget, bohb->model.good.count,
			    bohb->model.bad.count);
	else
		strbuf_adds(json, "null");
	strbuf_adds(json, ",\"brackets\":");
	brackets_describe(bohb->banded.brackets, json);
	strbuf_addch(json, '}');
}

const struct tuner_ops bohb_tuner_ops = {
	.name = "BOHB",
	.help = "Hyperband's budgets, with a model that proposes what to try",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MAXIMIZE,
	.flags = TUNER_BUDGETS,
	.open = bohb_open,
	.suggest = bohb_suggest,
	.adopt = banded_adopt,
	.observe = banded_observe,
	.ended = banded_ended,
	.import = bohb_import,
	.describe = bohb_describe,
	.close = bohb_close,
};
