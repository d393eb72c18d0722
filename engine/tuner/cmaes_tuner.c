/* SPDX-License-Identifier: MIT */
/*
 * CMA-ES over the space (cma.h): numbers as they are, steps with a margin so
 * that no value dies out, choices by probabilities that follow the same ranks
 * (after Hamano et al., CatCMA, 2024).
 *
 * Trials may run side by side: a generation is complete when enough trials of
 * this run have ended, whenever they were drawn.  A failed trial is the last of
 * its generation.  When a run can find no more, another begins elsewhere, with
 * more points in a generation or with fewer (Hansen, Benchmarking a
 * BI-population CMA-ES, 2009).
 *
 * What a step was rounded from is drawn again when its trial is adopted, from
 * the same stream: the distribution learns from that, not from the value.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/chances.h"
#include "engine/tuner/cma.h"
#include "engine/tuner/dedup.h"
#include "engine/tuner/encode.h"
#include "engine/tuner/trials.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Draws before a point outside the space is moved onto its border. */
#define TRIES 20
#define LAMBDA_MOST 4096
/* Streams of restarts, far from those of suggestions. */
#define RUNS (UINT64_C(1) << 59)
/* Deviations below this, as a share of the space, find nothing new. */
#define LEAST_DEVIATION 1e-9

enum restarts { RESTARTS_BIPOP, RESTARTS_IPOP, RESTARTS_NONE };

struct cmaes {
	const struct space *space;
	struct encoding *encoding;
	struct trials trials;
	struct dedup *dedup;
	uint64_t seed;
	size_t lambda; /* of the first run */
	double sigma;
	int restarts;

	size_t *numbers; /* dimensions that are not categories */
	size_t n;
	double **chances; /* per category its options'; else NULL */
	struct cma cma;	  /* of the run; unused when n is 0 */
	size_t run_lambda;

	/* per trial, by its place in trials */
	double *drawn; /* encoding->count values: as drawn, not rounded */
	uint32_t *runs;
	size_t trial_capacity;

	uint32_t run;
	uint32_t *generation; /* trials that ended in it */
	size_t generation_count;
	size_t generations; /* of the run */
	size_t unimproved;  /* generations since the best result of the run */
	double run_best;
	size_t doublings, large_used, small_used;
	bool is_small;
	double best_import;
};

static const char *const restart_names[] = {"bipop", "ipop", "none", NULL};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("minimize"),
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{"population_size", "integer or null", "4 + 3 ln(parameters)",
	 "trials of a generation, at first"},
	{"sigma0", "number", "0.3",
	 "deviation at first, as a share of each parameter's range"},
	{"restart_strategy", "string", "bipop",
	 "when nothing more is found: bipop (larger and smaller generations in "
	 "turn), ipop (ever larger), none"},
	{0},
};

static bool read_arguments(struct cmaes *cmaes, const char *json,
			   struct error *err)
{
	struct args *args = args_parse(json, arguments, err);
	int64_t lambda = (int64_t)cmaes->lambda;
	bool ok;

	if (!args)
		return false;
	ok = args_integer(args, "population_size", 4, LAMBDA_MOST, &lambda,
			  err) &&
	     args_number(args, "sigma0", 1e-6, 10, &cmaes->sigma, err) &&
	     args_word(args, "restart_strategy", restart_names,
		       &cmaes->restarts, err);
	cmaes->lambda = (size_t)lambda;
	args_free(args);
	return ok;
}

/* --- runs ---------------------------------------------------------------- */

static void begin(struct cmaes *cmaes, size_t lambda, double sigma,
		  const double *mean)
{
	if (cmaes->n) {
		cma_release(&cmaes->cma);
		cma_init(&cmaes->cma, cmaes->n, lambda, mean, sigma);
	}
	cmaes->run_lambda = lambda;
	cmaes->generation = xrealloc(cmaes->generation,
				     lambda * sizeof(*cmaes->generation));
	cmaes->generation_count = 0;
	cmaes->generations = 0;
	cmaes->unimproved = 0;
	cmaes->run_best = INFINITY;
	for (size_t i = 0; i < cmaes->encoding->count; i++) {
		if (cmaes->chances[i])
			chances_even(cmaes->chances[i],
				     cmaes->encoding->dimensions[i].levels);
	}
}

static void begin_first(struct cmaes *cmaes)
{
	double *mean = xcalloc(cmaes->n + 1, sizeof(*mean));

	for (size_t k = 0; k < cmaes->n; k++)
		mean[k] = 0.5;
	begin(cmaes, cmaes->lambda, cmaes->sigma, mean);
	free(mean);
}

static void begin_another(struct cmaes *cmaes)
{
	double *mean = xcalloc(cmaes->n + 1, sizeof(*mean));
	double sigma = cmaes->sigma;
	size_t lambda;
	struct random random;

	random_seed(&random, cmaes->seed, RUNS + ++cmaes->run);
	for (size_t k = 0; k < cmaes->n; k++)
		mean[k] = random_unit(&random);
	cmaes->is_small = cmaes->restarts == RESTARTS_BIPOP &&
			  cmaes->small_used < cmaes->large_used;
	if (!cmaes->is_small &&
	    cmaes->lambda << cmaes->doublings < LAMBDA_MOST / 2)
		cmaes->doublings++;
	lambda = cmaes->lambda << cmaes->doublings;
	if (cmaes->is_small) {
		double u = random_unit(&random);

		lambda = (size_t)((double)cmaes->lambda *
				  pow(pow(2, (double)cmaes->doublings) / 2,
				      u * u));
		sigma *= pow(10, -2 * random_unit(&random));
	}
	begin(cmaes, lambda < 4 ? 4 : lambda, sigma, mean);
	free(mean);
}

static void cmaes_close(void *state)
{
	struct cmaes *cmaes = state;

	for (size_t i = 0; i < cmaes->encoding->count; i++)
		free(cmaes->chances[i]);
	free(cmaes->chances);
	free(cmaes->numbers);
	free(cmaes->drawn);
	free(cmaes->runs);
	free(cmaes->generation);
	cma_release(&cmaes->cma);
	trials_release(&cmaes->trials);
	dedup_free(cmaes->dedup);
	encoding_free(cmaes->encoding);
	free(cmaes);
}

static void *cmaes_open(const struct tuner_context *context, struct error *err)
{
	struct cmaes *cmaes = xcalloc(1, sizeof(*cmaes));
	size_t count = context->space->count;

	cmaes->space = context->space;
	cmaes->seed = context->seed;
	cmaes->sigma = 0.3;
	cmaes->best_import = INFINITY;
	cmaes->lambda = cma_default_lambda(count);
	cmaes->encoding = encoding_new(context->space);
	cmaes->chances = xcalloc(count, sizeof(*cmaes->chances));
	cmaes->numbers = xcalloc(count, sizeof(*cmaes->numbers));
	cmaes->dedup = dedup_new(context->space);
	trials_init(&cmaes->trials, context->space, context->objective);
	for (size_t i = 0; i < count; i++) {
		const struct encoding_dimension *d =
			&cmaes->encoding->dimensions[i];

		if (d->kind == ENCODING_CATEGORY)
			cmaes->chances[i] = xcalloc(d->levels, sizeof(double));
		else
			cmaes->numbers[cmaes->n++] = i;
	}
	if (!read_arguments(cmaes, context->class_args, err)) {
		cmaes_close(cmaes);
		return NULL;
	}
	begin_first(cmaes);
	return cmaes;
}

/* --- suggestions --------------------------------------------------------- */

static bool is_inside(const struct cmaes *cmaes, const double *sample)
{
	for (size_t k = 0; k < cmaes->n; k++) {
		size_t i = cmaes->numbers[k];

		if (cmaes->encoding->dimensions[i].kind == ENCODING_REAL &&
		    !(sample[k] >= 0 && sample[k] <= 1))
			return false;
	}
	return true;
}

/* The point of suggestion `number`, now, before it is rounded: all dimensions,
 * active or not. */
static void draw(const struct cmaes *cmaes, int64_t number, double *ret_drawn)
{
	double *sample = xcalloc(cmaes->n + 1, sizeof(*sample));
	struct random random;

	random_seed(&random, cmaes->seed, (uint64_t)number);
	for (size_t i = 0; i < cmaes->encoding->count; i++)
		if (cmaes->chances[i])
			ret_drawn[i] = chances_draw(
				cmaes->chances[i],
				cmaes->encoding->dimensions[i].levels, &random);
	for (int try = 0; try < TRIES && cmaes->n; try++) {
		cma_sample(&cmaes->cma, &random, sample);
		if (is_inside(cmaes, sample))
			break;
	}
	for (size_t k = 0; k < cmaes->n; k++) {
		size_t i = cmaes->numbers[k];

		ret_drawn[i] = sample[k];
		if (cmaes->encoding->dimensions[i].kind == ENCODING_REAL)
			ret_drawn[i] = fmin(fmax(sample[k], 0), 1);
	}
	free(sample);
}

static void to_point(const struct cmaes *cmaes, const double *drawn,
		     double *ret_point)
{
	double *x = xcalloc(cmaes->encoding->count, sizeof(*x));

	for (size_t i = 0; i < cmaes->encoding->count; i++)
		x[i] = encoding_snap(cmaes->encoding, i, drawn[i]);
	encoding_decode(cmaes->encoding, x, ret_point);
	free(x);
}

static enum tuner_outcome cmaes_suggest(void *state, int64_t number,
					struct tuner_suggestion *ret,
					struct error *err)
{
	struct cmaes *cmaes = state;
	double *drawn = xcalloc(cmaes->encoding->count, sizeof(*drawn));

	(void)err;
	draw(cmaes, number, drawn);
	to_point(cmaes, drawn, ret->point);
	free(drawn);
	return dedup_fix(cmaes->dedup, ret->point) ? TUNER_SUGGESTED
						   : TUNER_EXHAUSTED;
}

static void cmaes_adopt(void *state, int64_t number, const double *point)
{
	struct cmaes *cmaes = state;
	size_t width = cmaes->encoding->count;
	double *again = xcalloc(width, sizeof(*again));
	double *drawn;
	uint32_t trial;

	trials_adopt(&cmaes->trials, number, point);
	dedup_add(cmaes->dedup, point);
	trial = cmaes->trials.running[cmaes->trials.running_count - 1];
	while (trial >= cmaes->trial_capacity) {
		size_t capacity = 2 * cmaes->trial_capacity + 16;

		cmaes->drawn = xrealloc(cmaes->drawn,
					capacity * width * sizeof(double));
		cmaes->runs =
			xrealloc(cmaes->runs, capacity * sizeof(*cmaes->runs));
		cmaes->trial_capacity = capacity;
	}
	drawn = cmaes->drawn + trial * width;
	cmaes->runs[trial] = cmaes->run;
	draw(cmaes, number, drawn);
	to_point(cmaes, drawn, again);
	/* somebody else's, or changed: what it is worth is what it shows */
	if (!encoding_equal(cmaes->encoding, again, point))
		encoding_encode(cmaes->encoding, point, drawn);
	free(again);
}

/* --- generations --------------------------------------------------------- */

struct ranked {
	double violation, loss;
	uint32_t trial;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *p = a;
	const struct ranked *q = b;

	if ((p->loss == INFINITY) != (q->loss == INFINITY))
		return p->loss == INFINITY ? 1 : -1;
	if (p->violation != q->violation)
		return p->violation < q->violation ? -1 : 1;
	if (p->loss != q->loss)
		return p->loss < q->loss ? -1 : 1;
	return (p->trial > q->trial) - (p->trial < q->trial);
}

static void learn_options(struct cmaes *cmaes, const struct ranked *ranked,
			  size_t i)
{
	size_t mu = cmaes->run_lambda / 2;
	double *options = xcalloc(mu, sizeof(*options));

	for (size_t k = 0; k < mu; k++)
		options[k] =
			cmaes->drawn[ranked[k].trial * cmaes->encoding->count +
				     i];
	chances_learn(cmaes->chances[i], cmaes->encoding->dimensions[i].levels,
		      options, cmaes->run_lambda);
	free(options);
}

/* No value of a dimension with steps may die out. */
static void keep_margins(struct cmaes *cmaes)
{
	const struct encoding *encoding = cmaes->encoding;
	double least = 1 / ((double)cmaes->n * (double)cmaes->run_lambda);

	for (size_t k = 0; k < cmaes->n; k++) {
		size_t i = cmaes->numbers[k];
		double here, below, above;

		if (encoding->dimensions[i].kind != ENCODING_STEPS)
			continue;
		here = encoding_snap(encoding, i, cmaes->cma.mean[k]);
		below = encoding_step(encoding, i, here, -1);
		above = encoding_step(encoding, i, here, 1);
		cma_keep_margin(&cmaes->cma, k,
				below < here ? (below + here) / 2 : -INFINITY,
				above > here ? (above + here) / 2 : INFINITY,
				least);
	}
}

static void learn_numbers(struct cmaes *cmaes, const struct ranked *ranked)
{
	size_t lambda = cmaes->run_lambda;
	double *points = xcalloc(lambda * cmaes->n, sizeof(*points));
	size_t width = cmaes->encoding->count;

	for (size_t r = 0; r < lambda; r++) {
		const double *drawn = cmaes->drawn + ranked[r].trial * width;

		for (size_t k = 0; k < cmaes->n; k++) {
			double x = drawn[cmaes->numbers[k]];

			points[r * cmaes->n + k] =
				isnan(x) ? cmaes->cma.mean[k] : x;
		}
	}
	cma_update(&cmaes->cma, points);
	for (size_t k = 0; k < cmaes->n; k++)
		cmaes->cma.mean[k] = fmin(fmax(cmaes->cma.mean[k], 0), 1);
	/* all the same: look further away */
	if (ranked[0].loss == ranked[lambda * 7 / 10].loss)
		cmaes->cma.sigma *=
			exp(0.2 + cmaes->cma.cs / cmaes->cma.damping);
	keep_margins(cmaes);
	free(points);
}

static bool is_finished(const struct cmaes *cmaes)
{
	double n = (double)cmaes->encoding->count;

	if ((double)cmaes->unimproved > 10 + 30 * n / (double)cmaes->run_lambda)
		return true;
	if (!cmaes->n)
		return false;
	for (size_t k = 0; k < cmaes->n; k++)
		if (cma_deviation(&cmaes->cma, k) > LEAST_DEVIATION)
			return cma_is_degenerate(&cmaes->cma);
	return true;
}

static void finish_generation(struct cmaes *cmaes)
{
	size_t lambda = cmaes->run_lambda;
	struct ranked *ranked = xcalloc(lambda, sizeof(*ranked));

	for (size_t r = 0; r < lambda; r++) {
		uint32_t trial = cmaes->generation[r];

		ranked[r] = (struct ranked){cmaes->trials.violations[trial],
					    cmaes->trials.losses[trial], trial};
	}
	qsort(ranked, lambda, sizeof(*ranked), compare_ranked);
	cmaes->generation_count = 0;
	cmaes->generations++;
	*(cmaes->is_small ? &cmaes->small_used : &cmaes->large_used) += lambda;
	cmaes->unimproved++;
	if (ranked[0].violation == 0 && ranked[0].loss < cmaes->run_best) {
		cmaes->run_best = ranked[0].loss;
		cmaes->unimproved = 0;
	}
	/* where everything failed no direction is better than another */
	if (ranked[0].loss < INFINITY) {
		for (size_t i = 0; i < cmaes->encoding->count; i++)
			if (cmaes->chances[i])
				learn_options(cmaes, ranked, i);
		if (cmaes->n)
			learn_numbers(cmaes, ranked);
	}
	free(ranked);
	if (cmaes->restarts != RESTARTS_NONE && is_finished(cmaes))
		begin_another(cmaes);
}

/* Has one more been learnt?  It is part of the generation, if of this run. */
static void notice(struct cmaes *cmaes, size_t learnt_before)
{
	uint32_t trial;

	if (cmaes->trials.learnt_count == learnt_before)
		return;
	trial = cmaes->trials.learnt[learnt_before];
	if (cmaes->runs[trial] != cmaes->run)
		return;
	cmaes->generation[cmaes->generation_count++] = trial;
	if (cmaes->generation_count == cmaes->run_lambda)
		finish_generation(cmaes);
}

/* --- what it is told ----------------------------------------------------- */

static void cmaes_observe(void *state, int64_t number,
			  const struct tuner_result *result)
{
	struct cmaes *cmaes = state;
	size_t before = cmaes->trials.learnt_count;

	trials_observe(&cmaes->trials, number, result->values[0],
		       result->violation);
	notice(cmaes, before);
}

static void cmaes_ended(void *state, int64_t number, enum trial_state how)
{
	struct cmaes *cmaes = state;
	size_t before = cmaes->trials.learnt_count;

	trials_ended(&cmaes->trials, number, how);
	notice(cmaes, before);
}

/* Results from elsewhere say where to begin. */
static void cmaes_import(void *state, const double *point,
			 const struct tuner_result *result)
{
	struct cmaes *cmaes = state;
	double loss = cmaes->trials.maximizes ? -result->values[0]
					      : result->values[0];
	double *x;

	dedup_add(cmaes->dedup, point);
	if (!(loss < cmaes->best_import) || result->violation > 0 ||
	    cmaes->run || cmaes->generations || cmaes->generation_count)
		return;
	cmaes->best_import = loss;
	x = xcalloc(cmaes->encoding->count, sizeof(*x));
	encoding_encode(cmaes->encoding, point, x);
	for (size_t k = 0; k < cmaes->n; k++)
		if (!isnan(x[cmaes->numbers[k]]))
			cmaes->cma.mean[k] = x[cmaes->numbers[k]];
	for (size_t i = 0; i < cmaes->encoding->count; i++) {
		if (cmaes->chances[i] && !isnan(x[i]))
			chances_favour(cmaes->chances[i],
				       cmaes->encoding->dimensions[i].levels,
				       (size_t)x[i]);
	}
	free(x);
}

static void cmaes_describe(void *state, struct strbuf *json)
{
	struct cmaes *cmaes = state;

	strbuf_addf(json,
		    "{\"model\":\"cma-es\",\"run\":%u,\"population\":%zu,"
		    "\"ended\":%zu,\"generation\":%zu",
		    cmaes->run, cmaes->run_lambda, cmaes->generation_count,
		    cmaes->generations);
	if (cmaes->n) {
		const struct cma *cma = &cmaes->cma;

		strbuf_adds(json, ",\"sigma\":");
		strbuf_add_json_number(json, cma->sigma);
		strbuf_adds(json, ",\"axis_ratio\":");
		strbuf_add_json_number(json, cma->lengths[cma->n - 1] /
						     cma->lengths[0]);
	}
	strbuf_addch(json, '}');
}

static const char *const aliases[] = {"CMAES", "CmaEs", NULL};

const struct tuner_ops cmaes_tuner_ops = {
	.name = "CMA-ES",
	.aliases = aliases,
	.help = "evolution strategy; for many cheap trials of related numbers",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MINIMIZE,
	.flags = TUNER_SLOW,
	.open = cmaes_open,
	.suggest = cmaes_suggest,
	.adopt = cmaes_adopt,
	.observe = cmaes_observe,
	.ended = cmaes_ended,
	.import = cmaes_import,
	.describe = cmaes_describe,
	.close = cmaes_close,
};
