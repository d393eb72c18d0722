/* SPDX-License-Identifier: MIT */
/*
 * The chart pane.  Two pictures, switched by a key:
 *
 *  - curves: the intermediate results of the selected trial and of the marked
 *    ones, with the experiment's best final result as a line to compare with;
 *  - history: the final result of every trial by its number, with the best so
 *    far as a staircase.
 *
 * Curves are read once and then only added to: a series remembers how far it
 * has been read.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tui/chart.h"
#include "tui/console.h"
#include "tui/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURVES_MAX ROLE_SERIES_COUNT
#define POINTS_MAX 200000 /* of one curve; further ones are not drawn */

struct curve {
	int64_t key; /* of the trial; 0: unused */
	int attempt;
	int64_t version; /* of the trial's row when it was read last */
	int64_t last_sequence;
	double *x, *y;
	size_t count, capacity;
	char name[24];
	char end_mark;
};

struct chart_pane {
	struct chart chart;
	struct curve curves[CURVES_MAX];
	size_t count;
	bool is_history;
	bool is_log;
	bool is_stale;
	struct rect drawn; /* the rectangle the chart was made for */
	double *finals, *best, *numbers;
	size_t final_count;
};

struct chart_pane *chart_pane_new(void)
{
	struct chart_pane *pane = xcalloc(1, sizeof(*pane));

	pane->is_stale = true;
	return pane;
}

static void release_curve(struct curve *curve)
{
	free(curve->x);
	free(curve->y);
	memset(curve, 0, sizeof(*curve));
}

void chart_pane_free(struct chart_pane *pane)
{
	size_t i;

	if (!pane)
		return;
	for (i = 0; i < CURVES_MAX; i++)
		release_curve(&pane->curves[i]);
	chart_release(&pane->chart);
	free(pane->finals);
	free(pane->best);
	free(pane->numbers);
	free(pane);
}

static bool is_shown(const struct console *console)
{
	return console->depth == 0 &&
	       console->layout.panes[PANE_CHART].rows > 1;
}

static bool add_point(const struct metric *metric, void *arg)
{
	struct curve *curve = arg;
	size_t capacity = curve->capacity;

	if (curve->count >= POINTS_MAX)
		return false;
	ARRAY_RESERVE(curve->x, curve->count, capacity);
	ARRAY_RESERVE(curve->y, curve->count, curve->capacity);
	curve->x[curve->count] = (double)metric->sequence;
	curve->y[curve->count++] = metric->value;
	curve->last_sequence = metric->sequence;
	return true;
}

static void read_curve(struct console *console, struct curve *curve,
		       const struct trial_row *row)
{
	struct error ignored;

	if (curve->key != row->key || curve->attempt != row->attempt) {
		release_curve(curve);
		curve->key = row->key;
		curve->attempt = row->attempt;
		curve->last_sequence = -1;
		curve->version = -1;
	}
	if (curve->version == row->version)
		return;
	curve->version = row->version;
	curve->end_mark = row->state == TRIAL_FAILED	      ? 'F'
			  : row->state == TRIAL_EARLY_STOPPED ? 'E'
							      : 0;
	snprintf(curve->name, sizeof(curve->name), "#%lld",
		 (long long)trial_row_sequence(&console->data.trials, row));
	store_series_each(console->data.store, row->key, row->attempt,
			  METRIC_OBJECTIVE, curve->last_sequence, add_point,
			  curve, &ignored);
	console->chart->is_stale = true;
}

/* The slot of a trial's curve among those kept, or a free one at `at`. */
static void place_curve(struct chart_pane *pane, size_t at, int64_t key)
{
	struct curve swap;
	size_t i;

	for (i = at + 1; i < CURVES_MAX; i++) {
		if (pane->curves[i].key != key)
			continue;
		swap = pane->curves[at];
		pane->curves[at] = pane->curves[i];
		pane->curves[i] = swap;
		pane->is_stale = true;
		return;
	}
}

static void use_curve(struct console *console, const struct trial_row *row)
{
	struct chart_pane *pane = console->chart;

	if (pane->count == CURVES_MAX)
		return;
	if (pane->curves[pane->count].key != row->key)
		place_curve(pane, pane->count, row->key);
	read_curve(console, &pane->curves[pane->count++], row);
}

static void read_curves(struct console *console)
{
	struct chart_pane *pane = console->chart;
	const struct trial_index *index = &console->data.trials;
	const struct trial_row *selected = console_trial(console);
	size_t before = pane->count, i, found = 0;

	pane->count = 0;
	if (selected)
		use_curve(console, selected);
	for (i = index->count; i-- > 0 && found < index->marked;) {
		const struct trial_row *row = &index->rows[i];

		if (!(row->flags & ROW_MARKED))
			continue;
		found++;
		if (row != selected)
			use_curve(console, row);
	}
	if (pane->count != before)
		pane->is_stale = true;
}

static void read_history(struct console *console)
{
	struct chart_pane *pane = console->chart;
	const struct trial_index *index = &console->data.trials;
	bool is_minimized =
		console->data.experiment.objective == OBJECTIVE_MINIMIZE;
	size_t i, n = index->count;

	pane->finals = xrealloc(pane->finals, (n + 1) * sizeof(double));
	pane->best = xrealloc(pane->best, (n + 1) * sizeof(double));
	for (i = 0; i < n; i++)
		pane->finals[i] = index->rows[i].flags & ROW_HAS_FINAL
					  ? index->rows[i].final
					  : NAN;
	pane->final_count = n;
	chart_best_so_far(pane->finals, n, is_minimized, pane->best);
	pane->is_stale = true;
}

static void recalc(struct console *console, unsigned changes)
{
	struct chart_pane *pane = console->chart;

	if (!(changes & (DATA_TRIALS | DATA_SELECTION | DATA_EXPERIMENT)))
		return;
	if (!is_shown(console)) {
		pane->is_stale = true;
		return;
	}
	if (!pane->is_history)
		read_curves(console);
	else if (changes & (DATA_TRIALS | DATA_EXPERIMENT))
		read_history(console);
}

static void draw_curves(struct console *console,
			const struct chart_options *options)
{
	struct chart_pane *pane = console->chart;
	struct metric_value best = console->data.experiment.best;
	struct chart_series series[CURVES_MAX + 1] = {0};
	double line_x[2] = {0, 1}, line_y[2];
	struct strbuf name = STRBUF_INIT;
	size_t i, n = 0;

	for (i = 0; i < pane->count; i++) {
		const struct curve *curve = &pane->curves[i];

		series[n].name = curve->name;
		series[n].x = curve->x;
		series[n].y = curve->y;
		series[n].count = curve->count;
		series[n].end_mark = curve->end_mark;
		series[n++].style = CHART_LINE;
		if (curve->count > 0 && curve->x[curve->count - 1] > line_x[1])
			line_x[1] = curve->x[curve->count - 1];
	}
	if (best.is_set && isfinite(best.number) && n > 0) {
		line_y[0] = line_y[1] = best.number;
		strbuf_adds(&name, "best ");
		format_number(&name, best.number, 8);
		series[n].name = name.data;
		series[n].x = line_x;
		series[n].y = line_y;
		series[n].count = 2;
		series[n++].style = CHART_LINE;
	}
	chart_draw(&pane->chart, series, n, options);
	strbuf_release(&name);
}

static void draw_history(struct chart_pane *pane,
			 const struct chart_options *options)
{
	struct chart_series series[2] = {
		{.name = "final results",
		 .y = pane->finals,
		 .count = pane->final_count,
		 .style = CHART_POINTS},
		{.name = "best so far",
		 .y = pane->best,
		 .count = pane->final_count,
		 .style = CHART_STEP},
	};

	chart_draw(&pane->chart, series, 2, options);
}

static enum role role_of(const struct chart_pane *pane, int series)
{
	switch (series) {
	case CANVAS_BLANK:
		return ROLE_NORMAL;
	case CANVAS_AXIS:
		return ROLE_AXIS;
	case CANVAS_LABEL:
		return ROLE_DIM;
	case CANVAS_CURSOR:
		return ROLE_MATCH;
	default:
		break;
	}
	if (pane->is_history ? series == 1 : (size_t)series == pane->count)
		return ROLE_SERIES_BEST;
	return ROLE_SERIES_1 + series % ROLE_SERIES_COUNT;
}

static void copy_cells(const struct chart_pane *pane, struct rect body)
{
	int row, col;

	for (row = 0; row < pane->chart.canvas.rows && row < body.rows; row++) {
		for (col = 0; col < pane->chart.canvas.cols && col < body.cols;
		     col++) {
			const struct canvas_cell *cell =
				canvas_cell(&pane->chart.canvas, row, col);

			if (cell->width > 0)
				draw_text(body.y + row, body.x + col,
					  cell->width,
					  role_of(pane, cell->owner),
					  cell->glyph);
		}
	}
}

static size_t point_count(const struct chart_pane *pane)
{
	size_t i, n = 0;

	if (pane->is_history) {
		for (i = 0; i < pane->final_count; i++)
			n += isfinite(pane->finals[i]) != 0;
		return n;
	}
	for (i = 0; i < pane->count; i++)
		n += pane->curves[i].count;
	return n;
}

/* Curves told apart by their shape, where colour cannot. */
static bool uses_marks(const struct console *console)
{
	return console->is_ascii || theme_is_monochrome();
}

static int add_key(const struct console *console, int y, int x, int end,
		   int series, const char *name)
{
	const struct chart_pane *pane = console->chart;
	enum role role = role_of(pane, series);
	int width = (int)strlen(name) + 3;

	if (x + width > end)
		return x;
	draw_point(y, x, role,
		   uses_marks(console) ? (uint32_t)canvas_mark(series)
				       : theme_glyph(GLYPH_HLINE));
	draw_part(y, x + 1, width - 1, role, " ");
	draw_part(y, x + 2, width - 2, role, name);
	draw_point(y, x + width - 1, role, ' ');
	return x + width;
}

static void draw_title(struct console *console, struct rect rect,
		       bool is_focused)
{
	struct chart_pane *pane = console->chart;
	struct strbuf left = STRBUF_INIT, best = STRBUF_INIT;
	int y = rect.y, x, end = rect.x + rect.cols;
	size_t i;

	strbuf_adds(&left, pane->is_history ? " 4 Final results" : " 4 Chart");
	if (pane->is_log)
		strbuf_adds(&left, " (log)");
	if (pane->is_log && pane->chart.hidden)
		strbuf_addf(&left, " %zu not shown", pane->chart.hidden);
	bars_title(rect, is_focused, left.data, "");
	x = rect.x + (int)left.len + 2;
	if (pane->is_history) {
		x = add_key(console, y, x, end, 0, "final");
		add_key(console, y, x, end, 1, "best so far");
	} else {
		bool has_best =
			console->data.experiment.best.is_set && pane->count > 0;

		strbuf_adds(&best, "best ");
		format_number(&best, console->data.experiment.best.number, 8);
		if (has_best)
			end -= (int)best.len + 3; /* there is room for it */
		for (i = 0; i < pane->count; i++)
			x = add_key(console, y, x, end, (int)i,
				    pane->curves[i].name);
		if (has_best)
			add_key(console, y, x, rect.x + rect.cols,
				(int)pane->count, best.data);
	}
	strbuf_release(&left);
	strbuf_release(&best);
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	struct chart_pane *pane = console->chart;
	struct rect body = {.y = rect.y + 1,
			    .x = rect.x,
			    .rows = rect.rows - 1,
			    .cols = rect.cols};
	struct chart_options options = {.cols = body.cols,
					.rows = body.rows,
					.style = console_canvas_style(console),
					.has_marks = theme_is_monochrome(),
					.is_log = pane->is_log};

	if (pane->is_stale && !pane->is_history)
		read_curves(console);
	else if (pane->is_stale)
		read_history(console);
	if (pane->is_stale || pane->drawn.rows != body.rows ||
	    pane->drawn.cols != body.cols) {
		if (pane->is_history)
			draw_history(pane, &options);
		else
			draw_curves(console, &options);
		pane->drawn = body;
		pane->is_stale = false;
	}
	draw_title(console, rect, is_focused);
	if (point_count(pane) > 0)
		copy_cells(pane, body);
	else
		draw_text(body.y, body.x, body.cols, ROLE_DIM,
			  pane->is_history ? "No trial has a final result yet."
					   : "No intermediate results yet.");
}

static bool on_action(struct console *console, enum action_id action)
{
	struct chart_pane *pane = console->chart;

	switch (action) {
	case ACTION_CHART_LOG_AXIS:
		pane->is_log = !pane->is_log;
		pane->is_stale = true;
		return true;
	case ACTION_CHART_MODE:
		pane->is_history = !pane->is_history;
		pane->is_stale = true;
		return true;
	case ACTION_DOWN:
	case ACTION_UP:
	case ACTION_FIRST:
	case ACTION_LAST:
	case ACTION_PAGE_DOWN:
	case ACTION_PAGE_UP:
		/* look at the trials' curves one after the other */
		return view_trials.on_action(console, action);
	default:
		return false;
	}
}

const struct view_ops view_chart = {
	.name = "chart",
	.bit = VIEW_CHART,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
};
