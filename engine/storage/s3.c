/* SPDX-License-Identifier: MIT */
/*
 * S3 as a storage.  A bucket has keys, no folders: paths are keys behind the
 * prefix, and what a list shows as a folder is what keys have in common.
 */
#include "engine/storage/s3_private.h"

#include "base/mem.h"
#include "engine/storage/part_name.h"

#include <stdlib.h>
#include <string.h>

struct s3_storage {
	struct storage base;
	struct s3 *s3;
};

static struct s3 *s3_of(struct storage *storage)
{
	return ((struct s3_storage *)(void *)storage)->s3;
}

static bool open_bucket(const struct storage_target *target,
			struct storage_watch *watch, struct storage **ret,
			struct error *err)
{
	const struct s3_options options = {
		.config = target->config,
		.id = target->key,
		.secret = target->secret,
		.token = target->token,
		.watch = watch,
	};
	struct s3_storage *storage = xcalloc(1, sizeof(*storage));

	if (!s3_open(&options, &storage->s3, err)) {
		free(storage);
		return false;
	}
	*ret = &storage->base;
	return true;
}

static void close_bucket(struct storage *storage)
{
	s3_close(s3_of(storage));
	free(storage);
}

static bool prepare_bucket(struct storage *storage, struct error *err)
{
	return s3_prepare(s3_of(storage), err);
}

static bool put_path(struct storage *storage, const char *path,
		     const struct storage_source *source, struct error *err)
{
	struct s3 *s3 = s3_of(storage);
	const struct http_source from = {
		.data = source->fd < 0 ? source->data : NULL,
		.fd = source->fd,
		.size = source->size,
	};
	char *key = s3_key(s3, path, err);
	bool ok;

	if (!key)
		return false;
	ok = s3_put_object(s3, key, &from, err) ||
	     error_prefix(err, "put %.200s", path);
	free(key);
	return ok;
}

static bool get_path(struct storage *storage, const char *path, int fd,
		     int64_t offset, struct error *err)
{
	struct s3 *s3 = s3_of(storage);
	char *key = s3_key(s3, path, err);
	bool ok;

	if (!key)
		return false;
	ok = s3_get_object(s3, key, fd, offset, err) ||
	     error_prefix(err, "get %.200s", path);
	free(key);
	return ok;
}

static bool digest_path(struct storage *storage, const char *path,
			struct storage_digest *ret, struct error *err)
{
	struct s3 *s3 = s3_of(storage);
	char *key = s3_key(s3, path, err);
	bool ok;

	if (!key)
		return false;
	ok = s3_digest_object(s3, key, ret, err) ||
	     error_prefix(err, "look at %.200s", path);
	free(key);
	return ok;
}

/* ---- lists --------------------------------------------------------------- */

struct listing {
	storage_entry_fn *fn;
	void *arg;
	size_t prefix_len;
	bool is_any, is_stopped;
};

static bool on_item(const char *key, int64_t size, int64_t modified_ns,
		    bool is_prefix, void *arg, struct error *err)
{
	struct listing *listing = arg;
	char *path = xstrdup(key + listing->prefix_len);
	size_t len = strlen(path);
	const struct storage_entry entry = {.path = path,
					    .size = size,
					    .modified_ns = modified_ns,
					    .is_folder = is_prefix};

	(void)err; /* who stops has seen enough */
	listing->is_any = true;
	if (is_prefix && len && path[len - 1] == '/')
		path[--len] = '\0';
	/* keys that end in '/' are what some programs have for empty folders */
	if (len && path[len - 1] != '/' && !storage_is_part_name(path))
		listing->is_stopped = !listing->fn(&entry, listing->arg);
	free(path);
	return !listing->is_stopped;
}

static bool list_path(struct storage *storage, const char *path, bool is_deep,
		      storage_entry_fn *fn, void *arg, struct error *err)
{
	struct s3 *s3 = s3_of(storage);
	struct listing listing = {.fn = fn, .arg = arg};
	char *folder = xasprintf("%s%s", path, *path ? "/" : "");
	char *prefix = s3_key(s3, folder, err);
	bool ok;

	free(folder);
	if (!prefix)
		return false;
	listing.prefix_len = strlen(prefix);
	ok = s3_list_objects(s3, prefix, is_deep, on_item, &listing, err) ||
	     listing.is_stopped;
	free(prefix);
	if (!ok)
		return error_prefix(err, "list %.200s", *path ? path : "it");
	if (!listing.is_any && *path)
		return error_set(err, ERROR_NOT_FOUND,
				 "%s: there is nothing below %.200s", s3->place,
				 path);
	return true;
}

/* ---- the rest ------------------------------------------------------------ */

static bool remove_path(struct storage *storage, const char *path,
			struct error *err)
{
	struct s3 *s3 = s3_of(storage);
	char *key = s3_key(s3, path, err);
	bool ok;

	if (!key)
		return false;
	ok = s3_remove_objects(s3, key, err) ||
	     error_prefix(err, "remove %.200s", path);
	free(key);
	return ok;
}

static bool copy_path(struct storage *storage, const char *from, const char *to,
		      struct error *err)
{
	struct s3 *s3 = s3_of(storage);
	char *from_key = s3_key(s3, from, err);
	char *to_key = from_key ? s3_key(s3, to, err) : NULL;
	bool ok = false;

	if (to_key)
		ok = s3_copy_object(s3, from_key, to_key, err) ||
		     error_prefix(err, "copy %.200s", from);
	free(from_key);
	free(to_key);
	return ok;
}

static void add_url(const struct storage_config *config, const char *path,
		    struct strbuf *out)
{
	strbuf_addf(out, "s3://%s/", config->s3_bucket);
	if (config->s3_prefix)
		strbuf_addf(out, "%s/", config->s3_prefix);
	strbuf_adds(out, path);
}

const struct storage_ops storage_s3 = {
	.name = "s3",
	.open = open_bucket,
	.prepare = prepare_bucket,
	.put = put_path,
	.get = get_path,
	.digest = digest_path,
	.list = list_path,
	.remove = remove_path,
	.copy = copy_path,
	.url = add_url,
	.close = close_bucket,
};
