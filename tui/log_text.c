/* SPDX-License-Identifier: MIT */
/* The window on a log: its life, its look at the file, and how it is moved.
 * How rows come about is tui/log_view's. */
#include "tui/log_view.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

struct log_text *log_text_new(const char *path, bool is_ascii)
{
	struct log_text *log = xcalloc(1, sizeof(*log));

	log_file_init(&log->file, path);
	log->is_ascii = is_ascii;
	log->is_wrapped = true;
	log->is_following = true;
	log->rows = 1;
	log->cols = 80;
	log->current = log->anchor = log->target = -1;
	log->found.last = log->filter.hits.last = -1;
	strbuf_init(&log->arena);
	strbuf_init(&log->raw);
	strbuf_init(&log->clean);
	return log;
}

void log_text_free(struct log_text *log)
{
	if (!log)
		return;
	log_file_release(&log->file);
	log_marks_release(&log->marks);
	log_pattern_release(&log->pattern);
	log_filter_release(log);
	log_save_release(log);
	strbuf_release(&log->arena);
	strbuf_release(&log->raw);
	strbuf_release(&log->clean);
	free(log->laid);
	free(log->matches);
	free(log);
}

/* ---- looking at the file ------------------------------------------------- */

/* Is the index behind, with time used up? */
static bool follow_marks(struct log_text *log, int64_t until_ns)
{
	log->is_scanning = log->marks.is_kept &&
			   log_marks_scan(&log->marks, &log->file, until_ns);
	return log->is_scanning;
}

enum log_text_change log_text_update(struct log_text *log)
{
	enum log_text_change change = LOG_TEXT_SAME;
	int percent = log->is_laid_out ? log_text_percent(log) : -1;
	int64_t old_limit = log_view_limit(log);
	int64_t until_ns = clock_mono_ns() + LOG_TEXT_SLICE_NS;
	int64_t had_found = log_hits_total(&log->found);
	bool was_counting = log->is_counting;

	if (log_file_refresh(&log->file) == LOG_FILE_RESTARTED) {
		log_marks_reset(&log->marks);
		log_save_release(log);
		log_filter_reset(log);
		log->top = (struct log_place){0, 0};
		log->current = log->anchor = log->target = -1;
		log->search.state = LOG_TEXT_SEARCH_IDLE;
		log->is_laid_out = false;
		change = LOG_TEXT_CHANGED;
	}
	if (follow_marks(log, until_ns) || log_filter_follow(log, until_ns))
		change = LOG_TEXT_MORE;
	if (log_view_limit(log) != old_limit) {
		if (log->is_following || !log->is_laid_out ||
		    log->laid_end >= old_limit)
			log->is_laid_out = false;
		if (change == LOG_TEXT_SAME &&
		    (!log->is_laid_out || log_text_percent(log) != percent))
			change = LOG_TEXT_CHANGED;
	}
	if (change == LOG_TEXT_MORE)
		return change; /* the rest needs to know where the lines are */
	if (log->search.state == LOG_TEXT_SEARCH_RUNNING) {
		if (!log->search.is_wrapped)
			log->search.limit = log_view_limit(log);
		if (log_search_carry_on(log, until_ns))
			return LOG_TEXT_MORE;
		change = LOG_TEXT_CHANGED;
	}
	if (log_save_carry_on(log, until_ns))
		return LOG_TEXT_MORE;
	if (log_count_follow(log, until_ns))
		return LOG_TEXT_MORE;
	if (was_counting || log_hits_total(&log->found) != had_found)
		change = LOG_TEXT_CHANGED;
	return change;
}

enum log_text_state log_text_state(const struct log_text *log)
{
	switch (log->file.state) {
	case LOG_FILE_OPEN:
		return LOG_TEXT_OPEN;
	case LOG_FILE_UNREADABLE:
		return LOG_TEXT_UNREADABLE;
	case LOG_FILE_MISSING:
		break;
	}
	return LOG_TEXT_MISSING;
}

const char *log_text_problem(const struct log_text *log)
{
	return log->file.problem;
}

const char *log_text_path(const struct log_text *log)
{
	return log->file.path;
}

int64_t log_text_size_bytes(const struct log_text *log)
{
	return log->file.size;
}

int log_text_percent(struct log_text *log)
{
	log_view_lay_out(log);
	if (log->laid_end >= log_view_limit(log))
		return 100;
	return (int)((double)log->laid_end / (double)log_view_limit(log) * 100);
}

int log_text_row_count(struct log_text *log)
{
	log_view_lay_out(log);
	return (int)log->laid_count;
}

const struct log_row *log_text_row(struct log_text *log, int row)
{
	log_view_lay_out(log);
	return &log->laid[row].row;
}

/* ---- whose lines --------------------------------------------------------- */

void log_text_keep_marks(struct log_text *log, bool are_kept)
{
	if (log->marks.is_kept == are_kept)
		return;
	if (!are_kept)
		log_text_choose(log, NULL);
	log->marks.is_kept = are_kept;
	log_marks_reset(&log->marks);
	log->is_laid_out = false;
}

void log_text_choose(struct log_text *log, const char *part)
{
	log_marks_choose(&log->marks, log->marks.is_kept ? part : NULL);
	log->search.state = LOG_TEXT_SEARCH_IDLE;
	log->current = -1;
	log->is_laid_out = false;
	log->top.row = 0;
	log->anchor = log->is_following ? -1 : log->top.line;
	log_filter_reset(log);
	log->top.line = log_view_seek(log, log->top.line);
}

int log_text_scan_percent(const struct log_text *log)
{
	if (!log->is_scanning)
		return 100;
	return (int)((double)log->marks.scanned / (double)log->file.size * 100);
}

/* ---- moving -------------------------------------------------------------- */

void log_text_set_size(struct log_text *log, int rows, int cols)
{
	rows = rows > 1 ? rows : 1;
	cols = cols > 1 ? cols : 1;
	if (rows == log->rows && cols == log->cols)
		return;
	log->rows = rows;
	log->cols = cols;
	log->is_laid_out = false;
}

void log_text_set_wrap(struct log_text *log, bool is_wrapped)
{
	log->is_wrapped = is_wrapped;
	log->top.row = 0;
	log->pan = 0;
	log->is_laid_out = false;
}

bool log_text_is_wrapped(const struct log_text *log)
{
	return log->is_wrapped;
}

void log_text_follow(struct log_text *log, bool is_following)
{
	log_view_lay_out(log); /* so that stopping stays where we are */
	log->is_following = is_following;
	log->is_laid_out = log->is_laid_out && !is_following;
}

bool log_text_is_following(const struct log_text *log)
{
	return log->is_following;
}

void log_text_scroll(struct log_text *log, int rows)
{
	struct log_place end;

	log->anchor = -1;
	log_view_lay_out(log);
	if (rows < 0) {
		struct log_place top = log_view_go_up(log, log->top, -rows);

		if (log_place_compare(top, log->top) < 0)
			log->is_following = false;
		log->top = top;
	} else {
		log->top = log_view_go_down(log, log->top, rows);
		end = log_view_find_end(log);
		if (log_place_compare(log->top, end) >= 0) {
			log->top = end;
			log->is_following = true;
		}
	}
	log->is_laid_out = false;
}

void log_text_scroll_pages(struct log_text *log, int half_pages)
{
	int rows = half_pages * log->rows / 2;

	if (!rows)
		rows = half_pages;
	log_text_scroll(log, rows);
}

void log_text_top(struct log_text *log)
{
	log->anchor = -1;
	log_view_lay_out(log);
	if (log->top.line > log_view_first(log) || log->top.row > 0)
		log->is_following = false; /* a log that fits goes on */
	log->top = (struct log_place){log_view_first(log), 0};
	log->is_laid_out = false;
}

void log_text_bottom(struct log_text *log)
{
	log->is_following = true;
	log->anchor = -1;
	log->is_laid_out = false;
}

void log_text_go(struct log_text *log, int64_t offset)
{
	int64_t line = log_file_line_at(&log->file, offset);

	log_view_lay_out(log);
	log->is_following = false;
	log->anchor = -1;
	log->target = log_view_seek(log, line);
	log->top = (struct log_place){log->target, 0};
	log->is_laid_out = false;
}

void log_text_pan(struct log_text *log, int cols)
{
	int64_t pan = (int64_t)log->pan + cols;

	if (log->is_wrapped)
		return;
	log->pan = pan < 0		     ? 0
		   : pan > LOG_TEXT_LINE_MAX ? LOG_TEXT_LINE_MAX
					     : (int)pan;
	log->is_laid_out = false;
}
