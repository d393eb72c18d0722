/* SPDX-License-Identifier: MIT */
/*
 * Metis, with NNI's structure (nni.md 7.10) and a model that is fitted once a
 * suggestion instead of hundreds of times.
 *
 * A Gaussian process (Matern 3/2) is fitted to all results; running trials are
 * taken at their mean.  Its least mean is the optimum as far as is known.
 * Candidates for what to learn from next:
 *
 *     exploration   where the process is least sure for how far its mean is
 *                   above the least: NNI divides by the mean itself, which
 *                   means something for some metrics only
 *     exploitation  where good trials are dense and bad ones are not
 * What a candidate is worth is how low the least mean could become by it: with
 * its result 1.96 deviations below or above what is expected.  The optimum
 * itself is suggested when it was not tried, one time in ten; else the
 * candidate that is worth most.  Before all that, when asked for, a trial whose
 * result is far from what the others make believe is made once more.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/along.h"
#include "engine/tuner/args.h"
#include "engine/tuner/base.h"
#include "engine/tuner/density.h"
#include "engine/tuner/gp_acquire.h"
#include "engine/tuner/gp_model.h"
#include "engine/tuner/search.h"
#include "engine/tuner/taken.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEVIATIONS 1.96
/* Added to that distance, in deviations of the results; the candidate is that
 * of the greatest probability to be lower than the least by so much. */
#define ABOVE 0.2
/* Results before there are good and bad ones, and before any is an outlier. */
#define EXPLOITATION_LEAST 12
#define RESAMPLING_LEAST 50
#define GOOD_SHARE 0.34

struct metis {
	struct tuner_base base; /* first: see base.h */
	struct gp_model model;
	bool no_resampling, no_candidates;
	int64_t samples, cold_start;
	double exploration;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{"no_resampling", "boolean", "true",
	 "false: a result that does not fit the others is tried once more"},
	{"no_candidates", "boolean", "false",
	 "true: chance instead of candidates"},
	{"selection_num_starting_points", "integer", "600",
	 "points looked at for each candidate, at most"},
	{"cold_start_num", "integer", "10", "results before the first model"},
	{"exploration_probability", "number", "0.9",
	 "share of suggestions that are not the optimum as far as known"},
	{0},
};

static bool read_arguments(struct metis *metis, const char *json,
			   struct error *err)
{
	struct args *args = args_parse(json, arguments, err);
	bool ok;

	if (!args)
		return false;
	metis->no_resampling = true;
	metis->samples = 600;
	metis->cold_start = 10;
	metis->exploration = 0.9;
	ok = args_boolean(args, "no_resampling", &metis->no_resampling, err) &&
	     args_boolean(args, "no_candidates", &metis->no_candidates, err) &&
	     args_integer(args, "selection_num_starting_points", 1, 1000000,
			  &metis->samples, err) &&
	     args_integer(args, "cold_start_num", 2, 1000000,
			  &metis->cold_start, err) &&
	     args_number(args, "exploration_probability", 0, 1,
			 &metis->exploration, err);
	args_free(args);
	return ok;
}

static void metis_close(void *state)
{
	struct metis *metis = state;

	gp_model_release(&metis->model);
	tuner_base_release(&metis->base);
	free(metis);
}

static void *metis_open(const struct tuner_context *context, struct error *err)
{
	struct metis *metis = xcalloc(1, sizeof(*metis));

	if (!read_arguments(metis, context->class_args, err)) {
		free(metis);
		return NULL;
	}
	tuner_base_init(&metis->base, context);
	gp_model_init(&metis->model, metis->base.encoding, &metis->base.trials,
		      GP_MATERN_3_2, 1e-6, (size_t)metis->cold_start);
	return metis;
}

/* --- candidates ---------------------------------------------------------- */

struct round {
	struct metis *metis;
	struct gp_belief belief;
	struct random *random;
	double *x, *z;	/* a candidate, and imputed */
	double *winner; /* the best one so far */
	double worth;
};

static bool may_be_taken(void *arg, const double *x)
{
	(void)arg;
	(void)x;
	return false;
}

static struct search_effort effort_of(const struct round *round)
{
	struct search_effort effort = gp_acquisition_effort(
		gp_rows(round->belief.gp), round->metis->base.encoding->count);

	/* there are some searches a suggestion */
	effort.samples /= 2;
	effort.climbs = 2;
	if (effort.samples > (size_t)round->metis->samples)
		effort.samples = (size_t)round->metis->samples;
	return effort;
}

static bool search_for(struct round *round, enum gp_utility utility,
		       bool (*taken)(void *, const double *), double *ret_x)
{
	struct metis *metis = round->metis;
	struct gp_acquisition acquisition;
	struct search_target target = {&acquisition, gp_acquisition_search_many,
				       gp_acquisition_search_at, taken, metis};
	struct search_effort effort = effort_of(round);

	gp_acquisition_init(&acquisition, round->belief.gp,
			    metis->base.encoding->count, 1, utility, 0, ABOVE);
	return search_run(metis->base.encoding, &target, &effort,
			  round->belief.starts, round->belief.start_count,
			  round->random, ret_x);
}

static double least_mean(const struct gp *gp, size_t version)
{
	double *means = xcalloc(gp_rows(gp), sizeof(*means));
	double least = INFINITY;

	gp_means_at_rows(gp, version, means);
	for (size_t i = 0; i < gp_rows(gp); i++)
		least = fmin(least, means[i]);
	free(means);
	return least;
}

/* How low the least mean could get by a result at round->x. */
static void weigh(struct round *round)
{
	static const double normals[3] = {0, DEVIATIONS, -DEVIATIONS};
	struct gp *gp = gp_copy(round->belief.gp);
	double least = INFINITY;

	encoding_impute(round->metis->base.encoding, round->x, round->z);
	gp_set_fantasies(gp, 3);
	gp_add_unknown(gp, round->z, normals);
	for (size_t m = 1; m < 3; m++)
		least = fmin(least, least_mean(gp, m));
	gp_free(gp);
	if (!(least < round->worth))
		return;
	round->worth = least;
	memcpy(round->winner, round->x,
	       round->metis->base.encoding->count * sizeof(*round->x));
}

struct exploitation {
	struct density *good, *bad;
};

static void value_exploitation(void *arg, const double *z, size_t count,
			       double *ret)
{
	struct exploitation *exploitation = arg;
	size_t width = density_width(exploitation->good);

	for (size_t i = 0; i < count; i++)
		ret[i] = density_log(exploitation->good, z + i * width) -
			 density_log(exploitation->bad, z + i * width);
}

/* Between the results' share that is good and the others. */
static bool exploit(struct round *round)
{
	struct metis *metis = round->metis;
	const struct trials *trials = &metis->base.trials;
	size_t count = trials->learnt_count;
	double *losses = xcalloc(count, sizeof(*losses));
	struct exploitation exploitation;
	struct search_target target = {&exploitation, value_exploitation, NULL,
				       tuner_base_is_taken, metis};
	struct search_effort effort = effort_of(round);
	double border;
	bool found;

	trials_losses(trials, count, losses);
	border = density_quantile(losses, count, GOOD_SHARE);
	exploitation.good =
		density_new(metis->base.encoding, trials, losses, border, true);
	exploitation.bad = density_new(metis->base.encoding, trials, losses,
				       border, false);
	found = search_run(metis->base.encoding, &target, &effort,
			   round->belief.starts, round->belief.start_count,
			   round->random, round->x);
	density_free(exploitation.good);
	density_free(exploitation.bad);
	free(losses);
	return found;
}

/* The trial furthest from what all others make believe of it, in deviations,
 * among those made only once; false: none is beyond 1.96. */
static bool find_outlier(struct round *round)
{
	struct metis *metis = round->metis;
	const struct trials *trials = &metis->base.trials;
	double furthest = DEVIATIONS;
	double *off = xcalloc(gp_rows(round->belief.gp), sizeof(*off));
	bool found = false;

	gp_left_out(round->belief.gp, off);
	for (size_t i = 0; i < trials->learnt_count; i++) {
		uint32_t trial = trials->learnt[i];

		if (trials->items[trial].loss == INFINITY ||
		    fabs(off[i]) <= furthest)
			continue;
		encoding_encode(metis->base.encoding,
				trials_point(trials, trial), round->x);
		if (taken_count(metis->base.encoding, trials, round->x) > 1)
			continue;
		furthest = fabs(off[i]);
		found = true;
		memcpy(round->winner, round->x,
		       metis->base.encoding->count * sizeof(*round->x));
	}
	free(off);
	return found;
}

/* The candidate worth most into round->winner; false: there is none. */
static bool choose(struct round *round)
{
	const struct metis *metis = round->metis;
	size_t results = metis->base.trials.finite_count;

	round->worth = INFINITY;
	/* rows are trials as long as all have one */
	if (!metis->no_resampling && results >= RESAMPLING_LEAST &&
	    metis->base.trials.learnt_count <= GP_MODEL_ROWS_MAX &&
	    find_outlier(round))
		return true;
	if (search_for(round, GP_UTILITY_POI, tuner_base_is_taken, round->x))
		weigh(round);
	if (results >= EXPLOITATION_LEAST && exploit(round))
		weigh(round);
	return round->worth < INFINITY;
}

/* --- suggestions --------------------------------------------------------- */

static bool propose(void *state, int64_t number, struct random *random,
		    double *ret_x)
{
	struct metis *metis = state;
	size_t width = metis->base.encoding->count;
	struct round round = {.metis = metis, .random = random};
	bool explores = random_unit(random) <= metis->exploration;
	bool found = false;

	(void)number;
	if (!gp_model_believe(&metis->model, metis->base.seed, 1,
			      &round.belief)) {
		gp_belief_release(&round.belief);
		return false;
	}
	round.x = xcalloc(3 * width, sizeof(double));
	round.z = round.x + width;
	round.winner = round.z + width;
	if (!explores) {
		/* kappa 0: the least mean */
		search_for(&round, GP_UTILITY_UCB, may_be_taken, round.winner);
		found = !tuner_base_is_taken(metis, round.winner);
	}
	if (!found && !metis->no_candidates)
		found = choose(&round);
	if (found)
		memcpy(ret_x, round.winner, width * sizeof(*ret_x));
	free(round.x);
	gp_belief_release(&round.belief);
	return found;
}

static enum tuner_outcome metis_suggest(void *state, int64_t number,
					struct tuner_suggestion *ret,
					struct error *err)
{
	struct metis *metis = state;

	(void)err;
	return tuner_base_suggest(&metis->base, number,
				  (size_t)metis->cold_start,
				  (size_t)metis->cold_start, propose, ret);
}

static const char *const aliases[] = {"MetisTuner", NULL};

static bool metis_slice(void *state, size_t parameter, const double *internal,
			size_t n, double *ret_mean, double *ret_spread)
{
	struct metis *metis = state;

	return along_gp(&metis->base, &metis->model, parameter, internal, n,
			ret_mean, ret_spread);
}

const struct tuner_ops metis_tuner_ops = {
	.name = "Metis",
	.aliases = aliases,
	.help = "says where the optimum lies, and what to try to be surer",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MAXIMIZE,
	.flags = TUNER_SLOW,
	.open = metis_open,
	.suggest = metis_suggest,
	.adopt = tuner_base_adopt,
	.observe = tuner_base_observe,
	.ended = tuner_base_ended,
	.import = tuner_base_import,
	.slice = metis_slice,
	.close = metis_close,
};
