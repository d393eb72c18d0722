/* SPDX-License-Identifier: MIT */
/*
 * Intermediate results of several trials over each other: the best ones (t
 * says how many, v turns to the newest), and with them the marked ones.
 *
 * Each curve has a letter at its end, the legend says whose it is; 'E' beside
 * it where a trial was stopped early, 'F' where it failed.  The cursor walks
 * along one curve (h l) and to the next one (j k).
 */
#include "base/clock.h"
#include "base/mem.h"
#include "tui/chart.h"
#include "tui/curve.h"
#include "tui/curve_choice.h"
#include "tui/format.h"
#include "tui/picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t tops[] = {10, 20, 40, 0};

/* Both axes, one, or none is logarithmic. */
enum { AXES_LINEAR, AXES_LOG_Y, AXES_LOG_X, AXES_LOG, AXES_COUNT };

struct curves {
	struct chart chart;
	struct curve curves[CURVES_MAX];
	size_t count;
	char metric[METRIC_NAME_MAX + 1];
	size_t top; /* of tops */
	bool is_newest;
	int axes;
	int64_t cursor; /* key of its trial; 0: none */
	double step;
	size_t stopped; /* among those drawn */
	double *room;	/* x + 1 for logarithmic steps; owned */
};

static void release(void *state)
{
	struct curves *curves = state;

	for (size_t i = 0; i < CURVES_MAX; i++)
		curve_release(&curves->curves[i]);
	chart_release(&curves->chart);
	free(curves->room);
}

/* Keep what has been read of trials that stay. */
static void arrange(struct curves *curves, const struct curve_choice *choice)
{
	struct curve swap;

	for (size_t i = 0; i < choice->count; i++) {
		size_t at = i;

		while (at < CURVES_MAX &&
		       curves->curves[at].key != choice->keys[i])
			at++;
		if (at == CURVES_MAX) {
			/* its place belongs to one that may still be needed */
			for (at = CURVES_MAX - 1;
			     at > i &&
			     curve_choice_has(choice, curves->curves[at].key);)
				at--;
			curve_release(&curves->curves[at]);
			curves->curves[at].key = choice->keys[i];
			curves->curves[at].version = -1;
			curves->curves[at].attempt = -1;
		}
		swap = curves->curves[i];
		curves->curves[i] = curves->curves[at];
		curves->curves[at] = swap;
	}
	curves->count = choice->count;
}

static struct trial_row *row_of(const struct console *console,
				const struct curve *curve)
{
	return trial_index_find(&console->data.trials, curve->key & UINT32_MAX);
}

static size_t find_cursor(const struct curves *curves)
{
	for (size_t i = 0; i < curves->count; i++)
		if (curves->curves[i].key == curves->cursor)
			return i;
	return curves->count;
}

static void prepare(struct console *console, void *state, bool is_new)
{
	struct curves *curves = state;
	struct curve_choice choice = {0};
	bool is_minimized, is_known;
	bool is_thin = false;

	if (is_new)
		curves->cursor = 0;
	snprintf(curves->metric, sizeof(curves->metric), "%s",
		 pictures_metric(console, &is_minimized, &is_known));
	curve_choice_make(console, tops[curves->top], curves->is_newest,
			  &choice);
	arrange(curves, &choice);
	if (find_cursor(curves) == curves->count)
		curves->cursor = 0;
	curves->stopped = 0;
	for (size_t i = 0; i < curves->count; i++) {
		const struct curve *curve = &curves->curves[i];
		const struct trial_row *row = row_of(console, curve);

		is_thin |= curve->is_thin;
		curves->stopped += row && row->state == TRIAL_EARLY_STOPPED;
	}
	pictures_note(console, "%zu %s%s%s", curves->count - choice.first,
		      curves->is_newest ? "newest" : "best",
		      choice.first ? " and the marked" : "",
		      is_thin ? ", long ones thinned out" : "");
}

/* The first curve that has news in the store, or count. */
static size_t next_stale(const struct console *console,
			 const struct curves *curves)
{
	for (size_t i = 0; i < curves->count; i++) {
		const struct trial_row *row =
			row_of(console, &curves->curves[i]);

		if (row &&
		    curve_is_stale(&curves->curves[i], row, curves->metric))
			return i;
	}
	return curves->count;
}

static bool wants(const struct console *console, const void *state)
{
	const struct curves *curves = state;

	return next_stale(console, curves) < curves->count;
}

static void load(struct console *console, void *state, int64_t budget_ns)
{
	struct curves *curves = state;
	int64_t deadline_ns = clock_mono_ns() + budget_ns;
	size_t i;

	while ((i = next_stale(console, curves)) < curves->count &&
	       curve_read(&curves->curves[i], console->data.store,
			  row_of(console, &curves->curves[i]), curves->metric,
			  deadline_ns) &&
	       clock_mono_ns() < deadline_ns)
		;
}

/* ---- drawing ------------------------------------------------------------ */

static void put_legend(struct console *console, const struct curves *curves,
		       struct canvas *canvas)
{
	struct strbuf text = STRBUF_INIT;
	int col = 0;

	for (size_t i = 0; i < curves->count; i++) {
		const struct trial_row *row =
			row_of(console, &curves->curves[i]);
		char end = curve_end(row);
		int room = canvas->cols - col - (i + 1 < curves->count) * 11;

		strbuf_clear(&text);
		strbuf_addf(&text, "%c #%lld", curve_letter(i),
			    (long long)(curves->curves[i].key & UINT32_MAX));
		if (end != ' ')
			strbuf_addch(&text, end);
		if (col > 0 && (int)text.len > room) {
			canvas_textf(canvas, 0, col, CANVAS_LABEL, "+%zu more",
				     curves->count - i);
			break;
		}
		col = canvas_text(canvas, 0, col, text.data, (int)i) + 2;
	}
	strbuf_release(&text);
	if (curves->stopped && canvas->cols - col > 18)
		canvas_text(canvas, 0, col, "E stopped early", CANVAS_LABEL);
}

/* x of a step on the axis: a logarithmic one begins with step 1. */
static double place_of(const struct curves *curves, double step)
{
	return curves->axes >= AXES_LOG_X ? step + 1 : step;
}

/* The cell of a point, in the canvas. */
static bool cell_of(const struct curves *curves, const struct curve *curve,
		    size_t point, int *ret_row, int *ret_col)
{
	if (!isfinite(curve->y[point]) ||
	    !chart_cell_of(&curves->chart, place_of(curves, curve->x[point]),
			   curve->y[point], ret_row, ret_col))
		return false;
	++*ret_row;
	return true;
}

/* A curve's letter, at its end or as near to it as no other letter stands, and
 * beside it what ended it. */
static void put_letter(const struct curves *curves, struct canvas *canvas,
		       size_t i, char end, bool is_lettered)
{
	const struct curve *curve = &curves->curves[i];
	size_t point = curve->count;
	int row, col;

	while (point-- > 0) {
		const char *glyph;

		if (!cell_of(curves, curve, point, &row, &col))
			continue;
		glyph = canvas_cell(canvas, row, col)->glyph;
		if (!is_lettered && (unsigned char)glyph[0] < 0x80 &&
		    glyph[0] != ' ')
			continue;
		canvas_put(canvas, row, col, (unsigned char)curve_letter(i), 1,
			   (int)i);
		break;
	}
	if (end == ' ' || point == (size_t)-1)
		return;
	canvas_put(canvas, row, col + 1, (unsigned char)end, 1,
		   CANVAS_STATE -
			   (end == 'E' ? TRIAL_EARLY_STOPPED : TRIAL_FAILED));
}

/* Those that ended early first: their place means something. */
static void put_ends(struct console *console, const struct curves *curves,
		     struct canvas *canvas, bool is_lettered)
{
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < curves->count; i++) {
			char end =
				curve_end(row_of(console, &curves->curves[i]));

			if ((end == ' ') == (round == 1))
				put_letter(curves, canvas, i, end, is_lettered);
		}
	}
}

/* Where colours tell nothing, all of a curve is its letter. */
static void draw_letters(struct canvas *canvas)
{
	for (int row = 1; row < canvas->rows; row++) {
		for (int col = 0; col < canvas->cols; col++) {
			int owner = canvas_cell(canvas, row, col)->owner;

			if (owner >= 0)
				canvas_put(canvas, row, col,
					   (unsigned char)curve_letter(
						   (size_t)owner),
					   1, owner);
		}
	}
}

static bool draw(struct console *console, void *state, struct canvas *canvas,
		 struct strbuf *ret_why)
{
	struct curves *curves = state;
	struct chart_series series[CURVES_MAX] = {0};
	struct chart_options options = {.cols = canvas->cols,
					.rows = canvas->rows - 1,
					.style = canvas->style,
					.has_marks =
						pictures_has_marks(console),
					.is_log = curves->axes == AXES_LOG_Y ||
						  curves->axes == AXES_LOG,
					.is_x_log = curves->axes >= AXES_LOG_X};
	double *room;
	size_t points = 0;

	for (size_t i = 0; i < curves->count; i++)
		points += curves->curves[i].count;
	room = curves->room = xrealloc(
		curves->room, (points * options.is_x_log + 1) * sizeof(*room));
	for (size_t i = 0; i < curves->count; i++) {
		const struct curve *curve = &curves->curves[i];

		series[i].x = options.is_x_log ? room : curve->x;
		series[i].y = curve->y;
		series[i].count = curve->count;
		for (size_t k = 0; options.is_x_log && k < curve->count; k++)
			*room++ = place_of(curves, curve->x[k]);
	}
	if (!points && wants(console, state)) {
		strbuf_adds(ret_why, "Reading...");
		return false;
	}
	if (!points) {
		strbuf_addf(ret_why,
			    "No trial shown here has intermediate results of "
			    "%s. Trials report them while they run; t shows "
			    "more trials, Space in the list of trials marks "
			    "those to be shown, m turns to another metric.",
			    curves->metric);
		return false;
	}
	chart_draw(&curves->chart, series, curves->count, &options);
	canvas_blit(canvas, 1, 0, &curves->chart.canvas);
	if (options.has_marks)
		draw_letters(canvas);
	put_ends(console, curves, canvas, options.has_marks);
	put_legend(console, curves, canvas);
	return true;
}

/* ---- cursor ------------------------------------------------------------- */

static void select_curve(struct curves *curves, size_t at)
{
	const struct curve *curve = &curves->curves[at];
	bool is_first = !curves->cursor;

	if (at >= curves->count)
		return;
	curves->cursor = curve->key;
	if (is_first && curve->count)
		curves->step = curve->x[curve->count - 1];
}

static void walk(struct curves *curves, double by)
{
	size_t at = find_cursor(curves), from, to;
	const struct curve *curve;

	if (at == curves->count) {
		select_curve(curves, 0);
		return;
	}
	curve = &curves->curves[at];
	from = curve_nearest(curve, curves->step);
	if (from == curve->count)
		return;
	to = curve_nearest(curve, curve->x[from] + by);
	if (to == from && by > 0 && from + 1 < curve->count)
		to = from + 1;
	else if (to == from && by < 0 && from > 0)
		to = from - 1;
	curves->step = curve->x[to];
}

static enum picture_did change(struct curves *curves, enum action_id action)
{
	switch (action) {
	case ACTION_TOP_K:
		curves->top = (curves->top + 1) % COUNT_OF(tops);
		return PICTURE_PREPARE;
	case ACTION_CHART_MODE:
		curves->is_newest = !curves->is_newest;
		return PICTURE_PREPARE;
	case ACTION_CHART_LOG_AXIS:
		curves->axes = (curves->axes + 1) % AXES_COUNT;
		return PICTURE_DRAW;
	case ACTION_BACK:
		if (!curves->cursor)
			return PICTURE_NOTHING;
		curves->cursor = 0;
		return PICTURE_MOVED;
	default:
		return PICTURE_NOTHING;
	}
}

static enum picture_did on_action(struct console *console, void *state,
				  enum action_id action)
{
	struct curves *curves = state;
	const struct chart *chart = &curves->chart;
	size_t at = find_cursor(curves);
	double column = chart->plot_cols > 0 ? (chart->x_high - chart->x_low) /
						       chart->plot_cols
					     : 1;

	(void)console;
	if (!curves->count)
		return change(curves, action);
	switch (action) {
	case ACTION_LEFT:
		walk(curves, -column);
		break;
	case ACTION_RIGHT:
		walk(curves, column);
		break;
	case ACTION_UP:
		select_curve(curves, at == curves->count ? 0
				     : at > 0		 ? at - 1
							 : 0);
		break;
	case ACTION_DOWN:
		select_curve(curves, at == curves->count      ? 0
				     : at + 1 < curves->count ? at + 1
							      : at);
		break;
	case ACTION_FIRST:
		if (at < curves->count && curves->curves[at].count)
			curves->step = curves->curves[at].x[0];
		else
			select_curve(curves, 0);
		break;
	case ACTION_LAST:
		curves->cursor = 0;
		select_curve(curves, at < curves->count ? at : 0);
		break;
	default:
		return change(curves, action);
	}
	return PICTURE_MOVED;
}

static bool cursor(const struct console *console, void *state,
		   struct picture_cursor *ret)
{
	const struct curves *curves = state;
	size_t at = find_cursor(curves), point;
	const struct curve *curve = &curves->curves[at];

	(void)console;
	if (at == curves->count)
		return false;
	point = curve_nearest(curve, curves->step);
	ret->top = curves->chart.plot_row + 1;
	ret->bottom = curves->chart.plot_row + curves->chart.plot_rows;
	if (point == curve->count ||
	    !chart_cell_of(&curves->chart, place_of(curves, curve->x[point]),
			   curve->y[point], &ret->row, &ret->col))
		return false;
	ret->row++;
	return true;
}

static void readout(struct console *console, void *state, struct strbuf *out)
{
	const struct curves *curves = state;
	size_t at = find_cursor(curves), point;
	const struct curve *curve = &curves->curves[at];
	const struct trial_row *row;

	if (at == curves->count)
		return;
	row = row_of(console, curve);
	point = curve_nearest(curve, curves->step);
	strbuf_addf(out, "%c #%lld", curve_letter(at),
		    (long long)(curve->key & UINT32_MAX));
	if (point < curve->count) {
		strbuf_addf(out, "  step %.0f  ", curve->x[point]);
		format_number(out, curve->y[point], 10);
	}
	if (row && row->state == TRIAL_EARLY_STOPPED)
		strbuf_adds(out, "  stopped early");
	else if (row)
		strbuf_addf(out, "  %s",
			    trial_state_name((enum trial_state)row->state));
	if (row && row->flags & ROW_HAS_FINAL) {
		strbuf_adds(out, "  final ");
		format_number(out, row->final, 10);
	}
}

static int64_t trial(const struct console *console, void *state)
{
	const struct curves *curves = state;

	(void)console;
	return curves->cursor ? curves->cursor & UINT32_MAX : -1;
}

const struct picture_ops picture_curves = {
	.name = "curves",
	.title = "Curves",
	.hint = "h l j k look at points  t more  v newest  m metric  L log",
	.uses_metric = true,
	.state_size = sizeof(struct curves),
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
