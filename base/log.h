/* SPDX-License-Identifier: MIT */
/*
 * The program's own log: a bounded file, one line an entry, never the screen.
 * Library code does not log; the one place that stops an error does.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR
};

/* Open (append) the log file and rotate it once when over 8 MiB.  NULL path or
 * a file that cannot be opened: lines go nowhere.  Thread: main, at start. */
void log_open(const char *path, enum log_level least);
void log_close(void);
/* Thread: any. */
void log_line(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Path of the open log, or NULL. */
const char *log_path(void);

#endif
