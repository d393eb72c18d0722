/* SPDX-License-Identifier: MIT */
/*
 * Fields of the API's objects, read without trust: a member that is missing or
 * of another type reads as nothing, never as a fault.
 *
 * Pure; object may be NULL everywhere, so that paths can be nested:
 * field_text(field_object(pod, "status"), "reason").
 */
#ifndef ENGINE_POD_FIELD_H
#define ENGINE_POD_FIELD_H

#include "base/strbuf.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NULL when it is none. */
const cJSON *field_object(const cJSON *object, const char *name);
const cJSON *field_array(const cJSON *object, const char *name);
/* "" when it is none; the tree's. */
const char *field_text(const cJSON *object, const char *name);
bool field_is_true(const cJSON *object, const char *name);
/* Does it hold exactly this text? */
bool field_is(const cJSON *object, const char *name, const char *text);
/* Cut towards zero and held within 32 bits; fallback when it is none. */
int field_integer(const cJSON *object, const char *name, int fallback);
/* Wall time; 0 when it is none. */
int64_t field_time(const cJSON *object, const char *name);
/* A quantity in thousandths, text or number; false when it is none. */
bool field_quantity(const cJSON *object, const char *name, int64_t *ret_milli);
/* A name or an id, whole and printable ASCII: false when it is empty, does
 * not fit, or holds anything else.  *ret is "" then. */
bool field_name(const cJSON *object, const char *name, char *ret, size_t size);

/* The object in an array whose member `key` is this text; NULL. */
const cJSON *field_find(const cJSON *array, const char *key, const char *text);

/* Text for people: blanks and line ends become one space, the rest is made
 * safe; cut at a character with "..." when it does not fit. */
void line_copy(char *ret, size_t size, const char *text, size_t len);
/* The same behind what is in ret already. */
void line_add(char *ret, size_t size, const char *text, size_t len);
void line_addf(char *ret, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
