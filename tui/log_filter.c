/* SPDX-License-Identifier: MIT */
/* Looking a log through, a slice of time at a time: for the lines that a filter
 * shows, and for those that a search will find. */
#include "tui/log_view.h"

#include "base/clock.h"

#include <string.h>

#define LINES_PER_LOOK 16 /* at the clock */

bool log_filter_is_on(const struct log_text *log)
{
	return log->filter.pattern.text != NULL;
}

static void begin(struct log_filter *filter)
{
	log_hits_reset(&filter->hits);
	filter->before_count = filter->after = 0;
	filter->pattern.given_up = 0;
}

void log_filter_reset(struct log_text *log)
{
	begin(&log->filter);
	log->filter.is_behind = log_filter_is_on(log);
	log_count_reset(log);
}

void log_count_reset(struct log_text *log)
{
	log_hits_reset(&log->found);
	log->is_counting = log->pattern.text != NULL;
	log->is_count_stopped = false;
	log->pattern.given_up = 0;
}

void log_filter_release(struct log_text *log)
{
	log_pattern_release(&log->filter.pattern);
	log_hits_release(&log->filter.hits);
	log_hits_release(&log->found);
}

bool log_text_set_filter(struct log_text *log, const char *pattern,
			 bool is_regex, bool is_inverse, int context,
			 struct error *err)
{
	struct log_filter *filter = &log->filter;

	if (!log_pattern_set(&filter->pattern, pattern, is_regex, err))
		return false;
	log_view_lay_out(log);
	filter->is_inverse = is_inverse;
	filter->context = context < 0		      ? 0
			  : context > LOG_CONTEXT_MAX ? LOG_CONTEXT_MAX
						      : context;
	log->anchor = log->is_following ? -1 : log->top.line;
	log->search.state = LOG_TEXT_SEARCH_IDLE;
	log->is_laid_out = false;
	log_filter_reset(log);
	return true;
}

const char *log_text_filter(const struct log_text *log)
{
	return log_filter_is_on(log) ? log->filter.pattern.text : "";
}

bool log_text_filter_is_inverse(const struct log_text *log)
{
	return log_filter_is_on(log) && log->filter.is_inverse;
}

/* ---- one line ------------------------------------------------------------ */

static bool matches(struct log_text *log, struct log_pattern *pattern)
{
	size_t at, len;

	return log_pattern_find(pattern, log->clean.data, log->clean.len, 0,
				&at, &len);
}

/* A line that is not wanted for itself: it may be for the next one's sake. */
static void keep_before(struct log_filter *filter, int64_t start)
{
	if (!filter->context)
		return;
	if (filter->before_count == filter->context) {
		memmove(filter->before, filter->before + 1,
			(size_t)(filter->context - 1) *
				sizeof(*filter->before));
		filter->before_count--;
	}
	filter->before[filter->before_count++] = start;
}

static void decide(struct log_text *log, int64_t start, bool is_finished)
{
	struct log_filter *filter = &log->filter;
	bool is_wanted = matches(log, &filter->pattern) != filter->is_inverse;

	if (!is_finished) {
		filter->hits.last = is_wanted || filter->after ? start : -1;
		return;
	}
	if (is_wanted) {
		for (int i = 0; i < filter->before_count; i++)
			log_hits_add(&filter->hits, filter->before[i]);
		filter->before_count = 0;
		filter->after = filter->context;
		log_hits_add(&filter->hits, start);
	} else if (filter->after) {
		filter->after--;
		log_hits_add(&filter->hits, start);
	} else {
		keep_before(filter, start);
	}
}

static void count(struct log_text *log, int64_t start, bool is_finished)
{
	if (!matches(log, &log->pattern)) {
		if (!is_finished)
			log->found.last = -1;
	} else if (is_finished) {
		log_hits_add(&log->found, start);
	} else {
		log->found.last = start;
	}
}

/* ---- all of them --------------------------------------------------------- */

struct pass {
	struct log_hits *hits;
	int64_t limit; /* of the lines that are looked through */
	int64_t (*seek)(struct log_text *log, int64_t at);
	void (*look)(struct log_text *log, int64_t start, bool is_finished);
};

/* Did the time run out? */
static bool look_through(struct log_text *log, const struct pass *pass,
			 int64_t until_ns)
{
	struct log_hits *hits = pass->hits;
	int64_t at = pass->seek(log, hits->scanned);

	for (int lines = 1; at < pass->limit; lines++) {
		int64_t end = log_view_load_line(log, at);
		bool is_finished =
			end < log->file.size || log_view_has_newline(log, end);

		if (end <= at)
			return false; /* cut short meanwhile */
		hits->limit = end;
		pass->look(log, at, is_finished);
		if (!is_finished)
			return false;
		hits->last = -1;
		hits->scanned = end;
		at = pass->seek(log, end);
		if (lines % LINES_PER_LOOK == 0 && clock_mono_ns() >= until_ns)
			return at < pass->limit;
	}
	hits->limit = pass->limit;
	return false;
}

bool log_filter_follow(struct log_text *log, int64_t until_ns)
{
	struct pass pass = {&log->filter.hits, log_base_limit(log),
			    log_base_seek, decide};
	bool was_behind = log->filter.is_behind;

	if (!log_filter_is_on(log))
		return false;
	log->filter.is_behind = look_through(log, &pass, until_ns);
	if (was_behind && !log->filter.is_behind)
		log->is_laid_out = false;
	return log->filter.is_behind;
}

bool log_count_follow(struct log_text *log, int64_t until_ns)
{
	struct pass pass = {&log->found, log_view_limit(log), log_view_seek,
			    count};

	if (!log->pattern.text || log->is_count_stopped)
		return false;
	log->is_counting = look_through(log, &pass, until_ns);
	return log->is_counting;
}

static int percent_of(const struct log_text *log, const struct log_hits *hits)
{
	return log->file.size > 0 ? (int)((double)hits->scanned /
					  (double)log->file.size * 100)
				  : 100;
}

int log_text_filter_percent(const struct log_text *log)
{
	return log->filter.is_behind ? percent_of(log, &log->filter.hits) : 100;
}

struct log_counts log_text_counts(const struct log_text *log)
{
	struct log_counts counts = {.percent = 100};

	if (!log->pattern.text)
		return counts;
	counts.total = log_hits_total(&log->found);
	counts.is_more =
		log->is_counting || log->is_count_stopped || log->found.is_full;
	counts.percent = counts.is_more ? percent_of(log, &log->found) : 100;
	counts.given_up = log->pattern.given_up + log->filter.pattern.given_up;
	if (log->current >= 0 && log->current < log->found.limit &&
	    log_hits_seek(&log->found, log->current) == log->current)
		counts.current = log_hits_rank(&log->found, log->current) + 1;
	return counts;
}

bool log_text_is_busy(const struct log_text *log)
{
	return log->is_scanning || log->filter.is_behind || log->is_counting ||
	       log->search.state == LOG_TEXT_SEARCH_RUNNING ||
	       log->save.state == LOG_TEXT_SAVE_RUNNING;
}

bool log_text_cancel(struct log_text *log)
{
	struct error ignored;

	if (log->save.state == LOG_TEXT_SAVE_RUNNING) {
		log_save_release(log);
		return true;
	}
	if (log->filter.is_behind)
		return log_text_set_filter(log, NULL, false, false, 0,
					   &ignored);
	if (!log->is_counting && log->search.state != LOG_TEXT_SEARCH_RUNNING)
		return false;
	log->search.state = LOG_TEXT_SEARCH_IDLE;
	log->is_count_stopped |= log->is_counting;
	log->is_counting = false;
	return true;
}
