/* SPDX-License-Identifier: MIT */
/*
 * NFS as a storage, versions 3 and 4, without mounting it and without root.
 *
 * A file is written under a name of its own in the root, brought to disk, and
 * then renamed: who sees it under its name sees it whole.  What a server or a
 * session that died leaves goes with the next connection, or an hour
 * later.
 */
#include "engine/storage/nfs_private.h"

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

/* libnfs cuts writes of version 3 to the server's measure and has them all
 * under way at once; for version 4 we do.  Its messages of that version have
 * 4096 bytes (libnfs 4.0), of which who we are, with 16 groups, and a file's
 * handle, of 128 bytes at most, take up to 324. */
#define V4_PIECE_BYTES 3584
#define PIECES_MAX 128

/* As much as goes at once; what that is, or -errno. */
static int write_some(struct nfs *nfs, struct nfsfh *file, const char *data,
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

static int write_chunk(struct nfs *nfs, struct nfsfh *file, const char *data,
		       size_t size, int64_t at)
{
	while (size) {
		int n = write_some(nfs, file, data, size, at);

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
static int fill(struct nfs *nfs, struct nfsfh *file,
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
		status = write_chunk(nfs, file, data, (size_t)n, at);
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

static int write_file(struct nfs *nfs, const char *full,
		      const struct storage_source *source)
{
	unsigned int mode = source->mode ? source->mode & 0777 : 0644;
	struct nfs_wait wait = {0};
	struct nfsfh *file;
	int status = create_file(nfs, full, mode | 0200, &file);

	if (status < 0)
		return status;
	status = fill(nfs, file, source);
	if (status < 0)
		nfs_drop_file(nfs, file);
	else
		status = close_file(nfs, file);
	if (status >= 0 && !(mode & 0200))
		status = nfs_await(nfs, &wait,
				   nfs_chmod_async(nfs->context, full,
						   (int)mode, nfs_done, &wait));
	return status;
}

static int rename_file(struct nfs *nfs, const char *from, const char *path)
{
	char *full = nfs_full(path);
	int status = -ENOENT;

	/* folders that we knew may have gone meanwhile */
	for (int tries = 0; status == -ENOENT && tries < 2; tries++) {
		struct nfs_wait wait = {0};

		if (tries)
			nfs_forget_folders(nfs);
		status = nfs_make_parents(nfs, path);
		if (status >= 0)
			status = nfs_await(nfs, &wait,
					   nfs_rename_async(nfs->context, from,
							    full, nfs_done,
							    &wait));
	}
	free(full);
	return status;
}

/* Once more without asking whether we may: it is ours to remove. */
static void clean_up(struct nfs *nfs, const char *full)
{
	if (nfs->context && !nfs->is_broken)
		nfs_remove_file(nfs, full);
	if (!nfs->context || nfs->is_broken) {
		free(nfs->leftover);
		nfs->leftover = xstrdup(full);
	}
}

static bool nfs_put(struct storage *storage, const char *path,
		    const struct storage_source *source, struct error *err)
{
	struct nfs *nfs = nfs_of(storage);
	char *name, *full;
	bool is_made;
	int status;

	if (!nfs_connect(nfs, err))
		return false;
	name = storage_part_name();
	full = nfs_full(name);
	status = write_file(nfs, full, source);
	is_made = status >= 0 || (status != -EACCES && status != -EPERM);
	if (status >= 0)
		status = rename_file(nfs, full, path);
	if (status == -ENODATA)
		error_set(err, ERROR_UNAVAILABLE,
			  "%.200s: became shorter while it was read", path);
	else if (status < 0)
		nfs_fail(nfs, status, "write", path, err);
	if (status < 0 && is_made)
		clean_up(nfs, full);
	free(full);
	free(name);
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
	status = write_file(nfs, full, &probe);
	if (status >= 0)
		status = nfs_stat_link(nfs, full, &st);
	if (status >= 0)
		status = nfs_remove_file(nfs, full);
	if (status < 0)
		nfs_fail(nfs, status, "write", "", err);
	if (status < 0 && status != -EACCES && status != -EPERM)
		clean_up(nfs, full);
	if (status >= 0)
		nfs_sweep(nfs, st.nfs_mtime);
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
