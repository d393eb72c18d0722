/* SPDX-License-Identifier: MIT */
/* `trials`: the trials of an experiment, by sequence number. */
#include "base/clock.h"
#include "base/mem.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tui/format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_BYTES (1 << 20)

struct listing {
	struct cli *cli;
	const char *experiment_id;
	unsigned states; /* one bit each */
	struct sheet sheet;
	struct strbuf json;
	bool is_first;
};

static const struct sheet_column text_columns[] = {
	{"#", true, false},	  {"id", false, false},
	{"state", false, false},  {"try", true, false},
	{"final", true, false},	  {"best", true, false},
	{"results", true, false}, {"took", true, false},
	{"parameters", 0, true},  {"reason", 0, true},
	{"tags", 0, true},
};

static const struct sheet_column csv_columns[] = {
	{"id", 0, 0},	   {"sequence", 0, 0},	    {"state", 0, 0},
	{"attempt", 0, 0}, {"final", 0, 0},	    {"best", 0, 0},
	{"last", 0, 0},	   {"intermediates", 0, 0}, {"submitted", 0, 0},
	{"started", 0, 0}, {"ended", 0, 0},	    {"exit_code", 0, 0},
	{"source", 0, 0},  {"parameters", 0, 0},    {"reason", 0, 0},
	{"tags", 0, 0},
};

static void add_text_row(struct sheet *sheet, const struct trial *trial)
{
	struct strbuf cell = STRBUF_INIT;
	int64_t end_ns = trial->ended_ns ? trial->ended_ns : clock_wall_ns();

	sheet_addf(sheet, "%" PRId64, trial->sequence);
	sheet_add(sheet, trial->id);
	sheet_add(sheet, trial_state_name(trial->state));
	sheet_addf(sheet, "%d", trial->attempt);
	cell_short(sheet, trial->final);
	cell_short(sheet, trial->best);
	sheet_addf(sheet, "%" PRId64, trial->intermediates);
	format_elapsed(&cell, trial->started_ns, end_ns);
	sheet_take(sheet, strbuf_detach(&cell));
	sheet_add(sheet, trial->parameters);
	sheet_add(sheet, trial->reason);
	sheet_add(sheet, trial->tags);
}

static void add_csv_row(struct sheet *sheet, const struct trial *trial)
{
	sheet_add(sheet, trial->id);
	sheet_addf(sheet, "%" PRId64, trial->sequence);
	sheet_add(sheet, trial_state_name(trial->state));
	sheet_addf(sheet, "%d", trial->attempt);
	cell_value(sheet, trial->final);
	cell_value(sheet, trial->best);
	cell_value(sheet, trial->last);
	sheet_addf(sheet, "%" PRId64, trial->intermediates);
	cell_time(sheet, trial->submitted_ns);
	cell_time(sheet, trial->started_ns);
	cell_time(sheet, trial->ended_ns);
	if (trial->exit_code < 0)
		sheet_add(sheet, NULL);
	else
		sheet_addf(sheet, "%d", trial->exit_code);
	sheet_add(sheet, json_source_name(trial->source));
	sheet_add(sheet, trial->parameters);
	sheet_add(sheet, trial->reason);
	sheet_add(sheet, trial->tags);
}

static bool add_trial(const struct trial *trial, void *arg)
{
	struct listing *listing = arg;

	if (!(listing->states & 1u << trial->state))
		return true;
	if (listing->cli->is_csv) {
		add_csv_row(&listing->sheet, trial);
	} else if (!listing->cli->is_json) {
		add_text_row(&listing->sheet, trial);
	} else {
		strbuf_adds(&listing->json, listing->is_first ? "\n" : ",\n");
		listing->is_first = false;
		json_trial(&listing->json, listing->experiment_id, trial);
		if (listing->json.len > FLUSH_BYTES)
			output_flush(&listing->json);
	}
	return true;
}

/* "FAILED,running" to bits; NULL means all. */
static bool parse_states(const char *text, unsigned *ret, struct error *err)
{
	unsigned states = 0;

	if (!text) {
		*ret = ~0u;
		return true;
	}
	while (*text) {
		size_t len = strcspn(text, ",");
		char *word = xstrndup(text, len);
		enum trial_state state;

		if (!trial_state_parse(word, &state)) {
			error_set(err, ERROR_INVALID,
				  "--state: '%s' is no state of a trial "
				  "(WAITING, RUNNING, SUCCEEDED, FAILED, "
				  "USER_CANCELED, SYS_CANCELED, "
				  "EARLY_STOPPED, UNKNOWN)",
				  word);
			free(word);
			return false;
		}
		free(word);
		states |= 1u << state;
		text += len;
		text += *text == ',';
	}
	*ret = states;
	return true;
}

int command_trials(struct cli *cli)
{
	struct listing listing = {
		.cli = cli, .json = STRBUF_INIT, .is_first = true};
	struct found found;
	struct error err = {0};
	bool ok;

	if (!parse_states(cli_option(cli, "state"), &listing.states, &err) ||
	    !found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	listing.experiment_id = found.experiment.id;
	sheet_init(&listing.sheet, cli->is_csv ? csv_columns : text_columns,
		   cli->is_csv ? COUNT_OF(csv_columns)
			       : COUNT_OF(text_columns));
	strbuf_addch(&listing.json, '[');
	ok = store_trials_each(found.store, found.experiment.key, 0,
			       STORE_TRIAL_WHOLE, add_trial, &listing, &err);
	if (ok && cli->is_json) {
		strbuf_adds(&listing.json, listing.is_first ? "]\n" : "\n]\n");
		output_flush(&listing.json);
	} else if (ok) {
		sheet_print(&listing.sheet, cli->is_csv);
	}
	strbuf_release(&listing.json);
	sheet_release(&listing.sheet);
	found_release(&found);
	return ok ? CLI_DONE : cli_fail(&err);
}
