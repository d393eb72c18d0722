/* SPDX-License-Identifier: MIT */
/* Taking turns at the database's one write lock: see turn.h. */
#include "store/turn.h"

#include "base/fs.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 250

int turn_open(const char *db_path)
{
	char *real = realpath(db_path, NULL);
	const char *path = real ? real : db_path;
	const char *slash = strrchr(path, '/');
	char *folder = fs_folder(path);
	char *locks = fs_join(folder, "locks");
	char *turn = xasprintf("%s/%s.turn", locks, slash ? slash + 1 : path);
	struct error ignored;
	int fd = -1;

	if (fs_make_folders(locks, &ignored))
		fd = open(turn, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			  0600);
	free(turn);
	free(locks);
	free(folder);
	free(real);
	return fd;
}

static int set_lock(int fd, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &lock);
}

void turn_take(int fd)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	if (fd < 0)
		return;
	for (int i = 0; i < WAIT_MS && set_lock(fd, F_WRLCK) < 0; i++)
		nanosleep(&pause, NULL);
}

void turn_give(int fd)
{
	if (fd >= 0)
		set_lock(fd, F_UNLCK);
}
