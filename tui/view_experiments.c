/* SPDX-License-Identifier: MIT */
/* The experiments pane: which there are, and which one the rest shows. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/console.h"
#include "tui/format.h"

#include <stdio.h>
#include <string.h>

enum {
	COLUMN_NAME,
	COLUMN_ID,
	COLUMN_STATE,
	COLUMN_PROGRESS,
	COLUMN_RUNNING,
	COLUMN_FAILED,
	COLUMN_BEST,
	COLUMN_AGE,
	COLUMN_TAGS,
	COLUMN_FROM,
};

static bool has_foreign(const struct data *data)
{
	for (size_t i = 0; i < data->experiment_count; i++)
		if (data->experiments[i].from)
			return true;
	return false;
}

/* Where they came from is told when one came from somewhere. */
static void make_columns(struct list *list, bool with_from)
{
	bool has_from = list->column_count > COLUMN_FROM;

	if (list->column_count && has_from == with_from)
		return;
	list->column_count = 0;
	list_add_column(list, COLUMN_NAME, "NAME", 10, 60, 0, false)
		->is_stretched = true;
	list_add_column(list, COLUMN_ID, "ID", 8, 8, 4, false);
	list_add_column(list, COLUMN_STATE, "STATE", 11, 20, 1, false);
	list_add_column(list, COLUMN_PROGRESS, "DONE", 5, 15, 2, true);
	list_add_column(list, COLUMN_RUNNING, "RUN", 5, 9, 5, true);
	list_add_column(list, COLUMN_FAILED, "FAIL", 4, 7, 7, true);
	list_add_column(list, COLUMN_BEST, "BEST", FORMAT_NUMBER_COLS, 9, 3,
			true);
	list_add_column(list, COLUMN_AGE, "STARTED", 7, 8, 8, true);
	list_add_column(list, COLUMN_TAGS, "TAGS", 4, 30, 6, false);
	if (with_from)
		list_add_column(list, COLUMN_FROM, "FROM", 4, 6, 4, false);
}

/* The column of tags takes no place while no experiment has any. */
static void hide_columns(struct list *list, const struct data *data)
{
	bool has_tags = false;
	size_t i;
	int k;

	for (i = 0; i < data->experiment_count && !has_tags; i++)
		has_tags = *data->experiments[i].tags ||
			   data->experiments[i].has_note;
	for (k = 0; k < list->column_count; k++)
		if (list->columns[k].id == COLUMN_TAGS)
			list->columns[k].is_hidden = !has_tags;
}

static void format_field(const struct experiment_row *row, int column, int cols,
			 struct strbuf *out, enum role *role)
{
	int64_t ended = experiment_row_total(row) - experiment_row_live(row);

	switch (column) {
	case COLUMN_NAME:
		if (row->is_marked) {
			utf8_encode(out, theme_glyph(GLYPH_MARK));
			strbuf_addch(out, ' ');
		}
		strbuf_adds(out, row->name && *row->name ? row->name : row->id);
		*role = row->is_marked	   ? ROLE_MARKED
			: row->is_archived ? ROLE_DIM
					   : ROLE_STRONG;
		break;
	case COLUMN_ID:
		strbuf_adds(out, row->id);
		*role = ROLE_DIM;
		break;
	case COLUMN_STATE:
		strbuf_adds(out, bars_experiment_state(row, role));
		break;
	case COLUMN_PROGRESS:
		format_count(out, ended);
		if (row->max_trials > 0) {
			strbuf_addch(out, '/');
			format_count(out, row->max_trials);
		}
		break;
	case COLUMN_RUNNING:
		format_count(out, row->counts[TRIAL_RUNNING]);
		strbuf_addch(out, '/');
		format_count(out, row->concurrency);
		if (row->counts[TRIAL_RUNNING] == 0)
			*role = ROLE_DIM;
		break;
	case COLUMN_FAILED:
		format_count(out, row->counts[TRIAL_FAILED]);
		*role = row->counts[TRIAL_FAILED] ? ROLE_FAILED : ROLE_DIM;
		break;
	case COLUMN_BEST:
		if (row->best.is_set)
			format_number(out, row->best.number, cols);
		else
			strbuf_addch(out, '-');
		*role = row->best.is_set ? ROLE_BEST : ROLE_DIM;
		break;
	case COLUMN_AGE:
		format_age(out,
			   row->started_ns ? row->started_ns : row->created_ns,
			   clock_wall_ns());
		*role = ROLE_DIM;
		break;
	case COLUMN_TAGS:
		strbuf_adds(out, row->tags);
		if (row->has_note)
			strbuf_adds(out, *row->tags ? " (note)" : "(note)");
		break;
	case COLUMN_FROM:
		strbuf_adds(out, row->from ? row->from : "");
		*role = ROLE_DIM;
		break;
	default:
		break;
	}
}

static void measure(struct console *console)
{
	struct list *list = &console->experiments.list;
	struct strbuf cell = STRBUF_INIT;
	int row, i;

	for (row = 0; row < list->rows; row++) {
		size_t at = list->top + (size_t)row;

		if (at >= console->data.experiment_count)
			break;
		for (i = 0; i < list->column_count; i++) {
			enum role role = ROLE_NORMAL;

			strbuf_clear(&cell);
			format_field(&console->data.experiments[at],
				     list->columns[i].id, 9, &cell, &role);
			list_measure(&list->columns[i],
				     utf8_width(cell.data, cell.len));
		}
	}
	strbuf_release(&cell);
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
	struct list *list = &console->experiments.list;
	struct strbuf cell = STRBUF_INIT;
	bool is_selected = at == list->cursor;
	enum role whole = is_focused ? ROLE_SELECTED : ROLE_SELECTED_AWAY;
	int i;

	draw_fill(y, rect.x, rect.cols, is_selected ? whole : ROLE_NORMAL, ' ');
	for (i = 0; i < list->column_count; i++) {
		const struct list_column *column = &list->columns[i];
		enum role role = ROLE_NORMAL;

		if (!column->cols)
			continue;
		strbuf_clear(&cell);
		format_field(&console->data.experiments[at], column->id,
			     column->cols, &cell, &role);
		draw_cell(y, rect.x + column->x, column,
			  is_selected ? whole : role, cell.data);
	}
	strbuf_release(&cell);
}

static void draw_empty(struct console *console, struct rect rect)
{
	static const char *const put_aside[] = {
		"All experiments are archived.",
		"",
		":archived shows them, and B takes one out again.",
	};
	static const char *const none[] = {
		"No experiments yet.",
		"",
		"To begin, leave (q) and type in a shell:",
		"    trialdeck new first",
		"    trialdeck run first/experiment.yaml",
		"Then watch it here. ? helps.",
	};
	bool has_some = console->data.experiment_total > 0;
	const char *const *lines = has_some ? put_aside : none;
	size_t i, count = has_some ? COUNT_OF(put_aside) : COUNT_OF(none);

	for (i = 0; i < count; i++)
		if ((int)i + 1 < rect.rows)
			draw_text(rect.y + 1 + (int)i, rect.x, rect.cols,
				  i == 0 ? ROLE_STRONG : ROLE_NORMAL, lines[i]);
}

/* "by best, 3 archived 2/7 " as far as there is something to say */
static void format_right(const struct console *console, struct strbuf *out)
{
	const struct data *data = &console->data;
	const struct list *list = &console->experiments.list;
	size_t hidden = data->experiment_total - data->experiment_count;

	if (data->order != EXPERIMENTS_BY_AGE || data->is_order_reversed)
		strbuf_addf(out, "by %s%s  ", data_order_name(data->order),
			    data->is_order_reversed ? ", reversed" : "");
	if (hidden)
		strbuf_addf(out, "%zu archived  ", hidden);
	if (list->count)
		strbuf_addf(out, "%zu/%zu ", list->cursor + 1, list->count);
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	struct list *list = &console->experiments.list;
	struct strbuf right = STRBUF_INIT;
	int i, row;

	make_columns(list, has_foreign(&console->data));
	hide_columns(list, &console->data);
	list->count = console->data.experiment_count;
	list->rows = rect.rows - 2;
	list_clamp(list);
	format_right(console, &right);
	bars_title(rect, is_focused, " 1 Experiments", right.data);
	strbuf_release(&right);
	if (!list->count) {
		draw_empty(console, rect);
		return;
	}
	measure(console);
	list_fit(list, rect.cols);
	draw_fill(rect.y + 1, rect.x, rect.cols, ROLE_HEADER, ' ');
	for (i = 0; i < list->column_count; i++)
		if (list->columns[i].cols)
			draw_cell(rect.y + 1, rect.x + list->columns[i].x,
				  &list->columns[i], ROLE_HEADER,
				  list->columns[i].title);
	for (row = 0; row < list->rows; row++)
		if (list->top + (size_t)row < list->count)
			draw_row(console, list->top + (size_t)row,
				 rect.y + 2 + row, rect, is_focused);
}

static bool is_shown(const struct console *console, int64_t key)
{
	for (size_t i = 0; i < console->data.experiment_count; i++)
		if (console->data.experiments[i].key == key)
			return true;
	return false;
}

static void recalc(struct console *console, unsigned changes)
{
	struct list *list = &console->experiments.list;
	size_t i;

	if (!(changes & (DATA_EXPERIMENTS | DATA_SELECTION)))
		return;
	list->count = console->data.experiment_count;
	for (i = 0; i < list->count; i++)
		if (console->data.experiments[i].key ==
		    console->experiments.key)
			list_follow(list, i);
	list_clamp(list);
	/* the first one to appear, or the next one after another went away */
	if (list->count && !is_shown(console, console->data.selected))
		console_select(console,
			       console->data.experiments[list->cursor].key);
}

static void follow_cursor(struct console *console)
{
	struct list *list = &console->experiments.list;

	if (list->count == 0)
		return;
	console_select(console, console->data.experiments[list->cursor].key);
}

void experiments_arrange(struct console *console)
{
	data_arrange(&console->data);
	console_recalc(console, DATA_EXPERIMENTS);
}

bool experiments_sort_by(struct console *console, const char *name,
			 int descending)
{
	for (int i = 0; i < EXPERIMENT_ORDERS; i++) {
		if (strcmp(data_order_name((enum experiment_order)i), name))
			continue;
		console->data.order = (enum experiment_order)i;
		console->data.is_order_reversed = descending == 1;
		experiments_arrange(console);
		return true;
	}
	return false;
}

static void mark(struct console *console, bool is_all_off)
{
	struct list *list = &console->experiments.list;
	struct data *data = &console->data;

	for (size_t i = 0; is_all_off && i < data->experiment_total; i++)
		data->experiments[i].is_marked = false;
	if (is_all_off || list->cursor >= data->experiment_count)
		return;
	data->experiments[list->cursor].is_marked =
		!data->experiments[list->cursor].is_marked;
	if (list->cursor + 1 < list->count)
		list_move(list, 1);
	follow_cursor(console);
}

static bool sort(struct console *console, enum action_id action)
{
	struct data *data = &console->data;

	if (action == ACTION_SORT)
		data->order = (data->order + 1) % EXPERIMENT_ORDERS;
	else
		data->is_order_reversed = !data->is_order_reversed;
	experiments_arrange(console);
	console_say(console, ROLE_NORMAL, "experiments by %s%s",
		    data_order_name(data->order),
		    data->is_order_reversed ? ", reversed" : "");
	return true;
}

static bool on_action(struct console *console, enum action_id action)
{
	struct list *list = &console->experiments.list;

	list->count = console->data.experiment_count;
	if (list_on_action(list, action)) {
		follow_cursor(console);
		return true;
	}
	switch (action) {
	case ACTION_OPEN:
		if (list->count)
			console_focus(console, PANE_TRIALS);
		return true;
	case ACTION_SORT:
	case ACTION_SORT_REVERSE:
		return sort(console, action);
	case ACTION_MARK:
	case ACTION_UNMARK_ALL:
		mark(console, action == ACTION_UNMARK_ALL);
		return true;
	default:
		return false;
	}
}

static bool search(struct console *console, const char *text, bool is_backward)
{
	char *last = console->experiments.search;
	struct list *list = &console->experiments.list;
	size_t i;

	if (text)
		snprintf(last, sizeof(console->experiments.search), "%s", text);
	for (i = 1; i <= list->count; i++) {
		size_t at =
			(list->cursor + (is_backward ? list->count - i : i)) %
			list->count;
		const struct experiment_row *row =
			&console->data.experiments[at];

		if (strcasestr(row->name ? row->name : "", last) ||
		    strcasestr(row->tags, last) || strcasestr(row->id, last)) {
			list_go(list, at);
			follow_cursor(console);
			return true;
		}
	}
	return false;
}

const struct view_ops view_experiments = {
	.name = "experiments",
	.bit = VIEW_EXPERIMENTS,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
	.search = search,
};
