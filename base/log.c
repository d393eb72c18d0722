/* SPDX-License-Identifier: MIT */
/* A levelled log file behind one mutex. */
#include "base/log.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MAX_BYTES (8 * 1024 * 1024)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static enum log_level least_level;
static char *open_path;
static int fd = -1;

void log_open(const char *path, enum log_level least)
{
	struct stat st;

	log_close();
	least_level = least;
	if (!path)
		return;
	if (stat(path, &st) == 0 && st.st_size > LOG_MAX_BYTES) {
		char *old = xasprintf("%s.1", path);

		rename(path, old);
		free(old);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0)
		open_path = xstrdup(path);
}

void log_close(void)
{
	if (fd >= 0)
		close(fd);
	fd = -1;
	free(open_path);
	open_path = NULL;
}

void log_line(enum log_level level, const char *format, ...)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	struct strbuf line = STRBUF_INIT;
	char text[1024];
	va_list args;

	if (fd < 0 || level < least_level)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	clock_format_iso(&line, clock_wall_ns());
	strbuf_addf(&line, " %s [%d] ", names[level], (int)getpid());
	utf8_sanitize(&line, text, strlen(text), false);
	strbuf_addch(&line, '\n');
	pthread_mutex_lock(&mutex);
	(void)!write(fd, line.data, line.len);
	pthread_mutex_unlock(&mutex);
	strbuf_release(&line);
}

const char *log_path(void)
{
	return open_path;
}
