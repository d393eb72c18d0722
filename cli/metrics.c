/* SPDX-License-Identifier: MIT */
/* `metrics`: what the trials of an experiment reported. */
#include "base/mem.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/selection.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_BYTES (1 << 20)

struct listing {
	struct cli *cli;
	struct store *store;
	const char *name;
	const char *type;
	int attempt; /* 0: all */
	const struct trial *trial;
	int number; /* of the attempt being read */
	struct sheet sheet;
	struct strbuf json;
	bool is_first;
	bool has_failed;
	struct error *err;
};

static const struct sheet_column columns[] = {
	{"trial", 0, 0},    {"attempt", true, 0}, {"name", 0, true},
	{"type", 0, 0},	    {"source", true, 0},  {"sequence", true, 0},
	{"value", true, 0}, {"time", 0, 0},
};

static void add_row(struct listing *listing, const struct metric *metric)
{
	struct sheet *sheet = &listing->sheet;
	struct metric_value value = {.is_set = true, .number = metric->value};

	sheet_add(sheet, listing->trial->id);
	sheet_addf(sheet, "%d", listing->number);
	sheet_add(sheet, metric->name);
	sheet_add(sheet, metric_type_name(metric->type));
	sheet_addf(sheet, "%d", metric->source);
	sheet_addf(sheet, "%" PRId64, metric->sequence);
	if (metric->text)
		sheet_add(sheet, metric->text);
	else
		cell_value(sheet, value);
	cell_time(sheet, metric->at_ns);
}

static bool add_metric(const struct metric *metric, void *arg)
{
	struct listing *listing = arg;

	if (listing->type &&
	    strcmp(listing->type, metric_type_name(metric->type)) != 0)
		return true;
	if (!listing->cli->is_json) {
		add_row(listing, metric);
		return true;
	}
	strbuf_adds(&listing->json, listing->is_first ? "\n" : ",\n");
	listing->is_first = false;
	json_metric(&listing->json, listing->trial, listing->number, metric);
	if (listing->json.len > FLUSH_BYTES)
		output_flush(&listing->json);
	return true;
}

static bool add_attempt(const struct attempt *attempt, void *arg)
{
	struct listing *listing = arg;

	if (listing->attempt && listing->attempt != attempt->number)
		return true;
	listing->number = attempt->number;
	listing->has_failed = !store_metrics_each(
		listing->store, listing->trial->key, attempt->number,
		listing->name, add_metric, listing, listing->err);
	return !listing->has_failed;
}

static bool add_trial(const struct trial *trial, void *arg)
{
	struct listing *listing = arg;

	listing->trial = trial;
	if (!store_attempts_each(listing->store, trial->key, add_attempt,
				 listing, listing->err))
		listing->has_failed = true;
	return !listing->has_failed;
}

int command_metrics(struct cli *cli)
{
	struct error err = {0};
	struct listing listing = {
		.cli = cli,
		.name = cli_option(cli, "name"),
		.type = cli_option(cli, "type"),
		.json = STRBUF_INIT,
		.is_first = true,
		.err = &err,
	};
	struct selection_wish wish = {.filter = cli_option(cli, "filter")};
	struct selection selection;
	struct found found;
	long attempt;
	int status;
	bool ok;

	if (!cli_option_number(cli, "attempt", 1, 1000000, 0, &attempt, &err))
		return cli_fail(&err);
	if (listing.type && strcmp(listing.type, "intermediate") != 0 &&
	    strcmp(listing.type, "final") != 0) {
		error_set(&err, ERROR_INVALID,
			  "--type: 'intermediate' or 'final' is needed, not "
			  "'%s'",
			  listing.type);
		return cli_fail(&err);
	}
	if (wish.filter && cli_argument(cli, 1)) {
		error_set(&err, ERROR_INVALID,
			  "metrics: either a trial or --filter, not both");
		return cli_fail(&err);
	}
	if (!found_trial(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	status = selection_open(&selection, &found, &wish);
	if (status) {
		found_release(&found);
		return status;
	}
	listing.store = found.store;
	listing.attempt = (int)attempt;
	sheet_init(&listing.sheet, columns, COUNT_OF(columns));
	strbuf_addch(&listing.json, '[');
	if (found.trial.key)
		ok = add_trial(&found.trial, &listing);
	else
		ok = selection_each(&selection, add_trial, &listing, &err) &&
		     !listing.has_failed;
	if (ok && cli->is_json) {
		strbuf_adds(&listing.json, listing.is_first ? "]\n" : "\n]\n");
		output_flush(&listing.json);
	} else if (ok) {
		sheet_print(&listing.sheet, cli->is_csv);
	}
	strbuf_release(&listing.json);
	sheet_release(&listing.sheet);
	selection_close(&selection);
	found_release(&found);
	return ok ? CLI_DONE : cli_fail(&err);
}
