/* SPDX-License-Identifier: MIT */
/*
 * Laying a log out in rows.
 *
 * A place in the log is (start of a line, row within the wrapped line).  The
 * pane is the place of its top row; everything shown follows from it by
 * walking down lines, and moving up walks to the line before.  When following,
 * the top is found from the other side: from the end of the file upwards until
 * the pane is full.  Nothing else is kept, so a log that grows, shrinks or is
 * replaced only ever asks for one new walk over a paneful of lines.
 */
#include "tui/log_view.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "model/part.h"
#include "tui/format.h"
#include "tui/log_clean.h"

#include <string.h>

#define MATCHES_PER_LINE_MAX 512

/* ---- lines --------------------------------------------------------------- */

int64_t log_base_limit(const struct log_text *log)
{
	return log->marks.chosen ? log->marks.limit : log->file.size;
}

int64_t log_base_seek(struct log_text *log, int64_t at)
{
	return log->marks.chosen ? log_marks_seek(&log->marks, &log->file, at)
				 : at;
}

int64_t log_view_limit(const struct log_text *log)
{
	return log_filter_is_on(log) ? log->filter.hits.limit
				     : log_base_limit(log);
}

int64_t log_view_seek(struct log_text *log, int64_t at)
{
	return log_filter_is_on(log) ? log_hits_seek(&log->filter.hits, at)
				     : log_base_seek(log, at);
}

int64_t log_view_first(struct log_text *log)
{
	if (log_filter_is_on(log))
		return log_hits_seek(&log->filter.hits, 0);
	return log->marks.chosen ? log_marks_first(&log->marks, &log->file) : 0;
}

int64_t log_view_before(struct log_text *log, int64_t at)
{
	int64_t start;

	if (log_filter_is_on(log))
		start = log_hits_before(&log->filter.hits, at);
	else if (log->marks.chosen)
		start = log_marks_before(&log->marks, &log->file, at);
	else
		return log_file_line_before(&log->file, at);
	return start < 0 ? log_view_first(log) : start;
}

bool log_view_has_newline(struct log_text *log, int64_t end)
{
	size_t len;
	const char *last =
		end > 0 ? log_file_read(&log->file, end - 1, &len) : "";

	return end > 0 && len && *last == '\n';
}

/* Progress bars overwrite themselves, but not whose they are. */
static void clean_line(struct log_text *log)
{
	const char *line = log->raw.data;
	size_t len = log->raw.len;
	size_t mark = log->marks.is_kept ? part_mark_length(line, len) : 0;

	if (mark && !log->marks.chosen)
		utf8_sanitize(&log->clean, line, mark, log->is_ascii);
	log_clean(&log->clean, line + mark, len - mark, log->is_ascii);
}

int64_t log_view_load_line(struct log_text *log, int64_t start)
{
	int64_t end = log_file_line_end(&log->file, start), left;

	strbuf_clear(&log->raw);
	strbuf_clear(&log->clean);
	log_file_add_line(&log->file, start, end, LOG_TEXT_LINE_MAX, &log->raw,
			  &left);
	clean_line(log);
	if (left > 0) {
		strbuf_adds(&log->clean, " [+");
		format_bytes(&log->clean, left);
		strbuf_adds(&log->clean, "]");
	}
	return end;
}

/* Bytes of log->clean in the wrapped row that begins at `from`; at least one
 * character, even one too wide for the pane. */
static size_t row_length(const struct log_text *log, size_t from)
{
	const char *text = log->clean.data + from;
	size_t len = log->clean.len - from;
	size_t fits = utf8_prefix(text, len, log->cols, NULL);
	uint32_t point;

	return fits || !len ? fits : utf8_decode(text, len, &point);
}

int log_view_count_rows(const struct log_text *log, size_t at, int *ret_row_of)
{
	int rows = 0;
	size_t from = 0;

	if (ret_row_of)
		*ret_row_of = 0;
	if (!log->is_wrapped)
		return 1;
	do {
		if (ret_row_of && at >= from)
			*ret_row_of = rows;
		from += row_length(log, from);
		rows++;
	} while (from < log->clean.len);
	return rows;
}

static int line_rows(struct log_text *log, int64_t start)
{
	if (!log->is_wrapped)
		return 1;
	log_view_load_line(log, start);
	return log_view_count_rows(log, 0, NULL);
}

/* ---- laying out ---------------------------------------------------------- */

static void add_match(struct log_text *log, struct log_laid_row *laid,
		      size_t from, size_t to, size_t row_from, size_t row_to,
		      int indent)
{
	const char *text = log->clean.data;
	struct log_match match = {.is_current = laid->line == log->current};

	from = from > row_from ? from : row_from;
	to = to < row_to ? to : row_to;
	if (from >= to)
		return;
	match.col = indent + utf8_width(text + row_from, from - row_from);
	match.cols = utf8_width(text + from, to - from);
	if (match.col + match.cols > laid->row.cols)
		match.cols = laid->row.cols - match.col;
	if (match.cols <= 0)
		return;
	ARRAY_RESERVE(log->matches, log->match_count, log->match_capacity);
	log->matches[log->match_count++] = match;
	laid->row.match_count++;
}

/* All matches of the line that touch the row's bytes [from, to). */
static void add_matches(struct log_text *log, struct log_laid_row *laid,
			size_t from, size_t to, int indent)
{
	/* what is searched for, or else why the line is shown */
	struct log_pattern *pattern =
		log->pattern.text ? &log->pattern : &log->filter.pattern;
	size_t at = 0, start, len;

	laid->matches_at = log->match_count;
	for (int i = 0; i < MATCHES_PER_LINE_MAX; i++) {
		if (!log_pattern_find(pattern, log->clean.data, log->clean.len,
				      at, &start, &len) ||
		    start >= to)
			return;
		add_match(log, laid, start, start + len, from, to, indent);
		at = start + len;
	}
}

static struct log_laid_row *add_laid_row(struct log_text *log, int64_t line)
{
	struct log_laid_row *laid;

	ARRAY_RESERVE(log->laid, log->laid_count, log->laid_capacity);
	laid = &log->laid[log->laid_count++];
	memset(laid, 0, sizeof(*laid));
	laid->line = laid->row.at = line;
	laid->row.is_target = line == log->target;
	laid->text_at = log->arena.len;
	return laid;
}

static void finish_row_text(struct log_text *log, struct log_laid_row *laid)
{
	const char *text = log->arena.data + laid->text_at;

	laid->row.cols = utf8_width(text, log->arena.len - laid->text_at);
	strbuf_addch(&log->arena, '\0');
}

static void lay_wrapped(struct log_text *log, int64_t line, int skip)
{
	size_t from = 0;

	for (int row = 0; log->laid_count < (size_t)log->rows; row++) {
		size_t len = row_length(log, from);

		if (row >= skip) {
			struct log_laid_row *laid = add_laid_row(log, line);

			/* too wide for a pane of one column: left out */
			if (utf8_width(log->clean.data + from, len) <=
			    log->cols)
				strbuf_add(&log->arena, log->clean.data + from,
					   len);
			finish_row_text(log, laid);
			laid->row.is_continued = row > 0;
			add_matches(log, laid, from, from + len, 0);
		}
		from += len;
		if (from >= log->clean.len)
			return;
	}
}

static void lay_cut(struct log_text *log, int64_t line)
{
	struct log_laid_row *laid = add_laid_row(log, line);
	const char *text = log->clean.data;
	int skipped, indent = 0;
	size_t from = utf8_prefix(text, log->clean.len, log->pan, &skipped);
	size_t len;

	if (skipped < log->pan && from < log->clean.len) {
		uint32_t point; /* half of a wide character remains */

		from += utf8_decode(text + from, log->clean.len - from, &point);
		indent = 1;
		strbuf_addch(&log->arena, ' ');
	}
	len = utf8_prefix(text + from, log->clean.len - from,
			  log->cols - indent, NULL);
	if (from + len < log->clean.len) {
		len = utf8_prefix(text + from, log->clean.len - from,
				  log->cols - indent - 1, NULL);
		strbuf_add(&log->arena, text + from, len);
		if (log->cols > indent)
			strbuf_adds(&log->arena,
				    log->is_ascii ? "~" : "\xE2\x80\xA6");
	} else {
		strbuf_add(&log->arena, text + from, len);
	}
	finish_row_text(log, laid);
	add_matches(log, laid, from, from + len, indent);
}

struct log_place log_view_find_end(struct log_text *log)
{
	struct log_place place = {log_view_limit(log), 0};
	int64_t first = log_view_first(log);
	int needed = log->rows;

	while (place.line > first && needed > 0) {
		int rows;

		place.line = log_view_before(log, place.line);
		rows = line_rows(log, place.line);
		place.row = rows > needed ? rows - needed : 0;
		needed -= rows;
	}
	return place;
}

int log_place_compare(struct log_place a, struct log_place b)
{
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return a.row < b.row ? -1 : a.row > b.row;
}

static void lay_out_from_top(struct log_text *log)
{
	int64_t at = log->top.line, limit = log_view_limit(log);
	int skip = log->top.row;

	log->laid_count = 0;
	log->match_count = 0;
	strbuf_clear(&log->arena);
	log->laid_end = at;
	while (at < limit && log->laid_count < (size_t)log->rows) {
		int64_t end = log_view_load_line(log, at);

		if (log->is_wrapped) {
			int rows = log_view_count_rows(log, 0, NULL);

			/* narrower or wider than it was: stay in the line */
			if (skip >= rows)
				log->top.row = skip = rows - 1;
			lay_wrapped(log, at, skip);
		} else {
			log->top.row = 0;
			lay_cut(log, at);
		}
		skip = 0;
		log->laid_end = at = log_view_seek(log, end);
	}
	for (size_t i = 0; i < log->laid_count; i++) {
		struct log_laid_row *laid = &log->laid[i];

		laid->row.text = log->arena.data + laid->text_at;
		laid->row.matches =
			log->matches ? log->matches + laid->matches_at : NULL;
	}
}

void log_view_lay_out(struct log_text *log)
{
	if (log->is_laid_out)
		return;
	if (log->anchor >= 0 && log->anchor < log_view_limit(log)) {
		log->top =
			(struct log_place){log_view_seek(log, log->anchor), 0};
		log->anchor = -1;
	}
	if (log->is_following || log->top.line > log_view_limit(log))
		log->top = log_view_find_end(log);
	else /* in a new file it may be another's line */
		log->top.line = log_view_seek(log, log->top.line);
	lay_out_from_top(log);
	if (log->laid_count < (size_t)log->rows &&
	    (log->top.line > log_view_first(log) || log->top.row > 0)) {
		log->top = log_view_find_end(log);
		lay_out_from_top(log);
	}
	log->is_laid_out = true;
}

struct log_place log_view_go_up(struct log_text *log, struct log_place place,
				int rows)
{
	int64_t first = log_view_first(log);

	while (rows > 0) {
		if (place.row >= rows) {
			place.row -= rows;
			break;
		}
		rows -= place.row;
		place.row = 0;
		if (place.line <= first)
			break;
		place.line = log_view_before(log, place.line);
		place.row = line_rows(log, place.line);
	}
	return place;
}

struct log_place log_view_go_down(struct log_text *log, struct log_place place,
				  int rows)
{
	while (rows > 0 && place.line < log_view_limit(log)) {
		int64_t end = log_file_line_end(&log->file, place.line);
		int left = line_rows(log, place.line) - place.row;

		if (left > rows) {
			place.row += rows;
			break;
		}
		rows -= left;
		place.line = log_view_seek(log, end);
		place.row = 0;
	}
	return place;
}
