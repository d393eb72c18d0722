/* SPDX-License-Identifier: MIT */
/*
 * The Pareto front: every trial at the place of two of its objectives, those
 * that no other one beats (in all objectives, within the constraints) marked
 * and, of two objectives, joined by a staircase.
 *
 * The cursor walks along the front.  v turns to the next pair of objectives.
 */
#include "base/mem.h"
#include "model/pareto.h"
#include "tui/chart.h"
#include "tui/format.h"
#include "tui/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Finding a front takes trials times members; of many objectives nearly all
 * are members.  Beyond this an even choice of trials stands for all. */
#define MANY_TRIALS 20000
#define FEW_OBJECTIVES 3
#define SAMPLE 4000

struct member {
	int64_t sequence;
	size_t row; /* in values */
};

struct front {
	struct chart chart;
	struct objectives objectives;
	size_t width;
	int64_t *sequences; /* of trials with a value of each objective */
	double *values;	    /* width each */
	double *losses;
	size_t count;
	size_t *rows;		/* room for pareto_front */
	struct member *members; /* of the front, by the x axis */
	size_t member_count;
	double *plot; /* room: x and y of members, x and y of the others */
	double volume;
	bool has_volume;
	size_t total, broken; /* trials; those beyond a constraint */
	size_t pair;	      /* which two are shown */
	int64_t cursor;	      /* sequence of a member, or -1 */
};

static void release_rows(struct front *front)
{
	free(front->sequences);
	free(front->values);
	free(front->losses);
	free(front->rows);
	free(front->members);
	free(front->plot);
	front->sequences = NULL;
	front->values = front->losses = front->plot = NULL;
	front->rows = NULL;
	front->members = NULL;
	front->count = front->member_count = 0;
}

static void release(void *state)
{
	struct front *front = state;

	chart_release(&front->chart);
	release_rows(front);
}

/* The pair's two objectives: (0,1), (0,2), ..., (1,2), ... */
static void axes_of(const struct front *front, size_t *ret_x, size_t *ret_y)
{
	size_t left = front->pair;

	for (size_t x = 0; x + 1 < front->width; x++) {
		if (left < front->width - 1 - x) {
			*ret_x = x;
			*ret_y = x + 1 + left;
			return;
		}
		left -= front->width - 1 - x;
	}
	*ret_x = 0;
	*ret_y = 1;
}

/* The primary objective is what the index holds, whatever its name. */
static const struct picture_column *
column_of(struct console *console, const struct front *front, size_t k)
{
	return pictures_column(console, k ? front->objectives.items[k].metric
					  : METRIC_OBJECTIVE);
}

static void read_values(struct console *console, struct front *front)
{
	const struct trial_index *index = &console->data.trials;
	const struct picture_column *columns[OBJECTIVES_MAX];
	const struct picture_column *bounds[CONSTRAINTS_MAX];
	const struct objectives *objectives = &front->objectives;
	size_t width = front->width;

	for (size_t k = 0; k < width; k++)
		columns[k] = column_of(console, front, k);
	for (size_t k = 0; k < objectives->constraint_count; k++)
		bounds[k] = pictures_column(console,
					    objectives->constraints[k].metric);
	front->sequences = xcalloc(index->count + 1, sizeof(int64_t));
	front->values = xcalloc(index->count * width + 1, sizeof(double));
	for (size_t i = 0; i < index->count; i++) {
		double *values = front->values + front->count * width;
		bool is_whole = true, is_within = true;

		for (size_t k = 0; k < width && is_whole; k++) {
			values[k] = columns[k] ? picture_column_at(columns[k],
								   index,
								   (int64_t)i)
					       : NAN;
			is_whole = isfinite(values[k]);
		}
		for (size_t k = 0; k < objectives->constraint_count && is_whole;
		     k++) {
			struct metric_value value = {
				true,
				bounds[k] ? picture_column_at(bounds[k], index,
							      (int64_t)i)
					  : NAN};

			is_within &= !(constraint_violation(
					       &objectives->constraints[k],
					       value) > 0);
		}
		if (!is_whole)
			continue;
		front->total++;
		front->broken += !is_within;
		if (is_within)
			front->sequences[front->count++] = (int64_t)i;
	}
}

/* Keep every n-th trial; the same ones as more come by powers of two. */
static void thin_out(struct front *front)
{
	size_t stride = 1, kept = 0;

	while (front->count / stride > SAMPLE)
		stride *= 2;
	for (size_t i = 0; i < front->count; i += stride, kept++) {
		front->sequences[kept] = front->sequences[i];
		memmove(front->values + kept * front->width,
			front->values + i * front->width,
			front->width * sizeof(double));
	}
	front->count = kept;
}

static const struct front *sorting; /* qsort has no argument; one thread */

static int compare_members(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	size_t x, y, width = sorting->width;
	double xa, xb;

	axes_of(sorting, &x, &y);
	xa = sorting->values[a->row * width + x];
	xb = sorting->values[b->row * width + x];
	if (xa != xb)
		return xa < xb ? -1 : 1;
	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static void sort_members(struct front *front)
{
	sorting = front;
	qsort(front->members, front->member_count, sizeof(*front->members),
	      compare_members);
}

static void find_front(struct front *front)
{
	size_t width = front->width;
	double reference[OBJECTIVES_MAX];
	double *losses;

	front->losses = losses =
		xcalloc(front->count * width + 1, sizeof(double));
	front->rows = xcalloc(front->count + 1, sizeof(*front->rows));
	for (size_t k = 0; k < width; k++) {
		bool is_up =
			front->objectives.items[k].mode == OBJECTIVE_MAXIMIZE;

		reference[k] = -INFINITY;
		for (size_t i = 0; i < front->count; i++) {
			double value = front->values[i * width + k];

			losses[i * width + k] = is_up ? -value : value;
			reference[k] =
				fmax(reference[k], losses[i * width + k]);
		}
	}
	front->member_count =
		pareto_front(losses, front->count, width, front->rows);
	front->members =
		xcalloc(front->member_count + 1, sizeof(*front->members));
	for (size_t i = 0; i < front->member_count; i++) {
		size_t row = front->rows[i];

		front->members[i] = (struct member){front->sequences[row], row};
		/* rows ascend: the front's losses gather at the beginning */
		memmove(losses + i * width, losses + row * width,
			width * sizeof(double));
	}
	front->has_volume = width == 2;
	if (front->has_volume)
		front->volume = pareto_hypervolume(losses, front->member_count,
						   width, reference);
	sort_members(front);
}

static size_t find_cursor(const struct front *front)
{
	for (size_t i = 0; i < front->member_count; i++)
		if (front->members[i].sequence == front->cursor)
			return i;
	return front->member_count;
}

static void prepare(struct console *console, void *state, bool is_new)
{
	struct front *front = state;
	size_t width;

	release_rows(front);
	front->objectives = *pictures_objectives(console);
	front->width = width = front->objectives.count;
	front->total = front->broken = 0;
	if (is_new) {
		front->cursor = -1;
		front->pair = 0;
	}
	if (width < 2)
		return;
	read_values(console, front);
	if (width > FEW_OBJECTIVES && front->count > MANY_TRIALS)
		thin_out(front);
	find_front(front);
	front->plot = xcalloc(2 * (front->count + front->member_count) + 1,
			      sizeof(double));
	if (find_cursor(front) == front->member_count)
		front->cursor = -1;
	if (front->count + front->broken < front->total)
		pictures_note(console, "%zu of %zu shown", front->count,
			      front->total);
	else if (front->broken)
		pictures_note(console, "%zu beyond constraints", front->broken);
}

static const char *name_of(const struct front *front, size_t k)
{
	return front->objectives.items[k].metric;
}

static void add_direction(const struct front *front, size_t k,
			  struct strbuf *out)
{
	strbuf_addf(out, "%s (%s)", name_of(front, k),
		    front->objectives.items[k].mode == OBJECTIVE_MAXIMIZE
			    ? "max"
			    : "min");
}

/* Members are drawn as a character of their own: told apart without colour. */
static void mark_members(const struct front *front, struct canvas *canvas,
			 int top, size_t x, size_t y)
{
	for (size_t i = 0; i < front->member_count; i++) {
		const double *values =
			front->values + front->members[i].row * front->width;
		int row, col;

		if (chart_cell_of(&front->chart, values[x], values[y], &row,
				  &col))
			canvas_put(canvas, top + row, col, '*', 1, CANVAS_BEST);
	}
}

static bool explain(const struct front *front, struct strbuf *ret_why)
{
	if (front->width < 2)
		strbuf_addf(ret_why,
			    "One objective only (%s): there is no front. An "
			    "experiment has one when the tuner's "
			    "optimize_mode names several metrics, such as "
			    "{accuracy: maximize, latency: minimize}.",
			    front->width ? name_of(front, 0)
					 : METRIC_OBJECTIVE);
	else if (front->total && !front->count)
		strbuf_addf(ret_why,
			    "None of the %zu trials with results is within "
			    "the constraints.",
			    front->total);
	else
		strbuf_addf(ret_why,
			    "No trial has a final result of all %zu "
			    "objectives yet.",
			    front->width);
	return false;
}

static bool draw(struct console *console, void *state, struct canvas *canvas,
		 struct strbuf *ret_why)
{
	struct front *front = state;
	double *mx = front->plot, *my = mx + front->member_count;
	double *ox = my + front->member_count, *oy = ox + front->count;
	struct chart_series series[2] = {
		{.x = mx,
		 .y = my,
		 .count = front->member_count,
		 .style = front->width == 2 ? CHART_STEP : CHART_POINTS},
		{.x = ox,
		 .y = oy,
		 .count = front->count,
		 .style = CHART_POINTS},
	};
	struct chart_options options = {.cols = canvas->cols,
					.rows = canvas->rows - 1,
					.style = canvas->style,
					.has_marks =
						pictures_has_marks(console),
					.is_log = pictures_is_log(console)};
	struct strbuf text = STRBUF_INIT;
	size_t x, y;

	if (front->width < 2 || !front->count)
		return explain(front, ret_why);
	axes_of(front, &x, &y);
	for (size_t i = 0; i < front->member_count; i++) {
		const double *values =
			front->values + front->members[i].row * front->width;

		mx[i] = values[x];
		my[i] = values[y];
	}
	for (size_t i = 0; i < front->count; i++) {
		ox[i] = front->values[i * front->width + x];
		oy[i] = front->values[i * front->width + y];
	}
	chart_draw(&front->chart, series, 2, &options);
	canvas_blit(canvas, 1, 0, &front->chart.canvas);
	mark_members(front, canvas, 1, x, y);
	strbuf_addch(&text, ' ');
	add_direction(front, y, &text);
	strbuf_adds(&text, " over ");
	add_direction(front, x, &text);
	canvas_text(canvas, 0,
		    canvas_text(canvas, 0, 0, text.data, CANVAS_STRONG),
		    "  * front", CANVAS_BEST);
	strbuf_release(&text);
	return true;
}

static void move(struct front *front, long by)
{
	size_t at = find_cursor(front);

	if (!front->member_count)
		return;
	if (at == front->member_count)
		at = by < 0 ? front->member_count - 1 : 0;
	else if (by < 0)
		at = at > (size_t)-by ? at - (size_t)-by : 0;
	else
		at = at + (size_t)by < front->member_count
			     ? at + (size_t)by
			     : front->member_count - 1;
	front->cursor = front->members[at].sequence;
}

static enum picture_did on_action(struct console *console, void *state,
				  enum action_id action)
{
	struct front *front = state;

	(void)console;
	switch (action) {
	case ACTION_LEFT:
	case ACTION_UP:
		move(front, -1);
		return PICTURE_MOVED;
	case ACTION_RIGHT:
	case ACTION_DOWN:
		move(front, 1);
		return PICTURE_MOVED;
	case ACTION_FIRST:
	case ACTION_LAST:
		move(front, action == ACTION_LAST ? 1L << 40 : -(1L << 40));
		return PICTURE_MOVED;
	case ACTION_BACK:
		if (front->cursor < 0)
			return PICTURE_NOTHING;
		front->cursor = -1;
		return PICTURE_MOVED;
	case ACTION_CHART_MODE:
		if (front->width < 3)
			return PICTURE_NOTHING;
		front->pair = (front->pair + 1) %
			      (front->width * (front->width - 1) / 2);
		sort_members(front);
		return PICTURE_DRAW;
	default:
		return PICTURE_NOTHING;
	}
}

static bool cursor(const struct console *console, void *state,
		   struct picture_cursor *ret)
{
	const struct front *front = state;
	size_t at = find_cursor(front), x, y;
	const double *values;

	(void)console;
	if (at == front->member_count)
		return false;
	axes_of(front, &x, &y);
	values = front->values + front->members[at].row * front->width;
	if (!chart_cell_of(&front->chart, values[x], values[y], &ret->row,
			   &ret->col))
		return false;
	ret->row++; /* the line of names above the chart */
	return true;
}

static void readout(struct console *console, void *state, struct strbuf *out)
{
	const struct front *front = state;
	size_t at = find_cursor(front);

	(void)console;
	if (at == front->member_count) {
		if (!front->has_volume)
			return;
		strbuf_addf(out, "%zu of %zu on the front  hypervolume ",
			    front->member_count, front->count);
		format_number(out, front->volume, 8);
		strbuf_adds(out, "  h l walk along it");
		return;
	}
	strbuf_addf(out, "#%lld", (long long)front->cursor);
	for (size_t k = 0; k < front->width; k++) {
		strbuf_addf(out, "  %s ", name_of(front, k));
		format_number(
			out,
			front->values[front->members[at].row * front->width +
				      k],
			8);
	}
	strbuf_addf(out, "  %zu/%zu", at + 1, front->member_count);
}

static int64_t trial(const struct console *console, void *state)
{
	(void)console;
	return ((struct front *)state)->cursor;
}

static enum role role(const struct console *console, const void *state,
		      int owner)
{
	(void)console;
	(void)state;
	return owner == 0   ? ROLE_SERIES_BEST
	       : owner == 1 ? ROLE_SERIES_1
			    : pictures_role(owner);
}

const struct picture_ops picture_front = {
	.name = "front",
	.title = "Pareto front",
	.hint = "h l walk along the front  v other objectives",
	.uses_log = true,
	.state_size = sizeof(struct front),
	.release = release,
	.prepare = prepare,
	.draw = draw,
	.on_action = on_action,
	.cursor = cursor,
	.readout = readout,
	.trial = trial,
	.role = role,
};
