/* SPDX-License-Identifier: MIT */
/* Folders of an NFS export: making, listing, removing. */
#include "engine/storage/nfs_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/storage/part_name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SWEEP_AGE_S 3600 /* far beyond what a session waits */

/* --- making ----------------------------------------------------------------
 */

void nfs_forget_folders(struct nfs *nfs)
{
	for (size_t i = 0; i < nfs->folder_count; i++)
		free(nfs->folders[i].path);
	nfs->folder_count = 0;
}

/* The latest is the likeliest. */
struct nfs_folder *nfs_known_folder(const struct nfs *nfs, const char *path,
				    size_t len)
{
	for (size_t i = nfs->folder_count; i-- > 0;)
		if (!strncmp(nfs->folders[i].path, path, len) &&
		    !nfs->folders[i].path[len])
			return &nfs->folders[i];
	return NULL;
}

static int make_folder(struct nfs *nfs, const char *path, size_t len)
{
	struct nfs_wait wait = {0};
	char *full = xasprintf("/%.*s", (int)len, path);
	/* pods come with other uids, and have to write into it */
	int status = nfs_await(
		nfs, &wait,
		nfs_mkdir2_async(nfs->context, full, 0777, nfs_done, &wait));

	free(full);
	return status == -EEXIST ? 0 : status;
}

int nfs_make_parents(struct nfs *nfs, const char *path)
{
	const char *slash = path;
	int status = 0;

	while ((slash = strchr(slash, '/'))) {
		size_t len = (size_t)(slash++ - path);

		if (nfs_known_folder(nfs, path, len))
			continue;
		status = make_folder(nfs, path, len);
		if (status < 0)
			return status;
		if (nfs->folder_count == NFS_FOLDERS_MAX)
			nfs_forget_folders(nfs);
		ARRAY_RESERVE(nfs->folders, nfs->folder_count,
			      nfs->folder_capacity);
		nfs->folders[nfs->folder_count++] =
			(struct nfs_folder){.path = xstrndup(path, len)};
	}
	return 0;
}

/* --- listing ---------------------------------------------------------------
 */

struct walk {
	struct nfs *nfs;
	const char *root;
	struct strbuf path; /* below root */
	storage_entry_fn *fn;
	void *arg;
	bool is_deep, is_over;
	struct error *err;
};

static int open_folder(struct nfs *nfs, const char *full, struct nfsdir **ret)
{
	struct nfs_wait wait = {0};
	int status = nfs_await(
		nfs, &wait,
		nfs_opendir_async(nfs->context, full, nfs_done_handle, &wait));

	*ret = wait.handle;
	return status;
}

/* Taken out of libnfs, which may lose its connection while we go on. */
struct names {
	struct nfsdirent *items; /* names are ours */
	size_t count, capacity;
};

static bool is_entry(const struct nfsdirent *entry)
{
	return strcmp(entry->name, ".") && strcmp(entry->name, "..") &&
	       *entry->name && !strchr(entry->name, '/');
}

static int read_names(struct nfs *nfs, const char *full, struct names *ret)
{
	const struct nfsdirent *entry;
	struct nfsdir *folder;
	int status = open_folder(nfs, full, &folder);

	if (status < 0)
		return status;
	while ((entry = nfs_readdir(nfs->context, folder))) {
		if (!is_entry(entry))
			continue;
		ARRAY_RESERVE(ret->items, ret->count, ret->capacity);
		ret->items[ret->count] = *entry;
		ret->items[ret->count++].name = xstrdup(entry->name);
	}
	nfs_closedir(nfs->context, folder);
	return 0;
}

static void release_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i].name);
	free(names->items);
}

static char *walk_full(const struct walk *walk)
{
	return xasprintf("/%s%s%s", walk->root,
			 *walk->root && walk->path.len ? "/" : "",
			 walk->path.len ? walk->path.data : "");
}

/* What a session left that died.  Takes the folder. */
static void sweep_entry(struct nfs *nfs, char *folder,
			const struct nfsdirent *item)
{
	int64_t now_ns = clock_wall_ns() + nfs->ahead_ns;
	char *full = xasprintf("%s/%s", folder, item->name);

	if (nfs->ahead_ns != INT64_MIN && S_ISREG(item->mode) &&
	    item->mtime.tv_sec + SWEEP_AGE_S < now_ns / NS_PER_S &&
	    nfs->context && !nfs->is_broken)
		nfs_remove_file(nfs, full);
	free(full);
	free(folder);
}

static bool walk_folder(struct walk *walk, int depth);

static bool walk_entry(struct walk *walk, const struct nfsdirent *item,
		       int depth)
{
	size_t len = walk->path.len;
	struct storage_entry entry = {
		.is_folder = S_ISDIR(item->mode),
		.size = S_ISREG(item->mode) ? (int64_t)item->size : 0,
		.modified_ns = item->mtime.tv_sec * NS_PER_S + item->mtime_nsec,
	};
	bool ok = true;

	if (!S_ISREG(item->mode) && !entry.is_folder)
		return true;
	if (storage_is_part_name(item->name)) {
		sweep_entry(walk->nfs, walk_full(walk), item);
		return true;
	}
	strbuf_addf(&walk->path, "%s%s", len ? "/" : "", item->name);
	entry.path = walk->path.data;
	if (!walk->fn(&entry, walk->arg))
		walk->is_over = true;
	else if (entry.is_folder && walk->is_deep && depth < NFS_DEPTH_MAX)
		ok = walk_folder(walk, depth + 1);
	strbuf_truncate(&walk->path, len);
	return ok;
}

static bool walk_folder(struct walk *walk, int depth)
{
	struct names names = {0};
	char *full = walk_full(walk);
	int status = read_names(walk->nfs, full, &names);
	bool ok = true;

	if (status == -ENOENT && depth)
		status = 0; /* gone meanwhile */
	if (status < 0)
		ok = nfs_fail(walk->nfs, status, "list", full + 1, walk->err);
	for (size_t i = 0; ok && !walk->is_over && i < names.count; i++)
		ok = walk_entry(walk, &names.items[i], depth);
	release_names(&names);
	free(full);
	return ok;
}

bool nfs_list_folder(struct storage *storage, const char *path, bool is_deep,
		     storage_entry_fn *fn, void *arg, struct error *err)
{
	struct walk walk = {
		.nfs = nfs_of(storage),
		.root = path,
		.path = STRBUF_INIT,
		.fn = fn,
		.arg = arg,
		.is_deep = is_deep,
		.err = err,
	};
	bool ok = nfs_connect(walk.nfs, err) && walk_folder(&walk, 0);

	strbuf_release(&walk.path);
	return ok;
}

/* --- removing --------------------------------------------------------------
 */

static int remove_full(struct nfs *nfs, const char *full, bool is_folder,
		       int depth);

static int remove_all_in(struct nfs *nfs, const char *full, int depth)
{
	struct names names = {0};
	int status = read_names(nfs, full, &names);

	for (size_t i = 0; status >= 0 && i < names.count; i++) {
		char *below = xasprintf("%s/%s", full, names.items[i].name);

		status = remove_full(nfs, below, S_ISDIR(names.items[i].mode),
				     depth + 1);
		free(below);
	}
	release_names(&names);
	return status;
}

static int remove_full(struct nfs *nfs, const char *full, bool is_folder,
		       int depth)
{
	int status;

	if (!is_folder) {
		status = nfs_remove_file(nfs, full);
	} else if (depth > NFS_DEPTH_MAX) {
		status = -ENAMETOOLONG;
	} else {
		status = remove_all_in(nfs, full, depth);
		if (status >= 0)
			status = nfs_remove_folder(nfs, full);
	}
	return status == -ENOENT ? 0 : status;
}

bool nfs_remove_path(struct storage *storage, const char *path,
		     struct error *err)
{
	struct nfs *nfs = nfs_of(storage);
	struct nfs_stat_64 st;
	char *full;
	int status;

	if (!nfs_connect(nfs, err))
		return false;
	full = nfs_full(path);
	status = nfs_stat_link(nfs, full, &st);
	if (status >= 0)
		status = remove_full(nfs, full, S_ISDIR(st.nfs_mode), 0);
	free(full);
	nfs_forget_folders(nfs);
	return status >= 0 || status == -ENOENT ||
	       nfs_fail(nfs, status, "remove", path, err);
}

void nfs_sweep(struct nfs *nfs)
{
	struct names names = {0};
	int status = read_names(nfs, "/", &names);

	for (size_t i = 0; status >= 0 && i < names.count; i++)
		if (storage_is_part_name(names.items[i].name))
			sweep_entry(nfs, xstrdup(""), &names.items[i]);
	release_names(&names);
}
