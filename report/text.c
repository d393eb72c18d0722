/* SPDX-License-Identifier: MIT */
/* Escaping, and numbers as words. */
#include "report/text.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void clean(struct strbuf *out, const char *text, size_t max)
{
	size_t len = text ? strlen(text) : 0;
	bool is_cut = max && len > max;

	if (is_cut) {
		len = max;
		while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
			len--;
	}
	if (len)
		utf8_sanitize(out, text, len, false);
	if (is_cut)
		strbuf_adds(out, "\xE2\x80\xA6");
}

static void escape(struct strbuf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case '&':
			strbuf_adds(out, "&amp;");
			break;
		case '<':
			strbuf_adds(out, "&lt;");
			break;
		case '>':
			strbuf_adds(out, "&gt;");
			break;
		case '"':
			strbuf_adds(out, "&quot;");
			break;
		case '\'':
			strbuf_adds(out, "&#39;");
			break;
		default:
			strbuf_addch(out, text[i]);
		}
	}
}

void html_text(struct strbuf *out, const char *text, size_t max)
{
	struct strbuf safe = STRBUF_INIT;

	clean(&safe, text, max);
	escape(out, safe.data, safe.len);
	strbuf_release(&safe);
}

/* Each line made safe by itself, so that their ends stay. */
static void clean_lines(struct strbuf *out, const char *text, size_t max)
{
	size_t left = max;

	while (*text) {
		size_t len = strcspn(text, "\n");
		size_t taken = max && len > left ? left : len;

		while (taken < len && taken > 0 &&
		       ((unsigned char)text[taken] & 0xC0) == 0x80)
			taken--;
		if (taken)
			utf8_sanitize(out, text, taken, false);
		if (taken < len || (max && left <= len + 1 && text[len])) {
			strbuf_adds(out, "\n\xE2\x80\xA6");
			return;
		}
		left -= max ? len + 1 : 0;
		if (text[len])
			strbuf_addch(out, '\n');
		text += len + (text[len] != '\0');
	}
}

void html_lines(struct strbuf *out, const char *text, size_t max)
{
	struct strbuf safe = STRBUF_INIT;

	clean_lines(&safe, text ? text : "", max);
	escape(out, safe.data, safe.len);
	strbuf_release(&safe);
}

void markdown_text(struct strbuf *out, const char *text, size_t max)
{
	struct strbuf safe = STRBUF_INIT;

	clean(&safe, text, max);
	for (size_t i = 0; i < safe.len; i++) {
		char c = safe.data[i];

		if (c == '<')
			strbuf_adds(out, "&lt;");
		else if (c == '&')
			strbuf_adds(out, "&amp;");
		else if (strchr("\\`*_{}[]()#+-.!|>~$:@", c)) {
			/* what is only punctuation elsewhere stays readable */
			if (!strchr("+-.():@", c) || (i == 0 && c != '('))
				strbuf_addch(out, '\\');
			strbuf_addch(out, c);
		} else
			strbuf_addch(out, c);
	}
	strbuf_release(&safe);
}

void markdown_block(struct strbuf *out, const char *kind, const char *text,
		    size_t max)
{
	struct strbuf safe = STRBUF_INIT;
	size_t longest = 2, run = 0;

	clean_lines(&safe, text ? text : "", max);
	for (size_t i = 0; i < safe.len; i++) {
		run = safe.data[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (size_t i = 0; i <= longest; i++)
		strbuf_addch(out, '`');
	strbuf_addf(out, "%s\n", kind);
	strbuf_add(out, safe.data, safe.len);
	strbuf_addch(out, '\n');
	for (size_t i = 0; i <= longest; i++)
		strbuf_addch(out, '`');
	strbuf_adds(out, "\n\n");
	strbuf_release(&safe);
}

void report_number(struct strbuf *out, double value)
{
	if (isfinite(value))
		strbuf_addf(out, "%.6g", value);
	else
		strbuf_adds(out, "-");
}

void report_time(struct strbuf *out, int64_t at_ns)
{
	struct strbuf iso = STRBUF_INIT;

	if (!at_ns) {
		strbuf_addch(out, '-');
		return;
	}
	clock_format_iso(&iso, at_ns);
	if (iso.len > 16) {
		strbuf_truncate(&iso, 16);
		iso.data[10] = ' ';
	}
	strbuf_addf(out, "%s UTC", iso.data);
	strbuf_release(&iso);
}

void report_duration(struct strbuf *out, int64_t ns)
{
	clock_format_duration(out, ns);
}

void report_count(struct strbuf *out, int64_t count)
{
	struct strbuf digits = STRBUF_INIT;

	strbuf_addf(&digits, "%" PRId64, count);
	for (size_t i = 0; i < digits.len; i++) {
		if (i && (digits.len - i) % 3 == 0 && digits.data[i - 1] != '-')
			strbuf_addch(out, ',');
		strbuf_addch(out, digits.data[i]);
	}
	strbuf_release(&digits);
}

char *report_pretty(const char *json)
{
	struct error ignored;
	cJSON *value = json ? json_parse(json, strlen(json), &ignored) : NULL;
	char *printed = value ? cJSON_Print(value) : NULL;
	char *copy = xstrdup_or_null(printed);

	cJSON_free(printed);
	cJSON_Delete(value);
	return copy;
}
