/* SPDX-License-Identifier: MIT */
/*
 * The final result of every trial by its number, with the best so far as a
 * staircase.  Of very many an even choice of points is drawn, so that one sees
 * where most of them lie; the staircase and the cursor know all of them, and
 * the cursor stops at the best of each column.
 *
 * When the optimum is known (:optimum), v shows what is missing to it instead:
 * the regret, best with a logarithmic axis (L).
 */
#include "base/mem.h"
#include "insight/progress.h"
#include "tui/chart.h"
#include "tui/format.h"
#include "tui/picture.h"

#include <math.h>
#include <stdlib.h>

#define POINTS_PER_COL 12

struct finals {
	struct chart chart;
	double *finals, *best; /* by sequence; NaN: none */
	size_t count, capacity;
	size_t told; /* finite ones */
	/* as drawn: points, and where the best so far changes */
	double *x, *y, *step_x, *step_y;
	size_t points, steps;
	bool is_minimized, is_known;
	bool is_regret; /* v: what is missing to the optimum, if that is known
			 */
	bool has_optimum;
	double optimum;
	int64_t cursor; /* sequence, or -1 */
};

static void release(void *state)
{
	struct finals *finals = state;

	chart_release(&finals->chart);
	free(finals->finals);
	free(finals->best);
	free(finals->x);
	free(finals->y);
	free(finals->step_x);
	free(finals->step_y);
}

static void add(double **x, double **y, size_t *count, double at, double value)
{
	/* room for powers of two */
	if ((*count & (*count + 1)) == 0) {
		*x = xrealloc(*x, (2 * *count + 2) * sizeof(**x));
		*y = xrealloc(*y, (2 * *count + 2) * sizeof(**y));
	}
	(*x)[*count] = at;
	(*y)[(*count)++] = value;
}

/* What is drawn of all. */
static void choose_points(struct finals *finals)
{
	size_t wanted = (size_t)draw_cols() * POINTS_PER_COL;
	double best = NAN;

	finals->points = finals->steps = 0;
	for (size_t i = 0; i < finals->count; i++) {
		double value = finals->finals[i];

		if (isfinite(value) &&
		    picture_is_chosen((int64_t)i, finals->told, wanted))
			add(&finals->x, &finals->y, &finals->points, (double)i,
			    value);
		if (!finals->is_known || !isfinite(finals->best[i]) ||
		    (finals->best[i] == best && i + 1 < finals->count))
			continue;
		best = finals->best[i];
		add(&finals->step_x, &finals->step_y, &finals->steps, (double)i,
		    best);
	}
}

/* Instead of each result what is missing: less is better. */
static void turn_to_regret(struct finals *finals)
{
	enum objective_mode mode =
		finals->is_minimized ? OBJECTIVE_MINIMIZE : OBJECTIVE_MAXIMIZE;

	for (size_t i = 0; i < finals->count; i++) {
		finals->finals[i] = progress_regret(finals->finals[i],
						    finals->optimum, mode);
		finals->best[i] =
			progress_regret(finals->best[i], finals->optimum, mode);
	}
}

static bool shows_regret(const struct finals *finals)
{
	return finals->is_regret && finals->has_optimum;
}

static bool is_better(const struct finals *finals, double a, double b)
{
	return finals->is_minimized || shows_regret(finals) ? a < b : a > b;
}

static void note(struct console *console, const struct finals *finals)
{
	struct strbuf text = STRBUF_INIT;

	if (shows_regret(finals)) {
		strbuf_adds(&text, "missing to ");
		format_number(&text, finals->optimum, 8);
		if (finals->count && finals->best[finals->count - 1] < 0)
			strbuf_adds(&text, ", which is no optimum");
		strbuf_adds(&text, finals->points < finals->told ? ", " : "");
	}
	if (finals->points < finals->told) {
		pictures_format_count(&text, finals->points);
		strbuf_adds(&text, " of ");
		pictures_format_count(&text, finals->told);
		strbuf_adds(&text, " shown");
	}
	if (finals->chart.hidden)
		strbuf_addf(&text, "%s%zu not on a log axis",
			    text.len ? ", " : "", finals->chart.hidden);
	if (text.len)
		pictures_note(console, "%s", text.data);
	strbuf_release(&text);
}

static void prepare(struct console *console, void *state, bool is_new)
{
	struct finals *finals = state;
	size_t count = console->data.trials.count;

	if (is_new)
		finals->cursor = -1;
	pictures_metric(console, &finals->is_minimized, &finals->is_known);
	if (count > finals->capacity) {
		finals->capacity = count + count / 8 + 64;
		finals->finals =
			xrealloc(finals->finals,
				 finals->capacity * sizeof(*finals->finals));
		finals->best = xrealloc(finals->best,
					finals->capacity * sizeof(double));
	}
	finals->count = count;
	finals->told = 0;
	for (size_t i = 0; i < count; i++) {
		finals->finals[i] = pictures_final(console, (int64_t)i);
		finals->told += isfinite(finals->finals[i]) != 0;
	}
	if (finals->is_known)
		chart_best_so_far(finals->finals, count, finals->is_minimized,
				  finals->best);
	finals->has_optimum =
		finals->is_known && pictures_optimum(console, &finals->optimum);
	if (shows_regret(finals))
		turn_to_regret(finals);
	choose_points(finals);
	if (finals->cursor >= (int64_t)count)
		finals->cursor = -1;
}

static bool draw(struct console *console, void *state, struct canvas *canvas,
		 struct strbuf *ret_why)
{
	struct finals *finals = state;
	struct chart_series series[2] = {
		{.x = finals->step_x,
		 .y = finals->step_y,
		 .count = finals->steps,
		 .style = CHART_STEP},
		{.x = finals->x,
		 .y = finals->y,
		 .count = finals->points,
		 .style = CHART_POINTS},
	};
	struct chart_options options = {.cols = canvas->cols,
					.rows = canvas->rows,
					.style = canvas->style,
					.has_marks =
						pictures_has_marks(console),
					.is_log = pictures_is_log(console),
					.has_legend = true};

	if (!finals->count) {
		strbuf_adds(ret_why, "No trial yet.");
		return false;
	}
	if (!finals->told) {
		strbuf_adds(ret_why, "No trial has a final result of this "
				     "metric yet. A trial reports it when it "
				     "is done; 4 shows curves meanwhile, m "
				     "another metric.");
		return false;
	}
	series[0].name = finals->is_known ? "best so far" : NULL;
	series[1].name = shows_regret(finals) ? "regret" : "final results";
	chart_draw(&finals->chart, series, 2, &options);
	canvas_blit(canvas, 0, 0, &finals->chart.canvas);
	note(console, finals);
	return true;
}

/* The best trial among those of one column of cells, or -1. */
static int64_t best_of_column(const struct finals *finals, int64_t from,
			      int64_t to)
{
	int64_t best = -1;

	for (int64_t i = from < 0 ? 0 : from;
	     i < to && i < (int64_t)finals->count; i++) {
		if (!isfinite(finals->finals[i]))
			continue;
		if (best < 0 ||
		    is_better(finals, finals->finals[i], finals->finals[best]))
			best = i;
	}
	return best;
}

/* The next trial with a result in this direction, by itself. */
static int64_t next_trial(const struct finals *finals, int64_t from, int by)
{
	for (int64_t i = from + by; i >= 0 && i < (int64_t)finals->count;
	     i += by)
		if (isfinite(finals->finals[i]))
			return i;
	return -1;
}

/* ... and by columns: to the best of the next one that has any. */
static int64_t next_column(const struct finals *finals, int64_t from, int by)
{
	int64_t cols =
		finals->chart.plot_cols > 0 ? finals->chart.plot_cols : 1;
	int64_t width = ((int64_t)finals->count + cols - 1) / cols;
	int64_t column;

	if (width <= 1)
		return next_trial(finals, from, by);
	for (column = from / width + by;
	     column >= 0 && column * width < (int64_t)finals->count;
	     column += by) {
		int64_t best = best_of_column(finals, column * width,
					      (column + 1) * width);

		if (best >= 0)
			return best;
	}
	return -1;
}

static enum picture_did on_action(struct console *console, void *state,
				  enum action_id action)
{
	struct finals *finals = state;
	int64_t from = finals->cursor, to = -1;
	int64_t end = (int64_t)finals->count;

	switch (action) {
	case ACTION_CHART_MODE:
		if (!finals->has_optimum) {
			console_say(console, ROLE_NORMAL,
				    "no optimum is known: :optimum VALUE tells "
				    "the best there can be");
			return PICTURE_MOVED;
		}
		finals->is_regret = !finals->is_regret;
		return PICTURE_PREPARE;
	case ACTION_LEFT:
		to = next_column(finals, from < 0 ? end : from, -1);
		break;
	case ACTION_RIGHT:
		to = from < 0 ? next_column(finals, end, -1)
			      : next_column(finals, from, 1);
		break;
	case ACTION_UP:
	case ACTION_DOWN:
		to = next_trial(finals, from < 0 ? end : from,
				action == ACTION_UP && from >= 0 ? 1 : -1);
		break;
	case ACTION_FIRST:
		to = next_trial(finals, -1, 1);
		break;
	case ACTION_LAST:
		to = next_trial(finals, end, -1);
		break;
	case ACTION_BACK:
		if (from < 0)
			return PICTURE_NOTHING;
		finals->cursor = -1;
		return PICTURE_MOVED;
	default:
		return PICTURE_NOTHING;
	}
	if (to >= 0)
		finals->cursor = to;
	return PICTURE_MOVED;
}

static bool cursor(const struct console *console, void *state,
		   struct picture_cursor *ret)
{
	const struct finals *finals = state;
	const struct chart *chart = &finals->chart;

	(void)console;
	if (finals->cursor < 0 || (size_t)finals->cursor >= finals->count)
		return false;
	ret->top = chart->plot_row;
	ret->bottom = chart->plot_row + chart->plot_rows - 1;
	return chart_cell_of(chart, (double)finals->cursor,
			     finals->finals[finals->cursor], &ret->row,
			     &ret->col);
}

static void readout(struct console *console, void *state, struct strbuf *out)
{
	struct finals *finals = state;
	const struct trial_row *row =
		trial_index_find(&console->data.trials, finals->cursor);

	if (!row)
		return;
	strbuf_addf(out, "#%lld  ", (long long)finals->cursor);
	if (shows_regret(finals))
		strbuf_adds(out, "regret ");
	format_number(out, finals->finals[finals->cursor], 10);
	if (shows_regret(finals) && row->flags & ROW_HAS_FINAL) {
		strbuf_adds(out, " of ");
		format_number(out, pictures_final(console, finals->cursor), 10);
	}
	if (finals->is_known) {
		strbuf_adds(out, "  best so far ");
		format_number(out, finals->best[finals->cursor], 10);
	}
	strbuf_addf(out, "  %s", row->id);
	if (row->flags & ROW_MARKED)
		strbuf_adds(out, "  marked");
}

static int64_t trial(const struct console *console, void *state)
{
	(void)console;
	return ((struct finals *)state)->cursor;
}

const struct picture_ops picture_finals = {
	.name = "finals",
	.title = "Final results",
	.hint = "h l look at trials  m metric  v missing to :optimum",
	.uses_metric = true,
	.uses_log = true,
	.state_size = sizeof(struct finals),
	.release = release,
	.prepare = prepare,
	.draw = draw,
	.on_action = on_action,
	.cursor = cursor,
	.readout = readout,
	.trial = trial,
};
