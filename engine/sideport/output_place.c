/* SPDX-License-Identifier: MIT */
/*
 * Names of outputs on disk.
 *
 * The folder is ours alone (mode 0700) and nothing in it is a link, since
 * nothing that comes can be one; it is walked without following any all the
 * same.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "engine/sideport/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64
#define OURS ".trialdeck"

bool output_path_is_sound(const char *path)
{
	const char *part = path;
	int depth = 0;

	if (!*path || strlen(path) > OUTPUT_PATH_MAX ||
	    !strncmp(path, OURS, strlen(OURS)))
		return false;
	for (;;) {
		size_t len = strcspn(part, "/");

		if (!len || len > NAME_MAX || (len == 1 && *part == '.') ||
		    (len == 2 && part[0] == '.' && part[1] == '.') ||
		    ++depth > DEPTH_MAX)
			return false;
		if (!part[len])
			return true;
		part += len + 1;
	}
}

static int open_folder(int fd, const char *name, bool is_made)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int next = openat(fd, name, flags);

	if (next < 0 && errno == ENOENT && is_made &&
	    (mkdirat(fd, name, 0700) == 0 || errno == EEXIST))
		next = openat(fd, name, flags);
	return next;
}

int output_folder_open(const char *top, const struct caller *caller,
		       bool is_made)
{
	char name[64], number[16] = "";
	struct error ignored;
	int fd, folder;

	if (is_made && !fs_make_folders(top, &ignored))
		return -1;
	if (caller->attempt > 1)
		snprintf(number, sizeof(number), "-%d", caller->attempt);
	snprintf(name, sizeof(name), "%s%s", caller->trial_id, number);
	fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	folder = open_folder(fd, name, is_made);
	close(fd);
	return folder;
}

void output_part_name(const char *path, char ret[OUTPUT_PART_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	EVP_Digest(path, strlen(path), digest, &len, EVP_sha256(), NULL);
	for (int i = 0; i < 20; i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

int output_part_open(int folder_fd, const char *part, bool is_made)
{
	int parts_fd = open_folder(folder_fd, OUTPUT_PART_FOLDER, is_made);
	int fd;

	if (parts_fd < 0)
		return -1;
	fd = openat(parts_fd, part,
		    O_RDWR | O_NOFOLLOW | O_CLOEXEC | (is_made ? O_CREAT : 0),
		    0600);
	close(parts_fd);
	return fd;
}

void output_part_remove(int folder_fd, const char *part)
{
	int parts_fd = open_folder(folder_fd, OUTPUT_PART_FOLDER, false);

	if (parts_fd < 0)
		return;
	unlinkat(parts_fd, part, 0);
	close(parts_fd);
	/* the last one; another may be made meanwhile, with its folder */
	unlinkat(folder_fd, OUTPUT_PART_FOLDER, AT_REMOVEDIR);
}

/* The folder that a path's last part, *ret_name, lies in. */
static int open_parent(int folder_fd, const char *path, bool is_made,
		       const char **ret_name)
{
	int fd = fcntl(folder_fd, F_DUPFD_CLOEXEC, 3);
	char name[NAME_MAX + 1];

	for (;;) {
		size_t len = strcspn(path, "/");
		int next;

		*ret_name = path;
		if (fd < 0 || !path[len])
			return fd;
		memcpy(name, path, len);
		name[len] = '\0';
		next = open_folder(fd, name, is_made);
		close(fd);
		fd = next;
		path += len + 1;
	}
}

int output_file_open(int folder_fd, const char *path)
{
	const char *name;
	int parent_fd = open_parent(folder_fd, path, false, &name);
	struct stat info;
	int fd = -1;

	if (parent_fd < 0)
		return -1;
	fd = openat(parent_fd, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close(parent_fd);
	if (fd >= 0 && (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))) {
		close(fd);
		fd = -1;
		errno = EISDIR;
	}
	return fd;
}

bool output_publish(int folder_fd, const char *part, const char *path)
{
	const char *name;
	int parts_fd = open_folder(folder_fd, OUTPUT_PART_FOLDER, false);
	int parent_fd = open_parent(folder_fd, path, true, &name);
	bool ok = parts_fd >= 0 && parent_fd >= 0 &&
		  renameat(parts_fd, part, parent_fd, name) == 0;
	int number = errno;

	if (parts_fd >= 0)
		close(parts_fd);
	if (parent_fd >= 0)
		close(parent_fd);
	unlinkat(folder_fd, OUTPUT_PART_FOLDER, AT_REMOVEDIR);
	errno = number;
	return ok;
}

static void measure(int fd, int depth, int64_t *bytes, int64_t *files)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	struct stat info;

	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;
		int next;

		if (!strcmp(name, ".") || !strcmp(name, "..") ||
		    fstatat(fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISREG(info.st_mode)) {
			*bytes += info.st_size;
			++*files;
		} else if (S_ISDIR(info.st_mode) && depth <= DEPTH_MAX) {
			next = open_folder(fd, name, false);
			if (next >= 0)
				measure(next, depth + 1, bytes, files);
		}
	}
	closedir(dir);
}

void output_measure(int folder_fd, int64_t *ret_bytes, int64_t *ret_files)
{
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret_bytes = *ret_files = 0;
	if (fd >= 0)
		measure(fd, 0, ret_bytes, ret_files);
}

bool output_digest_add(EVP_MD_CTX *context, int fd, int64_t size)
{
	char *data = xmalloc(1 << 17);
	bool ok = true;

	for (int64_t at = 0; ok && at < size;) {
		size_t want =
			size - at < 1 << 17 ? (size_t)(size - at) : 1 << 17;
		ssize_t n = pread(fd, data, want, at);

		if (n < 0 && errno == EINTR)
			continue;
		ok = n > 0 && EVP_DigestUpdate(context, data, (size_t)n) == 1;
		at += n > 0 ? n : 0;
	}
	free(data);
	return ok;
}
