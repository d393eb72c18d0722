/* SPDX-License-Identifier: MIT */
/* The Parzen estimator on a grid, from counts. */
#include "insight/density.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

#define PRIOR_WEIGHT 1.0
#define SCOTT 1.059
#define IQR_OF_NORMAL 1.34
#define SIGMA_LEAST (0.5 / 1.64)
#define FLOOR 1e-12 /* no density is 0 */

/* Of the standard normal distribution, between two places. */
static double mass(double from, double to)
{
	if (from > 0) /* exact in the tail as well */
		return mass(-to, -from);
	return 0.5 * (erfc(-to * M_SQRT1_2) - erfc(-from * M_SQRT1_2));
}

/* Scott's rule for the cells' indices, each counting as often as it was hit.
 * Quartiles are taken among the cells that were hit. */
static double scott_width(const uint32_t *counts, size_t cells, uint64_t total)
{
	double mean = 0, square = 0, sigma, spread;
	size_t first = 0, third = 0, last = 0;
	bool has_first = false, has_third = false;
	uint64_t before = 0;

	for (size_t i = 0; i < cells; i++)
		mean += (double)counts[i] * (double)i;
	mean /= (double)total;
	for (size_t i = 0; i < cells; i++) {
		double far = (double)i - mean;

		if (!counts[i])
			continue;
		square += counts[i] * far * far;
		before += counts[i];
		last = i;
		if (!has_first && before >= total / 4) {
			first = i;
			has_first = true;
		}
		if (!has_third && before > total * 3 / 4) {
			third = i;
			has_third = true;
		}
	}
	if (!has_third)
		third = last;
	sigma = sqrt(square / (double)(total > 2 ? total - 1 : 1));
	spread = (double)(third - first) / IQR_OF_NORMAL;
	if (spread < sigma)
		sigma = spread;
	sigma *= SCOTT * pow((double)total, -0.2);
	return sigma > SIGMA_LEAST ? sigma : SIGMA_LEAST;
}

/* Add a normal distribution around `middle`, cut at the ends. */
static void add_prior(double weight, size_t cells, double *density)
{
	double middle = ((double)cells - 1) / 2, sigma = (double)cells;
	double whole = mass((-0.5 - middle) / sigma,
			    ((double)cells - 0.5 - middle) / sigma);

	for (size_t i = 0; i < cells; i++)
		density[i] += weight / whole *
			      mass(((double)i - 0.5 - middle) / sigma,
				   ((double)i + 0.5 - middle) / sigma);
}

static void estimate_number(const uint32_t *counts, size_t cells,
			    uint64_t total, double *density)
{
	double sigma = scott_width(counts, cells, total);
	double weight = 1 / ((double)total + PRIOR_WEIGHT);
	/* near[d]: of a kernel d cells away; sum[d]: up to d cells away */
	double *near = xcalloc(2 * cells, sizeof(*near)), *sum = near + cells;

	for (size_t d = 0; d < cells; d++) {
		near[d] = mass(((double)d - 0.5) / sigma,
			       ((double)d + 0.5) / sigma);
		sum[d] = d ? sum[d - 1] + near[d] : near[0] / 2;
	}
	for (size_t k = 0; k < cells; k++) {
		double part;

		if (!counts[k])
			continue;
		part = counts[k] * weight / (sum[k] + sum[cells - 1 - k]);
		for (size_t i = 0; i < cells; i++)
			density[i] += part * near[i > k ? i - k : k - i];
	}
	add_prior(PRIOR_WEIGHT * weight, cells, density);
	free(near);
}

static void estimate_options(const uint32_t *counts, size_t cells,
			     uint64_t total, double *density)
{
	double weight = 1 / ((double)total + PRIOR_WEIGHT);
	double even = PRIOR_WEIGHT * weight / (double)cells, kernels = 1;
	double aside, whole;

	for (size_t i = 0; i < cells; i++)
		kernels += counts[i] > 0;
	aside = PRIOR_WEIGHT / kernels;
	whole = 1 + (double)cells * aside;
	for (size_t i = 0; i < cells; i++)
		density[i] = even + (double)total * weight * aside / whole +
			     counts[i] * weight / whole;
}

void density_estimate(const uint32_t *counts, size_t cells, bool is_categorical,
		      double *ret_density)
{
	uint64_t total = 0;

	for (size_t i = 0; i < cells; i++) {
		total += counts[i];
		ret_density[i] = total ? 0 : 1 / (double)cells;
	}
	if (!total)
		return;
	for (size_t i = 0; i < cells; i++)
		ret_density[i] = 0;
	if (is_categorical)
		estimate_options(counts, cells, total, ret_density);
	else
		estimate_number(counts, cells, total, ret_density);
}

double density_divergence(const double *p, const double *q, size_t cells)
{
	double divergence = 0;

	for (size_t i = 0; i < cells; i++) {
		double below = q[i] + FLOOR;
		double off = (p[i] + FLOOR) / below - 1;

		divergence += below * off * off;
	}
	return divergence;
}
