/* SPDX-License-Identifier: MIT */
/* The table, and reading it. */
#include "engine/tuner/tpe_arguments.h"

#include "engine/tuner/args.h"

static const char *const liar_names[] = {"best", "worst", "mean",
					 "none", "null",  NULL};

const struct tuner_argument tpe_argument_table[] = {
	ARGUMENT_OPTIMIZE_MODE("minimize"),
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{"tpe_args.multivariate", "boolean", "true",
	 "model whole points; false: each parameter by itself, as NNI does"},
	{"tpe_args.constant_liar_type", "string or null", "best",
	 "multivariate: keep away from running trials, whichever is named; "
	 "else the result assumed of them: best, worst, mean; null for none"},
	{"tpe_args.n_startup_jobs", "integer", "10; not multivariate 20",
	 "trials drawn by chance before the first estimate"},
	{"tpe_args.n_ei_candidates", "integer", "24",
	 "candidates compared for each suggestion"},
	{"tpe_args.linear_forgetting", "integer", "25",
	 "good trials, at most; not multivariate: trials of full weight"},
	{"tpe_args.prior_weight", "number", "0.5; not multivariate 1.0",
	 "weight of the search space beside that of one trial"},
	{"tpe_args.gamma", "number", "0.5; not multivariate 0.25",
	 "good trials are this share of the square root of all; of several "
	 "objectives (then 0.1) of all"},
	{0},
};

bool tpe_arguments_read(const char *json, bool has_several,
			struct tpe_arguments *ret, struct error *err)
{
	struct args *args = args_parse(json, tpe_argument_table, err);
	struct tpe_options *options = &ret->options;
	int liar = TPE_LIAR_BEST;
	bool ok;

	ret->is_joint = true;
	if (!args)
		return false;
	if (!args_boolean(args, "tpe_args.multivariate", &ret->is_joint, err)) {
		args_free(args);
		return false;
	}
	*options = (struct tpe_options){.startup_jobs = 20,
					.candidates = 24,
					.linear_forgetting = 25,
					.prior_weight = 1,
					.gamma = 0.25};
	if (ret->is_joint) {
		options->startup_jobs = 10;
		options->prior_weight = 0.5;
		options->gamma = 0.5;
	}
	if (has_several) {
		options->gamma = 0.1;
		options->is_share = true;
	}
	ok = args_word(args, "tpe_args.constant_liar_type", liar_names, &liar,
		       err) &&
	     args_integer(args, "tpe_args.n_startup_jobs", 0, 1000000000,
			  &options->startup_jobs, err) &&
	     args_integer(args, "tpe_args.n_ei_candidates", 1, 10000,
			  &options->candidates, err) &&
	     args_integer(args, "tpe_args.linear_forgetting", 1, 1000000000,
			  &options->linear_forgetting, err) &&
	     args_number(args, "tpe_args.prior_weight", 0, 1e9,
			 &options->prior_weight, err) &&
	     args_number(args, "tpe_args.gamma", 1e-9, 1e9, &options->gamma,
			 err);
	ret->liar = (enum tpe_liar)liar;
	args_free(args);
	return ok;
}
