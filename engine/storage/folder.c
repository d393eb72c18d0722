/* SPDX-License-Identifier: MIT */
/*
 * A folder of this machine: where a volume is mounted here as well
 * (localPath), and where outputs lie that came without a volume.
 *
 * Everything goes from the root's descriptor down, part by part, and no link is
 * followed: what a trial has put there leads nowhere else.  A file appears
 * under its name when it is whole.
 */
#include "engine/storage/folder.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "engine/storage/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES (256 << 10)

bool folder_fail(const struct folder *folder, const char *path,
		 const char *what, struct error *err)
{
	bool is_full = errno == ENOSPC || errno == EDQUOT;

	error_set_errno(err, "%s %s%s%.200s", what, folder->path,
			*path ? "/" : "", path);
	if (is_full)
		err->code = ERROR_LIMIT;
	return false;
}

/* ---- the root ----------------------------------------------------------- */

static bool open_root(struct folder *folder)
{
	if (folder->fd < 0)
		folder->fd =
			open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder->fd >= 0;
}

static bool folder_open(const struct storage_target *target,
			struct storage_watch *watch, struct storage **ret,
			struct error *err)
{
	const struct storage_config *config = target->config;
	struct folder *folder = xcalloc(1, sizeof(*folder));

	(void)err;
	folder->base.watch = watch;
	folder->path = xstrdup(config->local_path);
	folder->fd = -1;
	open_root(folder);
	*ret = &folder->base;
	return true;
}

static void folder_close(struct storage *storage)
{
	struct folder *folder = folder_of(storage);

	if (folder->fd >= 0)
		close(folder->fd);
	free(folder->path);
	free(folder);
}

static bool folder_prepare(struct storage *storage, struct error *err)
{
	struct folder *folder = folder_of(storage);
	char name[64];
	int fd;

	if (!open_root(folder) && errno == ENOENT &&
	    (!fs_make_folders(folder->path, err) || !open_root(folder)))
		return false;
	if (folder->fd < 0)
		return folder_fail(folder, "", "open", err);
	snprintf(name, sizeof(name), DRAFT "test-%d", (int)getpid());
	fd = openat(folder->fd, name,
		    O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return folder_fail(folder, "", "write into", err);
	close(fd);
	unlinkat(folder->fd, name, 0);
	return true;
}

/* ---- walking down ------------------------------------------------------- */

int folder_parent(struct folder *folder, const char *path, bool is_made,
		  const char **ret_name)
{
	char part[NAME_MAX + 1];
	int fd, next;

	if (!open_root(folder))
		return -1;
	fd = fcntl(folder->fd, F_DUPFD_CLOEXEC, 3);
	while (fd >= 0 && strchr(path, '/')) {
		size_t len = strcspn(path, "/");

		if (len > NAME_MAX) {
			close(fd);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(part, path, len);
		part[len] = '\0';
		if (is_made && mkdirat(fd, part, 0777) < 0 && errno != EEXIST) {
			next = -1;
		} else {
			next = openat(fd, part,
				      O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
					      O_CLOEXEC);
		}
		if (next < 0) {
			int failure = errno;

			close(fd);
			errno = failure;
			return -1;
		}
		close(fd);
		fd = next;
		path += len + 1;
	}
	*ret_name = path;
	return fd;
}

int folder_descend(struct folder *folder, const char *path)
{
	const char *name;
	int parent, fd;

	if (!*path) /* with a place to read at of its own */
		return open_root(folder)
			       ? openat(folder->fd, ".",
					O_RDONLY | O_DIRECTORY | O_CLOEXEC)
			       : -1;
	parent = folder_parent(folder, path, false, &name);
	if (parent < 0)
		return -1;
	fd = openat(parent, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	close(parent);
	return fd;
}

/* ---- files -------------------------------------------------------------- */

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

/* From where `from` stands, or from offset when it is not -1.  size -1: to its
 * end. */
static bool copy_bytes(struct folder *folder, const char *path, int from,
		       int64_t offset, int to, int64_t size, struct error *err)
{
	char *chunk = xmalloc(CHUNK_BYTES);
	int64_t left = size;
	bool ok = true;

	while (ok && left) {
		size_t want = left < 0 || left > CHUNK_BYTES ? CHUNK_BYTES
							     : (size_t)left;
		ssize_t n = pread(from, chunk, want, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ok = folder_fail(folder, path, "read", err);
		else if (!n)
			break;
		else if (!write_all(to, chunk, (size_t)n))
			ok = folder_fail(folder, path, "write", err);
		else
			ok = storage_may_go_on(&folder->base, err);
		if (!ok)
			break;
		offset += n;
		left -= left < 0 ? 0 : n;
		atomic_fetch_add(&folder->base.watch->bytes, n);
	}
	if (ok && left > 0)
		ok = error_set(err, ERROR_UNAVAILABLE,
			       "%.200s: became shorter while it was read",
			       path);
	free(chunk);
	return ok;
}

static bool fill(struct folder *folder, const char *path,
		 const struct storage_source *source, int fd, struct error *err)
{
	if (source->fd >= 0)
		return copy_bytes(folder, path, source->fd, 0, fd, source->size,
				  err);
	if (!write_all(fd, source->data, (size_t)source->size))
		return folder_fail(folder, path, "write", err);
	atomic_fetch_add(&folder->base.watch->bytes, source->size);
	return true;
}

static bool folder_put(struct storage *storage, const char *path,
		       const struct storage_source *source, struct error *err)
{
	struct folder *folder = folder_of(storage);
	char draft[64], secret[17];
	const char *name;
	int parent, fd;
	bool ok;

	parent = folder_parent(folder, path, true, &name);
	if (parent < 0)
		return folder_fail(folder, path, "make the folder of", err);
	random_secret_hex(secret, sizeof(secret) - 1);
	snprintf(draft, sizeof(draft), DRAFT "%s", secret);
	fd = openat(parent, draft,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	ok = fd >= 0 || folder_fail(folder, path, "create", err);
	if (ok) {
		ok = fill(folder, path, source, fd, err);
		if (ok && fchmod(fd, source->mode ? source->mode & 0777 : 0644))
			ok = folder_fail(folder, path, "set the mode of", err);
		if (close(fd) < 0 && ok)
			ok = folder_fail(folder, path, "write", err);
		if (ok && renameat(parent, draft, parent, name) < 0)
			ok = folder_fail(folder, path, "write", err);
		if (!ok)
			unlinkat(parent, draft, 0);
	}
	close(parent);
	return ok;
}

static int open_file(struct folder *folder, const char *path)
{
	const char *name;
	int parent = folder_parent(folder, path, false, &name);
	struct stat st;
	int fd;

	if (parent < 0)
		return -1;
	fd = openat(parent, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close(parent);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

static bool folder_get(struct storage *storage, const char *path, int fd,
		       int64_t offset, struct error *err)
{
	struct folder *folder = folder_of(storage);
	int from = open_file(folder, path);
	bool ok;

	if (from < 0)
		return folder_fail(folder, path, "open", err);
	ok = copy_bytes(folder, path, from, offset, fd, -1, err);
	close(from);
	return ok;
}

static bool folder_digest(struct storage *storage, const char *path,
			  struct storage_digest *ret, struct error *err)
{
	struct folder *folder = folder_of(storage);
	int fd = open_file(folder, path);

	if (fd < 0)
		return folder_fail(folder, path, "open", err);
	if (storage_digest_marked(fd, ret->hex))
		ret->kind = STORAGE_SHA256;
	close(fd);
	return true;
}

static bool folder_copy(struct storage *storage, const char *from,
			const char *to, struct error *err)
{
	struct folder *folder = folder_of(storage);
	struct storage_source source = {.fd = open_file(folder, from)};
	struct stat st;
	bool ok;

	if (source.fd < 0 || fstat(source.fd, &st) < 0)
		return folder_fail(folder, from, "open", err);
	source.size = st.st_size;
	source.mode = st.st_mode & 0777;
	ok = folder_put(storage, to, &source, err);
	close(source.fd);
	return ok;
}

static void folder_url(const struct storage_config *config, const char *path,
		       struct strbuf *out)
{
	strbuf_addf(out, "file://localhost:%s/%s", config->local_path, path);
}

const struct storage_ops storage_folder = {
	.name = "folder",
	.open = folder_open,
	.prepare = folder_prepare,
	.put = folder_put,
	.get = folder_get,
	.digest = folder_digest,
	.list = folder_list,
	.remove = folder_remove,
	.copy = folder_copy,
	.url = folder_url,
	.close = folder_close,
};
