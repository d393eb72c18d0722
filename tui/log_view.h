/* SPDX-License-Identifier: MIT */
/*
 * The inside of a log_text: a place in the log, the rows laid out from it, and
 * the walks between places.  Private to tui/log_text, tui/log_view and
 * tui/log_search; others use tui/log_text.h.
 */
#ifndef TUI_LOG_VIEW_H
#define TUI_LOG_VIEW_H

#include "base/strbuf.h"
#include "tui/log_file.h"
#include "tui/log_hits.h"
#include "tui/log_marks.h"
#include "tui/log_pattern.h"
#include "tui/log_text.h"

struct log_filter {
	struct log_pattern pattern; /* no text: everything is shown */
	bool is_inverse;
	int context; /* lines around those that match */
	bool is_behind;
	struct log_hits hits; /* what is shown */
	int64_t before[LOG_CONTEXT_MAX];
	int before_count, after;
};

struct log_save {
	enum log_text_save_state state;
	int fd;
	char *path;
	bool is_all;
	int64_t at, limit;
	struct strbuf pending;
	struct error problem;
};

struct log_place {
	int64_t line; /* offset of its start */
	int row;      /* within the line, wrapped */
};

/* A laid-out row; offsets turn into pointers when the layout is complete. */
struct log_laid_row {
	struct log_row row;
	size_t text_at;
	size_t matches_at;
	int64_t line;
};

struct log_search {
	enum log_text_search state;
	bool is_backward, is_wrapped;
	int64_t at;	/* forward: line to look at; backward: end of it */
	int64_t origin; /* where it began */
	int64_t limit;	/* the file's size then */
};

struct log_text {
	struct log_file file;
	struct log_marks marks;
	bool is_ascii, is_wrapped, is_following;
	bool is_scanning; /* the index of marks is behind */
	int rows, cols, pan;
	struct log_place top;
	int64_t target;	 /* line that was gone to, or -1 */
	int64_t current; /* line that the search stopped at, or -1 */
	struct log_pattern pattern;
	struct log_search search;
	struct log_hits found; /* lines that match the pattern */
	bool is_counting, is_count_stopped;
	struct log_filter filter;
	struct log_save save;
	int64_t anchor; /* where to be once the filter got there; or -1 */

	bool is_laid_out;
	struct log_laid_row *laid;
	size_t laid_count, laid_capacity;
	struct strbuf arena; /* texts of all rows, each with a NUL */
	struct log_match *matches;
	size_t match_count, match_capacity;
	int64_t laid_end; /* of the last line shown */

	struct strbuf raw, clean; /* of one line */
};

/* The lines there are: all, or those of one part.  Where they end; the first
 * one that starts at or after a line start. */
int64_t log_base_limit(const struct log_text *log);
int64_t log_base_seek(struct log_text *log, int64_t at);
/* The lines that are shown: of those the ones the filter lets through.  The
 * first one's start; where they end; the first one that starts at or after a
 * line start, and the last one before it (both stop at the ends). */
int64_t log_view_first(struct log_text *log);
int64_t log_view_limit(const struct log_text *log);
int64_t log_view_seek(struct log_text *log, int64_t at);
int64_t log_view_before(struct log_text *log, int64_t at);
/* Put the text that the line that starts here is shown as into log->clean.
 * Returns where it ends, shown ones and others alike. */
int64_t log_view_load_line(struct log_text *log, int64_t start);
/* Does a line end here that is finished? */
bool log_view_has_newline(struct log_text *log, int64_t end);
/* Rows that the line in log->clean takes; *ret_row_of, if not NULL: the one
 * that has byte `at`. */
int log_view_count_rows(const struct log_text *log, size_t at, int *ret_row_of);

/* Make log->laid what the pane shows, unless it is. */
void log_view_lay_out(struct log_text *log);

/* The place whose row is the pane's top when the file's end is its bottom. */
struct log_place log_view_find_end(struct log_text *log);
/* Rows further; they stop at the beginning and at the end. */
struct log_place log_view_go_up(struct log_text *log, struct log_place place,
				int rows);
struct log_place log_view_go_down(struct log_text *log, struct log_place place,
				  int rows);
int log_place_compare(struct log_place a, struct log_place b);

/* ---- log_filter.c ---- */
bool log_filter_is_on(const struct log_text *log);
/* Look everything through again: the file is another one, or its lines are
 * those of another part. */
void log_filter_reset(struct log_text *log);
void log_count_reset(struct log_text *log);
void log_filter_release(struct log_text *log);
/* Look further, up to a moment (monotonic).  Is there more to do? */
bool log_filter_follow(struct log_text *log, int64_t until_ns);
bool log_count_follow(struct log_text *log, int64_t until_ns);

/* ---- log_save.c ---- */
void log_save_release(struct log_text *log); /* ends one that runs */
bool log_save_carry_on(struct log_text *log, int64_t until_ns);

/* ---- log_search.c ---- */
/* Search one slice further.  Is there more to do? */
bool log_search_carry_on(struct log_text *log, int64_t until_ns);

#endif
