/* SPDX-License-Identifier: MIT */
/*
 * GP: Bayesian optimisation with a Gaussian process, under NNI's name and
 * arguments but not with its method, which models raw values and knows nothing
 * of running trials.
 *
 * The first points are a Latin hypercube.  Then a process is fitted to all
 * results (gp_model.h), running trials are taken at what the process believes
 * of them, in several versions, and the point of the greatest utility, averaged
 * over the versions, is looked for (search.h).  Trials that failed count as the
 * worst results.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/along.h"
#include "engine/tuner/args.h"
#include "engine/tuner/base.h"
#include "engine/tuner/gp_acquire.h"
#include "engine/tuner/gp_model.h"
#include "engine/tuner/normal.h"
#include "engine/tuner/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VERSIONS 8
/* Where a search has found a good place, the improvements still to be had there
 * become small, but are certain; every so many suggestions one asks for an
 * improvement that is worth a journey, in deviations of the results. */
#define BOLD_EVERY 4
#define BOLD_GAIN 0.1
/* Where so many run, what they may yield is in the versions, and the search is
 * bold enough. */
#define BOLD_RUNNING 8

struct gp_tuner {
	struct tuner_base base; /* first: see base.h */
	struct gp_model model;

	int utility;
	double kappa, xi;
	int64_t cold_start, samples, climbs;
};

static const char *const utilities[] = {"ei", "poi", "ucb", NULL};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{"utility", "string", "ei",
	 "what makes a point worth trying: ei (expected improvement), poi "
	 "(its probability), ucb (confidence bound)"},
	{"kappa", "number", "5", "ucb: deviations that uncertainty is worth"},
	{"xi", "number", "0",
	 "ei, poi: least improvement that counts, in deviations of the "
	 "results"},
	{"nu", "number", "2.5",
	 "smoothness of the metric over the space: 0.5, 1.5 or 2.5"},
	{"alpha", "number", "1e-6",
	 "least noise of a result, as a share of the results' variance; more "
	 "is learnt"},
	{"cold_start_num", "integer", "10", "results before the first model"},
	{"selection_num_warm_up", "integer", "100000",
	 "points looked at for each suggestion, at most"},
	{"selection_num_starting_points", "integer", "250",
	 "of them that are improved further, at most"},
	{0},
};

static bool read_smoothness(const struct args *args,
			    enum gp_smoothness *ret_smoothness,
			    struct error *err)
{
	double nu = 2.5;

	if (!args_number(args, "nu", 0, 1e9, &nu, err))
		return false;
	if (nu == 0.5)
		*ret_smoothness = GP_MATERN_1_2;
	else if (nu == 1.5)
		*ret_smoothness = GP_MATERN_3_2;
	else if (nu == 2.5)
		*ret_smoothness = GP_MATERN_5_2;
	else
		return error_set(err, ERROR_INVALID,
				 "classArgs.nu: must be 0.5, 1.5 or 2.5");
	return true;
}

static bool read_arguments(struct gp_tuner *tuner, const char *json,
			   enum gp_smoothness *ret_smoothness,
			   double *ret_alpha, struct error *err)
{
	struct args *args = args_parse(json, arguments, err);
	bool ok;

	if (!args)
		return false;
	tuner->kappa = 5;
	tuner->cold_start = 10;
	tuner->samples = 100000;
	tuner->climbs = 250;
	*ret_alpha = 1e-6;
	ok = args_word(args, "utility", utilities, &tuner->utility, err) &&
	     args_number(args, "kappa", 0, 1e6, &tuner->kappa, err) &&
	     args_number(args, "xi", 0, 1e6, &tuner->xi, err) &&
	     read_smoothness(args, ret_smoothness, err) &&
	     args_number(args, "alpha", 1e-10, 10, ret_alpha, err) &&
	     args_integer(args, "cold_start_num", 1, 1000000,
			  &tuner->cold_start, err) &&
	     args_integer(args, "selection_num_warm_up", 1, 1000000000,
			  &tuner->samples, err) &&
	     args_integer(args, "selection_num_starting_points", 1, 1000000000,
			  &tuner->climbs, err);
	args_free(args);
	return ok;
}

static void gp_close(void *state)
{
	struct gp_tuner *tuner = state;

	gp_model_release(&tuner->model);
	tuner_base_release(&tuner->base);
	free(tuner);
}

static void *gp_open(const struct tuner_context *context, struct error *err)
{
	struct gp_tuner *tuner = xcalloc(1, sizeof(*tuner));
	enum gp_smoothness smoothness = GP_MATERN_5_2;
	double alpha;

	if (!read_arguments(tuner, context->class_args, &smoothness, &alpha,
			    err)) {
		free(tuner);
		return NULL;
	}
	tuner_base_init(&tuner->base, context);
	gp_model_init(&tuner->model, tuner->base.encoding, &tuner->base.trials,
		      smoothness, alpha, (size_t)tuner->cold_start);
	return tuner;
}

/* --- suggestions --------------------------------------------------------- */

/* What has to be gained for suggestion `number` to be worth it. */
static double least_gain(const struct gp_tuner *tuner, int64_t number)
{
	if (number % BOLD_EVERY != BOLD_EVERY - 1 ||
	    tuner->base.trials.running_count >= BOLD_RUNNING)
		return tuner->xi;
	return fmax(tuner->xi, BOLD_GAIN);
}

static bool propose(void *state, int64_t number, struct random *random,
		    double *x)
{
	struct gp_tuner *tuner = state;
	struct gp_acquisition acquisition;
	struct search_target target = {&acquisition, gp_acquisition_search_many,
				       gp_acquisition_search_at,
				       tuner_base_is_taken, tuner};
	struct search_effort effort;
	struct gp_belief belief;

	if (!gp_model_believe(&tuner->model, tuner->base.seed, VERSIONS,
			      &belief)) {
		gp_belief_release(&belief);
		return false;
	}
	gp_acquisition_init(&acquisition, belief.gp, tuner->base.space->count,
			    belief.versions, (enum gp_utility)tuner->utility,
			    tuner->kappa, least_gain(tuner, number));
	effort = gp_acquisition_effort(gp_rows(belief.gp),
				       tuner->base.space->count);
	if (effort.samples > (size_t)tuner->samples)
		effort.samples = (size_t)tuner->samples;
	if (effort.climbs > (size_t)tuner->climbs)
		effort.climbs = (size_t)tuner->climbs;
	search_run(tuner->base.encoding, &target, &effort, belief.starts,
		   belief.start_count, random, x);
	gp_belief_release(&belief);
	return true;
}

static enum tuner_outcome gp_suggest(void *state, int64_t number,
				     struct tuner_suggestion *ret,
				     struct error *err)
{
	struct gp_tuner *tuner = state;

	(void)err;
	return tuner_base_suggest(&tuner->base, number,
				  (size_t)tuner->cold_start, GP_MODEL_LEAST,
				  propose, ret);
}

/* --- what people may see ------------------------------------------------- */

static void gp_describe(void *state, struct strbuf *json)
{
	struct gp_tuner *tuner = state;
	const struct gp_milestone *fit = gp_model_fitted(&tuner->model);

	strbuf_addf(json, "{\"model\":\"gp\",\"results\":%zu,\"running\":%zu",
		    tuner->base.trials.finite_count,
		    tuner->base.trials.running_count);
	if (fit) {
		strbuf_adds(json, ",\"signal\":");
		strbuf_add_json_number(json, fit->hyper.signal);
		strbuf_adds(json, ",\"noise\":");
		strbuf_add_json_number(json, fit->hyper.noise);
		strbuf_adds(json, ",\"lengths\":{");
		for (size_t i = 0; i < tuner->base.space->count; i++) {
			if (i)
				strbuf_addch(json, ',');
			strbuf_add_json_string(
				json, tuner->base.space->parameters[i].path);
			strbuf_addch(json, ':');
			strbuf_add_json_number(json, fit->hyper.lengths[i]);
		}
		strbuf_addch(json, '}');
	}
	strbuf_addch(json, '}');
}

static bool gp_slice(void *state, size_t parameter, const double *internal,
		     size_t n, double *ret_mean, double *ret_spread)
{
	struct gp_tuner *tuner = state;

	return along_gp(&tuner->base, &tuner->model, parameter, internal, n,
			ret_mean, ret_spread);
}

static const char *const aliases[] = {"GPTuner", NULL};

const struct tuner_ops gp_tuner_ops = {
	.name = "GP",
	.aliases = aliases,
	.help = "Gaussian process; the most from few trials that take long",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MAXIMIZE,
	.flags = TUNER_SLOW,
	.open = gp_open,
	.suggest = gp_suggest,
	.adopt = tuner_base_adopt,
	.observe = tuner_base_observe,
	.ended = tuner_base_ended,
	.import = tuner_base_import,
	.describe = gp_describe,
	.slice = gp_slice,
	.close = gp_close,
};
