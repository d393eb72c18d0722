/* SPDX-License-Identifier: MIT */
/*
 * The dialog that chooses columns: every field there is, those that are shown
 * first and in their order.  What is done takes effect at once.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/view_trials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_COLS 22

struct column_choice {
	struct trial_field field;
	int width_cols; /* 0: as it fits */
	bool is_shown;
};

static struct column_choice *find(struct console *console,
				  const struct trial_field *field)
{
	size_t i;

	for (i = 0; i < console->columns.count; i++)
		if (trial_field_is_same(&console->columns.items[i].field,
					field))
			return &console->columns.items[i];
	return NULL;
}

static void add(struct console *console, const struct trial_field *field,
		int width_cols, bool is_shown)
{
	size_t count = console->columns.count;

	if (find(console, field))
		return;
	console->columns.items =
		xrealloc(console->columns.items,
			 (count + 1) * sizeof(*console->columns.items));
	console->columns.items[count] =
		(struct column_choice){*field, width_cols, is_shown};
	console->columns.count = count + 1;
}

struct gathering {
	struct console *console;
	struct field_names names;
};

static void add_name(const char *name, void *arg)
{
	struct gathering *gathering = arg;
	struct trial_field field;
	struct error ignored;

	if (trial_field_parse(name, &gathering->names, &field, &ignored))
		add(gathering->console, &field, 0, false);
}

static void gather(struct console *console)
{
	struct trial_column columns[TRIAL_COLUMNS_MAX];
	size_t count = trials_columns_now(console, columns), i;
	struct gathering gathering = {.console = console};

	console->columns.count = 0;
	for (i = 0; i < count; i++)
		add(console, &columns[i].field, columns[i].width_cols, true);
	gathering.names = data_names(&console->data);
	trial_field_each(&gathering.names, true, add_name, &gathering);
	console->columns.list.count = console->columns.count;
	list_clamp(&console->columns.list);
}

static void apply(struct console *console)
{
	struct trial_column columns[TRIAL_COLUMNS_MAX];
	size_t i, n = 0;

	for (i = 0; i < console->columns.count && n < TRIAL_COLUMNS_MAX; i++)
		if (console->columns.items[i].is_shown)
			columns[n++] = (struct trial_column){
				console->columns.items[i].field,
				console->columns.items[i].width_cols};
	trials_choose(console, columns, n);
}

static struct column_choice *under_cursor(struct console *console)
{
	size_t at = console->columns.list.cursor;

	return at < console->columns.count ? &console->columns.items[at] : NULL;
}

static size_t shown_count(const struct console *console)
{
	size_t n = 0;

	while (n < console->columns.count && console->columns.items[n].is_shown)
		n++;
	return n;
}

/* Shown columns stay together at the top: one that is shown becomes the last
 * of them, one that is hidden the first of the others. */
static void toggle(struct console *console)
{
	struct column_choice *items = console->columns.items;
	size_t at = console->columns.list.cursor, shown = shown_count(console);
	struct column_choice item;

	if (at >= console->columns.count)
		return;
	if (items[at].is_shown && shown == 1) {
		console_say(console, ROLE_WARNING,
			    "one column has to stay; U brings the usual ones "
			    "back");
		return;
	}
	if (!items[at].is_shown && shown == TRIAL_COLUMNS_MAX) {
		console_say(console, ROLE_WARNING, "at most %d columns",
			    TRIAL_COLUMNS_MAX);
		return;
	}
	item = items[at];
	item.is_shown = !item.is_shown;
	if (item.is_shown) {
		memmove(items + shown + 1, items + shown,
			(at - shown) * sizeof(*items));
		items[shown] = item;
	} else {
		memmove(items + at, items + at + 1,
			(shown - 1 - at) * sizeof(*items));
		items[shown - 1] = item;
	}
	apply(console);
}

static void move(struct console *console, bool is_up)
{
	struct column_choice *items = console->columns.items, item;
	size_t at = console->columns.list.cursor, shown = shown_count(console);
	size_t to = is_up ? at - 1 : at + 1;

	if (at >= shown || to >= shown)
		return;
	item = items[at];
	items[at] = items[to];
	items[to] = item;
	list_move(&console->columns.list, is_up ? -1 : 1);
	apply(console);
}

static void size(struct console *console, int step)
{
	struct column_choice *item = under_cursor(console);

	if (!item || !item->is_shown)
		return;
	if (!item->width_cols)
		item->width_cols = trials_column_cols(console, &item->field);
	item->width_cols += step;
	if (item->width_cols < 1)
		item->width_cols = 1;
	if (item->width_cols > TRIAL_COLUMN_COLS_MAX)
		item->width_cols = TRIAL_COLUMN_COLS_MAX;
	apply(console);
}

static bool on_action(struct console *console, enum action_id action)
{
	if (list_on_action(&console->columns.list, (int)action))
		return true;
	switch (action) {
	case ACTION_MARK:
		toggle(console);
		return true;
	case ACTION_COLUMN_LEFT:
	case ACTION_COLUMN_RIGHT:
		move(console, action == ACTION_COLUMN_LEFT);
		return true;
	case ACTION_COLUMN_NARROW:
	case ACTION_COLUMN_WIDE:
		size(console, action == ACTION_COLUMN_WIDE ? 1 : -1);
		return true;
	case ACTION_UNMARK_ALL:
		trials_choose(console, NULL, 0);
		gather(console);
		return true;
	default:
		return false;
	}
}

static void describe(const struct console *console,
		     const struct trial_field *field, struct strbuf *out)
{
	static const char *const stats[STAT_LIMIT] = {
		[STAT_VALUE] = "final result, or else the newest",
		[STAT_FINAL] = "final result",
		[STAT_LAST] = "newest result",
		[STAT_FIRST] = "first result",
		[STAT_MIN] = "least result",
		[STAT_MAX] = "greatest result",
		[STAT_MEAN] = "mean of the results",
		[STAT_COUNT] = "how many results",
	};
	const struct space *space = console->data.space;

	if (field->kind == FIELD_METRIC)
		strbuf_addf(out, "metric: %s", stats[field->stat]);
	else if (field->kind == FIELD_PARAMETER && space)
		strbuf_addf(out, "parameter: %s",
			    parameter_kind_name(
				    space->parameters[field->parameter].kind));
	else
		strbuf_adds(out, trial_field_help(field->kind));
}

static void draw_line(struct console *console, size_t at, int y,
		      struct rect rect)
{
	const struct column_choice *item = &console->columns.items[at];
	bool is_selected = at == console->columns.list.cursor;
	enum role role = is_selected	  ? ROLE_SELECTED
			 : item->is_shown ? ROLE_NORMAL
					  : ROLE_DIM;
	struct field_names names = data_names(&console->data);
	struct strbuf name = STRBUF_INIT, help = STRBUF_INIT;
	char width[32] = "";
	int x = rect.x + 1, name_cols = NAME_COLS;

	if (item->width_cols)
		snprintf(width, sizeof(width), "%d", item->width_cols);
	trial_field_format(&item->field, &names, &name);
	describe(console, &item->field, &help);
	draw_fill(y, rect.x, rect.cols, role, ' ');
	draw_text(y, x, 3, role, item->is_shown ? "[x]" : "[ ]");
	draw_text(y, x + 4, name_cols, role, name.data);
	draw_right(y, x + 5 + name_cols, 3, role, width);
	if (rect.cols > x + 10 + name_cols)
		draw_text(y, x + 9 + name_cols, rect.cols - x - 9 - name_cols,
			  role, help.data);
	strbuf_release(&name);
	strbuf_release(&help);
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	struct list *list = &console->columns.list;
	char right[64];
	int line;

	list->count = console->columns.count;
	list->rows = rect.rows - 2;
	list_clamp(list);
	snprintf(right, sizeof(right), "%zu of %zu shown ",
		 shown_count(console), console->columns.count);
	bars_title(rect, is_focused, " Columns", right);
	draw_fill(rect.y + 1, rect.x, rect.cols, ROLE_HEADER, ' ');
	draw_text(rect.y + 1, rect.x + 1, rect.cols - 1, ROLE_HEADER,
		  "Space shows or hides, ( ) moves, { } sizes, U: the usual");
	for (line = 0; line < list->rows; line++)
		if (list->top + (size_t)line < list->count)
			draw_line(console, list->top + (size_t)line,
				  rect.y + 2 + line, rect);
}

static void recalc(struct console *console, unsigned changes)
{
	/* another experiment, or the view was opened */
	if (changes & DATA_SELECTION)
		gather(console);
}

static bool search(struct console *console, const char *text, bool is_backward)
{
	struct list *list = &console->columns.list;
	struct field_names names = data_names(&console->data);
	struct strbuf name = STRBUF_INIT;
	size_t i, n = console->columns.count;
	bool is_found = false;

	if (text) {
		free(console->trials.search);
		console->trials.search = xstrdup(text);
	}
	text = console->trials.search;
	for (i = 1; text && i <= n && !is_found; i++) {
		size_t at = (list->cursor + (is_backward ? n - i : i)) % n;

		strbuf_clear(&name);
		trial_field_format(&console->columns.items[at].field, &names,
				   &name);
		is_found = strcasestr(name.data, text) != NULL;
		if (is_found)
			list_go(list, at);
	}
	strbuf_release(&name);
	return is_found;
}

const struct view_ops view_columns = {
	.name = "columns",
	.bit = VIEW_COLUMNS,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
	.search = search,
};
