/* SPDX-License-Identifier: MIT */
/*
 * The order of the trials: by one column or by several, chosen from a menu, by
 * stepping from column to column, or by command.
 */
#include "base/mem.h"
#include "tui/view_trials.h"

#include <stdlib.h>
#include <string.h>

static bool is_maximized(const struct console *console)
{
	return console->data.experiment.objective == OBJECTIVE_MAXIMIZE;
}

int trials_sort_place(const struct console *console,
		      const struct trial_field *field)
{
	const struct trial_index *index = &console->data.trials;
	struct trial_sort first = trial_index_sort(index);
	size_t i;

	if (trial_field_is_same(&first.field, field))
		return 0;
	for (i = 1; i < index->sort_count; i++)
		if (trial_field_is_same(&index->sorts[i].field, field))
			return (int)i;
	return -1;
}

static void set_sorts(struct console *console, const struct trial_sort *sorts,
		      size_t count)
{
	trial_index_set_sorts(&console->data.trials, sorts, count);
	console->trials.is_unsaved = true;
	console_recalc(console, DATA_TRIALS);
}

static void sort_by(struct console *console, const struct trial_field *field)
{
	struct trial_sort sort = {
		*field, trial_field_descends(field, is_maximized(console))};

	set_sorts(console, &sort, 1);
}

/* One more column to sort by; one that is there already is reversed. */
static void sort_also_by(struct console *console,
			 const struct trial_field *field)
{
	struct trial_index *index = &console->data.trials;
	struct trial_sort sorts[TRIAL_SORTS_MAX];
	int place = trials_sort_place(console, field);
	size_t count = index->sort_count ? index->sort_count : 1;

	sorts[0] = trial_index_sort(index);
	memcpy(sorts + 1, index->sorts + 1, (count - 1) * sizeof(*sorts));
	if (place >= 0) {
		sorts[place].is_descending = !sorts[place].is_descending;
	} else if (count == TRIAL_SORTS_MAX) {
		console_say(console, ROLE_WARNING,
			    "at most %d columns to sort by: Enter begins anew",
			    TRIAL_SORTS_MAX);
		return;
	} else {
		sorts[count++] = (struct trial_sort){
			*field,
			trial_field_descends(field, is_maximized(console))};
	}
	set_sorts(console, sorts, count);
}

static void reverse(struct console *console)
{
	struct trial_index *index = &console->data.trials;
	struct trial_sort sorts[TRIAL_SORTS_MAX];
	size_t i, count = index->sort_count ? index->sort_count : 1;

	sorts[0] = trial_index_sort(index);
	for (i = 0; i < count; i++) {
		if (i > 0)
			sorts[i] = index->sorts[i];
		sorts[i].is_descending = !sorts[i].is_descending;
	}
	set_sorts(console, sorts, count);
}

bool trials_sort_by(struct console *console, const char *text, int descending,
		    struct error *err)
{
	struct field_names names = data_names(&console->data);
	struct trial_sort sorts[TRIAL_SORTS_MAX];
	size_t count;

	if (!trial_sorts_parse(text, &names, is_maximized(console), sorts,
			       &count, err))
		return false;
	if (count > 0 && descending >= 0)
		sorts[0].is_descending = descending;
	set_sorts(console, sorts, count);
	return true;
}

/* The visible column beside the one sorted by. */
static void sort_beside(struct console *console, int step)
{
	const struct list *list = &console->trials.list;
	struct trial_sort sort = trial_index_sort(&console->data.trials);
	int at = 0, i;

	for (i = 0; i < list->column_count; i++)
		if (trial_field_is_same(&console->trials.fields[i],
					&sort.field))
			at = i;
	for (i = at + step; i >= 0 && i < list->column_count; i += step) {
		if (list->columns[i].cols &&
		    console->trials.fields[i].kind != FIELD_PARAMETERS) {
			sort_by(console, &console->trials.fields[i]);
			return;
		}
	}
}

/* ---- the menu -------------------------------------------------------------
 */

static void on_menu(struct console *console, const char *item, int key)
{
	struct field_names names = data_names(&console->data);
	struct trial_field field;
	struct error err;

	if (!trial_field_parse(item, &names, &field, &err))
		console_say(console, ROLE_ERROR, "%s", err.text);
	else if (key == '+')
		sort_also_by(console, &field);
	else
		sort_by(console, &field);
}

struct offering {
	struct console *console;
	struct trial_sort sort;
	struct field_names names;
	size_t chosen;
};

static void offer(const char *name, void *arg)
{
	struct offering *offering = arg;
	struct trial_field field;
	struct error ignored;

	if (!trial_field_parse(name, &offering->names, &field, &ignored) ||
	    field.kind == FIELD_PARAMETERS)
		return;
	if (trial_field_is_same(&field, &offering->sort.field))
		offering->chosen = offering->console->prompt.item_count;
	console_menu_add(offering->console, name);
}

void trials_sort_menu(struct console *console)
{
	struct offering offering = {
		.console = console,
		.sort = trial_index_sort(&console->data.trials),
		.names = data_names(&console->data)};

	console_menu_begin(console);
	trial_field_each(&offering.names, false, offer, &offering);
	console_menu_open(console, "Sort by (+ adds):", offering.chosen,
			  on_menu);
}

bool trials_sort_action(struct console *console, enum action_id action)
{
	switch (action) {
	case ACTION_SORT:
		trials_sort_menu(console);
		return true;
	case ACTION_SORT_REVERSE:
		reverse(console);
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
