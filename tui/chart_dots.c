/* SPDX-License-Identifier: MIT */
/* Dots and lines.  Lines are cut before they are stepped along, so a curve
 * that leaves a zoomed chart costs no more than the part one sees. */
#include "tui/chart_dots.h"

#include "base/mem.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

void chart_dots_init(struct chart_dots *dots, int cols, int rows)
{
	size_t cells = (size_t)cols * (size_t)rows;

	dots->cols = cols;
	dots->rows = rows;
	dots->width = 2 * cols;
	dots->height = 4 * rows;
	dots->mask = xcalloc(cells + 1, sizeof(*dots->mask));
	dots->owner = xcalloc(cells + 1, sizeof(*dots->owner));
	for (size_t i = 0; i < cells; i++)
		dots->owner[i] = -1;
}

void chart_dots_release(struct chart_dots *dots)
{
	free(dots->mask);
	free(dots->owner);
	dots->mask = NULL;
	dots->owner = NULL;
}

void chart_dots_set(struct chart_dots *dots, int x, int y, int series)
{
	/* U+2800's bits count down the left column, then the right one, and
	 * the two of the fourth row came later */
	static const unsigned char bits[4][2] = {
		{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
	int cell;

	if (x < 0 || y < 0 || x >= dots->width || y >= dots->height)
		return;
	cell = y / 4 * dots->cols + x / 2;
	dots->mask[cell] |= bits[y % 4][x % 2];
	if (dots->owner[cell] < 0 || series < dots->owner[cell])
		dots->owner[cell] = series;
}

void chart_dots_point(struct chart_dots *dots, int x, int y, int series)
{
	chart_dots_set(dots, x & ~1, y & ~1, series);
	chart_dots_set(dots, x | 1, y & ~1, series);
	chart_dots_set(dots, x & ~1, y | 1, series);
	chart_dots_set(dots, x | 1, y | 1, series);
}

/* Narrow the piece [*from, *to] of a line that starts at `start` and moves by
 * `delta` to where it lies in 0..most (after Liang and Barsky). */
static bool clip(double start, double delta, double most, double *from,
		 double *to)
{
	double enter, leave;

	if (delta == 0)
		return start >= 0 && start <= most;
	enter = -start / delta;
	leave = (most - start) / delta;
	if (enter > leave) {
		double swap = enter;

		enter = leave;
		leave = swap;
	}
	*from = fmax(*from, enter);
	*to = fmin(*to, leave);
	return *from <= *to;
}

void chart_dots_line(struct chart_dots *dots, double x0, double y0, double x1,
		     double y1, int series)
{
	double dx = x1 - x0, dy = y1 - y0, from = 0, to = 1;
	int steps;

	if (!isfinite(dx) || !isfinite(dy) ||
	    !clip(x0, dx, dots->width - 1, &from, &to) ||
	    !clip(y0, dy, dots->height - 1, &from, &to))
		return;
	x1 = x0 + to * dx;
	y1 = y0 + to * dy;
	x0 += from * dx;
	y0 += from * dy;
	steps = (int)ceil(fmax(fabs(x1 - x0), fabs(y1 - y0)));
	for (int i = 0; i <= steps; i++) {
		double part = steps ? (double)i / steps : 0;

		chart_dots_set(dots, (int)lround(x0 + part * (x1 - x0)),
			       (int)lround(y0 + part * (y1 - y0)), series);
	}
}
