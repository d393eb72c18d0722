/* SPDX-License-Identifier: MIT */
/*
 * One parameter and the result: what lies where along its axis.
 *
 * Bins are even along the axis (in the logarithm for log kinds), and say how
 * many trials they are made of: an empty one stays empty, and nothing is drawn
 * through it.  Options are a bin each; where they are more than asked for,
 * those with most trials have one, and the last bin is for all others.
 *
 * Pure; a slice of 100,000 trials takes some milliseconds.
 */
#ifndef INSIGHT_SLICE_H
#define INSIGHT_SLICE_H

#include "insight/observations.h"

struct slice_bin {
	double low, high; /* of a number: as in parameters */
	double from, to;  /* the same along the axis, 0 to 1 */
	size_t option;	  /* of a choice; others: option_count */
	size_t count;	  /* trials with a result */
	size_t failed;
	double mean, deviation;
	double least, most, lower, middle, upper; /* extremes, quartiles */
};

struct slice {
	struct slice_bin *bins; /* owned */
	size_t count;
	size_t usable;	 /* trials in all bins, with results */
	size_t inactive; /* trials with results that do not have it */
};

/* At most `bins` of them; numbers have fewer when they take fewer values. */
void slice_compute(const struct observations *observations, size_t parameter,
		   size_t bins, struct slice *ret);
void slice_release(struct slice *slice);

#endif
