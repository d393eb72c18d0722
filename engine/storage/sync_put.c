/* SPDX-License-Identifier: MIT */
/*
 * Many files at once: threads, each with a session of its own, take the next
 * few until there are none.  Faults that may pass are tried again by the thread
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
/* What goes in one request where storages can; open all at once. */
#define BATCH_FILES 64
#define BATCH_BYTES (INT64_C(8) << 20)

struct sending {
	const struct sync_options *options;
	struct sync_plan *plan;
	const struct storage_watch *watch;
	pthread_mutex_t mutex; /* of all below */
	size_t next;
	size_t batch_files; /* at most, so that all threads have some */
	int64_t files, bytes;
	bool has_failed;
	struct error err;
};

struct sender {
	struct sending *sending;
	struct storage *storage; /* NULL: to be opened */
	bool is_borrowed;
	/* what it has taken */
	const struct sync_file *files[BATCH_FILES];
	struct storage_item items[BATCH_FILES];
	size_t count;
	int64_t bytes;
};

static void fail(struct sending *sending, const struct error *err)
{
	pthread_mutex_lock(&sending->mutex);
	if (!sending->has_failed)
		sending->err = *err;
	sending->has_failed = true;
	pthread_mutex_unlock(&sending->mutex);
}

static bool has_room(const struct sender *sender, const struct sync_file *file)
{
	return !sender->count ||
	       (sender->count < sender->sending->batch_files &&
		sender->bytes + file->size <= BATCH_BYTES);
}

/* False: there is nothing left to do. */
static bool take(struct sender *sender)
{
	struct sending *sending = sender->sending;
	struct sync_plan *plan = sending->plan;

	sender->count = 0;
	sender->bytes = 0;
	pthread_mutex_lock(&sending->mutex);
	for (; !sending->has_failed && sending->next < plan->count;
	     sending->next++) {
		const struct sync_file *file = &plan->files[sending->next];

		if (file->is_there)
			continue;
		if (!has_room(sender, file))
			break;
		sender->files[sender->count++] = file;
		sender->bytes += file->size;
	}
	pthread_mutex_unlock(&sending->mutex);
	return sender->count;
}

static bool is_unchanged(int fd, const struct sync_file *file)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == file->size &&
	       st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec ==
		       file->modified_ns;
}

static bool fail_changed(const struct sync_file *file, struct error *err)
{
	return error_set(err, ERROR_CONFLICT, "%s changed while it was read",
			 file->path);
}

/* All that was taken, open; closed by close_batch in either case. */
static bool open_batch(struct sender *sender, struct error *err)
{
	const struct sending *sending = sender->sending;

	for (size_t i = 0; i < sender->count; i++)
		sender->items[i] = (struct storage_item){.source.fd = -1};
	for (size_t i = 0; i < sender->count; i++) {
		const struct sync_file *file = sender->files[i];
		struct storage_item *item = &sender->items[i];

		item->path =
			xasprintf("%s/%s", sending->options->to, file->path);
		item->source.fd = sync_open_file(sending->plan, file->path);
		item->source.size = file->size;
		item->source.mode = file->mode;
		if (item->source.fd < 0 || !is_unchanged(item->source.fd, file))
			return fail_changed(file, err);
	}
	return true;
}

static void close_batch(struct sender *sender)
{
	for (size_t i = 0; i < sender->count; i++) {
		free((char *)(uintptr_t)sender->items[i].path);
		if (sender->items[i].source.fd >= 0)
			close(sender->items[i].source.fd);
	}
}

static bool send_once(struct sender *sender, struct error *err)
{
	bool ok = open_batch(sender, err) &&
		  storage_put_many(sender->storage, sender->items,
				   sender->count, err);

	for (size_t i = 0; ok && i < sender->count; i++)
		if (!is_unchanged(sender->items[i].source.fd, sender->files[i]))
			ok = fail_changed(sender->files[i], err);
	close_batch(sender);
	return ok;
}

static bool open_session(struct sender *sender, struct error *err)
{
	const struct sync_options *options = sender->sending->options;

	return sender->storage ||
	       options->open(options->arg, &sender->storage, err);
}

static bool send_batch(struct sender *sender, struct error *err)
{
	const struct sync_options *options = sender->sending->options;
	const struct storage_watch *watch = sender->sending->watch;
	int left = options->retries >= 0 ? options->retries : RETRIES;
	int64_t pause_ms = PAUSE_MS;

	for (;;) {
		if (open_session(sender, err) && send_once(sender, err))
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
	struct error err;

	while (take(sender)) {
		if (!send_batch(sender, &err)) {
			fail(sending, &err);
			break;
		}
		atomic_fetch_add(&progress->files, (long long)sender->count);
		atomic_fetch_add(&progress->bytes, sender->bytes);
		pthread_mutex_lock(&sending->mutex);
		sending->files += (int64_t)sender->count;
		sending->bytes += sender->bytes;
		pthread_mutex_unlock(&sending->mutex);
	}
	if (!sender->is_borrowed)
		storage_close(sender->storage);
	return NULL;
}

/* A storage that takes one a request gets one: progress is told of each. */
static size_t batch_files(const struct storage *storage, size_t missing)
{
	size_t share = missing / (2 * THREADS) + 1;

	if (!storage->ops->put_many)
		return 1;
	return share < BATCH_FILES ? share : BATCH_FILES;
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
	struct sender *senders = xcalloc(THREADS, sizeof(*senders));
	pthread_t threads[THREADS];
	bool is_started[THREADS] = {false};

	pthread_mutex_init(&sending.mutex, NULL);
	sending.batch_files = batch_files(first, missing);
	for (size_t i = 0; i < THREADS; i++)
		senders[i].sending = &sending;
	senders[0].storage = first;
	senders[0].is_borrowed = true;
	for (size_t i = 1; i < THREADS && i < missing; i++)
		is_started[i] = pthread_create(&threads[i], NULL, run,
					       &senders[i]) == 0;
	run(&senders[0]);
	for (size_t i = 1; i < THREADS; i++)
		if (is_started[i])
			pthread_join(threads[i], NULL);
	free(senders);
	pthread_mutex_destroy(&sending.mutex);
	result->sent_files = sending.files;
	result->sent_bytes = sending.bytes;
	if (sending.has_failed)
		*err = sending.err;
	return !sending.has_failed;
}
