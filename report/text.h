/* SPDX-License-Identifier: MIT */
/* Text of anybody's as part of a page.  Pure.  Private to report/. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "base/strbuf.h"

#include <stddef.h>
#include <stdint.h>

/* At most `max` bytes of the text (0: all), made valid and free of controls,
 * with the characters that mean something in HTML, attributes included,
 * replaced; an ellipsis says that it was cut. */
void html_text(struct strbuf *out, const char *text, size_t max);
/* The same for a <pre>: lines stay. */
void html_lines(struct strbuf *out, const char *text, size_t max);
/* For running text and cells of tables in Markdown. */
void markdown_text(struct strbuf *out, const char *text, size_t max);
/* A fenced block, whatever is in it. */
void markdown_block(struct strbuf *out, const char *kind, const char *text,
		    size_t max);

/* As people read it: six significant digits; "-" for what is no number. */
void report_number(struct strbuf *out, double value);
/* "2026-11-21 21:22 UTC"; "-" for 0. */
void report_time(struct strbuf *out, int64_t at_ns);
void report_duration(struct strbuf *out, int64_t ns);
/* 12345 as "12,345". */
void report_count(struct strbuf *out, int64_t count);
/* JSON with a member a line; NULL when it is none; caller frees. */
char *report_pretty(const char *json);

#endif
