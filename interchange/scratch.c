/* SPDX-License-Identifier: MIT */
/* Private folders for copies: the name tells whose they are. */
#include "interchange/scratch.h"

#include "base/fs.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX "trialdeck-open-"
#define PIECE (1 << 18)		/* bytes */
#define ABANDONED_AFTER_S 86400 /* who it is for may not see our processes */

static const char *temporary_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && folder[0] == '/' ? folder : "/tmp";
}

/* Left by a process that was killed? */
static bool is_abandoned(int folder, const char *name)
{
	struct stat st;
	char *end;
	long pid;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	pid = strtol(name + strlen(PREFIX), &end, 10);
	return pid > 0 && *end == '-' &&
	       !fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) &&
	       S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       time(NULL) - st.st_mtime > ABANDONED_AFTER_S &&
	       kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

static void sweep(const char *folder)
{
	struct dirent *entry;
	struct error ignored;
	DIR *dir = opendir(folder);

	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL) {
		char *path;

		if (!is_abandoned(dirfd(dir), entry->d_name))
			continue;
		path = fs_join(folder, entry->d_name);
		fs_remove_tree(path, &ignored);
		free(path);
	}
	closedir(dir);
}

char *scratch_make(struct error *err)
{
	const char *folder = temporary_folder();
	char *path =
		xasprintf("%s/" PREFIX "%ld-XXXXXX", folder, (long)getpid());

	sweep(folder);
	if (mkdtemp(path))
		return path;
	error_set_errno(err,
			"make a folder for a copy in %s (TMPDIR names "
			"another place)",
			folder);
	free(path);
	return NULL;
}

void scratch_remove(char *folder)
{
	struct error ignored;

	if (folder)
		fs_remove_tree(folder, &ignored);
	free(folder);
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		data += done;
		len -= (size_t)done;
	}
	return true;
}

static bool pour(int in, int out)
{
	char *piece = xmalloc(PIECE);
	ssize_t got;
	bool ok = true;

	while (ok && (got = read(in, piece, PIECE)) != 0)
		ok = got < 0 ? errno == EINTR
			     : write_all(out, piece, (size_t)got);
	free(piece);
	return ok;
}

bool scratch_copy(const char *from, const char *suffix, const char *to,
		  struct error *err)
{
	char *source = xasprintf("%s%s", from, suffix);
	char *target = xasprintf("%s%s", to, suffix);
	int in = open(source, O_RDONLY | O_CLOEXEC);
	int out = -1;
	bool ok = true;

	if (in >= 0)
		out = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			   0600);
	else if (errno != ENOENT || !*suffix)
		ok = error_set_errno(err, "%s", source);
	if (in >= 0 && (out < 0 || !pour(in, out)))
		ok = error_set_errno(err, "copy %s to %s", source, target);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	free(source);
	free(target);
	return ok;
}
