/* SPDX-License-Identifier: MIT */
/*
 * Two parameters and the result: local averages over a grid.
 *
 * A cell's mean is that of the trials around it, weighed by a normal
 * distribution of `reach` cells along both axes (0: those in the cell alone).
 * Where there is not as much as half a trial's weight around, nothing is known:
 * the mean is NaN, and stays so; a picture leaves it empty.  Options lie side
 * by side and are no neighbours: along them nothing is averaged.
 *
 * Pure; of order trials + cells times reach.
 */
#ifndef INSIGHT_CONTOUR_H
#define INSIGHT_CONTOUR_H

#include "insight/observations.h"

#define CONTOUR_SIDE_MAX 400

struct contour {
	size_t cols, rows;
	double *means;	  /* rows * cols, row 0 at the axis's low end; owned */
	uint32_t *counts; /* trials in the cell itself; owned */
	double low, high; /* least and greatest mean; NaN when all are */
	size_t usable;	  /* trials with a result that have both */
};

/* cols cells along parameter a, rows along b: as told, at most the maximum; an
 * axis of options or of few numbers has one for each if that is less. */
void contour_compute(const struct observations *observations, size_t a,
		     size_t b, size_t cols, size_t rows, double reach,
		     struct contour *ret);
/* Of each cell the part of all means that is worse than its own, 0 to 1, NaN
 * where there is none: what shades are made of, since one result that has
 * diverged would leave one shade for all others.  Caller frees. */
double *contour_ranks(const struct contour *contour, bool is_minimized);
/* A reach at which trials of this number cover such a grid. */
double contour_reach(size_t cols, size_t rows, size_t trials);
/* The grid's cell of a row of observations, or `cols * rows`: it has none. */
size_t contour_cell(const struct contour *contour,
		    const struct observations *observations, size_t row,
		    size_t a, size_t b);
void contour_release(struct contour *contour);

#endif
