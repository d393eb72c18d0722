/* SPDX-License-Identifier: MIT */
/*
 * What the time of each place went to, in cells of a screen.  Private to
 * tui/picture_timeline.
 */
#ifndef TUI_TIMELINE_CELLS_H
#define TUI_TIMELINE_CELLS_H

#include "tui/timeline_slots.h"

#include <stdbool.h>

#define TIMELINE_PULLED_MAX 64 /* waiting trials whose reason is looked up */

/* What a cell's time went to. */
enum timeline_use { USE_RUNNING, USE_PULLING, USE_WAITING, USES };

struct timeline {
	struct timeline_slots slots;
	int64_t first_ns, now_ns;	     /* of all */
	int64_t from_ns, to_ns;		     /* shown */
	int64_t pulled[TIMELINE_PULLED_MAX]; /* sequences that are being pulled
					      */
	size_t pulled_count;
	double busy; /* part of the shown time of all places */
	size_t window;
	bool has_cursor;
	int row, col; /* in cells of the plot */
	int height;   /* lines a row is drawn on */
	int plot_rows, plot_cols;
	size_t per_row;	     /* places a row */
	double *cells;	     /* plot_rows x plot_cols x USES; ns */
	unsigned char *ends; /* a cell's trial ended badly: its state + 1 */
};

/* Make plot_rows x plot_cols cells of what was in from_ns .. to_ns. */
void timeline_fill(struct timeline *t, const struct trial_index *index);
/* Time by enum timeline_use. */
const double *timeline_cell(const struct timeline *t, int row, int col);
double timeline_ns_per_col(const struct timeline *t);
/* Row that a place is in. */
int timeline_row(const struct timeline *t, size_t slot);
bool timeline_is_pulled(const struct timeline *t, int64_t sequence);

#endif
