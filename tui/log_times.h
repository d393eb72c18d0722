/* SPDX-License-Identifier: MIT */
/*
 * Reading when the lines of a log were written (model/log_time.h).  Nothing of
 * the file is kept in memory: each question is a search in it.
 * Thread: one at a time.
 */
#ifndef TUI_LOG_TIMES_H
#define TUI_LOG_TIMES_H

#include "model/log_time.h"

struct log_times {
	char *path;
	int fd; /* or -1 */
	int64_t count;
};

/* Of the log at this path; nothing is opened before the first refresh. */
void log_times_init(struct log_times *times, const char *log_path);
void log_times_release(struct log_times *times);
/* Look how long it is now.  Are there any times? */
bool log_times_refresh(struct log_times *times);

/* When what stands at this offset came; 0: not known. */
int64_t log_times_at(const struct log_times *times, int64_t offset);
/* Where what came at this moment, or next after it, begins; *ret_at_ns is its
 * time.  After all of them: the last.  -1: there are no times. */
int64_t log_times_find(const struct log_times *times, int64_t at_ns,
		       int64_t *ret_at_ns);
/* The first and the last moment; 0: not known. */
int64_t log_times_first(const struct log_times *times);
int64_t log_times_last(const struct log_times *times);

#endif
