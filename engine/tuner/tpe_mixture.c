/* SPDX-License-Identifier: MIT */
/* Mixtures of kernels over whole points. */
#include "engine/tuner/tpe_joint.h"

#include "base/mem.h"
#include "engine/tuner/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* No kernel is narrower (as a share of the range), however close its
 * neighbours are. */
#define LEAST_DEVIATION 0.03
/* From here on a normal distribution is over, for a density. */
#define REACH 6

static const double SQRT_2_PI = 2.5066282746310002;

static void reserve(struct tpe_mixture *mixture, size_t count)
{
	size_t bytes;

	if (count <= mixture->capacity)
		return;
	mixture->capacity = count + count / 2 + 8;
	bytes = mixture->capacity * sizeof(double);
	mixture->log_weights = xrealloc(mixture->log_weights, bytes);
	mixture->weights = xrealloc(mixture->weights, bytes);
	mixture->sums = xrealloc(mixture->sums, bytes);
	mixture->places = xrealloc(
		mixture->places, mixture->capacity * sizeof(*mixture->places));
	bytes *= mixture->encoding->count;
	mixture->middles = xrealloc(mixture->middles, bytes);
	mixture->scales = xrealloc(mixture->scales, bytes);
	mixture->norms = xrealloc(mixture->norms, bytes);
	mixture->others = xrealloc(mixture->others, bytes);
}

void tpe_mixture_release(struct tpe_mixture *mixture)
{
	free(mixture->middles);
	free(mixture->scales);
	free(mixture->norms);
	free(mixture->others);
	free(mixture->log_weights);
	free(mixture->weights);
	free(mixture->sums);
	free(mixture->places);
	*mixture = (struct tpe_mixture){0};
}

/* The logarithm of what makes the density of a kernel, cut off at 0 and 1, have
 * the integral 1. */
static double log_norm(double middle, double deviation)
{
	double inside = 1;

	if (middle < REACH * deviation)
		inside -= normal_cdf(-middle / deviation);
	if (1 - middle < REACH * deviation)
		inside -= normal_cdf((middle - 1) / deviation);
	return -log(deviation * SQRT_2_PI * inside);
}

static void build_category(struct tpe_mixture *mixture, size_t j, size_t count)
{
	double levels = (double)mixture->encoding->dimensions[j].levels;
	double *at = mixture->middles + j * mixture->capacity;
	/* what the kernel leaves to each of the options */
	double share = 1 / (double)(count + 1);
	double same = log((1 + share) * levels / (1 + share * levels));
	double other = log(share * levels / (1 + share * levels));

	for (size_t k = 0; k < count; k++) {
		size_t i = j * mixture->capacity + k;
		bool is_active = !isnan(at[k]);

		at[k] = is_active ? at[k] : -1;
		mixture->scales[i] = is_active;
		mixture->norms[i] = is_active ? same : 0;
		mixture->others[i] = is_active ? other : 0;
	}
}

static int compare_places(const void *a, const void *b)
{
	const struct tpe_place *p = a;
	const struct tpe_place *q = b;

	if (p->at != q->at)
		return p->at < q->at ? -1 : 1;
	return p->kernel < q->kernel ? -1 : 1;
}

/* Each as wide as the gap to its farther neighbour. */
static void build_number(struct tpe_mixture *mixture, size_t j, size_t count)
{
	const struct encoding_dimension *d = &mixture->encoding->dimensions[j];
	size_t base = j * mixture->capacity;
	double *at = mixture->middles + base;
	struct tpe_place *places = mixture->places;
	double least = LEAST_DEVIATION;
	size_t n = 0;

	if (d->kind == ENCODING_STEPS)
		least = fmax(least, 1 / (double)d->levels);
	least = fmin(least, 1);
	for (size_t k = 0; k < count; k++) {
		if (!isnan(at[k])) {
			places[n++] = (struct tpe_place){at[k], (uint32_t)k};
			continue;
		}
		at[k] = 0;
		mixture->scales[base + k] = 0;
		mixture->norms[base + k] = 0;
	}
	qsort(places, n, sizeof(*places), compare_places);
	for (size_t i = 0; i < n; i++) {
		double deviation = n > 1 ? 0 : 0.5;

		if (i > 0)
			deviation = places[i].at - places[i - 1].at;
		if (i + 1 < n)
			deviation = fmax(deviation,
					 places[i + 1].at - places[i].at);
		deviation = fmin(fmax(deviation, least), 1);
		mixture->scales[base + places[i].kernel] = 1 / deviation;
		mixture->norms[base + places[i].kernel] =
			log_norm(places[i].at, deviation);
	}
}

void tpe_mixture_build(struct tpe_mixture *mixture,
		       const struct encoding *encoding, const double *rows,
		       const uint32_t *members, const double *weights,
		       size_t count, double prior_weight)
{
	size_t width = encoding->count;
	double total = prior_weight;

	mixture->encoding = encoding;
	reserve(mixture, count + 1);
	mixture->count = count + 1;
	for (size_t k = 0; k < count; k++) {
		total += weights[k];
		for (size_t j = 0; j < width; j++)
			mixture->middles[j * mixture->capacity + k] =
				rows[members[k] * width + j];
	}
	for (size_t k = 0; k <= count; k++) {
		double weight = k < count ? weights[k] : prior_weight;

		mixture->weights[k] = total > 0 ? weight / total : k == count;
		mixture->log_weights[k] = log(mixture->weights[k]);
	}
	for (size_t j = 0; j < width; j++) {
		size_t last = j * mixture->capacity + count;

		if (encoding->dimensions[j].kind == ENCODING_CATEGORY)
			build_category(mixture, j, count);
		else
			build_number(mixture, j, count);
		mixture->middles[last] = 0.5;
		mixture->scales[last] = 0;
		mixture->norms[last] = 0;
		mixture->others[last] = 0;
	}
}

/* Densities are relative to the space's own distribution, in which numbers are
 * uniform between 0 and 1 and options equally likely. */
double tpe_mixture_log(struct tpe_mixture *mixture, const double *x)
{
	const struct encoding *encoding = mixture->encoding;
	double *sums = mixture->sums;
	double most = -INFINITY, sum = 0;

	memcpy(sums, mixture->log_weights, mixture->count * sizeof(*sums));
	for (size_t j = 0; j < encoding->count; j++) {
		const double *middles =
			mixture->middles + j * mixture->capacity;
		const double *scales = mixture->scales + j * mixture->capacity;
		const double *norms = mixture->norms + j * mixture->capacity;
		const double *others = mixture->others + j * mixture->capacity;
		double at = x[j];

		if (isnan(at))
			continue;
		if (encoding->dimensions[j].kind == ENCODING_CATEGORY) {
			for (size_t k = 0; k < mixture->count; k++)
				sums[k] +=
					middles[k] == at ? norms[k] : others[k];
			continue;
		}
		for (size_t k = 0; k < mixture->count; k++) {
			double z = (at - middles[k]) * scales[k];

			sums[k] += norms[k] - 0.5 * z * z;
		}
	}
	for (size_t k = 0; k < mixture->count; k++)
		most = sums[k] > most ? sums[k] : most;
	for (size_t k = 0; k < mixture->count; k++)
		if (sums[k] > most - 40)
			sum += exp(sums[k] - most);
	return most + log(sum);
}

double tpe_mixture_marginal(const struct tpe_mixture *mixture, size_t j,
			    double x)
{
	bool is_category =
		mixture->encoding->dimensions[j].kind == ENCODING_CATEGORY;
	double sum = 0;

	for (size_t k = 0; k < mixture->count; k++) {
		size_t i = j * mixture->capacity + k;
		double z = (x - mixture->middles[i]) * mixture->scales[i];
		double log_density = mixture->norms[i] - 0.5 * z * z;

		if (is_category)
			log_density = mixture->middles[i] == x
					      ? mixture->norms[i]
					      : mixture->others[i];
		sum += mixture->weights[k] * exp(log_density);
	}
	return sum;
}

static double draw_number(double middle, double deviation,
			  struct random *random)
{
	for (int i = 0; i < 100; i++) {
		double x = middle + deviation * random_normal(random);

		if (x >= 0 && x <= 1)
			return x;
	}
	return middle;
}

static double draw_option(const struct tpe_mixture *mixture, size_t j, size_t k,
			  struct random *random)
{
	size_t i = j * mixture->capacity + k;
	size_t levels = mixture->encoding->dimensions[j].levels;
	double same = exp(mixture->norms[i]) / (double)levels;

	if (mixture->scales[i] > 0) {
		double unit = random_unit(random);
		size_t other;

		if (unit < same || levels < 2)
			return mixture->middles[i];
		other = (size_t)random_below(random, levels - 1);
		return (double)(other + (other >= (size_t)mixture->middles[i]));
	}
	return (double)random_below(random, levels);
}

void tpe_mixture_sample(const struct tpe_mixture *mixture,
			struct random *random, double *ret_x)
{
	const struct encoding *encoding = mixture->encoding;
	double left = random_unit(random);
	size_t k = 0;

	while (k + 1 < mixture->count && left >= mixture->weights[k])
		left -= mixture->weights[k++];
	for (size_t j = 0; j < encoding->count; j++) {
		size_t i = j * mixture->capacity + k;

		ret_x[j] = NAN;
		if (!encoding_is_active(encoding, ret_x, j))
			continue;
		if (encoding->dimensions[j].kind == ENCODING_CATEGORY)
			ret_x[j] = draw_option(mixture, j, k, random);
		else if (mixture->scales[i] > 0)
			ret_x[j] = encoding_snap(
				encoding, j,
				draw_number(mixture->middles[i],
					    1 / mixture->scales[i], random));
		else
			ret_x[j] = encoding_from_unit(encoding, j,
						      random_unit(random));
	}
}
