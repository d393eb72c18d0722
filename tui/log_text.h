/* SPDX-License-Identifier: MIT */
/*
 * A view into a growing log file: rows of safe text of the width of a pane.
 *
 * It holds no text of the file, only a place in it (the byte where the top line
 * starts) and a few cached blocks, so a log of any size costs the same memory
 * and all of it can be reached; where several parts wrote into it, a thin index
 * besides (tui/log_marks.h).  Everything the file
 * says is hostile: what comes out of log_text_row is printable, measured in
 * columns and bounded, whatever went in.
 *
 * The loop calls log_text_update on its tick (a few times a second while the
 * pane is shown; one stat and one fstat when nothing happened) and once more
 * at once as long as it answers LOG_TEXT_MORE.  There is no descriptor to
 * wait for: inotify says nothing on network file systems, where logs lie.
 *
 * Thread: one at a time.
 */
#ifndef TUI_LOG_TEXT_H
#define TUI_LOG_TEXT_H

#include "base/error.h"

#include <stdint.h>

#define LOG_TEXT_LINE_MAX 16384	    /* bytes of a line that are looked at */
#define LOG_TEXT_SLICE_NS 6000000LL /* one update takes no longer (6 ms) */
#define LOG_CONTEXT_MAX 20

struct log_text;

enum log_text_state {
	LOG_TEXT_MISSING, /* no such file (yet): no rows */
	LOG_TEXT_OPEN,
	LOG_TEXT_UNREADABLE, /* log_text_problem says why: no rows */
};

enum log_text_change {
	LOG_TEXT_SAME,	  /* what is shown is as it was */
	LOG_TEXT_CHANGED, /* draw again */
	LOG_TEXT_MORE,	  /* work goes on: draw if you like, call again */
};

/* Part of a row that the pattern matches. */
struct log_match {
	int col, cols;
	bool is_current; /* in the line that the search stopped at */
};

/* One row of the pane.  Borrowed until the next call on the log_text. */
struct log_row {
	const char *text;  /* safe UTF-8, at most the pane's width */
	int cols;	   /* columns of text */
	int64_t at;	   /* byte of the log that its line starts at */
	bool is_target;	   /* of the line that log_text_go went to */
	bool is_continued; /* a further row of the same (wrapped) line */
	const struct log_match *matches; /* by column */
	int match_count;
};

/* path is copied; nothing is opened before the first update. */
struct log_text *log_text_new(const char *path, bool is_ascii);
void log_text_free(struct log_text *log); /* NULL accepted */
const char *log_text_path(const struct log_text *log);

/* Size of the pane.  Keeps the top line in place (or the bottom one, when
 * following). */
void log_text_set_size(struct log_text *log, int rows, int cols);
/* Long lines go on in the next row (default), or are cut and panned. */
void log_text_set_wrap(struct log_text *log, bool is_wrapped);
bool log_text_is_wrapped(const struct log_text *log);

/* Look at the file: notice that it appeared, grew, shrank or was replaced;
 * carry a search on.  Takes LOG_TEXT_SLICE_NS at most, a slow disk apart. */
enum log_text_change log_text_update(struct log_text *log);
enum log_text_state log_text_state(const struct log_text *log);
/* Why it is unreadable; "" otherwise. */
const char *log_text_problem(const struct log_text *log);
int64_t log_text_size_bytes(const struct log_text *log);
/* How far down the last row shown lies, 0..100; 100 at the end. */
int log_text_percent(struct log_text *log);

/* Rows shown now: at most the pane's, fewer when the log is shorter. */
int log_text_row_count(struct log_text *log);
const struct log_row *log_text_row(struct log_text *log, int row);

/* Following (the default): the end of the file stays in view.  Scrolling up
 * ends it, arriving at the end by scrolling resumes it. */
void log_text_follow(struct log_text *log, bool is_following);
bool log_text_is_following(const struct log_text *log);
void log_text_scroll(struct log_text *log, int rows); /* negative: back */
void log_text_scroll_pages(struct log_text *log, int half_pages);
void log_text_top(struct log_text *log);
void log_text_bottom(struct log_text *log); /* and follow */
/* Show the line that has this byte, or the next one that is shown, at the top
 * or where it stands in a log that fits; its rows say so.  Ends following. */
void log_text_go(struct log_text *log, int64_t offset);
void log_text_pan(struct log_text *log, int cols); /* when not wrapped */

/* Several parts wrote into it, each line behind its mark ("[worker-1] ", see
 * model/part.h).  Off at first. */
void log_text_keep_marks(struct log_text *log, bool are_kept);
/* Show this part's lines alone, without their marks; NULL: all lines.  Place
 * and pattern stay as near as can be. */
void log_text_choose(struct log_text *log, const char *part);
/* Lines are found by an index that follows the file; how far it is, 0..100.
 * Below 100 a chosen part's further lines are yet to appear. */
int log_text_scan_percent(const struct log_text *log);

/* Is the index, a filter, a count or a search behind? */
bool log_text_is_busy(const struct log_text *log);
/* End a search and the counting where they are, or else a filter that is still
 * being applied.  Was there something to end? */
bool log_text_cancel(struct log_text *log);

/* Show the lines alone that match (or, inverse, that do not), and `context`
 * lines around each; patterns as below.  "" or NULL: all lines.  Updates do the
 * work; place and following stay as near as can be. */
bool log_text_set_filter(struct log_text *log, const char *pattern,
			 bool is_regex, bool is_inverse, int context,
			 struct error *err);
const char *log_text_filter(const struct log_text *log); /* "" for none */
bool log_text_filter_is_inverse(const struct log_text *log);
/* How far it is, 0..100. */
int log_text_filter_percent(const struct log_text *log);

/* What to look for and to mark: plain text or a regular expression
 * (tui/log_pattern.h), matched against the text as it is shown.  Case counts
 * only when the pattern has a capital letter.  "" or NULL: nothing.  On failure
 * (ERROR_INVALID) the old pattern stays. */
bool log_text_set_pattern(struct log_text *log, const char *pattern,
			  bool is_regex, struct error *err);
const char *log_text_pattern(const struct log_text *log); /* "" for none */

/* How many of the lines that are shown match; updates count. */
struct log_counts {
	int64_t current; /* which one the search stopped at, from 1; 0: none */
	int64_t total;
	bool is_more;	  /* not all of them have been counted */
	int percent;	  /* of the log that has been looked at */
	int64_t given_up; /* lines too hard for the pattern (or the filter) */
};
struct log_counts log_text_counts(const struct log_text *log);

enum log_text_search {
	LOG_TEXT_SEARCH_IDLE,	 /* none asked for */
	LOG_TEXT_SEARCH_RUNNING, /* updates carry it on */
	LOG_TEXT_SEARCH_FOUND,
	LOG_TEXT_SEARCH_WRAPPED, /* found, past the end or the beginning */
	LOG_TEXT_SEARCH_NONE,	 /* nothing in the whole file */
};

/* Go to the next (or previous) line that matches; log_text_update does the
 * work.  Ends following when something is found. */
void log_text_search(struct log_text *log, bool is_backward);
/* *ret_percent, if not NULL: how much of the file was looked at. */
enum log_text_search log_text_search_state(const struct log_text *log,
					   int *ret_percent);

enum log_text_save_state {
	LOG_TEXT_SAVE_NONE,
	LOG_TEXT_SAVE_RUNNING, /* updates carry it on */
	LOG_TEXT_SAVE_DONE,
	LOG_TEXT_SAVE_FAILED, /* what was written is gone again */
};

/* Write the lines that are shown, as they are shown, or all bytes as they are,
 * to a new file of mode 0600.  Fails: ERROR_CONFLICT when it exists or another
 * one is being written, ERROR_NOT_FOUND, ERROR_SYSTEM. */
bool log_text_save(struct log_text *log, const char *path, bool is_all,
		   struct error *err);
bool log_text_is_saving(const struct log_text *log);
/* Strings are borrowed until the next update. */
enum log_text_save_state log_text_save_state(const struct log_text *log,
					     const char **ret_path,
					     const char **ret_problem,
					     int *ret_percent);
/* Forget how the last one ended. */
void log_text_save_forget(struct log_text *log);

#endif
