/* SPDX-License-Identifier: MIT */
/*
 * The trials pane: the table most of the time is spent in.
 *
 * Rows come from the index; texts only for what is visible.  The cursor is a
 * sequence number, so it stays on its trial however the rows move.  What
 * else there is to it, view_trials.h lists.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include "tui/view_trials.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/trial_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Does a trial in view say why it is in its state, or has it a tag?  Then
 * there is a column for that, from now on. */
static void look_for_texts(struct console *console)
{
	struct list *list = &console->trials.list;
	int line;

	for (line = 0; line < list->rows && !(console->trials.has_reasons &&
					      console->trials.has_tags);
	     line++) {
		size_t at = list->top + (size_t)line;
		const struct trial_row *row;

		if (at >= list->count)
			return;
		row = trial_index_at(&console->data.trials, at);
		if (!(row->flags & ROW_LOADED))
			continue;
		if (*trials_text_of(console, row)->reason)
			console->trials.has_reasons = true;
		if (*trials_text_of(console, row)->tags)
			console->trials.has_tags = true;
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

static void draw_row(struct console *console, const struct trial_row *row,
		     int y, struct rect rect, bool is_selected, bool is_focused)
{
	struct list *list = &console->trials.list;
	const struct trial_index *index = &console->data.trials;
	int64_t sequence = trial_row_sequence(index, row);
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
		const struct trial_field *field =
			trials_column_field(console, column);
		enum role role = ROLE_NORMAL;

		if (!column->cols)
			continue;
		strbuf_clear(&cell);
		if (row->flags & ROW_LOADED)
			trials_format_cell(console, row, sequence, field,
					   column->cols, &cell, &role);
		else if (field->kind == FIELD_NUMBER)
			strbuf_addf(&cell, "%lld", (long long)sequence);
		if (is_marked && field->kind == FIELD_NUMBER)
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
	struct trial_sort first = trial_index_sort(index);
	int i, width;

	draw_fill(rect.y + 1, rect.x, rect.cols, ROLE_HEADER, ' ');
	for (i = 0; i < list->column_count; i++) {
		const struct list_column *column = &list->columns[i];
		int place = trials_sort_place(
			console, trials_column_field(console, column));
		bool is_sorted = place >= 0;
		const struct trial_sort *sort =
			place > 0 ? &index->sorts[place] : &first;
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
			   theme_glyph(sort->is_descending ? GLYPH_DOWN
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
	if (index->sort_count > 1) {
		struct field_names names = data_names(&console->data);

		strbuf_adds(&left, "  by ");
		trial_sorts_format(index->sorts, index->sort_count, &names,
				   &left);
	}
	if (console->trials.is_following)
		strbuf_adds(&right, "following  ");
	if (index->marked)
		strbuf_addf(&right, "%zu marked  ", index->marked);
	if (trial_index_is_reading(index))
		strbuf_adds(&right, "reading...  ");
	else if (index->filter && index->cache.is_partial)
		strbuf_adds(&right, "some texts left out  ");
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

/* The best trials stay above the list; how many lines they take. */
static int draw_pins(struct console *console, struct rect rect)
{
	const struct trial_index *index = &console->data.trials;
	int most = (rect.rows - 2) / 3, line;
	int count = (int)index->pin_count < most ? (int)index->pin_count : most;

	for (line = 0; line < count; line++) {
		int y = rect.y + 2 + line;

		draw_row(console, &index->rows[index->pins[line]], y, rect,
			 false, false);
		draw_point(y, rect.x, ROLE_BEST, '*');
	}
	return count;
}

static int pinned_lines(const struct console *console, struct rect rect)
{
	int most = (rect.rows - 2) / 3;
	int count = (int)console->data.trials.pin_count;

	return count < most ? count : most > 0 ? most : 0;
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	struct list *list = &console->trials.list;
	const struct trial_index *index = &console->data.trials;
	int line, pinned = pinned_lines(console, rect);

	trials_make_columns(console);
	list->count = console->data.trials.shown;
	list->rows = rect.rows - 2 - pinned;
	list_clamp(list);
	if (console->data.store)
		trial_index_want(&console->data.trials, console->data.store,
				 console->data.selected, list->top,
				 (size_t)(list->rows > 0 ? list->rows : 0));
	look_for_texts(console);
	trials_fit_columns(console, rect.cols - 1);
	draw_title(console, rect, is_focused);
	draw_header(console, rect);
	draw_pins(console, rect);
	rect.y += pinned;
	rect.rows -= pinned;
	if (list->count == 0)
		draw_empty(console, rect);
	for (line = 0; line < list->rows; line++) {
		size_t at = list->top + (size_t)line;

		if (at < list->count)
			draw_row(console, trial_index_at(index, at),
				 rect.y + 2 + line, rect, at == list->cursor,
				 is_focused);
	}
}

static void note_cursor(struct console *console)
{
	struct list *list = &console->trials.list;
	int64_t before = console->trials.sequence;

	console->trials.sequence =
		list->count ? trial_index_sequence(&console->data.trials,
						   list->cursor)
			    : -1;
	console->data.trials.kept_sequence =
		console->trials.is_following ? console->trials.sequence : -1;
	if (before != console->trials.sequence)
		console_recalc(console, DATA_SELECTION);
}

/* Keep the selected trial on its line of the screen, also at the top. */
static void follow(struct list *list, size_t at)
{
	size_t line = list->cursor - list->top;

	list->top = at > line ? at - line : 0;
	list->cursor = at;
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
	else if (at >= 0 && console->trials.is_following)
		follow(list, (size_t)at);
	else if (at >= 0)
		list_follow(list, (size_t)at);
	list_clamp(list);
	note_cursor(console);
	trials_finish_marking(console);
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

static void toggle_follow(struct console *console)
{
	console->trials.is_following = !console->trials.is_following;
	note_cursor(console);
	if (!console->trials.is_following)
		console->data.trials.is_order_stale = true;
	console_recalc(console, DATA_TRIALS);
}

#define PINS 3

static void toggle_pins(struct console *console)
{
	struct trial_index *index = &console->data.trials;

	console->trials.pins = console->trials.pins ? 0 : PINS;
	index->pins_wanted = console->trials.pins;
	index->is_order_stale = true;
	console_recalc(console, DATA_TRIALS);
	if (console->trials.pins && index->pin_count == 0)
		console_say(console, ROLE_NORMAL,
			    "the best trials will stay at the top once there "
			    "is a final result");
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
	case ACTION_FOLLOW_TRIAL:
		toggle_follow(console);
		return true;
	case ACTION_PIN_BEST:
		toggle_pins(console);
		return true;
	case ACTION_COLUMN_LEFT:
	case ACTION_COLUMN_RIGHT:
	case ACTION_COLUMN_NARROW:
	case ACTION_COLUMN_WIDE:
		return trials_column_action(console, action);
	default:
		return trials_sort_action(console, action);
	}
}

/* As a bare word of a filter; "#12" and "12" are numbers. */
static bool is_match(const struct field_source *source,
		     const struct trial_asked *asked, const char *text)
{
	static const struct trial_field fields[] = {
		{.kind = FIELD_ID},	{.kind = FIELD_STATE},
		{.kind = FIELD_REASON}, {.kind = FIELD_TAGS},
		{.kind = FIELD_NOTE},	{.kind = FIELD_PARAMETERS},
	};
	char number[32];
	size_t i;

	snprintf(number, sizeof(number), "%lld", (long long)asked->sequence);
	if (strcmp(text[0] == '#' ? text + 1 : text, number) == 0)
		return true;
	for (i = 0; i < COUNT_OF(fields); i++) {
		const char *have = source->text(source->arg, &fields[i]);

		if (have && strcasestr(have, text))
			return true;
	}
	return false;
}

/* Texts that the cache has no room for are read from the disk, so only so many
 * of them are looked through. */
#define SEARCH_TEXTS 3000

static bool is_on_disk(struct console *console, const struct trial_asked *asked,
		       const char *text, int *texts)
{
	const struct trial_text *all;

	if (!(asked->row->flags & ROW_LOADED) || !asked->is_unknown ||
	    ++*texts > SEARCH_TEXTS)
		return false;
	all = trials_text_of(console, asked->row);
	return strcasestr(all->parameters, text) ||
	       strcasestr(all->reason, text);
}

static bool search(struct console *console, const char *text, bool is_backward)
{
	const struct trial_index *index = &console->data.trials;
	struct list *list = &console->trials.list;
	struct trial_asked asked = {.index = index, .cell = STRBUF_INIT};
	const struct field_source source = trial_source(&asked);
	bool is_found = false;
	int texts = 0;
	size_t i;

	if (text) {
		free(console->trials.search);
		console->trials.search = xstrdup(text);
	}
	text = console->trials.search;
	list->count = index->shown;
	for (i = 1; text && !is_found && i <= list->count; i++) {
		size_t at =
			(list->cursor + (is_backward ? list->count - i : i)) %
			list->count;

		asked.row = trial_index_at(index, at);
		asked.sequence = trial_row_sequence(index, asked.row);
		asked.is_unknown = !index->cache.has_texts;
		is_found = is_match(&source, &asked, text) ||
			   is_on_disk(console, &asked, text, &texts);
		if (is_found)
			list_go(list, at);
	}
	strbuf_release(&asked.cell);
	if (is_found)
		note_cursor(console);
	else if (texts > SEARCH_TEXTS)
		console_say(console, ROLE_WARNING,
			    "not among the first %d that were not read yet",
			    SEARCH_TEXTS);
	return is_found;
}

const struct view_ops view_trials = {
	.name = "trials",
	.bit = VIEW_TRIALS,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
	.search = search,
};
