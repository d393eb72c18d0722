/* SPDX-License-Identifier: MIT */
/*
 * How important each parameter is, as bars, and below them the pairs that
 * explain something together.  A mark in a bar's row says how far chance alone
 * would have come; bars that end before it are faint.
 *
 * Bars are made of all trials that have been read, and follow as results come;
 * pairs are looked for when a twentieth more has come.
 */
#include "tui/picture_points.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/format.h"
#include "tui/picture_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_COLS_MOST 40
#define SHARE_COLS 7   /* " 62.1%" and a blank */
#define CHANCE_COLS 15 /* "  chance  3.0%" */
#define WIDE_COLS 60   /* from here on there is room for it */
#define BAR_COLS_LEAST 6

struct bars {
	size_t cursor; /* an entry: parameters by importance, then pairs */
	size_t top;
	bool has_cursor;
	size_t shown; /* rows of the last drawing */
	int bar_col;
	double total; /* of all parameters */
	bool is_ready;
};

static void prepare(struct console *console, void *state, bool is_new)
{
	struct picture_points *points = picture_points_of(console);
	struct bars *bars = state;

	if (is_new)
		*bars = (struct bars){0};
	bars->is_ready = points != NULL;
	if (!points)
		return;
	picture_points_follow(console, points);
	picture_points_rank(points);
	bars->total = 0;
	for (size_t i = 0; i < points->space->count; i++)
		bars->total += points->items[i].value;
}

static bool wants(const struct console *console, const void *state)
{
	const struct picture_points *points = picture_points_shown(console);
	const struct bars *bars = state;

	return bars->is_ready && points &&
	       (picture_points_wants(console) ||
		picture_points_wants_pairs(points));
}

static void load(struct console *console, void *state, int64_t budget_ns)
{
	(void)state;
	if (picture_points_wants(console))
		picture_points_load(console, budget_ns);
	else
		picture_points_pair(console->pictures->points);
}

/* Entries: parameters, then (a line of its own) pairs. */
static size_t entry_count(const struct picture_points *points)
{
	return points->space->count + points->pair_count;
}

static double share(const struct bars *bars, double value)
{
	return bars->total > 0 ? value / bars->total : 0;
}

static void name_entry(const struct picture_points *points, size_t at,
		       struct strbuf *out)
{
	size_t count = points->space->count;

	if (at < count) {
		strbuf_adds(out, picture_points_name(
					 points, points->items[at].parameter));
		return;
	}
	strbuf_addf(out, "%s + %s",
		    picture_points_name(points, points->pairs[at - count].a),
		    picture_points_name(points, points->pairs[at - count].b));
}

struct entry {
	double share, chance, chance_high;
	size_t best, all;
};

static struct entry entry_at(const struct bars *bars,
			     const struct picture_points *points, size_t at)
{
	size_t count = points->space->count;
	const struct parameter_importance *item;
	const struct interaction *pair;

	if (at < count) {
		item = &points->items[at];
		return (struct entry){
			share(bars, item->value), share(bars, item->chance),
			share(bars, item->chance_high), item->best, item->all};
	}
	pair = &points->pairs[at - count];
	return (struct entry){
		share(bars, pair->value), share(bars, pair->chance),
		share(bars, pair->chance_high), pair->best, pair->all};
}

static void format_part(char *out, size_t size, double part)
{
	if (part > 0 && part < 0.001)
		snprintf(out, size, "<0.1%%");
	else
		snprintf(out, size, "%.1f%%", 100 * part);
}

static void draw_entry(const struct bars *bars,
		       const struct picture_points *points, size_t at,
		       double most, int row, int name_cols,
		       struct canvas *canvas)
{
	struct entry entry = entry_at(bars, points, at);
	bool is_wide = canvas->cols >= WIDE_COLS;
	int col = name_cols + 1;
	int room =
		canvas->cols - col - SHARE_COLS - (is_wide ? CHANCE_COLS : 0);
	bool is_more = entry.share > entry.chance_high;
	struct strbuf name = STRBUF_INIT, cut = STRBUF_INIT;
	char text[16], chance[16];
	int mark;

	name_entry(points, at, &name);
	format_cut(&cut, name.data, name_cols, canvas->style == CANVAS_ASCII);
	canvas_text(canvas, row, 0, cut.data,
		    is_more ? CANVAS_STRONG : CANVAS_LABEL);
	strbuf_release(&name);
	strbuf_release(&cut);
	if (room >= BAR_COLS_LEAST && most > 0) {
		mark = col + (int)lrint(fmin(entry.chance_high / most, 1) *
					(room - 1));
		if (entry.share > 0)
			canvas_bar(canvas, row, col, room, entry.share / most,
				   is_more ? 0 : CANVAS_FAINT);
		if (entry.chance_high > 0 && !is_more)
			canvas_put(canvas, row, mark,
				   canvas_glyph(canvas, 0x2502, '|'), 1,
				   CANVAS_AXIS);
	}
	format_part(text, sizeof(text), entry.share);
	format_part(chance, sizeof(chance), entry.chance);
	col = canvas->cols - SHARE_COLS - (is_wide ? CHANCE_COLS : 0);
	canvas_textf(canvas, row, col, is_more ? CANVAS_STRONG : CANVAS_LABEL,
		     " %6s", text);
	if (is_wide)
		canvas_textf(canvas, row, col + SHARE_COLS, CANVAS_LABEL,
			     "  chance %6s", chance);
}

static int name_cols_of(const struct picture_points *points,
			const struct canvas *canvas)
{
	int cols = 4, most = canvas->cols / 3;

	if (most > NAME_COLS_MOST)
		most = NAME_COLS_MOST;
	for (size_t i = 0; i < entry_count(points); i++) {
		struct strbuf name = STRBUF_INIT;
		int wide;

		name_entry(points, i, &name);
		wide = utf8_width(name.data, name.len);
		cols = wide > cols ? wide : cols;
		strbuf_release(&name);
	}
	return cols < most ? cols : most;
}

/* Lines: parameters, a heading, pairs. */
static size_t line_count(const struct picture_points *points)
{
	return points->space->count +
	       (points->pair_count ? points->pair_count + 1 : 0);
}

static size_t line_of(const struct picture_points *points, size_t entry)
{
	return entry + (entry >= points->space->count);
}

static void scroll(struct bars *bars, const struct picture_points *points,
		   size_t rows)
{
	size_t line = line_of(points, bars->cursor);
	size_t lines = line_count(points);

	if (bars->has_cursor && line < bars->top)
		bars->top = line;
	if (bars->has_cursor && line >= bars->top + rows)
		bars->top = line - rows + 1;
	if (bars->top + rows > lines)
		bars->top = lines > rows ? lines - rows : 0;
	bars->shown = rows;
}

static void tell_note(struct console *console,
		      const struct picture_points *points)
{
	struct strbuf border = STRBUF_INIT;
	size_t best = importance_best_count(points->importance);
	size_t all = importance_all_count(points->importance);

	format_number(&border, importance_border(points->importance), 8);
	if (points->read < console->data.trials.count)
		pictures_note(console, "best %zu of %zu; %zu of %zu read", best,
			      all, points->read, console->data.trials.count);
	else
		pictures_note(console, "best %zu of %zu, %s %s", best, all,
			      points->mode == OBJECTIVE_MINIMIZE ? "up to"
								 : "from",
			      border.data);
	strbuf_release(&border);
}

static bool draw(struct console *console, void *state, struct canvas *canvas,
		 struct strbuf *ret_why)
{
	struct picture_points *points = picture_points_of(console);
	struct bars *bars = state;
	int name_cols;
	double most = 0;

	if (picture_points_why(console, points, IMPORTANCE_LEAST, ret_why))
		return false;
	if (!points->importance)
		return false;
	if (bars->total <= 0) {
		strbuf_adds(ret_why, "All results are equal, or all parameters "
				     "have one value: nothing matters more "
				     "than anything else.");
		return false;
	}
	if (bars->cursor >= entry_count(points))
		bars->cursor = 0;
	scroll(bars, points, canvas->rows > 0 ? (size_t)canvas->rows : 0);
	name_cols = name_cols_of(points, canvas);
	bars->bar_col = name_cols + 1;
	for (size_t i = 0; i < entry_count(points); i++)
		most = fmax(most, entry_at(bars, points, i).share);
	for (int row = 0; row < canvas->rows; row++) {
		size_t line = bars->top + (size_t)row;

		if (line >= line_count(points))
			break;
		if (points->pair_count && line == points->space->count) {
			canvas_text(
				canvas, row, 0,
				"together, beyond each alone:", CANVAS_LABEL);
			continue;
		}
		draw_entry(bars, points, line - (line > points->space->count),
			   most, row, name_cols, canvas);
	}
	tell_note(console, points);
	return true;
}

static enum picture_did open_entry(struct console *console, struct bars *bars,
				   struct picture_points *points)
{
	size_t count = points->space->count;
	struct error ignored;

	if (!bars->has_cursor)
		return PICTURE_NOTHING;
	if (bars->cursor < count) {
		picture_points_choose(points, 0,
				      points->items[bars->cursor].parameter);
		pictures_show(console, "slice", &ignored);
	} else {
		const struct interaction *pair =
			&points->pairs[bars->cursor - count];

		picture_points_choose(points, 0, pair->a);
		picture_points_choose(points, 1, pair->b);
		pictures_show(console, "contour", &ignored);
	}
	return PICTURE_PREPARE;
}

static enum picture_did on_action(struct console *console, void *state,
				  enum action_id action)
{
	struct picture_points *points = picture_points_of(console);
	struct bars *bars = state;
	size_t count = points ? entry_count(points) : 0, page = bars->shown;
	size_t at = bars->cursor;

	if (!count || !points->importance)
		return PICTURE_NOTHING;
	switch (action) {
	case ACTION_DOWN:
		at = bars->has_cursor ? at + 1 : 0;
		break;
	case ACTION_UP:
		at = bars->has_cursor && at ? at - 1 : 0;
		break;
	case ACTION_PAGE_DOWN:
	case ACTION_HALF_DOWN:
		at += page;
		break;
	case ACTION_PAGE_UP:
	case ACTION_HALF_UP:
		at -= page < at ? page : at;
		break;
	case ACTION_FIRST:
		at = 0;
		break;
	case ACTION_LAST:
		at = count - 1;
		break;
	case ACTION_OPEN:
		return open_entry(console, bars, points);
	case ACTION_BACK:
		if (!bars->has_cursor)
			return PICTURE_NOTHING;
		bars->has_cursor = false;
		return PICTURE_DRAW;
	default:
		return PICTURE_NOTHING;
	}
	bars->cursor = at < count ? at : count - 1;
	bars->has_cursor = true;
	return PICTURE_DRAW;
}

static bool cursor(const struct console *console, void *state,
		   struct picture_cursor *ret)
{
	struct picture_points *points = picture_points_shown(console);
	struct bars *bars = state;

	if (!bars->has_cursor || !points)
		return false;
	ret->row = (int)(line_of(points, bars->cursor) - bars->top);
	ret->col = bars->bar_col - 1;
	ret->top = 1;
	ret->bottom = 0;
	return true;
}

static void readout(struct console *console, void *state, struct strbuf *out)
{
	struct picture_points *points = picture_points_shown(console);
	struct bars *bars = state;
	struct strbuf name = STRBUF_INIT;
	struct entry entry;
	char text[16];

	if (!bars->has_cursor || !points || !points->importance ||
	    bars->cursor >= entry_count(points))
		return;
	entry = entry_at(bars, points, bars->cursor);
	format_part(text, sizeof(text), entry.share);
	name_entry(points, bars->cursor, &name);
	strbuf_addf(out, "%s %s%s", name.data, text,
		    entry.share > entry.chance_high ? ""
						    : ", no more than chance");
	strbuf_addf(out, "; %zu of the best, %zu in all have %s", entry.best,
		    entry.all,
		    bars->cursor < points->space->count ? "it" : "both");
	strbuf_release(&name);
}

const struct picture_ops picture_importance = {
	.name = "importance",
	.title = "Importance",
	.hint = "j k parameters  Enter looks closer  m metric",
	.uses_metric = true,
	.state_size = sizeof(struct bars),
	.prepare = prepare,
	.wants = wants,
	.load = load,
	.draw = draw,
	.on_action = on_action,
	.cursor = cursor,
	.readout = readout,
};
