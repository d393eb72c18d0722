/* SPDX-License-Identifier: MIT */
/*
 * One picture as inline SVG: a frame with two axes, and things in it by their
 * numbers.  Looks come from the page's style, by class, so that it follows the
 * reader's theme; sizes are those of the view box, which the page scales.
 *
 *     plot_begin(&plot, out, "final results", PLOT_WIDE);
 *     plot_x(&plot, 0, 100, false); plot_y(&plot, 1e-3, 1, true);
 *     plot_axes(&plot, "trial", "loss");
 *     plot_dot(&plot, "d1", 3, 0.5); ...
 *     plot_end(&plot);
 *
 * Dots and lines of one class that follow each other become one path of whole
 * numbers (tenths of a unit), some 8 bytes a dot.  Private to report/.
 */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

struct plot_size {
	int width, height, left, right, top, bottom;
};

extern const struct plot_size PLOT_WIDE, PLOT_HALF, PLOT_SMALL;

struct plot_axis {
	double low, high; /* as numbers, not logarithms */
	bool is_log;
	bool is_whole; /* ticks are whole numbers */
};

struct plot {
	struct strbuf *out;
	struct plot_size size;
	struct plot_axis x, y;
	const char *open; /* class of the path under way */
	bool is_line;
	int last_x, last_y;
	bool has_last;
};

/* title: for those who do not see it; escaped here. */
void plot_begin(struct plot *plot, struct strbuf *out, const char *title,
		struct plot_size size);
/* A range without extent is widened; a logarithm needs numbers above 0. */
void plot_x(struct plot *plot, double low, double high, bool is_log);
void plot_y(struct plot *plot, double low, double high, bool is_log);
/* Lines, ticks and labels (escaped here); x_label NULL: no ticks along x. */
void plot_axes(struct plot *plot, const char *x_label, const char *y_label);
/* Where a number lies, in units; numbers outside lie on the border. */
double plot_place_x(const struct plot *plot, double x);
double plot_place_y(const struct plot *plot, double y);

void plot_dot(struct plot *plot, const char *class, double x, double y);
/* A line through the points told one after the other, until plot_pause. */
void plot_line(struct plot *plot, const char *class, double x, double y);
void plot_pause(struct plot *plot);
/* In numbers; drawn at least one unit wide and high. */
void plot_bar(struct plot *plot, const char *class, double x0, double x1,
	      double y0, double y1);
/* In units; anchor: "start", "middle", "end". */
void plot_text(struct plot *plot, const char *class, double x, double y,
	       const char *anchor, const char *text);
void plot_end(struct plot *plot);

/* Round numbers within the range, at most `most` or so, ascending; ret has room
 * for 16. */
size_t plot_ticks(const struct plot_axis *axis, size_t most, double *ret);

#endif
