/* SPDX-License-Identifier: MIT */
/*
 * Gaussian process regression (Rasmussen and Williams, Gaussian Processes for
 * Machine Learning, 2006, algorithm 2.1) over numbers and categories.
 *
 * Kernel: Matern with one length per dimension over
 *
 *     r^2 = sum over numbers    ((x - x') / length)^2
 *         + sum over categories [x != x'] / length^2
 *
 * times `signal`; observations have variance `noise` besides, and the function
 * a constant mean.  Inputs are imputed encoded points (encode.h), one a row;
 * outputs are for the caller to scale.
 *
 * A process can hold several versions of its outputs (fantasies): rows whose
 * outputs are not known yet are drawn from what the process itself believes
 * about them, jointly.  Version 0 takes them at their mean.
 */
#ifndef ENGINE_TUNER_GP_H
#define ENGINE_TUNER_GP_H

#include <stdbool.h>
#include <stddef.h>

#define GP_FANTASIES_MAX 16

enum gp_smoothness { GP_MATERN_1_2, GP_MATERN_3_2, GP_MATERN_5_2 };

struct gp_shape {
	size_t dimensions;
	const bool *is_category; /* per dimension; outlives the process */
	enum gp_smoothness smoothness;
};

struct gp_hyper {
	double *lengths; /* per dimension */
	double signal, noise;
	double mean;
};

struct gp;

/* A process after `count` observations: rows of x and their outputs y.  Copies
 * everything.  room: how many rows may be added.  NULL: the numbers are too
 * bad for any factor to exist. */
struct gp *gp_new(const struct gp_shape *shape, const struct gp_hyper *hyper,
		  const double *x, const double *y, size_t count, size_t room);
/* Room for one row more than it had. */
struct gp *gp_copy(const struct gp *gp);
void gp_free(struct gp *gp);

/* From now on there are this many versions; before any gp_add_unknown. */
void gp_set_fantasies(struct gp *gp, size_t count);
/* A row whose output is unknown: version m believes that it is the mean plus
 * normals[m] deviations; normals[0] is taken as 0. */
void gp_add_unknown(struct gp *gp, const double *x, const double *normals);

size_t gp_rows(const struct gp *gp);
double gp_noise(const struct gp *gp); /* variance */
/* The outputs without their noise, as believed: posterior means at the rows of
 * version m, in ret[gp_rows]. */
void gp_means_at_rows(const struct gp *gp, size_t m, double *ret);

/* How far each row's output, in version 0, is from what all other rows make
 * believe of it, in deviations of that belief. */
void gp_left_out(const struct gp *gp, double *ret);

/* Posterior at x: a mean per version and the variance (without noise).
 * Remembers what gp_gradient needs. */
void gp_predict(struct gp *gp, const double *x, double *ret_means,
		double *ret_variance);
/* Derivatives by the numbers of the last predicted x of
 * sum_m by_mean[m] * mean_m + by_variance * variance; 0 for categories. */
void gp_gradient(struct gp *gp, const double *x, const double *by_mean,
		 double by_variance, double *ret_gradient);
/* The same for many points: ret_means[i * versions + m], ret_variances[i]. */
void gp_predict_many(struct gp *gp, const double *x, size_t count,
		     double *ret_means, double *ret_variances);

/* Correlation at squared distance q, and its derivative by q. */
double gp_correlation(enum gp_smoothness smoothness, double q,
		      double *ret_slope);

#endif
