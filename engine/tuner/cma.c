/* SPDX-License-Identifier: MIT */
/* The strategy's equations, in the tutorial's order and with its constants. */
#include "engine/tuner/cma.h"

#include "base/mem.h"
#include "engine/tuner/linalg.h"
#include "engine/tuner/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CONDITION_MOST 1e14

size_t cma_default_lambda(size_t n)
{
	return 4 + (size_t)floor(3 * log((double)n));
}

/* Recombination weights: logarithmic ranks; the worse half counts against. */
static void set_weights(struct cma *cma)
{
	double sum = 0, squares = 0, bad = 0, bad_squares = 0;
	double n = (double)cma->n;
	double bad_eff, most;

	cma->mu = cma->lambda / 2;
	for (size_t i = 0; i < cma->lambda; i++) {
		double w =
			log(((double)cma->lambda + 1) / 2) - log((double)i + 1);

		cma->weights[i] = w;
		if (i < cma->mu) {
			sum += w;
			squares += w * w;
		} else {
			bad += w;
			bad_squares += w * w;
		}
	}
	cma->mu_eff = sum * sum / squares;
	bad_eff = bad * bad / bad_squares;
	cma->cs = (cma->mu_eff + 2) / (n + cma->mu_eff + 5);
	cma->damping = 1 + 2 * fmax(0, sqrt((cma->mu_eff - 1) / (n + 1)) - 1) +
		       cma->cs;
	cma->cc = (4 + cma->mu_eff / n) / (n + 4 + 2 * cma->mu_eff / n);
	cma->c1 = 2 / ((n + 1.3) * (n + 1.3) + cma->mu_eff);
	cma->cmu = fmin(1 - cma->c1,
			2 * (0.25 + cma->mu_eff + 1 / cma->mu_eff - 2) /
				((n + 2) * (n + 2) + cma->mu_eff));
	cma->chi = sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
	most = fmin(1 + cma->c1 / cma->cmu,
		    fmin(1 + 2 * bad_eff / (cma->mu_eff + 2),
			 (1 - cma->c1 - cma->cmu) / (n * cma->cmu)));
	for (size_t i = 0; i < cma->lambda; i++)
		cma->weights[i] *= i < cma->mu ? 1 / sum : -most / bad;
}

void cma_init(struct cma *cma, size_t n, size_t lambda, const double *mean,
	      double sigma)
{
	*cma = (struct cma){.n = n, .lambda = lambda, .sigma = sigma};
	cma->weights = linalg_alloc(lambda);
	cma->mean = linalg_alloc(n);
	cma->covariance = linalg_alloc(n * n);
	cma->axes = linalg_alloc(n * n);
	cma->lengths = linalg_alloc(n);
	cma->scales = linalg_alloc(n);
	cma->path_sigma = linalg_alloc(n);
	cma->path = linalg_alloc(n);
	cma->scratch = linalg_alloc((lambda + 3) * n);
	memcpy(cma->mean, mean, n * sizeof(*mean));
	for (size_t i = 0; i < n; i++) {
		cma->covariance[i * n + i] = 1;
		cma->axes[i * n + i] = 1;
		cma->lengths[i] = 1;
		cma->scales[i] = 1;
	}
	set_weights(cma);
}

void cma_release(struct cma *cma)
{
	free(cma->weights);
	free(cma->mean);
	free(cma->covariance);
	free(cma->axes);
	free(cma->lengths);
	free(cma->scales);
	free(cma->path_sigma);
	free(cma->path);
	free(cma->scratch);
	*cma = (struct cma){0};
}

void cma_sample(const struct cma *cma, struct random *random, double *ret_x)
{
	size_t n = cma->n;

	memset(ret_x, 0, n * sizeof(*ret_x));
	for (size_t k = 0; k < n; k++) {
		double along = random_normal(random) * cma->lengths[k];

		for (size_t i = 0; i < n; i++)
			ret_x[i] += along * cma->axes[k * n + i];
	}
	for (size_t i = 0; i < n; i++)
		ret_x[i] =
			cma->mean[i] + cma->sigma * cma->scales[i] * ret_x[i];
}

/* out = C^-1/2 y */
static void whiten(const struct cma *cma, const double *y, double *out)
{
	size_t n = cma->n;

	memset(out, 0, n * sizeof(*out));
	for (size_t k = 0; k < n; k++) {
		double along =
			linalg_dot(cma->axes + k * n, y, n) / cma->lengths[k];

		for (size_t i = 0; i < n; i++)
			out[i] += along * cma->axes[k * n + i];
	}
}

static void decompose(struct cma *cma)
{
	size_t n = cma->n;
	double every = 1 / (10 * (double)n * (cma->c1 + cma->cmu));

	if ((double)(cma->generation - cma->decomposed) < every)
		return;
	cma->decomposed = cma->generation;
	memcpy(cma->axes, cma->covariance, n * n * sizeof(*cma->axes));
	if (!linalg_eigen(cma->axes, n, cma->lengths)) {
		/* begin anew where numbers gave out */
		memset(cma->covariance, 0, n * n * sizeof(double));
		memset(cma->axes, 0, n * n * sizeof(double));
		for (size_t i = 0; i < n; i++)
			cma->covariance[i * n + i] = cma->axes[i * n + i] =
				cma->lengths[i] = 1;
	}
	for (size_t k = 0; k < n; k++)
		cma->lengths[k] = sqrt(fmax(
			cma->lengths[k], cma->lengths[n - 1] / CONDITION_MOST));
}

/* Steps of the points in units of sigma.  One that lies further away than the
 * distribution reaches is taken nearer, lest it dominate everything. */
static void to_steps(struct cma *cma, const double *points, double *steps,
		     double *white)
{
	size_t n = cma->n;
	double reach = sqrt((double)n) + 2 * (double)n / ((double)n + 2);

	for (size_t k = 0; k < cma->lambda; k++) {
		double *y = steps + k * n;
		double length;

		for (size_t i = 0; i < n; i++)
			y[i] = (points[k * n + i] - cma->mean[i]) /
			       (cma->sigma * cma->scales[i]);
		whiten(cma, y, white);
		length = sqrt(linalg_dot(white, white, n));
		for (size_t i = 0; i < n && length > reach; i++)
			y[i] *= reach / length;
	}
}

static void adapt_covariance(struct cma *cma, const double *steps,
			     bool is_stalled, double *white)
{
	size_t n = cma->n;
	double total = 0, keep;

	for (size_t k = 0; k < cma->lambda; k++)
		total += cma->weights[k];
	keep = 1 - cma->c1 - cma->cmu * total +
	       (is_stalled ? cma->c1 * cma->cc * (2 - cma->cc) : 0);
	for (size_t i = 0; i < n * n; i++)
		cma->covariance[i] *= keep;
	for (size_t k = 0; k <= cma->lambda; k++) {
		const double *y = k < cma->lambda ? steps + k * n : cma->path;
		double by = cma->c1;

		if (k < cma->lambda)
			by = cma->cmu * cma->weights[k];
		if (by < 0) {
			/* never take more than there is */
			whiten(cma, y, white);
			by *= (double)n /
			      fmax(linalg_dot(white, white, n), 1e-12);
		}
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++)
				cma->covariance[i * n + j] += by * y[i] * y[j];
	}
}

void cma_update(struct cma *cma, const double *points)
{
	size_t n = cma->n;
	double *step = cma->scratch, *white = cma->scratch + n;
	double *steps = cma->scratch + 2 * n;
	double norm, bound;
	bool is_stalled;

	to_steps(cma, points, steps, white);
	memset(step, 0, n * sizeof(*step));
	for (size_t k = 0; k < cma->mu; k++)
		for (size_t i = 0; i < n; i++)
			step[i] += cma->weights[k] * steps[k * n + i];
	for (size_t i = 0; i < n; i++)
		cma->mean[i] += cma->sigma * cma->scales[i] * step[i];

	whiten(cma, step, white);
	for (size_t i = 0; i < n; i++)
		cma->path_sigma[i] =
			(1 - cma->cs) * cma->path_sigma[i] +
			sqrt(cma->cs * (2 - cma->cs) * cma->mu_eff) * white[i];
	norm = sqrt(linalg_dot(cma->path_sigma, cma->path_sigma, n));
	cma->generation++;
	bound = (1.4 + 2 / ((double)n + 1)) * cma->chi *
		sqrt(1 - pow(1 - cma->cs, 2 * (double)cma->generation));
	is_stalled = norm >= bound;
	for (size_t i = 0; i < n; i++)
		cma->path[i] =
			(1 - cma->cc) * cma->path[i] +
			(is_stalled
				 ? 0
				 : sqrt(cma->cc * (2 - cma->cc) * cma->mu_eff) *
					   step[i]);
	adapt_covariance(cma, steps, is_stalled, white);
	cma->sigma *=
		exp(fmin(1, cma->cs / cma->damping * (norm / cma->chi - 1)));
	decompose(cma);
}

double cma_deviation(const struct cma *cma, size_t i)
{
	return cma->sigma * cma->scales[i] *
	       sqrt(fmax(cma->covariance[i * cma->n + i], 1e-300));
}

void cma_keep_margin(struct cma *cma, size_t i, double low, double high,
		     double least)
{
	double deviation = cma_deviation(cma, i);
	double reach = -normal_quantile(fmin(least, 0.49));
	double below, above, inside, rest;
	double by_low, by_high;

	if (low == -INFINITY && high == INFINITY)
		return;
	if (low == -INFINITY) {
		cma->mean[i] = fmax(cma->mean[i], high - reach * deviation);
		return;
	}
	if (high == INFINITY) {
		cma->mean[i] = fmin(cma->mean[i], low + reach * deviation);
		return;
	}
	below = normal_cdf((low - cma->mean[i]) / deviation);
	above = normal_cdf((cma->mean[i] - high) / deviation);
	if (below >= least / 2 && above >= least / 2)
		return;
	inside = 1 - below - above;
	below = fmax(below, least / 2);
	above = fmax(above, least / 2);
	/* what they gained the middle loses, and they by their excess */
	rest = (1 - below - above - inside) /
	       (below + above + inside - 1.5 * least);
	below += rest * (below - least / 2);
	above += rest * (above - least / 2);
	by_low = -normal_quantile(fmin(fmax(below, 1e-12), 0.49));
	by_high = -normal_quantile(fmin(fmax(above, 1e-12), 0.49));
	cma->mean[i] = (low * by_high + high * by_low) / (by_low + by_high);
	cma->scales[i] *= (high - low) / ((by_low + by_high) * deviation);
}

bool cma_is_degenerate(const struct cma *cma)
{
	double ratio = cma->lengths[cma->n - 1] / cma->lengths[0];

	return !isfinite(cma->sigma) || cma->sigma > 1e8 ||
	       ratio * ratio >= CONDITION_MOST;
}
