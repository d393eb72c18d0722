/* SPDX-License-Identifier: MIT */
/* Dots and lines, and cells made of them.  Lines are cut before they are
 * stepped along, so a curve that leaves a zoomed chart costs no more than the
 * part one sees. */
#include "tui/canvas.h"

#include "base/mem.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

void canvas_dots_init(struct canvas_dots *dots, int cols, int rows)
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

void canvas_dots_release(struct canvas_dots *dots)
{
	free(dots->mask);
	free(dots->owner);
	dots->mask = NULL;
	dots->owner = NULL;
}

/* Of two owners of a cell the one of lower rank is seen. */
static int rank(int owner)
{
	return owner == CANVAS_FAINT ? INT_MAX : owner;
}

void canvas_dots_set(struct canvas_dots *dots, int x, int y, int series)
{
	/* U+2800's bits count down the left column, then the right one, and
	 * the two of the fourth row came later */
	static const unsigned char bits[4][2] = {
		{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
	bool is_empty;
	int cell;

	if (x < 0 || y < 0 || x >= dots->width || y >= dots->height)
		return;
	cell = y / 4 * dots->cols + x / 2;
	is_empty = !dots->mask[cell];
	dots->mask[cell] |= bits[y % 4][x % 2];
	if (is_empty || rank(series) < rank(dots->owner[cell]))
		dots->owner[cell] = series;
}

void canvas_dots_point(struct canvas_dots *dots, int x, int y, int series)
{
	canvas_dots_set(dots, x & ~1, y & ~1, series);
	canvas_dots_set(dots, x | 1, y & ~1, series);
	canvas_dots_set(dots, x & ~1, y | 1, series);
	canvas_dots_set(dots, x | 1, y | 1, series);
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

void canvas_dots_line(struct canvas_dots *dots, double x0, double y0, double x1,
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

		canvas_dots_set(dots, (int)lround(x0 + part * (x1 - x0)),
				(int)lround(y0 + part * (y1 - y0)), series);
	}
}

/* The half of a cell that its dots lie in: characters that every font with
 * line drawing has. */
static uint32_t half_block(unsigned mask)
{
	bool has_left = mask & 0x47, has_right = mask & 0xB8;
	bool has_upper = mask & 0x1B, has_lower = mask & 0xE4;

	if (has_upper && !has_lower)
		return 0x2580;
	if (has_lower && !has_upper)
		return 0x2584;
	if (has_left && !has_right)
		return 0x258C;
	return has_right && !has_left ? 0x2590 : 0x2588;
}

void canvas_stamp(struct canvas *canvas, int row, int col,
		  const struct canvas_dots *dots, bool has_marks)
{
	for (int i = 0; i < dots->cols * dots->rows; i++) {
		int owner = dots->owner[i];
		uint32_t point = 0x2800u + dots->mask[i];

		if (!dots->mask[i])
			continue;
		if (has_marks || canvas->style == CANVAS_ASCII)
			point = owner >= 0 ? (unsigned char)canvas_mark(owner)
				: owner == CANVAS_BEST ? '*'
						       : '.';
		else if (canvas->style == CANVAS_BLOCK)
			point = half_block(dots->mask[i]);
		canvas_put(canvas, row + i / dots->cols, col + i % dots->cols,
			   point, 1, owner);
	}
}
