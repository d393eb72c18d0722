/* SPDX-License-Identifier: MIT */
/*
 * Printing a log file as it grows: as it is, or on a terminal made safe line
 * by line; all of it, or the lines that begin with a mark, without it.
 */
#ifndef CLI_LOG_READER_H
#define CLI_LOG_READER_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in a line that may begin with the mark. */
enum log_reader_place { LOG_READER_HEAD, LOG_READER_TAKEN, LOG_READER_LEFT };

struct log_grep;

struct log_reader {
	struct log_grep *lines; /* borrowed; NULL: bytes as they come */
	int64_t at;		/* in the file, of what is printed next */
	int fd;			/* or -1 */
	bool is_terminal;
	struct strbuf pending; /* terminal only: a line not yet ended */
	char *mark;	       /* "[worker-1] "; NULL: every line is printed */
	enum log_reader_place place;
	size_t matched; /* HEAD: bytes of the mark */
};

/* part: only its lines are printed, or NULL. */
void log_reader_init(struct log_reader *reader, const char *part);
/* Ends a line that has no end; closes the file. */
void log_reader_release(struct log_reader *reader);
/* Begin with the last `lines` of the lines that are printed. */
bool log_reader_seek_tail(struct log_reader *reader, long lines,
			  struct error *err);
/* Begin with what came from this moment on, unless it begins later anyway.
 * Fails: ERROR_NOT_FOUND: nothing says when its lines came. */
bool log_reader_seek_time(struct log_reader *reader, const char *path,
			  int64_t from_ns, struct error *err);
/* Print up to the present end of the file. */
bool log_reader_drain(struct log_reader *reader, struct error *err);

#endif
