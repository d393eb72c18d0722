/* SPDX-License-Identifier: MIT */
/*
 * A multivariate kernel density as BOHB's models are (Falkner, Klein and
 * Hutter, 2018; nni.md 7.14): the mean over rows of the product over
 * dimensions of
 *
 *     numbers     a Gaussian of bandwidth h
 *     categories  1 - h for the row's own level, h / (levels - 1) for each
 *                 other one (Aitchison and Aitken, 1976)
 *
 * with h = 1.06 s n^(-1 / (4 + width)), the normal reference rule.  s is the
 * standard deviation; of a category, whose levels have no order, the square
 * root of 1 - sum of squared shares.  Both are taken of the rows and of one
 * more that is spread evenly over [0, 1], or over the levels: a few rows at one
 * place do not say that there is no other, and without it BOHB is soon at a
 * standstill where its first good results were.  h is at least `least`, and of
 * a category at most (levels - 1) / levels, where all levels are alike.
 */
#ifndef ENGINE_TUNER_KDE_H
#define ENGINE_TUNER_KDE_H

#include <stddef.h>

struct kde {
	size_t width, count;
	const double *rows;   /* count points, borrowed */
	const size_t *levels; /* per dimension; 0: a number; borrowed */
	double *bandwidths;
	double *constants; /* of the logarithm, per dimension */
	double *weights;   /* numbers: 1 / 2h^2; categories: what another level
			    * takes from the logarithm */
};

/* rows: at least one; numbers lie in [0, 1], levels are any numbers. */
void kde_init(struct kde *kde, size_t width, const size_t *levels,
	      const double *rows, size_t count, double least);
void kde_release(struct kde *kde);
/* The logarithm of the density at a point. */
double kde_log(const struct kde *kde, const double *point);

#endif
