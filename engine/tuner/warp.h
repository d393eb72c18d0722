/* SPDX-License-Identifier: MIT */
/*
 * Losses as a Gaussian process likes them: mean 0, deviation 1, and without
 * the long tail of bad results that would make it smooth over the good ones.
 *
 * The Yeo-Johnson transform (2000) with the power of greatest likelihood, after
 * outliers on the bad side have been drawn in.  Order is kept: less is better.
 */
#ifndef ENGINE_TUNER_WARP_H
#define ENGINE_TUNER_WARP_H

#include <stdbool.h>
#include <stddef.h>

struct warp {
	double centre, scale; /* of the losses */
	double cap;	      /* losses above it count as it */
	double power;
	double mean, deviation; /* of what the power makes of them */
};

/* All finite; count may be 0.  is_straight: keep the power 1. */
struct warp warp_fit(const double *losses, size_t count, bool is_straight);
double warp_apply(const struct warp *warp, double loss);
/* The logarithm of its slope there: what makes likelihoods of differently
 * warped losses comparable. */
double warp_log_slope(const struct warp *warp, double loss);
/* The loss that becomes `warped`; what no loss becomes, the nearest end. */
double warp_invert(const struct warp *warp, double warped);

#endif
