/* SPDX-License-Identifier: MIT */
/*
 * Parallel coordinates: an axis a parameter, the metric last, a line a trial.
 *
 * The best tenth lies on top, then the best quarter, the better half, the
 * rest; what the trials' filter leaves out lies behind, faint.  Of many trials
 * an even choice is drawn, as many as can be told apart here, and the title
 * says how many.
 *
 * h l choose an axis, j k a place on it; b begins a range there, b again turns
 * it into filter terms (lr>=0.0001 lr<=0.001), which narrow this picture and
 * the list of trials alike.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/format.h"
#include "tui/parallel.h"
#include "tui/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AXIS_COLS 9 /* least distance of two axes */
#define CELLS_PER_LINE 16
#define LINES_MIN 40
#define LINES_MAX 1000

static const size_t tops[] = {0, 100, 50, 20}; /* 0: all of the sample */

static void release(void *state)
{
	struct parallel *p = state;

	parallel_axes_release(&p->axes);
	free(p->values);
	free(p->levels);
	free(p->order);
}

/* ---- gathering ---------------------------------------------------------- */

static void read_values(struct console *console, struct parallel *p)
{
	size_t count = console->data.trials.count;

	if (count > p->capacity) {
		p->capacity = count + count / 8 + 64;
		p->values =
			xrealloc(p->values, p->capacity * sizeof(*p->values));
	}
	p->count = count;
	for (size_t i = 0; i < count; i++)
		p->values[i] = pictures_final(console, (int64_t)i);
}

static void note(struct console *console, const struct parallel *p)
{
	struct strbuf text = STRBUF_INIT;
	size_t shown = p->sample->count;

	if (tops[p->top])
		strbuf_adds(&text, "best ");
	pictures_format_count(&text, shown);
	strbuf_adds(&text, " of ");
	pictures_format_count(&text, p->sample->total);
	strbuf_adds(&text, " shown");
	if (p->inside < p->sample->count)
		strbuf_addf(&text, ", %zu match", p->inside);
	pictures_note(console, "%s", text.data);
	strbuf_release(&text);
}

static void prepare(struct console *console, void *state, bool is_new)
{
	struct parallel *p = state;
	const char *metric;
	bool is_known;
	size_t wanted =
		(size_t)draw_rows() * (size_t)draw_cols() / CELLS_PER_LINE;

	if (is_new) {
		p->has_cursor = false;
		p->brush = -1;
		p->first_axis = p->axis = 0;
	}
	metric = pictures_metric(console, &p->is_minimized, &is_known);
	read_values(console, p);
	if (wanted > LINES_MAX)
		wanted = LINES_MAX;
	if (wanted < LINES_MIN)
		wanted = LINES_MIN;
	if (tops[p->top])
		wanted = tops[p->top];
	p->sample =
		pictures_sample(console, p->values, p->count, p->is_minimized,
				wanted, tops[p->top] ? wanted : wanted / 10);
	if (!p->sample || !p->sample->count)
		return;
	parallel_rank(p, &console->data.trials);
	parallel_axes_make(&p->axes, p->sample, p->values, metric,
			   strcmp(metric, METRIC_OBJECTIVE) == 0,
			   pictures_is_log(console));
	if (p->axis >= p->axes.count)
		p->axis = 0;
	note(console, p);
}

/* ---- drawing ------------------------------------------------------------ */

/* Which axes fit: the metric always, parameters as many as there is room. */
static void choose_axes(struct parallel *p, int cols)
{
	size_t fit = cols > AXIS_COLS ? (size_t)(cols - 1) / AXIS_COLS : 1;
	size_t parameters = p->axes.count - 1;

	p->cols = cols;
	p->shown_axes = parameters < fit ? parameters : fit;
	if (p->axis < parameters && p->axis < p->first_axis)
		p->first_axis = p->axis;
	if (p->axis < parameters && p->axis >= p->first_axis + p->shown_axes)
		p->first_axis = p->axis - p->shown_axes + 1;
	if (p->first_axis + p->shown_axes > parameters)
		p->first_axis = parameters - p->shown_axes;
}

/* The axis at the i-th place from the left. */
static size_t axis_at(const struct parallel *p, size_t i)
{
	return i < p->shown_axes ? p->first_axis + i : p->axes.count - 1;
}

static int col_of(const struct parallel *p, size_t i)
{
	return p->shown_axes ? (int)((size_t)(p->cols - 1) * i / p->shown_axes)
			     : 0;
}

static void draw_line(struct parallel *p, struct canvas_dots *dots, size_t row)
{
	double x0 = NAN, y0 = NAN;
	int owner = p->levels[row] < 0 ? CANVAS_FAINT : p->levels[row];

	for (size_t i = 0; i <= p->shown_axes; i++) {
		double place = parallel_place(&p->axes, axis_at(p, i),
					      p->sample, p->values, row);
		double x = 2 * col_of(p, i), y;

		y = (1 - place) * (dots->height - 1);
		if (isfinite(y) && isfinite(y0))
			canvas_dots_line(dots, x0, y0, x, y, owner);
		else if (isfinite(y))
			canvas_dots_set(dots, (int)x, (int)lround(y), owner);
		x0 = x;
		y0 = y;
	}
}

/* The lines of what the filter leaves out first, the best last: not that the
 * order mattered for dots, but faint lines stop where others are. */
static void draw_lines(struct parallel *p, struct canvas *canvas,
		       bool has_marks)
{
	struct canvas_dots dots, faint;

	canvas_dots_init(&dots, canvas->cols, p->plot_rows);
	canvas_dots_init(&faint, canvas->cols, p->plot_rows);
	for (size_t i = 0; i < p->sample->count; i++) {
		size_t row = p->order[i];

		draw_line(p, p->levels[row] < 0 ? &faint : &dots, row);
	}
	canvas_stamp(canvas, p->plot_top, 0, &faint, has_marks);
	canvas_stamp(canvas, p->plot_top, 0, &dots, has_marks);
	canvas_dots_release(&dots);
	canvas_dots_release(&faint);
}

/* A text at an axis: to the right of it, of the last one to its left. */
static void put_at_axis(const struct parallel *p, struct canvas *canvas,
			int row, size_t i, const char *text, int owner)
{
	struct strbuf cut = STRBUF_INIT;
	int col = col_of(p, i), room = AXIS_COLS - 1;

	if (p->shown_axes > 0)
		room = (p->cols - 1) / (int)p->shown_axes - 1;
	if (i == p->shown_axes || i + 1 == p->shown_axes)
		room = room / 2 > AXIS_COLS / 2 ? room / 2 : AXIS_COLS / 2;
	format_cut(&cut, text, room, canvas->style == CANVAS_ASCII);
	if (i == p->shown_axes)
		col = p->cols - (int)utf8_width(cut.data, cut.len);
	canvas_text(canvas, row, col, cut.data, owner);
	strbuf_release(&cut);
}

static void draw_axes(struct parallel *p, struct canvas *canvas)
{
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i <= p->shown_axes; i++) {
		size_t axis = axis_at(p, i);
		bool is_here = p->has_cursor && axis == p->axis;

		for (int row = 0; row < p->plot_rows; row++)
			canvas_put(canvas, p->plot_top + row, col_of(p, i),
				   canvas_glyph(canvas, 0x2502, '|'), 1,
				   is_here ? CANVAS_STRONG : CANVAS_AXIS);
		put_at_axis(p, canvas, 0, i, parallel_name(&p->axes, axis),
			    is_here ? CANVAS_CURSOR : CANVAS_STRONG);
		strbuf_clear(&text);
		parallel_format(&p->axes, axis, 1, AXIS_COLS - 1, &text);
		put_at_axis(p, canvas, 1, i, text.data, CANVAS_LABEL);
		strbuf_clear(&text);
		parallel_format(&p->axes, axis, 0, AXIS_COLS - 1, &text);
		put_at_axis(p, canvas, p->plot_top + p->plot_rows, i, text.data,
			    CANVAS_LABEL);
	}
	strbuf_release(&text);
}

static void draw_legend(const struct parallel *p, struct canvas *canvas,
			int row, bool has_marks)
{
	static const char *const names[PARALLEL_LEVELS] = {
		"best tenth", "quarter", "half", "rest"};
	int col = 1;

	for (int i = 0; i < PARALLEL_LEVELS; i++) {
		canvas_put(canvas, row, col,
			   has_marks ? (unsigned char)canvas_mark(i)
				     : canvas_glyph(canvas, 0x2501, '-'),
			   1, i);
		col = canvas_text(canvas, row, col + 2, names[i], i) + 2;
	}
	if (p->shown_axes + 1 < p->axes.count)
		canvas_textf(canvas, row, col, CANVAS_LABEL,
			     "%zu of %zu parameters", p->shown_axes,
			     p->axes.count - 1);
}

/* The range that is being chosen, along its axis. */
static void draw_brush(const struct parallel *p, struct canvas *canvas)
{
	int low = p->brush < p->row ? p->brush : p->row;
	int high = p->brush < p->row ? p->row : p->brush;

	for (size_t i = 0; i <= p->shown_axes; i++) {
		if (p->brush < 0 || axis_at(p, i) != p->axis)
			continue;
		for (int row = low; row <= high; row++)
			canvas_put(canvas, p->plot_top + row, col_of(p, i),
				   canvas_glyph(canvas, 0x2588, '#'), 1,
				   CANVAS_BEST);
	}
}

static bool explain(const struct console *console, const struct parallel *p,
		    struct strbuf *ret_why)
{
	if (!p->sample && console->data.selected)
		strbuf_adds(ret_why, "This experiment has no search space: "
				     "there are no parameters to compare.");
	else
		strbuf_adds(ret_why, "No trial has a final result of this "
				     "metric yet. Lines appear as trials end; "
				     "m turns to another metric.");
	return false;
}

static bool draw(struct console *console, void *state, struct canvas *canvas,
		 struct strbuf *ret_why)
{
	struct parallel *p = state;
	bool has_marks = pictures_has_marks(console);
	bool has_legend = canvas->rows >= 12;

	if (!p->sample || !p->sample->count)
		return explain(console, p, ret_why);
	choose_axes(p, canvas->cols);
	p->plot_top = 2;
	p->plot_rows = canvas->rows - 3 - has_legend;
	if (p->plot_rows < 1)
		p->plot_rows = 1;
	if (p->row >= p->plot_rows)
		p->row = p->plot_rows - 1;
	if (p->brush >= p->plot_rows)
		p->brush = p->plot_rows - 1;
	draw_lines(p, canvas, has_marks);
	draw_axes(p, canvas);
	draw_brush(p, canvas);
	if (has_legend)
		draw_legend(p, canvas, canvas->rows - 1, has_marks);
	return true;
}

/* ---- cursor and brush ---------------------------------------------------- */

static void apply_brush(struct console *console, struct parallel *p)
{
	struct strbuf terms = STRBUF_INIT;
	double from, to;

	parallel_range(p, &from, &to);
	p->brush = -1;
	if (parallel_filter(&p->axes, p->axis, from, to, &terms))
		pictures_filter(console, terms.data);
	else
		console_say(console, ROLE_WARNING,
			    "the range is the whole axis, or no value lies in "
			    "it: nothing to filter by");
	strbuf_release(&terms);
}

static enum picture_did move(struct parallel *p, int axes, int rows)
{
	size_t last = p->axes.count - 1, left = p->first_axis;

	if (!p->has_cursor) {
		p->has_cursor = true;
		p->row = p->plot_rows / 2;
		return PICTURE_DRAW;
	}
	if (axes) {
		p->brush = -1;
		p->axis = axes < 0 ? (p->axis > 0 ? p->axis - 1 : 0)
				   : (p->axis < last ? p->axis + 1 : last);
		choose_axes(p, p->cols);
		(void)left;
		return PICTURE_DRAW;
	}
	p->row += rows;
	p->row = p->row < 0		  ? 0
		 : p->row >= p->plot_rows ? p->plot_rows - 1
					  : p->row;
	return p->brush >= 0 ? PICTURE_DRAW : PICTURE_MOVED;
}

static enum picture_did on_action(struct console *console, void *state,
				  enum action_id action)
{
	struct parallel *p = state;

	if (!p->sample || !p->sample->count || !p->plot_rows)
		return PICTURE_NOTHING;
	switch (action) {
	case ACTION_LEFT:
		return move(p, -1, 0);
	case ACTION_RIGHT:
		return move(p, 1, 0);
	case ACTION_UP:
		return move(p, 0, -1);
	case ACTION_DOWN:
		return move(p, 0, 1);
	case ACTION_FIRST:
		return move(p, 0, -p->plot_rows);
	case ACTION_LAST:
		return move(p, 0, p->plot_rows);
	case ACTION_BRUSH:
		if (!p->has_cursor)
			return move(p, 0, 0);
		if (p->brush < 0) {
			p->brush = p->row;
			return PICTURE_DRAW;
		}
		apply_brush(console, p);
		return PICTURE_PREPARE;
	case ACTION_TOP_K:
		p->top = (p->top + 1) % COUNT_OF(tops);
		return PICTURE_PREPARE;
	case ACTION_BACK:
		if (p->brush >= 0)
			p->brush = -1;
		else if (p->has_cursor)
			p->has_cursor = false;
		else
			return PICTURE_NOTHING;
		return PICTURE_DRAW;
	default:
		return PICTURE_NOTHING;
	}
}

static bool cursor(const struct console *console, void *state,
		   struct picture_cursor *ret)
{
	const struct parallel *p = state;

	(void)console;
	if (!p->has_cursor)
		return false;
	for (size_t i = 0; i <= p->shown_axes; i++)
		if (axis_at(p, i) == p->axis)
			ret->col = col_of(p, i);
	ret->row = p->plot_top + p->row;
	return true;
}

static void readout(struct console *console, void *state, struct strbuf *out)
{
	struct parallel *p = state;
	size_t best, n;
	double from, to;

	(void)console;
	if (!p->has_cursor)
		return;
	n = parallel_passing(p, &best);
	parallel_range(p, &from, &to);
	strbuf_addf(out, "%s ", parallel_name(&p->axes, p->axis));
	parallel_format(&p->axes, p->axis, from, 10, out);
	strbuf_adds(out, " .. ");
	parallel_format(&p->axes, p->axis, to, 10, out);
	strbuf_addf(out, ": %zu of %zu", n, p->inside);
	if (n) {
		strbuf_addf(out, "  best #%lld ",
			    (long long)p->sample->sequences[best]);
		format_number(out, p->values[p->sample->sequences[best]], 8);
	}
	strbuf_adds(out, p->brush >= 0 ? "  b filters" : "  b begins a range");
}

static int64_t trial(const struct console *console, void *state)
{
	const struct parallel *p = state;
	size_t best;

	(void)console;
	if (!p->has_cursor)
		return -1;
	return parallel_passing(p, &best) ? p->sample->sequences[best] : -1;
}

static enum role role(const struct console *console, const void *state,
		      int owner)
{
	static const enum role roles[PARALLEL_LEVELS] = {
		ROLE_SERIES_BEST, ROLE_SERIES_1, ROLE_SERIES_2, ROLE_DIM};

	(void)console;
	(void)state;
	return owner >= 0 && owner < PARALLEL_LEVELS ? roles[owner]
						     : pictures_role(owner);
}

const struct picture_ops picture_parallel = {
	.name = "parallel",
	.title = "Parameters",
	.hint = "h l j k look at an axis  b range to filter by  t best only",
	.uses_metric = true,
	.uses_log = true,
	.state_size = sizeof(struct parallel),
	.release = release,
	.prepare = prepare,
	.draw = draw,
	.on_action = on_action,
	.cursor = cursor,
	.readout = readout,
	.trial = trial,
	.role = role,
};
