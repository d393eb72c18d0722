/* SPDX-License-Identifier: MIT */
/*
 * `watch`: a line whenever an experiment gets on, for logs and for screens that
 * are none; `top`: what runs, again and again.  Both read the store only.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/json.h"
#include "cli/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WATCH_DEFAULT_S 1
#define TOP_DEFAULT_S 3
#define INTERVAL_MAX_S 86400
#define TOP_TRIALS 10 /* of an experiment, the newest */

static void pause_s(long seconds)
{
	struct timespec left = {.tv_sec = seconds};

	nanosleep(&left, NULL);
}

/* ---- watch -------------------------------------------------------------- */

static int64_t ended_count(const struct experiment *experiment)
{
	int64_t count = 0;

	for (int state = 0; state < TRIAL_STATE_COUNT; state++)
		if (trial_state_is_terminal((enum trial_state)state))
			count += experiment->counts[state];
	return count;
}

/* What it says without its time: the same words are said once. */
static void add_progress(struct strbuf *line, struct store *store,
			 const struct experiment *experiment)
{
	struct error ignored = {0};
	struct trial best;

	strbuf_addf(line, "%s %s%s %" PRId64, experiment->id,
		    experiment_state_name(experiment->state),
		    experiment->is_paused ? " (paused)" : "",
		    ended_count(experiment));
	if (experiment->max_trials)
		strbuf_addf(line, "/%" PRId64, experiment->max_trials);
	strbuf_addf(line, " ended, %" PRId64 " running",
		    experiment->counts[TRIAL_RUNNING]);
	if (experiment->counts[TRIAL_WAITING])
		strbuf_addf(line, ", %" PRId64 " waiting",
			    experiment->counts[TRIAL_WAITING]);
	if (experiment->counts[TRIAL_FAILED])
		strbuf_addf(line, ", %" PRId64 " failed",
			    experiment->counts[TRIAL_FAILED]);
	if (experiment->best.is_set && experiment->best_trial &&
	    store_trial_get(store, experiment->best_trial, &best, &ignored)) {
		strbuf_adds(line, ", best ");
		strbuf_add_json_number(line, experiment->best.number);
		strbuf_addf(line, " (%s)", best.id);
		trial_release(&best);
	}
	if (experiment->error || (experiment->owner_pid && experiment->fault)) {
		const char *text = experiment->error ? experiment->error
						     : experiment->fault;

		strbuf_adds(line, "; ");
		utf8_sanitize(line, text, strlen(text), false);
	}
}

static void add_json(struct strbuf *line, struct store *store,
		     const struct experiment *experiment)
{
	struct error ignored = {0};
	struct trial best;
	bool has_best =
		experiment->best_trial &&
		store_trial_get(store, experiment->best_trial, &best, &ignored);

	json_experiment(line, experiment, has_best ? &best : NULL, false);
	if (has_best)
		trial_release(&best);
}

static void say_progress(const struct cli *cli, struct store *store,
			 const struct experiment *experiment, char **said)
{
	struct strbuf words = STRBUF_INIT, line = STRBUF_INIT;

	add_progress(&words, store, experiment);
	if (*said && !strcmp(*said, words.data)) {
		strbuf_release(&words);
		return;
	}
	if (cli->is_json) {
		add_json(&line, store, experiment);
	} else {
		clock_format_iso(&line, clock_wall_ns());
		strbuf_addf(&line, " %s", words.data);
	}
	strbuf_addch(&line, '\n');
	output_flush(&line);
	fflush(stdout);
	free(*said);
	*said = strbuf_detach(&words);
	strbuf_release(&line);
}

int command_watch(struct cli *cli)
{
	struct found found;
	struct error err = {0};
	int64_t seen = -1;
	bool is_over = false;
	char *said = NULL;
	int status = CLI_DONE;
	long interval;

	if (!cli_option_number(cli, "interval", 1, INTERVAL_MAX_S,
			       WATCH_DEFAULT_S, &interval, &err) ||
	    !found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	while (!is_over && !ferror(stdout)) {
		int64_t version = store_data_version(found.store);

		if (version != seen) {
			struct experiment now;

			if (!store_experiment_get(found.store,
						  found.experiment.key, &now,
						  &err)) {
				status = cli_fail(&err);
				break;
			}
			say_progress(cli, found.store, &now, &said);
			is_over = experiment_state_is_terminal(now.state);
			if (is_over && now.state != EXPERIMENT_DONE)
				status = CLI_FAILED;
			experiment_release(&now);
			seen = version;
		}
		if (!is_over)
			pause_s(interval);
	}
	free(said);
	found_release(&found);
	return status;
}

/* ---- top ---------------------------------------------------------------- */

struct top {
	struct cli *cli;
	struct store *store;
	struct sheet sheet;
	size_t experiments;
	bool is_terminal;
};

static const struct sheet_column top_columns[] = {
	{"experiment", false, false}, {"#", true, false},
	{"trial", false, false},      {"state", false, false},
	{"last", true, false},	      {"final", true, false},
	{"took", true, false},	      {"reason", false, true},
};

struct top_trial {
	struct top *top;
	const char *experiment;
};

static bool add_top_trial(const struct trial *trial, void *arg)
{
	struct top_trial *place = arg;
	struct sheet *sheet = &place->top->sheet;
	struct strbuf took = STRBUF_INIT;

	sheet_add(sheet, place->experiment);
	sheet_addf(sheet, "%" PRId64, trial->sequence);
	sheet_add(sheet, trial->id);
	sheet_add(sheet, trial_state_name(trial->state));
	cell_short(sheet, trial->last);
	cell_short(sheet, trial->final);
	clock_format_duration(
		&took, trial->started_ns ? (trial->ended_ns ? trial->ended_ns
							    : clock_wall_ns()) -
						   trial->started_ns
					 : 0);
	sheet_take(sheet, strbuf_detach(&took));
	sheet_add(sheet, trial->reason);
	return true;
}

static bool add_top_experiment(const struct experiment *experiment, void *arg)
{
	struct top *top = arg;
	struct top_trial place = {top, experiment->id};
	struct error ignored = {0};
	struct strbuf line = STRBUF_INIT;

	if (!store_experiment_is_live(top->cli->db_path, experiment->id, NULL))
		return true;
	top->experiments++;
	add_progress(&line, top->store, experiment);
	strbuf_addch(&line, '\n');
	output_flush(&line);
	strbuf_release(&line);
	store_trials_page(top->store, experiment->key, INT64_MAX, TOP_TRIALS,
			  STORE_TRIAL_WHOLE, add_top_trial, &place, &ignored);
	return true;
}

static bool show_top(struct top *top, struct error *err)
{
	bool ok;

	/* home, and clear to the end: no flicker of a whole clear */
	if (top->is_terminal)
		fputs("\033[H\033[J", stdout);
	top->experiments = 0;
	sheet_init(&top->sheet, top_columns, COUNT_OF(top_columns));
	ok = store_experiments_each(top->store, 0, add_top_experiment, top,
				    err);
	if (ok && top->experiments)
		sheet_print(&top->sheet, top->cli->is_csv);
	else if (ok)
		puts("no experiment is running; trialdeck list shows all");
	sheet_release(&top->sheet);
	fflush(stdout);
	return ok;
}

int command_top(struct cli *cli)
{
	struct top top = {.cli = cli, .is_terminal = isatty(STDOUT_FILENO)};
	struct error err = {0};
	long interval;
	bool ok;

	if (!cli_option_number(cli, "interval", 1, INTERVAL_MAX_S,
			       TOP_DEFAULT_S, &interval, &err) ||
	    !store_open(cli->db_path, STORE_READ, &top.store, &err))
		return cli_fail(&err);
	ok = show_top(&top, &err);
	while (ok && top.is_terminal && !ferror(stdout)) {
		pause_s(interval);
		ok = show_top(&top, &err);
	}
	store_close(top.store);
	return ok ? CLI_DONE : cli_fail(&err);
}
