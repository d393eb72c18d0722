/* SPDX-License-Identifier: MIT */
/*
 * The intermediate results of one trial's newest attempt, as far as they have
 * been read.  A curve remembers its place and is only added to.  Of very many
 * points a part stays: of each four neighbours the lowest and the highest, so
 * no extreme is lost; is_thin says so.  Thread: the store's.
 */
#ifndef TUI_CURVE_H
#define TUI_CURVE_H

#include "store/store.h"
#include "tui/trial_index.h"

#define CURVE_POINTS_MAX 8192 /* thinned out when there are more */

struct curve {
	int64_t key; /* of the trial; 0: unused */
	int attempt;
	int64_t version; /* of the trial's row it was read up to; -1: stale */
	int64_t last_sequence;
	char metric[METRIC_NAME_MAX + 1];
	double *x, *y;
	size_t count, capacity; /* owned: x, y */
	bool is_thin;
};

void curve_release(struct curve *curve);
/* Is there more to be read of this trial and metric? */
bool curve_is_stale(const struct curve *curve, const struct trial_row *row,
		    const char *metric);
/* Read on until the deadline (monotonic); another trial, attempt or metric
 * begins anew.  False: the deadline came first. */
bool curve_read(struct curve *curve, struct store *store,
		const struct trial_row *row, const char *metric,
		int64_t deadline_ns);
/* Index of the point nearest to x that is a number; count: none. */
size_t curve_nearest(const struct curve *curve, double x);

#endif
