/* SPDX-License-Identifier: MIT */
/* Reading curves, and keeping them small. */
#include "tui/curve.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void curve_release(struct curve *curve)
{
	free(curve->x);
	free(curve->y);
	memset(curve, 0, sizeof(*curve));
}

/* Of the four points from `at` on move the lowest and the highest, in their
 * order, to `to`.  What is no number is no extreme. */
static void keep_extremes(struct curve *curve, size_t at, size_t to)
{
	size_t low = at, high = at + 1;

	for (size_t i = at; i < at + 4; i++) {
		if (curve->y[i] < curve->y[low] || isnan(curve->y[low]))
			low = i;
		if (curve->y[i] >= curve->y[high] || isnan(curve->y[high]))
			high = i;
	}
	if (low == high)
		high = low == at + 3 ? at + 2 : at + 3;
	if (low > high) {
		size_t swap = low;

		low = high;
		high = swap;
	}
	curve->x[to] = curve->x[low];
	curve->y[to] = curve->y[low];
	curve->x[to + 1] = curve->x[high];
	curve->y[to + 1] = curve->y[high];
}

static void thin_out(struct curve *curve)
{
	size_t to = 0, at = 0;

	for (; at + 4 <= curve->count; at += 4, to += 2)
		keep_extremes(curve, at, to);
	for (; at < curve->count; at++, to++) {
		curve->x[to] = curve->x[at];
		curve->y[to] = curve->y[at];
	}
	curve->count = to;
	curve->is_thin = true;
}

struct reading {
	struct curve *curve;
	int64_t deadline_ns;
	size_t rows;
	bool is_late;
};

static bool add_point(const struct metric *metric, void *arg)
{
	struct reading *reading = arg;
	struct curve *curve = reading->curve;
	size_t capacity = curve->capacity;

	if (curve->count >= CURVE_POINTS_MAX)
		thin_out(curve);
	ARRAY_RESERVE(curve->x, curve->count, capacity);
	ARRAY_RESERVE(curve->y, curve->count, curve->capacity);
	curve->x[curve->count] = (double)metric->sequence;
	curve->y[curve->count++] = metric->value;
	curve->last_sequence = metric->sequence;
	if (++reading->rows % 64 == 0 &&
	    clock_mono_ns() >= reading->deadline_ns)
		reading->is_late = true;
	return !reading->is_late;
}

static bool is_same(const struct curve *curve, const struct trial_row *row,
		    const char *metric)
{
	return curve->key == row->key && curve->attempt == row->attempt &&
	       strcmp(curve->metric, metric) == 0;
}

bool curve_is_stale(const struct curve *curve, const struct trial_row *row,
		    const char *metric)
{
	return !is_same(curve, row, metric) || curve->version != row->version;
}

bool curve_read(struct curve *curve, struct store *store,
		const struct trial_row *row, const char *metric,
		int64_t deadline_ns)
{
	struct reading reading = {.curve = curve, .deadline_ns = deadline_ns};
	struct error ignored;

	if (!is_same(curve, row, metric)) {
		curve_release(curve);
		curve->key = row->key;
		curve->attempt = row->attempt;
		curve->last_sequence = -1;
		snprintf(curve->metric, sizeof(curve->metric), "%s", metric);
	}
	curve->version = -1;
	/* trouble is told by the next look at the trials */
	store_series_each(store, row->key, row->attempt, metric,
			  curve->last_sequence, add_point, &reading, &ignored);
	if (!reading.is_late)
		curve->version = row->version;
	return !reading.is_late;
}

size_t curve_nearest(const struct curve *curve, double x)
{
	size_t nearest = curve->count;
	double least = INFINITY;

	for (size_t i = 0; i < curve->count; i++) {
		double far = fabs(curve->x[i] - x);

		if (isfinite(curve->y[i]) && far < least) {
			least = far;
			nearest = i;
		}
	}
	return nearest;
}
