/* SPDX-License-Identifier: MIT */
/* `list`: the experiments of a database; `words`: their names for shells. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/trial_facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct listing {
	struct cli *cli;
	struct store *store;
	bool with_archived;
	struct sheet sheet;
	struct strbuf json;
};

static const struct sheet_column text_columns[] = {
	{"id", false, false},	  {"name", false, true},
	{"state", false, false},  {"trials", true, false},
	{"running", true, false}, {"failed", true, false},
	{"best", true, false},	  {"created", false, false},
	{"took", true, false},	  {"tags", false, true},
};

static const struct sheet_column csv_columns[] = {
	{"id", 0, 0},	    {"name", 0, 0},   {"state", 0, 0},
	{"platform", 0, 0}, {"trials", 0, 0}, {"running", 0, 0},
	{"failed", 0, 0},   {"best", 0, 0},   {"best_trial", 0, 0},
	{"created", 0, 0},  {"ended", 0, 0},  {"seconds", 0, 0},
	{"tags", 0, 0},
};

/* The best trial of an experiment; true when there is one to release. */
static bool get_best(struct store *store, const struct experiment *experiment,
		     struct trial *ret)
{
	struct error ignored = {0};

	return experiment->best_trial &&
	       store_trial_get(store, experiment->best_trial, ret, &ignored);
}

static void add_text_row(struct sheet *sheet,
			 const struct experiment *experiment)
{
	struct strbuf cell = STRBUF_INIT;

	sheet_add(sheet, experiment->id);
	sheet_add(sheet, experiment->name);
	sheet_addf(sheet, "%s%s", experiment_state_name(experiment->state),
		   experiment->is_paused			? " (paused)"
		   : experiment->owner_pid && experiment->fault ? " (retrying)"
		   : experiment->lets_finish			? " (finishing)"
								: "");
	if (experiment->max_trials)
		sheet_addf(sheet, "%" PRId64 "/%" PRId64,
			   experiment->next_sequence, experiment->max_trials);
	else
		sheet_addf(sheet, "%" PRId64, experiment->next_sequence);
	sheet_addf(sheet, "%" PRId64, experiment->counts[TRIAL_RUNNING]);
	sheet_addf(sheet, "%" PRId64, experiment->counts[TRIAL_FAILED]);
	cell_short(sheet, experiment->best);
	cell_time(sheet, experiment->created_ns);
	clock_format_duration(&cell, experiment->run_ns);
	sheet_take(sheet, strbuf_detach(&cell));
	sheet_add(sheet, experiment->tags);
}

static void add_csv_row(struct listing *listing,
			const struct experiment *experiment)
{
	struct sheet *sheet = &listing->sheet;
	struct trial best;

	sheet_add(sheet, experiment->id);
	sheet_add(sheet, experiment->name);
	sheet_add(sheet, experiment_state_name(experiment->state));
	sheet_add(sheet, experiment->platform);
	sheet_addf(sheet, "%" PRId64, experiment->next_sequence);
	sheet_addf(sheet, "%" PRId64, experiment->counts[TRIAL_RUNNING]);
	sheet_addf(sheet, "%" PRId64, experiment->counts[TRIAL_FAILED]);
	cell_value(sheet, experiment->best);
	if (get_best(listing->store, experiment, &best)) {
		sheet_add(sheet, best.id);
		trial_release(&best);
	} else {
		sheet_add(sheet, NULL);
	}
	cell_time(sheet, experiment->created_ns);
	cell_time(sheet, experiment->ended_ns);
	cell_seconds(sheet, experiment->run_ns);
	sheet_add(sheet, experiment->tags);
}

static void add_json(struct listing *listing,
		     const struct experiment *experiment)
{
	struct trial best;
	bool has_best = get_best(listing->store, experiment, &best);

	strbuf_adds(&listing->json, listing->json.len > 1 ? ",\n" : "\n");
	json_experiment(&listing->json, experiment, has_best ? &best : NULL,
			false);
	if (has_best)
		trial_release(&best);
}

static bool add_experiment(const struct experiment *experiment, void *arg)
{
	struct listing *listing = arg;

	if (experiment->is_archived && !listing->with_archived)
		return true;
	if (listing->cli->is_json)
		add_json(listing, experiment);
	else if (listing->cli->is_csv)
		add_csv_row(listing, experiment);
	else
		add_text_row(&listing->sheet, experiment);
	return true;
}

int command_list(struct cli *cli)
{
	struct listing listing = {
		.cli = cli,
		.with_archived = cli_option(cli, "all"),
		.json = STRBUF_INIT,
	};
	struct error err = {0};
	bool ok = true;

	/* no database yet is an empty one */
	if (access(cli->db_path, F_OK) == 0 &&
	    !store_open(cli->db_path, STORE_READ, &listing.store, &err))
		return cli_fail(&err);
	sheet_init(&listing.sheet, cli->is_csv ? csv_columns : text_columns,
		   cli->is_csv ? COUNT_OF(csv_columns)
			       : COUNT_OF(text_columns));
	strbuf_addch(&listing.json, '[');
	if (listing.store) {
		ok = store_experiments_each(listing.store, 0, add_experiment,
					    &listing, &err);
		store_close(listing.store);
	}
	if (ok && cli->is_json) {
		strbuf_adds(&listing.json,
			    listing.json.len > 1 ? "\n]\n" : "]\n");
		output_flush(&listing.json);
	} else if (ok) {
		sheet_print(&listing.sheet, cli->is_csv);
	}
	strbuf_release(&listing.json);
	sheet_release(&listing.sheet);
	return ok ? CLI_DONE : cli_fail(&err);
}

/* One word a line, a tab, and what it is: for completion scripts. */
static void print_word(const char *word, const char *what, const char *more)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%s\t", word);
	utf8_sanitize(&line, what, strlen(what), false);
	strbuf_addch(&line, ' ');
	utf8_sanitize(&line, more, strlen(more), false);
	puts(line.data);
	strbuf_release(&line);
}

static bool print_experiment_word(const struct experiment *experiment,
				  void *arg)
{
	(void)arg;
	print_word(experiment->id, experiment->name ? experiment->name : "",
		   experiment_state_name(experiment->state));
	return true;
}

static bool print_trial_word(const struct trial *trial, void *arg)
{
	char sequence[32];

	(void)arg;
	snprintf(sequence, sizeof(sequence), "#%" PRId64, trial->sequence);
	print_word(trial->id, sequence, trial_state_name(trial->state));
	return true;
}

static void print_column_word(const char *name, void *arg)
{
	struct trial_facts *facts = arg;
	struct trial_field field;
	struct error ignored;

	if (trial_field_parse(name, &facts->names, &field, &ignored))
		print_word(name,
			   strchr(name, '.') ? "of a metric"
					     : trial_field_help(field.kind),
			   "");
}

/* What --columns, --sort and a filter may name. */
static void print_column_words(struct store *store,
			       const struct experiment *experiment)
{
	struct found found = {.store = store, .experiment = *experiment};
	struct trial_facts facts;
	struct error ignored;

	if (!trial_facts_open(&facts, &found, &ignored))
		return;
	trial_field_each(&facts.names, true, print_column_word, &facts);
	trial_facts_close(&facts);
}

/* Completion must be quiet about everything that goes wrong. */
int command_words(struct cli *cli)
{
	bool wants_trials = !strcmp(cli_argument(cli, 0), "trials");
	bool wants_columns = !strcmp(cli_argument(cli, 0), "columns");
	const char *name = cli_argument(cli, 1);
	struct experiment experiment;
	struct error ignored = {0};
	struct store *store;

	if (!store_open(cli->db_path, STORE_READ, &store, &ignored))
		return CLI_DONE;
	if (!wants_trials && !wants_columns) {
		print_word("latest", "the newest", "experiment");
		store_experiments_each(store, 0, print_experiment_word, NULL,
				       &ignored);
	} else if (store_experiment_find(store, name ? name : "latest",
					 &experiment, &ignored)) {
		if (wants_columns)
			print_column_words(store, &experiment);
		else
			store_trials_page(store, experiment.key, INT64_MAX, 500,
					  STORE_TRIAL_BRIEF, print_trial_word,
					  NULL, &ignored);
		experiment_release(&experiment);
	}
	store_close(store);
	return CLI_DONE;
}
