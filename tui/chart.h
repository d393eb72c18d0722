/* SPDX-License-Identifier: MIT */
/*
 * Curves as a grid of character cells, without knowing the screen.
 *
 * A chart is drawn once into cells; whoever shows it copies the cells and
 * chooses colours by `series`.  The braille and the ASCII form come from the
 * same grid of dots (2 x 4 per cell), so they agree cell by cell.
 *
 *     struct chart chart = {0};
 *     struct chart_options options = {.cols = 60, .rows = 15};
 *     chart_draw(&chart, series, count, &options);
 *     for (row...) for (col...)
 *             cell = chart_cell(&chart, row, col);
 *     chart_release(&chart);
 *
 * Pure: no clock, no locale, no I/O.  Thread: any.
 */
#ifndef TUI_CHART_H
#define TUI_CHART_H

#include "base/strbuf.h"

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
	bool is_ascii;
	bool is_log; /* y axis; values <= 0 are left out and counted */
	bool has_legend;
	/* Ranges to show; automatic unless low < high. */
	double x_low, x_high;
	double y_low, y_high;
	bool has_cursor; /* a vertical line at cursor_x */
	double cursor_x;
};

/* What a cell belongs to, when it is not a series (then >= 0). */
enum {
	CHART_BLANK = -1,
	CHART_AXIS = -2,  /* lines and ticks */
	CHART_LABEL = -3, /* numbers and names */
	CHART_CURSOR = -4,
};

struct chart_cell {
	char glyph[5]; /* UTF-8, NUL-terminated; never empty but for the right
			* half of a wide character */
	signed char width; /* columns: 1, 2, or 0 for that right half */
	int series;	   /* index, or one of the above */
};

/* Zero-initialise; reusable for the next drawing. */
struct chart {
	int cols, rows;
	struct chart_cell *cells; /* rows * cols; owned */
	/* What was drawn, for titles and for moving a cursor. */
	double x_low, x_high, y_low, y_high; /* x_low > x_high: no data */
	size_t hidden;			     /* finite values that a log axis
					      * cannot show */
	int plot_col, plot_row, plot_cols, plot_rows; /* where curves lie */
};

void chart_draw(struct chart *chart, const struct chart_series *series,
		size_t count, const struct chart_options *options);
void chart_release(struct chart *chart);
const struct chart_cell *chart_cell(const struct chart *chart, int row,
				    int col);
/* Append the cells of one row as text, without trailing blanks. */
void chart_format_row(const struct chart *chart, int row, struct strbuf *out);

/* The character that stands for a series in the ASCII form: * + x o ... */
char chart_mark(size_t series);

/* best[i] = the best finite y[0..i]; NaN before the first.  best may be y. */
void chart_best_so_far(const double *y, size_t count, bool is_minimized,
		       double *ret_best);
/* Index of the finite point nearest to x (ties: the earlier), or count. */
size_t chart_nearest(const struct chart_series *series, double x);

#endif
