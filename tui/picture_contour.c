/* SPDX-License-Identifier: MIT */
/*
 * Two parameters and the result: a grid of local averages, darker where they
 * are better, empty where nothing was tried.  The best trial is marked.  v and
 * t take other parameters.
 */
#include "tui/picture_axes.h"

#include "insight/contour.h"
#include "tui/format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct contours {
	struct contour grid;
	double *shades; /* by cell: 0 to 1; NaN: empty; owned */
	struct picture_axes axes;
	size_t x, y;
	int64_t best;		/* sequence, or -1 */
	int cursor_x, cursor_y; /* in cells of the plot */
	bool has_cursor, is_ready, has_axes;
};

static void release(void *state)
{
	struct contours *contours = state;

	contour_release(&contours->grid);
	free(contours->shades);
}

static void prepare(struct console *console, void *state, bool is_new)
{
	struct picture_points *points = picture_points_of(console);
	struct contours *contours = state;

	if (is_new)
		contours->has_cursor = false;
	contours->is_ready = points != NULL;
	contours->has_axes = false;
	if (!points)
		return;
	picture_points_follow(console, points);
	if (!points->is_chosen)
		picture_points_rank(points);
	contours->x = points->chosen[0];
	contours->y = points->chosen[1];
}

static bool wants(const struct console *console, const void *state)
{
	return ((const struct contours *)state)->is_ready &&
	       picture_points_wants(console);
}

static void load(struct console *console, void *state, int64_t budget_ns)
{
	(void)state;
	picture_points_load(console, budget_ns);
}

/* The grid's cell under one of the plot. */
static size_t grid_cell(const struct contours *contours, int col, int row)
{
	const struct contour *grid = &contours->grid;
	size_t x = (size_t)col * grid->cols / (size_t)contours->axes.cols;
	size_t up = (size_t)(contours->axes.rows - 1 - row) * grid->rows /
		    (size_t)contours->axes.rows;

	return up * grid->cols + x;
}

static void find_best(struct contours *contours,
		      const struct picture_points *points, int *col, int *row)
{
	const struct observations *all = points->all;
	size_t best = all->count;

	contours->best = -1;
	for (size_t i = 0; i < all->count; i++) {
		if (!isfinite(all->values[i]) ||
		    observations_level(all, i, contours->x) == LEVEL_NONE ||
		    observations_level(all, i, contours->y) == LEVEL_NONE)
			continue;
		if (best == all->count ||
		    (points->mode == OBJECTIVE_MINIMIZE
			     ? all->values[i] < all->values[best]
			     : all->values[i] > all->values[best]))
			best = i;
	}
	if (best == all->count)
		return;
	contours->best = all->trials[best];
	*col = (int)(axis_place(&all->axes[contours->x],
				observations_level(all, best, contours->x)) *
		     (contours->axes.cols - 1));
	*row = contours->axes.rows - 1 -
	       (int)(axis_place(&all->axes[contours->y],
				observations_level(all, best, contours->y)) *
		     (contours->axes.rows - 1));
}

/* Faint is worse, in five steps; the best fifth has a colour of its own. */
static void draw_cells(const struct contours *contours, struct canvas *canvas)
{
	const struct picture_axes *axes = &contours->axes;

	for (int row = 0; row < axes->rows; row++)
		for (int col = 0; col < axes->cols; col++) {
			double shade =
				contours->shades[grid_cell(contours, col, row)];
			uint32_t glyph;

			if (isnan(shade))
				continue;
			glyph = canvas_shade(canvas, 0.2 + 0.8 * shade);
			canvas_put(canvas, axes->row + row, axes->col + col,
				   glyph, 1,
				   shade > 0.8	 ? 0
				   : shade > 0.4 ? CANVAS_LABEL
						 : CANVAS_FAINT);
		}
}

static bool draw(struct console *console, void *state, struct canvas *canvas,
		 struct strbuf *ret_why)
{
	struct picture_points *points = picture_points_of(console);
	struct contours *contours = state;
	int best_col = 0, best_row = 0;

	if (picture_points_why(console, points, 1, ret_why))
		return false;
	if (points->space->count < 2) {
		strbuf_adds(ret_why, "The experiment has one parameter: a "
				     "contour needs two. [ goes to the slice.");
		return false;
	}
	contours->has_axes =
		picture_axes_draw_two(console, points, contours->x, contours->y,
				      canvas, &contours->axes);
	if (!contours->has_axes) {
		strbuf_adds(ret_why, "The window is too small.");
		return false;
	}
	contour_release(&contours->grid);
	contour_compute(
		points->all, contours->x, contours->y,
		(size_t)contours->axes.cols, (size_t)contours->axes.rows,
		contour_reach((size_t)contours->axes.cols,
			      (size_t)contours->axes.rows, points->all->usable),
		&contours->grid);
	free(contours->shades);
	contours->shades = contour_ranks(&contours->grid,
					 points->mode == OBJECTIVE_MINIMIZE);
	draw_cells(contours, canvas);
	find_best(contours, points, &best_col, &best_row);
	if (contours->axes.row)
		canvas_textf(canvas, 0, contours->axes.col, CANVAS_LABEL,
			     "%s upwards, %s to the right; better is darker",
			     picture_points_name(points, contours->y),
			     picture_points_name(points, contours->x));
	if (contours->best >= 0)
		canvas_put(canvas, contours->axes.row + best_row,
			   contours->axes.col + best_col, '*', 1, CANVAS_BEST);
	if (points->read < console->data.trials.count)
		picture_points_note(console, points);
	else
		pictures_note(console, "%zu trials", contours->grid.usable);
	if (!contours->grid.usable)
		strbuf_addf(ret_why,
			    "No trial with a result has both %s and %s. v and "
			    "t take others.",
			    picture_points_name(points, contours->x),
			    picture_points_name(points, contours->y));
	return contours->grid.usable > 0;
}

static enum picture_did move(struct contours *contours, int by_x, int by_y)
{
	const struct picture_axes *axes = &contours->axes;

	if (!contours->has_cursor) {
		contours->has_cursor = true;
		contours->cursor_x = axes->cols / 2;
		contours->cursor_y = axes->rows / 2;
		return PICTURE_MOVED;
	}
	contours->cursor_x += by_x;
	contours->cursor_y += by_y;
	if (contours->cursor_x < 0)
		contours->cursor_x = 0;
	if (contours->cursor_x >= axes->cols)
		contours->cursor_x = axes->cols - 1;
	if (contours->cursor_y < 0)
		contours->cursor_y = 0;
	if (contours->cursor_y >= axes->rows)
		contours->cursor_y = axes->rows - 1;
	return PICTURE_MOVED;
}

static enum picture_did on_action(struct console *console, void *state,
				  enum action_id action)
{
	struct picture_points *points = picture_points_of(console);
	struct contours *contours = state;

	if (!points)
		return PICTURE_NOTHING;
	switch (action) {
	case ACTION_CHART_MODE:
		picture_points_turn(points, 0, 1);
		return PICTURE_PREPARE;
	case ACTION_TOP_K:
		picture_points_turn(points, 1, 1);
		return PICTURE_PREPARE;
	default:
		break;
	}
	if (!contours->has_axes)
		return PICTURE_NOTHING;
	switch (action) {
	case ACTION_LEFT:
		return move(contours, -1, 0);
	case ACTION_RIGHT:
		return move(contours, 1, 0);
	case ACTION_UP:
		return move(contours, 0, -1);
	case ACTION_DOWN:
		return move(contours, 0, 1);
	case ACTION_BACK:
		if (!contours->has_cursor)
			return PICTURE_NOTHING;
		contours->has_cursor = false;
		return PICTURE_MOVED;
	default:
		return PICTURE_NOTHING;
	}
}

static bool cursor(const struct console *console, void *state,
		   struct picture_cursor *ret)
{
	const struct contours *contours = state;

	(void)console;
	if (!contours->has_cursor || !contours->has_axes)
		return false;
	ret->row = contours->axes.row + contours->cursor_y;
	ret->col = contours->axes.col + contours->cursor_x;
	ret->top = 1;
	ret->bottom = 0;
	return true;
}

static void tell_place(const struct console *console,
		       const struct picture_points *points, size_t parameter,
		       double place, struct strbuf *out)
{
	const struct axis *axis = &points->all->axes[parameter];

	strbuf_addf(out, "%s ", picture_points_name(points, parameter));
	if (axis->is_categorical)
		picture_points_option(console, points, parameter,
				      (size_t)(place * axis->cells), out);
	else
		format_number(out, axis_number(axis, place), 8);
}

static void readout(struct console *console, void *state, struct strbuf *out)
{
	const struct picture_points *points = picture_points_shown(console);
	const struct contours *contours = state;
	const struct picture_axes *axes = &contours->axes;
	size_t cell;

	if (!points || !contours->has_cursor || !contours->has_axes ||
	    !contours->grid.means)
		return;
	cell = grid_cell(contours, contours->cursor_x, contours->cursor_y);
	tell_place(console, points, contours->x,
		   (contours->cursor_x + 0.5) / axes->cols, out);
	strbuf_adds(out, ", ");
	tell_place(console, points, contours->y,
		   (axes->rows - contours->cursor_y - 0.5) / axes->rows, out);
	if (isnan(contours->grid.means[cell])) {
		strbuf_adds(out, ": nothing was tried here");
		return;
	}
	strbuf_adds(out, ": ");
	format_number(out, contours->grid.means[cell], 8);
	strbuf_addf(out, ", %u trial%s in this cell",
		    (unsigned)contours->grid.counts[cell],
		    contours->grid.counts[cell] == 1 ? "" : "s");
}

static int64_t trial(const struct console *console, void *state)
{
	(void)console;
	return ((const struct contours *)state)->best;
}

const struct picture_ops picture_contour = {
	.name = "contour",
	.title = "Contour",
	.hint = "v t other parameters  h j k l look  Enter the best",
	.uses_metric = true,
	.state_size = sizeof(struct contours),
	.release = release,
	.prepare = prepare,
	.wants = wants,
	.load = load,
	.draw = draw,
	.on_action = on_action,
	.cursor = cursor,
	.readout = readout,
	.trial = trial,
};
