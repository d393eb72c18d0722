/* SPDX-License-Identifier: MIT */
/*
 * `tag`, `note`, `archive`: what people say of experiments and trials.  They
 * change rows that no engine keeps in mind, so nobody has to run anything.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/asker.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/json.h"
#include "cli/output.h"
#include "model/tag.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- telling ------------------------------------------------------------- */

/* Rows of one experiment, or of one trial (trial not 0). */
struct telling {
	struct cli *cli;
	int64_t trial;
	const char *what; /* "tag", "note" */
	struct sheet sheet;
	struct strbuf json;
};

static void tell(struct telling *telling, int64_t trial, const char *text,
		 int64_t at_ns, const char *author)
{
	struct strbuf *json = &telling->json;

	if (telling->trial && trial != telling->trial)
		return;
	if (!telling->cli->is_json) {
		if (trial)
			sheet_addf(&telling->sheet, "%" PRId64,
				   trial & 0xffffffff);
		else
			sheet_add(&telling->sheet, NULL);
		sheet_add(&telling->sheet, text);
		cell_time(&telling->sheet, at_ns);
		sheet_add(&telling->sheet, author);
		return;
	}
	strbuf_adds(json, json->len > 1 ? ",\n{" : "\n{");
	strbuf_adds(json, "\"trialSequence\":");
	if (trial)
		strbuf_addf(json, "%" PRId64, trial & 0xffffffff);
	else
		strbuf_adds(json, "null");
	strbuf_addf(json, ",\"%s\":", telling->what);
	json_text(json, text);
	strbuf_adds(json, ",\"time\":");
	json_time(json, at_ns);
	strbuf_adds(json, ",\"by\":");
	json_text(json, author);
	strbuf_addch(json, '}');
}

static bool tell_tag(const struct tag *tag, void *arg)
{
	tell(arg, tag->trial, tag->name, tag->at_ns, tag->author);
	return true;
}

static bool tell_note(const struct note *note, void *arg)
{
	tell(arg, note->trial, note->text, note->at_ns, note->author);
	return true;
}

static bool tell_all(struct cli *cli, struct found *found, const char *what,
		     struct error *err)
{
	const struct sheet_column columns[] = {
		{"trial", true, false},
		{what, false, true},
		{"time", false, false},
		{"by", false, true},
	};
	struct telling telling = {.cli = cli,
				  .trial = found->trial.key,
				  .what = what,
				  .json = STRBUF_INIT};
	bool ok;

	sheet_init(&telling.sheet, columns, COUNT_OF(columns));
	strbuf_addch(&telling.json, '[');
	ok = strcmp(what, "tag") == 0
		     ? store_tags_each(found->store, found->experiment.key,
				       tell_tag, &telling, err)
		     : store_notes_each(found->store, found->experiment.key,
					tell_note, &telling, err);
	if (ok && cli->is_json) {
		strbuf_adds(&telling.json,
			    telling.json.len > 1 ? "\n]\n" : "]\n");
		output_flush(&telling.json);
	} else if (ok) {
		sheet_print(&telling.sheet, cli->is_csv);
	}
	strbuf_release(&telling.json);
	sheet_release(&telling.sheet);
	return ok;
}

/* ---- changing ------------------------------------------------------------ */

static bool refuse_read_only(const struct cli *cli, struct error *err)
{
	return error_set(err, ERROR_INVALID,
			 "%s changes things, and this database is only looked "
			 "at",
			 cli->command->name);
}

/* A database of an older version is brought to ours by whoever writes. */
static bool migrate(const struct cli *cli, struct error *err)
{
	struct store *store;

	if (access(cli->db_path, F_OK) < 0)
		return true; /* the next one says so */
	if (!store_open(cli->db_path, STORE_WRITE, &store, err))
		return false;
	store_close(store);
	return true;
}

int command_tag(struct cli *cli)
{
	size_t named = 1, words;
	char *author = cli_asker();
	struct error err = {0};
	struct found found;
	int changes = 0;
	bool ok;

	while (named < cli->argument_count && named < 2 &&
	       !strchr("+-", cli->arguments[named][0]))
		named++;
	words = cli->argument_count - named;
	/* what follows are tags, not a trial's name */
	cli->argument_count = named;
	ok = !words || !cli->is_read_only || refuse_read_only(cli, &err);
	for (size_t i = 0; ok && i < words; i++)
		if (!strchr("+-", cli->arguments[named + i][0]))
			ok = error_set(&err, ERROR_INVALID,
				       "\"%s\": +%s adds it, -%s takes it away",
				       cli->arguments[named + i],
				       cli->arguments[named + i],
				       cli->arguments[named + i]);
	ok = ok && (!words || migrate(cli, &err)) &&
	     found_trial(cli, words ? STORE_APPEND : STORE_READ, &found, &err);
	if (!ok) {
		free(author);
		return cli_fail_at(&err, "tag");
	}
	if (words)
		ok = store_tags_change(found.store, found.experiment.key,
				       found.trial.key, cli->arguments + named,
				       words, author, &changes, &err);
	else
		ok = tell_all(cli, &found, "tag", &err);
	found_release(&found);
	free(author);
	return ok ? CLI_DONE : cli_fail_at(&err, "tag");
}

/* What --message says, or standard input. */
static bool read_message(const char *message, struct strbuf *text,
			 struct error *err)
{
	char piece[1024];
	size_t n;

	if (strcmp(message, "-") != 0) {
		strbuf_adds(text, message);
		return true;
	}
	while ((n = fread(piece, 1, sizeof(piece), stdin)) > 0) {
		strbuf_add(text, piece, n);
		if (text->len > NOTE_MAX + 1)
			return error_set(err, ERROR_LIMIT,
					 "the note is longer than %d bytes",
					 NOTE_MAX);
	}
	while (text->len && text->data[text->len - 1] == '\n')
		strbuf_truncate(text, text->len - 1);
	return true;
}

int command_note(struct cli *cli)
{
	const char *message = cli_option(cli, "message");
	bool is_removed = cli_option(cli, "remove");
	bool writes = message || is_removed;
	struct strbuf text = STRBUF_INIT;
	struct error err = {0};
	struct found found;
	char *author;
	bool ok;

	if (message && is_removed)
		ok = error_set(&err, ERROR_INVALID,
			       "either --message or --remove, not both");
	else if (writes && cli->is_read_only)
		ok = refuse_read_only(cli, &err);
	else
		ok = (!message || read_message(message, &text, &err)) &&
		     (!writes || migrate(cli, &err)) &&
		     found_trial(cli, writes ? STORE_APPEND : STORE_READ,
				 &found, &err);
	if (!ok) {
		strbuf_release(&text);
		return cli_fail_at(&err, "note");
	}
	if (writes) {
		author = cli_asker();
		ok = store_note_put(found.store, found.experiment.key,
				    found.trial.key, text.data, author, &err);
		free(author);
	} else {
		ok = tell_all(cli, &found, "note", &err);
	}
	found_release(&found);
	strbuf_release(&text);
	return ok ? CLI_DONE : cli_fail_at(&err, "note");
}

int command_archive(struct cli *cli)
{
	bool is_archived = !cli_option(cli, "undo");
	char *author = cli_asker();
	struct error err = {0};
	struct store *store;
	int worst = CLI_DONE;

	if (!migrate(cli, &err) ||
	    !store_open(cli->db_path, STORE_APPEND, &store, &err)) {
		free(author);
		return cli_fail_at(&err, "archive");
	}
	for (size_t i = 0; i < cli->argument_count; i++) {
		struct experiment row;
		bool ok = store_experiment_find(store, cli->arguments[i], &row,
						&err);
		int status = CLI_DONE;

		if (ok) {
			ok = store_experiment_archive(
				store, row.key, is_archived, author, &err);
			experiment_release(&row);
		}
		if (!ok)
			status = cli_fail_at(&err, "archive %s",
					     cli->arguments[i]);
		if (status > worst)
			worst = status;
	}
	store_close(store);
	free(author);
	return worst;
}
