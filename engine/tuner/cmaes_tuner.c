/* SPDX-License-Identifier: MIT */
/*
 * CMA-ES over the space (cma.h): numbers as they are, steps with a margin so
 * that no value dies out, choices by probabilities that follow the same ranks
 * (after Hamano et al., CatCMA, 2024).
 *
 * Trials may run side by side; what becomes of them is cmaes_run.c's affair.
 *
 * What a step was rounded from is drawn again when its trial is adopted, from
 * the same stream: the distribution learns from that, not from the value.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/chances.h"
#include "engine/tuner/cmaes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Draws before a point outside the space is moved onto its border. */
#define TRIES 20

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
	ok = args_integer(args, "population_size", 4, CMAES_LAMBDA_MOST,
			  &lambda, err) &&
	     args_number(args, "sigma0", 1e-6, 10, &cmaes->sigma, err) &&
	     args_word(args, "restart_strategy", restart_names,
		       &cmaes->restarts, err);
	cmaes->lambda = (size_t)lambda;
	args_free(args);
	return ok;
}

static void cmaes_close(void *state)
{
	struct cmaes *cmaes = state;

	for (size_t i = 0; i < cmaes->base.encoding->count; i++)
		free(cmaes->chances[i]);
	free(cmaes->chances);
	free(cmaes->numbers);
	free(cmaes->drawn);
	free(cmaes->runs);
	free(cmaes->generation);
	cma_release(&cmaes->cma);
	tuner_base_release(&cmaes->base);
	free(cmaes);
}

static void *cmaes_open(const struct tuner_context *context, struct error *err)
{
	struct cmaes *cmaes = xcalloc(1, sizeof(*cmaes));
	size_t count = context->space->count;

	tuner_base_init(&cmaes->base, context);
	cmaes->sigma = 0.3;
	cmaes->best_import = INFINITY;
	cmaes->lambda = cma_default_lambda(count);
	cmaes->chances = xcalloc(count, sizeof(*cmaes->chances));
	cmaes->numbers = xcalloc(count, sizeof(*cmaes->numbers));
	for (size_t i = 0; i < count; i++) {
		const struct encoding_dimension *d =
			&cmaes->base.encoding->dimensions[i];

		if (d->kind == ENCODING_CATEGORY)
			cmaes->chances[i] = xcalloc(d->levels, sizeof(double));
		else
			cmaes->numbers[cmaes->n++] = i;
	}
	if (!read_arguments(cmaes, context->class_args, err)) {
		cmaes_close(cmaes);
		return NULL;
	}
	cmaes_begin(cmaes);
	return cmaes;
}

/* --- suggestions --------------------------------------------------------- */

static bool is_inside(const struct cmaes *cmaes, const double *sample)
{
	for (size_t k = 0; k < cmaes->n; k++) {
		size_t i = cmaes->numbers[k];

		if (cmaes->base.encoding->dimensions[i].kind == ENCODING_REAL &&
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

	random_seed(&random, cmaes->base.seed, (uint64_t)number);
	for (size_t i = 0; i < cmaes->base.encoding->count; i++)
		if (cmaes->chances[i])
			ret_drawn[i] = chances_draw(
				cmaes->chances[i],
				cmaes->base.encoding->dimensions[i].levels,
				&random);
	for (int try = 0; try < TRIES && cmaes->n; try++) {
		cma_sample(&cmaes->cma, &random, sample);
		if (is_inside(cmaes, sample))
			break;
	}
	for (size_t k = 0; k < cmaes->n; k++) {
		size_t i = cmaes->numbers[k];

		ret_drawn[i] = sample[k];
		if (cmaes->base.encoding->dimensions[i].kind == ENCODING_REAL)
			ret_drawn[i] = fmin(fmax(sample[k], 0), 1);
	}
	free(sample);
}

static void to_point(const struct cmaes *cmaes, const double *drawn,
		     double *ret_point)
{
	double *x = xcalloc(cmaes->base.encoding->count, sizeof(*x));

	for (size_t i = 0; i < cmaes->base.encoding->count; i++)
		x[i] = encoding_snap(cmaes->base.encoding, i, drawn[i]);
	encoding_decode(cmaes->base.encoding, x, ret_point);
	free(x);
}

static enum tuner_outcome cmaes_suggest(void *state, int64_t number,
					struct tuner_suggestion *ret,
					struct error *err)
{
	struct cmaes *cmaes = state;
	double *drawn = xcalloc(cmaes->base.encoding->count, sizeof(*drawn));

	(void)err;
	draw(cmaes, number, drawn);
	to_point(cmaes, drawn, ret->point);
	free(drawn);
	return dedup_fix(cmaes->base.dedup, ret->point) ? TUNER_SUGGESTED
							: TUNER_EXHAUSTED;
}

static void cmaes_adopt(void *state, int64_t number, const double *point)
{
	struct cmaes *cmaes = state;
	size_t width = cmaes->base.encoding->count;
	double *again = xcalloc(width, sizeof(*again));
	double *drawn;
	size_t trial;

	tuner_base_adopt(cmaes, number, point);
	trial = trials_find(&cmaes->base.trials, number);
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
	if (!encoding_equal(cmaes->base.encoding, again, point))
		encoding_encode(cmaes->base.encoding, point, drawn);
	free(again);
}

/* --- what it is told ----------------------------------------------------- */

static void cmaes_observe(void *state, int64_t number,
			  const struct tuner_result *result)
{
	struct cmaes *cmaes = state;
	size_t before = cmaes->base.trials.learnt_count;

	tuner_base_observe(cmaes, number, result);
	cmaes_notice(cmaes, before);
}

static void cmaes_ended(void *state, int64_t number, enum trial_state how)
{
	struct cmaes *cmaes = state;
	size_t before = cmaes->base.trials.learnt_count;

	tuner_base_ended(cmaes, number, how);
	cmaes_notice(cmaes, before);
}

/* Results from elsewhere say where to begin. */
static void cmaes_import(void *state, const double *point,
			 const struct tuner_result *result)
{
	struct cmaes *cmaes = state;
	double loss = trials_loss(&cmaes->base.trials, result);
	double *x;

	dedup_add(cmaes->base.dedup, point);
	if (!(loss < cmaes->best_import) || result->violation > 0 ||
	    cmaes->run || cmaes->generations || cmaes->generation_count)
		return;
	cmaes->best_import = loss;
	x = xcalloc(cmaes->base.encoding->count, sizeof(*x));
	encoding_encode(cmaes->base.encoding, point, x);
	for (size_t k = 0; k < cmaes->n; k++)
		if (!isnan(x[cmaes->numbers[k]]))
			cmaes->cma.mean[k] = x[cmaes->numbers[k]];
	for (size_t i = 0; i < cmaes->base.encoding->count; i++) {
		if (cmaes->chances[i] && !isnan(x[i]))
			chances_favour(
				cmaes->chances[i],
				cmaes->base.encoding->dimensions[i].levels,
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
