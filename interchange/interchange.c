/* SPDX-License-Identifier: MIT */
/* The choice of reader, copies of our own databases, and where experiments came
 * from. */
#include "interchange/interchange.h"

#include "base/mem.h"
#include "interchange/reader.h"
#include "interchange/scratch.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* ---- copies of our own --------------------------------------------------- */

static bool bring_up_to_date(struct source *source, struct error *err)
{
	struct store *store;
	char *path;
	bool ok;

	if (!source->scratch) {
		source->scratch = scratch_make(err);
		if (!source->scratch)
			return false;
		path = source_readable_path(source);
		ok = scratch_copy(source->path, "", path, err) &&
		     scratch_copy(source->path, "-wal", path, err);
		free(path);
		if (!ok)
			return false;
	}
	path = source_readable_path(source);
	ok = store_open(path, STORE_WRITE, &store, err);
	if (ok)
		store_close(store);
	free(path);
	return ok;
}

bool interchange_open_ours(struct source *source, struct store **ret,
			   struct error *err)
{
	char *path = source_readable_path(source);
	struct error why;
	bool ok;

	/* its transaction would be in the way */
	sqlite3_close(source->db);
	source->db = NULL;
	store_read_as_immutable(source->is_immutable);
	ok = store_open(path, STORE_READ, ret, &why);
	store_read_as_immutable(false);
	free(path);
	if (ok)
		return true;
	if (why.code != ERROR_INVALID) {
		*err = why;
		return false;
	}
	if (!bring_up_to_date(source, err))
		return false;
	path = source_readable_path(source);
	ok = store_open(path, STORE_READ, ret, err);
	free(path);
	return ok;
}

struct ours {
	struct reading *reading;
	struct store *from;
	struct error *err;
	bool has_failed;
};

static bool copy_experiment(const struct experiment *experiment, void *arg)
{
	struct ours *ours = arg;
	struct reading *reading = ours->reading;
	const char *name = reading->wish->name;
	struct arrival_counts counts = {0};
	struct experiment copy;
	struct error why = {0};
	struct strbuf text = STRBUF_INIT;
	bool is_known = false;
	bool ok;

	if (name && strcmp(name, experiment->id) != 0 &&
	    (!experiment->name || strcmp(name, experiment->name) != 0))
		return true;
	reading->found++;
	ok = store_experiment_find(reading->store, experiment->id, &copy, &why);
	is_known = ok && !strcmp(copy.id, experiment->id);
	if (ok && !is_known)
		experiment_release(&copy);
	counts.trials = experiment->next_sequence;
	if (!is_known) {
		ok = store_export(ours->from, experiment->key, TRANSFER_JSON,
				  true, &text, ours->err) &&
		     store_import(reading->store, text.data, text.len, &copy,
				  ours->err);
		counts.added = counts.trials;
	}
	strbuf_release(&text);
	ours->has_failed = !ok;
	if (!ok)
		return error_prefix(ours->err, "experiment %s", experiment->id);
	if (reading->told)
		reading->told(&copy, is_known, &counts, reading->arg);
	experiment_release(&copy);
	return true;
}

bool trialdeck_read(struct reading *reading, struct error *err)
{
	struct ours ours = {.reading = reading, .err = err};
	bool ok;

	if (!interchange_open_ours(reading->source, &ours.from, err))
		return false;
	ok = store_experiments_each(ours.from, 0, copy_experiment, &ours,
				    err) &&
	     !ours.has_failed;
	store_close(ours.from);
	return ok;
}

/* ---- the choice ---------------------------------------------------------- */

bool interchange_import(struct source *source, struct store *store,
			const struct interchange_wish *wish,
			interchange_told_fn *told, void *arg, struct error *err)
{
	static bool (*const readers[])(struct reading * reading,
				       struct error * err) = {
		[SOURCE_TRIALDECK] = trialdeck_read,
		[SOURCE_NNI] = nni_read,
		[SOURCE_OPTUNA] = optuna_read,
	};
	struct reading reading = {.source = source,
				  .store = store,
				  .wish = wish,
				  .told = told,
				  .arg = arg};
	bool ok;

	if (!store_begin(store, err))
		return false;
	ok = readers[source->format](&reading, err);
	if (ok && wish->name && !reading.found)
		ok = error_set(err, ERROR_NOT_FOUND,
			       "there is no %s \"%.60s\" in it",
			       source->format == SOURCE_OPTUNA ? "study"
							       : "experiment",
			       wish->name);
	if (ok)
		return store_commit(store, err);
	store_rollback(store);
	return false;
}

/* ---- origins ------------------------------------------------------------- */

static const char *text_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(item) ? item->valuestring : "?";
}

bool interchange_origin(struct store *store, int64_t experiment, char **ret,
			struct error *err)
{
	struct strbuf line = STRBUF_INIT;
	char *json;
	cJSON *tree;

	*ret = NULL;
	if (!store_preference_get(store, experiment, ORIGIN_PREFERENCE, &json,
				  err))
		return false;
	tree = json ? cJSON_Parse(json) : NULL;
	free(json);
	if (!tree)
		return true;
	strbuf_adds(&line, text_of(tree, "version"));
	if (cJSON_GetObjectItemCaseSensitive(tree, "study"))
		strbuf_addf(&line, ", study \"%s\"", text_of(tree, "study"));
	if (cJSON_GetObjectItemCaseSensitive(tree, "platform"))
		strbuf_addf(&line, ", platform %s", text_of(tree, "platform"));
	strbuf_addf(&line, ", of %s", text_of(tree, "file"));
	cJSON_Delete(tree);
	*ret = strbuf_detach(&line);
	return true;
}
