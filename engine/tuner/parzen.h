/* SPDX-License-Identifier: MIT */
/*
 * The adaptive Parzen estimator of TPE: a mixture of normal distributions, one
 * around each value that was tried and one for the prior, each as wide as the
 * gap to its neighbours (nni.md 7.3).
 */
#ifndef ENGINE_TUNER_PARZEN_H
#define ENGINE_TUNER_PARZEN_H

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>

/* What does not depend on the values. */
struct parzen_prior {
	double mu, sigma, weight;
	bool is_clipped; /* the distribution ends at low and high */
	double low, high;
};

/* Zeroed before its first use; parzen_build may be called again and again and
 * keeps the memory. */
struct parzen {
	struct parzen_prior prior;
	size_t count; /* values and the prior, by ascending mu: */
	double *mus, *sigmas, *weights; /* weights sum to 1 */
	size_t capacity;
	/* the same, arranged for densities: see parzen.c */
	double *narrow_mus, *narrow_heights;
	size_t narrow_count;
	double narrow_sigma;
	double *wide_mus, *wide_scales, *wide_heights;
	size_t wide_count;
};

/* values ascend; one weight each. */
void parzen_build(struct parzen *parzen, const struct parzen_prior *prior,
		  const double *values, const double *weights, size_t count);
void parzen_release(struct parzen *parzen);
/* Draw a value; inside the bounds, if there are any. */
double parzen_sample(const struct parzen *parzen, struct random *random);
/* Logarithm of the density of the mixture without bounds. */
double parzen_log_density(const struct parzen *parzen, double x);
/* A value that the logarithm is not below, from the nearest components alone:
 * several times cheaper. */
double parzen_log_density_floor(const struct parzen *parzen, double x);
/* Share of the mixture that lies inside the bounds: what a density has to be
 * divided by.  The same for all x. */
double parzen_accepted(const struct parzen *parzen);

#endif
