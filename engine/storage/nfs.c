/* SPDX-License-Identifier: MIT */
/*
 * NFS as a storage, versions 3 and 4, without mounting it and without root.
 *
 * A file is written under a name of its own beside where it belongs (to rename
 * within a folder costs servers least), brought to disk, and then renamed: who
 * sees it under its name sees it whole.  What a server or a session that died
 * leaves goes with the next connection, or when it is an hour old and its
 * folder is listed.
 */
#include "engine/storage/nfs_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/storage/part_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- opening ---------------------------------------------------------------
 */

static bool nfs_open_storage(const struct storage_target *target,
			     struct storage_watch *watch, struct storage **ret,
			     struct error *err)
{
	struct nfs *nfs = xcalloc(1, sizeof(*nfs));

	nfs->base.watch = watch;
	nfs->ahead_ns = INT64_MIN;
	if (!nfs_place_read(target->config->server, &nfs->place, err)) {
		free(nfs);
		return error_prefix(err, "server");
	}
	nfs->path = xstrdup(target->config->path);
	nfs->chunk = xmalloc(NFS_CHUNK_BYTES);
	*ret = &nfs->base;
	return true;
}

static void nfs_close_storage(struct storage *storage)
{
	struct nfs *nfs = nfs_of(storage);

	nfs_disconnect(nfs);
	free(nfs->folders);
	free(nfs->leftover);
	free(nfs->chunk);
	free(nfs->path);
	free(nfs);
}

/* --- writing ---------------------------------------------------------------
 */

static int create_file(struct nfs *nfs, const char *full, unsigned int mode,
		       struct nfsfh **ret)
{
	struct nfs_wait wait = {0};
	int status =
		nfs_await(nfs, &wait,
			  nfs_create_async(nfs->context, full,
					   O_CREAT | O_EXCL | O_WRONLY,
					   (int)mode, nfs_done_handle, &wait));

	*ret = wait.handle;
	return status;
}

/* Of version 3 the handle is ours, of version 4 libnfs's. */
struct target {
	struct nfs_writing writing;
	struct nfsfh *file;
};

/* libnfs's messages of version 4 have 4096 bytes (libnfs 4.0), of which who we
 * are, with 16 groups, and a file's handle, of 128 bytes at most, take up to
 * 328.  So pieces are small, and many are under way at once. */
#define V4_PIECE_BYTES 3584
#define PIECES_MAX 128

/* As much as goes at once; what that is, or -errno. */
static int write_pieces(struct nfs *nfs, struct nfsfh *file, const char *data,
			size_t size, int64_t at)
{
	size_t most = nfs->version == 4 ? V4_PIECE_BYTES : NFS_CHUNK_BYTES;
	struct nfs_piece pieces[PIECES_MAX];
	struct nfs_wait wait = {.pending = 1};
	size_t begun = 0;
	int status = 0;

	for (int i = 0; i < PIECES_MAX && begun < size && status >= 0; i++) {
		size_t len = size - begun < most ? size - begun : most;

		pieces[i] = (struct nfs_piece){&wait, (int)len};
		wait.pending++;
		status = nfs_pwrite_async(
			nfs->context, file, (uint64_t)at + begun, len,
			data + begun, nfs_done_piece, &pieces[i]);
		if (status < 0) {
			wait.pending--;
			wait.status = -EFAULT;
		}
		begun += len;
	}
	wait.is_done = --wait.pending == 0;
	status = nfs_await(nfs, &wait, 0);
	return status < 0 ? status : (int)begun;
}

static int write_chunk(struct nfs *nfs, struct target *target, const char *data,
		       size_t size, int64_t at, bool is_whole)
{
	while (size) {
		int n = target->file
				? write_pieces(nfs, target->file, data, size,
					       at)
				: nfs_handle_write(nfs, &target->writing, data,
						   size, at, is_whole);

		if (n < 0)
			return n;
		data += n;
		size -= (size_t)n;
		at += n;
		atomic_fetch_add(&nfs->base.watch->bytes, n);
	}
	return 0;
}

/* -ENODATA: the source became shorter. */
static int fill(struct nfs *nfs, struct target *target,
		const struct storage_source *source)
{
	int64_t at = 0;
	int status = 0;

	while (status >= 0 && at < source->size) {
		size_t want = source->size - at > NFS_CHUNK_BYTES
				      ? NFS_CHUNK_BYTES
				      : (size_t)(source->size - at);
		const char *data = (const char *)source->data + at;
		ssize_t n = (ssize_t)want;

		if (source->fd >= 0) {
			n = pread(source->fd, nfs->chunk, want, at);
			data = nfs->chunk;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -ENODATA;
		status = write_chunk(nfs, target, data, (size_t)n, at,
				     n == source->size);
		at += n;
	}
	return status;
}

static int close_file(struct nfs *nfs, struct nfsfh *file)
{
	struct nfs_wait sync = {0};
	int status =
		nfs_await(nfs, &sync,
			  nfs_fsync_async(nfs->context, file, nfs_done, &sync));

	nfs_drop_file(nfs, file);
	return status;
}

static int write_file(struct nfs *nfs, const char *path,
		      const struct storage_source *source)
{
	unsigned int mode = source->mode ? source->mode & 0777 : 0644;
	struct target target = {0};
	struct nfs_wait wait = {0};
	char *full = nfs_full(path);
	int status = -ENOTDIR;

	if (nfs->root.len)
		status = nfs_handle_create(nfs, path, mode | 0200,
					   &target.writing.handle);
	/* what is no folder may be a link to one, which libnfs follows */
	if (status == -ENOTDIR)
		status = create_file(nfs, full, mode | 0200, &target.file);
	if (status >= 0) {
		status = fill(nfs, &target, source);
		if (status < 0)
			nfs_drop_file(nfs, target.file);
		else if (target.file)
			status = close_file(nfs, target.file);
		else
			status = nfs_handle_commit(nfs, &target.writing);
	}
	if (status >= 0 && !(mode & 0200))
		status = nfs_await(nfs, &wait,
				   nfs_chmod_async(nfs->context, full,
						   (int)mode, nfs_done, &wait));
	free(full);
	return status;
}

/* Whose folders were made. */
static int write_part(struct nfs *nfs, const char *part, const char *path,
		      const struct storage_source *source)
{
	int status = -ENOENT;

	/* folders that we knew may have gone meanwhile */
	for (int tries = 0; status == -ENOENT && tries < 2; tries++) {
		if (tries)
			nfs_forget_folders(nfs);
		status = nfs_make_parents(nfs, path);
		if (status >= 0)
			status = write_file(nfs, part, source);
	}
	return status;
}

static int rename_part(struct nfs *nfs, const char *part, const char *path)
{
	int status =
		nfs->root.len ? nfs_handle_rename(nfs, part, path) : -ENOTDIR;
	struct nfs_wait wait = {0};
	char *from, *to;

	if (status != -ENOTDIR)
		return status;
	from = nfs_full(part);
	to = nfs_full(path);
	status = nfs_await(
		nfs, &wait,
		nfs_rename_async(nfs->context, from, to, nfs_done, &wait));
	free(from);
	free(to);
	return status;
}

/* Once more without asking whether we may: it is ours to remove. */
static void clean_up(struct nfs *nfs, const char *part)
{
	char *full = nfs_full(part);

	if (nfs->context && !nfs->is_broken)
		nfs_remove_file(nfs, full);
	if (!nfs->context || nfs->is_broken) {
		free(nfs->leftover);
		nfs->leftover = full;
		return;
	}
	free(full);
}

/* Beside path.  Caller frees. */
static char *part_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = storage_part_name(), *part;

	part = xasprintf("%.*s%s", slash ? (int)(slash + 1 - path) : 0, path,
			 name);
	free(name);
	return part;
}

static bool nfs_put(struct storage *storage, const char *path,
		    const struct storage_source *source, struct error *err)
{
	struct nfs *nfs = nfs_of(storage);
	char *part;
	bool is_made;
	int status;

	if (!nfs_connect(nfs, err))
		return false;
	part = part_of(path);
	status = write_part(nfs, part, path, source);
	is_made = status >= 0 ||
		  (status != -EACCES && status != -EPERM && status != -ENOTDIR);
	if (status >= 0)
		status = rename_part(nfs, part, path);
	if (status == -ENODATA)
		error_set(err, ERROR_UNAVAILABLE,
			  "%.200s: became shorter while it was read", path);
	else if (status < 0)
		nfs_fail(nfs, status, "write", path, err);
	if (status < 0 && is_made)
		clean_up(nfs, part);
	free(part);
	return status >= 0;
}

/* --- is it there, and ours? ------------------------------------------------
 */

static bool nfs_prepare(struct storage *storage, struct error *err)
{
	static const struct storage_source probe = {
		.fd = -1, .data = "trialdeck\n", .size = 10, .mode = 0600};
	struct nfs *nfs = nfs_of(storage);
	struct nfs_stat_64 st;
	char *name, *full;
	int status;

	if (!nfs_connect(nfs, err))
		return false;
	name = storage_part_name();
	full = nfs_full(name);
	status = write_file(nfs, name, &probe);
	if (status >= 0)
		status = nfs_stat_link(nfs, full, &st);
	if (status >= 0)
		status = nfs_remove_file(nfs, full);
	if (status < 0)
		nfs_fail(nfs, status, "write", "", err);
	if (status < 0 && status != -EACCES && status != -EPERM)
		clean_up(nfs, name);
	if (status >= 0) {
		nfs->ahead_ns =
			(int64_t)st.nfs_mtime * NS_PER_S - clock_wall_ns();
		nfs_sweep(nfs);
	}
	free(full);
	free(name);
	return status >= 0;
}

/* --- reading ---------------------------------------------------------------
 */

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool read_rest(struct nfs *nfs, struct nfsfh *file, const char *path,
		      int fd, int64_t at, struct error *err)
{
	size_t most = (size_t)nfs_get_readmax(nfs->context);

	if (!most || most > NFS_CHUNK_BYTES)
		most = NFS_CHUNK_BYTES;
	for (;;) {
		struct nfs_wait wait = {.into = nfs->chunk};
		int n = nfs_await(nfs, &wait,
				  nfs_pread_async(nfs->context, file,
						  (uint64_t)at, most,
						  nfs_done_read, &wait));

		if (n < 0)
			return nfs_fail(nfs, n, "read", path, err);
		if (!n)
			return true;
		if (!write_all(fd, nfs->chunk, (size_t)n))
			return error_set_errno(err, "keep %.200s", path);
		at += n;
		atomic_fetch_add(&nfs->base.watch->bytes, n);
	}
}

static bool nfs_get(struct storage *storage, const char *path, int fd,
		    int64_t offset, struct error *err)
{
	struct nfs *nfs = nfs_of(storage);
	struct nfs_wait wait = {0};
	struct nfs_stat_64 st;
	bool ok = false;
	char *full;
	int status;

	if (!nfs_connect(nfs, err))
		return false;
	full = nfs_full(path);
	status = nfs_stat_link(nfs, full, &st);
	if (status >= 0 && !S_ISREG(st.nfs_mode))
		status = S_ISDIR(st.nfs_mode) ? -EISDIR : -ENOENT;
	if (status >= 0)
		status = nfs_await(nfs, &wait,
				   nfs_open_async(nfs->context, full, O_RDONLY,
						  nfs_done_handle, &wait));
	if (status < 0) {
		nfs_fail(nfs, status, "read", path, err);
	} else {
		ok = read_rest(nfs, wait.handle, path, fd, offset, err);
		nfs_drop_file(nfs, wait.handle);
	}
	free(full);
	return ok;
}

/* --- for people and pods ---------------------------------------------------
 */

static int host_len(const struct storage_config *config)
{
	return (int)strcspn(config->server, "?");
}

static void nfs_url(const struct storage_config *config, const char *path,
		    struct strbuf *out)
{
	strbuf_addf(out, "nfs://%.*s:%s/%s", host_len(config), config->server,
		    config->path, path);
}

static cJSON *nfs_volume(const struct storage_config *config,
			 const char *secret)
{
	cJSON *volume = cJSON_CreateObject();
	cJSON *source = cJSON_AddObjectToObject(volume, "nfs");
	char *host = xstrndup(config->server, (size_t)host_len(config));

	(void)secret;
	cJSON_AddStringToObject(source, "server", host);
	cJSON_AddStringToObject(source, "path", config->path);
	free(host);
	return volume;
}

const struct storage_ops storage_nfs = {
	.name = "nfs",
	.open = nfs_open_storage,
	.prepare = nfs_prepare,
	.put = nfs_put,
	.get = nfs_get,
	.list = nfs_list_folder,
	.remove = nfs_remove_path,
	.url = nfs_url,
	.volume = nfs_volume,
	.close = nfs_close_storage,
};
