/* SPDX-License-Identifier: MIT */
/* Outputs of an experiment that is deleted: how much there is, and its end. */
#include "base/mem.h"
#include "cli/files.h"
#include "engine/spec/spec.h"

#include <stdlib.h>
#include <string.h>

/* What nobody has counted, such as what lies where only pods can look. */
static void count_now(struct files *files, const struct output *output,
		      int64_t *ret_files, int64_t *ret_bytes)
{
	struct files_attempt attempt = {.output = *output};
	struct output seen = *output;
	struct outputs_session *session;
	struct error ignored;

	seen.note = NULL;
	if (!files_session(files, &attempt, &session, &ignored) ||
	    !outputs_look(session, &seen, &ignored))
		return;
	free(seen.note);
	*ret_files = seen.files;
	*ret_bytes = seen.bytes;
}

struct totalling {
	struct files *files; /* NULL: nothing is asked */
	struct files_total *total;
};

static bool add_total(const struct output *output, void *arg)
{
	struct totalling *totalling = arg;
	struct files_total *total = totalling->total;
	int64_t file_count = output->files, bytes = output->bytes;

	/* those below the experiment's folder here go with that */
	if (output->state == OUTPUT_CLEANED || output->state == OUTPUT_LOST ||
	    output->is_foreign || !*output->path ||
	    !strncmp(output->path, "trials/", 7))
		return true;
	total->attempts++;
	if (file_count < 0 && totalling->files)
		count_now(totalling->files, output, &file_count, &bytes);
	if (file_count < 0) {
		total->is_complete = false;
		return true;
	}
	total->files += file_count;
	total->bytes += bytes;
	return true;
}

bool files_total(struct cli *cli, struct store *store,
		 const struct experiment *experiment, bool counts,
		 struct files_total *ret, struct error *err)
{
	struct files files = {.cli = cli};
	struct totalling totalling = {.files = counts ? &files : NULL,
				      .total = ret};
	bool ok;

	*ret = (struct files_total){.is_complete = true};
	memcpy(files.found.experiment.id, experiment->id,
	       sizeof(experiment->id));
	ok = (!counts || spec_reload(experiment->config, &files.config, err)) &&
	     store_outputs_each(store, experiment->key, 0, add_total,
				&totalling, err);
	files_release(&files);
	return ok;
}

struct places {
	struct output *items; /* one a storage; owned */
	size_t count;
	const char *id;
};

static void add_place(struct places *places, const char *storage,
		      const char *path)
{
	for (size_t i = 0; i < places->count; i++)
		if (!strcmp(places->items[i].storage, storage))
			return;
	places->items = xrealloc(places->items,
				 (places->count + 1) * sizeof(struct output));
	places->items[places->count++] = (struct output){
		.storage = xstrdup(storage), .path = xstrdup(path)};
}

/* The experiment's folder in a storage; a local one goes with its files. */
static bool add_outputs_place(const struct output *output, void *arg)
{
	struct places *places = arg;
	size_t len = strlen(places->id);
	char *path;

	if (output->is_foreign || output->state == OUTPUT_CLEANED)
		return true;
	if (!strncmp(output->path, "nni/", 4)) {
		path = xasprintf("nni/%s", places->id);
		add_place(places, output->storage, path);
		free(path);
	} else if (!strncmp(output->path, places->id, len) &&
		   output->path[len] == '/') {
		add_place(places, output->storage, places->id);
	}
	return true;
}

static bool remove_place(struct files *files, const struct output *place,
			 struct error *err)
{
	struct files_attempt attempt = {.output = *place};
	struct outputs_session *session;

	return files_session(files, &attempt, &session, err) &&
	       storage_remove(outputs_session_storage(session), place->path,
			      err);
}

bool files_remove_all(struct cli *cli, struct store *store,
		      const struct experiment *experiment, struct error *err)
{
	struct places places = {.id = experiment->id};
	struct files files = {.cli = cli};
	struct output_code code;
	struct error ignored;
	bool ok;

	ok = spec_reload(experiment->config, &files.config, err) &&
	     store_outputs_each(store, experiment->key, 0, add_outputs_place,
				&places, err);
	if (ok && store_code_get(store, experiment->key, &code, &ignored)) {
		char *path = xasprintf("nni/%s", experiment->id);

		add_place(&places, code.storage, path);
		free(path);
		output_code_release(&code);
	}
	memcpy(files.found.experiment.id, experiment->id,
	       sizeof(experiment->id));
	for (size_t i = 0; i < places.count; i++) {
		ok = ok && remove_place(&files, &places.items[i], err);
		output_release(&places.items[i]);
	}
	free(places.items);
	files_release(&files);
	return ok || error_prefix(err, "remove its outputs");
}
