/* SPDX-License-Identifier: MIT */
/* `show` and `best`: one experiment or one trial, with all there is to say. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/front.h"
#include "cli/json.h"
#include "cli/output.h"
#include "interchange/interchange.h"
#include "tui/format.h"
#include "tui/part_table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_COLS 14

/* One "label  text" line; text is made safe, NULL and "" are left out. */
static void line(const char *label, const char *text)
{
	struct strbuf safe = STRBUF_INIT;

	if (!text || !*text)
		return;
	utf8_sanitize(&safe, text, strlen(text), false);
	printf("%-*s%s\n", LABEL_COLS, label, safe.data);
	strbuf_release(&safe);
}

static void linef(const char *label, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void linef(const char *label, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line(label, text);
}

static void line_time(const char *label, int64_t at_ns)
{
	struct strbuf text = STRBUF_INIT;

	if (at_ns)
		clock_format_iso(&text, at_ns);
	line(label, text.data);
	strbuf_release(&text);
}

/* The shortest text that reads back to the same number; "NaN" unquoted. */
static void line_value(const char *label, struct metric_value value)
{
	struct strbuf text = STRBUF_INIT;

	if (value.is_set)
		json_value(&text, value);
	if (text.len && text.data[0] == '"') {
		strbuf_truncate(&text, text.len - 1);
		strbuf_consume(&text, 1);
	}
	line(label, text.data);
	strbuf_release(&text);
}

/* A note may have lines of its own. */
static void line_note(const char *text)
{
	const char *label = "note";

	while (text && *text) {
		size_t len = strcspn(text, "\n");
		char *part = xstrndup(text, len);

		line(label, *part ? part : " ");
		free(part);
		label = "";
		text += len + (text[len] == '\n');
	}
}

static void line_limit(const char *label, int64_t limit)
{
	if (limit)
		linef(label, "%" PRId64, limit);
	else
		line(label, "none");
}

static void line_span(const char *label, int64_t seconds)
{
	struct strbuf text = STRBUF_INIT;

	if (seconds)
		clock_format_duration(&text, seconds * NS_PER_S);
	else
		strbuf_adds(&text, "none");
	line(label, text.data);
	strbuf_release(&text);
}

static void line_counts(const struct experiment *experiment)
{
	struct strbuf text = STRBUF_INIT;

	for (int i = 0; i < TRIAL_STATE_COUNT; i++)
		if (experiment->counts[i])
			strbuf_addf(&text, "%s%" PRId64 " %s",
				    text.len ? ", " : "", experiment->counts[i],
				    trial_state_name((enum trial_state)i));
	line("trials", text.len ? text.data : "none yet");
	strbuf_release(&text);
}

/* "for 12s: API server ...: connection refused" */
static void line_fault(const struct experiment *experiment)
{
	struct strbuf text = STRBUF_INIT;

	if (!experiment->fault)
		return;
	strbuf_adds(&text, "for ");
	clock_format_duration(&text,
			      clock_wall_ns() - experiment->fault_since_ns);
	strbuf_addf(&text, ": %s", experiment->fault);
	line("retrying", text.data);
	strbuf_release(&text);
}

static void print_experiment(const struct experiment *experiment,
			     const struct trial *best, bool is_live)
{
	bool is_up = experiment->objective == OBJECTIVE_MAXIMIZE;
	struct strbuf text = STRBUF_INIT;

	line("experiment", experiment->id);
	line("name", experiment->name);
	linef("state", "%s%s%s%s", experiment_state_name(experiment->state),
	      experiment->is_paused ? ", paused" : "",
	      experiment->lets_finish ? ", lets its trials finish" : "",
	      !is_live && !experiment_state_is_terminal(experiment->state)
		      ? ", nobody runs it"
		      : "");
	line("error", experiment->error);
	if (is_live)
		line_fault(experiment);
	if (is_live)
		line("busy with", experiment->progress);
	line("platform", experiment->platform);
	line("objective", is_up ? "maximize" : "minimize");
	line_counts(experiment);
	if (best) {
		line_value("best", experiment->best);
		linef("best trial", "%s (#%" PRId64 ")", best->id,
		      best->sequence);
		line("parameters", best->parameters);
	}
	linef("concurrency", "%d", experiment->concurrency);
	line_limit("max trials", experiment->max_trials);
	line_span("max duration", experiment->max_duration_s);
	line_span("max trial", experiment->max_trial_duration_s);
	linef("max retries", "%d", experiment->max_retries);
	linef("seed", "%" PRIu64, experiment->seed);
	line_time("created", experiment->created_ns);
	line_time("started", experiment->started_ns);
	line_time("ended", experiment->ended_ns);
	clock_format_duration(&text, experiment->run_ns);
	line("ran for", text.data);
	strbuf_release(&text);
	line("tags", experiment->tags);
	line_note(experiment->note);
	line("file", experiment->source_path);
	line("directory", experiment->directory);
	if (is_live && experiment->owner_pid)
		linef("run by", "pid %d on %s, side port %d",
		      experiment->owner_pid,
		      experiment->owner_host ? experiment->owner_host : "?",
		      experiment->side_port);
}

static int show_experiment(struct cli *cli, struct found *found)
{
	const struct experiment *experiment = &found->experiment;
	struct error ignored = {0};
	struct strbuf json = STRBUF_INIT;
	struct trial best;
	char *tuner, *origin;
	bool has_best;

	has_best = experiment->best_trial &&
		   store_trial_get(found->store, experiment->best_trial, &best,
				   &ignored);
	if (!store_tuner_state_get(found->store, experiment->key, &tuner,
				   &ignored))
		tuner = NULL;
	if (!interchange_origin(found->store, experiment->key, &origin,
				&ignored))
		origin = NULL;
	if (cli->is_json) {
		json_experiment(&json, experiment, has_best ? &best : NULL,
				true);
		strbuf_truncate(&json, json.len - 1);
		strbuf_adds(&json, ",\"tuner\":");
		json_raw(&json, tuner);
		strbuf_adds(&json, ",\"origin\":");
		json_text(&json, origin);
		strbuf_adds(&json, "}\n");
		output_flush(&json);
		strbuf_release(&json);
	} else {
		print_experiment(experiment, has_best ? &best : NULL,
				 store_experiment_is_live(
					 cli->db_path, experiment->id, NULL));
		line("came from", origin);
		line("tuner", tuner);
	}
	free(origin);
	free(tuner);
	if (has_best)
		trial_release(&best);
	return CLI_DONE;
}

/* For walking a trial's attempts. */
struct telling {
	struct cli *cli;
	struct store *store;
	struct strbuf *json; /* NULL: text */
	bool has_failed;
	struct error *err;
};

static void print_part(const char *text, const struct trial_part *part,
		       void *arg)
{
	(void)part, (void)arg;
	printf("  %s\n", text);
}

static void print_parts(const struct cli *cli, const struct part_list *parts)
{
	int width = output_width();
	struct part_style style = {
		.cols = width > 2 ? width - 2 : 0,
		.is_ascii = cli->is_ascii,
		.has_words = !width,
		.indent = "    ",
		.now_ns = clock_wall_ns(),
	};

	if (part_list_is_worth_showing(parts))
		part_table_each(parts, &style, print_part, NULL);
}

static bool print_attempt(const struct attempt *attempt, void *arg)
{
	struct telling *telling = arg;
	struct strbuf text = STRBUF_INIT;
	struct part_list parts = {0};

	strbuf_addf(&text, "%d: %s", attempt->number,
		    trial_state_name(attempt->state));
	if (attempt->started_ns) {
		strbuf_adds(&text, " after ");
		format_elapsed(&text, attempt->started_ns,
			       attempt->ended_ns ? attempt->ended_ns
						 : clock_wall_ns());
	}
	if (attempt->reason && *attempt->reason)
		strbuf_addf(&text, ", %s", attempt->reason);
	line("attempt", text.data);
	strbuf_clear(&text);
	strbuf_addf(&text, "%s", attempt->directory ? attempt->directory : "");
	line("", text.data);
	strbuf_release(&text);
	telling->has_failed =
		!store_parts_get(telling->store, attempt->trial,
				 attempt->number, &parts, telling->err);
	if (!telling->has_failed)
		print_parts(telling->cli, &parts);
	part_list_release(&parts);
	return !telling->has_failed;
}

static void print_trial(const struct trial *trial)
{
	line("trial", trial->id);
	linef("sequence", "%" PRId64, trial->sequence);
	line("state", trial_state_name(trial->state));
	line("reason", trial->reason);
	if (trial->exit_code >= 0)
		linef("exit status", "%d", trial->exit_code);
	line("parameters", trial->parameters);
	line("source", json_source_name(trial->source));
	line("tags", trial->tags);
	line_note(trial->note);
	line_value("final", trial->final);
	line_value("best", trial->best);
	line_value("last", trial->last);
	linef("intermediates", "%" PRId64, trial->intermediates);
	line_time("submitted", trial->submitted_ns);
	line_time("started", trial->started_ns);
	line_time("ended", trial->ended_ns);
}

static void print_place(const struct trial_place *place)
{
	struct strbuf text = STRBUF_INIT;

	line("pod", place->pod);
	strbuf_adds(&text, place->node);
	if (place->restarts)
		strbuf_addf(&text, " (%d restart%s)", place->restarts,
			    place->restarts == 1 ? "" : "s");
	line("node", text.data);
	strbuf_clear(&text);
	format_amount(&text, &place->requested);
	line("requests", text.data);
	if (place->used.cpu_milli >= 0 || place->used.memory_bytes >= 0) {
		strbuf_clear(&text);
		format_amount(&text, &place->used);
		line("uses", text.data);
	}
	strbuf_release(&text);
}

static void print_outputs(struct store *store, const struct trial *trial)
{
	struct error ignored;
	struct output output;

	if (!store_output_get(store, trial->key, trial->attempt, &output,
			      &ignored))
		return;
	linef("outputs", "%s (%s)", output.url,
	      output_state_name(output.state));
	output_release(&output);
}

static bool add_attempt(const struct attempt *attempt, void *arg)
{
	struct telling *telling = arg;
	struct strbuf *json = telling->json;
	struct part_list parts = {0};

	telling->has_failed =
		!store_parts_get(telling->store, attempt->trial,
				 attempt->number, &parts, telling->err);
	if (json->data[json->len - 1] != '[')
		strbuf_addch(json, ',');
	json_attempt(json, attempt, &parts);
	part_list_release(&parts);
	return !telling->has_failed;
}

/* A trial as in `trials --json`, with its attempts. */
static int show_trial(struct cli *cli, struct found *found,
		      const struct trial *trial)
{
	struct strbuf json = STRBUF_INIT;
	struct trial_place place;
	struct error err = {0};
	struct telling telling = {
		.cli = cli, .store = found->store, .json = &json, .err = &err};
	bool has_place;
	bool ok;

	has_place = store_place_get(found->store, trial->key, &place, &err) &&
		    place.attempt == trial->attempt;
	if (!cli->is_json) {
		print_trial(trial);
		if (has_place)
			print_place(&place);
		print_outputs(found->store, trial);
		ok = store_attempts_each(found->store, trial->key,
					 print_attempt, &telling, &err) &&
		     !telling.has_failed;
		return ok ? CLI_DONE : cli_fail(&err);
	}
	json_trial(&json, found->experiment.id, trial);
	strbuf_truncate(&json, json.len - 1);
	strbuf_adds(&json, ",\"attempts\":[");
	ok = store_attempts_each(found->store, trial->key, add_attempt,
				 &telling, &err) &&
	     !telling.has_failed;
	strbuf_adds(&json, "],\"place\":");
	if (has_place)
		json_place(&json, &place);
	else
		strbuf_adds(&json, "null");
	strbuf_adds(&json, "}\n");
	if (ok)
		output_flush(&json);
	strbuf_release(&json);
	return ok ? CLI_DONE : cli_fail(&err);
}

int command_show(struct cli *cli)
{
	struct found found;
	struct error err = {0};
	int status;

	if (!found_trial(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	status = found.trial.key ? show_trial(cli, &found, &found.trial)
				 : show_experiment(cli, &found);
	found_release(&found);
	return status;
}

int command_best(struct cli *cli)
{
	struct found found;
	struct trial best;
	struct error err = {0};
	int status = CLI_DONE;

	if (!found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	if (!cli_option(cli, "parameters") &&
	    front_is_wanted(&found.experiment)) {
		status = front_show(cli, &found);
	} else if (!found.experiment.best_trial) {
		error_set(&err, ERROR_NOT_FOUND,
			  found.experiment.counts[TRIAL_SUCCEEDED]
				  ? "experiment %s: trials succeeded, but none "
				    "reported a final result: a line such as "
				    "final=0.93 on standard output does, or "
				    "nni.report_final_result"
			  : found.experiment.counts[TRIAL_FAILED]
				  ? "experiment %s: no trial has a final "
				    "result; the reasons why trials failed: "
				    "trialdeck trials --state FAILED %s"
				  : "experiment %s: no trial has a final "
				    "result yet",
			  found.experiment.id, found.experiment.id);
		status = cli_fail(&err);
	} else if (!store_trial_get(found.store, found.experiment.best_trial,
				    &best, &err)) {
		status = cli_fail(&err);
	} else {
		if (cli_option(cli, "parameters"))
			puts(best.parameters ? best.parameters : "null");
		else
			status = show_trial(cli, &found, &best);
		trial_release(&best);
	}
	found_release(&found);
	return status;
}
