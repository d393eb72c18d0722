/* SPDX-License-Identifier: MIT */
/*
 * Wishes as files: their age is what they say.
 *
 * Ages are measured by the clock of the file system, which may not be ours
 * (NFS): the folder is stamped anew by each look that finds something in it.
 * Only our own file names are looked at; whatever else lies there stays.
 */
#include "store/interest.h"

#include "base/clock.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "watched"
#define NAME_MAX_LENGTH 64
#define LOOK_MAX 1000 /* a folder that somebody filled */

/* It becomes part of a path: letters, digits, '-' and '_' only. */
static bool is_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-_");

	return len && len <= NAME_MAX_LENGTH && !name[len];
}

static int open_folder(const char *experiment_directory)
{
	char *path = xasprintf("%s/" FOLDER, experiment_directory);
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = open(path, flags);

	if (fd < 0 && errno == ENOENT && mkdir(path, 0700) == 0)
		fd = open(path, flags);
	free(path);
	return fd;
}

void interest_declare(const char *experiment_directory, const char *name)
{
	int folder;
	int fd;

	if (!experiment_directory || !is_name(name))
		return;
	folder = open_folder(experiment_directory);
	if (folder < 0)
		return;
	fd = openat(folder, name,
		    O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		    0600);
	if (fd >= 0) {
		futimens(fd, NULL);
		close(fd);
	}
	close(folder);
}

static int64_t modified_ns(const struct stat *st)
{
	return st->st_mtim.tv_sec * NS_PER_S + st->st_mtim.tv_nsec;
}

/* Now, as the file system sees it. */
static int64_t folder_now_ns(int folder)
{
	struct stat st;

	if (futimens(folder, NULL) == 0 && fstat(folder, &st) == 0)
		return modified_ns(&st);
	return clock_wall_ns();
}

/* Is somebody looking?  A file that nobody renews is removed. */
static bool is_fresh(int folder, const char *name, int64_t now_ns)
{
	struct stat st;
	int64_t age_ns;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode))
		return false;
	age_ns = now_ns - modified_ns(&st);
	if (age_ns <= INTEREST_AGE_MS * NS_PER_MS)
		return true;
	unlinkat(folder, name, 0);
	return false;
}

void interest_each(const char *experiment_directory, interest_fn *fn, void *arg)
{
	/* made by us rather than by who looks: that may be somebody else, whose
	 * folder we could not read */
	int folder =
		experiment_directory ? open_folder(experiment_directory) : -1;
	const struct dirent *entry;
	int64_t now_ns = 0;
	DIR *dir;

	if (folder < 0)
		return;
	dir = fdopendir(folder);
	if (!dir) {
		close(folder);
		return;
	}
	for (int i = 0; i < LOOK_MAX && (entry = readdir(dir)); i++) {
		if (!is_name(entry->d_name))
			continue;
		if (!now_ns)
			now_ns = folder_now_ns(folder);
		if (is_fresh(folder, entry->d_name, now_ns))
			fn(entry->d_name, arg);
	}
	closedir(dir);
}
