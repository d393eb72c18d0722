/* SPDX-License-Identifier: MIT */
/*
 * CMA-ES: evolution of a normal distribution by covariance matrix adaptation
 * (Hansen, The CMA evolution strategy: a tutorial, 2016), with active update,
 * points from elsewhere (Hansen, Injecting external solutions into CMA-ES,
 * 2011), and a margin for dimensions that take few values (Hamano et al.,
 * CMA-ES with margin, 2022).
 *
 * A generation is any lambda points with their ranks; where they were drawn
 * does not matter, so that trials may run side by side and end in any order.
 */
#ifndef ENGINE_TUNER_CMA_H
#define ENGINE_TUNER_CMA_H

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>

struct cma {
	size_t n, lambda, mu;
	double *weights; /* of ranks; negative from mu on */
	double mu_eff, cs, damping, cc, c1, cmu, chi;

	double *mean;
	double sigma;
	double *covariance; /* n x n, both triangles */
	double *axes;	    /* row k: unit axis k */
	double *lengths;    /* of the axes */
	double *scales;	    /* per dimension, by the margin; 1 */
	double *path_sigma, *path;
	size_t generation, decomposed;
	double *scratch;
};

/* n > 0, lambda > 3; starts at mean with deviation sigma everywhere. */
void cma_init(struct cma *cma, size_t n, size_t lambda, const double *mean,
	      double sigma);
void cma_release(struct cma *cma);
size_t cma_default_lambda(size_t n);

void cma_sample(const struct cma *cma, struct random *random, double *ret_x);
/* lambda points, best first, one a row. */
void cma_update(struct cma *cma, const double *points);
/* Deviation of dimension i. */
double cma_deviation(const struct cma *cma, size_t i);

/* Dimension i lies in a cell from `low` to `high`, all of which means one value
 * (-INFINITY, INFINITY: there is no other below, above).  Leave a probability
 * of at least `least` for values beyond. */
void cma_keep_margin(struct cma *cma, size_t i, double low, double high,
		     double least);
/* Is there nothing left that further generations could find out? */
bool cma_is_degenerate(const struct cma *cma);

#endif
