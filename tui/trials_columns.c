/* SPDX-License-Identifier: MIT */
/*
 * The trials' columns: which there are, which are wanted, and what sorting by
 * each means.  One table gives name, width and sort of the fixed ones; the
 * search space gives the rest.
 */
#include "base/mem.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "tui/format.h"
#include "tui/view_trials.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TITLE_COLS 10  /* of a parameter's name, at least */
#define REASON_COLS 20 /* are better than one number more */

static const struct trials_column {
	int id;
	const char *name; /* for :sort and :columns */
	const char *title;
	int least, most, priority;
	bool is_right;
	bool is_optional; /* shown only when asked for */
	enum trial_sort sort;
	bool starts_descending;
} columns[] = {
	{TRIALS_NUMBER, "number", "#", 3, 3, 0, true, false, SORT_NUMBER, true},
	{TRIALS_ID, "id", "ID", 5, 5, 5, false, false, SORT_ID, false},
	{TRIALS_STATE, "state", "STATE", 11, 15, 0, false, false, SORT_STATE,
	 false},
	{TRIALS_TRY, "try", "TRY", 3, 3, 5, true, false, SORT_ATTEMPT, true},
	{TRIALS_FINAL, "final", "FINAL", FORMAT_NUMBER_COLS, 9, 1, true, false,
	 SORT_FINAL, false},
	{TRIALS_BEST, "best", "BEST", FORMAT_NUMBER_COLS, 9, 2, true, false,
	 SORT_BEST, false},
	{TRIALS_LAST, "last", "LAST", FORMAT_NUMBER_COLS, 9, 8, true, false,
	 SORT_LAST, false},
	{TRIALS_STEPS, "steps", "STEPS", 5, 5, 6, true, false, SORT_STEPS,
	 true},
	{TRIALS_TIME, "time", "TIME", 6, 7, 4, true, false, SORT_TIME, true},
	{TRIALS_STARTED, "started", "STARTED", 7, 8, 9, true, true,
	 SORT_STARTED, true},
	{TRIALS_NODE, "node", "NODE", 8, 20, 8, false, false, SORT_COUNT,
	 false},
	{TRIALS_PARAMETERS, "parameters", "PARAMETERS", 10, 200, 3, false,
	 false, SORT_COUNT, false},
	{TRIALS_REASON, "reason", "REASON", 10, 80, 7, false, false, SORT_COUNT,
	 false},
};

static bool is_numeric(const char *text)
{
	char *end;

	strtod(text, &end);
	return *text && !*end;
}

/* Columns of a choice: as wide as its widest option, right-aligned when all
 * are numbers. */
static int option_cols(const struct parameter *p, bool *ret_is_number)
{
	int cols = 0;
	size_t i;

	*ret_is_number = p->option_count > 0;
	for (i = 0; p->options && i < p->option_count && i < 1000; i++) {
		const char *name = p->options[i].name;
		int width = utf8_width(name, strlen(name));

		cols = width > cols ? width : cols;
		if (!is_numeric(name))
			*ret_is_number = false;
	}
	return cols > 24 ? 24 : cols;
}

/* Parameters stand before the reason, which takes what room is left. */
static void add_parameters(struct console *console)
{
	const struct space *space = console->data.space;
	size_t i;

	for (i = 0; space && i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];
		int width = utf8_width(p->path, strlen(p->path));
		int least = FORMAT_NUMBER_COLS, most = 9;
		bool is_number = true;

		if (p->kind == PARAMETER_CHOICE) {
			most = option_cols(p, &is_number);
			least = most < 6 ? most : 6;
		} else if (p->kind == PARAMETER_RANDINT) {
			least = 5;
		}
		/* the name should be read, if it is not too long */
		if (least < width)
			least = width < TITLE_COLS ? width : TITLE_COLS;
		list_add_column(
			&console->trials.list, TRIALS_PARAMETER + (int)i,
			p->path, least, width > most ? width : most,
			i < 3 ? 3 : 10 + (int)(i < 80 ? i : 80), is_number);
	}
}

static int number_cols(const struct console *console)
{
	size_t count = console->data.trials.count;
	int cols = 1;

	while (count > 10) {
		count /= 10;
		cols++;
	}
	return cols < 3 ? 3 : cols;
}

void trials_make_columns(struct console *console)
{
	struct list *list = &console->trials.list;
	size_t i;

	if (list->column_count &&
	    console->trials.columns_of == console->data.space &&
	    console->trials.columns_key == console->data.selected) {
		list->columns[0].least_cols = number_cols(console);
		return;
	}
	console->trials.columns_of = console->data.space;
	console->trials.columns_key = console->data.selected;
	console->trials.first_parameter = 0;
	console->trials.has_reasons = false;
	list_clear_columns(list);
	for (i = 0; i < COUNT_OF(columns); i++) {
		const struct trials_column *column = &columns[i];

		if (column->id == TRIALS_REASON)
			add_parameters(console);
		list_add_column(list, column->id, column->title, column->least,
				column->most, column->priority,
				column->is_right)
			->is_stretched = column->id == TRIALS_STATE ||
					 column->id == TRIALS_REASON;
	}
	/* widths do not follow what is in view: nothing jumps when it moves */
	for (i = 0; i < (size_t)list->column_count; i++)
		list_measure(&list->columns[i], list->columns[i].most_cols);
	list->columns[0].least_cols = number_cols(console);
}

static bool is_chosen(const struct console *console, int id)
{
	const int *chosen = console->trials.chosen;

	for (; *chosen >= 0; chosen++)
		if (*chosen == id)
			return true;
	return false;
}

static bool is_optional(int id)
{
	size_t i;

	for (i = 0; i < COUNT_OF(columns); i++)
		if (columns[i].id == id)
			return columns[i].is_optional;
	return false;
}

static void hide_columns(struct console *console)
{
	struct list *list = &console->trials.list;
	int i;

	for (i = 0; i < list->column_count; i++) {
		struct list_column *column = &list->columns[i];
		int id = column->id;

		if (console->trials.chosen)
			column->is_hidden = !is_chosen(console, id);
		else if (id == TRIALS_TRY)
			column->is_hidden = console->data.trials.retried == 0;
		else if (id == TRIALS_NODE)
			column->is_hidden = !console_has_cluster(console);
		else if (id == TRIALS_REASON)
			column->is_hidden = !console->trials.has_reasons;
		else if (id == TRIALS_PARAMETERS)
			column->is_hidden = console->data.space != NULL;
		else
			column->is_hidden = is_optional(id);
		if (id >= TRIALS_PARAMETER &&
		    id - TRIALS_PARAMETER < console->trials.first_parameter)
			column->is_hidden = true;
	}
}

static struct list_column *find_shown(struct list *list, int id)
{
	for (int i = 0; i < list->column_count; i++)
		if (list->columns[i].id == id && list->columns[i].cols)
			return &list->columns[i];
	return NULL;
}

void trials_fit_columns(struct console *console, int cols)
{
	struct list *list = &console->trials.list;
	struct list_column *reason, *last;
	int dropped, least;

	hide_columns(console);
	list_fit(list, cols);
	if (console->trials.chosen || !console_has_cluster(console))
		return;
	/* what holds a pod up is worth more than the newest number */
	reason = find_shown(list, TRIALS_REASON);
	last = find_shown(list, TRIALS_LAST);
	if (!reason || !last || reason->cols >= REASON_COLS)
		return;
	least = reason->least_cols;
	reason->least_cols = reason->cols + last->cols + LIST_GAP;
	last->cols = 0;
	dropped = list->dropped + 1;
	for (int i = 0; i < list->column_count; i++)
		list->columns[i].is_hidden = !list->columns[i].cols;
	list_fit(list, cols);
	reason->least_cols = least;
	list->dropped = dropped;
}

const char *trials_column_name(const struct console *console, int i)
{
	const struct space *space = console->data.space;

	if (i < (int)COUNT_OF(columns))
		return columns[i].name;
	i -= (int)COUNT_OF(columns);
	if (space && (size_t)i < space->count)
		return space->parameters[i].path;
	return NULL;
}

static int find_column(const struct console *console, const char *name,
		       struct error *err)
{
	const struct space *space = console->data.space;
	const char *known[128];
	size_t n = 0;
	const char *near;
	int i;

	for (i = 0; trials_column_name(console, i); i++) {
		const char *candidate = trials_column_name(console, i);

		if (strcasecmp(candidate, name) == 0) {
			if (i < (int)COUNT_OF(columns))
				return columns[i].id;
			return TRIALS_PARAMETER + i - (int)COUNT_OF(columns);
		}
		if (n < COUNT_OF(known))
			known[n++] = candidate;
	}
	(void)space;
	if (strcmp(name, "#") == 0)
		return TRIALS_NUMBER;
	near = nearest_word(name, known, n);
	error_set(err, ERROR_NOT_FOUND, "no column is called \"%s\"%s%s%s",
		  name, near ? ": did you mean \"" : "", near ? near : "",
		  near ? "\"?" : "");
	return -1;
}

int trials_sorted_column(const struct console *console)
{
	const struct trial_index *index = &console->data.trials;
	size_t i;

	if (index->sort == SORT_PARAMETER)
		return TRIALS_PARAMETER + (int)index->sort_parameter;
	for (i = 0; i < COUNT_OF(columns); i++)
		if (columns[i].sort == index->sort)
			return columns[i].id;
	return TRIALS_NUMBER;
}

/* The direction that puts what is looked for on top. */
static bool natural_direction(const struct console *console, int id)
{
	bool is_maximized =
		console->data.experiment.objective == OBJECTIVE_MAXIMIZE;
	size_t i;

	if (id == TRIALS_FINAL || id == TRIALS_BEST || id == TRIALS_LAST)
		return is_maximized;
	for (i = 0; i < COUNT_OF(columns); i++)
		if (columns[i].id == id)
			return columns[i].starts_descending;
	return false;
}

static bool sort_by_id(struct console *console, int id, int descending,
		       struct error *err)
{
	enum trial_sort sort = SORT_PARAMETER;
	size_t i;

	for (i = 0; i < COUNT_OF(columns); i++)
		if (columns[i].id == id)
			sort = columns[i].sort;
	if (sort == SORT_COUNT)
		return error_set(err, ERROR_INVALID,
				 "this column has no order");
	if (descending < 0)
		descending = natural_direction(console, id);
	trial_index_set_sort(
		&console->data.trials, sort,
		sort == SORT_PARAMETER ? (size_t)(id - TRIALS_PARAMETER) : 0,
		descending);
	console_recalc(console, DATA_TRIALS);
	return true;
}

bool trials_sort_by(struct console *console, const char *name, int descending,
		    struct error *err)
{
	int id = find_column(console, name, err);

	return id >= 0 && sort_by_id(console, id, descending, err);
}

bool trials_choose_columns(struct console *console, char **names, int count,
			   struct error *err)
{
	int *chosen = NULL, i;

	if (count > 0) {
		chosen = xcalloc((size_t)count + 2, sizeof(*chosen));
		chosen[count] = TRIALS_NUMBER; /* never without */
		chosen[count + 1] = -1;
	}
	for (i = 0; i < count; i++) {
		chosen[i] = find_column(console, names[i], err);
		if (chosen[i] < 0) {
			free(chosen);
			return false;
		}
	}
	free(console->trials.chosen);
	console->trials.chosen = chosen;
	return true;
}

/* The visible column beside the one sorted by. */
static void sort_beside(struct console *console, int step)
{
	struct list *list = &console->trials.list;
	int sorted = trials_sorted_column(console), at = 0, i;
	struct error ignored;

	for (i = 0; i < list->column_count; i++)
		if (list->columns[i].id == sorted)
			at = i;
	for (i = at + step; i >= 0 && i < list->column_count; i += step)
		if (list->columns[i].cols &&
		    sort_by_id(console, list->columns[i].id, -1, &ignored))
			return;
}

void trials_sort_menu(struct console *console)
{
	int sorted = trials_sorted_column(console);
	size_t chosen = 0;
	int i;

	console->prompt.item_count = 0;
	for (i = 0; trials_column_name(console, i) &&
		    console->prompt.item_count < PROMPT_ITEMS_MAX;
	     i++) {
		if (i < (int)COUNT_OF(columns) && columns[i].sort == SORT_COUNT)
			continue;
		if (i < (int)COUNT_OF(columns)
			    ? columns[i].id == sorted
			    : TRIALS_PARAMETER + i - (int)COUNT_OF(columns) ==
				      sorted)
			chosen = console->prompt.item_count;
		console->prompt.items[console->prompt.item_count++] =
			trials_column_name(console, i);
	}
	prompt_menu(&console->prompt, "Sort by:", chosen);
}

void trials_sort_chosen(struct console *console)
{
	struct error err;
	const char *name = console->prompt.items[console->prompt.item];

	if (!trials_sort_by(console, name, -1, &err))
		console_say(console, ROLE_ERROR, "%s", err.text);
}

bool trials_sort_action(struct console *console, enum action_id action)
{
	struct trial_index *index = &console->data.trials;

	switch (action) {
	case ACTION_SORT:
		trials_sort_menu(console);
		return true;
	case ACTION_SORT_REVERSE:
		trial_index_set_sort(index, index->sort, index->sort_parameter,
				     !index->is_descending);
		console_recalc(console, DATA_TRIALS);
		return true;
	case ACTION_SORT_LEFT:
		sort_beside(console, -1);
		return true;
	case ACTION_SORT_RIGHT:
		sort_beside(console, 1);
		return true;
	default:
		return false;
	}
}

bool trials_set_filter(struct console *console, const char *text,
		       struct error *err)
{
	const struct field_names names = {.space = console->data.space};
	struct filter *filter = NULL;
	char *copy;

	if (strcmp(text, console->trials.filter) == 0)
		return true;
	if (!filter_parse(text, &names, FILTER_TYPING, &filter, NULL, err))
		return false;
	copy = xstrdup(text);
	free(console->trials.filter);
	console->trials.filter = copy;
	trial_index_set_filter(&console->data.trials, filter);
	console_recalc(console, DATA_TRIALS);
	return true;
}
