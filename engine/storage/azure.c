/* SPDX-License-Identifier: MIT */
/* Azure Files as a storage. */
#include "engine/storage/azure_private.h"

#include "base/mem.h"
#include "engine/storage/part_name.h"

#include <stdlib.h>
#include <string.h>

struct azure_storage {
	struct storage base;
	struct azure *azure;
};

static struct azure *azure_of(struct storage *storage)
{
	return ((struct azure_storage *)(void *)storage)->azure;
}

static bool open_share(const struct storage_target *target,
		       struct storage_watch *watch, struct storage **ret,
		       struct error *err)
{
	const struct azure_options options = {
		.config = target->config,
		.given = target->key,
		.watch = watch,
	};
	struct azure_storage *storage = xcalloc(1, sizeof(*storage));

	if (!azure_open(&options, &storage->azure, err)) {
		free(storage);
		return false;
	}
	*ret = &storage->base;
	return true;
}

static void close_share(struct storage *storage)
{
	azure_close(azure_of(storage));
	free(storage);
}

static bool prepare_share(struct storage *storage, struct error *err)
{
	return azure_prepare(azure_of(storage), err);
}

static bool put_path(struct storage *storage, const char *path,
		     const struct storage_source *source, struct error *err)
{
	const struct http_source from = {
		.data = source->fd < 0 ? source->data : NULL,
		.fd = source->fd,
		.size = source->size,
	};

	return azure_put_file(azure_of(storage), path, &from, err) ||
	       error_prefix(err, "put %.200s", path);
}

static bool get_path(struct storage *storage, const char *path, int fd,
		     int64_t offset, struct error *err)
{
	return azure_get_file(azure_of(storage), path, fd, offset, err) ||
	       error_prefix(err, "get %.200s", path);
}

static bool digest_path(struct storage *storage, const char *path,
			struct storage_digest *ret, struct error *err)
{
	return azure_digest_file(azure_of(storage), path, ret, err) ||
	       error_prefix(err, "look at %.200s", path);
}

/* ---- lists --------------------------------------------------------------- */

struct listing {
	storage_entry_fn *fn;
	void *arg;
	size_t prefix_len;
	bool is_stopped;
};

static bool on_entry(const char *path, const struct azure_entry *entry,
		     void *arg, struct error *err)
{
	struct listing *listing = arg;
	const struct storage_entry shown = {
		.path = path + listing->prefix_len,
		.size = entry->size,
		.modified_ns = entry->modified_ns,
		.is_folder = entry->is_folder,
	};

	(void)err; /* who stops has seen enough */
	if (!storage_is_part_name(path))
		listing->is_stopped = !listing->fn(&shown, listing->arg);
	return !listing->is_stopped;
}

static bool list_path(struct storage *storage, const char *path, bool is_deep,
		      storage_entry_fn *fn, void *arg, struct error *err)
{
	struct listing listing = {
		.fn = fn,
		.arg = arg,
		.prefix_len = *path ? strlen(path) + 1 : 0,
	};

	return azure_list_tree(azure_of(storage), path, is_deep, on_entry,
			       &listing, err) ||
	       listing.is_stopped ||
	       error_prefix(err, "list %.200s", *path ? path : "it");
}

/* ---- the rest ------------------------------------------------------------ */

static bool remove_path(struct storage *storage, const char *path,
			struct error *err)
{
	return azure_remove_tree(azure_of(storage), path, err) ||
	       error_prefix(err, "remove %.200s", path);
}

static bool copy_path(struct storage *storage, const char *from, const char *to,
		      struct error *err)
{
	return azure_copy_file(azure_of(storage), from, to, err) ||
	       error_prefix(err, "copy %.200s", from);
}

static void add_url(const struct storage_config *config, const char *path,
		    struct strbuf *out)
{
	if (config->azure_endpoint)
		strbuf_adds(out, config->azure_endpoint);
	else
		strbuf_addf(out, "https://%s.file.core.windows.net",
			    config->azure_account);
	while (out->len && out->data[out->len - 1] == '/')
		strbuf_truncate(out, out->len - 1);
	strbuf_addf(out, "/%s/%s", config->azure_share, path);
}

static cJSON *make_volume(const struct storage_config *config,
			  const char *secret)
{
	cJSON *volume = cJSON_CreateObject();
	cJSON *source = cJSON_AddObjectToObject(volume, "azureFile");

	cJSON_AddStringToObject(source, "secretName", secret);
	cJSON_AddStringToObject(source, "shareName", config->azure_share);
	return volume;
}

const struct storage_ops storage_azure = {
	.name = "azureStorage",
	.open = open_share,
	.prepare = prepare_share,
	.put = put_path,
	.get = get_path,
	.digest = digest_path,
	.list = list_path,
	.remove = remove_path,
	.copy = copy_path,
	.url = add_url,
	.volume = make_volume,
	.close = close_share,
};
