/* SPDX-License-Identifier: MIT */
/* Storages: which there are, and what holds for all of them. */
#include "engine/storage/storage.h"

#include "base/clock.h"
#include "base/mem.h"

#include <string.h>
#include <time.h>

#define LOOK_NS (20 * NS_PER_MS) /* at the watch */

/* A line each. */
static const struct {
	enum storage_type type;
	const struct storage_ops *ops;
} backends[] = {
	{STORAGE_NFS, &storage_nfs},
	{STORAGE_S3, &storage_s3},
	{STORAGE_AZURE, &storage_azure},
	{STORAGE_PVC, &storage_pvc},
	{STORAGE_HOST_PATH, &storage_host_path},
};

const struct storage_ops *storage_find_type(enum storage_type type)
{
	for (size_t i = 0; i < COUNT_OF(backends); i++)
		if (backends[i].type == type)
			return backends[i].ops;
	return NULL;
}

const struct storage_ops *storage_find(const struct storage_config *config)
{
	return config->local_path ? &storage_folder
				  : storage_find_type(config->type);
}

bool storage_path_is_sound(const char *path)
{
	const char *part = path;

	if (!*path || strlen(path) > STORAGE_PATH_MAX)
		return false;
	for (;;) {
		size_t len = strcspn(part, "/");

		if (!len || (len == 1 && part[0] == '.') ||
		    (len == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		part += len;
		if (!*part)
			return true;
		part++;
	}
}

bool storage_may_go_on(const struct storage *storage, struct error *err)
{
	return !atomic_load(&storage->watch->is_cancelled) ||
	       error_set(err, ERROR_CANCELED, "canceled");
}

bool storage_is_passing(enum error_code code)
{
	return code == ERROR_UNAVAILABLE || code == ERROR_TIMEOUT;
}

void storage_ask_rest(struct storage_watch *watch, int seconds)
{
	int64_t rest_ns = seconds < STORAGE_REST_MAX_MS / 1000
				  ? seconds * NS_PER_S
				  : STORAGE_REST_MAX_MS * NS_PER_MS;

	atomic_store(&watch->rest_until_ns, clock_mono_ns() + rest_ns);
}

int64_t storage_rest_ms(const struct storage_watch *watch, int64_t least_ms)
{
	int64_t left_ns = atomic_load(&watch->rest_until_ns) - clock_mono_ns();
	int64_t left_ms = (left_ns + NS_PER_MS - 1) / NS_PER_MS;

	return left_ms > least_ms ? left_ms : least_ms;
}

bool storage_pause(const struct storage_watch *watch, int64_t least_ms,
		   struct error *err)
{
	int64_t until_ns =
		clock_mono_ns() + storage_rest_ms(watch, least_ms) * NS_PER_MS;

	while (!atomic_load(&watch->is_cancelled)) {
		int64_t left_ns = until_ns - clock_mono_ns();
		struct timespec nap = {.tv_nsec = LOOK_NS};

		if (left_ns <= 0)
			return true;
		if (left_ns < nap.tv_nsec)
			nap.tv_nsec = left_ns;
		nanosleep(&nap, NULL);
	}
	return error_set(err, ERROR_CANCELED, "canceled");
}

static bool check(const struct storage *storage, const char *path,
		  struct error *err)
{
	if (!storage_path_is_sound(path))
		return error_set(err, ERROR_INVALID,
				 "%.200s: is no path in a storage", path);
	return storage_may_go_on(storage, err);
}

bool storage_open(const struct storage_target *target,
		  struct storage_watch *watch, struct storage **ret,
		  struct error *err)
{
	const struct storage_ops *ops = storage_find(target->config);

	if (!ops)
		return error_set(err, ERROR_INVALID,
				 "this storage cannot be reached from here");
	if (!ops->open(target, watch, ret, err))
		return false;
	(*ret)->ops = ops;
	(*ret)->watch = watch;
	return true;
}

bool storage_prepare(struct storage *storage, struct error *err)
{
	return storage_may_go_on(storage, err) &&
	       storage->ops->prepare(storage, err);
}

bool storage_put(struct storage *storage, const char *path,
		 const struct storage_source *source, struct error *err)
{
	return check(storage, path, err) &&
	       storage->ops->put(storage, path, source, err);
}

bool storage_put_many(struct storage *storage, const struct storage_item *items,
		      size_t count, struct error *err)
{
	if (!storage->ops->put_many || count < 2) {
		for (size_t i = 0; i < count; i++)
			if (!storage_put(storage, items[i].path,
					 &items[i].source, err))
				return false;
		return true;
	}
	for (size_t i = 0; i < count; i++)
		if (!check(storage, items[i].path, err))
			return false;
	return storage->ops->put_many(storage, items, count, err);
}

bool storage_get(struct storage *storage, const char *path, int fd,
		 int64_t offset, struct error *err)
{
	return check(storage, path, err) &&
	       storage->ops->get(storage, path, fd, offset, err);
}

bool storage_digest(struct storage *storage, const char *path,
		    struct storage_digest *ret, struct error *err)
{
	*ret = (struct storage_digest){STORAGE_NO_DIGEST, ""};
	return !storage->ops->digest ||
	       (check(storage, path, err) &&
		storage->ops->digest(storage, path, ret, err));
}

struct listing {
	storage_entry_fn *fn;
	void *arg;
};

static bool pass_sound(const struct storage_entry *entry, void *arg)
{
	struct listing *listing = arg;

	return !storage_path_is_sound(entry->path) ||
	       listing->fn(entry, listing->arg);
}

bool storage_list(struct storage *storage, const char *path, bool is_deep,
		  storage_entry_fn *fn, void *arg, struct error *err)
{
	struct listing listing = {fn, arg};

	if (*path ? !check(storage, path, err)
		  : !storage_may_go_on(storage, err))
		return false;
	return storage->ops->list(storage, path, is_deep, pass_sound, &listing,
				  err);
}

bool storage_remove(struct storage *storage, const char *path,
		    struct error *err)
{
	return check(storage, path, err) &&
	       storage->ops->remove(storage, path, err);
}

bool storage_copy(struct storage *storage, const char *from, const char *to,
		  struct error *err)
{
	if (!storage->ops->copy)
		return error_set(err, ERROR_INVALID,
				 "%s: the server copies nothing",
				 storage->ops->name);
	return check(storage, from, err) && check(storage, to, err) &&
	       storage->ops->copy(storage, from, to, err);
}

/* Of what this program opens through others: ours. */
static void plain_url(const struct storage_config *config, const char *path,
		      struct strbuf *out)
{
	if (config->type == STORAGE_PVC)
		strbuf_addf(out, "pvc://%s/%s", config->claim, path);
	if (config->type == STORAGE_HOST_PATH)
		strbuf_addf(out, "hostpath://%s/%s", config->path, path);
}

void storage_url(const struct storage_config *config, const char *path,
		 struct strbuf *out)
{
	const struct storage_ops *ops = storage_find_type(config->type);

	if (ops && ops->url)
		ops->url(config, path, out);
	else
		plain_url(config, path, out);
}

void storage_close(struct storage *storage)
{
	if (storage)
		storage->ops->close(storage);
}
