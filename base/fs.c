/* SPDX-License-Identifier: MIT */
/* Files and paths. */
#include "base/fs.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

char *fs_join(const char *folder, const char *path)
{
	size_t len = strlen(folder);

	if (path[0] == '/' || !len)
		return xstrdup(path);
	return xasprintf("%s%s%s", folder, folder[len - 1] == '/' ? "" : "/",
			 path);
}

static const char *home(void)
{
	const char *path = getenv("HOME");
	struct passwd *user;

	if (path && *path)
		return path;
	user = getpwuid(getuid());
	return user && user->pw_dir ? user->pw_dir : "/";
}

char *fs_expand_home(const char *path)
{
	if (path[0] == '~' && (path[1] == '/' || !path[1]))
		return fs_join(home(), path[1] ? path + 2 : "");
	return xstrdup(path);
}

char *fs_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	if (slash == path)
		return xstrdup("/");
	return xstrndup(path, (size_t)(slash - path));
}

/* Most of them are there, so the last is tried first.  On failure path is cut
 * to the one that could not be made. */
static bool make_folder(char *path)
{
	char *slash = strrchr(path, '/');

	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	if (errno != ENOENT || !slash || slash == path)
		return false;
	*slash = '\0';
	if (!make_folder(path))
		return false;
	*slash = '/';
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

bool fs_make_folders(const char *path, struct error *err)
{
	char *copy = xstrdup(path);
	bool ok = make_folder(copy) ||
		  error_set_errno(err, "create folder %s", copy);

	free(copy);
	return ok;
}

bool fs_read_file(const char *path, size_t max, struct strbuf *out,
		  struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t start = out->len;
	bool ok = true;

	if (fd < 0)
		return error_set_errno(err, "open %s", path);
	for (;;) {
		ssize_t n;

		strbuf_reserve(out, 65536);
		n = read(fd, out->data + out->len, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ok = error_set_errno(err, "read %s", path);
		if (n <= 0)
			break;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		if (out->len - start > max) {
			ok = error_set(err, ERROR_LIMIT,
				       "%s is larger than %zu bytes", path,
				       max);
			break;
		}
	}
	close(fd);
	return ok;
}

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

bool fs_write_file(const char *path, const void *data, size_t len,
		   struct error *err)
{
	char *temporary = xasprintf("%s.new.%d", path, (int)getpid());
	int fd =
		open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0;

	if (ok && !write_all(fd, data, len))
		ok = false;
	if (ok && fsync(fd) < 0)
		ok = false;
	if (fd >= 0 && close(fd) < 0)
		ok = false;
	if (ok && rename(temporary, path) < 0)
		ok = false;
	if (!ok) {
		error_set_errno(err, "write %s", path);
		if (fd >= 0)
			unlink(temporary);
	}
	free(temporary);
	return ok;
}

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

bool fs_remove_tree(const char *path, struct error *err)
{
	if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) < 0 &&
	    errno != ENOENT)
		return error_set_errno(err, "remove %s", path);
	return true;
}

const char *fs_network_kind(const char *path)
{
	/* f_type values from the kernel's magic.h and the file systems'
	 * own headers */
	static const struct {
		long magic;
		const char *name;
	} kinds[] = {
		{0x6969, "nfs"},	{0xFF534D42, "cifs"},
		{0xFE534D42, "smb2"},	{0x517B, "smb"},
		{0x0BD00BD0, "lustre"}, {0x00C36400, "ceph"},
		{0x5346414F, "afs"},	{0x47504653, "gpfs"},
		{0x19830326, "beegfs"}, {0x01021997, "9p"},
	};
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if ((unsigned long)fs.f_type == (unsigned long)kinds[i].magic)
			return kinds[i].name;
	return NULL;
}

char *fs_data_home(void)
{
	const char *base = getenv("XDG_DATA_HOME");
	char *path;

	if (base && base[0] == '/')
		return fs_join(base, "trialdeck");
	path = fs_join(home(), ".local/share/trialdeck");
	return path;
}
