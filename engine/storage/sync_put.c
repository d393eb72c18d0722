/* SPDX-License-Identifier: MIT */
/*
 * Many files at once: threads, each with a session of its own, take the next
 * one until there is none.  Faults that may pass are tried again by the thread
 * that met them; any other ends all.
 */
#include "engine/storage/sync_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS 4
#define RETRIES 3
#define PAUSE_MS 250 /* doubled with each try */
#define PAUSE_MAX_MS 30000

struct sending {
	const struct sync_options *options;
	struct sync_plan *plan;
	const struct storage_watch *watch;
	pthread_mutex_t mutex; /* of all below */
	size_t next;
	int64_t files, bytes;
	bool has_failed;
	struct error err;
};

struct sender {
	struct sending *sending;
	struct storage *storage; /* NULL: to be opened */
	bool is_borrowed;
};

static void fail(struct sending *sending, const struct error *err)
{
	pthread_mutex_lock(&sending->mutex);
	if (!sending->has_failed)
		sending->err = *err;
	sending->has_failed = true;
	pthread_mutex_unlock(&sending->mutex);
}

static struct sync_file *take(struct sending *sending)
{
	struct sync_plan *plan = sending->plan;
	struct sync_file *file = NULL;

	pthread_mutex_lock(&sending->mutex);
	while (!sending->has_failed && sending->next < plan->count) {
		file = &plan->files[sending->next++];
		if (!file->is_there)
			break;
		file = NULL;
	}
	pthread_mutex_unlock(&sending->mutex);
	return file;
}

static bool is_unchanged(int fd, const struct sync_file *file)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == file->size &&
	       st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec ==
		       file->modified_ns;
}

static bool send_once(struct sender *sender, const struct sync_file *file,
		      struct error *err)
{
	const struct sync_options *options = sender->sending->options;
	struct storage_source source = {
		.fd = sync_open_file(sender->sending->plan, file->path),
		.size = file->size,
		.mode = file->mode,
	};
	char *path = xasprintf("%s/%s", options->to, file->path);
	bool ok = false;

	if (source.fd < 0 || !is_unchanged(source.fd, file))
		error_set(err, ERROR_CONFLICT, "%s changed while it was read",
			  file->path);
	else
		ok = storage_put(sender->storage, path, &source, err) &&
		     (is_unchanged(source.fd, file) ||
		      error_set(err, ERROR_CONFLICT,
				"%s changed while it was read", file->path));
	if (source.fd >= 0)
		close(source.fd);
	free(path);
	return ok;
}

static bool open_session(struct sender *sender, struct error *err)
{
	const struct sync_options *options = sender->sending->options;

	return sender->storage ||
	       options->open(options->arg, &sender->storage, err);
}

static bool send_file(struct sender *sender, const struct sync_file *file,
		      struct error *err)
{
	const struct sync_options *options = sender->sending->options;
	const struct storage_watch *watch = sender->sending->watch;
	int left = options->retries >= 0 ? options->retries : RETRIES;
	int64_t pause_ms = PAUSE_MS;

	for (;;) {
		if (open_session(sender, err) && send_once(sender, file, err))
			return true;
		if (!left-- || !storage_is_passing(err->code))
			return false;
		if (sender->storage && !sender->is_borrowed) {
			storage_close(sender->storage);
			sender->storage = NULL;
		}
		if (!storage_pause(watch, pause_ms, err))
			return false;
		if (pause_ms < PAUSE_MAX_MS)
			pause_ms *= 2;
	}
}

static void *run(void *arg)
{
	struct sender *sender = arg;
	struct sending *sending = sender->sending;
	struct sync_progress *progress = sending->options->progress;
	const struct sync_file *file;
	struct error err;

	while ((file = take(sending))) {
		if (!send_file(sender, file, &err)) {
			fail(sending, &err);
			break;
		}
		atomic_fetch_add(&progress->files, 1);
		atomic_fetch_add(&progress->bytes, file->size);
		pthread_mutex_lock(&sending->mutex);
		sending->files++;
		sending->bytes += file->size;
		pthread_mutex_unlock(&sending->mutex);
	}
	if (!sender->is_borrowed)
		storage_close(sender->storage);
	return NULL;
}

static size_t count_missing(const struct sync_plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += !plan->files[i].is_there;
	return count;
}

bool sync_put(const struct sync_options *options, struct sync_plan *plan,
	      struct storage *first, struct sync_result *result,
	      struct error *err)
{
	struct sending sending = {
		.options = options, .plan = plan, .watch = first->watch};
	size_t missing = count_missing(plan);
	struct sender senders[THREADS];
	pthread_t threads[THREADS];
	bool is_started[THREADS] = {false};

	pthread_mutex_init(&sending.mutex, NULL);
	for (size_t i = 0; i < THREADS; i++)
		senders[i] = (struct sender){.sending = &sending};
	senders[0].storage = first;
	senders[0].is_borrowed = true;
	for (size_t i = 1; i < THREADS && i < missing; i++)
		is_started[i] = pthread_create(&threads[i], NULL, run,
					       &senders[i]) == 0;
	run(&senders[0]);
	for (size_t i = 1; i < THREADS; i++)
		if (is_started[i])
			pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&sending.mutex);
	result->sent_files = sending.files;
	result->sent_bytes = sending.bytes;
	if (sending.has_failed)
		*err = sending.err;
	return !sending.has_failed;
}
