/* SPDX-License-Identifier: MIT */
/* A JSON scanner that only finds where values end. */
#include "keeper/json.h"

#include <string.h>

static const char *skip_value(const char *at, const char *end, int depth);

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end &&
	       (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at;
}

/* at stands on the opening quote.  NULL when malformed. */
static const char *skip_string(const char *at, const char *end)
{
	if (at == end || *at != '"')
		return NULL;
	for (at++; at < end; at++) {
		if (*at == '"')
			return at + 1;
		if ((unsigned char)*at < 0x20)
			return NULL;
		if (*at != '\\')
			continue;
		if (++at == end || !strchr("\"\\/bfnrtu", *at) || !*at)
			return NULL;
		if (*at != 'u')
			continue;
		for (int i = 0; i < 4; i++)
			if (++at == end || !*at ||
			    !strchr("0123456789abcdefABCDEF", *at))
				return NULL;
	}
	return NULL;
}

static const char *skip_digits(const char *at, const char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

static const char *skip_number(const char *at, const char *end)
{
	const char *start;

	if (at < end && *at == '-')
		at++;
	start = at;
	at = skip_digits(at, end);
	if (at == start)
		return NULL;
	if (at < end && *at == '.') {
		start = ++at;
		at = skip_digits(at, end);
		if (at == start)
			return NULL;
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		at++;
		if (at < end && (*at == '+' || *at == '-'))
			at++;
		start = at;
		at = skip_digits(at, end);
		if (at == start)
			return NULL;
	}
	return at;
}

static const char *skip_word(const char *at, const char *end)
{
	static const char *const words[] = {"true", "false",	"null",
					    "NaN",  "Infinity", "-Infinity"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(end - at) >= len && !memcmp(at, words[i], len))
			return at + len;
	}
	return NULL;
}

/* at stands behind the opening brace or bracket. */
static const char *skip_members(const char *at, const char *end, bool is_object,
				int depth)
{
	char close = is_object ? '}' : ']';

	at = skip_blanks(at, end);
	if (at < end && *at == close)
		return at + 1;
	for (;;) {
		if (is_object) {
			at = skip_string(skip_blanks(at, end), end);
			if (!at)
				return NULL;
			at = skip_blanks(at, end);
			if (at == end || *at++ != ':')
				return NULL;
		}
		at = skip_value(at, end, depth + 1);
		if (!at)
			return NULL;
		at = skip_blanks(at, end);
		if (at == end)
			return NULL;
		if (*at == close)
			return at + 1;
		if (*at++ != ',')
			return NULL;
	}
}

static const char *skip_value(const char *at, const char *end, int depth)
{
	const char *word;

	if (depth > JSON_DEPTH_MAX)
		return NULL;
	at = skip_blanks(at, end);
	if (at == end)
		return NULL;
	if (*at == '{' || *at == '[')
		return skip_members(at + 1, end, *at == '{', depth);
	if (*at == '"')
		return skip_string(at, end);
	word = skip_word(at, end);
	return word ? word : skip_number(at, end);
}

size_t json_skip(const char *text, size_t len)
{
	const char *end = skip_value(text, text + len, 0);

	return end ? (size_t)(end - text) : 0;
}

bool json_is_value(const char *text, size_t len)
{
	size_t used = json_skip(text, len);

	return used && skip_blanks(text + used, text + len) == text + len;
}

bool json_member_next(const char **at, const char *end, struct json_member *ret)
{
	const char *p = skip_blanks(*at, end);

	if (p == end || (*p != '{' && *p != ','))
		return false;
	p = skip_blanks(p + 1, end);
	ret->key = p + 1;
	p = skip_string(p, end);
	if (!p)
		return false; /* an empty object */
	ret->key_len = (size_t)(p - 1 - ret->key);
	p = skip_blanks(p, end);
	if (p == end || *p != ':')
		return false;
	ret->value = skip_blanks(p + 1, end);
	p = skip_value(ret->value, end, 0);
	if (!p)
		return false;
	ret->value_len = (size_t)(p - ret->value);
	*at = p;
	return true;
}
