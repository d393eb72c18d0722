/* SPDX-License-Identifier: MIT */
/*
 * Just enough JSON for the keeper: is this text one value, and what are the
 * members of this object.  Nothing is decoded or copied; values are passed on
 * as they were written.  The keeper links no library, hence this small scanner
 * beside the cJSON that everything else uses.
 */
#ifndef KEEPER_JSON_H
#define KEEPER_JSON_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_DEPTH_MAX 64

/* Bytes of the value that text starts with (blanks in front included), or 0
 * when there is none.  Bare NaN, Infinity and -Infinity count as numbers. */
size_t json_skip(const char *text, size_t len);

/* Is the whole text one value, blanks around it allowed? */
bool json_is_value(const char *text, size_t len);

struct json_member {
	const char *key; /* between the quotes, still escaped */
	size_t key_len;
	const char *value; /* without blanks around it */
	size_t value_len;
};

/* Walk the members of an object that json_is_value accepted:
 *     for (at = object; json_member_next(&at, end, &member);)
 * *at starts at the opening brace. */
bool json_member_next(const char **at, const char *end,
		      struct json_member *ret);

#endif
