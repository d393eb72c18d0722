/* SPDX-License-Identifier: MIT */
/* Claiming an attempt, once and for ever. */
#include "keeper/claim.h"

#include "keeper/child.h"
#include "keeper/note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The exit file's room on disk is taken at the start, so that a disk that
 * fills up later cannot keep the keeper from saying how it ended. */
#define EXIT_ROOM 1024
#define EXIT_DRAFT "exit.new"

static bool exists(int dir_fd, const char *name)
{
	return faccessat(dir_fd, name, F_OK, 0) == 0;
}

/* Write a whole small file under a temporary name, durably. */
static bool write_draft(int dir_fd, const char *name, const char *text,
			size_t len)
{
	int fd = openat(dir_fd, name,
			O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok;

	if (fd < 0)
		return false;
	ok = pwrite(fd, text, len, 0) == (ssize_t)len &&
	     ftruncate(fd, (off_t)len) == 0;
	fsync(fd);
	close(fd);
	return ok;
}

static bool publish(int dir_fd, const char *draft, const char *name)
{
	if (renameat(dir_fd, draft, dir_fd, name) < 0)
		return false;
	fsync(dir_fd);
	return true;
}

/* What would be taken for this keeper's.  The mark goes last: one that is
 * killed in between leaves it to the next. */
static void forget(int dir_fd)
{
	static const char *const names[] = {"exit", "spool.ndjson",
					    "spool.offset", "keeper.pid"};
	const char *lines = getenv("TRIALDECK_METRICS");

	if (lines)
		unlink(lines);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(dir_fd, names[i], 0);
}

int claim_take(int dir_fd, bool is_again)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char text[64], room[EXIT_ROOM];
	int fd, n;

	fd = openat(dir_fd, "keeper.lock",
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return KEEPER_BROKEN;
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0 &&
	    (errno == EAGAIN || errno == EACCES))
		return KEEPER_HELD;
	/* a file system without locks: keeper.pid alone has to do.
	 * fd stays open, and the lock held, until this process ends */
	if (is_again)
		forget(dir_fd);
	if (exists(dir_fd, "exit") || exists(dir_fd, "keeper.pid"))
		return KEEPER_USED;
	memset(room, ' ', sizeof(room));
	if (!write_draft(dir_fd, EXIT_DRAFT, room, sizeof(room)))
		return KEEPER_BROKEN;
	n = snprintf(text, sizeof(text), "%d %llu\n", (int)getpid(),
		     process_start_time(getpid()));
	if (!write_draft(dir_fd, "keeper.pid.new", text, (size_t)n) ||
	    !publish(dir_fd, "keeper.pid.new", "keeper.pid"))
		return KEEPER_BROKEN;
	return 0;
}

/* Append text as the inside of a JSON string; non-ASCII bytes become '?'. */
static void add_escaped(char *out, size_t size, const char *text)
{
	size_t len = strlen(out);

	for (; *text && len + 3 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			out[len++] = '\\';
		out[len++] = c < 0x20 || c >= 0x7f ? '?' : (char)c;
	}
	out[len] = '\0';
}

bool claim_end(int dir_fd, const struct keeper_end *end)
{
	char text[EXIT_ROOM], error[600] = "";
	size_t len;
	int n;

	add_escaped(error, sizeof(error), end->error);
	n = snprintf(text, sizeof(text),
		     "{\"code\": %d, \"signal\": %d, \"started\": %lld, "
		     "\"ended\": %lld, \"canceled\": %s, \"error\": \"%s\"}",
		     end->code, end->signal, (long long)end->started_ns,
		     (long long)end->ended_ns,
		     end->is_canceled ? "true" : "false", error);
	if (n < 0 || n >= (int)sizeof(text))
		return false;
	/* fill the room that was taken: same blocks, nothing to allocate */
	len = (size_t)n;
	memset(text + len, ' ', sizeof(text) - len);
	text[sizeof(text) - 1] = '\n';
	if (!write_draft(dir_fd, EXIT_DRAFT, text, sizeof(text)) ||
	    !publish(dir_fd, EXIT_DRAFT, "exit")) {
		note("exit: %s", strerror(errno));
		return false;
	}
	return true;
}
