/* SPDX-License-Identifier: MIT */
/* Experiments as wholes: put aside, deleted. */
#include "base/mem.h"
#include "tui/acts.h"
#include "tui/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct held {
	int64_t key;
	bool was_archived;
	char id[EXPERIMENT_ID_MAX + 1];
	char name[120];
};

static struct held *hold(const struct console *console,
			 const struct experiment_row *row)
{
	struct held *held = xcalloc(1, sizeof(*held));

	(void)console;
	held->key = row->key;
	held->was_archived = row->is_archived;
	memcpy(held->id, row->id, sizeof(held->id));
	snprintf(held->name, sizeof(held->name), "%.100s",
		 row->name && *row->name ? row->name : row->id);
	return held;
}

/* ---- archive ---------------------------------------------------------------
 */

static bool set_archived(struct console *console, int64_t key, bool is_archived)
{
	char asker[400];
	struct error err;

	request_asker(asker, sizeof(asker));
	if (store_experiment_archive(console->data.store, key, is_archived,
				     asker, &err)) {
		console->data.is_stale = true;
		return true;
	}
	console_say(console, ROLE_ERROR, "%s", err.text);
	return false;
}

static void unarchive(struct console *console, void *arg)
{
	const struct held *held = arg;

	set_archived(console, held->key, held->was_archived);
}

void act_archive(struct console *console)
{
	static const struct undo_ops ops = {
		.take_back = unarchive,
		.release = free,
	};
	const struct experiment_row *row = data_selected(&console->data);
	struct held *held;
	char what[200];

	if (request_is_refused(console) || !row)
		return;
	held = hold(console, row);
	if (!set_archived(console, row->key, !row->is_archived)) {
		free(held);
		return;
	}
	snprintf(what, sizeof(what), "%s %s",
		 held->was_archived ? "taken out of the archive:" : "archived",
		 held->name);
	undo_open(console, what, &ops, held);
}

void act_show_archived(struct console *console)
{
	struct data *data = &console->data;

	data->shows_archived = !data->shows_archived;
	experiments_arrange(console);
	console->needs_layout = true;
	console_say(console, ROLE_NORMAL,
		    data->shows_archived ? "archived experiments are shown, too"
					 : "archived experiments are hidden");
}

/* ---- delete ----------------------------------------------------------------
 */

static void remove_it(struct console *console, void *arg)
{
	const struct held *held = arg;
	struct error err;

	if (!console->options->remove(held->id, &err))
		console_say(console, ROLE_ERROR, "%s", err.text);
	else
		console_say(console, ROLE_WAITING, "deleting %s", held->name);
	console->data.is_stale = true;
}

static void on_delete(struct console *console, int key)
{
	static const struct undo_ops ops = {
		.carry_out = remove_it,
		.release = free,
	};
	const struct experiment_row *row =
		data_find(&console->data, console->request.experiment);
	struct held *held;
	char what[200];

	if ((key != 'y' && key != 'Y') || !row) {
		console_say(console, ROLE_NORMAL, "not done");
		return;
	}
	held = hold(console, row);
	snprintf(what, sizeof(what), "delete %s", held->name);
	undo_open(console, what, &ops, held);
}

void act_delete(struct console *console)
{
	const struct experiment_row *row = data_selected(&console->data);
	const char *name = console_experiment_name(console);
	long long live;

	if (request_is_refused(console) || !row)
		return;
	live = experiment_row_live(row);
	if (!console->options->remove)
		console_say(console, ROLE_ERROR,
			    "nothing can be deleted from here: trialdeck "
			    "delete %s does it",
			    row->id);
	else if (row->is_live)
		console_say(console, ROLE_ERROR,
			    "%s is being run: T stops it, then D deletes it",
			    name);
	else if (!experiment_state_is_terminal(row->state) && live)
		console_say(console, ROLE_ERROR,
			    "%lld trials of %s may still be running: u takes "
			    "it up, T stops it, then D deletes it",
			    live, name);
	else {
		request_begin(console, COMMAND_STOP); /* keeps which it is */
		console_ask(console, on_delete,
			    "delete %.100s with its %lld trials and their "
			    "files? [y/N] ",
			    name, (long long)experiment_row_total(row));
	}
}
