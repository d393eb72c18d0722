/* SPDX-License-Identifier: MIT */
/* Looking at databases that are not ours to touch. */
#include "cli/foreign.h"

#include "base/fs.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/find.h"
#include "interchange/interchange.h"
#include "interchange/scratch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *scratch;
static char greeting[256];

const char *foreign_greeting(void)
{
	return *greeting ? greeting : NULL;
}

void foreign_end(void)
{
	scratch_remove(scratch);
	scratch = NULL;
}

static void count_experiments(const struct experiment *experiment,
			      bool is_known,
			      const struct arrival_counts *counts, void *arg)
{
	struct arrival_counts *sum = arg;

	(void)experiment, (void)is_known;
	sum->added++;
	sum->trials += counts->trials;
	sum->skipped += counts->skipped;
}

static void tell(const struct source *source, const struct arrival_counts *sum)
{
	const char *name = strrchr(source->path, '/');

	snprintf(greeting, sizeof(greeting),
		 "looking at %.100s (%s): nothing is written%s", name + 1,
		 source->version,
		 sum ? "; `trialdeck import` makes it yours" : "");
	fprintf(stderr, "trialdeck: looking at %s: %s", source->path,
		source->version);
	if (sum)
		fprintf(stderr, ", %" PRId64 " %s, %" PRId64 " trials",
			sum->added,
			source->format == SOURCE_NNI ? "experiment"
			: sum->added == 1	     ? "study"
						     : "studies",
			sum->trials);
	fputs("; nothing is written\n", stderr);
	if (sum && sum->skipped)
		fprintf(stderr,
			"trialdeck: %" PRId64 " of its rows could not be read, "
			"and are left out\n",
			sum->skipped);
	if (source->note)
		fprintf(stderr, "trialdeck: %s\n", source->note);
}

/* Into a database in the scratch folder; *ret_path is the caller's. */
static bool convert(struct source *source, bool keeps_live, char **ret_path,
		    struct arrival_counts *sum, struct error *err)
{
	const struct interchange_wish wish = {.keeps_live = keeps_live};
	struct store *store;
	char *path;
	bool ok;

	scratch = scratch_make(err);
	if (!scratch)
		return false;
	path = fs_join(scratch, "trialdeck.db");
	ok = store_open(path, STORE_WRITE, &store, err);
	if (ok) {
		ok = interchange_import(source, store, &wish, count_experiments,
					sum, err) ||
		     error_prefix(err, "%s", source->path);
		store_close(store);
	}
	*ret_path = path;
	if (!ok)
		free(path);
	return ok;
}

static bool look_at_theirs(struct cli *cli, struct source *source,
			   struct error *err)
{
	struct arrival_counts sum = {0};
	char *path;

	if (!convert(source, true, &path, &sum, err))
		return false;
	tell(source, &sum);
	free(cli->db_path);
	cli->db_path = path;
	return true;
}

bool foreign_read(const char *file, char **ret_path, struct error *err)
{
	struct arrival_counts sum = {0};
	struct source *source;
	bool ok;

	foreign_end();
	ok = source_open(file, &source, err);
	if (!ok)
		return false;
	ok = convert(source, false, ret_path, &sum, err);
	source_close(source);
	return ok;
}

static bool look_at_ours(struct cli *cli, struct source *source,
			 struct error *err)
{
	struct store *store;

	if (!interchange_open_ours(source, &store, err))
		return error_prefix(err, "%s", source->path);
	store_close(store);
	/* the others that are to come */
	store_read_as_immutable(source->is_immutable && !source->scratch);
	tell(source, NULL);
	free(cli->db_path);
	cli->db_path = source_readable_path(source);
	scratch = source->scratch;
	source->scratch = NULL;
	return true;
}

/* Tagging, and what else writes only sometimes, says so itself. */
static bool refuse(const struct cli *cli, const char *path, struct error *err)
{
	return !cli->command->needs_write ||
	       error_set(err, ERROR_INVALID,
			 "%s changes things, and %s is another program's "
			 "database, which is only looked at: `trialdeck import "
			 "%s` makes its experiments yours",
			 cli->command->name, path, path);
}

static bool has_log(const char *path)
{
	static const char *const suffixes[] = {"-wal", "-shm"};
	bool has = false;

	for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
		char *name = xasprintf("%s%s", path, suffixes[i]);

		has = has || access(name, F_OK) == 0;
		free(name);
	}
	return has;
}

/* Read-only on our own database: one that nobody has open gets no -wal and
 * -shm beside it by a command that is done at once.  What stays open sees what
 * others begin to write meanwhile. */
static void be_quiet(const struct cli *cli)
{
	int (*const run)(struct cli *) = cli->command->run;

	if (cli->is_read_only && run != command_browse && run != command_view &&
	    run != command_watch && run != command_top && run != command_log &&
	    !has_log(cli->db_path))
		store_read_as_immutable(true);
}

bool foreign_begin(struct cli *cli, struct error *err)
{
	bool is_open = cli->command->run == command_open;
	const char *path = is_open ? cli_argument(cli, 0) : cli->db_path;
	struct source *source;
	bool ok;

	if (cli->command->run == command_help)
		return true;
	if (!is_open && !source_is_foreign(path)) {
		be_quiet(cli);
		return true;
	}
	if (!refuse(cli, path, err) || !source_open(path, &source, err))
		return false;
	ok = source->format == SOURCE_TRIALDECK
		     ? look_at_ours(cli, source, err)
		     : look_at_theirs(cli, source, err);
	source_close(source);
	cli->is_read_only = true;
	if (!ok)
		foreign_end();
	return ok;
}

int command_open(struct cli *cli)
{
	const char *name = cli_argument(cli, 1);
	struct experiment experiment;
	struct store *store;
	struct error err = {0};
	int64_t key = 0;

	if (name) {
		if (!store_open(cli->db_path, STORE_READ, &store, &err))
			return cli_fail(&err);
		if (!store_experiment_find(store, name, &experiment, &err)) {
			store_close(store);
			return cli_fail(&err);
		}
		key = experiment.key;
		experiment_release(&experiment);
		store_close(store);
	}
	return console_open(cli, key, NULL);
}
