/* SPDX-License-Identifier: MIT */
/*
 * A distribution over the cells of an axis, estimated from counts.
 *
 * Numbers: a mixture of normal distributions, cut at the axis's ends and
 * summed over each cell, one for each cell that has been hit, weighed by its
 * hits, and a wide one of weight 1 in the middle.  All but that have the width
 * of Scott's rule (D. W. Scott, "Multivariate Density Estimation", 1992), at
 * least so much that 90 % of one lies within its own cell.
 * Options: each hit option's kernel gives the others a part each; weight 1 is
 * spread evenly.
 *
 * It is the estimator of Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently
 * Quantifying Hyperparameter Importance in Arbitrary Subspaces" (IJCAI 2023,
 * arXiv:2304.10255), with the constants that its authors' implementation in
 * Optuna has.
 */
#ifndef INSIGHT_DENSITY_H
#define INSIGHT_DENSITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* counts: of `cells` cells.  ret_density: sums up to 1.  Of order cells
 * squared for numbers, which are to have few of them, else cells. */
void density_estimate(const uint32_t *counts, size_t cells, bool is_categorical,
		      double *ret_density);
/* Pearson's divergence of p from q: the mean of (p/q - 1)^2 under q. */
double density_divergence(const double *p, const double *q, size_t cells);

#endif
