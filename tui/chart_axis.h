/* SPDX-License-Identifier: MIT */
/*
 * Where an axis has its ticks and what they say.  Private to tui/chart.
 */
#ifndef TUI_CHART_AXIS_H
#define TUI_CHART_AXIS_H

#include <stdbool.h>
#include <stddef.h>

#define CHART_TICKS_MAX 32
#define CHART_LABEL_MAX 12 /* columns of a label */

struct chart_axis {
	double low, high; /* low > high: nothing to show */
	bool is_log;	  /* then low > 0 */
	bool is_integral; /* ticks at whole numbers only */
};

struct chart_tick {
	double value;
	char label[CHART_LABEL_MAX + 1];
};

/* Fill ticks (room for CHART_TICKS_MAX) inside the axis, ascending: round
 * values, about `wanted` of them and at least two where there are two; one for
 * an axis that shows a single value.  Labels have the digits that tell the
 * ticks apart, and at most label_cols columns.  Returns how many. */
size_t chart_axis_ticks(const struct chart_axis *axis, size_t wanted,
			int label_cols, struct chart_tick *ret_ticks);

/* 0 at low, 1 at high, beyond that outside; 0.5 when there is one value only.
 * NaN for what a log axis cannot show. */
double chart_axis_place(const struct chart_axis *axis, double value);

#endif
