/* SPDX-License-Identifier: MIT */
/* Acquisition functions and their derivatives. */
#include "engine/tuner/gp_acquire.h"

#include "base/mem.h"
#include "engine/tuner/linalg.h"
#include "engine/tuner/normal.h"

#include <math.h>
#include <stdlib.h>

void gp_acquisition_init(struct gp_acquisition *acquisition, struct gp *gp,
			 size_t dimensions, size_t versions,
			 enum gp_utility utility, double kappa, double xi)
{
	size_t rows = gp_rows(gp);
	double *means = linalg_alloc(rows);

	*acquisition = (struct gp_acquisition){
		.gp = gp,
		.dimensions = dimensions,
		.versions = versions,
		.utility = utility,
		.kappa = kappa,
		.xi = xi,
	};
	for (size_t m = 0; m < versions; m++) {
		acquisition->best[m] = INFINITY;
		gp_means_at_rows(gp, m, means);
		for (size_t i = 0; i < rows; i++)
			acquisition->best[m] =
				fmin(acquisition->best[m], means[i]);
	}
	free(means);
}

/* The logarithm of what one more noisy result can tell of the function, as a
 * share of all; adds its derivative by the variance. */
static double log_told(double variance, double noise, double *by_variance)
{
	double total = variance + noise;
	double root = sqrt(total);
	double told = variance / (root * (root + sqrt(noise)));

	*by_variance += sqrt(noise) / (2 * total * root * told);
	return log(told);
}

/* The value from means and variance; its derivatives by them if by_means is
 * not NULL. */
static double combine(const struct gp_acquisition *a, const double *means,
		      double variance, double *by_means, double *by_variance)
{
	double deviation = sqrt(variance);
	double terms[GP_FANTASIES_MAX], slopes[GP_FANTASIES_MAX];
	double z[GP_FANTASIES_MAX];
	double most = -INFINITY, sum = 0, by_deviation = 0;

	if (a->utility == GP_UTILITY_UCB) {
		for (size_t m = 0; m < a->versions; m++) {
			sum -= means[m] / (double)a->versions;
			if (by_means)
				by_means[m] = -1 / (double)a->versions;
		}
		*by_variance = a->kappa / (2 * deviation);
		return sum + a->kappa * deviation;
	}
	for (size_t m = 0; m < a->versions; m++) {
		z[m] = (a->best[m] - a->xi - means[m]) / deviation;
		terms[m] = a->utility == GP_UTILITY_EI
				   ? log(deviation) +
					     normal_log_gain(z[m], &slopes[m])
				   : normal_log_cdf(z[m], &slopes[m]);
		most = fmax(most, terms[m]);
	}
	for (size_t m = 0; m < a->versions; m++) {
		terms[m] = exp(terms[m] - most);
		sum += terms[m];
	}
	for (size_t m = 0; by_means && m < a->versions; m++) {
		double share = terms[m] / sum;

		by_means[m] = -share * slopes[m] / deviation;
		by_deviation -= share * slopes[m] * z[m] / deviation;
		if (a->utility == GP_UTILITY_EI)
			by_deviation += share / deviation;
	}
	*by_variance = by_deviation / (2 * deviation);
	most += log(sum / (double)a->versions);
	if (a->utility == GP_UTILITY_EI)
		most += log_told(variance, gp_noise(a->gp), by_variance);
	return most;
}

double gp_acquisition_at(struct gp_acquisition *acquisition, const double *x,
			 double *ret_gradient)
{
	double means[GP_FANTASIES_MAX], by_means[GP_FANTASIES_MAX];
	double variance, by_variance, value;

	acquisition->evaluations++;
	gp_predict(acquisition->gp, x, means, &variance);
	value = combine(acquisition, means, variance,
			ret_gradient ? by_means : NULL, &by_variance);
	if (ret_gradient)
		gp_gradient(acquisition->gp, x, by_means, by_variance,
			    ret_gradient);
	return value;
}

void gp_acquisition_many(struct gp_acquisition *acquisition, const double *x,
			 size_t count, double *ret_values)
{
	double *means = linalg_alloc(count * acquisition->versions);
	double *variances = linalg_alloc(count);
	double unused;

	acquisition->evaluations += count;
	gp_predict_many(acquisition->gp, x, count, means, variances);
	for (size_t i = 0; i < count; i++)
		ret_values[i] =
			combine(acquisition, means + i * acquisition->versions,
				variances[i], NULL, &unused);
	free(means);
	free(variances);
}

static size_t bounded(double x, size_t least, size_t most)
{
	return (size_t)fmin(fmax(x, (double)least), (double)most);
}

struct search_effort gp_acquisition_effort(size_t rows, size_t dimensions)
{
	double n = (double)rows;
	double width = (double)dimensions;
	double sample_us = n * (0.001 * width + 0.01 + 0.0001 * n) + 1;
	double look_us = n * (0.003 * width + 0.02 + 0.0008 * n) + 2;
	size_t looks = bounded(16000 / look_us, 60, 600);
	struct search_effort effort = {
		.samples = bounded(8000 / sample_us, 150, 2000),
		.climbs = bounded((double)looks / 25, 2, 8),
	};

	effort.steps = (int)(looks / effort.climbs);
	effort.moves = bounded((double)looks / (double)effort.climbs, 30, 200);
	return effort;
}

double gp_acquisition_search_at(void *arg, const double *z,
				double *ret_gradient)
{
	return gp_acquisition_at(arg, z, ret_gradient);
}

void gp_acquisition_search_many(void *arg, const double *z, size_t count,
				double *ret)
{
	gp_acquisition_many(arg, z, count, ret);
}
