/* SPDX-License-Identifier: MIT */
/*
 * The experiment lock: locks/<database>.<experiment>.lock beside the database.
 *
 * An open-file-description lock: the kernel lets go of it when the holder
 * dies, children do not inherit it past exec, it works on NFS, and unlike
 * flock's it can be tested without being taken for a moment, so that a look
 * never makes somebody else's attempt fail.  The file is never removed: the
 * next one to lock it must meet the same inode.
 */
#include "store/store.h"

#include "base/fs.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Two names of one database must lead to one lock. */
static char *lock_path(const char *db_path, const char *experiment_id)
{
	char *real = realpath(db_path, NULL);
	const char *path = real ? real : db_path;
	const char *slash = strrchr(path, '/');
	char *folder = fs_folder(path);
	char *lock = xasprintf("%s/locks/%s.%s.lock", folder,
			       slash ? slash + 1 : path, experiment_id);

	free(folder);
	free(real);
	return lock;
}

static void read_holder(int fd, int *ret_pid, char *ret_host, size_t size)
{
	char text[320] = "";
	char host[256] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	*ret_pid = 0;
	if (n > 0)
		sscanf(text, "%d %255s", ret_pid, host);
	snprintf(ret_host, size, "%s", host);
}

static void own_host(char *ret_host, size_t size)
{
	if (gethostname(ret_host, size) < 0)
		ret_host[0] = '\0';
	ret_host[size - 1] = '\0';
	if (!ret_host[0])
		snprintf(ret_host, size, "localhost");
}

static bool write_holder(int fd)
{
	char host[256];
	char text[320];
	int len;

	own_host(host, sizeof(host));
	len = snprintf(text, sizeof(text), "%d %s\n", (int)getpid(), host);
	return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) == len;
}

static bool check_id(const char *id, struct error *err)
{
	/* it becomes part of a path */
	return experiment_id_is_valid(id) ||
	       error_set(err, ERROR_INVALID,
			 "\"%.40s\" is not an experiment "
			 "id",
			 id);
}

static int refuse(int fd, const char *path, const char *id, struct error *err)
{
	char host[256];
	int pid;

	if (errno != EAGAIN && errno != EACCES) {
		error_set_errno(err, "lock %s", path);
		return -1;
	}
	read_holder(fd, &pid, host, sizeof(host));
	if (pid)
		error_set(err, ERROR_CONFLICT,
			  "experiment %s is run by process %d on %s", id, pid,
			  host);
	else
		error_set(err, ERROR_CONFLICT,
			  "experiment %s is run by another process", id);
	return -1;
}

int store_lock_experiment(const char *db_path, const char *experiment_id,
			  struct error *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char *path = NULL;
	char *folder = NULL;
	int fd = -1;

	if (!check_id(experiment_id, err))
		return -1;
	path = lock_path(db_path, experiment_id);
	folder = fs_folder(path);
	if (!fs_make_folders(folder, err))
		goto out;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		error_set_errno(err, "open %s", path);
		goto out;
	}
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		int ours = fd;

		fd = refuse(ours, path, experiment_id, err);
		close(ours);
	} else if (!write_holder(fd)) {
		error_set_errno(err, "write %s", path);
		close(fd);
		fd = -1;
	}
out:
	free(folder);
	free(path);
	return fd;
}

bool store_experiment_is_live(const char *db_path, const char *experiment_id,
			      int *ret_pid)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char host[256], own[256];
	struct error ignored;
	bool is_live;
	char *path;
	int pid = 0;
	int fd;

	if (ret_pid)
		*ret_pid = 0;
	if (!check_id(experiment_id, &ignored))
		return false;
	path = lock_path(db_path, experiment_id);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	free(path);
	if (fd < 0)
		return false;
	is_live = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	if (is_live && ret_pid) {
		read_holder(fd, &pid, host, sizeof(host));
		own_host(own, sizeof(own));
		*ret_pid = strcmp(host, own) ? 0 : pid;
	}
	close(fd);
	return is_live;
}
