/* SPDX-License-Identifier: MIT */
/*
 * A canvas of dots, 2 x 4 to a character cell, that remembers which series
 * lies on top of each cell.  Private to tui/chart.
 */
#ifndef TUI_CHART_DOTS_H
#define TUI_CHART_DOTS_H

#include <stdint.h>

struct chart_dots {
	int cols, rows;	     /* in cells */
	int width, height;   /* in dots */
	unsigned char *mask; /* per cell, braille's bit order; owned */
	int *owner;	     /* per cell: lowest series there, or -1; owned */
};

void chart_dots_init(struct chart_dots *dots, int cols, int rows);
void chart_dots_release(struct chart_dots *dots);

/* One dot; outside the canvas nothing happens.  (0, 0) is top left. */
void chart_dots_set(struct chart_dots *dots, int x, int y, int series);
/* A point that can be seen: the 2 x 2 dots around this one. */
void chart_dots_point(struct chart_dots *dots, int x, int y, int series);
/* A straight line between any two finite places; cut at the borders. */
void chart_dots_line(struct chart_dots *dots, double x0, double y0, double x1,
		     double y1, int series);

#endif
