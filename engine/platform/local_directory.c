/* SPDX-License-Identifier: MIT */
/*
 * What lies in an attempt's directory, and what it says about the keeper.
 *
 * The lock decides while it can: it is the kernel that gives it up when the
 * keeper dies.  The pid with its start time is the way to watch and signal the
 * keeper, and the answer where the file system knows no locks.
 */
#include "engine/platform/local.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

unsigned long long local_start_time(pid_t pid)
{
	struct strbuf text = STRBUF_INIT;
	unsigned long long start = 0;
	struct error ignored;
	char path[32];
	const char *at;
	char state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fs_read_file(path, 4096, &text, &ignored)) {
		/* the name before the last bracket may hold anything */
		at = strrchr(text.data, ')');
		if (!at ||
		    sscanf(at,
			   ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			   "%*s %*s %*s %*s %*s %*s %*s %llu",
			   &state, &start) != 2 ||
		    state == 'Z' || state == 'X')
			start = 0;
	}
	strbuf_release(&text);
	return start;
}

enum lock { LOCK_FREE, LOCK_HELD, LOCK_UNKNOWN };

static enum lock look_at_lock(const char *directory)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char *path = fs_join(directory, "keeper.lock");
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	enum lock answer = LOCK_FREE;

	free(path);
	if (fd < 0)
		return LOCK_FREE;
	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		answer = LOCK_UNKNOWN;
	else if (lock.l_type != F_UNLCK)
		answer = LOCK_HELD;
	close(fd);
	return answer;
}

static bool exists(const char *directory, const char *name, struct stat *ret)
{
	char *path = fs_join(directory, name);
	bool found = stat(path, ret) == 0;

	free(path);
	return found;
}

/* False when there is no keeper.pid; pid stays 0 when it is nobody here. */
static bool read_pid(const char *directory, struct local_keeper *ret)
{
	struct strbuf text = STRBUF_INIT;
	struct error ignored;
	struct stat st;
	char *path;
	int pid = 0;

	if (!exists(directory, "keeper.pid", &st))
		return false;
	ret->started_ns = st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
	path = fs_join(directory, "keeper.pid");
	if (fs_read_file(path, 256, &text, &ignored) &&
	    sscanf(text.data, "%d %llu", &pid, &ret->start_time) == 2 &&
	    pid > 1 && ret->start_time &&
	    local_start_time(pid) == ret->start_time)
		ret->pid = pid;
	strbuf_release(&text);
	free(path);
	return true;
}

enum local_found local_inspect(const char *directory,
			       struct local_keeper *ret_keeper)
{
	enum lock lock = look_at_lock(directory);
	struct stat st;
	bool was_here;

	*ret_keeper = (struct local_keeper){0};
	was_here = read_pid(directory, ret_keeper);
	if (lock == LOCK_HELD || (lock == LOCK_UNKNOWN && ret_keeper->pid))
		return LOCAL_ALIVE;
	ret_keeper->pid = 0;
	if (exists(directory, "exit", &st))
		return LOCAL_ENDED;
	return was_here ? LOCAL_DIED : LOCAL_NEW;
}

static bool write_text(const char *directory, const char *name,
		       const char *text, struct error *err)
{
	char *path = fs_join(directory, name);
	bool ok = fs_write_file(path, text, strlen(text), err);

	free(path);
	return ok;
}

bool local_prepare(const char *directory, const char *parameter_file,
		   const char *parameters, struct error *err)
{
	return fs_make_folders(directory, err) &&
	       write_text(directory, "parameters.json", parameters, err) &&
	       write_text(directory, "parameter.cfg", parameter_file, err);
}
