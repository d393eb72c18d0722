/* SPDX-License-Identifier: MIT */
/* `files --get` and `--cat`: outputs brought here. */
#include "cli/files.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "cli/output.h"
#include "engine/outputs/fetch.h"
#include "engine/outputs/place.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct gathering {
	const struct files_attempt *attempt;
	const char *prefix; /* of the paths here, "" or "xa12b/" */
	const char *const *wanted;
	size_t wanted_count;
	bool *is_matched; /* beside wanted */
	struct fetch_item *items;
	size_t count, capacity;
	int64_t bytes;
};

/* A file, all below a folder, or a pattern. */
static bool matches(const char *wanted, const char *path)
{
	size_t len = strlen(wanted);

	while (len && wanted[len - 1] == '/')
		len--;
	return (!strncmp(path, wanted, len) &&
		(!path[len] || path[len] == '/')) ||
	       fnmatch(wanted, path, 0) == 0;
}

static bool gather(const struct storage_entry *entry, void *arg)
{
	struct gathering *g = arg;
	const struct output *output = &g->attempt->output;
	struct fetch_item *item;
	bool is_wanted = !g->wanted_count;

	for (size_t i = 0; i < g->wanted_count; i++)
		if (matches(g->wanted[i], entry->path))
			g->is_matched[i] = is_wanted = true;
	if (!is_wanted)
		return true;
	ARRAY_RESERVE(g->items, g->count, g->capacity);
	item = &g->items[g->count++];
	item->from = *output->path
			     ? xasprintf("%s/%s", output->path, entry->path)
			     : xstrdup(entry->path);
	item->to = xasprintf("%s%s", g->prefix, entry->path);
	item->size = entry->size;
	item->modified_ns = entry->modified_ns;
	g->bytes += entry->size;
	return true;
}

static void release(struct gathering *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free(g->items[i].from);
		free(g->items[i].to);
	}
	free(g->items);
	g->items = NULL;
	g->count = g->capacity = 0;
	g->bytes = 0;
}

struct opening {
	struct files *files;
	struct storage_config config;
};

static bool open_one_more(void *arg, struct storage **ret, struct error *err)
{
	struct opening *opening = arg;

	return outputs_storage_open(&opening->config, &opening->files->config,
				    &opening->files->found.experiment,
				    &opening->files->watch, ret, err);
}

/* ---- progress ------------------------------------------------------------ */

struct showing {
	int64_t files, bytes;
	bool is_shown;
};

static void show(void *arg, int64_t files, int64_t bytes)
{
	struct showing *showing = arg;
	char *now = files_size(bytes), *all = files_size(showing->bytes);

	fprintf(stderr, "\r%" PRId64 " of %" PRId64 " files, %s of %s \033[K",
		files, showing->files, now, all);
	fflush(stderr);
	showing->is_shown = true;
	free(now);
	free(all);
}

/* ---- fetching ------------------------------------------------------------ */

static bool report(const struct fetch_result *result, const char *folder,
		   bool is_quiet, struct error *err)
{
	char *size = files_size(result->bytes);
	char checked[64] = "";

	if (result->checked && result->checked == result->files)
		snprintf(checked, sizeof(checked), ", digests checked");
	else if (result->checked)
		snprintf(checked, sizeof(checked),
			 ", digests of %" PRId64 " checked", result->checked);
	if (!is_quiet)
		printf("%" PRId64 " file%s (%s%s) in %s%s\n",
		       result->files + result->there,
		       result->files + result->there == 1 ? "" : "s", size,
		       checked, folder,
		       result->there ? ", some of them from before" : "");
	free(size);
	if (!result->failed)
		return true;
	return error_set(err, ERROR_SYSTEM,
			 "%" PRId64 " file%s could not be fetched, the first: "
			 "%s; asking again goes on from here",
			 result->failed, result->failed == 1 ? "" : "s",
			 result->first_failure);
}

static bool fetch(struct files *files, struct gathering *g, const char *folder,
		  struct fetch_result *total, struct error *err)
{
	struct opening opening = {.files = files};
	struct showing showing = {.files = (int64_t)g->count,
				  .bytes = g->bytes};
	struct fetch_options options = {
		.open = open_one_more,
		.arg = &opening,
		.folder = folder,
		.items = g->items,
		.count = g->count,
		.watch = &files->watch,
		.progress = isatty(STDERR_FILENO) ? show : NULL,
		.progress_arg = &showing,
	};
	struct fetch_result result;
	bool ok;

	atomic_store(&files->watch.bytes, 0);
	ok = outputs_storage(g->attempt->output.storage, files->cli->db_path,
			     &opening.config, err) &&
	     outputs_fetch(&options, &result, err);
	storage_config_release(&opening.config);
	if (showing.is_shown)
		fprintf(stderr, "\r\033[K");
	if (!ok)
		return false;
	total->files += result.files;
	total->there += result.there;
	total->checked += result.checked;
	total->bytes += result.bytes;
	if (result.failed && !total->failed)
		memcpy(total->first_failure, result.first_failure,
		       sizeof(total->first_failure));
	total->failed += result.failed;
	return true;
}

static bool fetch_attempt(struct files *files,
			  const struct files_attempt *attempt,
			  const char *folder, struct gathering *g,
			  struct fetch_result *total, struct error *err)
{
	struct outputs_session *session;
	bool is_there, ok;

	g->attempt = attempt;
	ok = files_may_be_there(attempt, err) &&
	     files_session(files, attempt, &session, err) &&
	     outputs_walk(session, &attempt->output, gather, g, &is_there, err);
	if (ok && !is_there)
		ok = error_set(err, ERROR_NOT_FOUND,
			       "trial %s: there is nothing at %s (yet)",
			       attempt->trial_id, attempt->output.url);
	ok = ok && fetch(files, g, folder, total, err);
	release(g);
	return ok;
}

/* The first that matched nothing. */
static bool all_matched(const struct gathering *g, const char *trial_id,
			struct error *err)
{
	for (size_t i = 0; i < g->wanted_count; i++)
		if (!g->is_matched[i])
			return error_set(err, ERROR_NOT_FOUND,
					 "trial %s has no file '%.200s'; "
					 "'files' without --get lists them",
					 trial_id, g->wanted[i]);
	return true;
}

bool files_fetch(struct files *files, const char *folder, bool is_split,
		 const char *const *wanted, size_t wanted_count, bool is_quiet,
		 struct error *err)
{
	struct fetch_result total = {0};
	struct gathering g = {
		.prefix = "", .wanted = wanted, .wanted_count = wanted_count};
	bool ok = true;

	g.is_matched = xcalloc(wanted_count + 1, sizeof(*g.is_matched));
	for (size_t i = 0; ok && i < files->count; i++) {
		const struct files_attempt *attempt = &files->attempts[i];
		struct error ignored;
		char *prefix;

		/* of many, those that are gone are no failure */
		if (is_split && !files_may_be_there(attempt, &ignored))
			continue;
		prefix = is_split ? xasprintf("%s/", attempt->trial_id)
				  : xstrdup("");
		g.prefix = prefix;
		ok = fetch_attempt(files, attempt, folder, &g, &total, err);
		if (!ok && is_split && err->code == ERROR_NOT_FOUND)
			ok = true;
		free(prefix);
	}
	if (ok && files->count)
		ok = all_matched(&g, files->attempts[0].trial_id, err) &&
		     report(&total, folder, is_quiet, err);
	free(g.is_matched);
	return ok;
}

int files_get(struct files *files)
{
	struct cli *cli = files->cli;
	size_t given = cli->argument_count > 2 ? cli->argument_count - 2 : 0;
	struct error err = {0};
	bool ok;

	if (!files->count) {
		error_set(&err, ERROR_NOT_FOUND,
			  "experiment %s has no outputs on record",
			  files->found.experiment.id);
		return cli_fail(&err);
	}
	ok = files_fetch(files, cli_option(cli, "to"), !files->found.trial.key,
			 cli->arguments + 2, given, false, &err);
	return ok ? CLI_DONE : cli_fail(&err);
}

int files_cat(struct files *files)
{
	const struct files_attempt *attempt = &files->attempts[0];
	const char *wanted = cli_option(files->cli, "cat");
	struct outputs_session *session;
	struct error err = {0};
	char *path = *attempt->output.path
			     ? xasprintf("%s/%s", attempt->output.path, wanted)
			     : xstrdup(wanted);
	bool ok;

	ok = files_may_be_there(attempt, &err) &&
	     files_session(files, attempt, &session, &err) &&
	     storage_get(outputs_session_storage(session), path, STDOUT_FILENO,
			 0, &err);
	if (!ok && err.code == ERROR_NOT_FOUND &&
	    attempt->output.state != OUTPUT_CLEANED)
		error_prefix(&err, "trial %s has no such file",
			     attempt->trial_id);
	free(path);
	return ok ? CLI_DONE : cli_fail(&err);
}
