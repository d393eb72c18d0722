/* SPDX-License-Identifier: MIT */
/* Measuring JSON before it is parsed, and Python's NaN and Infinity. */
#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

const char *json_skip_string(const char *text, const char *end)
{
	const char *p = text, *quote;

	/* most strings have no escapes: from quote to quote */
	while (p < end && (quote = memchr(p, '"', (size_t)(end - p)))) {
		const char *slash = quote;

		while (slash > text && slash[-1] == '\\')
			slash--;
		p = quote + 1;
		if ((quote - slash) % 2 == 0)
			return p;
	}
	return end;
}

bool json_measure(const char *text, size_t len, size_t *ret_len,
		  struct error *err)
{
	const char *end = text + len;
	const char *p = text;
	size_t values = 1;
	int depth = 0;

	while (p < end) {
		switch (*p++) {
		case '"':
			p = json_skip_string(p, end);
			break;
		case '{':
		case '[':
			values++;
			if (++depth > JSON_DEPTH_MAX)
				return error_set(err, ERROR_LIMIT,
						 "nested deeper than %d",
						 JSON_DEPTH_MAX);
			break;
		case '}':
		case ']':
			depth--;
			break;
		case ',':
			values++;
			break;
		}
		if (values > JSON_VALUES_MAX)
			return error_set(err, ERROR_LIMIT,
					 "more than %d values",
					 JSON_VALUES_MAX);
		if (depth <= 0) {
			*ret_len = p - text;
			return true;
		}
	}
	return error_set(err, ERROR_INVALID, "cut short: a bracket is open");
}

static const char *const specials[] = {"NaN", "Infinity", "-Infinity"};
static const double special_values[] = {NAN, INFINITY, -INFINITY};

bool json_special_number(const char *text, double *ret_value)
{
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(text, specials[i]))
			continue;
		*ret_value = special_values[i];
		return true;
	}
	return false;
}

/* Put quotes around the specials that stand outside strings. */
static bool quote_specials(const char *text, size_t len, struct strbuf *out)
{
	const char *end = text + len;
	const char *done = text; /* copied up to here */
	const char *p = text;
	bool found = false;

	while (p < end) {
		size_t token = 0;

		if (*p == '"') {
			p = json_skip_string(p + 1, end);
			continue;
		}
		for (size_t i = 0; i < 3 && !token; i++) {
			size_t n = strlen(specials[i]);

			if ((size_t)(end - p) >= n &&
			    !memcmp(p, specials[i], n))
				token = n;
		}
		if (!token) {
			p++;
			continue;
		}
		strbuf_add(out, done, p - done);
		strbuf_addch(out, '"');
		strbuf_add(out, p, token);
		strbuf_addch(out, '"');
		p += token;
		done = p;
		found = true;
	}
	strbuf_add(out, done, end - done);
	return found;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void describe_position(struct error *err, const char *text, size_t len,
			      const char *at)
{
	const char *p = text;
	const char *line = text;
	int lines = 1;

	if (at > text + len)
		at = text + len;
	for (; p < at; p++) {
		if (*p != '\n')
			continue;
		lines++;
		line = p + 1;
	}
	if (lines > 1)
		error_set(err, ERROR_INVALID,
			  "line %d, column %d: not valid JSON", lines,
			  (int)(at - line) + 1);
	else
		error_set(err, ERROR_INVALID, "column %d: not valid JSON",
			  (int)(at - line) + 1);
}

/* cJSON's parse of the whole text, or NULL and where it stopped. */
static cJSON *parse_strict(const char *text, size_t len, const char **ret_stop)
{
	cJSON *tree = cJSON_ParseWithLengthOpts(text, len, ret_stop, 0);

	if (!tree)
		return NULL;
	while (*ret_stop < text + len && is_blank(**ret_stop))
		(*ret_stop)++;
	if (*ret_stop == text + len)
		return tree;
	cJSON_Delete(tree);
	return NULL;
}

struct cJSON *json_parse(const char *text, size_t len, struct error *err)
{
	struct strbuf quoted = STRBUF_INIT;
	const char *stop = text;
	const char *stop_quoted;
	size_t measured;
	cJSON *tree;

	while (len && is_blank(*text)) {
		text++;
		len--;
	}
	stop = text;
	if (len && (*text == '{' || *text == '[') &&
	    !json_measure(text, len, &measured, err))
		return NULL;
	tree = len ? parse_strict(text, len, &stop) : NULL;
	if (!tree && quote_specials(text, len, &quoted))
		tree = parse_strict(quoted.data, quoted.len, &stop_quoted);
	strbuf_release(&quoted);
	if (!tree && !len)
		error_set(err, ERROR_INVALID, "empty: JSON was expected");
	else if (!tree)
		describe_position(err, text, len, stop);
	return tree;
}
