/* SPDX-License-Identifier: MIT */
/*
 * The trials' columns: which there are, which are wanted, how wide each is.
 *
 * Without a choice of the user's the usual ones are there: what every trial
 * has, then the parameters of the search space, then why it is in its state,
 * where any trial in view says so.  What does not fit is dropped, the least
 * important first.  A choice is a list in its own order, where the last is the
 * least important.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/format.h"
#include "tui/view_trials.h"

#include <stdlib.h>
#include <string.h>

#define TITLE_COLS 10  /* of a parameter's name, at least */
#define REASON_COLS 20 /* are better than one number more */

struct look {
	const char *title;
	int least, most, priority;
	bool is_right;
};

static const struct look looks[] = {
	[FIELD_NUMBER] = {"#", 3, 3, 0, true},
	[FIELD_ID] = {"ID", 5, 5, 5, false},
	[FIELD_STATE] = {"STATE", 11, 15, 0, false},
	[FIELD_TRY] = {"TRY", 3, 3, 5, true},
	[FIELD_FINAL] = {"FINAL", FORMAT_NUMBER_COLS, 9, 1, true},
	[FIELD_BEST] = {"BEST", FORMAT_NUMBER_COLS, 9, 2, true},
	[FIELD_LAST] = {"LAST", FORMAT_NUMBER_COLS, 9, 8, true},
	[FIELD_STEPS] = {"STEPS", 5, 5, 6, true},
	[FIELD_TIME] = {"TIME", 6, 7, 4, true},
	[FIELD_WAITED] = {"WAITED", 6, 7, 9, true},
	[FIELD_SUBMITTED] = {"SUBMITTED", 7, 9, 9, true},
	[FIELD_STARTED] = {"STARTED", 7, 8, 9, true},
	[FIELD_ENDED] = {"ENDED", 7, 8, 9, true},
	[FIELD_EXIT] = {"EXIT", 4, 4, 9, true},
	[FIELD_SOURCE] = {"SOURCE", 6, 6, 9, false},
	[FIELD_REASON] = {"REASON", 10, 80, 7, false},
	[FIELD_NODE] = {"NODE", 8, 20, 8, false},
	[FIELD_POD] = {"POD", 10, 40, 9, false},
	[FIELD_RESTARTS] = {"RST", 3, 4, 9, true},
	[FIELD_CPU] = {"CPU", 5, 5, 9, true},
	[FIELD_MEMORY] = {"MEM", 5, 5, 9, true},
	[FIELD_GPUS] = {"GPU", 3, 4, 9, true},
	[FIELD_CPU_USED] = {"CPU/U", 5, 5, 9, true},
	[FIELD_MEMORY_USED] = {"MEM/U", 5, 5, 9, true},
	[FIELD_TAGS] = {"TAGS", 6, 20, 6, false},
	[FIELD_NOTE] = {"NOTE", 8, 60, 9, false},
	[FIELD_PARAMETERS] = {"PARAMETERS", 10, 200, 3, false},
};

static const enum trial_field_kind usual[] = {
	FIELD_NUMBER, FIELD_ID,	  FIELD_STATE, FIELD_TRY,
	FIELD_FINAL,  FIELD_BEST, FIELD_LAST,  FIELD_STEPS,
	FIELD_TIME,   FIELD_NODE, FIELD_TAGS,  FIELD_PARAMETERS,
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

static struct look look_of_parameter(const struct parameter *p, int i)
{
	int width = utf8_width(p->path, strlen(p->path));
	struct look look = {p->path, FORMAT_NUMBER_COLS, 9,
			    i < 3 ? 3 : 10 + (i < 80 ? i : 80), true};

	if (p->kind == PARAMETER_CHOICE) {
		look.most = option_cols(p, &look.is_right);
		look.least = look.most < 6 ? look.most : 6;
	} else if (p->kind == PARAMETER_RANDINT) {
		look.least = 5;
	}
	/* the name should be read, if it is not too long */
	if (look.least < width)
		look.least = width < TITLE_COLS ? width : TITLE_COLS;
	if (look.most < width)
		look.most = width;
	return look;
}

static struct look look_of(const struct console *console,
			   const struct trial_field *field)
{
	const struct space *space = console->data.space;

	if (field->kind < COUNT_OF(looks))
		return looks[field->kind];
	if (field->kind == FIELD_PARAMETER && space &&
	    (size_t)field->parameter < space->count)
		return look_of_parameter(&space->parameters[field->parameter],
					 field->parameter);
	return (struct look){field->metric, FORMAT_NUMBER_COLS, 12, 9, true};
}

void trials_column_title(const struct console *console,
			 const struct trial_field *field, struct strbuf *out)
{
	strbuf_adds(out, look_of(console, field).title);
	if (field->kind == FIELD_METRIC && field->stat != STAT_VALUE)
		strbuf_addf(out, ".%s", metric_stat_name(field->stat));
}

int trials_column_cols(const struct console *console,
		       const struct trial_field *field)
{
	struct look look = look_of(console, field);

	return look.least > look.most ? look.least : look.most;
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

/* chosen: its place in the user's list, from 1; 0: one of the usual. */
static void add_column(struct console *console, const struct trial_field *field,
		       int width_cols, int chosen)
{
	struct list *list = &console->trials.list;
	struct look look = look_of(console, field);
	int i = list->column_count;
	struct strbuf title = STRBUF_INIT;
	struct list_column *column;

	if (i == LIST_COLUMNS_MAX)
		return;
	trials_column_title(console, field, &title);
	free(console->trials.titles[i]);
	console->trials.titles[i] = strbuf_detach(&title);
	console->trials.fields[i] = *field;
	if (field->kind == FIELD_METRIC) {
		const char *name = console->trials.titles[i];
		int width = utf8_width(name, strlen(name));

		look.least = width > look.least ? width : look.least;
		look.least = look.least > look.most ? look.most : look.least;
	}
	if (chosen)
		look.priority = chosen < 90 ? chosen : 90;
	if (field->kind == FIELD_NUMBER)
		look.priority = 0;
	if (width_cols)
		look.least = look.most = width_cols;
	column = list_add_column(list, i, console->trials.titles[i], look.least,
				 look.most, look.priority, look.is_right);
	if (width_cols)
		column->want_cols = width_cols;
	column->is_stretched =
		!width_cols &&
		(field->kind == FIELD_STATE || field->kind == FIELD_REASON ||
		 (chosen && field->kind == FIELD_NOTE));
}

static void add_usual(struct console *console)
{
	const struct space *space = console->data.space;
	struct trial_field field = {0};
	size_t i;

	for (i = 0; i < COUNT_OF(usual); i++) {
		field.kind = usual[i];
		add_column(console, &field, 0, 0);
	}
	/* parameters stand before the reason, which takes what room is left */
	field.kind = FIELD_PARAMETER;
	for (i = 0; space && i < space->count &&
		    i + 1 < LIST_COLUMNS_MAX - COUNT_OF(usual);
	     i++) {
		field.parameter = (int)i;
		add_column(console, &field, 0, 0);
	}
	field = (struct trial_field){.kind = FIELD_REASON};
	add_column(console, &field, 0, 0);
}

static void add_chosen(struct console *console)
{
	const struct trial_field number = {.kind = FIELD_NUMBER};
	size_t i, count = console->trials.chosen_count;
	const struct trial_column *chosen = console->trials.chosen;
	bool has_number = false;

	for (i = 0; i < count; i++)
		has_number |= chosen[i].field.kind == FIELD_NUMBER;
	if (!has_number) /* never without */
		add_column(console, &number, 0, 1);
	for (i = 0; i < count; i++)
		add_column(console, &chosen[i].field, chosen[i].width_cols,
			   (int)i + 1);
}

static void size_number(struct console *console)
{
	struct list *list = &console->trials.list;
	int i;

	for (i = 0; i < list->column_count; i++)
		if (console->trials.fields[i].kind == FIELD_NUMBER)
			list->columns[i].least_cols = number_cols(console);
}

void trials_make_columns(struct console *console)
{
	struct list *list = &console->trials.list;
	int i;

	if (list->column_count &&
	    console->trials.columns_of == console->data.space &&
	    console->trials.columns_key == console->data.selected) {
		size_number(console);
		return;
	}
	console->trials.columns_of = console->data.space;
	console->trials.columns_key = console->data.selected;
	console->trials.first_parameter = 0;
	console->trials.has_reasons = console->trials.has_tags = false;
	list_clear_columns(list);
	if (console->trials.chosen_count)
		add_chosen(console);
	else
		add_usual(console);
	/* widths do not follow what is in view: nothing jumps when it moves */
	for (i = 0; i < list->column_count; i++)
		list_measure(&list->columns[i], list->columns[i].most_cols);
	size_number(console);
}

const struct trial_field *trials_column_field(const struct console *console,
					      const struct list_column *column)
{
	return &console->trials.fields[column->id];
}

static void hide_columns(struct console *console)
{
	struct list *list = &console->trials.list;
	int i, scrolled = 0;

	for (i = 0; i < list->column_count; i++) {
		struct list_column *column = &list->columns[i];
		enum trial_field_kind kind = console->trials.fields[i].kind;

		column->is_hidden = false;
		if (kind == FIELD_PARAMETER || kind == FIELD_METRIC)
			column->is_hidden =
				scrolled++ < console->trials.first_parameter;
		if (console->trials.chosen_count)
			continue;
		if (kind == FIELD_TRY)
			column->is_hidden = console->data.trials.retried == 0;
		else if (kind == FIELD_NODE)
			column->is_hidden = !console_has_cluster(console);
		else if (kind == FIELD_REASON)
			column->is_hidden = !console->trials.has_reasons;
		else if (kind == FIELD_TAGS)
			column->is_hidden = !console->trials.has_tags;
		else if (kind == FIELD_PARAMETERS)
			column->is_hidden = console->data.space != NULL;
	}
}

static struct list_column *find_shown(struct console *console,
				      enum trial_field_kind kind)
{
	struct list *list = &console->trials.list;

	for (int i = 0; i < list->column_count; i++)
		if (console->trials.fields[i].kind == kind &&
		    list->columns[i].cols)
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
	if (console->trials.chosen_count || !console_has_cluster(console))
		return;
	/* what holds a pod up is worth more than the newest number */
	reason = find_shown(console, FIELD_REASON);
	last = find_shown(console, FIELD_LAST);
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

size_t trials_columns_now(struct console *console,
			  struct trial_column ret[TRIAL_COLUMNS_MAX])
{
	const struct list *list = &console->trials.list;
	size_t count = console->trials.chosen_count;
	int i;

	if (count) {
		memcpy(ret, console->trials.chosen, count * sizeof(*ret));
		return count;
	}
	trials_make_columns(console);
	hide_columns(console);
	for (i = 0; i < list->column_count && count < TRIAL_COLUMNS_MAX; i++)
		if (!list->columns[i].is_hidden)
			ret[count++] = (struct trial_column){
				console->trials.fields[i], 0};
	return count;
}

void trials_choose(struct console *console, const struct trial_column *columns,
		   size_t count)
{
	if (count > TRIAL_COLUMNS_MAX)
		count = TRIAL_COLUMNS_MAX;
	if (count) /* not even for nothing does it take NULL */
		memmove(console->trials.chosen, columns,
			count * sizeof(*columns));
	console->trials.chosen_count = count;
	console->trials.columns_key = 0; /* made anew for the next frame */
	console->trials.is_unsaved = true;
	console->needs_paint = true;
}

bool trials_choose_columns(struct console *console, char **names, int count,
			   struct error *err)
{
	struct field_names known = data_names(&console->data);
	struct trial_column columns[TRIAL_COLUMNS_MAX];
	struct strbuf text = STRBUF_INIT;
	size_t chosen;
	bool is_ok;
	int i;

	for (i = 0; i < count; i++)
		strbuf_addf(&text, "%s,", names[i]);
	is_ok = trial_columns_parse(text.data, &known, columns, &chosen, err);
	if (is_ok)
		trials_choose(console, columns, chosen);
	strbuf_release(&text);
	return is_ok;
}

bool trials_column_action(struct console *console, enum action_id action)
{
	struct trial_column columns[TRIAL_COLUMNS_MAX], moved;
	struct trial_sort sort = trial_index_sort(&console->data.trials);
	size_t count = trials_columns_now(console, columns), at;

	for (at = 0; at < count; at++)
		if (trial_field_is_same(&columns[at].field, &sort.field))
			break;
	if (at == count) {
		console_say(console, ROLE_WARNING,
			    "the column sorted by is not shown: < and > choose "
			    "one, = all columns");
		return true;
	}
	moved = columns[at];
	if (!moved.width_cols)
		moved.width_cols = trials_column_cols(console, &moved.field);
	switch (action) {
	case ACTION_COLUMN_LEFT:
	case ACTION_COLUMN_RIGHT: {
		size_t to = action == ACTION_COLUMN_LEFT ? at - 1 : at + 1;

		if (to >= count)
			return true;
		moved = columns[at];
		columns[at] = columns[to];
		columns[to] = moved;
		break;
	}
	case ACTION_COLUMN_NARROW:
	case ACTION_COLUMN_WIDE:
		moved.width_cols += action == ACTION_COLUMN_WIDE ? 1 : -1;
		if (moved.width_cols < 1 ||
		    moved.width_cols > TRIAL_COLUMN_COLS_MAX)
			return true;
		columns[at] = moved;
		break;
	default:
		return false;
	}
	trials_choose(console, columns, count);
	return true;
}
