/* SPDX-License-Identifier: MIT */
/*
 * `files`: what trials left behind.  Where it lies is in the database, so that
 * this works years after, with no engine and no cluster, wherever the storage
 * itself can be reached from here.
 */
#include "cli/files.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cli/cells.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "engine/outputs/place.h"
#include "engine/spec/spec.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_BYTES (1 << 20)

char *files_size(int64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes;
	size_t unit = 0;

	if (bytes < 0)
		return xstrdup("-");
	for (; value >= 1024 && unit + 1 < COUNT_OF(units); unit++)
		value /= 1024;
	return unit ? xasprintf("%.1f %s", value, units[unit])
		    : xasprintf("%d B", (int)bytes);
}

/* ---- choosing ----------------------------------------------------------- */

bool files_open_experiment(struct files *files, struct cli *cli,
			   enum store_mode mode, struct error *err)
{
	*files = (struct files){.cli = cli};
	if (!found_trial(cli, mode, &files->found, err))
		return false;
	return spec_reload(files->found.experiment.config, &files->config,
			   err) ||
	       error_prefix(err, "read the experiment");
}

static void add_attempt(struct files *files, const struct output *output,
			const struct trial *trial)
{
	struct files_attempt *attempt;

	ARRAY_RESERVE(files->attempts, files->count, files->capacity);
	attempt = &files->attempts[files->count++];
	*attempt = (struct files_attempt){.output = *output,
					  .sequence = trial->sequence};
	memcpy(attempt->trial_id, trial->id, sizeof(attempt->trial_id));
}

static bool choose_one(struct files *files, struct error *err)
{
	const struct trial *trial = &files->found.trial;
	struct output output;
	long number;

	if (!cli_option_number(files->cli, "attempt", 1, INT_MAX,
			       trial->attempt, &number, err))
		return false;
	if (!store_output_get(files->found.store, trial->key, (int)number,
			      &output, err)) {
		if (err->code == ERROR_NOT_FOUND)
			error_set(err, ERROR_NOT_FOUND,
				  "trial %s: of attempt %ld nobody wrote down "
				  "where its outputs are: it never started, "
				  "its pods were of your own making, or it "
				  "ran before trialdeck did so",
				  trial->id, number);
		return false;
	}
	add_attempt(files, &output, trial);
	return true;
}

struct choosing {
	struct files *files;
	struct error *err;
	bool has_failed;
};

static bool choose_trial(const struct trial *trial, void *arg)
{
	struct choosing *choosing = arg;
	struct output output;
	struct error err;

	if (store_output_get(choosing->files->found.store, trial->key,
			     trial->attempt, &output, &err)) {
		add_attempt(choosing->files, &output, trial);
	} else if (err.code != ERROR_NOT_FOUND) {
		*choosing->err = err;
		choosing->has_failed = true;
	}
	return !choosing->has_failed;
}

bool files_open(struct files *files, struct cli *cli, struct error *err)
{
	struct choosing choosing = {.files = files, .err = err};

	if (!files_open_experiment(files, cli, STORE_READ, err))
		return false;
	if (files->found.trial.key)
		return choose_one(files, err);
	return store_trials_each(
		       files->found.store, files->found.experiment.key, 0,
		       STORE_TRIAL_BRIEF, choose_trial, &choosing, err) &&
	       !choosing.has_failed;
}

bool files_open_named(struct files *files, struct cli *cli, struct error *err)
{
	struct choosing choosing = {.files = files, .err = err};

	*files = (struct files){.cli = cli};
	if (!found_experiment(cli, STORE_READ, &files->found, err) ||
	    !spec_reload(files->found.experiment.config, &files->config, err))
		return false;
	for (size_t i = 1; i < cli->argument_count; i++) {
		struct trial trial;

		if (!store_trial_find(files->found.store,
				      files->found.experiment.key,
				      cli->arguments[i], &trial, err))
			return false;
		choose_trial(&trial, &choosing);
		trial_release(&trial);
		if (choosing.has_failed)
			return false;
	}
	return cli->argument_count > 1 ||
	       (store_trials_each(
			files->found.store, files->found.experiment.key, 0,
			STORE_TRIAL_BRIEF, choose_trial, &choosing, err) &&
		!choosing.has_failed);
}

void files_release(struct files *files)
{
	outputs_session_close(files->session);
	for (size_t i = 0; i < files->count; i++)
		output_release(&files->attempts[i].output);
	free(files->attempts);
	experiment_config_release(&files->config);
	found_release(&files->found);
}

bool files_may_be_there(const struct files_attempt *attempt, struct error *err)
{
	const struct output *output = &attempt->output;
	struct strbuf when = STRBUF_INIT;

	if (output->state != OUTPUT_CLEANED && output->state != OUTPUT_LOST)
		return true;
	clock_format_iso(&when, output->at_ns);
	if (output->state == OUTPUT_CLEANED)
		error_set(err, ERROR_NOT_FOUND,
			  "trial %s: its outputs were removed at %s (%s)",
			  attempt->trial_id, when.data,
			  output->note ? output->note : "nobody said why");
	else
		error_set(err, ERROR_NOT_FOUND,
			  "trial %s: its outputs are not there: %s (looked "
			  "for at %s in %s)",
			  attempt->trial_id,
			  output->note ? output->note : "nothing came",
			  when.data, output->url);
	strbuf_release(&when);
	return false;
}

bool files_session(struct files *files, const struct files_attempt *attempt,
		   struct outputs_session **ret, struct error *err)
{
	const char *storage = attempt->output.storage;

	if (!outputs_session_is(files->session, storage)) {
		outputs_session_close(files->session);
		files->session = NULL;
		if (!outputs_session_open(storage, files->cli->db_path,
					  &files->config,
					  &files->found.experiment,
					  &files->watch, &files->session, err))
			return error_prefix(err, "trial %s", attempt->trial_id);
	}
	*ret = files->session;
	return true;
}

/* ---- lists -------------------------------------------------------------- */

static const struct sheet_column attempt_columns[] = {
	{"trial", 0, 0},  {"number", true, 0}, {"attempt", true, 0},
	{"state", 0, 0},  {"files", true, 0},  {"size", true, 0},
	{"url", 0, true},
};

static void add_attempt_json(struct strbuf *json,
			     const struct files_attempt *attempt)
{
	const struct output *output = &attempt->output;

	strbuf_adds(json, "{\"trial\":");
	strbuf_add_json_string(json, attempt->trial_id);
	strbuf_addf(json,
		    ",\"sequence\":%" PRId64 ",\"attempt\":%d,\"state\":\"%s\"",
		    attempt->sequence, output->attempt,
		    output_state_name(output->state));
	if (output->files >= 0)
		strbuf_addf(json, ",\"files\":%" PRId64 ",\"bytes\":%" PRId64,
			    output->files, output->bytes);
	else
		strbuf_adds(json, ",\"files\":null,\"bytes\":null");
	strbuf_adds(json, ",\"storage\":");
	json_raw(json, output->storage);
	strbuf_adds(json, ",\"path\":");
	json_text(json, output->path);
	strbuf_adds(json, ",\"url\":");
	json_text(json, output->url);
	strbuf_adds(json, ",\"time\":");
	json_time(json, output->at_ns);
	strbuf_adds(json, ",\"note\":");
	json_text(json, output->note);
	strbuf_addch(json, '}');
}

static int list_attempts(struct files *files)
{
	struct strbuf json = STRBUF_INIT;
	struct sheet sheet;

	sheet_init(&sheet, attempt_columns, COUNT_OF(attempt_columns));
	for (size_t i = 0; i < files->count; i++) {
		const struct files_attempt *attempt = &files->attempts[i];
		const struct output *output = &attempt->output;

		strbuf_adds(&json, i ? ",\n" : "[\n");
		add_attempt_json(&json, attempt);
		sheet_add(&sheet, attempt->trial_id);
		sheet_addf(&sheet, "%" PRId64, attempt->sequence);
		sheet_addf(&sheet, "%d", output->attempt);
		sheet_add(&sheet, output_state_name(output->state));
		cell_known(&sheet, output->files);
		if (files->cli->is_csv)
			cell_known(&sheet, output->bytes);
		else
			sheet_take(&sheet, files_size(output->bytes));
		sheet_add(&sheet, output->url);
	}
	if (files->cli->is_json) {
		strbuf_adds(&json, files->count ? "\n]\n" : "[]\n");
		output_flush(&json);
	} else {
		sheet_print(&sheet, files->cli->is_csv);
	}
	strbuf_release(&json);
	sheet_release(&sheet);
	return CLI_DONE;
}

static const struct sheet_column file_columns[] = {
	{"size", true, 0},
	{"time", 0, 0},
	{"path", 0, 0},
};

struct listing {
	struct files *files;
	const struct files_attempt *attempt;
	struct sheet sheet;
	struct strbuf json;
	bool is_first;
};

static bool list_file(const struct storage_entry *entry, void *arg)
{
	struct listing *listing = arg;
	struct strbuf *json = &listing->json;

	if (!listing->files->cli->is_json) {
		if (listing->files->cli->is_csv)
			sheet_addf(&listing->sheet, "%" PRId64, entry->size);
		else
			sheet_take(&listing->sheet, files_size(entry->size));
		cell_time(&listing->sheet, entry->modified_ns);
		sheet_add(&listing->sheet, entry->path);
		return true;
	}
	strbuf_adds(json, listing->is_first ? "[\n" : ",\n");
	listing->is_first = false;
	strbuf_adds(json, "{\"path\":");
	strbuf_add_json_string(json, entry->path);
	strbuf_addf(json, ",\"size\":%" PRId64 ",\"time\":", entry->size);
	json_time(json, entry->modified_ns);
	strbuf_addch(json, '}');
	if (json->len > FLUSH_BYTES)
		output_flush(json);
	return true;
}

static int list_files(struct files *files)
{
	struct listing listing = {.files = files,
				  .attempt = &files->attempts[0],
				  .json = STRBUF_INIT,
				  .is_first = true};
	struct outputs_session *session;
	struct error err = {0};
	bool is_there, ok;

	sheet_init(&listing.sheet, file_columns, COUNT_OF(file_columns));
	ok = files_may_be_there(listing.attempt, &err) &&
	     files_session(files, listing.attempt, &session, &err) &&
	     outputs_walk(session, &listing.attempt->output, list_file,
			  &listing, &is_there, &err);
	if (ok && !is_there)
		ok = error_set(&err, ERROR_NOT_FOUND,
			       "trial %s: there is nothing at %s (yet)",
			       listing.attempt->trial_id,
			       listing.attempt->output.url);
	if (ok && files->cli->is_json) {
		strbuf_adds(&listing.json, listing.is_first ? "[]\n" : "\n]\n");
		output_flush(&listing.json);
	} else if (ok) {
		sheet_print(&listing.sheet, files->cli->is_csv);
	}
	strbuf_release(&listing.json);
	sheet_release(&listing.sheet);
	return ok ? CLI_DONE : cli_fail(&err);
}

/* ---- the command --------------------------------------------------------- */

static bool check_options(const struct cli *cli, struct error *err)
{
	bool is_get = cli_option(cli, "get"), is_cat = cli_option(cli, "cat"),
	     is_clean = cli_option(cli, "clean");

	if (is_get + is_cat + is_clean > 1)
		return error_set(
			err, ERROR_INVALID,
			"files: --get, --cat and --clean are different "
			"things: one at a time");
	if (is_get != (cli_option(cli, "to") != NULL))
		return error_set(err, ERROR_INVALID,
				 "files: --get and --to DIR belong together");
	if (!is_clean &&
	    (cli_option(cli, "keep") || cli_option(cli, "older-than") ||
	     cli_option(cli, "failed")))
		return error_set(err, ERROR_INVALID,
				 "files: --keep, --older-than and --failed say "
				 "what --clean removes");
	if ((!is_get && cli->argument_count > 2) ||
	    (is_clean && cli->argument_count > 1))
		return error_set(err, ERROR_INVALID,
				 "files: too many arguments: PATH belongs to "
				 "--get");
	if (is_cat && cli->argument_count < 2)
		return error_set(err, ERROR_INVALID,
				 "files: --cat needs the trial");
	return true;
}

int command_files(struct cli *cli)
{
	struct files files = {0};
	struct error err = {0};
	int status;

	if (!check_options(cli, &err))
		return cli_fail(&err);
	if (cli_option(cli, "clean"))
		return files_clean(cli);
	if (!files_open(&files, cli, &err))
		status = cli_fail(&err);
	else if (cli_option(cli, "get"))
		status = files_get(&files);
	else if (cli_option(cli, "cat"))
		status = files_cat(&files);
	else if (files.found.trial.key)
		status = list_files(&files);
	else
		status = list_attempts(&files);
	files_release(&files);
	return status;
}
