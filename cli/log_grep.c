/* SPDX-License-Identifier: MIT */
/* Lines that match, as grep prints them. */
#include "cli/log_grep.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/output.h"
#include "tui/log_clean.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MATCHED_MAX (64u << 10) /* bytes of a line that are looked at */

bool log_grep_init(struct log_grep *lines,
		   const struct log_grep_options *options, const char *path,
		   struct error *err)
{
	*lines = (struct log_grep){
		.options = *options,
		.line = STRBUF_INIT,
		.is_terminal = isatty(STDOUT_FILENO),
	};
	log_times_init(&lines->times, path);
	if (options->context > 0)
		lines->before = xcalloc((size_t)options->context,
					sizeof(*lines->before));
	if (log_pattern_set(&lines->pattern, options->pattern, true, err))
		return true;
	error_prefix(err, "--grep");
	log_times_release(&lines->times);
	free(lines->before);
	return false;
}

/* ---- printing ------------------------------------------------------------ */

static void print_text(const struct log_grep *lines, const char *text,
		       size_t len)
{
	struct strbuf safe = STRBUF_INIT;

	if (!lines->is_terminal) {
		fwrite(text, 1, len, stdout);
		return;
	}
	utf8_sanitize(&safe, text, len, false);
	output_flush(&safe);
	strbuf_release(&safe);
}

static void add_time(struct log_grep *lines, struct strbuf *out)
{
	int64_t at_ns = 0;

	if (log_times_refresh(&lines->times))
		at_ns = log_times_at(&lines->times, lines->start);
	if (at_ns)
		clock_format_iso(out, at_ns);
	else
		strbuf_addch(out, '-');
	strbuf_addch(out, ' ');
}

static void print_line(struct log_grep *lines, const char *text, size_t len)
{
	if (lines->has_gap && lines->has_printed && lines->options.context)
		fputs("--\n", stdout);
	lines->has_gap = false;
	lines->has_printed = true;
	print_text(lines, text, len);
}

static void print_before(struct log_grep *lines)
{
	for (int i = 0; i < lines->before_count; i++) {
		struct strbuf *text = &lines->before[i].text;

		print_line(lines, text->data, text->len);
		putchar('\n');
		strbuf_release(text);
	}
	lines->before_count = 0;
}

static void keep_before(struct log_grep *lines, struct strbuf *text)
{
	if (lines->options.context == 0) {
		lines->has_gap = true;
		return;
	}
	if (lines->before_count == lines->options.context) {
		strbuf_release(&lines->before[0].text);
		memmove(lines->before, lines->before + 1,
			(size_t)(lines->before_count - 1) *
				sizeof(*lines->before));
		lines->before_count--;
		lines->has_gap = true;
	}
	lines->before[lines->before_count++].text = *text;
	*text = (struct strbuf)STRBUF_INIT;
}

/* ---- deciding ------------------------------------------------------------ */

static bool is_wanted(struct log_grep *lines)
{
	struct strbuf clean = STRBUF_INIT;
	size_t len = lines->line.len, at, found;
	bool is_match;

	if (!lines->pattern.text)
		return true;
	log_clean(&clean, lines->line.data,
		  len < MATCHED_MAX ? len : MATCHED_MAX, false);
	is_match = log_pattern_find(&lines->pattern, clean.data, clean.len, 0,
				    &at, &found);
	strbuf_release(&clean);
	return is_match != lines->options.is_inverse;
}

/* What has been gathered is a line, or as much of one as is looked at. */
static void decide(struct log_grep *lines)
{
	struct strbuf text = STRBUF_INIT;
	bool is_match = is_wanted(lines);

	if (lines->options.has_times)
		add_time(lines, &text);
	strbuf_add(&text, lines->line.data, lines->line.len);
	lines->is_printing = is_match || lines->after > 0;
	if (is_match) {
		print_before(lines);
		lines->after = lines->options.context;
	} else if (lines->after > 0) {
		lines->after--;
	}
	if (lines->is_printing)
		print_line(lines, text.data, text.len);
	else
		keep_before(lines, &text);
	strbuf_release(&text);
	strbuf_clear(&lines->line);
}

static void end_line(struct log_grep *lines)
{
	if (!lines->is_cut)
		decide(lines);
	if (lines->is_printing)
		putchar('\n');
	lines->is_cut = lines->is_printing = false;
}

static void add_piece(struct log_grep *lines, const char *data, size_t len)
{
	if (lines->is_cut) {
		if (lines->is_printing)
			print_text(lines, data, len);
		return;
	}
	strbuf_add(&lines->line, data, len);
	if (lines->line.len < LOG_GREP_MAX)
		return;
	decide(lines);
	lines->is_cut = true;
}

void log_grep_feed(struct log_grep *lines, const char *data, size_t len,
		   int64_t offset)
{
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t piece = end ? (size_t)(end - data) : len;

		if (!lines->line.len && !lines->is_cut)
			lines->start = offset;
		add_piece(lines, data, piece);
		if (end) {
			end_line(lines);
			piece++;
		}
		data += piece;
		offset += (int64_t)piece;
		len -= piece;
	}
}

void log_grep_release(struct log_grep *lines)
{
	if (lines->line.len || lines->is_cut)
		end_line(lines);
	while (lines->before_count > 0)
		strbuf_release(&lines->before[--lines->before_count].text);
	free(lines->before);
	strbuf_release(&lines->line);
	log_pattern_release(&lines->pattern);
	log_times_release(&lines->times);
}
