/* SPDX-License-Identifier: MIT */
/*
 * What each place for a trial was used for, over time: a row a place (several
 * when there is no room), a column a stretch of time, and in each cell what
 * most of that time went to: running, being pulled and started, waiting, or
 * nothing.
 *
 * The store does not say which place a trial had, since there are only so many
 * at once: a trial takes the lowest that is free when it is submitted.  Of a
 * trial that ran again the newest attempt is drawn.  That an image is being
 * pulled is known of trials that wait now; it is part of the waiting of those
 * that waited before.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "tui/picture.h"
#include "tui/timeline_cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_COLS 5

static const struct {
	const char *name;
	uint32_t fill;
	char ascii;
	enum role role;
} uses[USES] = {
	{"running", 0x2588, '=', ROLE_RUNNING},
	{"pulling, starting", 0x2592, '%', ROLE_EARLY},
	{"waiting", 0x2591, ':', ROLE_WAITING},
};

/* Owners of cells beside the canvas' own. */
enum { OWNER_USE = 0 };

static const struct {
	const char *name;
	int64_t window_ns;
} windows[] = {
	{"all", 0},
	{"last 6h", 6 * 3600 * NS_PER_S},
	{"last hour", 3600 * NS_PER_S},
	{"last 10m", 600 * NS_PER_S},
};

static void release(void *state)
{
	struct timeline *t = state;

	timeline_slots_release(&t->slots);
	free(t->cells);
	free(t->ends);
}

/* ---- gathering ---------------------------------------------------------- */

static bool is_being_pulled(const char *reason)
{
	return strstr(reason, "pull") || strstr(reason, "image") ||
	       strstr(reason, "starting") || strstr(reason, "Creating") ||
	       strstr(reason, "Initializing");
}

static void find_pulled(struct console *console, struct timeline *t)
{
	const struct trial_index *index = &console->data.trials;
	size_t looked = 0;

	t->pulled_count = 0;
	if (!console_has_cluster(console))
		return;
	for (size_t i = index->count;
	     i-- > 0 && looked < TIMELINE_PULLED_MAX;) {
		const struct trial_row *row = &index->rows[i];
		const struct trial_text *text;

		if (!(row->flags & ROW_LOADED) || row->state != TRIAL_WAITING)
			continue;
		looked++;
		text = trial_texts_get(console->texts, console->data.store,
				       console->data.space, row->key,
				       row->version);
		if (is_being_pulled(text->reason))
			t->pulled[t->pulled_count++] = (int64_t)i;
	}
}

static void prepare(struct console *console, void *state, bool is_new)
{
	struct timeline *t = state;
	const struct experiment_row *row = data_selected(&console->data);

	if (is_new) {
		t->has_cursor = false;
		t->window = 0;
	}
	t->now_ns = clock_wall_ns();
	if (row && row->ended_ns)
		t->now_ns = row->ended_ns;
	timeline_slots_assign(&t->slots, &console->data.trials, t->now_ns);
	t->first_ns = t->slots.first_ns;
	/* nobody knows what became of trials that nobody looks after */
	if (row && !row->is_live && t->slots.seen_ns)
		t->now_ns = t->slots.seen_ns;
	if (t->slots.last_ns > t->now_ns)
		t->now_ns = t->slots.last_ns;
	find_pulled(console, t);
	if (console->data.trials.retried)
		pictures_note(console, "%s, newest attempts",
			      windows[t->window].name);
	else
		pictures_note(console, "%s", windows[t->window].name);
}

/* ---- drawing ------------------------------------------------------------ */

static void draw_cell(struct timeline *t, struct canvas *canvas, int row,
		      int col)
{
	const double *cell = timeline_cell(t, row, col);
	double whole = timeline_ns_per_col(t) * (double)t->per_row, sum = 0;
	unsigned end = t->ends[row * t->plot_cols + col];
	int most = 0, owner;
	uint32_t point;

	for (int use = 0; use < USES; use++) {
		sum += cell[use];
		if (cell[use] > cell[most])
			most = use;
	}
	owner = OWNER_USE + most;
	if (t->per_row > 1 && most == USE_RUNNING) {
		point = canvas_shade(canvas, cell[most] / whole);
	} else if (t->per_row > 1 || sum >= whole / 2) {
		point = canvas_glyph(canvas, uses[most].fill, uses[most].ascii);
	} else {
		point = canvas_glyph(canvas, 0x00B7, '.');
		owner = CANVAS_FAINT;
	}
	/* places lie apart where there is room for a line between them */
	for (int i = 0; i < (t->height > 1 ? t->height - 1 : 1); i++)
		canvas_put(canvas, row * t->height + i, LABEL_COLS + col, point,
			   1, owner);
	if (end && t->per_row == 1)
		canvas_put(canvas, row * t->height, LABEL_COLS + col,
			   (unsigned char)trial_state_letter(
				   (enum trial_state)(end - 1)),
			   1, CANVAS_STATE - (int)(end - 1));
}

/* "+1h04m" after the first submission. */
static void add_since(struct strbuf *out, int64_t ns)
{
	strbuf_addch(out, '+');
	if (ns > 0)
		clock_format_duration(out, ns);
	else
		strbuf_addch(out, '0');
}

static void draw_labels(const struct timeline *t, struct canvas *canvas)
{
	int free_col = 0;
	struct strbuf text = STRBUF_INIT;
	int axis_row = t->plot_rows * t->height;

	for (int row = 0; row < t->plot_rows; row++)
		canvas_textf(canvas, row * t->height, 0, CANVAS_LABEL, "%*zu",
			     LABEL_COLS - 1, (size_t)row * t->per_row + 1);
	for (int col = 0; col < t->plot_cols; col += 10) {
		int64_t at_ns = t->from_ns +
				(int64_t)(timeline_ns_per_col(t) * col) -
				t->first_ns;

		if (LABEL_COLS + col < free_col)
			continue;
		strbuf_clear(&text);
		add_since(&text, at_ns);
		if (LABEL_COLS + col + (int)text.len > canvas->cols)
			break;
		free_col = canvas_text(canvas, axis_row, LABEL_COLS + col,
				       text.data, CANVAS_LABEL) +
			   2;
	}
	strbuf_release(&text);
}

static void draw_legend(const struct timeline *t, struct canvas *canvas,
			int row)
{
	int col = LABEL_COLS;

	for (int use = 0; use < USES; use++) {
		if (use == USE_PULLING && !t->pulled_count)
			continue;
		canvas_put(
			canvas, row, col,
			canvas_glyph(canvas, uses[use].fill, uses[use].ascii),
			1, OWNER_USE + use);
		col = canvas_text(canvas, row, col + 2, uses[use].name,
				  CANVAS_LABEL) +
		      2;
	}
	if (t->per_row > 1)
		canvas_textf(canvas, row, col, CANVAS_LABEL, "%zu places a row",
			     t->per_row);
	else
		canvas_text(canvas, row, col,
			    "F failed  E stopped early  X canceled",
			    CANVAS_LABEL);
}

static void choose_window(struct timeline *t)
{
	t->to_ns = t->now_ns;
	t->from_ns = t->first_ns;
	if (windows[t->window].window_ns &&
	    t->to_ns - windows[t->window].window_ns > t->from_ns)
		t->from_ns = t->to_ns - windows[t->window].window_ns;
	if (t->to_ns <= t->from_ns)
		t->to_ns = t->from_ns + NS_PER_S;
}

static bool draw(struct console *console, void *state, struct canvas *canvas,
		 struct strbuf *ret_why)
{
	struct timeline *t = state;
	bool has_legend = canvas->rows >= 8;
	int rows = canvas->rows - 1 - has_legend;

	if (!t->slots.slot_count) {
		strbuf_adds(ret_why, "No trial was submitted yet. Each takes "
				     "a place here when it is.");
		return false;
	}
	choose_window(t);
	t->plot_cols =
		canvas->cols > LABEL_COLS ? canvas->cols - LABEL_COLS : 1;
	t->per_row = (t->slots.slot_count + (size_t)rows - 1) / (size_t)rows;
	t->plot_rows =
		(int)((t->slots.slot_count + t->per_row - 1) / t->per_row);
	t->height = rows / t->plot_rows > 3 ? 3 : rows / t->plot_rows;
	if (t->row >= t->plot_rows)
		t->row = t->plot_rows - 1;
	if (t->col >= t->plot_cols)
		t->col = t->plot_cols - 1;
	timeline_fill(t, &console->data.trials);
	for (int row = 0; row < t->plot_rows; row++)
		for (int col = 0; col < t->plot_cols; col++)
			draw_cell(t, canvas, row, col);
	draw_labels(t, canvas);
	if (has_legend)
		draw_legend(t, canvas, canvas->rows - 1);
	return true;
}

/* ---- cursor ------------------------------------------------------------- */

static int clamp(int value, int most)
{
	return value < 0 ? 0 : value > most ? most : value;
}

static enum picture_did on_action(struct console *console, void *state,
				  enum action_id action)
{
	struct timeline *t = state;
	int rows = 0, cols = 0;

	(void)console;
	switch (action) {
	case ACTION_LEFT:
		cols = -1;
		break;
	case ACTION_RIGHT:
		cols = 1;
		break;
	case ACTION_UP:
		rows = -1;
		break;
	case ACTION_DOWN:
		rows = 1;
		break;
	case ACTION_FIRST:
		cols = -t->plot_cols;
		break;
	case ACTION_LAST:
		cols = t->plot_cols;
		break;
	case ACTION_CHART_MODE:
		t->window = (t->window + 1) % COUNT_OF(windows);
		return PICTURE_PREPARE;
	case ACTION_BACK:
		if (!t->has_cursor)
			return PICTURE_NOTHING;
		t->has_cursor = false;
		return PICTURE_MOVED;
	default:
		return PICTURE_NOTHING;
	}
	if (!t->has_cursor) {
		t->has_cursor = true;
		t->row = 0;
		t->col = t->plot_cols - 1;
		return PICTURE_MOVED;
	}
	t->row = clamp(t->row + rows, t->plot_rows - 1);
	t->col = clamp(t->col + cols, t->plot_cols - 1);
	return PICTURE_MOVED;
}

static bool cursor(const struct console *console, void *state,
		   struct picture_cursor *ret)
{
	const struct timeline *t = state;

	(void)console;
	if (!t->has_cursor || !t->slots.slot_count)
		return false;
	ret->row = t->row * t->height;
	ret->col = LABEL_COLS + t->col;
	return true;
}

/* The newest trial that a cell's place had in a cell's time, or -1. */
static int64_t trial(const struct console *console, void *state)
{
	const struct timeline *t = state;
	const struct trial_index *index = &console->data.trials;
	int64_t from_ns, to_ns;

	if (!t->has_cursor || !t->slots.slot_count)
		return -1;
	from_ns = t->from_ns + (int64_t)(timeline_ns_per_col(t) * t->col);
	to_ns = t->from_ns + (int64_t)(timeline_ns_per_col(t) * (t->col + 1));
	for (size_t i = t->slots.count; i-- > 0;) {
		const struct trial_row *row =
			trial_index_find(index, (int64_t)i);

		if (!row || t->slots.slots[i] == TIMELINE_NO_SLOT ||
		    timeline_row(t, t->slots.slots[i]) != t->row)
			continue;
		if (row->submitted_ns < to_ns &&
		    (!row->ended_ns || row->ended_ns >= from_ns))
			return (int64_t)i;
	}
	return -1;
}

static void readout(struct console *console, void *state, struct strbuf *out)
{
	struct timeline *t = state;
	int64_t sequence = trial(console, state), took_ns;
	const struct trial_row *row =
		trial_index_find(&console->data.trials, sequence);

	if (!t->has_cursor) {
		strbuf_addf(out,
			    "%zu places, running %.0f%% of the time  h l j k "
			    "look at trials  v window",
			    t->slots.slot_count, 100 * t->busy);
		return;
	}
	strbuf_addch(out, '+');
	clock_format_duration(out, t->from_ns +
					   (int64_t)(timeline_ns_per_col(t) *
						     (t->col + 0.5)) -
					   t->first_ns);
	if (!row) {
		strbuf_adds(out, "  idle");
		return;
	}
	strbuf_addf(out, "  #%lld %s", (long long)sequence,
		    trial_state_name((enum trial_state)row->state));
	took_ns = trial_row_duration_ns(row, t->now_ns);
	if (took_ns >= 0) {
		strbuf_adds(out, "  ran ");
		clock_format_duration(out, took_ns);
		strbuf_adds(out, "  waited ");
		clock_format_duration(out, row->started_ns - row->submitted_ns);
	} else {
		strbuf_adds(out, timeline_is_pulled(t, sequence)
					 ? "  pulling, starting"
					 : "  waiting");
	}
}

static enum role role(const struct console *console, const void *state,
		      int owner)
{
	(void)console;
	(void)state;
	return owner >= OWNER_USE && owner < OWNER_USE + USES
		       ? uses[owner - OWNER_USE].role
		       : pictures_role(owner);
}

const struct picture_ops picture_timeline = {
	.name = "timeline",
	.title = "Timeline of places",
	.hint = "h l j k look at trials  v window",
	.state_size = sizeof(struct timeline),
	.release = release,
	.prepare = prepare,
	.draw = draw,
	.on_action = on_action,
	.cursor = cursor,
	.readout = readout,
	.trial = trial,
	.role = role,
};
