/* SPDX-License-Identifier: MIT */
/*
 * Curves as a grid of character cells, without knowing the screen.
 *
 * A chart is drawn once on its canvas (canvas.h); whoever shows it copies the
 * cells and chooses colours by their owner.
 *
 *     struct chart chart = {0};
 *     struct chart_options options = {.cols = 60, .rows = 15};
 *     chart_draw(&chart, series, count, &options);
 *     for (row...) for (col...)
 *             cell = canvas_cell(&chart.canvas, row, col);
 *     chart_release(&chart);
 *
 * Pure: no clock, no locale, no I/O.  Thread: any.
 */
#ifndef TUI_CHART_H
#define TUI_CHART_H

#include "tui/canvas.h"

#include <stdbool.h>
#include <stddef.h>

enum chart_style {
	CHART_LINE,   /* points joined; gaps where y is not finite */
	CHART_STEP,   /* a staircase: best so far */
	CHART_POINTS, /* every point by itself: final results by trial */
};

/* One curve.  The first series lies on top of the second, and so on. */
struct chart_series {
	const char *name; /* for the legend; borrowed; NULL: not in it */
	const double *x;  /* count values, or NULL: 0, 1, 2, ... */
	const double *y;  /* count values; not finite: a gap */
	size_t count;
	enum chart_style style;
	/* Drawn over the last point ('F' failed, 'E' early-stopped); 0: none.
	 * Told in the legend too when set. */
	char end_mark;
};

struct chart_options {
	int cols, rows; /* of the whole chart; anything, even 0 */
	enum canvas_style style;
	bool has_marks; /* series as their marks, not only in ASCII */
	bool is_log;	/* y axis; values <= 0 are left out and counted */
	bool is_x_log;	/* x axis, the same */
	bool has_legend;
	/* Ranges to show; automatic unless low < high. */
	double x_low, x_high;
	double y_low, y_high;
	bool has_cursor; /* a vertical line at cursor_x */
	double cursor_x;
};

/* Zero-initialise; reusable for the next drawing. */
struct chart {
	struct canvas canvas;
	/* What was drawn, for titles and for moving a cursor. */
	double x_low, x_high, y_low, y_high; /* x_low > x_high: no data */
	size_t hidden;			     /* finite values that a log axis
					      * cannot show */
	bool is_log, is_x_log;
	int plot_col, plot_row, plot_cols, plot_rows; /* where curves lie */
};

void chart_draw(struct chart *chart, const struct chart_series *series,
		size_t count, const struct chart_options *options);
void chart_release(struct chart *chart);
/* The cell in which a place of the axes lies; false: in none.  An axis with a
 * single value has it in its middle. */
bool chart_cell_of(const struct chart *chart, double x, double y, int *ret_row,
		   int *ret_col);
/* x of point i: its own, or its index. */
double chart_x_of(const struct chart_series *series, size_t i);

/* best[i] = the best finite y[0..i]; NaN before the first.  best may be y. */
void chart_best_so_far(const double *y, size_t count, bool is_minimized,
		       double *ret_best);
/* Index of the finite point nearest to x (ties: the earlier), or count. */
size_t chart_nearest(const struct chart_series *series, double x);

#endif
