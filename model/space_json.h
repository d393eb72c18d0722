/* SPDX-License-Identifier: MIT */
/*
 * JSON as search spaces need it: numbers that remember what they were.
 *
 * To Python `1` and `1.0` are different things, and so they are to the user's
 * training code; cJSON alone forgets.  A tree from space_json_parse holds each
 * number as a cJSON_Raw node: valuedouble is its value, valuestring its text
 * as Python's json module would print it ("1", "1.0", "1e-05").  Such a tree
 * prints with cJSON_PrintUnformatted.  Private to model/space*.c.
 */
#ifndef MODEL_SPACE_JSON_H
#define MODEL_SPACE_JSON_H

#include "base/error.h"
#include "base/strbuf.h"

#include <cjson/cJSON.h>

/* The longest JSON text that is looked at, in bytes. */
#define SPACE_JSON_MAX (8 * 1024 * 1024)

/* Parse a whole text.  Refuses what JSON has no word for: text after the
 * value, invalid UTF-8, NUL in strings, numbers that are not finite.  Errors
 * name line and column.  The caller calls cJSON_Delete. */
cJSON *space_json_parse(const char *text, struct error *err);
bool space_json_is_number(const cJSON *node);
/* "a number", "an object", ...; static storage. */
const char *space_json_kind(const cJSON *node);
/* Compact text of a tree; the caller frees. */
char *space_json_print(const cJSON *node);
/* Append a finite number as Python prints floats: the fewest digits that read
 * back to the same double, always with a point or an exponent. */
void space_json_add_float(struct strbuf *out, double value);

#endif
