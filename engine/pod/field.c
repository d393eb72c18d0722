/* SPDX-License-Identifier: MIT */
/* Reading what others wrote into an object. */
#include "engine/pod/field.h"

#include "base/escape.h"
#include "base/utf8.h"
#include "engine/pod/view.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_IsObject(object)
		       ? cJSON_GetObjectItemCaseSensitive(object, name)
		       : NULL;
}

const cJSON *field_object(const cJSON *object, const char *name)
{
	const cJSON *item = member(object, name);

	return cJSON_IsObject(item) ? item : NULL;
}

const cJSON *field_array(const cJSON *object, const char *name)
{
	const cJSON *item = member(object, name);

	return cJSON_IsArray(item) ? item : NULL;
}

const char *field_text(const cJSON *object, const char *name)
{
	const cJSON *item = member(object, name);

	return cJSON_IsString(item) ? item->valuestring : "";
}

bool field_is_true(const cJSON *object, const char *name)
{
	return cJSON_IsTrue(member(object, name));
}

bool field_is(const cJSON *object, const char *name, const char *text)
{
	return !strcmp(field_text(object, name), text);
}

int field_integer(const cJSON *object, const char *name, int fallback)
{
	const cJSON *item = member(object, name);

	if (!cJSON_IsNumber(item) || item->valuedouble != item->valuedouble)
		return fallback;
	if (item->valuedouble >= INT_MAX)
		return INT_MAX;
	if (item->valuedouble <= INT_MIN)
		return INT_MIN;
	return (int)item->valuedouble;
}

int64_t field_time(const cJSON *object, const char *name)
{
	return pod_time(field_text(object, name));
}

bool field_quantity(const cJSON *object, const char *name, int64_t *ret_milli)
{
	const cJSON *item = member(object, name);
	char text[40];

	if (cJSON_IsString(item))
		return pod_quantity(item->valuestring, ret_milli);
	if (!cJSON_IsNumber(item))
		return false;
	snprintf(text, sizeof(text), "%.15g", item->valuedouble);
	return pod_quantity(text, ret_milli);
}

bool field_name(const cJSON *object, const char *name, char *ret, size_t size)
{
	const char *text = field_text(object, name);
	size_t len = strnlen(text, size);

	*ret = '\0';
	if (!len || len == size)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	memcpy(ret, text, len + 1);
	return true;
}

const cJSON *field_find(const cJSON *array, const char *key, const char *text)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, array)
		if (cJSON_IsObject(item) && field_is(item, key, text))
			return item;
	return NULL;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void line_add(char *ret, size_t size, const char *text, size_t len)
{
	size_t used = strlen(ret), end, cut = 0;
	struct strbuf flat = STRBUF_INIT, safe = STRBUF_INIT;

	/* an invalid byte becomes three, nothing shrinks but blanks */
	for (size_t i = 0; i < len && flat.len <= size; i++) {
		size_t escape = escape_length(text + i, len - i);

		if (escape)
			i += escape - 1; /* colours are for a terminal */
		else if (!is_blank(text[i]))
			strbuf_addch(&flat, text[i]);
		else if (flat.len ? flat.data[flat.len - 1] != ' '
				  : used && ret[used - 1] != ' ')
			strbuf_addch(&flat, ' ');
	}
	utf8_sanitize(&safe, flat.data, flat.len, false);
	end = safe.len;
	if (used + end >= size) {
		cut = size - used > 4 ? 3 : 0;
		end = size - used - 1 - cut;
		while (end && ((unsigned char)safe.data[end] & 0xC0) == 0x80)
			end--;
	}
	memcpy(ret + used, safe.data, end);
	memcpy(ret + used + end, "...", cut);
	ret[used + end + cut] = '\0';
	strbuf_release(&safe);
	strbuf_release(&flat);
}

void line_copy(char *ret, size_t size, const char *text, size_t len)
{
	while (len && is_blank(text[len - 1]))
		len--;
	*ret = '\0';
	line_add(ret, size, text, len);
}

void line_addf(char *ret, size_t size, const char *format, ...)
{
	char text[1024]; /* longer than any line */
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line_add(ret, size, text, strlen(text));
}
