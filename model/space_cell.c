/* SPDX-License-Identifier: MIT */
/*
 * One value out of a stored parameters object, for a table cell.
 *
 * Lists draw thousands of these while somebody scrolls, so nothing is parsed
 * into a tree: a cursor walks over the text and skips what it is not looking
 * for.  Whatever the text is, it stays within its bytes and returns.
 */
#include "model/space.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* Loops of one's own: strspn prepares a table at each call, which costs more
 * than the few bytes it then looks at. */
static const char *skip_space(const char *at)
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

/* Past the string that starts at `at`, or NULL. */
static const char *skip_string(const char *at)
{
	for (at++; *at != '"'; at++) {
		if (*at == '\\')
			at++;
		if (!*at)
			return NULL;
	}
	return at + 1;
}

/* Past the value that starts at `at`, or NULL when the text ends in it. */
static const char *skip_value(const char *at)
{
	size_t depth = 0;

	do {
		at = skip_space(at);
		if (!*at) {
			return NULL;
		} else if (*at == '"') {
			at = skip_string(at);
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

/* Append the text of the string in [at, end), quotes included in the range. */
static void decode_string(const char *at, const char *end, struct strbuf *out)
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

static bool string_equals(const char *at, const char *end, const char *text)
{
	size_t len = (size_t)(end - at) - 2;
	struct strbuf decoded = STRBUF_INIT;
	bool equal;

	if (!memchr(at, '\\', (size_t)(end - at)))
		return strlen(text) == len && !memcmp(at + 1, text, len);
	decode_string(at, end, &decoded);
	equal = !strcmp(decoded.data, text);
	strbuf_release(&decoded);
	return equal;
}

/* The value of an object's member, or NULL. */
static const char *find_member(const char *object, const char *name)
{
	const char *at = skip_space(object);

	if (*at != '{')
		return NULL;
	at++;
	for (;;) {
		const char *key = skip_space(at);
		const char *end;

		if (*key != '"')
			return NULL;
		end = skip_string(key);
		if (!end)
			return NULL;
		at = skip_space(end);
		if (*at != ':')
			return NULL;
		at = skip_space(at + 1);
		if (string_equals(key, end, name))
			return at;
		at = skip_value(at);
		if (!at)
			return NULL;
		at = skip_space(at);
		if (*at != ',')
			return NULL;
		at++;
	}
}

static const char *find_value(const struct space *space, const char *json,
			      size_t i)
{
	const struct parameter *p = &space->parameters[i];
	const struct parameter *parent;
	const char *object, *name, *end;

	if (p->parent < 0)
		return find_member(json, p->name);
	parent = &space->parameters[p->parent];
	object = find_value(space, json, (size_t)p->parent);
	name = object ? find_member(object, "_name") : NULL;
	if (!name || *name != '"')
		return NULL;
	end = skip_string(name);
	if (!end ||
	    !string_equals(name, end, parent->options[p->parent_option].name))
		return NULL;
	return find_member(object, p->name);
}

void space_format_cell(const struct space *space, const char *json, size_t i,
		       struct strbuf *out)
{
	const char *at = find_value(space, json, i);
	const char *end;

	if (!at && space->is_list)
		at = skip_space(json);
	if (at && space->parameters[i].is_nested)
		at = find_member(at, "_name");
	end = at ? skip_value(at) : NULL;
	if (!end)
		return;
	if (*at == '"')
		decode_string(at, end, out);
	else
		strbuf_add(out, at, (size_t)(end - at));
}
