/* SPDX-License-Identifier: MIT */
/*
 * Hyperparameters of a Gaussian process, by the maximum of the marginal
 * likelihood times a prior, over the logarithms of lengths, signal and noise:
 *
 *     length  log-normal, median exp(sqrt 2) sqrt(dimensions), deviation
 *             sqrt 3: long enough for many dimensions (Hvarfner et al.,
 *             Vanilla Bayesian optimization performs great in high
 *             dimensions, 2024)
 *     signal  log-normal, mode 1, deviation 1
 *     noise   log-normal around 1e-5, very wide
 *     mean    normal around 0; its best value follows from the others
 *
 * Outputs are expected with mean 0 and deviation 1.
 */
#ifndef ENGINE_TUNER_GP_FIT_H
#define ENGINE_TUNER_GP_FIT_H

#include "engine/tuner/gp.h"

#include <stddef.h>

/* More observations than this do not make lengths better, only slower. */
#define GP_FIT_MAX 180

struct gp_hyper gp_hyper_default(const struct gp_shape *shape);
void gp_hyper_copy(struct gp_hyper *to, const struct gp_hyper *from,
		   size_t dimensions);
void gp_hyper_release(struct gp_hyper *hyper);

/* Improve hyper, from where it stands, in at most `evaluations` looks at the
 * likelihood; least_noise bounds the noise from below.  Returns the logarithm
 * of the posterior reached, -INFINITY when there is none. */
double gp_fit(const struct gp_shape *shape, const double *x, const double *y,
	      size_t count, double least_noise, int evaluations,
	      struct gp_hyper *hyper);

/* The logarithm of likelihood times prior, and its derivatives by the
 * logarithms of lengths, signal and noise if ret_gradient is not NULL; sets
 * hyper->mean to the best one.  For tests. */
double gp_log_posterior(const struct gp_shape *shape, const double *x,
			const double *y, size_t count, struct gp_hyper *hyper,
			double *ret_gradient);
/* The same without any prior, the mean being hyper's. */
double gp_log_likelihood(const struct gp_shape *shape, const double *x,
			 const double *y, size_t count,
			 const struct gp_hyper *hyper);

#endif
