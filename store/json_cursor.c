/* SPDX-License-Identifier: MIT */
/*
 * Walking a large JSON text without holding it: finds where values begin and
 * end, by brackets and strings alone, so that each can be handed to cJSON on
 * its own.  It accepts more than JSON; the parser of the parts does not.
 */
#include "store/transfer.h"

#include <string.h>

#define DEPTH_MAX 64

static void skip_blanks(struct json_cursor *cursor)
{
	while (cursor->at < cursor->end && *cursor->at &&
	       strchr(" \t\r\n", *cursor->at))
		cursor->at++;
}

static bool take(struct json_cursor *cursor, char c)
{
	skip_blanks(cursor);
	if (cursor->at == cursor->end || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

static bool skip_string(struct json_cursor *cursor)
{
	for (cursor->at++; cursor->at < cursor->end; cursor->at++) {
		if (*cursor->at == '\\' && cursor->at + 1 < cursor->end) {
			cursor->at++;
		} else if (*cursor->at == '"') {
			cursor->at++;
			return true;
		}
	}
	return false;
}

static bool skip_value(struct json_cursor *cursor,
		       struct json_cursor *ret_value)
{
	int depth = 0;

	skip_blanks(cursor);
	ret_value->at = cursor->at;
	while (cursor->at < cursor->end) {
		char c = *cursor->at;

		if (!depth && (c == ',' || c == ']' || c == '}'))
			break;
		if (c == '"') {
			if (!skip_string(cursor))
				return false;
			continue;
		}
		if (c == '[' || c == '{') {
			if (++depth > DEPTH_MAX)
				return false;
		} else if (c == ']' || c == '}') {
			depth--;
		}
		cursor->at++;
	}
	ret_value->end = cursor->at;
	return !depth && ret_value->end > ret_value->at;
}

bool json_enter(struct json_cursor *cursor, char bracket)
{
	return take(cursor, bracket);
}

bool json_next(struct json_cursor *cursor, struct json_cursor *ret_key,
	       struct json_cursor *ret_value, bool *ret_is_broken)
{
	*ret_is_broken = false;
	take(cursor, ',');
	skip_blanks(cursor);
	if (cursor->at < cursor->end && *cursor->at == (ret_key ? '}' : ']')) {
		cursor->at++;
		return false;
	}
	*ret_is_broken = true;
	if (ret_key) {
		skip_blanks(cursor);
		if (cursor->at == cursor->end || *cursor->at != '"')
			return false;
		ret_key->at = cursor->at + 1;
		if (!skip_string(cursor))
			return false;
		ret_key->end = cursor->at - 1;
		if (!take(cursor, ':'))
			return false;
	}
	if (!skip_value(cursor, ret_value))
		return false;
	*ret_is_broken = false;
	return true;
}

bool json_is(const struct json_cursor *span, const char *text)
{
	const char *end = span->end;
	size_t len = strlen(text);

	while (end > span->at && end[-1] && strchr(" \t\r\n", end[-1]))
		end--;
	return (size_t)(end - span->at) == len && !memcmp(span->at, text, len);
}
