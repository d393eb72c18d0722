/* SPDX-License-Identifier: MIT */
/*
 * Hostile JSON made fit for cJSON.
 *
 * cJSON builds a tree of some 80 bytes a value, so "[0,0,0,..." grows fortyfold
 * in memory, and it knows neither NaN nor Infinity, which Python writes.  This
 * file measures a text before a tree is built and reads Python's dialect.
 */
#ifndef MODEL_JSON_TEXT_H
#define MODEL_JSON_TEXT_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stddef.h>

#define JSON_DEPTH_MAX 64      /* nested arrays and objects */
#define JSON_VALUES_MAX 200000 /* values in one text */

struct cJSON;

/* Length of the object or array that text begins with; builds nothing.
 * Fails: ERROR_INVALID when it does not end, ERROR_LIMIT when it is nested
 * deeper than JSON_DEPTH_MAX or holds more than JSON_VALUES_MAX values. */
bool json_measure(const char *text, size_t len, size_t *ret_len,
		  struct error *err);

/* Parse a whole text (blanks around it are fine).  Bare NaN, Infinity and
 * -Infinity are read as strings of that name.  The caller deletes the tree.
 * Fails: as json_measure, and ERROR_INVALID with line and column. */
struct cJSON *json_parse(const char *text, size_t len, struct error *err);

/* The byte behind a string, or end; text is behind the opening quote. */
const char *json_skip_string(const char *text, const char *end);

/* Is it "NaN", "Infinity" or "-Infinity"? */
bool json_special_number(const char *text, double *ret_value);

#endif
