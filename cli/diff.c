/* SPDX-License-Identifier: MIT */
/* `diff`: how trials of an experiment, or experiments, differ. */
#include "tui/diff.h"

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

static void print_line(const char *text, const struct diff_row *row, void *arg)
{
	size_t len = strlen(text);

	(void)row;
	(void)arg;
	while (len && text[len - 1] == ' ')
		len--;
	printf("%.*s\n", (int)len, text);
}

static void print_json(const struct diff *diff, bool is_all)
{
	struct strbuf out = STRBUF_INIT;
	bool is_first = true;

	strbuf_adds(&out, "{\"of\":[");
	for (size_t k = 0; k < diff->columns; k++) {
		strbuf_adds(&out, k ? "," : "");
		json_text(&out, diff->names[k]);
	}
	strbuf_adds(&out, "],\"rows\":[");
	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_row *row = &diff->rows[i];

		if (row->is_same && !is_all)
			continue;
		strbuf_adds(&out, is_first ? "\n" : ",\n");
		is_first = false;
		strbuf_adds(&out, "{\"section\":");
		json_text(&out, row->section);
		strbuf_adds(&out, ",\"name\":");
		json_text(&out, row->label);
		strbuf_addf(&out, ",\"same\":%s,\"values\":[",
			    row->is_same ? "true" : "false");
		for (size_t k = 0; k < diff->columns; k++) {
			strbuf_adds(&out, k ? "," : "");
			json_text(&out, row->values[k]);
		}
		strbuf_adds(&out, "]}");
	}
	strbuf_adds(&out, is_first ? "]}\n" : "\n]}\n");
	output_flush(&out);
	strbuf_release(&out);
}

/* EXPERIMENT TRIAL TRIAL..., or EXPERIMENT EXPERIMENT...: two names are two
 * experiments. */
static bool read_diff(struct cli *cli, struct store *store, struct diff *ret,
		      struct error *err)
{
	int64_t keys[DIFF_COLUMNS_MAX];
	struct experiment experiment;
	struct error ignored;
	struct trial trial;
	int64_t owner = 0;
	size_t count = 0;
	bool are_trials = false;

	if (cli->argument_count > DIFF_COLUMNS_MAX)
		return error_set(err, ERROR_LIMIT,
				 "at most %d can be compared at once",
				 DIFF_COLUMNS_MAX);
	if (cli->argument_count > 2) {
		if (!store_experiment_find(store, cli->arguments[0],
					   &experiment, err))
			return false;
		owner = experiment.key;
		experiment_release(&experiment);
		are_trials = store_trial_find(store, owner, cli->arguments[1],
					      &trial, &ignored);
		if (are_trials)
			trial_release(&trial);
	}
	for (size_t i = are_trials; i < cli->argument_count; i++) {
		const char *name = cli->arguments[i];

		if (are_trials) {
			if (!store_trial_find(store, owner, name, &trial, err))
				return false;
			keys[count++] = trial.key;
			trial_release(&trial);
		} else {
			if (!store_experiment_find(store, name, &experiment,
						   err))
				return false;
			keys[count++] = experiment.key;
			experiment_release(&experiment);
		}
	}
	return are_trials ? diff_trials(store, keys, count, ret, err)
			  : diff_experiments(store, keys, count, ret, err);
}

int command_diff(struct cli *cli)
{
	bool is_all = cli_option(cli, "all");
	struct error err = {0};
	struct store *store;
	struct diff diff;
	int width;
	bool ok;

	if (!store_open(cli->db_path, STORE_READ, &store, &err))
		return cli_fail(&err);
	ok = read_diff(cli, store, &diff, &err);
	store_close(store);
	if (!ok)
		return cli_fail_at(&err, "diff");
	width = output_width();
	if (cli->is_json)
		print_json(&diff, is_all);
	else
		diff_each(&diff, width ? width : 160, is_all, cli->is_ascii,
			  print_line, NULL);
	diff_release(&diff);
	return CLI_DONE;
}
