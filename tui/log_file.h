/* SPDX-License-Identifier: MIT */
/*
 * A log file as lines at byte offsets, however it grows, shrinks or is
 * replaced.  No index: a line is found from its neighbour by looking for the
 * newline, through a few cached blocks.
 *
 * A line starts at 0, after a newline, and (so that no search for a newline is
 * long) at a multiple of LOG_FILE_SPAN that has no newline in the LOG_FILE_SPAN
 * bytes before it.  That rule looks only backwards and at the bytes nearby, so
 * walking down and walking up find the same lines.
 */
#ifndef TUI_LOG_FILE_H
#define TUI_LOG_FILE_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LOG_FILE_SPAN (1 << 20)
#define LOG_FILE_BLOCK (1 << 16)
#define LOG_FILE_BLOCKS 4
#define LOG_FILE_LINES 128 /* line ends remembered; a power of two */

enum log_file_state { LOG_FILE_MISSING, LOG_FILE_OPEN, LOG_FILE_UNREADABLE };

enum log_file_change {
	LOG_FILE_SAME,
	LOG_FILE_GREW,
	LOG_FILE_RESTARTED, /* another file, a shorter one, or none */
};

struct log_file_line {
	int64_t start, end;
};

struct log_file {
	char *path;
	enum log_file_state state;
	char problem[256]; /* when unreadable */
	int fd;		   /* or -1 */
	dev_t device;
	ino_t inode;
	int64_t size; /* as of the last refresh */
	struct log_file_block {
		int64_t start; /* multiple of LOG_FILE_BLOCK; -1: unused */
		size_t len;
		char *data;
	} blocks[LOG_FILE_BLOCKS];
	/* complete lines, by start and by end; start -1: unused */
	struct log_file_line by_start[LOG_FILE_LINES];
	struct log_file_line by_end[LOG_FILE_LINES];
};

void log_file_init(struct log_file *file, const char *path);
void log_file_release(struct log_file *file);

/* Look at the path: open it when it is there, or again when another file has
 * its name.  Never blocks on what is not a regular file. */
enum log_file_change log_file_refresh(struct log_file *file);

/* The bytes at `at`, as many as lie together; *ret_len 0 at the end. */
const char *log_file_read(struct log_file *file, int64_t at, size_t *ret_len);

/* The end of the line that starts here: where the next one starts, or size. */
int64_t log_file_line_end(struct log_file *file, int64_t start);
/* The start of the line before a line start (or before size); 0 for 0. */
int64_t log_file_line_before(struct log_file *file, int64_t start);

/* The start of the line that has this byte. */
int64_t log_file_line_at(struct log_file *file, int64_t offset);

/* Append what to show of the line [start, end): without newline, at most max
 * bytes.  Longer lines: their beginning, or their end when that is the last
 * part of a progress bar.  *ret_left: bytes at the end not looked at. */
void log_file_add_line(struct log_file *file, int64_t start, int64_t end,
		       size_t max, struct strbuf *out, int64_t *ret_left);

#endif
