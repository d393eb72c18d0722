/* SPDX-License-Identifier: MIT */
/* Searching a log of any size: line by line, a slice of time at a time, once
 * round the file from where it began. */
#include "tui/log_view.h"

#include "base/clock.h"
#include "base/utf8.h"

bool log_text_set_pattern(struct log_text *log, const char *pattern,
			  bool is_regex, struct error *err)
{
	if (!log_pattern_set(&log->pattern, pattern, is_regex, err))
		return false;
	log->search.state = LOG_TEXT_SEARCH_IDLE;
	log->current = -1;
	log->is_laid_out = false;
	log_count_reset(log);
	return true;
}

const char *log_text_pattern(const struct log_text *log)
{
	return log->pattern.text ? log->pattern.text : "";
}

void log_text_search(struct log_text *log, bool is_backward)
{
	struct log_search *search = &log->search;
	bool is_current_shown = false;

	log_view_lay_out(log);
	if (!log->pattern.text || !log->file.size) {
		search->state = LOG_TEXT_SEARCH_NONE;
		return;
	}
	for (size_t i = 0; i < log->laid_count; i++)
		is_current_shown |= log->laid[i].line == log->current;
	*search = (struct log_search){.state = LOG_TEXT_SEARCH_RUNNING,
				      .is_backward = is_backward,
				      .limit = log_view_limit(log)};
	if (is_current_shown && is_backward)
		search->at = log->current;
	else if (is_current_shown)
		search->at = log_view_seek(
			log, log_file_line_end(&log->file, log->current));
	else
		search->at = is_backward ? log->laid_end : log->top.line;
	search->origin = search->at;
}

enum log_text_search log_text_search_state(const struct log_text *log,
					   int *ret_percent)
{
	const struct log_search *s = &log->search;
	int64_t done = s->is_backward ? s->origin - s->at : s->at - s->origin;

	if (s->is_wrapped)
		done += s->limit;
	if (ret_percent)
		*ret_percent =
			s->limit > 0
				? (int)((double)done / (double)s->limit * 100)
				: 0;
	return s->state;
}

/* Show the line in log->clean, whose first match is at byte `at`. */
static void show_found(struct log_text *log, int64_t line, size_t at)
{
	struct log_place place = {line, 0};
	bool is_shown = false;

	log_view_lay_out(log);
	log->is_following = false;
	log->current = line;
	log_view_load_line(log, line);
	log_view_count_rows(log, at, &place.row);
	if (!log->is_wrapped) {
		int col = utf8_width(log->clean.data, at);

		if (col < log->pan || col >= log->pan + log->cols - 1)
			log->pan =
				col > log->cols / 2 ? col - log->cols / 2 : 0;
	}
	log->is_laid_out = false;
	log_view_lay_out(log);
	for (size_t i = 0; i < log->laid_count; i++)
		is_shown |= log->laid[i].line == line &&
			    log->laid[i].row.match_count > 0;
	if (!is_shown) {
		log->top = log_view_go_up(log, place, log->rows / 3);
		log->is_laid_out = false;
	}
}

/* Lines that have been counted need no second look. */
static int64_t skip_forward(struct log_text *log, int64_t at)
{
	int64_t hit;

	if (log->found.is_full || at >= log->found.scanned)
		return at;
	hit = log_hits_seek(&log->found, at);
	return hit < log->found.scanned
		       ? hit
		       : log_view_seek(log, log->found.scanned);
}

static int64_t skip_backward(struct log_text *log, int64_t at)
{
	int64_t hit;

	if (log->found.is_full || at > log->found.scanned)
		return log_view_before(log, at);
	hit = log_hits_before(&log->found, at);
	return hit < 0 ? log_view_first(log) : hit;
}

/* Take one step of a search: the next line to look at, or false at its end. */
static bool next_line(struct log_text *log, int64_t *ret_start)
{
	struct log_search *s = &log->search;

	if (s->is_backward) {
		if (s->at <= log_view_first(log)) {
			if (s->is_wrapped)
				return false;
			s->is_wrapped = true;
			s->at = log_view_limit(log);
		}
		if (s->is_wrapped && s->at < s->origin)
			return false;
		*ret_start = skip_backward(log, s->at);
		if (*ret_start >= s->at)
			return false;
		s->at = *ret_start;
		return true;
	}
	s->at = skip_forward(log, s->at);
	if (s->at >= s->limit) {
		if (s->is_wrapped)
			return false;
		s->is_wrapped = true;
		s->at = skip_forward(log, log_view_first(log));
	}
	if (s->is_wrapped && s->at > s->origin)
		return false;
	*ret_start = s->at;
	s->at = log_view_seek(log, log_file_line_end(&log->file, s->at));
	return s->at > *ret_start;
}

bool log_search_carry_on(struct log_text *log, int64_t until_ns)
{
	struct log_search *s = &log->search;
	int64_t start;
	size_t at, len;

	do {
		if (!next_line(log, &start)) {
			s->state = LOG_TEXT_SEARCH_NONE;
			return false;
		}
		log_view_load_line(log, start);
		if (log_pattern_find(&log->pattern, log->clean.data,
				     log->clean.len, 0, &at, &len)) {
			s->state = s->is_wrapped ? LOG_TEXT_SEARCH_WRAPPED
						 : LOG_TEXT_SEARCH_FOUND;
			show_found(log, start, at);
			return false;
		}
	} while (clock_mono_ns() < until_ns);
	return true;
}
