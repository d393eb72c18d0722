/* SPDX-License-Identifier: MIT */
/*
 * The state of the picture of parallel coordinates: which trials, how good each
 * is among them, and where the cursor and its range are.  Private to
 * tui/picture_parallel.
 */
#ifndef TUI_PARALLEL_H
#define TUI_PARALLEL_H

#include "tui/parallel_axes.h"

#define PARALLEL_LEVELS 4 /* best tenth, quarter, half, rest */

struct parallel {
	struct parallel_axes axes;
	const struct picture_sample *sample; /* of the pictures; or NULL */
	double *values;			     /* by sequence; NaN: none */
	size_t count, capacity;
	signed char *levels; /* of the sample's rows; -1: filtered out */
	size_t inside;	     /* rows that the filter lets through */
	size_t *order;	     /* rows, the best first */
	bool is_minimized, has_metric;
	size_t top;
	bool has_cursor;
	size_t axis;		       /* under the cursor */
	int row;		       /* of the plot, from its top */
	int brush;		       /* row where a range began; -1: none */
	size_t first_axis, shown_axes; /* parameters that fit */
	int plot_top, plot_rows, cols; /* as drawn */
};

/* Order the sample's rows by their value, and give each its level among those
 * that the trials' filter lets through. */
void parallel_rank(struct parallel *p, const struct trial_index *index);
/* The places of the axis between which the cursor's range lies, whole rows. */
void parallel_range(const struct parallel *p, double *ret_from, double *ret_to);
/* How many lines pass there, and the best of them (a row; count: none). */
size_t parallel_passing(const struct parallel *p, size_t *ret_best);

#endif
