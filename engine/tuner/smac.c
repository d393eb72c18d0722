/* SPDX-License-Identifier: MIT */
/*
 * SMAC: sequential model-based algorithm configuration (Hutter, Hoos and
 * Leyton-Brown, 2011; Lindauer et al., SMAC3, 2022) with a random forest.
 *
 * The first points are a Latin hypercube; every tenth one later is drawn by
 * chance, since a forest knows little of how much it does not know.  The others
 * have the greatest expected improvement by a forest grown after all results:
 * searched for among random points and by steps from the best trials to their
 * neighbours.  Parameters that are not active have a value of their own, which
 * trees split off like any other.  Trials that run count as mean results, those
 * that failed as the worst.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/along.h"
#include "engine/tuner/args.h"
#include "engine/tuner/base.h"
#include "engine/tuner/forest.h"
#include "engine/tuner/normal.h"
#include "engine/tuner/search.h"
#include "engine/tuner/warp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RANDOM_EVERY 10
#define STARTS_MAX 10
/* In deviations of the results. */
#define BOLD_GAIN 0.1
/* Neighbours tried from each start, where there are choices or steps: between
 * numbers a forest has plateaus, and climbing leads to their far ends. */
#define NEIGHBOURS 100
/* A running trial is felt so far around it, as a share of the cube's side. */
#define RADIUS 0.1
/* Of more running trials the newest are. */
#define RUNNING_MAX 100
/* Below the cube: trees can tell it from every number. */
#define INACTIVE (-1.0)
/* Streams of forests, far from those of suggestions. */
#define FORESTS (UINT64_C(1) << 60)

struct smac {
	struct tuner_base base; /* first: see base.h */
	bool *is_category;
	int64_t cold_start, trees, samples;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("maximize"),
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{"config_dedup", "boolean", "false",
	 "NNI's; here no trial is repeated in any case"},
	{"cold_start_num", "integer", "10", "results before the first forest"},
	{"trees", "integer", "30", "trees of the forest"},
	{"candidates", "integer", "2000",
	 "points looked at before the search among neighbours"},
	{0},
};

static bool read_arguments(struct smac *smac, const char *json,
			   struct error *err)
{
	struct args *args = args_parse(json, arguments, err);
	bool ok;

	if (!args)
		return false;
	smac->cold_start = 10;
	smac->trees = 30;
	smac->samples = 2000;
	ok = args_integer(args, "cold_start_num", 1, 1000000, &smac->cold_start,
			  err) &&
	     args_integer(args, "trees", 2, 1000, &smac->trees, err) &&
	     args_integer(args, "candidates", 1, 100000, &smac->samples, err);
	args_free(args);
	return ok;
}

static void smac_close(void *state)
{
	struct smac *smac = state;

	tuner_base_release(&smac->base);
	free(smac->is_category);
	free(smac);
}

static void *smac_open(const struct tuner_context *context, struct error *err)
{
	struct smac *smac = xcalloc(1, sizeof(*smac));

	if (!read_arguments(smac, context->class_args, err)) {
		free(smac);
		return NULL;
	}
	tuner_base_init(&smac->base, context);
	smac->is_category =
		xcalloc(context->space->count, sizeof(*smac->is_category));
	for (size_t i = 0; i < context->space->count; i++)
		smac->is_category[i] =
			smac->base.encoding->dimensions[i].kind ==
			ENCODING_CATEGORY;
	return smac;
}

/* --- the forest ---------------------------------------------------------- */

struct proposal {
	struct smac *smac;
	struct forest *forest;
	double best; /* least loss, warped */
	double gain; /* that counts */
	struct warp warp;
	double *z;	 /* a point as trees know it */
	double *running; /* rows of the newest that run */
	size_t running_count;
	double *starts;
	size_t start_count;
};

/* From an imputed point to what trees know: the activity of a parameter follows
 * from its parents. */
static void mark_inactive(const struct encoding *encoding, const double *z,
			  double *ret)
{
	for (size_t i = 0; i < encoding->count; i++)
		ret[i] = encoding_is_active(encoding, z, i) ? z[i] : INACTIVE;
}

static void add_row(const struct smac *smac, uint32_t trial, double *row)
{
	encoding_encode(smac->base.encoding,
			trials_point(&smac->base.trials, trial), row);
	for (size_t i = 0; i < smac->base.encoding->count; i++)
		if (isnan(row[i]))
			row[i] = INACTIVE;
}

struct ranked {
	double loss;
	size_t at;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *p = a;
	const struct ranked *q = b;

	if (p->loss != q->loss)
		return p->loss < q->loss ? -1 : 1;
	return (p->at > q->at) - (p->at < q->at);
}

static void collect_starts(struct proposal *proposal, const double *losses,
			   size_t from, size_t count)
{
	struct smac *smac = proposal->smac;
	size_t width = smac->base.encoding->count;
	struct ranked *ranked = xcalloc(count, sizeof(*ranked));

	for (size_t i = 0; i < count; i++)
		ranked[i] = (struct ranked){losses[from + i], from + i};
	qsort(ranked, count, sizeof(*ranked), compare_ranked);
	proposal->start_count = count < STARTS_MAX ? count : STARTS_MAX;
	proposal->starts = xcalloc(proposal->start_count * width,
				   sizeof(*proposal->starts));
	for (size_t i = 0; i < proposal->start_count; i++)
		encoding_encode(
			smac->base.encoding,
			trials_point(&smac->base.trials,
				     smac->base.trials.learnt[ranked[i].at]),
			proposal->starts + i * width);
	free(ranked);
}

/* Rows are all trials that were learnt (of very many the newest), then those
 * that run. */
static void grow_forest(struct proposal *proposal)
{
	struct smac *smac = proposal->smac;
	const struct trials *trials = &smac->base.trials;
	size_t width = smac->base.encoding->count;
	size_t learnt = trials->learnt_count;
	size_t running = trials->running_count;
	struct forest_shape shape = {width, smac->is_category,
				     (size_t)smac->trees, 5.0 / 6, 1};
	double *losses = xcalloc(learnt + 1, sizeof(*losses));
	double *x, *y;
	size_t from, rows = 0;
	struct random random;

	if (running > FOREST_ROWS_MAX / 2)
		running = FOREST_ROWS_MAX / 2;
	from = learnt + running > FOREST_ROWS_MAX
		       ? learnt + running - FOREST_ROWS_MAX
		       : 0;
	x = xcalloc((learnt - from + running) * width, sizeof(*x));
	y = xcalloc(learnt - from + running, sizeof(*y));
	trials_losses(trials, learnt, losses);
	proposal->warp = warp_fit(losses + from, learnt - from, false);
	proposal->best = INFINITY;
	for (size_t i = from; i < learnt; i++, rows++) {
		add_row(smac, trials->learnt[i], x + rows * width);
		y[rows] = warp_apply(&proposal->warp, losses[i]);
		proposal->best = fmin(proposal->best, y[rows]);
	}
	for (size_t i = 0; i < running; i++, rows++)
		add_row(smac, trials->running[i], x + rows * width);
	proposal->running_count = running < RUNNING_MAX ? running : RUNNING_MAX;
	proposal->running = xcalloc(proposal->running_count * width + 1,
				    sizeof(*proposal->running));
	for (size_t i = 0; i < proposal->running_count; i++)
		add_row(smac, trials->running[running - 1 - i],
			proposal->running + i * width);
	/* the forest depends on the trials, not on who asks */
	random_seed(&random, smac->base.seed, FORESTS + learnt);
	proposal->forest = forest_grow(&shape, x, y, rows, &random);
	collect_starts(proposal, losses, from, learnt - from);
	free(losses);
	free(x);
	free(y);
}

/* --- suggestions --------------------------------------------------------- */

/* Near a trial that runs less is to be gained, at it nothing: a leaf that
 * promises much promises it at every point, and not every tree has heard of
 * what runs there.  The logarithm of the share that is left. */
static double log_left_by_running(const struct proposal *proposal,
				  const double *z)
{
	size_t width = proposal->smac->base.encoding->count;
	double sum = 0;

	for (size_t k = 0; k < proposal->running_count; k++) {
		const double *row = proposal->running + k * width;
		double square = 0;

		for (size_t i = 0; i < width; i++) {
			double d = z[i] - row[i];

			if (proposal->smac->is_category[i])
				d = d != 0;
			square += d * d;
		}
		square /= (double)width * RADIUS * RADIUS;
		sum += log(-expm1(-fmax(square, 1e-12)));
	}
	return sum;
}

static void value_many(void *arg, const double *z, size_t count, double *ret)
{
	struct proposal *proposal = arg;
	const struct encoding *encoding = proposal->smac->base.encoding;
	double mean, variance, deviation, unused;

	for (size_t i = 0; i < count; i++) {
		mark_inactive(encoding, z + i * encoding->count, proposal->z);
		forest_predict(proposal->forest, proposal->z, &mean, &variance);
		deviation = sqrt(fmax(variance, 1e-10));
		ret[i] = log(deviation) +
			 log_left_by_running(proposal, proposal->z) +
			 normal_log_gain((proposal->best - proposal->gain -
					  mean) / deviation,
					 &unused);
	}
}

static bool propose(void *state, int64_t number, struct random *random,
		    double *x)
{
	struct smac *smac = state;
	struct proposal proposal = {.smac = smac};
	struct search_target target = {&proposal, value_many, NULL,
				       tuner_base_is_taken, smac};
	struct search_effort effort = {
		.samples = (size_t)smac->samples,
		.climbs = STARTS_MAX,
		.moves = smac->base.encoding->has_discrete ? NEIGHBOURS : 0};

	if (number % RANDOM_EVERY == RANDOM_EVERY - 1)
		return false;
	/* the last bit of a place that is known is worth half the trials */
	proposal.gain = number % 2 ? BOLD_GAIN : 0;
	proposal.z = xcalloc(smac->base.encoding->count, sizeof(double));
	grow_forest(&proposal);
	search_run(smac->base.encoding, &target, &effort, proposal.starts,
		   proposal.start_count, random, x);
	forest_free(proposal.forest);
	free(proposal.starts);
	free(proposal.running);
	free(proposal.z);
	return true;
}

static enum tuner_outcome smac_suggest(void *state, int64_t number,
				       struct tuner_suggestion *ret,
				       struct error *err)
{
	struct smac *smac = state;

	(void)err;
	return tuner_base_suggest(&smac->base, number, (size_t)smac->cold_start,
				  (size_t)smac->cold_start, propose, ret);
}

static bool smac_slice(void *state, size_t parameter, const double *internal,
		       size_t n, double *ret_mean, double *ret_spread)
{
	struct smac *smac = state;
	const struct trials *trials = &smac->base.trials;
	double sign = trials->is_maximizing ? -1 : 1;
	size_t width = smac->base.encoding->count;
	struct proposal proposal = {.smac = smac};
	double *point, *x;

	if (!trials->finite_count)
		return false;
	point = xcalloc(2 * width, sizeof(double));
	x = point + width;
	grow_forest(&proposal);
	for (size_t i = 0; i < n; i++) {
		double mean, variance, deviation;

		along_point(smac->base.encoding, proposal.starts, parameter,
			    internal[i], point, x);
		for (size_t k = 0; k < width; k++)
			if (isnan(x[k]))
				x[k] = INACTIVE;
		forest_predict(proposal.forest, x, &mean, &variance);
		deviation = sqrt(fmax(variance, 0));
		ret_mean[i] = sign * warp_invert(&proposal.warp, mean);
		ret_spread[i] =
			(warp_invert(&proposal.warp, mean + deviation) -
			 warp_invert(&proposal.warp, mean - deviation)) /
			2;
	}
	forest_free(proposal.forest);
	free(proposal.starts);
	free(proposal.running);
	free(point);
	return true;
}

const struct tuner_ops smac_tuner_ops = {
	.name = "SMAC",
	.help = "random forest; many choices and conditions, hundreds of "
		"trials",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MAXIMIZE,
	.flags = TUNER_SLOW,
	.open = smac_open,
	.suggest = smac_suggest,
	.adopt = tuner_base_adopt,
	.observe = tuner_base_observe,
	.ended = tuner_base_ended,
	.import = tuner_base_import,
	.slice = smac_slice,
	.close = smac_close,
};
