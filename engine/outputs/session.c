/* SPDX-License-Identifier: MIT */
/* A storage opened by what a row of outputs says of it. */
#include "engine/outputs/session.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/outputs/keys.h"
#include "engine/outputs/place.h"

#include <stdlib.h>
#include <string.h>

#define PART_FOLDER ".trialdeck-part" /* the side port's, on their way */

struct outputs_session {
	char *text;
	struct storage_config config;
	struct storage *storage;
};

bool outputs_storage_open(const struct storage_config *storage,
			  const struct experiment_config *config,
			  const struct experiment *experiment,
			  struct storage_watch *watch, struct storage **ret,
			  struct error *err)
{
	const struct kubernetes_config *kubernetes = &config->kubernetes;
	struct storage_target target = {
		.config = storage,
		.kubeconfig = kubernetes->kubeconfig,
		.context = kubernetes->context,
		.namespace = kubernetes->namespace,
		.image = !kubernetes->image && kubernetes->role_count
				 ? kubernetes->roles[0].image
				 : kubernetes->image,
		.service_account = kubernetes->service_account,
		.experiment_id = experiment->id,
		.kubernetes = kubernetes,
	};
	char *key;
	bool ok;

	if (!outputs_key_get(storage, watch, &key, err))
		return false;
	target.key = key;
	ok = storage_open(&target, watch, ret, err);
	outputs_key_free(key);
	return ok;
}

bool outputs_session_open(const char *storage, const char *db_path,
			  const struct experiment_config *config,
			  const struct experiment *experiment,
			  struct storage_watch *watch,
			  struct outputs_session **ret, struct error *err)
{
	struct outputs_session *session = xcalloc(1, sizeof(*session));

	session->text = xstrdup(storage);
	if (!outputs_storage(storage, db_path, &session->config, err) ||
	    !outputs_storage_open(&session->config, config, experiment, watch,
				  &session->storage, err)) {
		outputs_session_close(session);
		return false;
	}
	*ret = session;
	return true;
}

void outputs_session_close(struct outputs_session *session)
{
	if (!session)
		return;
	storage_close(session->storage);
	storage_config_release(&session->config);
	free(session->text);
	free(session);
}

struct storage *outputs_session_storage(struct outputs_session *session)
{
	return session->storage;
}

bool outputs_session_is(const struct outputs_session *session,
			const char *storage)
{
	return session && !strcmp(session->text, storage);
}

/* ---- what an attempt left ------------------------------------------------ */

/* On a volume the folder has the code as well, and what NNI's scripts need:
 * outputs are below output/ (nni.md 4.4). */
static bool has_layout(const struct output *output)
{
	return !strncmp(output->path, "nni/", 4) &&
	       !strstr(output->storage, "\"storageType\":\"s3\"");
}

/* A local attempt's folder is trialdeck's as well. */
static bool is_shared_with_us(const struct output *output)
{
	return !strncmp(output->path, "trials/", 7) || !*output->path;
}

struct walk {
	const struct output *output;
	const char *prefix;
	bool (*fn)(const struct storage_entry *entry, void *arg);
	void *arg;
	struct strbuf path;
};

static bool pass(const struct storage_entry *entry, void *arg)
{
	struct walk *walk = arg;
	struct storage_entry shown = *entry;

	if (entry->is_folder ||
	    !strncmp(entry->path, PART_FOLDER "/", strlen(PART_FOLDER) + 1) ||
	    (is_shared_with_us(walk->output) && outputs_is_ours(entry->path)))
		return true;
	strbuf_clear(&walk->path);
	strbuf_addf(&walk->path, "%s%s", walk->prefix, entry->path);
	shown.path = walk->path.data;
	return walk->fn(&shown, walk->arg);
}

bool outputs_walk(struct outputs_session *session, const struct output *output,
		  bool (*fn)(const struct storage_entry *entry, void *arg),
		  void *arg, bool *ret_is_there, struct error *err)
{
	struct walk walk = {.output = output,
			    .prefix = has_layout(output) ? "output/" : "",
			    .fn = fn,
			    .arg = arg,
			    .path = STRBUF_INIT};
	char *path = has_layout(output) ? xasprintf("%s/output", output->path)
					: xstrdup(output->path);
	struct error failure;
	bool ok;

	*ret_is_there = true;
	ok = storage_list(session->storage, path, true, pass, &walk, &failure);
	if (!ok && failure.code == ERROR_NOT_FOUND) {
		*ret_is_there = false;
		ok = true;
	} else if (!ok) {
		*err = failure;
	}
	strbuf_release(&walk.path);
	free(path);
	return ok;
}

struct count {
	const struct output *output;
	int64_t files, bytes;
};

static bool count(const struct storage_entry *entry, void *arg)
{
	struct count *count = arg;

	if (is_shared_with_us(count->output) && outputs_is_record(entry->path))
		return true;
	count->files++;
	count->bytes += entry->size;
	return true;
}

bool outputs_look(struct outputs_session *session, struct output *output,
		  struct error *err)
{
	struct count found = {.output = output};
	bool is_there;

	if (!outputs_walk(session, output, count, &found, &is_there, err))
		return false;
	output->at_ns = clock_wall_ns();
	output->files = found.files;
	output->bytes = found.bytes;
	free(output->note);
	output->note = NULL;
	output->state = is_there ? OUTPUT_THERE : OUTPUT_LOST;
	if (!is_there)
		output->note = xstrdup("nothing came");
	return true;
}

/* ---- removing ----------------------------------------------------------- */

struct victims {
	char **paths;
	size_t count, capacity;
};

static bool collect(const struct storage_entry *entry, void *arg)
{
	struct victims *victims = arg;

	if (outputs_is_ours(entry->path) || outputs_is_record(entry->path))
		return true;
	ARRAY_RESERVE(victims->paths, victims->count, victims->capacity);
	victims->paths[victims->count++] = xstrdup(entry->path);
	return true;
}

/* Logs and parameters stay, since they are shown elsewhere as well. */
static bool remove_around_us(struct outputs_session *session,
			     const struct output *output, struct error *err)
{
	struct victims victims = {0};
	struct error failure;
	bool ok;

	ok = storage_list(session->storage, output->path, false, collect,
			  &victims, &failure);
	if (!ok && failure.code != ERROR_NOT_FOUND)
		*err = failure;
	else
		ok = true;
	for (size_t i = 0; i < victims.count; i++) {
		char *path = *output->path ? xasprintf("%s/%s", output->path,
						       victims.paths[i])
					   : xstrdup(victims.paths[i]);

		ok = ok && storage_remove(session->storage, path, err);
		free(path);
		free(victims.paths[i]);
	}
	free(victims.paths);
	return ok;
}

bool outputs_remove(struct outputs_session *session,
		    const struct output *output, struct error *err)
{
	if (is_shared_with_us(output))
		return remove_around_us(session, output, err);
	return storage_remove(session->storage, output->path, err);
}
