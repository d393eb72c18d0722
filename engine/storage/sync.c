/* SPDX-License-Identifier: MIT */
/* A code folder brought to a storage: what has to go and to come, in which
 * order. */
#include "engine/storage/sync_private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 3 /* when files change meanwhile */

struct syncing {
	const struct sync_options *options;
	struct sync_plan plan;
	struct storage *storage;
	char **strangers; /* paths that are there and should not be, or not so
			   */
	size_t stranger_count, stranger_capacity;
};

/* A small file of the storage; ERROR_NOT_FOUND and "" when it is not there. */
static bool read_text(struct storage *storage, const char *path,
		      struct strbuf *ret, struct error *err)
{
	int fd = memfd_create("manifest", MFD_CLOEXEC);
	struct stat st;
	bool ok;

	if (fd < 0)
		return error_set_errno(err, "read %s", path);
	ok = storage_get(storage, path, fd, 0, err);
	if (ok &&
	    (fstat(fd, &st) < 0 || (size_t)st.st_size > SYNC_MANIFEST_MAX))
		ok = error_set(err, ERROR_LIMIT, "%s: is too large", path);
	if (ok) {
		strbuf_reserve(ret, (size_t)st.st_size);
		if (pread(fd, ret->data, (size_t)st.st_size, 0) != st.st_size)
			ok = error_set_errno(err, "read %s", path);
		else
			ret->len = (size_t)st.st_size;
		ret->data[ret->len] = '\0';
	}
	close(fd);
	return ok;
}

static bool write_text(struct storage *storage, const char *path,
		       const struct strbuf *text, struct error *err)
{
	struct storage_source source = {.fd = -1,
					.data = text->data,
					.size = (int64_t)text->len,
					.mode = 0644};

	return storage_put(storage, path, &source, err);
}

/* ---- what is there ------------------------------------------------------- */

static void add_stranger(struct syncing *syncing, const char *path)
{
	ARRAY_RESERVE(syncing->strangers, syncing->stranger_count,
		      syncing->stranger_capacity);
	syncing->strangers[syncing->stranger_count++] =
		xasprintf("%s/%s", syncing->options->to, path);
}

/* Seen in the storage: it stays when the manifest says that it is as here. */
static bool see(const struct storage_entry *entry, void *arg)
{
	struct syncing *syncing = arg;
	struct sync_file *file;

	if (entry->is_folder)
		return true;
	file = sync_plan_find(&syncing->plan, entry->path);
	if (!file || !file->is_there || file->size != entry->size)
		add_stranger(syncing, entry->path);
	else
		file->mode |= 1u << 31; /* seen */
	return true;
}

static void settle_seen(struct sync_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct sync_file *file = &plan->files[i];

		file->is_there = file->is_there && file->mode >> 31;
		file->mode &= 0777;
	}
}

static bool look(struct syncing *syncing, const char *manifest,
		 struct error *err)
{
	struct error failure;

	sync_plan_compare(&syncing->plan, manifest);
	if (!storage_list(syncing->storage, syncing->options->to, true, see,
			  syncing, &failure) &&
	    failure.code != ERROR_NOT_FOUND) {
		*err = failure;
		return false;
	}
	settle_seen(&syncing->plan);
	return true;
}

static void tell_totals(const struct syncing *syncing)
{
	struct sync_progress *progress = syncing->options->progress;
	const struct sync_plan *plan = &syncing->plan;
	int64_t files = 0, bytes = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (plan->files[i].is_there) {
			files++;
			bytes += plan->files[i].size;
		}
	atomic_store(&progress->files_total, (long long)plan->count);
	atomic_store(&progress->bytes_total, plan->bytes);
	atomic_store(&progress->files, files);
	atomic_store(&progress->bytes, bytes);
}

/* ---- making it so ------------------------------------------------------- */

static bool remove_strangers(struct syncing *syncing, struct error *err)
{
	for (size_t i = 0; i < syncing->stranger_count; i++)
		if (!storage_remove(syncing->storage, syncing->strangers[i],
				    err))
			return false;
	return true;
}

static bool bring(struct syncing *syncing, const char *plan_path,
		  bool is_planned, struct sync_result *ret, struct error *err)
{
	const struct sync_options *options = syncing->options;
	struct sync_plan *plan = &syncing->plan;

	if (!storage_remove(syncing->storage, options->manifest, err) ||
	    !remove_strangers(syncing, err) ||
	    (!is_planned &&
	     !write_text(syncing->storage, plan_path, &plan->text, err)) ||
	    !sync_put(options, plan, syncing->storage, ret, err) ||
	    !write_text(syncing->storage, options->manifest, &plan->text, err))
		return false;
	return storage_remove(syncing->storage, plan_path, err);
}

static bool has_all(const struct syncing *syncing)
{
	for (size_t i = 0; i < syncing->plan.count; i++)
		if (!syncing->plan.files[i].is_there)
			return false;
	return !syncing->stranger_count;
}

/* The manifest there, or the plan of an upload that was cut short. */
static bool read_state(struct syncing *syncing, const char *plan_path,
		       struct strbuf *manifest, struct strbuf *plan,
		       struct error *err)
{
	struct error failure = {ERROR_NONE, ""};

	if (read_text(syncing->storage, syncing->options->manifest, manifest,
		      &failure))
		return true;
	if (failure.code == ERROR_NOT_FOUND &&
	    (read_text(syncing->storage, plan_path, plan, &failure) ||
	     failure.code == ERROR_NOT_FOUND))
		return true;
	*err = failure;
	return false;
}

static bool sync_once(struct syncing *syncing, struct sync_result *ret,
		      struct error *err)
{
	const struct sync_options *options = syncing->options;
	char *plan_path = xasprintf("%s.plan", options->manifest);
	struct strbuf manifest = STRBUF_INIT, plan = STRBUF_INIT;
	bool is_planned, ok;

	ok = storage_prepare(syncing->storage, err);
	if (ok)
		atomic_store(&options->progress->was_reached, true);
	ok = ok &&
	     sync_plan_read(&syncing->plan, options, syncing->storage->watch,
			    err) &&
	     read_state(syncing, plan_path, &manifest, &plan, err);
	if (ok) {
		/* files of the plan are whole where they are */
		is_planned =
			plan.len && !strcmp(plan.data, syncing->plan.text.data);
		ok = look(syncing,
			  manifest.len ? manifest.data
			  : is_planned ? plan.data
				       : "",
			  err);
	}
	if (ok) {
		tell_totals(syncing);
		if (!manifest.len || !has_all(syncing))
			ok = bring(syncing, plan_path, is_planned, ret, err);
	}
	strbuf_release(&manifest);
	strbuf_release(&plan);
	free(plan_path);
	return ok;
}

static void finish(struct syncing *syncing, struct sync_result *ret)
{
	memcpy(ret->digest, syncing->plan.digest, sizeof(ret->digest));
	ret->files = (int64_t)syncing->plan.count;
	ret->bytes = syncing->plan.bytes;
	if (syncing->plan.tree.notes.len)
		ret->notes = strbuf_detach(&syncing->plan.tree.notes);
}

static void release(struct syncing *syncing)
{
	for (size_t i = 0; i < syncing->stranger_count; i++)
		free(syncing->strangers[i]);
	free(syncing->strangers);
	sync_plan_release(&syncing->plan);
}

bool sync_code(const struct sync_options *options, struct sync_result *ret,
	       struct error *err)
{
	struct error failure = {ERROR_NONE, ""};
	struct storage *storage = NULL;
	bool ok = false;

	*ret = (struct sync_result){0};
	if (!options->open(options->arg, &storage, err))
		return false;
	for (int i = 0; !ok && i < TRIES; i++) {
		struct syncing syncing = {.options = options,
					  .storage = storage};

		strbuf_init(&syncing.plan.text);
		syncing.plan.tree.fd = -1;
		ok = sync_once(&syncing, ret, &failure);
		if (ok)
			finish(&syncing, ret);
		release(&syncing);
		if (failure.code != ERROR_CONFLICT)
			break;
	}
	storage_close(storage);
	if (ok)
		return true;
	if (failure.code == ERROR_CONFLICT)
		failure.code = ERROR_UNAVAILABLE;
	*err = failure;
	return false;
}

bool sync_verify(const struct sync_options *options, const char *digest,
		 struct error *err)
{
	struct strbuf manifest = STRBUF_INIT;
	struct storage *storage = NULL;
	char found[65];
	bool ok;

	if (!options->open(options->arg, &storage, err))
		return false;
	ok = read_text(storage, options->manifest, &manifest, err);
	if (ok) {
		sync_digest(manifest.data, manifest.len, found);
		ok = !strcmp(found, digest) ||
		     error_set(err, ERROR_NOT_FOUND,
			       "the storage has other code");
	}
	strbuf_release(&manifest);
	storage_close(storage);
	return ok;
}

void sync_result_release(struct sync_result *result)
{
	free(result->notes);
	*result = (struct sync_result){0};
}
