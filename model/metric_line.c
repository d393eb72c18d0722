/* SPDX-License-Identifier: MIT */
/*
 * What one line of a trial's output says.
 *
 * The keeper is built from this file too, so it stays free of everything but
 * the C library.  It only recognises; whoever receives the text parses it.
 */
#include "model/metric_line.h"

#include "model/metric.h"

#include <stdlib.h>
#include <string.h>

/* Longest number that is looked at: a double in full needs some 25. */
#define NUMBER_MAX 63

static const char nni_mark[] = "NNISDK_MEb'";

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_name_start(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_name_part(char c)
{
	return is_name_start(c) || (c >= '0' && c <= '9') || c == '.' ||
	       c == '-';
}

static const char *find_last(const char *text, size_t len, char c)
{
	while (len)
		if (text[--len] == c)
			return text + len;
	return NULL;
}

static const char *find_mark(const char *line, size_t len)
{
	size_t mark_len = sizeof(nni_mark) - 1;

	while (len >= mark_len) {
		const char *at = memchr(line, 'N', len - mark_len + 1);

		if (!at)
			return NULL;
		if (!memcmp(at, nni_mark, mark_len))
			return at;
		len -= (size_t)(at + 1 - line);
		line = at + 1;
	}
	return NULL;
}

static bool parse_nni(const char *line, size_t len, struct metric_line *ret)
{
	const char *mark = find_mark(line, len);
	const char *text, *last;

	if (!mark)
		return false;
	text = mark + sizeof(nni_mark) - 1;
	last = find_last(text, (size_t)(line + len - text), '\'');
	if (!last || last == text)
		return false;
	*ret = (struct metric_line){.kind = METRIC_LINE_NNI,
				    .text = text,
				    .len = (size_t)(last - text)};
	return true;
}

static bool parse_json(const char *line, size_t len, struct metric_line *ret)
{
	static const char *const keys[] = {"metric", "metrics", "name", "type",
					   "value"};
	const char *at = line, *end = line + len;
	const char *quote;

	if (len < 2 || *at++ != '{' || end[-1] != '}')
		return false;
	while (at < end && is_blank(*at))
		at++;
	if (at == end || *at++ != '"')
		return false;
	quote = memchr(at, '"', (size_t)(end - at));
	if (!quote)
		return false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t key_len = strlen(keys[i]);

		if ((size_t)(quote - at) != key_len ||
		    memcmp(at, keys[i], key_len) != 0)
			continue;
		*ret = (struct metric_line){
			.kind = METRIC_LINE_JSON, .text = line, .len = len};
		return true;
	}
	return false;
}

/* strtod wants a NUL; the line may go on or belong to somebody else. */
static bool parse_number(const char *text, size_t len, double *ret_value)
{
	char copy[NUMBER_MAX + 1];
	char *end;

	if (!len || len > NUMBER_MAX || is_blank(*text))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*ret_value = strtod(copy, &end);
	return end == copy + len;
}

static bool parse_pair(const char *line, size_t len, struct metric_line *ret)
{
	static const char final_mark[] = "final_";
	const char *end = line + len, *at = line;
	size_t mark_len = sizeof(final_mark) - 1;
	struct metric_line found = {.kind = METRIC_LINE_PAIR, .name = line};

	if (!len || !is_name_start(*at))
		return false;
	while (at < end && is_name_part(*at))
		at++;
	found.name_len = (size_t)(at - line);
	while (at < end && is_blank(*at))
		at++;
	if (at == end || *at++ != '=')
		return false;
	while (at < end && is_blank(*at))
		at++;
	if (!parse_number(at, (size_t)(end - at), &found.value))
		return false;
	if (found.name_len == mark_len - 1 &&
	    !memcmp(found.name, final_mark, mark_len - 1)) {
		found.is_final = true;
		found.name = METRIC_OBJECTIVE;
		found.name_len = sizeof(METRIC_OBJECTIVE) - 1;
	} else if (found.name_len > mark_len &&
		   !memcmp(found.name, final_mark, mark_len) &&
		   is_name_start(found.name[mark_len])) {
		found.is_final = true;
		found.name += mark_len;
		found.name_len -= mark_len;
	}
	if (found.name_len > METRIC_NAME_MAX)
		return false;
	*ret = found;
	return true;
}

bool metric_line_parse(const char *line, size_t len, struct metric_line *ret)
{
	if (parse_nni(line, len, ret))
		return true;
	while (len && is_blank(line[len - 1]))
		len--;
	while (len && is_blank(*line))
		line++, len--;
	return parse_json(line, len, ret) || parse_pair(line, len, ret);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

size_t metric_line_unescape(const char *text, size_t len, char *out)
{
	size_t written = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c != '\\' || i + 1 == len) {
			out[written++] = c;
			continue;
		}
		c = text[++i];
		if (c == 'n') {
			c = '\n';
		} else if (c == 't') {
			c = '\t';
		} else if (c == 'r') {
			c = '\r';
		} else if (c == 'x' && i + 2 < len &&
			   hex_digit(text[i + 1]) >= 0 &&
			   hex_digit(text[i + 2]) >= 0) {
			c = (char)(hex_digit(text[i + 1]) * 16 +
				   hex_digit(text[i + 2]));
			i += 2;
		} else if (c != '\\' && c != '\'') {
			/* not one of repr's: both bytes stay */
			out[written++] = '\\';
		}
		out[written++] = c;
	}
	return written;
}
