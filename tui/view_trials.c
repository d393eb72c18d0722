/* SPDX-License-Identifier: MIT */
/*
 * The trials pane: the table most of the time is spent in.
 *
 * Rows come from the index; texts only for what is visible.  The cursor is a
 * sequence number, so it stays on its trial however the rows move.  Columns,
 * sorting and filtering are in trials_columns.c.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include "tui/view_trials.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/format.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct trial_text *text_of(struct console *console,
					const struct trial_row *row)
{
	return trial_texts_get(console->texts, console->data.store,
			       console->data.space, row->key, row->version);
}

static void format_metric(struct strbuf *out, const struct trial_row *row,
			  unsigned flag, double value, int cols)
{
	if (row->flags & flag)
		format_number(out, value, cols);
}

/* A parameter's number is rounded to fit; a word is cut by who draws it. */
static void format_parameter(struct strbuf *out, const char *text, int cols)
{
	char *end;
	double value = strtod(text, &end);

	if (*text && !*end && (int)strlen(text) > cols)
		format_number(out, value, cols);
	else
		strbuf_adds(out, text);
}

static void format_state(struct strbuf *out, enum trial_state state, int cols)
{
	const char *name = trial_state_name(state);

	strbuf_addch(out, trial_state_letter(state));
	if (cols >= 4)
		strbuf_addf(out, " %s", name);
}

static void format_field(struct console *console, const struct trial_row *row,
			 int64_t sequence, int column, int cols,
			 struct strbuf *out, enum role *role)
{
	int64_t duration_ns;

	switch (column) {
	case TRIALS_NUMBER:
		strbuf_addf(out, "%lld", (long long)sequence);
		break;
	case TRIALS_ID:
		strbuf_adds(out, row->id);
		break;
	case TRIALS_STATE:
		format_state(out, row->state, cols);
		*role = bars_state_role(row->state);
		break;
	case TRIALS_TRY:
		strbuf_addf(out, "%d", row->attempt);
		*role = row->attempt > 1 ? ROLE_WARNING : ROLE_NORMAL;
		break;
	case TRIALS_FINAL:
		format_metric(out, row, ROW_HAS_FINAL, row->final, cols);
		*role = sequence == console->data.best_sequence ? ROLE_BEST
								: ROLE_NORMAL;
		break;
	case TRIALS_BEST:
		format_metric(out, row, ROW_HAS_BEST, row->best, cols);
		break;
	case TRIALS_LAST:
		format_metric(out, row, ROW_HAS_LAST, row->last, cols);
		break;
	case TRIALS_STEPS:
		format_count(out, row->intermediates);
		break;
	case TRIALS_TIME:
		duration_ns = trial_row_duration_ns(row, clock_wall_ns());
		if (duration_ns >= 0)
			clock_format_duration(out, duration_ns);
		break;
	case TRIALS_STARTED:
		format_age(out, row->started_ns, clock_wall_ns());
		*role = ROLE_DIM;
		break;
	case TRIALS_NODE:
		strbuf_adds(out, text_of(console, row)->node);
		break;
	case TRIALS_REASON:
		strbuf_adds(out, text_of(console, row)->reason);
		*role = bars_state_role(row->state);
		break;
	case TRIALS_PARAMETERS:
		strbuf_adds(out, text_of(console, row)->parameters);
		break;
	default: {
		const struct trial_text *text = text_of(console, row);
		size_t i = (size_t)(column - TRIALS_PARAMETER);

		if (i < text->cell_count)
			format_parameter(out, text->cells[i], cols);
	}
	}
}

/* Does a trial in view say why it is in its state?  Then there is a column
 * for that, from now on. */
static void look_for_reasons(struct console *console)
{
	struct list *list = &console->trials.list;
	int line;

	for (line = 0; line < list->rows && !console->trials.has_reasons;
	     line++) {
		size_t at = list->top + (size_t)line;
		const struct trial_row *row;

		if (at >= list->count)
			return;
		row = trial_index_at(&console->data.trials, at);
		if ((row->flags & ROW_LOADED) && *text_of(console, row)->reason)
			console->trials.has_reasons = true;
	}
}

static void draw_cell(int y, int x, const struct list_column *column,
		      enum role role, const char *text)
{
	if (column->is_right)
		draw_right(y, x, column->cols, role, text);
	else
		draw_text(y, x, column->cols, role, text);
}

static void draw_row(struct console *console, size_t at, int y,
		     struct rect rect, bool is_focused)
{
	struct list *list = &console->trials.list;
	const struct trial_index *index = &console->data.trials;
	const struct trial_row *row = trial_index_at(index, at);
	int64_t sequence = trial_row_sequence(index, row);
	bool is_selected = at == list->cursor;
	bool is_marked = row->flags & ROW_MARKED;
	enum role whole = is_focused ? ROLE_SELECTED : ROLE_SELECTED_AWAY;
	struct strbuf cell = STRBUF_INIT;
	int i;

	draw_fill(y, rect.x, rect.cols, is_selected ? whole : ROLE_NORMAL, ' ');
	if (is_marked)
		draw_point(y, rect.x, is_selected ? whole : ROLE_MARKED,
			   theme_glyph(GLYPH_MARK));
	for (i = 0; i < list->column_count; i++) {
		const struct list_column *column = &list->columns[i];
		enum role role = ROLE_NORMAL;

		if (!column->cols)
			continue;
		strbuf_clear(&cell);
		if (row->flags & ROW_LOADED)
			format_field(console, row, sequence, column->id,
				     column->cols, &cell, &role);
		else if (column->id == TRIALS_NUMBER)
			strbuf_addf(&cell, "%lld", (long long)sequence);
		if (is_marked && column->id == TRIALS_NUMBER)
			role = ROLE_MARKED;
		if (is_selected)
			role = whole;
		draw_cell(y, rect.x + 1 + column->x, column, role, cell.data);
	}
	strbuf_release(&cell);
}

static void draw_header(struct console *console, struct rect rect)
{
	struct list *list = &console->trials.list;
	const struct trial_index *index = &console->data.trials;
	int sorted = trials_sorted_column(console), i, width;

	draw_fill(rect.y + 1, rect.x, rect.cols, ROLE_HEADER, ' ');
	for (i = 0; i < list->column_count; i++) {
		const struct list_column *column = &list->columns[i];
		bool is_sorted = column->id == sorted;
		enum role role = is_sorted ? ROLE_HEADER_SORTED : ROLE_HEADER;
		int x = rect.x + 1 + column->x;

		if (!column->cols)
			continue;
		draw_cell(rect.y + 1, x, column, role, column->title);
		if (!is_sorted)
			continue;
		/* beside the name, or in the gap when the name fills all */
		width = utf8_width(column->title, strlen(column->title));
		if (width > column->cols)
			width = column->cols;
		draw_point(rect.y + 1,
			   column->is_right ? x + column->cols - width - 1
					    : x + width,
			   role,
			   theme_glyph(index->is_descending ? GLYPH_DOWN
							    : GLYPH_UP));
	}
}

static void draw_title(struct console *console, struct rect rect,
		       bool is_focused)
{
	const struct trial_index *index = &console->data.trials;
	struct strbuf left = STRBUF_INIT, right = STRBUF_INIT;
	struct list *list = &console->trials.list;

	strbuf_adds(&left, " 2 Trials");
	if (console->data.selected)
		strbuf_addf(&left, " of %s", console_experiment_name(console));
	if (*console->trials.filter)
		strbuf_addf(&left, "  \\%s (%zu of %zu)",
			    console->trials.filter, index->shown, index->count);
	if (index->marked)
		strbuf_addf(&right, "%zu marked  ", index->marked);
	if (index->pass_below > 0 && trial_index_needs_pass(index))
		strbuf_adds(&right, "reading...  ");
	if (list->dropped)
		strbuf_addf(&right, "+%d cols  ", list->dropped);
	if (list->count)
		strbuf_addf(&right, "%zu/%zu ", list->cursor + 1, list->count);
	bars_title(rect, is_focused, left.data, right.data);
	strbuf_release(&left);
	strbuf_release(&right);
}

static void draw_empty(struct console *console, struct rect rect)
{
	const char *text;

	if (!console->data.selected)
		return;
	if (*console->trials.filter)
		text = "No trial matches the filter. Esc clears it.";
	else if (console->data.experiment.error)
		text = console->data.experiment.error;
	else
		text = "No trials yet.";
	draw_text(rect.y + 2, rect.x + 1, rect.cols - 1,
		  console->data.experiment.error ? ROLE_ERROR : ROLE_DIM, text);
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	struct list *list = &console->trials.list;
	int line;

	trials_make_columns(console);
	list->count = console->data.trials.shown;
	list->rows = rect.rows - 2;
	list_clamp(list);
	if (console->data.store)
		trial_index_want(&console->data.trials, console->data.store,
				 console->data.selected, list->top,
				 (size_t)(list->rows > 0 ? list->rows : 0));
	look_for_reasons(console);
	trials_fit_columns(console, rect.cols - 1);
	draw_title(console, rect, is_focused);
	draw_header(console, rect);
	if (list->count == 0)
		draw_empty(console, rect);
	for (line = 0; line < list->rows; line++)
		if (list->top + (size_t)line < list->count)
			draw_row(console, list->top + (size_t)line,
				 rect.y + 2 + line, rect, is_focused);
}

static void note_cursor(struct console *console)
{
	struct list *list = &console->trials.list;
	int64_t before = console->trials.sequence;

	console->trials.sequence =
		list->count ? trial_index_sequence(&console->data.trials,
						   list->cursor)
			    : -1;
	if (before != console->trials.sequence)
		console_recalc(console, DATA_SELECTION);
}

static void recalc(struct console *console, unsigned changes)
{
	struct trial_index *index = &console->data.trials;
	struct list *list = &console->trials.list;
	int64_t at;

	if (!(changes & (DATA_TRIALS | DATA_EXPERIMENT)) &&
	    !index->is_order_stale)
		return;
	trial_index_arrange(index);
	list->count = index->shown;
	at = trial_index_position(index, console->trials.sequence);
	/* Who only looks on sees the newest trial and its log. */
	if (!console->trials.is_chosen)
		list_go(list, 0);
	else if (at >= 0)
		list_follow(list, (size_t)at);
	list_clamp(list);
	note_cursor(console);
}

bool trials_go(struct console *console, int64_t sequence)
{
	int64_t at = trial_index_position(&console->data.trials, sequence);

	if (at < 0)
		return false;
	console->trials.list.count = console->data.trials.shown;
	list_go(&console->trials.list, (size_t)at);
	note_cursor(console);
	return true;
}

static void mark_all(struct console *console)
{
	struct trial_index *index = &console->data.trials;
	size_t i;

	for (i = 0; i < index->shown; i++)
		trial_index_mark(index, trial_index_at(index, i), true);
}

static void pan(struct console *console, int step)
{
	int count = console->data.space ? (int)console->data.space->count : 0;
	int first = console->trials.first_parameter + step;

	if (first >= 0 && first < count)
		console->trials.first_parameter = first;
}

static void go_back(struct console *console)
{
	struct error ignored;

	if (*console->trials.filter)
		trials_set_filter(console, "", &ignored);
	else
		console_focus(console, PANE_EXPERIMENTS);
}

static bool on_action(struct console *console, enum action_id action)
{
	struct list *list = &console->trials.list;
	struct trial_row *row = console_trial(console);

	list->count = console->data.trials.shown;
	if (list_on_action(list, action)) {
		note_cursor(console);
		return true;
	}
	switch (action) {
	case ACTION_OPEN:
		if (row)
			console_push(console, SCREEN_TRIAL);
		return true;
	case ACTION_BACK:
		go_back(console);
		return true;
	case ACTION_LEFT:
		pan(console, -1);
		return true;
	case ACTION_RIGHT:
		pan(console, 1);
		return true;
	case ACTION_MARK:
		if (row)
			trial_index_mark(&console->data.trials, row,
					 !(row->flags & ROW_MARKED));
		list_move(list, 1);
		note_cursor(console);
		console_recalc(console, DATA_SELECTION);
		return true;
	case ACTION_MARK_ALL:
		mark_all(console);
		console_recalc(console, DATA_SELECTION);
		return true;
	case ACTION_UNMARK_ALL:
		trial_index_unmark_all(&console->data.trials);
		console_recalc(console, DATA_SELECTION);
		return true;
	default:
		return trials_sort_action(console, action);
	}
}

static bool is_match(struct console *console, size_t at, const char *text)
{
	const struct trial_index *index = &console->data.trials;
	const struct trial_row *row = trial_index_at(index, at);
	int64_t sequence = trial_row_sequence(index, row);
	char number[32];

	snprintf(number, sizeof(number), "%lld", (long long)sequence);
	if (strcmp(text[0] == '#' ? text + 1 : text, number) == 0)
		return true;
	return (row->flags & ROW_LOADED) &&
	       (strcasestr(row->id, text) ||
		strcasestr(trial_state_name(row->state), text));
}

/* Texts are read from the disk, so only so many are looked through. */
#define SEARCH_TEXTS 3000

static bool search(struct console *console, const char *text, bool is_backward)
{
	struct list *list = &console->trials.list;
	int texts = 0;
	size_t i;

	if (text) {
		free(console->trials.search);
		console->trials.search = xstrdup(text);
	}
	text = console->trials.search;
	list->count = console->data.trials.shown;
	for (i = text ? 1 : list->count + 1; i <= list->count; i++) {
		size_t at =
			(list->cursor + (is_backward ? list->count - i : i)) %
			list->count;
		const struct trial_row *row =
			trial_index_at(&console->data.trials, at);
		bool is_found = is_match(console, at, text);

		if (!is_found && texts++ < SEARCH_TEXTS) {
			const struct trial_text *all = text_of(console, row);

			is_found = strcasestr(all->parameters, text) ||
				   strcasestr(all->reason, text);
		}
		if (is_found) {
			list_go(list, at);
			note_cursor(console);
			return true;
		}
	}
	return false;
}

const struct view_ops view_trials = {
	.name = "trials",
	.bit = VIEW_TRIALS,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
	.search = search,
};
