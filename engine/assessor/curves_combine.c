/* SPDX-License-Identifier: MIT */
/*
 * From fitted families to one forecast.
 *
 * Families that do not describe the results are left out; the weights of the
 * others are drawn by Metropolis and Hastings from how well their sum does,
 * under the prior that weights are positive and the curve rises.  The forecast
 * is the mean over several chains.
 */
#include "engine/assessor/curves.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* NNI's: few steps, from equal weights. */
#define CHAINS 10
#define STEPS 20
#define STEP_DEVIATION 0.0005
#define LEAST_FAMILIES 4

struct ensemble {
	const double *y;
	size_t n;
	double target;
	size_t count; /* of families */
	double parameters[CURVES_COUNT][CURVES_PARAMETERS_MAX];
	const struct curve_family *families[CURVES_COUNT];
};

static double value_of(const struct ensemble *ensemble, size_t i, double x)
{
	return ensemble->families[i]->value(ensemble->parameters[i], x);
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double median(const double *values, size_t count)
{
	double sorted[CURVES_COUNT];

	memcpy(sorted, values, count * sizeof(*values));
	qsort(sorted, count, sizeof(*sorted), compare);
	return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static double deviation(const double *values, size_t count)
{
	double mean = 0, sum = 0;

	for (size_t i = 0; i < count; i++)
		mean += values[i] / (double)count;
	for (size_t i = 0; i < count; i++)
		sum += (values[i] - mean) * (values[i] - mean);
	return sqrt(sum / (double)count);
}

/* Residuals no larger than the results themselves. */
static bool describes(const struct curve_family *family,
		      const double *parameters, const double *y, size_t n)
{
	double sum = 0, mean = 0;

	for (size_t i = 0; i < n; i++) {
		double residual =
			family->value(parameters, (double)(i + 1)) - y[i];

		sum += residual * residual;
		mean += y[i] / (double)n;
	}
	return sum < mean * mean * (double)n; /* false for NaN, too */
}

static void fit_families(struct ensemble *ensemble)
{
	for (size_t i = 0; i < CURVES_COUNT; i++) {
		double *parameters = ensemble->parameters[ensemble->count];

		curve_fit(&curve_families[i], ensemble->y, ensemble->n,
			  parameters);
		if (describes(&curve_families[i], parameters, ensemble->y,
			      ensemble->n))
			ensemble->families[ensemble->count++] =
				&curve_families[i];
	}
}

/* Leave out those whose forecast is far from what the others say of now. */
static void drop_outliers(struct ensemble *ensemble)
{
	double now[CURVES_COUNT], middle, spread;
	size_t kept = 0;

	for (size_t i = 0; i < ensemble->count; i++)
		now[i] = value_of(ensemble, i, (double)ensemble->n);
	if (!ensemble->count)
		return;
	middle = median(now, ensemble->count);
	spread = deviation(now, ensemble->count) * (double)ensemble->n / 10;
	for (size_t i = 0; i < ensemble->count; i++) {
		double then = value_of(ensemble, i, ensemble->target);

		if (!(fabs(then - middle) < spread))
			continue;
		memmove(ensemble->parameters[kept], ensemble->parameters[i],
			sizeof(ensemble->parameters[i]));
		ensemble->families[kept++] = ensemble->families[i];
	}
	ensemble->count = kept;
}

static double combined(const struct ensemble *ensemble, const double *weights,
		       double x)
{
	double sum = 0;

	for (size_t i = 0; i < ensemble->count; i++)
		sum += weights[i] * value_of(ensemble, i, x);
	return sum;
}

/* Logarithm of the target density; -INFINITY where the prior forbids it. */
static double log_density(const struct ensemble *ensemble,
			  const double *weights)
{
	double sum = 0, variance;

	for (size_t i = 0; i < ensemble->count; i++)
		if (weights[i] <= 0)
			return -INFINITY;
	if (!(combined(ensemble, weights, 1) <
	      combined(ensemble, weights, ensemble->target)))
		return -INFINITY;
	for (size_t k = 0; k < ensemble->n; k++) {
		double residual = ensemble->y[k] -
				  combined(ensemble, weights, (double)(k + 1));

		sum += residual * residual;
	}
	variance = fmax(sum / (double)ensemble->n, 1e-300);
	return -sum / (2 * variance) -
	       (double)ensemble->n / 2 * log(2 * M_PI * sqrt(variance));
}

static void normalise(double *weights, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += weights[i];
	for (size_t i = 0; i < count; i++)
		weights[i] /= sum;
}

static double run_chain(const struct ensemble *ensemble, struct random *random)
{
	double weights[CURVES_COUNT], proposed[CURVES_COUNT], now, next;

	for (size_t i = 0; i < ensemble->count; i++)
		weights[i] = 1 / (double)ensemble->count;
	now = log_density(ensemble, weights);
	for (int step = 0; step < STEPS; step++) {
		for (size_t i = 0; i < ensemble->count; i++)
			proposed[i] = weights[i] +
				      STEP_DEVIATION * random_normal(random);
		normalise(proposed, ensemble->count);
		next = log_density(ensemble, proposed);
		if (next == -INFINITY ||
		    log(1 - random_unit(random)) >= next - now)
			continue;
		memcpy(weights, proposed, sizeof(weights));
		now = next;
	}
	return combined(ensemble, weights, ensemble->target);
}

bool curves_predict(const double *y, size_t n, double target, uint64_t seed,
		    double *ret_value)
{
	struct ensemble ensemble = {.y = y, .n = n, .target = target};
	double sum = 0;

	fit_families(&ensemble);
	drop_outliers(&ensemble);
	if (ensemble.count < LEAST_FAMILIES)
		return false;
	for (uint64_t chain = 0; chain < CHAINS; chain++) {
		struct random random;

		random_seed(&random, seed, chain);
		sum += run_chain(&ensemble, &random);
	}
	*ret_value = sum / CHAINS;
	return isfinite(*ret_value);
}
