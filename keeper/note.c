/* SPDX-License-Identifier: MIT */
/* The keeper's diary. */
#include "keeper/note.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define NOTES_MAX 2000

static int note_fd = -1;
static atomic_int note_count;

void note_open(int dir_fd)
{
	note_fd = openat(dir_fd, "keeper.log",
			 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
			 0600);
}

void note(const char *format, ...)
{
	char line[512];
	struct timespec now;
	struct tm tm;
	size_t len;
	va_list args;
	int n;

	if (note_fd < 0 || atomic_fetch_add(&note_count, 1) >= NOTES_MAX)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	len = (size_t)snprintf(line, sizeof(line),
			       "%04d-%02d-%02dT%02d:%02d:%02dZ ",
			       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			       tm.tm_hour, tm.tm_min, tm.tm_sec);
	va_start(args, format);
	n = vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	len += (size_t)n < sizeof(line) - len - 1 ? (size_t)n
						  : sizeof(line) - len - 2;
	line[len++] = '\n';
	if (write(note_fd, line, len) < 0)
		return; /* disk full, most likely: nowhere to say it */
}
