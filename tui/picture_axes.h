/* SPDX-License-Identifier: MIT */
/*
 * A frame for pictures along a parameter: labels left and below, places of the
 * parameter (0 to 1, insight/observations.h) and of values in cells and dots.
 * Pure but for the canvas.
 */
#ifndef TUI_PICTURE_AXES_H
#define TUI_PICTURE_AXES_H

#include "tui/picture_points.h"

struct picture_axes {
	int col, row, cols, rows; /* where the plot lies; row 0 is for a
				   * heading, where there is room for one */
	double low, high;	  /* of the value axis */
	bool is_log;
};

/* Lay out and draw: the value axis from low to high (equal: widened), and below
 * parameter i's ends, or its options.  False: too small for a picture. */
bool picture_axes_draw(const struct console *console,
		       const struct picture_points *points, size_t parameter,
		       double low, double high, bool is_log,
		       struct canvas *canvas, struct picture_axes *ret);
/* The same with a second parameter upwards. */
bool picture_axes_draw_two(const struct console *console,
			   const struct picture_points *points, size_t x,
			   size_t y, struct canvas *canvas,
			   struct picture_axes *ret);
/* Dots from the left, and from the top; NaN for what a log axis has not. */
double picture_axes_x(const struct picture_axes *axes, double place);
double picture_axes_y(const struct picture_axes *axes, double value);

#endif
