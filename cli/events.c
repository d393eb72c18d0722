/* SPDX-License-Identifier: MIT */
/* `events`: an experiment's journal. */
#include "base/mem.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/json.h"
#include "cli/output.h"

#include <limits.h>
#include <stdlib.h>

struct listing {
	struct cli *cli;
	struct store *store;
	struct sheet sheet;
	struct strbuf json;
};

static const struct sheet_column columns[] = {
	{"time", 0, 0},	 {"level", 0, 0},      {"kind", 0, 0},
	{"trial", 0, 0}, {"attempt", true, 0}, {"text", 0, true},
};

static bool add_event(const struct event *event, void *arg)
{
	struct listing *listing = arg;
	struct sheet *sheet = &listing->sheet;
	struct error ignored = {0};
	struct trial trial;
	bool has_trial;

	has_trial =
		event->trial &&
		store_trial_get(listing->store, event->trial, &trial, &ignored);
	if (listing->cli->is_json) {
		strbuf_adds(&listing->json,
			    listing->json.len > 1 ? ",\n" : "\n");
		json_event(&listing->json, has_trial ? trial.id : NULL, event);
	} else {
		cell_time(sheet, event->at_ns);
		sheet_add(sheet, json_level_name(event->level));
		sheet_add(sheet, event->kind);
		sheet_add(sheet, has_trial ? trial.id : NULL);
		if (event->attempt)
			sheet_addf(sheet, "%d", event->attempt);
		else
			sheet_add(sheet, NULL);
		sheet_add(sheet, event->text);
	}
	if (has_trial)
		trial_release(&trial);
	return true;
}

int command_events(struct cli *cli)
{
	struct listing listing = {.cli = cli, .json = STRBUF_INIT};
	struct found found;
	struct error err = {0};
	long tail;
	bool ok;

	if (!cli_option_number(cli, "tail", 1, INT_MAX, 0, &tail, &err) ||
	    !found_trial(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	listing.store = found.store;
	sheet_init(&listing.sheet, columns, COUNT_OF(columns));
	strbuf_addch(&listing.json, '[');
	ok = store_events_each(found.store, found.experiment.key,
			       found.trial.key, 0, (int)tail, add_event,
			       &listing, &err);
	if (ok && cli->is_json) {
		strbuf_adds(&listing.json,
			    listing.json.len > 1 ? "\n]\n" : "]\n");
		output_flush(&listing.json);
	} else if (ok) {
		sheet_print(&listing.sheet, cli->is_csv);
	}
	strbuf_release(&listing.json);
	sheet_release(&listing.sheet);
	found_release(&found);
	return ok ? CLI_DONE : cli_fail(&err);
}
