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
#include "cli/selection.h"
#include "tui/format.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_BYTES (1 << 20)

struct listing {
	struct cli *cli;
	const char *experiment_id;
	struct selection selection;
	struct sheet_column *columns; /* owned: those that were asked for */
	char **titles;		      /* owned */
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

static void add_chosen_row(struct listing *listing)
{
	const struct trial_view *view = &listing->selection.view;
	struct strbuf cell = STRBUF_INIT;
	size_t i;

	for (i = 0; i < view->column_count; i++) {
		trial_facts_format(&listing->selection.facts,
				   &view->columns[i].field,
				   !listing->cli->is_csv, &cell);
		sheet_take(&listing->sheet, strbuf_detach(&cell));
	}
}

/* "columns": {"lr": 0.01, "acc.max": 0.9} as the object's last member. */
static void add_json_columns(struct listing *listing)
{
	const struct trial_view *view = &listing->selection.view;
	struct trial_facts *facts = &listing->selection.facts;
	struct strbuf *json = &listing->json;
	struct strbuf name = STRBUF_INIT;
	size_t i;

	if (view->column_count == 0)
		return;
	strbuf_truncate(json, json->len - 1); /* its brace */
	strbuf_adds(json, ",\"columns\":{");
	for (i = 0; i < view->column_count; i++) {
		strbuf_clear(&name);
		trial_field_format(&view->columns[i].field, &facts->names,
				   &name);
		if (i > 0)
			strbuf_addch(json, ',');
		strbuf_add_json_string(json, name.data);
		strbuf_addch(json, ':');
		trial_facts_json(facts, &view->columns[i].field, json);
	}
	strbuf_adds(json, "}}");
	strbuf_release(&name);
}

static bool add_trial(const struct trial *trial, void *arg)
{
	struct listing *listing = arg;

	if (listing->columns) {
		add_chosen_row(listing);
	} else if (listing->cli->is_csv) {
		add_csv_row(&listing->sheet, trial);
	} else if (!listing->cli->is_json) {
		add_text_row(&listing->sheet, trial);
	} else {
		strbuf_adds(&listing->json, listing->is_first ? "\n" : ",\n");
		listing->is_first = false;
		json_trial(&listing->json, listing->experiment_id, trial);
		add_json_columns(listing);
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

/* The sheet's columns by the names of what was asked for. */
static void choose_columns(struct listing *listing)
{
	const struct trial_view *view = &listing->selection.view;
	struct strbuf name = STRBUF_INIT;
	size_t i;

	if (view->column_count == 0 || listing->cli->is_json)
		return;
	listing->columns =
		xcalloc(view->column_count, sizeof(*listing->columns));
	listing->titles = xcalloc(view->column_count, sizeof(*listing->titles));
	for (i = 0; i < view->column_count; i++) {
		const struct trial_field *field = &view->columns[i].field;
		enum field_unit unit = trial_field_unit(field);

		trial_field_format(field, &listing->selection.facts.names,
				   &name);
		listing->titles[i] = strbuf_detach(&name);
		listing->columns[i] = (struct sheet_column){
			listing->titles[i], unit != UNIT_TEXT,
			field->kind == FIELD_REASON ||
				field->kind == FIELD_PARAMETERS ||
				field->kind == FIELD_NOTE};
	}
}

static void release_columns(struct listing *listing)
{
	size_t i;

	for (i = 0; listing->titles && i < listing->selection.view.column_count;
	     i++)
		free(listing->titles[i]);
	free(listing->titles);
	free(listing->columns);
}

static int list_trials(struct listing *listing, struct found *found)
{
	struct cli *cli = listing->cli;
	struct error err = {0};
	bool ok;

	choose_columns(listing);
	if (listing->columns)
		sheet_init(&listing->sheet, listing->columns,
			   listing->selection.view.column_count);
	else
		sheet_init(&listing->sheet,
			   cli->is_csv ? csv_columns : text_columns,
			   cli->is_csv ? COUNT_OF(csv_columns)
				       : COUNT_OF(text_columns));
	listing->experiment_id = found->experiment.id;
	strbuf_addch(&listing->json, '[');
	ok = selection_each(&listing->selection, add_trial, listing, &err);
	if (ok && cli->is_json) {
		strbuf_adds(&listing->json,
			    listing->is_first ? "]\n" : "\n]\n");
		output_flush(&listing->json);
	} else if (ok) {
		sheet_print(&listing->sheet, cli->is_csv);
	}
	strbuf_release(&listing->json);
	sheet_release(&listing->sheet);
	release_columns(listing);
	return ok ? CLI_DONE : cli_fail(&err);
}

int command_trials(struct cli *cli)
{
	struct listing listing = {
		.cli = cli, .json = STRBUF_INIT, .is_first = true};
	struct selection_wish wish = {.filter = cli_option(cli, "filter"),
				      .sort = cli_option(cli, "sort"),
				      .columns = cli_option(cli, "columns"),
				      .view = cli_option(cli, "view")};
	struct found found;
	struct error err = {0};
	int status;

	if (!parse_states(cli_option(cli, "state"), &wish.states, &err) ||
	    !cli_option_number(cli, "limit", 1, 100000000, 0, &wish.limit,
			       &err) ||
	    !found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	status = selection_open(&listing.selection, &found, &wish);
	if (!status) {
		status = list_trials(&listing, &found);
		selection_close(&listing.selection);
	}
	found_release(&found);
	return status;
}
