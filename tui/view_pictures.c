/* SPDX-License-Identifier: MIT */
/*
 * The screen of pictures: title, the picture on its canvas, and one line that
 * says what is under its cursor.
 *
 * A picture is gathered and drawn only when something it shows has changed;
 * a key that moves the cursor copies the same cells again.  What comes in
 * while somebody looks is gathered at a pace that leaves the time to the keys
 * (REST_FACTOR in picture.c).
 */
#include "base/clock.h"
#include "tui/picture_private.h"

#include <stdio.h>
#include <string.h>

static void recalc(struct console *console, unsigned changes)
{
	struct pictures *pictures = console->pictures;

	if (!(changes & (DATA_TRIALS | DATA_SELECTION | DATA_EXPERIMENT)))
		return;
	pictures->needs_prepare = true;
	if (changes & DATA_SELECTION)
		pictures_follow(console);
}

static void prepare(struct console *console)
{
	struct pictures *pictures = console->pictures;
	int64_t begin_ns = clock_mono_ns();
	int64_t *seen = &pictures->seen[pictures->current];
	const struct picture_ops *ops;
	void *state;

	pictures_follow(console);
	ops = pictures_current(console, &state);
	pictures->note[0] = '\0';
	ops->prepare(console, state, *seen != console->data.selected);
	*seen = console->data.selected;
	picture_values_look(&pictures->values, &console->data.trials);
	pictures->needs_prepare = pictures->must_hurry = false;
	pictures->needs_draw = true;
	pictures->prepared_ns = clock_mono_ns();
	pictures->cost_ns = pictures->prepared_ns - begin_ns;
}

static void draw(struct console *console, struct rect rect)
{
	struct pictures *pictures = console->pictures;
	int64_t begin_ns = clock_mono_ns();
	const struct picture_ops *ops;
	void *state;

	ops = pictures_current(console, &state);
	canvas_begin(&pictures->canvas, rect.cols, rect.rows,
		     console_canvas_style(console));
	strbuf_clear(&pictures->why);
	pictures->has_picture =
		ops->draw(console, state, &pictures->canvas, &pictures->why);
	pictures->drawn = rect;
	pictures->needs_draw = false;
	pictures->cost_ns += clock_mono_ns() - begin_ns;
}

static enum role role_of(struct console *console, int owner)
{
	const struct picture_ops *ops;
	void *state;

	ops = pictures_current(console, &state);
	return ops->role ? ops->role(console, state, owner)
			 : pictures_role(owner);
}

static void copy_cells(struct console *console, struct rect rect)
{
	const struct canvas *canvas = &console->pictures->canvas;

	for (int row = 0; row < canvas->rows && row < rect.rows; row++) {
		for (int col = 0; col < canvas->cols && col < rect.cols;
		     col++) {
			const struct canvas_cell *cell =
				canvas_cell(canvas, row, col);

			if (cell->width > 0)
				draw_text(rect.y + row, rect.x + col,
					  cell->width,
					  role_of(console, cell->owner),
					  cell->glyph);
		}
	}
}

/* The cursor lies over the picture: cells keep what they show. */
static void draw_picture_cursor(struct console *console, struct rect rect)
{
	const struct canvas *canvas = &console->pictures->canvas;
	struct picture_cursor at = {.row = -1, .top = 1};
	const struct picture_ops *ops;
	void *state;

	ops = pictures_current(console, &state);
	if (!ops->cursor || !ops->cursor(console, state, &at) || at.col < 0 ||
	    at.col >= canvas->cols)
		return;
	for (int row = at.top; row <= at.bottom && row < canvas->rows; row++) {
		if (row < 0 || row == at.row)
			continue;
		if (canvas_cell(canvas, row, at.col)->owner == CANVAS_BLANK)
			draw_point(rect.y + row, rect.x + at.col, ROLE_AXIS,
				   theme_glyph(GLYPH_VLINE));
	}
	if (at.row < 0 || at.row >= canvas->rows)
		return;
	if (theme_is_monochrome() || console->is_ascii)
		draw_point(rect.y + at.row, rect.x + at.col, ROLE_SELECTED,
			   '@');
	else
		draw_role(rect.y + at.row, rect.x + at.col, 1, ROLE_SELECTED);
}

static void draw_readout(struct console *console, struct rect rect)
{
	struct strbuf text = STRBUF_INIT;
	const struct picture_ops *ops;
	void *state;
	bool is_hint;

	ops = pictures_current(console, &state);
	strbuf_addch(&text, ' ');
	if (console->pictures->has_picture)
		ops->readout(console, state, &text);
	is_hint = text.len == 1;
	if (is_hint)
		strbuf_addf(&text, "%s%s[ ] other pictures",
			    console->pictures->has_picture ? ops->hint : "",
			    console->pictures->has_picture && *ops->hint ? "  "
									 : "");
	draw_text(rect.y, rect.x, rect.cols, is_hint ? ROLE_DIM : ROLE_STRONG,
		  text.data);
	strbuf_release(&text);
}

static void draw_title(struct console *console, struct rect rect,
		       bool is_focused)
{
	struct pictures *pictures = console->pictures;
	struct strbuf left = STRBUF_INIT, right = STRBUF_INIT;
	const struct picture_ops *ops;
	size_t missing = 0, count = 0;
	void *state;

	ops = pictures_current(console, &state);
	while (pictures_at(count))
		count++;
	strbuf_addf(&left, " %s", ops->title);
	for (size_t i = 0; i < pictures->values.count; i++)
		if (pictures->values.columns[i].is_wanted)
			missing += pictures->values.columns[i].missing;
	if (pictures->uses_sample)
		missing += pictures->sample.missing;
	/* what is missing from a picture is told before what it is of */
	if (missing)
		strbuf_addf(&left, "  reading, %zu left", missing);
	else if (*pictures->note)
		strbuf_addf(&left, "  %s", pictures->note);
	if (ops->uses_metric) {
		bool is_minimized, is_known;
		const char *name =
			pictures_metric(console, &is_minimized, &is_known);

		strbuf_addf(&left, "  %s%s", name,
			    !is_known	   ? ""
			    : is_minimized ? " (min)"
					   : " (max)");
	}
	if (ops->uses_log && pictures->is_log)
		strbuf_adds(&left, "  log");
	strbuf_addf(&right, "%zu/%zu ", pictures->current + 1, count);
	bars_title(rect, is_focused, left.data, right.data);
	strbuf_release(&left);
	strbuf_release(&right);
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	struct pictures *pictures = console->pictures;
	struct rect title = {rect.y, rect.x, 1, rect.cols};
	struct rect body = {rect.y + 1, rect.x, rect.rows - 2, rect.cols};
	struct rect last = {rect.y + rect.rows - 1, rect.x, 1, rect.cols};
	struct rect why = body;

	if (pictures_wait_ms(console) == 0 ||
	    pictures->seen[pictures->current] != console->data.selected)
		prepare(console);
	if (pictures->needs_draw ||
	    memcmp(&pictures->drawn, &body, sizeof(body)) != 0)
		draw(console, body);
	draw_title(console, title, is_focused);
	if (pictures->has_picture) {
		copy_cells(console, body);
		draw_picture_cursor(console, body);
	} else {
		why.x++;
		why.cols -= 2;
		draw_wrapped(why, ROLE_DIM, pictures->why.data);
	}
	draw_readout(console, last);
}

static void change_metric(struct console *console)
{
	struct pictures *pictures = console->pictures;

	pictures_follow(console);
	if (pictures->metric_count < 2) {
		console_say(console, ROLE_NORMAL,
			    "no other metric was reported");
		return;
	}
	pictures->metric = (pictures->metric + 1) % pictures->metric_count;
	picture_values_trim(&pictures->values, 4);
	pictures->needs_prepare = pictures->must_hurry = true;
}

static void go_to_trial(struct console *console, enum action_id action)
{
	struct trial_index *index = &console->data.trials;
	const struct picture_ops *ops;
	struct trial_row *row = NULL;
	void *state;

	ops = pictures_current(console, &state);
	if (ops->trial && console->pictures->has_picture)
		row = trial_index_find(index, ops->trial(console, state));
	if (!row) {
		console_say(console, ROLE_NORMAL,
			    "no trial is under the cursor (h and l move it)");
		return;
	}
	if (action == ACTION_MARK) {
		trial_index_mark(index, row, !(row->flags & ROW_MARKED));
		console_recalc(console, DATA_SELECTION);
		console->pictures->must_hurry = true;
	} else if (trials_go(console, trial_row_sequence(index, row))) {
		console_push(console, SCREEN_TRIAL);
	} else {
		console_say(console, ROLE_WARNING,
			    "trial #%lld is hidden by the filter",
			    (long long)trial_row_sequence(index, row));
	}
}

static bool on_action(struct console *console, enum action_id action)
{
	struct pictures *pictures = console->pictures;
	const struct picture_ops *ops;
	void *state;

	ops = pictures_current(console, &state);
	switch (ops->on_action ? ops->on_action(console, state, action)
			       : PICTURE_NOTHING) {
	case PICTURE_PREPARE:
		pictures->needs_prepare = pictures->must_hurry = true;
		return true;
	case PICTURE_DRAW:
		pictures->needs_draw = true;
		return true;
	case PICTURE_MOVED:
		return true;
	default:
		break;
	}
	switch (action) {
	case ACTION_PICTURE_NEXT:
		pictures_turn(console, 1);
		return true;
	case ACTION_PICTURE_PREVIOUS:
		pictures_turn(console, -1);
		return true;
	case ACTION_PICTURE_METRIC:
		change_metric(console);
		return true;
	case ACTION_CHART_LOG_AXIS:
		if (!ops->uses_log) {
			console_say(console, ROLE_NORMAL,
				    "%s has no axis of results", ops->title);
			return true;
		}
		pictures->is_log = !pictures->is_log;
		pictures->needs_prepare = pictures->must_hurry = true;
		return true;
	case ACTION_OPEN:
	case ACTION_MARK:
		go_to_trial(console, action);
		return true;
	case ACTION_CHART_MODE:
	case ACTION_TOP_K:
	case ACTION_BRUSH:
		console_say(console, ROLE_NORMAL, "%s does not have that",
			    ops->title);
		return true;
	default:
		return false;
	}
}

const struct view_ops view_pictures = {
	.name = "pictures",
	.bit = VIEW_PICTURES,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
};
