/* SPDX-License-Identifier: MIT */
/*
 * A cursor over stored JSON, for readers of thousands of small objects: nothing
 * is parsed into a tree, what is not looked for is skipped.  Whatever the text
 * is, it stays within its bytes (up to the NUL) and returns.  Pure.
 */
#ifndef MODEL_JSON_WALK_H
#define MODEL_JSON_WALK_H

#include "base/strbuf.h"

#include <stdbool.h>

const char *json_walk_space(const char *at);
/* Past the string that starts at `at`, or NULL. */
const char *json_walk_string(const char *at);
/* Past the value that starts at `at`, or NULL when the text ends in it. */
const char *json_walk_value(const char *at);
/* Append the text of the string in [at, end), quotes included in the range. */
void json_walk_decode(const char *at, const char *end, struct strbuf *out);
/* Is the string in [at, end), quotes included, this text? */
bool json_walk_equals(const char *at, const char *end, const char *text);

#endif
