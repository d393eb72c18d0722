/* SPDX-License-Identifier: MIT */
/*
 * Views of the trials by name: a filter, an order and columns.
 *
 * An experiment has views of its own, all experiments share those that were
 * saved for all, and a few are always there; in this order a name is looked up.
 * What the table looks like without any of them is remembered for each
 * experiment as well; it is written when another one is shown or the program
 * ends, so that no key waits for the disk.
 */
#include "base/mem.h"
#include "tui/view_trials.h"

#include <stdlib.h>
#include <string.h>

static bool is_maximized(const struct console *console)
{
	return console->data.experiment.objective == OBJECTIVE_MAXIMIZE;
}

/* ---- the table itself -----------------------------------------------------
 */

static void get_view(struct console *console, struct trial_view *ret)
{
	const struct trial_index *index = &console->data.trials;

	memset(ret, 0, sizeof(*ret));
	ret->filter = xstrdup(console->trials.filter);
	ret->sort_count = index->sort_count;
	memcpy(ret->sorts, index->sorts, sizeof(ret->sorts));
	ret->column_count = console->trials.chosen_count;
	memcpy(ret->columns, console->trials.chosen, sizeof(ret->columns));
}

static char *format_view(struct console *console, bool with_filter)
{
	struct field_names names = data_names(&console->data);
	struct strbuf json = STRBUF_INIT;
	struct trial_view view;

	get_view(console, &view);
	if (!with_filter)
		view.filter[0] = '\0';
	trial_view_format(&view, &names, &json);
	trial_view_release(&view);
	return strbuf_detach(&json);
}

void trials_save_table(struct console *console)
{
	struct error ignored;
	char *json;

	if (!console->trials.is_unsaved || !console->data.store ||
	    !console->data.selected || console->data.is_read_only)
		return;
	console->trials.is_unsaved = false;
	json = format_view(console, false);
	/* a convenience: what cannot be remembered is no trouble */
	store_preference_put(console->data.store, console->data.selected,
			     TRIAL_TABLE_PREFERENCE, json, &ignored);
	free(json);
}

void trials_restore_table(struct console *console)
{
	struct field_names names = data_names(&console->data);
	struct trial_view view;
	struct error ignored;
	char *json = NULL;

	console->trials.chosen_count = 0;
	console->trials.columns_key = 0;
	if (console->data.store && console->data.selected)
		store_preference_get(console->data.store,
				     console->data.selected,
				     TRIAL_TABLE_PREFERENCE, &json, &ignored);
	if (json && trial_view_parse(json, &names, is_maximized(console), true,
				     &view, &ignored)) {
		trial_index_set_sorts(&console->data.trials, view.sorts,
				      view.sort_count);
		trials_choose(console, view.columns, view.column_count);
		trial_view_release(&view);
	}
	free(json);
	console->trials.is_unsaved = false;
}

/* ---- by name --------------------------------------------------------------
 */

static char *read_views(struct console *console, int64_t experiment)
{
	struct error ignored;
	char *json = NULL;

	if (console->data.store)
		store_preference_get(console->data.store, experiment,
				     TRIAL_VIEWS_PREFERENCE, &json, &ignored);
	return json;
}

static bool apply(struct console *console, const char *json, struct error *err)
{
	struct field_names names = data_names(&console->data);
	struct trial_view view;
	bool is_ok;

	if (!trial_view_parse(json, &names, is_maximized(console), false, &view,
			      err))
		return false;
	is_ok = trials_set_filter(console, view.filter, err);
	if (is_ok) {
		trial_index_set_sorts(&console->data.trials, view.sorts,
				      view.sort_count);
		trials_choose(console, view.columns, view.column_count);
		console_recalc(console, DATA_TRIALS);
	}
	trial_view_release(&view);
	return is_ok;
}

bool trials_apply_view(struct console *console, const char *name,
		       struct error *err)
{
	char *own = read_views(console, console->data.selected);
	char *all = read_views(console, 0);
	char *json = trial_views_find(own, all, name);
	bool is_ok;

	is_ok = json ? apply(console, json, err)
		     : error_set(err, ERROR_NOT_FOUND,
				 "no view is called \"%.60s\": V lists them, "
				 ":view-save NAME makes one",
				 name);
	if (is_ok)
		console_say(console, ROLE_MESSAGE, "view %s", name);
	free(own);
	free(all);
	free(json);
	return is_ok;
}

static bool put(struct console *console, const char *name, const char *json,
		int64_t experiment, struct error *err)
{
	char *views, *changed = NULL;
	bool is_ok;

	if (!console->data.store || !console->data.selected)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no experiment");
	if (console->data.is_read_only)
		return error_set(err, ERROR_DENIED,
				 "read-only: this console only looks; nothing "
				 "was changed");
	views = read_views(console, experiment);
	is_ok = trial_views_put(views, name, json, &changed, err) &&
		store_preference_put(console->data.store, experiment,
				     TRIAL_VIEWS_PREFERENCE, changed, err);
	free(views);
	free(changed);
	return is_ok;
}

bool trials_save_view(struct console *console, const char *name, bool for_all,
		      struct error *err)
{
	char *json = format_view(console, true);
	bool is_ok = put(console, name, json,
			 for_all ? 0 : console->data.selected, err);

	free(json);
	if (is_ok)
		console_say(console, ROLE_MESSAGE,
			    "view %s saved%s: its filter, order and columns",
			    name, for_all ? " for all experiments" : "");
	return is_ok;
}

bool trials_delete_view(struct console *console, const char *name,
			struct error *err)
{
	if (!put(console, name, NULL, console->data.selected, err) ||
	    !put(console, name, NULL, 0, err))
		return false;
	console_say(console, ROLE_MESSAGE, "view %s is gone", name);
	return true;
}

void trials_each_view(struct console *console, trial_views_fn *fn, void *arg)
{
	char *own = read_views(console, console->data.selected);
	char *all = read_views(console, 0);
	const char *name;
	size_t i;

	trial_views_each(own, fn, arg);
	trial_views_each(all, fn, arg);
	for (i = 0; (name = trial_views_builtin(i, NULL)); i++)
		fn(name, arg);
	free(own);
	free(all);
}

static void add_item(const char *name, void *arg)
{
	struct console *console = arg;
	size_t i;

	for (i = 0; i < console->prompt.item_count; i++)
		if (strcmp(console->prompt.items[i], name) == 0)
			return;
	console_menu_add(console, name);
}

#define SAVE_ITEM "+save..."

static void on_menu(struct console *console, const char *item, int key)
{
	struct error err;

	if (key == '+' || strcmp(item, SAVE_ITEM) == 0)
		prompt_open(&console->prompt, PROMPT_COMMAND, "view-save ");
	else if (!trials_apply_view(console, item, &err))
		console_say(console, ROLE_ERROR, "%s", err.text);
}

void trials_view_menu(struct console *console)
{
	console_menu_begin(console);
	trials_each_view(console, add_item, console);
	console_menu_add(console, SAVE_ITEM);
	console_menu_open(console, "View:", 0, on_menu);
}
