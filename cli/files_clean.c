/* SPDX-License-Identifier: MIT */
/*
 * `files --clean`: outputs removed by hand, after a preview.  Each removal is
 * written down with who asked and when; a journal's line sums them up.
 */
#include "cli/files.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cli/asker.h"
#include "cli/cells.h"
#include "cli/output.h"
#include "engine/outputs/decide.h"
#include "engine/outputs/place.h"
#include "engine/spec/spec.h"
#include "model/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECKPOINT "checkpoint of a trial without outputs"
#define ROWS_AT_ONCE 50 /* removed, then written down */

struct cleaning {
	struct files files;
	struct output_rule rule;
	struct outputs_victim *victims;
	size_t count;
	struct files_checkpoint *checkpoints;
	size_t checkpoint_count;
	int64_t file_count, bytes;
	bool has_uncounted;
};

static bool read_rule(struct cli *cli, const struct experiment_config *config,
		      struct output_rule *ret, struct error *err)
{
	const char *keep = cli_option(cli, "keep");
	const char *age = cli_option(cli, "older-than");
	bool is_failed = cli_option(cli, "failed");

	*ret = config->outputs.rule;
	if (keep || age || is_failed)
		*ret = (struct output_rule){.keeps_failed = !is_failed};
	if (keep && !output_keep_parse(keep, ret, err))
		return error_prefix(err, "--keep");
	if (age && !duration_parse(age, &ret->max_age_s, err))
		return error_prefix(err, "--older-than");
	if (output_rule_removes(ret))
		return true;
	return error_set(err, ERROR_INVALID,
			 "files --clean: the experiment keeps all outputs; say "
			 "which may go: --keep \"best 10\", --older-than 30d "
			 "or --failed");
}

/* ---- preview ------------------------------------------------------------- */

static const struct sheet_column columns[] = {
	{"trial", 0, 0},    {"number", true, 0}, {"attempt", true, 0},
	{"files", true, 0}, {"size", true, 0},	 {"why", 0, true},
};

/* What nobody has counted is counted now: people want to know how much. */
static void count(struct cleaning *cleaning)
{
	for (size_t i = 0; i < cleaning->count; i++) {
		struct output *output = &cleaning->victims[i].output;
		struct files_attempt attempt = {.output = *output};
		struct outputs_session *session;
		struct error ignored;

		memcpy(attempt.trial_id, cleaning->victims[i].trial_id,
		       sizeof(attempt.trial_id));
		if (output->files < 0 &&
		    files_session(&cleaning->files, &attempt, &session,
				  &ignored))
			outputs_look(session, output, &ignored);
		if (output->files < 0) {
			cleaning->has_uncounted = true;
			continue;
		}
		cleaning->file_count += output->files;
		cleaning->bytes += output->bytes;
	}
	for (size_t i = 0; i < cleaning->checkpoint_count; i++) {
		cleaning->file_count += cleaning->checkpoints[i].files;
		cleaning->bytes += cleaning->checkpoints[i].bytes;
	}
}

static void print_json(const struct cleaning *cleaning)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < cleaning->count; i++) {
		const struct outputs_victim *victim = &cleaning->victims[i];

		strbuf_adds(&out, i ? ",\n" : "[\n");
		strbuf_adds(&out, "{\"trial\":");
		strbuf_add_json_string(&out, victim->trial_id);
		strbuf_addf(&out,
			    ",\"sequence\":%" PRId64 ",\"attempt\":%d,"
			    "\"files\":",
			    victim->sequence, victim->output.attempt);
		if (victim->output.files >= 0)
			strbuf_addf(&out, "%" PRId64 ",\"bytes\":%" PRId64,
				    victim->output.files, victim->output.bytes);
		else
			strbuf_adds(&out, "null,\"bytes\":null");
		strbuf_adds(&out, ",\"why\":");
		strbuf_add_json_string(&out, victim->why);
		strbuf_addch(&out, '}');
	}
	for (size_t i = 0; i < cleaning->checkpoint_count; i++) {
		const struct files_checkpoint *one = &cleaning->checkpoints[i];

		strbuf_adds(&out, i || cleaning->count ? ",\n" : "[\n");
		strbuf_adds(&out, "{\"trial\":");
		strbuf_add_json_string(&out, one->trial_id);
		strbuf_addf(&out,
			    ",\"sequence\":null,\"attempt\":null,"
			    "\"files\":%" PRId64 ",\"bytes\":%" PRId64
			    ",\"why\":\"" CHECKPOINT "\"}",
			    one->files, one->bytes);
	}
	strbuf_adds(&out, cleaning->count + cleaning->checkpoint_count
				  ? "\n]\n"
				  : "[]\n");
	output_flush(&out);
	strbuf_release(&out);
}

static void print_table(const struct cleaning *cleaning, bool is_csv)
{
	struct sheet sheet;

	sheet_init(&sheet, columns, COUNT_OF(columns));
	for (size_t i = 0; i < cleaning->count; i++) {
		const struct outputs_victim *victim = &cleaning->victims[i];

		sheet_add(&sheet, victim->trial_id);
		sheet_addf(&sheet, "%" PRId64, victim->sequence);
		sheet_addf(&sheet, "%d", victim->output.attempt);
		cell_known(&sheet, victim->output.files);
		if (is_csv)
			cell_known(&sheet, victim->output.bytes);
		else
			sheet_take(&sheet, files_size(victim->output.bytes));
		sheet_add(&sheet, victim->why);
	}
	for (size_t i = 0; i < cleaning->checkpoint_count; i++) {
		const struct files_checkpoint *one = &cleaning->checkpoints[i];

		sheet_add(&sheet, one->trial_id);
		cell_known(&sheet, -1);
		cell_known(&sheet, -1);
		sheet_addf(&sheet, "%" PRId64, one->files);
		if (is_csv)
			sheet_addf(&sheet, "%" PRId64, one->bytes);
		else
			sheet_take(&sheet, files_size(one->bytes));
		sheet_add(&sheet, CHECKPOINT);
	}
	sheet_print(&sheet, is_csv);
	sheet_release(&sheet);
}

static void preview(const struct cleaning *cleaning)
{
	const struct cli *cli = cleaning->files.cli;
	size_t all = cleaning->count + cleaning->checkpoint_count;
	char *size = files_size(cleaning->bytes);
	char checkpoints[48] = "";

	if (cleaning->checkpoint_count)
		snprintf(checkpoints, sizeof(checkpoints), "%zu checkpoint%s, ",
			 cleaning->checkpoint_count,
			 cleaning->checkpoint_count == 1 ? "" : "s");
	if (cli->is_json) {
		print_json(cleaning);
	} else if (cli->is_csv || all) {
		print_table(cleaning, cli->is_csv);
	}
	if (!all)
		fprintf(stderr, "nothing to remove\n");
	else
		fprintf(stderr,
			"%zu attempt%s, %s%" PRId64 " file%s, %s%s in %s\n",
			cleaning->count, cleaning->count == 1 ? "" : "s",
			checkpoints, cleaning->file_count,
			cleaning->file_count == 1 ? "" : "s", size,
			cleaning->has_uncounted ? " and what was not counted"
						: "",
			cleaning->files.found.experiment.id);
	free(size);
}

static bool may_remove(const struct cleaning *cleaning, struct error *err)
{
	const struct cli *cli = cleaning->files.cli;
	char answer[16] = "";

	if (cli->is_read_only)
		return error_set(err, ERROR_INVALID,
				 "files --clean: --read-only removes nothing");
	if (cli->is_yes)
		return true;
	if (!isatty(STDIN_FILENO))
		return error_set(err, ERROR_INVALID,
				 "files --clean: there is no terminal to ask "
				 "on; --yes removes without asking");
	fprintf(stderr, "remove them? [y/N] ");
	fflush(stderr);
	if (fgets(answer, sizeof(answer), stdin) &&
	    (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	return error_set(err, ERROR_CANCELED, "nothing was removed");
}

/* ---- removing ------------------------------------------------------------ */

static bool write_rows(struct store *store, struct outputs_victim *victims,
		       size_t count, struct error *err)
{
	bool ok = !count || store_begin(store, err);

	if (!ok || !count)
		return ok;
	for (size_t i = 0; ok && i < count; i++)
		ok = store_output_put(store, &victims[i].output, err);
	ok = ok && store_commit(store, err);
	if (!ok)
		store_rollback(store);
	return ok;
}

static bool remove_one(struct files *files, struct outputs_victim *victim,
		       const char *who, struct error *err)
{
	struct files_attempt attempt = {.output = victim->output};
	struct outputs_session *session;

	memcpy(attempt.trial_id, victim->trial_id, sizeof(attempt.trial_id));
	if (!files_session(files, &attempt, &session, err))
		return false;
	if (!outputs_remove(session, &victim->output, err))
		return error_prefix(err, "trial %s", victim->trial_id);
	victim->output.state = OUTPUT_CLEANED;
	victim->output.at_ns = clock_wall_ns();
	free(victim->output.note);
	victim->output.note = xasprintf("by %s: %s", who, victim->why);
	return true;
}

static bool add_event(struct store *store, const struct experiment *experiment,
		      const char *text, struct error *err)
{
	struct event event = {
		.experiment = experiment->key,
		.at_ns = clock_wall_ns(),
		.level = EVENT_INFO,
		.kind = "outputs",
		.text = (char *)(uintptr_t)text,
	};
	bool ok = store_begin(store, err) &&
		  store_event_add(store, &event, err) &&
		  store_commit(store, err);

	if (!ok)
		store_rollback(store);
	return ok;
}

/* Rows follow in pieces, so that little is forgotten when it is cut short. */
static bool remove_all(struct files *files, struct store *store,
		       struct outputs_victim *victims, size_t count,
		       size_t *ret_done, struct error *err)
{
	char *who = cli_asker();
	size_t written = 0, done = 0;
	struct error failure;
	bool ok = true;

	while (ok && done < count) {
		ok = remove_one(files, &victims[done], who, err);
		done += ok;
		if (done - written == ROWS_AT_ONCE || done == count || !ok) {
			if (!write_rows(store, victims + written,
					done - written, &failure)) {
				*err = failure;
				ok = false;
			}
			written = done;
		}
	}
	*ret_done = done;
	free(who);
	return ok;
}

static bool remove_checkpoints(struct cleaning *cleaning, struct error *err)
{
	for (size_t i = 0; i < cleaning->checkpoint_count; i++)
		if (!files_checkpoint_remove(&cleaning->files,
					     &cleaning->checkpoints[i], err))
			return error_prefix(err, "checkpoint of trial %s",
					    cleaning->checkpoints[i].trial_id);
	return true;
}

static bool clean(struct cleaning *cleaning, struct error *err)
{
	const struct experiment *experiment = &cleaning->files.found.experiment;
	char *who = cli_asker();
	char *size = files_size(cleaning->bytes);
	char checkpoints[48] = "";
	char *text;
	struct store *store;
	size_t done = 0;
	struct error failure;
	bool ok;

	ok = store_open(cleaning->files.cli->db_path, STORE_WRITE, &store, err);
	if (ok) {
		ok = remove_all(&cleaning->files, store, cleaning->victims,
				cleaning->count, &done, err) &&
		     remove_checkpoints(cleaning, err);
		if (cleaning->checkpoint_count)
			snprintf(checkpoints, sizeof(checkpoints),
				 " and %zu checkpoint%s",
				 cleaning->checkpoint_count,
				 cleaning->checkpoint_count == 1 ? "" : "s");
		text = xasprintf("outputs of %zu attempt%s%s removed by %s "
				 "(%s)",
				 done, done == 1 ? "" : "s", checkpoints, who,
				 size);
		if ((done || ok) &&
		    !add_event(store, experiment, text, &failure) && ok) {
			*err = failure;
			ok = false;
		}
		free(text);
		store_close(store);
	}
	if (ok)
		fprintf(stderr, "removed\n");
	free(who);
	free(size);
	return ok;
}

int files_clean(struct cli *cli)
{
	struct cleaning cleaning = {0};
	struct files *files = &cleaning.files;
	struct error err = {0};
	bool ok;

	ok = files_open_experiment(files, cli, STORE_READ, &err) &&
	     read_rule(cli, &files->config, &cleaning.rule, &err) &&
	     outputs_victims(files->found.store, files->found.experiment.key,
			     &cleaning.rule, files->found.experiment.objective,
			     &cleaning.victims, &cleaning.count, &err) &&
	     files_checkpoints(files, cleaning.victims, cleaning.count,
			       &cleaning.checkpoints,
			       &cleaning.checkpoint_count, &err);
	if (ok) {
		count(&cleaning);
		preview(&cleaning);
		ok = !(cleaning.count + cleaning.checkpoint_count) ||
		     (may_remove(&cleaning, &err) && clean(&cleaning, &err));
	}
	outputs_victims_free(cleaning.victims, cleaning.count);
	files_checkpoints_free(cleaning.checkpoints, cleaning.checkpoint_count);
	files_release(files);
	return ok ? CLI_DONE : cli_fail(&err);
}
