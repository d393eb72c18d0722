/* SPDX-License-Identifier: MIT */
/*
 * Generations and runs of CMA-ES: a generation is complete when enough trials
 * of this run have ended, whenever they were drawn; a failed trial is the last
 * of it.  When a run can find no more, another begins elsewhere, with more
 * points in a generation or with fewer (Hansen, Benchmarking a BI-population
 * CMA-ES, 2009).
 */
#include "engine/tuner/cmaes.h"

#include "base/mem.h"
#include "engine/tuner/chances.h"

#include <math.h>
#include <stdlib.h>

/* Streams of restarts, far from those of suggestions. */
#define RUNS (UINT64_C(1) << 59)
/* Deviations below this, as a share of the space, find nothing new. */
#define LEAST_DEVIATION 1e-9

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
	for (size_t i = 0; i < cmaes->base.encoding->count; i++) {
		if (cmaes->chances[i])
			chances_even(
				cmaes->chances[i],
				cmaes->base.encoding->dimensions[i].levels);
	}
}

void cmaes_begin(struct cmaes *cmaes)
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

	random_seed(&random, cmaes->base.seed, RUNS + ++cmaes->run);
	for (size_t k = 0; k < cmaes->n; k++)
		mean[k] = random_unit(&random);
	cmaes->is_small = cmaes->restarts == RESTARTS_BIPOP &&
			  cmaes->small_used < cmaes->large_used;
	if (!cmaes->is_small &&
	    cmaes->lambda << cmaes->doublings < CMAES_LAMBDA_MOST / 2)
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
		options[k] = cmaes->drawn[ranked[k].trial *
						  cmaes->base.encoding->count +
					  i];
	chances_learn(cmaes->chances[i],
		      cmaes->base.encoding->dimensions[i].levels, options,
		      cmaes->run_lambda);
	free(options);
}

/* No value of a dimension with steps may die out. */
static void keep_margins(struct cmaes *cmaes)
{
	const struct encoding *encoding = cmaes->base.encoding;
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
	size_t width = cmaes->base.encoding->count;

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
	double n = (double)cmaes->base.encoding->count;

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

		ranked[r] = (struct ranked){
			cmaes->base.trials.items[trial].violation,
			cmaes->base.trials.items[trial].loss, trial};
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
		for (size_t i = 0; i < cmaes->base.encoding->count; i++)
			if (cmaes->chances[i])
				learn_options(cmaes, ranked, i);
		if (cmaes->n)
			learn_numbers(cmaes, ranked);
	}
	free(ranked);
	if (cmaes->restarts != RESTARTS_NONE && is_finished(cmaes))
		begin_another(cmaes);
}

void cmaes_notice(struct cmaes *cmaes, size_t learnt_before)
{
	uint32_t trial;

	if (cmaes->base.trials.learnt_count == learnt_before)
		return;
	trial = cmaes->base.trials.learnt[learnt_before];
	if (cmaes->runs[trial] != cmaes->run)
		return;
	cmaes->generation[cmaes->generation_count++] = trial;
	if (cmaes->generation_count == cmaes->run_lambda)
		finish_generation(cmaes);
}
