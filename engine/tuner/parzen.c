/* SPDX-License-Identifier: MIT */
/*
 * Parzen estimator: building, sampling, density.
 *
 * A density sums over all components, and TPE asks for one for each candidate
 * of each parameter of each suggestion: with ten thousand observations that
 * alone would be millions of exponentials.  But nearly all components of a
 * long history have the least width there is (a hundredth of the prior's), so
 * those are kept apart, sorted: only the ones near x can matter, and a binary
 * search finds them.  The others, at most a few hundred, are "wide" and summed
 * in full.  What is left out is below exp(-DROP) of what is summed.
 */
#include "engine/tuner/parzen.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

/* exp(-40) is 4e-18: lost in a double beside 1 */
#define DROP 40.0
/* a seventh of the work, and mostly within a tenth of the truth */
#define DROP_FLOOR 1.0
/* narrower than this NNI treats distances as if it were this wide */
#define EPSILON 1e-12
/* draws outside of the bounds before one is moved to the bound instead */
#define REJECTIONS_MAX 1000

/* fmin and fmax are calls into libm, which the loops here would feel. */
static inline double least_of(double a, double b)
{
	return a < b ? a : b;
}

static inline double most_of(double a, double b)
{
	return a > b ? a : b;
}

static void reserve(struct parzen *parzen, size_t count)
{
	if (count <= parzen->capacity)
		return;
	parzen->capacity = 2 * count;
	count = parzen->capacity * sizeof(double);
	parzen->mus = xrealloc(parzen->mus, count);
	parzen->sigmas = xrealloc(parzen->sigmas, count);
	parzen->weights = xrealloc(parzen->weights, count);
	parzen->narrow_mus = xrealloc(parzen->narrow_mus, count);
	parzen->narrow_heights = xrealloc(parzen->narrow_heights, count);
	parzen->wide_mus = xrealloc(parzen->wide_mus, count);
	parzen->wide_scales = xrealloc(parzen->wide_scales, count);
	parzen->wide_heights = xrealloc(parzen->wide_heights, count);
}

/* The gaps around component i, before they are limited. */
static double gap(const struct parzen *parzen, size_t i)
{
	const double *mus = parzen->mus;
	size_t last = parzen->count - 1;

	if (i == 0)
		return mus[1] - mus[0];
	if (i == last)
		return mus[last] - mus[last - 1];
	return most_of(mus[i] - mus[i - 1], mus[i + 1] - mus[i]);
}

static void set_sigmas(struct parzen *parzen, size_t prior_at)
{
	size_t count = parzen->count;
	double most = parzen->prior.sigma;
	double least = most / (double)(count + 1 < 100 ? count + 1 : 100);

	parzen->narrow_sigma = least;
	for (size_t i = 0; i < count; i++) {
		double sigma = most;

		if (i != prior_at)
			sigma = count == 2 ? 0.5 * most : gap(parzen, i);
		parzen->sigmas[i] = least_of(most_of(sigma, least), most);
	}
}

/* Sort the components by how densities will sum them. */
static void arrange(struct parzen *parzen)
{
	parzen->narrow_count = parzen->wide_count = 0;
	for (size_t i = 0; i < parzen->count; i++) {
		double sigma = parzen->sigmas[i];
		double height = parzen->weights[i] / sigma;
		size_t at;

		if (!(height > 0))
			continue;
		if (sigma <= parzen->narrow_sigma) {
			at = parzen->narrow_count++;
			parzen->narrow_mus[at] = parzen->mus[i];
			parzen->narrow_heights[at] = height;
		} else {
			at = parzen->wide_count++;
			parzen->wide_mus[at] = parzen->mus[i];
			parzen->wide_scales[at] = 1 / most_of(sigma, EPSILON);
			parzen->wide_heights[at] = height;
		}
	}
	parzen->narrow_sigma = most_of(parzen->narrow_sigma, EPSILON);
}

void parzen_build(struct parzen *parzen, const struct parzen_prior *prior,
		  const double *values, const double *weights, size_t count)
{
	size_t prior_at = 0; /* the first not below the prior */
	size_t insert_at = 0;
	double sum = 0;

	reserve(parzen, count + 1);
	parzen->prior = *prior;
	parzen->count = count + 1;
	while (prior_at < count && values[prior_at] < prior->mu)
		prior_at++;
	insert_at = prior_at;
	while (insert_at < count && values[insert_at] == prior->mu)
		insert_at++;
	for (size_t i = 0; i <= count; i++) {
		bool is_prior = i == insert_at;
		size_t from = i - (i > insert_at);

		parzen->mus[i] = is_prior ? prior->mu : values[from];
		parzen->weights[i] = is_prior ? prior->weight : weights[from];
		sum += parzen->weights[i];
	}
	if (sum <= 0) { /* nothing but a prior that was given no weight */
		parzen->weights[insert_at] = 1;
		sum = 1;
	}
	for (size_t i = 0; i <= count; i++)
		parzen->weights[i] /= sum;
	/* NNI: where values equal the prior, the first of them gets its width,
	 * the last its weight */
	set_sigmas(parzen, prior_at);
	arrange(parzen);
}

void parzen_release(struct parzen *parzen)
{
	free(parzen->mus);
	free(parzen->sigmas);
	free(parzen->weights);
	free(parzen->narrow_mus);
	free(parzen->narrow_heights);
	free(parzen->wide_mus);
	free(parzen->wide_scales);
	free(parzen->wide_heights);
	*parzen = (struct parzen){0};
}

static size_t draw_component(const struct parzen *parzen, struct random *random)
{
	double left = random_unit(random);
	size_t last = 0;

	for (size_t i = 0; i < parzen->count; i++) {
		if (parzen->weights[i] <= 0)
			continue;
		last = i;
		left -= parzen->weights[i];
		if (left < 0)
			break;
	}
	return last;
}

double parzen_sample(const struct parzen *parzen, struct random *random)
{
	const struct parzen_prior *prior = &parzen->prior;
	double x = 0;

	for (int i = 0; i < REJECTIONS_MAX; i++) {
		size_t k = draw_component(parzen, random);

		x = parzen->mus[k] + parzen->sigmas[k] * random_normal(random);
		if (!prior->is_clipped || (x >= prior->low && x <= prior->high))
			return x;
	}
	return least_of(most_of(x, prior->low), prior->high);
}

/* The first of the ascending values that is not below x. */
static size_t lower_bound(const double *values, size_t count, double x)
{
	size_t from = 0;

	while (count) {
		size_t half = count / 2;

		if (values[from + half] < x) {
			from += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return from;
}

static inline double exponent(double x, double mu, double scale)
{
	double z = (x - mu) * scale;

	return 0.5 * z * z;
}

/* Sum the components whose exponents are at most `drop` above the least. */
static double log_density(const struct parzen *parzen, double x, double drop)
{
	const double *mus = parzen->narrow_mus;
	size_t count = parzen->narrow_count;
	double scale = 1 / parzen->narrow_sigma;
	double least = INFINITY; /* exponent of the nearest component */
	double sum = 0;
	double reach;
	size_t at, end;

	at = lower_bound(mus, count, x);
	if (at < count)
		least = exponent(x, mus[at], scale);
	if (at > 0)
		least = least_of(least, exponent(x, mus[at - 1], scale));
	for (size_t i = 0; i < parzen->wide_count; i++)
		least = least_of(least, exponent(x, parzen->wide_mus[i],
						 parzen->wide_scales[i]));
	for (size_t i = 0; i < parzen->wide_count; i++) {
		double e = least - exponent(x, parzen->wide_mus[i],
					    parzen->wide_scales[i]);

		if (e > -drop)
			sum += parzen->wide_heights[i] * exp(e);
	}
	reach = parzen->narrow_sigma * sqrt(2 * (least + drop));
	at = lower_bound(mus, count, x - reach);
	end = lower_bound(mus, count, x + reach);
	for (; at < end; at++) {
		double e = least - exponent(x, mus[at], scale);

		sum += parzen->narrow_heights[at] * exp(e);
	}
	/* 0.5 ln(2 pi) */
	return log(sum) - least - 0.91893853320467274178;
}

double parzen_log_density(const struct parzen *parzen, double x)
{
	return log_density(parzen, x, DROP);
}

double parzen_log_density_floor(const struct parzen *parzen, double x)
{
	return log_density(parzen, x, DROP_FLOOR);
}

static double normal_cdf(double z)
{
	return 0.5 * erfc(-z * M_SQRT1_2);
}

double parzen_accepted(const struct parzen *parzen)
{
	const struct parzen_prior *prior = &parzen->prior;
	double sum = 0;

	if (!prior->is_clipped)
		return 1;
	for (size_t i = 0; i < parzen->count; i++) {
		double sigma = most_of(parzen->sigmas[i], EPSILON);
		double mu = parzen->mus[i];

		sum += parzen->weights[i] *
		       (normal_cdf((prior->high - mu) / sigma) -
			normal_cdf((prior->low - mu) / sigma));
	}
	return sum;
}
