/* SPDX-License-Identifier: MIT */
/* Paths inside one folder. */
#include "keeper/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool tree_path_is_sound(const char *path, size_t len)
{
	size_t start = 0;

	if (!len || len > TREE_PATH_MAX || memchr(path, '\0', len))
		return false;
	for (size_t i = 0; i <= len; i++) {
		size_t part = i - start;

		if (i < len && path[i] != '/')
			continue;
		if (!part || part > NAME_MAX ||
		    (part == 1 && path[start] == '.') ||
		    (part == 2 && !memcmp(path + start, "..", 2)))
			return false;
		start = i + 1;
	}
	return true;
}

/* A disk that is full is no fault of the request. */
static bool fail(struct error *err, const char *what, const char *path)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return error_set(err, ERROR_LIMIT, "%s %.200s: %s", what, path,
				 strerror(errno));
	if (errno == ENOTDIR || errno == EISDIR)
		return error_set(err, ERROR_CONFLICT, "%s %.200s: %s", what,
				 path, strerror(errno));
	return error_set_errno(err, "%s %.200s", what, path);
}

static int open_step(int fd, const char *name)
{
	return openat(fd, name,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* One step down; closes fd. */
static int step(int fd, const char *name, bool is_made)
{
	int next = open_step(fd, name), number;

	if (next < 0 && errno == ENOENT && is_made &&
	    (mkdirat(fd, name, 0777) == 0 || errno == EEXIST))
		next = open_step(fd, name);
	number = errno;
	close(fd);
	errno = number;
	return next;
}

/* Walk the first len bytes of a sound path. */
static int walk(int top_fd, const char *path, size_t len, bool is_made,
		struct error *err)
{
	int fd = fcntl(top_fd, F_DUPFD_CLOEXEC, 3);
	char name[NAME_MAX + 1];
	size_t at = 0;

	while (fd >= 0 && at < len) {
		size_t part = strcspn(path + at, "/");

		memcpy(name, path + at, part);
		name[part] = '\0';
		fd = step(fd, name, is_made);
		at += part + 1;
	}
	if (fd < 0)
		fail(err, "open folder", path);
	return fd;
}

static bool check(const char *path, struct error *err)
{
	return tree_path_is_sound(path, strlen(path)) ||
	       error_set(err, ERROR_INVALID,
			 "%.200s: no path inside the folder", path);
}

int tree_open_folder(int top_fd, const char *path, bool is_made,
		     struct error *err)
{
	if (*path && !check(path, err))
		return -1;
	return walk(top_fd, path, strlen(path), is_made, err);
}

int tree_open_parent(int top_fd, const char *path, bool is_made,
		     const char **ret_name, struct error *err)
{
	const char *slash;

	if (!check(path, err))
		return -1;
	slash = strrchr(path, '/');
	*ret_name = slash ? slash + 1 : path;
	return walk(top_fd, path, slash ? (size_t)(slash - path) : 0, is_made,
		    err);
}

int tree_open_file(int top_fd, const char *path, struct stat *ret,
		   struct error *err)
{
	const char *name;
	int folder_fd = tree_open_parent(top_fd, path, false, &name, err);
	int fd;

	if (folder_fd < 0)
		return -1;
	fd = openat(folder_fd, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		fail(err, "open", path);
	close(folder_fd);
	if (fd < 0)
		return -1;
	if (fstat(fd, ret) == 0 && S_ISREG(ret->st_mode))
		return fd;
	error_set(err, ERROR_INVALID, "%.200s: not a file", path);
	close(fd);
	return -1;
}

/* --- all of a folder ---------------------------------------------------- */

struct walk {
	bool is_deep;
	tree_fn *fn;
	void *arg;
	long skipped;
	int depth;
	size_t len;
	char path[TREE_PATH_MAX + 1];
};

static bool walk_folder(struct walk *walk, int fd);

static bool walk_entry(struct walk *walk, int fd, const char *name)
{
	size_t before = walk->len, len = strlen(name);
	struct stat info;
	bool ok = true;

	if (!strncmp(name, TREE_PART_PREFIX, strlen(TREE_PART_PREFIX)))
		return true;
	if (before + len + 1 > TREE_PATH_MAX ||
	    fstatat(fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))) {
		walk->skipped++; /* or it has just gone */
		return true;
	}
	if (before)
		walk->path[walk->len++] = '/';
	memcpy(walk->path + walk->len, name, len + 1);
	walk->len += len;
	errno = 0;
	ok = walk->fn(walk->arg, fd, name, walk->path, &info);
	if (ok && walk->is_deep && S_ISDIR(info.st_mode)) {
		int below =
			walk->depth < TREE_DEPTH_MAX ? open_step(fd, name) : -1;

		if (below >= 0)
			ok = walk_folder(walk, below);
		else
			walk->skipped++;
	}
	walk->len = before;
	walk->path[before] = '\0';
	return ok;
}

static bool walk_folder(struct walk *walk, int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	bool ok = true;
	int number = 0;

	if (!dir) {
		close(fd);
		return false;
	}
	walk->depth++;
	while (ok && (errno = 0, entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		ok = walk_entry(walk, dirfd(dir), entry->d_name);
	}
	number = errno;
	walk->depth--;
	closedir(dir);
	errno = number;
	return ok && !number;
}

bool tree_walk(int folder_fd, bool is_deep, tree_fn *fn, void *arg,
	       long *ret_skipped)
{
	struct walk walk = {.is_deep = is_deep, .fn = fn, .arg = arg};
	bool ok = walk_folder(&walk, folder_fd);

	if (ret_skipped)
		*ret_skipped = walk.skipped;
	return ok;
}

/* --- removing ----------------------------------------------------------- */

static bool remove_below(int folder_fd, const char *name, int depth);

static bool empty_folder(int fd, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	bool ok = true;

	if (!dir) {
		close(fd);
		return false;
	}
	while (ok && (errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			ok = remove_below(dirfd(dir), entry->d_name, depth + 1);
	if (ok)
		ok = errno == 0;
	{
		int number = errno;

		closedir(dir);
		errno = number;
	}
	return ok;
}

static bool remove_below(int folder_fd, const char *name, int depth)
{
	int fd;

	if (unlinkat(folder_fd, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM)
		return false;
	if (depth >= TREE_DEPTH_MAX) {
		errno = ELOOP;
		return false;
	}
	fd = open_step(folder_fd, name);
	if (fd < 0)
		return errno == ENOENT;
	return empty_folder(fd, depth) &&
	       (unlinkat(folder_fd, name, AT_REMOVEDIR) == 0 ||
		errno == ENOENT);
}

bool tree_remove(int top_fd, const char *path, struct error *err)
{
	const char *name;
	struct error why;
	int fd = tree_open_parent(top_fd, path, false, &name, &why);
	bool ok;

	if (fd < 0 && why.code == ERROR_NOT_FOUND)
		return true;
	if (fd < 0) {
		*err = why;
		return false;
	}
	ok = remove_below(fd, name, 0) || fail(err, "remove", path);
	close(fd);
	return ok;
}
