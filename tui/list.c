/* SPDX-License-Identifier: MIT */
/* Fitting columns, and moving about. */
#include "tui/list.h"

#include "base/utf8.h"
#include "tui/action.h"

#include <string.h>

void list_clear_columns(struct list *list)
{
	list->column_count = 0;
}

struct list_column *list_add_column(struct list *list, int id,
				    const char *title, int least_cols,
				    int most_cols, int priority, bool is_right)
{
	struct list_column *column;

	if (list->column_count == LIST_COLUMNS_MAX)
		return NULL;
	column = &list->columns[list->column_count++];
	memset(column, 0, sizeof(*column));
	column->id = id;
	column->title = title;
	column->least_cols = least_cols;
	column->most_cols = most_cols > least_cols ? most_cols : least_cols;
	column->priority = priority;
	column->is_right = is_right;
	list_measure(column, utf8_width(title, strlen(title)));
	return column;
}

void list_measure(struct list_column *column, int cols)
{
	if (cols > column->most_cols)
		cols = column->most_cols;
	if (cols < column->least_cols)
		cols = column->least_cols;
	if (cols > column->want_cols)
		column->want_cols = cols;
}

static int least_width(const struct list *list)
{
	int i, sum = 0;

	for (i = 0; i < list->column_count; i++)
		if (list->columns[i].cols)
			sum += list->columns[i].cols + LIST_GAP;
	return sum - LIST_GAP;
}

static bool drop_one(struct list *list)
{
	struct list_column *worst = NULL;
	int i;

	for (i = 0; i < list->column_count; i++) {
		struct list_column *column = &list->columns[i];

		/* of equal ones the last goes */
		if (column->cols && column->priority > 0 &&
		    (!worst || column->priority >= worst->priority))
			worst = column;
	}
	if (!worst)
		return false;
	worst->cols = 0;
	list->dropped++;
	return true;
}

void list_fit(struct list *list, int cols)
{
	int i, spare, x = 0;

	list->dropped = 0;
	for (i = 0; i < list->column_count; i++)
		list->columns[i].cols = list->columns[i].is_hidden
						? 0
						: list->columns[i].least_cols;
	while (least_width(list) > cols && drop_one(list))
		;
	/* the most important columns get what they want first */
	for (int priority = 0; priority < 100; priority++) {
		for (i = 0; i < list->column_count; i++) {
			struct list_column *column = &list->columns[i];

			if (!column->cols ||
			    (column->is_stretched ? 99 : column->priority) !=
				    priority)
				continue;
			spare = cols - least_width(list);
			if (spare <= 0)
				break;
			if (column->want_cols - column->cols < spare)
				spare = column->want_cols - column->cols;
			column->cols += spare > 0 ? spare : 0;
		}
	}
	for (i = 0; i < list->column_count; i++) {
		struct list_column *column = &list->columns[i];

		if (!column->cols)
			continue;
		column->x = x;
		if (x + column->cols > cols)
			column->cols = cols > x ? cols - x : 0;
		x += column->cols + LIST_GAP;
	}
}

void list_clamp(struct list *list)
{
	size_t rows = list->rows > 0 ? (size_t)list->rows : 1;

	if (list->count == 0) {
		list->cursor = list->top = 0;
		return;
	}
	if (list->cursor >= list->count)
		list->cursor = list->count - 1;
	if (list->top > list->cursor)
		list->top = list->cursor;
	if (list->cursor - list->top >= rows)
		list->top = list->cursor - rows + 1;
	if (list->top + rows > list->count)
		list->top = list->count > rows ? list->count - rows : 0;
}

void list_follow(struct list *list, size_t at)
{
	size_t line = list->cursor - list->top;

	/* At the top the list stays there, so that new rows come into view. */
	if (list->top > 0)
		list->top = at > line ? at - line : 0;
	list->cursor = at;
	list_clamp(list);
}

void list_move(struct list *list, long delta)
{
	if (delta < 0 && (size_t)-delta > list->cursor)
		list->cursor = 0;
	else
		list->cursor = (size_t)((long)list->cursor + delta);
	list_clamp(list);
}

void list_go(struct list *list, size_t at)
{
	list->cursor = at;
	list_clamp(list);
}

bool list_on_action(struct list *list, int action)
{
	long page = list->rows > 1 ? list->rows - 1 : 1;
	long half = list->rows > 1 ? list->rows / 2 : 1;

	switch (action) {
	case ACTION_DOWN:
		list_move(list, 1);
		return true;
	case ACTION_UP:
		list_move(list, -1);
		return true;
	case ACTION_PAGE_DOWN:
		list->top += (size_t)page;
		list_move(list, page);
		return true;
	case ACTION_PAGE_UP:
		list->top -=
			(size_t)page < list->top ? (size_t)page : list->top;
		list_move(list, -page);
		return true;
	case ACTION_HALF_DOWN:
		list->top += (size_t)half;
		list_move(list, half);
		return true;
	case ACTION_HALF_UP:
		list->top -=
			(size_t)half < list->top ? (size_t)half : list->top;
		list_move(list, -half);
		return true;
	case ACTION_FIRST:
		list_go(list, 0);
		return true;
	case ACTION_LAST:
		list_go(list, list->count ? list->count - 1 : 0);
		return true;
	default:
		return false;
	}
}
