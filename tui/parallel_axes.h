/* SPDX-License-Identifier: MIT */
/*
 * The axes of a picture of parallel coordinates: one a parameter, the metric
 * last; which range each has, where a value lies on it, what a place of it is
 * called, and the filter that a range of it stands for.  Private to
 * tui/picture_parallel.  Pure.
 */
#ifndef TUI_PARALLEL_AXES_H
#define TUI_PARALLEL_AXES_H

#include "model/trial_field.h"
#include "tui/picture_sample.h"

#define PARALLEL_AXES_MAX 1001 /* parameters of a space, and the metric */

struct parallel_axis {
	int parameter;	  /* index in the space; -1: the metric */
	double low, high; /* internal form; equal: a single value */
	bool is_log;	  /* of the metric's axis: low and high are log10 */
};

/* How the axes are made: space and a metric with the values it has. */
struct parallel_axes {
	const struct space *space;
	struct field_names names;
	char metric[METRIC_NAME_MAX + 1];
	bool is_objective;
	struct parallel_axis *axes; /* space->count + 1; owned */
	size_t count;
};

void parallel_axes_release(struct parallel_axes *axes);
/* Ranges: of a bounded parameter its own, else what the sample has. */
void parallel_axes_make(struct parallel_axes *axes,
			const struct picture_sample *sample,
			const double *values, const char *metric,
			bool is_objective, bool is_log);
/* 0 (low) to 1 (high); NaN: nowhere.  row: place in the sample. */
double parallel_place(const struct parallel_axes *axes, size_t axis,
		      const struct picture_sample *sample, const double *values,
		      size_t row);
const char *parallel_name(const struct parallel_axes *axes, size_t axis);
/* Append the value at a place: "0.001", "adam". */
void parallel_format(const struct parallel_axes *axes, size_t axis,
		     double place, int cols, struct strbuf *out);
/* Append the filter terms for places from .. to (0 to 1, ends included): none
 * for a side that reaches the axis' end.  False: the range is the whole axis,
 * or nothing lies in it. */
bool parallel_filter(const struct parallel_axes *axes, size_t axis, double from,
		     double to, struct strbuf *out);

#endif
