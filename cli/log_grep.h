/* SPDX-License-Identifier: MIT */
/*
 * A log line by line, for what needs whole lines: those that match a pattern,
 * with lines around them, and when each came.  Lines may be of any length: what
 * lies beyond LOG_GREP_MAX bytes goes the way of its beginning.
 */
#ifndef CLI_LOG_GREP_H
#define CLI_LOG_GREP_H

#include "base/strbuf.h"
#include "tui/log_pattern.h"
#include "tui/log_times.h"

#define LOG_GREP_MAX (1u << 20)
#define LOG_GREP_CONTEXT_MAX 100

struct log_grep_options {
	const char *pattern; /* regular expression; NULL: all lines */
	bool is_inverse;
	int context;
	bool has_times; /* put before each line */
};

struct log_grep {
	struct log_grep_options options;
	struct log_pattern pattern;
	struct log_times times;
	bool is_terminal;
	struct strbuf line; /* not yet ended */
	int64_t start;	    /* of it in the log */
	bool is_cut, is_printing;
	struct log_line_kept {
		struct strbuf text; /* with its time */
	} * before;
	int before_count, after;
	bool has_printed, has_gap;
};

/* path: of the log, whose times lie beside it.  Fails: ERROR_INVALID. */
bool log_grep_init(struct log_grep *lines,
		   const struct log_grep_options *options, const char *path,
		   struct error *err);
/* Prints a line that has not ended. */
void log_grep_release(struct log_grep *lines);
/* The bytes that stand at this offset. */
void log_grep_feed(struct log_grep *lines, const char *data, size_t len,
		   int64_t offset);

#endif
