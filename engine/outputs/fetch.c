/* SPDX-License-Identifier: MIT */
/* Files of a storage brought into a folder of this machine. */
#include "engine/outputs/fetch.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/storage/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
#define TRIES 4
#define PAUSE_MS 125 /* doubled with each try */
#define TELL_NS (200 * NS_PER_MS)

struct fetching {
	const struct fetch_options *options;
	struct fetch_result *result;
	int folder_fd;
	pthread_mutex_t mutex; /* of all below, and the result */
	pthread_cond_t changed;
	size_t next;
	int running;
};

/* ---- one file ------------------------------------------------------------ */

/* The folder that path lies in, made; -1 with errno. */
static int open_parent(int folder_fd, const char *path, const char **ret_name)
{
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (fd >= 0 && strchr(path, '/')) {
		size_t len = strcspn(path, "/");
		char *part = xstrndup(path, len);
		int next = -1;

		if (mkdirat(fd, part, 0777) == 0 || errno == EEXIST)
			next = openat(fd, part,
				      O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
					      O_CLOEXEC);
		free(part);
		close(fd);
		fd = next;
		path += len + 1;
	}
	*ret_name = path;
	return fd;
}

static bool is_there(int parent, const char *name,
		     const struct fetch_item *item)
{
	struct stat st;

	return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && st.st_size == item->size &&
	       item->modified_ns &&
	       st.st_mtim.tv_sec == item->modified_ns / NS_PER_S;
}

/* Of path, size and time: FNV-1a. */
static void draft_name(const struct fetch_item *item, char *ret, size_t size)
{
	uint64_t hash = 14695981039346656037u;
	char *text = xasprintf("%s\n%" PRId64 "\n%" PRId64, item->to,
			       item->size, item->modified_ns);

	for (const char *c = text; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	snprintf(ret, size, ".trialdeck-%016" PRIx64 ".part", hash);
	free(text);
}

static bool fill(struct storage *storage, const struct fetch_item *item, int fd,
		 struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set_errno(err, "write %s", item->to);
	if (st.st_size > item->size) {
		if (ftruncate(fd, 0) < 0)
			return error_set_errno(err, "write %s", item->to);
		st.st_size = 0;
	}
	if (lseek(fd, st.st_size, SEEK_SET) < 0)
		return error_set_errno(err, "write %s", item->to);
	if ((st.st_size < item->size || !item->size) &&
	    !storage_get(storage, item->from, fd, st.st_size, err))
		return false;
	if (fstat(fd, &st) < 0)
		return error_set_errno(err, "write %s", item->to);
	if (st.st_size == item->size)
		return true;
	if (ftruncate(fd, 0) < 0)
		return error_set_errno(err, "write %s", item->to);
	return error_set(err, ERROR_UNAVAILABLE,
			 "%s: changed while it was fetched", item->from);
}

/* What came, against what the storage knows of it. */
static bool compare(struct storage *storage, const struct fetch_item *item,
		    int fd, bool *ret_is_checked, struct error *err)
{
	struct storage_digest wanted;
	char found[65];

	if (!storage_digest(storage, item->from, &wanted, err))
		return false;
	if (wanted.kind == STORAGE_NO_DIGEST)
		return true;
	if (!storage_digest_file(fd, wanted.kind, storage->watch, found, err))
		return false;
	*ret_is_checked = true;
	if (!strcmp(found, wanted.hex))
		return true;
	if (ftruncate(fd, 0) < 0)
		return error_set_errno(err, "write %s", item->to);
	return error_set(err, ERROR_UNAVAILABLE,
			 "%s: is not what was stored: its %s is another one "
			 "than the storage has on record (changed while it was "
			 "fetched, or damaged)",
			 item->from, storage_digest_name(wanted.kind));
}

static bool fetch_into(struct storage *storage, const struct fetch_item *item,
		       int parent, const char *name, bool *ret_is_checked,
		       struct error *err)
{
	struct timespec times[2] = {
		{0, UTIME_NOW},
		{item->modified_ns / NS_PER_S, item->modified_ns % NS_PER_S}};
	char draft[48];
	bool ok;
	int fd;

	draft_name(item, draft, sizeof(draft));
	fd = openat(parent, draft, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		    0666);
	if (fd < 0)
		return error_set_errno(err, "create %s", item->to);
	ok = fill(storage, item, fd, err) &&
	     compare(storage, item, fd, ret_is_checked, err);
	if (ok && item->modified_ns)
		futimens(fd, times);
	if (close(fd) < 0 && ok)
		ok = error_set_errno(err, "write %s", item->to);
	if (ok && renameat(parent, draft, parent, name) < 0)
		ok = error_set_errno(err, "name %s", item->to);
	return ok;
}

struct outcome {
	bool was_there, is_checked;
};

static bool fetch_one(struct fetching *fetching, struct storage *storage,
		      const struct fetch_item *item, struct outcome *ret,
		      struct error *err)
{
	const char *name;
	int parent;
	bool ok = true;

	*ret = (struct outcome){false, false};
	if (!storage_path_is_sound(item->to))
		return error_set(err, ERROR_DENIED,
				 "%.200s: would lie outside of %s", item->to,
				 fetching->options->folder);
	parent = open_parent(fetching->folder_fd, item->to, &name);
	if (parent < 0)
		return error_set_errno(err, "make the folder of %s", item->to);
	if (is_there(parent, name, item))
		ret->was_there = true;
	else
		ok = fetch_into(storage, item, parent, name, &ret->is_checked,
				err);
	close(parent);
	return ok;
}

/* ---- threads ------------------------------------------------------------- */

static const struct fetch_item *take(struct fetching *fetching)
{
	const struct fetch_item *item = NULL;

	pthread_mutex_lock(&fetching->mutex);
	if (fetching->next < fetching->options->count)
		item = &fetching->options->items[fetching->next++];
	pthread_mutex_unlock(&fetching->mutex);
	return item;
}

static void note(struct fetching *fetching, const struct fetch_item *item,
		 bool ok, struct outcome outcome, const struct error *err)
{
	struct fetch_result *result = fetching->result;

	pthread_mutex_lock(&fetching->mutex);
	if (!ok) {
		if (!result->failed++)
			snprintf(result->first_failure,
				 sizeof(result->first_failure), "%s",
				 err->text);
	} else if (outcome.was_there) {
		result->there++;
	} else {
		result->files++;
		result->checked += outcome.is_checked;
		result->bytes += item->size;
	}
	pthread_mutex_unlock(&fetching->mutex);
}

static bool open_session(struct fetching *fetching, struct storage **storage,
			 struct error *err)
{
	const struct fetch_options *options = fetching->options;

	if (*storage)
		return true;
	return options->open(options->arg, storage, err);
}

static void *run(void *arg)
{
	struct fetching *fetching = arg;
	struct storage *storage = NULL;
	const struct fetch_item *item;

	while ((item = take(fetching))) {
		struct error err = {ERROR_NONE, ""};
		struct outcome outcome = {false, false};
		bool ok = false;

		for (int tries = 1; !ok && tries <= TRIES; tries++) {
			ok = open_session(fetching, &storage, &err) &&
			     fetch_one(fetching, storage, item, &outcome, &err);
			if (ok || !storage_is_passing(err.code))
				break;
			storage_close(storage);
			storage = NULL;
			if (tries < TRIES &&
			    !storage_pause(fetching->options->watch,
					   PAUSE_MS << tries, &err))
				break;
		}
		note(fetching, item, ok, outcome, &err);
	}
	storage_close(storage);
	pthread_mutex_lock(&fetching->mutex);
	fetching->running--;
	pthread_cond_signal(&fetching->changed);
	pthread_mutex_unlock(&fetching->mutex);
	return NULL;
}

static void tell(struct fetching *fetching)
{
	const struct fetch_options *options = fetching->options;
	int64_t files = fetching->result->files + fetching->result->there;

	if (options->progress)
		options->progress(options->progress_arg, files,
				  atomic_load(&options->watch->bytes));
}

static void wait_for_threads(struct fetching *fetching)
{
	struct timespec until;

	pthread_mutex_lock(&fetching->mutex);
	while (fetching->running) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += TELL_NS;
		until.tv_sec += until.tv_nsec / NS_PER_S;
		until.tv_nsec %= NS_PER_S;
		pthread_cond_timedwait(&fetching->changed, &fetching->mutex,
				       &until);
		tell(fetching);
	}
	pthread_mutex_unlock(&fetching->mutex);
}

bool outputs_fetch(const struct fetch_options *options,
		   struct fetch_result *ret, struct error *err)
{
	struct fetching fetching = {.options = options, .result = ret};
	pthread_condattr_t monotonic;
	pthread_t threads[THREADS];
	int started = 0;

	*ret = (struct fetch_result){0};
	if (!fs_make_folders(options->folder, err))
		return false;
	fetching.folder_fd =
		open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fetching.folder_fd < 0)
		return error_set_errno(err, "open %s", options->folder);
	pthread_mutex_init(&fetching.mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&fetching.changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_lock(&fetching.mutex);
	while (started < THREADS && (size_t)started < options->count &&
	       pthread_create(&threads[started], NULL, run, &fetching) == 0) {
		started++;
		fetching.running++;
	}
	pthread_mutex_unlock(&fetching.mutex);
	wait_for_threads(&fetching);
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&fetching.mutex);
	pthread_cond_destroy(&fetching.changed);
	close(fetching.folder_fd);
	return started || !options->count ||
	       error_set(err, ERROR_SYSTEM, "no thread can be started");
}
