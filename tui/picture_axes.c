/* SPDX-License-Identifier: MIT */
/* Frames of pictures along parameters. */
#include "tui/picture_axes.h"

#include "tui/chart_axis.h"
#include "tui/format.h"

#include <math.h>
#include <string.h>

#define LABEL_COLS 8
#define PLOT_COLS_LEAST 8
#define PLOT_ROWS_LEAST 2
#define HEAD_LEAST 8 /* rows, to have one for a heading */

/* Text cut to cols columns, at this place. */
static void put(struct canvas *canvas, int row, int col, int cols,
		const char *text, int owner)
{
	struct strbuf cut = STRBUF_INIT;

	if (cols > 0)
		format_cut(&cut, text, cols, canvas->style == CANVAS_ASCII);
	canvas_text(canvas, row, col, cut.data, owner);
	strbuf_release(&cut);
}

static void line_down(struct canvas *canvas, const struct picture_axes *axes)
{
	for (int row = 0; row < axes->rows; row++)
		canvas_put(canvas, axes->row + row, axes->col - 1,
			   canvas_glyph(canvas, 0x2502, '|'), 1, CANVAS_AXIS);
}

static void line_across(struct canvas *canvas, const struct picture_axes *axes)
{
	int row = axes->row + axes->rows;

	canvas_put(canvas, row, axes->col - 1,
		   canvas_glyph(canvas, 0x2514, '+'), 1, CANVAS_AXIS);
	for (int col = 0; col < axes->cols; col++)
		canvas_put(canvas, row, axes->col + col,
			   canvas_glyph(canvas, 0x2500, '-'), 1, CANVAS_AXIS);
}

/* Each option under the middle of its part; where there is no room for all, the
 * first and the last with their numbers. */
static void label_options(const struct console *console,
			  const struct picture_points *points, size_t parameter,
			  struct canvas *canvas,
			  const struct picture_axes *axes)
{
	unsigned count = points->all->axes[parameter].cells;
	int row = axes->row + axes->rows + 1;
	int room = axes->cols / (int)count;

	if (room < 3) {
		canvas_textf(canvas, row, axes->col, CANVAS_LABEL, "%u options",
			     count);
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		struct strbuf text = STRBUF_INIT;
		int from = (int)((double)axes->cols * i / count);

		picture_points_option(console, points, parameter, i, &text);
		put(canvas, row, axes->col + from, room - 1, text.data,
		    CANVAS_LABEL);
		strbuf_release(&text);
	}
}

static void label_across(const struct console *console,
			 const struct picture_points *points, size_t parameter,
			 struct canvas *canvas, const struct picture_axes *axes)
{
	const struct axis *axis = &points->all->axes[parameter];
	int row = axes->row + axes->rows + 1;
	int wanted = axes->cols / 20 + 1, end = axes->col;

	line_across(canvas, axes);
	if (axis->is_categorical) {
		label_options(console, points, parameter, canvas, axes);
		return;
	}
	for (int i = 0; i <= wanted; i++) {
		struct strbuf text = STRBUF_INIT;
		double place = (double)i / wanted;
		int col = axes->col + (int)lrint(place * (axes->cols - 1));

		format_number(&text, axis_number(axis, place), LABEL_COLS);
		if (i)
			canvas_put(canvas, row - 1, col,
				   canvas_glyph(canvas, 0x2534, '+'), 1,
				   CANVAS_AXIS);
		col -= i == wanted ? (int)text.len - 1
		       : i	   ? (int)text.len / 2
				   : 0;
		if (col >= end)
			end = canvas_text(canvas, row, col, text.data,
					  CANVAS_LABEL) +
			      1;
		strbuf_release(&text);
	}
}

static bool lay_out(struct canvas *canvas, int label_cols,
		    struct picture_axes *axes)
{
	axes->col = label_cols + 1;
	axes->row = canvas->rows >= HEAD_LEAST;
	axes->cols = canvas->cols - axes->col;
	axes->rows = canvas->rows - axes->row - 2;
	return axes->cols >= PLOT_COLS_LEAST && axes->rows >= PLOT_ROWS_LEAST;
}

bool picture_axes_draw(const struct console *console,
		       const struct picture_points *points, size_t parameter,
		       double low, double high, bool is_log,
		       struct canvas *canvas, struct picture_axes *ret)
{
	struct chart_tick ticks[CHART_TICKS_MAX];
	struct chart_axis axis = {low, high, is_log, false};
	int label_cols = 0;
	size_t count;

	if (!(low < high)) {
		double room = low != 0 ? fabs(low) / 10 : 1;

		axis.low = is_log ? low / 2 : low - room;
		axis.high = is_log ? low * 2 : low + room;
	}
	ret->low = axis.low;
	ret->high = axis.high;
	ret->is_log = is_log;
	count = chart_axis_ticks(&axis, (size_t)canvas->rows / 4 + 2,
				 LABEL_COLS, ticks);
	for (size_t i = 0; i < count; i++)
		if ((int)strlen(ticks[i].label) > label_cols)
			label_cols = (int)strlen(ticks[i].label);
	if (!lay_out(canvas, label_cols, ret))
		return false;
	line_down(canvas, ret);
	for (size_t i = 0; i < count; i++) {
		int row = (int)picture_axes_y(ret, ticks[i].value) / 4;

		if (row < 0 || row >= ret->rows)
			continue;
		canvas_text(canvas, ret->row + row,
			    ret->col - 1 - (int)strlen(ticks[i].label),
			    ticks[i].label, CANVAS_LABEL);
		canvas_put(canvas, ret->row + row, ret->col - 1,
			   canvas_glyph(canvas, 0x2524, '+'), 1, CANVAS_AXIS);
	}
	label_across(console, points, parameter, canvas, ret);
	return true;
}

bool picture_axes_draw_two(const struct console *console,
			   const struct picture_points *points, size_t x,
			   size_t y, struct canvas *canvas,
			   struct picture_axes *ret)
{
	const struct axis *axis = &points->all->axes[y];
	unsigned count = axis->is_categorical ? axis->cells : 2;

	ret->low = 0;
	ret->high = 1;
	ret->is_log = false;
	if (!lay_out(canvas, LABEL_COLS, ret))
		return false;
	line_down(canvas, ret);
	for (unsigned i = 0; i < count && i < (unsigned)ret->rows; i++) {
		struct strbuf text = STRBUF_INIT;
		double place =
			axis->is_categorical ? (i + 0.5) / count : (double)i;
		int row = (int)((1 - place) * ret->rows);

		if (axis->is_categorical)
			picture_points_option(console, points, y, i, &text);
		else
			format_number(&text, axis_number(axis, place),
				      LABEL_COLS);
		if (count <= (unsigned)ret->rows || !axis->is_categorical)
			put(canvas,
			    ret->row + (row < ret->rows ? row : ret->rows - 1),
			    0, LABEL_COLS, text.data, CANVAS_LABEL);
		strbuf_release(&text);
	}
	label_across(console, points, x, canvas, ret);
	return true;
}

double picture_axes_x(const struct picture_axes *axes, double place)
{
	return place * (axes->cols * 2 - 1);
}

double picture_axes_y(const struct picture_axes *axes, double value)
{
	struct chart_axis axis = {axes->low, axes->high, axes->is_log, false};

	return (1 - chart_axis_place(&axis, value)) * (axes->rows * 4 - 1);
}
