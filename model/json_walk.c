/* SPDX-License-Identifier: MIT */
/* A cursor over JSON text. */
#include "model/json_walk.h"

#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Loops of one's own: strspn prepares a table at each call, which costs more
 * than the few bytes it then looks at. */
const char *json_walk_space(const char *at)
{
	while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')
		at++;
	return at;
}

/* Past a number or a word. */
static const char *skip_scalar(const char *at)
{
	while (*at && *at != ',' && *at != '}' && *at != ']' && *at != ':' &&
	       *at != '"' && *at != '{' && *at != '[' && *at != ' ' &&
	       *at != '\t' && *at != '\r' && *at != '\n')
		at++;
	return at;
}

const char *json_walk_string(const char *at)
{
	for (at++; *at != '"'; at++) {
		if (*at == '\\')
			at++;
		if (!*at)
			return NULL;
	}
	return at + 1;
}

const char *json_walk_value(const char *at)
{
	size_t depth = 0;

	do {
		at = json_walk_space(at);
		if (!*at) {
			return NULL;
		} else if (*at == '"') {
			at = json_walk_string(at);
			if (!at)
				return NULL;
		} else if (*at == '{' || *at == '[') {
			depth++;
			at++;
		} else if (*at == '}' || *at == ']') {
			if (!depth)
				return NULL;
			depth--;
			at++;
		} else if (*at == ',' || *at == ':') {
			if (!depth)
				return NULL;
			at++;
		} else {
			at = skip_scalar(at);
		}
	} while (depth);
	return at;
}

static uint32_t hex4(const char *at)
{
	char text[5] = {0};

	memcpy(text, at, strnlen(at, 4));
	if (strspn(text, "0123456789abcdefABCDEF") < 4)
		return UTF8_INVALID;
	return (uint32_t)strtoul(text, NULL, 16);
}

/* Append a \u escape, of which `at` is the 'u'; returns past it. */
static const char *decode_unicode(const char *at, const char *end,
				  struct strbuf *out)
{
	uint32_t point = hex4(at + 1);
	uint32_t low;

	if (point == UTF8_INVALID || at + 5 > end) {
		utf8_encode(out, 0xFFFD);
		return at + 1;
	}
	at += 5;
	if (point >= 0xD800 && point < 0xDC00 && end - at >= 6 &&
	    at[0] == '\\' && at[1] == 'u') {
		low = hex4(at + 2);
		if (low >= 0xDC00 && low < 0xE000) {
			point = 0x10000 + ((point - 0xD800) << 10) +
				(low - 0xDC00);
			at += 6;
		}
	}
	if (point == 0 || (point >= 0xD800 && point < 0xE000))
		point = 0xFFFD;
	utf8_encode(out, point);
	return at;
}

void json_walk_decode(const char *at, const char *end, struct strbuf *out)
{
	static const char codes[] = "bfnrt";
	static const char meant[] = "\b\f\n\r\t";

	end--; /* the closing quote */
	for (at++; at < end; at++) {
		size_t n = 0;
		const char *code;

		while (at + n < end && at[n] != '\\')
			n++;
		strbuf_add(out, at, n);
		at += n;
		if (at == end)
			break;
		at++; /* the backslash; a character follows it */
		code = strchr(codes, *at);
		if (*at == 'u')
			at = decode_unicode(at, end, out) - 1;
		else
			strbuf_addch(out, code ? meant[code - codes] : *at);
	}
}

bool json_walk_equals(const char *at, const char *end, const char *text)
{
	size_t len = (size_t)(end - at) - 2;
	struct strbuf decoded = STRBUF_INIT;
	bool equal;

	if (!memchr(at, '\\', (size_t)(end - at)))
		return strlen(text) == len && !memcmp(at + 1, text, len);
	json_walk_decode(at, end, &decoded);
	equal = !strcmp(decoded.data, text);
	strbuf_release(&decoded);
	return equal;
}
