/* SPDX-License-Identifier: MIT */
/*
 * Regression by a forest of randomised trees (Breiman, Random forests, 2001),
 * as sequential model-based algorithm configuration uses them (Hutter, Hoos and
 * Leyton-Brown, 2011): each tree sees a bootstrap sample, each node a part of
 * the dimensions; numbers are split anywhere between two neighbours, categories
 * into two sets.  Mean and variance of a prediction are those of the mixture of
 * the leaves that the trees lead to.
 */
#ifndef ENGINE_TUNER_FOREST_H
#define ENGINE_TUNER_FOREST_H

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>

/* More rows than this a forest does not take. */
#define FOREST_ROWS_MAX 4000

struct forest_shape {
	size_t dimensions;
	const bool *is_category; /* per dimension; outlives the forest */
	size_t trees;
	double feature_share; /* of the dimensions that a node may split */
	double least_leaf;    /* rows a leaf has at least */
};

struct forest;

/* Grow after `count` (at least 1) rows of x and their outputs. */
struct forest *forest_grow(const struct forest_shape *shape, const double *x,
			   const double *y, size_t count,
			   struct random *random);
void forest_free(struct forest *forest);
void forest_predict(const struct forest *forest, const double *x,
		    double *ret_mean, double *ret_variance);

#endif
