/* SPDX-License-Identifier: MIT */
/* Where the outputs of attempts lie. */
#include "engine/outputs/place.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/kind/kind.h"
#include "engine/spec/spec.h"
#include "engine/storage/storage.h"
#include "model/log_time.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *folder_text(const char *path)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, "{\"storageType\":\"folder\",\"path\":");
	strbuf_add_json_string(&out, path);
	strbuf_addch(&out, '}');
	return strbuf_detach(&out);
}

static char *attempt_name(const char *trial_id, int attempt)
{
	return attempt > 1 ? xasprintf("%s-%d", trial_id, attempt)
			   : xstrdup(trial_id);
}

/* outputs/ beside the database, as an absolute path. */
static char *arrival_root(const char *db_path)
{
	char *folder = fs_folder(db_path);
	char *real = realpath(folder, NULL);
	char *root = fs_join(real ? real : folder, "outputs");

	free(folder);
	free(real);
	return root;
}

char *outputs_arrival(const char *db_path, const char *experiment_id,
		      const char *trial_id, int attempt)
{
	char *root = arrival_root(db_path);
	char *name = attempt_name(trial_id, attempt);
	char *path = xasprintf("%s/%s/%s", root, experiment_id, name);

	free(root);
	free(name);
	return path;
}

static bool is_local(const struct experiment_config *config)
{
	return !strcmp(config->platform, "local");
}

static bool brings_no_keeper(const struct experiment_config *config)
{
	const struct kind *kind = config->kubernetes.kind
					  ? kind_find(config->kubernetes.kind)
					  : NULL;

	return (kind && kind->lacks_keeper) ||
	       config->kubernetes.keeper == KEEPER_NONE;
}

bool outputs_has_volume(const struct experiment_config *config)
{
	if (is_local(config))
		return false;
	switch (config->kubernetes.storage.type) {
	case STORAGE_NFS:
	case STORAGE_AZURE:
	case STORAGE_PVC:
	case STORAGE_HOST_PATH:
		return true;
	case STORAGE_NONE:
	case STORAGE_S3:
		break;
	}
	return false;
}

bool outputs_wants_code(const struct experiment_config *config)
{
	return outputs_has_volume(config) && config->trial_code_directory &&
	       !brings_no_keeper(config);
}

bool outputs_arrive(const struct experiment_config *config)
{
	return !is_local(config) && !outputs_has_volume(config) &&
	       !brings_no_keeper(config) &&
	       config->kubernetes.keeper == KEEPER_OURS;
}

char *outputs_code_path(const struct experiment *experiment)
{
	return xasprintf("nni/%s/nni-code", experiment->id);
}

/* ---- an attempt's ------------------------------------------------------- */

/* Its folder is below the experiment's, which may be moved as a whole. */
static bool place_locally(const struct experiment *experiment,
			  const struct attempt *attempt, struct output *ret)
{
	const char *root = experiment->directory;
	size_t len = root ? strlen(root) : 0;

	if (!attempt->directory || !root)
		return false;
	if (!strncmp(attempt->directory, root, len) &&
	    attempt->directory[len] == '/') {
		ret->storage = folder_text(root);
		ret->path = xstrdup(attempt->directory + len + 1);
	} else {
		ret->storage = folder_text(attempt->directory);
		ret->path = xstrdup("");
	}
	ret->url = xasprintf("file://localhost:%s", attempt->directory);
	return true;
}

static void place_in_storage(const struct storage_config *storage,
			     const struct experiment *experiment,
			     const struct trial *trial, int attempt,
			     struct output *ret)
{
	char *name = attempt_name(trial->id, attempt);
	struct strbuf url = STRBUF_INIT;

	ret->storage = spec_storage_format(storage);
	ret->path = xasprintf("nni/%s/%s", experiment->id, name);
	storage_url(storage, ret->path, &url);
	ret->url = strbuf_detach(&url);
	free(name);
}

static void place_by_side_port(const struct experiment *experiment,
			       const struct trial *trial, int attempt,
			       const char *db_path, struct output *ret)
{
	char *root = arrival_root(db_path);
	char *name = attempt_name(trial->id, attempt);

	ret->storage = folder_text(root);
	ret->path = xasprintf("%s/%s", experiment->id, name);
	ret->url = xasprintf("file://localhost:%s/%s", root, ret->path);
	free(root);
	free(name);
}

bool outputs_place(const struct experiment_config *config,
		   const struct experiment *experiment,
		   const struct trial *trial, const struct attempt *attempt,
		   const char *db_path, struct output *ret)
{
	const struct storage_config *storage = &config->kubernetes.storage;

	*ret = (struct output){.trial = trial->key,
			       .attempt = attempt->number,
			       .files = -1,
			       .bytes = -1};
	if (is_local(config))
		return place_locally(experiment, attempt, ret);
	if (brings_no_keeper(config))
		return false;
	if (outputs_has_volume(config) ||
	    (storage->type == STORAGE_S3 && outputs_arrive(config))) {
		place_in_storage(storage, experiment, trial, attempt->number,
				 ret);
		return true;
	}
	if (!outputs_arrive(config))
		return false;
	place_by_side_port(experiment, trial, attempt->number, db_path, ret);
	return true;
}

/* ---- back to a storage --------------------------------------------------- */

/* The path of a folder's text; NULL: it is another storage. */
static char *folder_of(const char *storage)
{
	cJSON *tree = cJSON_Parse(storage);
	const char *type = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(tree, "storageType"));
	const char *path = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(tree, "path"));
	char *found =
		type && path && !strcmp(type, "folder") ? xstrdup(path) : NULL;

	cJSON_Delete(tree);
	return found;
}

/* The folder as it is seen from here: where the row says, or beside the
 * database, which was moved or is looked at from another machine. */
static char *seen_from_here(char *path, const char *db_path)
{
	static const char *const homes[] = {"/experiments/", "/outputs"};
	char *folder = fs_folder(db_path);
	char *here = NULL;

	for (size_t i = 0; i < COUNT_OF(homes) && access(path, F_OK); i++) {
		char *found = NULL;

		for (char *at = strstr(path, homes[i]); at;
		     at = strstr(at + 1, homes[i]))
			found = at;
		if (!found)
			continue;
		here = xasprintf("%s%s", folder, found);
		if (!access(here, F_OK)) {
			free(path);
			path = here;
			break;
		}
		free(here);
	}
	free(folder);
	return path;
}

bool outputs_storage(const char *storage, const char *db_path,
		     struct storage_config *ret, struct error *err)
{
	char *folder = folder_of(storage);

	if (!folder)
		return spec_storage_parse(storage, ret, err) ||
		       error_prefix(err, "the storage that the database "
					 "names");
	folder = seen_from_here(folder, db_path);
	*ret = (struct storage_config){
		.type = STORAGE_HOST_PATH,
		.path = xstrdup(folder),
		.local_path = folder,
		.upload_retries = -1,
		.s3_path_style = -1,
	};
	return true;
}

char *outputs_local_path(const struct output *output, const char *db_path)
{
	struct storage_config storage = {0};
	struct error ignored;
	char *path = NULL;

	if (outputs_storage(output->storage, db_path, &storage, &ignored) &&
	    storage.local_path)
		path = *output->path ? fs_join(storage.local_path, output->path)
				     : xstrdup(storage.local_path);
	storage_config_release(&storage);
	return path;
}

bool outputs_is_cheap(const struct output *output)
{
	struct storage_config storage = {0};
	struct error ignored;
	bool is_cheap;

	if (!outputs_storage(output->storage, "", &storage, &ignored))
		return false;
	is_cheap = storage.local_path || (storage.type != STORAGE_PVC &&
					  storage.type != STORAGE_HOST_PATH);
	storage_config_release(&storage);
	return is_cheap;
}

/* None of it is code, and opening the database's files would be worse than
 * useless: closing them gives up SQLite's locks. */
char **outputs_not_code(const char *db_path)
{
	static const char *const behind[] = {"", "-wal", "-shm", "-journal"};
	static const char *const beside[] = {"experiments", "locks", "keeper",
					     "outputs", "trialdeck.log"};
	char **list =
		xcalloc(COUNT_OF(behind) + COUNT_OF(beside) + 1, sizeof(*list));
	char *folder = db_path ? fs_folder(db_path) : NULL;
	char **at = list;

	for (size_t i = 0; db_path && i < COUNT_OF(behind); i++)
		*at++ = xasprintf("%s%s", db_path, behind[i]);
	for (size_t i = 0; db_path && i < COUNT_OF(beside); i++)
		*at++ = fs_join(folder, beside[i]);
	free(folder);
	return list;
}

/* ---- files of trialdeck's own -------------------------------------------- */

static bool is_one_of(const char *path, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(path, names[i]))
			return true;
	return false;
}

bool outputs_is_ours(const char *path)
{
	static const char *const names[] = {
		"exit",
		"exit.new",
		"keeper.lock",
		"gpus",
		"keeper.pid",
		"keeper.pid.new",
		"metrics",
		"spool.ndjson",
		"spool.offset",
		/* when lines of the logs came */
		"stdout" LOG_TIME_SUFFIX,
		"stderr" LOG_TIME_SUFFIX,
	};

	return is_one_of(path, names, COUNT_OF(names)) ||
	       !strncmp(path, ".nni/", 5) || !strcmp(path, ".nni");
}

bool outputs_is_record(const char *path)
{
	static const char *const names[] = {
		"stdout",    "stderr",	      "keeper.log",
		"trial.log", "parameter.cfg", "parameters.json",
	};

	return is_one_of(path, names, COUNT_OF(names));
}
