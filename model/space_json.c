/* SPDX-License-Identifier: MIT */
/*
 * JSON with numbers that keep their spelling.
 *
 * cJSON reads the text; a scan beside it collects the spans of all numbers in
 * document order, and a walk over the tree in the same order hands them out.
 * Both orders agree whenever cJSON has accepted the text, because outside of
 * strings a number can be recognised by its first character alone.
 */
#include "model/space_json.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "model/json_text.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span {
	const char *at;
	size_t len;
};

struct spans {
	struct span *items;
	size_t count, capacity;
	size_t next; /* to be handed out */
};

static bool fail_at(const char *text, const char *at, const char *what,
		    struct error *err)
{
	int line = 1;
	int column = 1;

	for (; text < at; text++) {
		column++;
		if (*text == '\n') {
			line++;
			column = 1;
		}
	}
	return error_set(err, ERROR_INVALID, "line %d, column %d: %s", line,
			 column, what);
}

static size_t digits(const char *at)
{
	return strspn(at, "0123456789");
}

/* Does [at, at+len) follow JSON's grammar of numbers?  strtod, which cJSON
 * trusts, is more generous. */
static bool is_number(const char *at, size_t len)
{
	const char *end = at + len;
	size_t n;

	at += *at == '-';
	n = digits(at);
	if (n == 0 || (n > 1 && *at == '0'))
		return false;
	at += n;
	if (at < end && *at == '.') {
		n = digits(++at);
		if (n == 0)
			return false;
		at += n;
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		at++;
		at += *at == '+' || *at == '-';
		n = digits(at);
		if (n == 0)
			return false;
		at += n;
	}
	return at == end;
}

/* Collect the numbers of text, and refuse what cJSON would let through. */
static bool scan(const char *text, struct spans *spans, struct error *err)
{
	bool in_string = false;
	const char *at = text;
	uint32_t point;
	size_t n;

	while (*at) {
		n = 1;
		if ((unsigned char)*at >= 0x80) {
			n = utf8_decode(at, strnlen(at, 4), &point);
			if (point == UTF8_INVALID)
				return fail_at(text, at, "invalid UTF-8", err);
		} else if (in_string && *at == '\\') {
			if (!strncmp(at, "\\u0000", 6))
				return fail_at(text, at,
					       "a NUL character in a string",
					       err);
			n = at[1] ? 2 : 1;
		} else if (*at == '"') {
			in_string = !in_string;
		} else if (!in_string && (*at == '-' || isdigit(*at))) {
			n = strspn(at, "0123456789+-.eE");
			if (!is_number(at, n))
				return fail_at(text, at, "not a valid number",
					       err);
			ARRAY_RESERVE(spans->items, spans->count,
				      spans->capacity);
			spans->items[spans->count++] = (struct span){at, n};
		}
		at += n;
	}
	return true;
}

static char *spell(const struct span *span, double value)
{
	struct strbuf out = STRBUF_INIT;

	if (memchr(span->at, '.', span->len) ||
	    memchr(span->at, 'e', span->len) ||
	    memchr(span->at, 'E', span->len))
		space_json_add_float(&out, value);
	else if (span->len == 2 && !memcmp(span->at, "-0", 2))
		strbuf_addch(&out, '0');
	else
		strbuf_add(&out, span->at, span->len);
	return strbuf_detach(&out);
}

static bool attach(cJSON *node, const char *text, struct spans *spans,
		   struct error *err)
{
	for (; node; node = node->next) {
		const struct span *span;

		if (node->child && !attach(node->child, text, spans, err))
			return false;
		if (!cJSON_IsNumber(node))
			continue;
		if (spans->next == spans->count)
			return error_set(err, ERROR_INVALID,
					 "not a valid JSON text");
		span = &spans->items[spans->next++];
		if (!isfinite(node->valuedouble))
			return fail_at(text, span->at,
				       "a number that is not finite", err);
		node->valuestring = spell(span, node->valuedouble);
		node->type = cJSON_Raw;
	}
	return true;
}

cJSON *space_json_parse(const char *text, struct error *err)
{
	struct spans spans = {0};
	const char *start = text + strspn(text, " \t\r\n");
	const char *end = text;
	size_t len;
	cJSON *root = NULL;
	bool ok;

	if (strnlen(text, SPACE_JSON_MAX + 1) > SPACE_JSON_MAX) {
		error_set(err, ERROR_LIMIT, "more than %d bytes of JSON",
			  SPACE_JSON_MAX);
		return NULL;
	}
	ok = scan(text, &spans, err);
	/* a tree costs forty times its text: count before it is built */
	if (ok && (*start == '{' || *start == '['))
		ok = json_measure(start, strlen(start), &len, err);
	if (ok) {
		root = cJSON_ParseWithOpts(text, &end, true);
		ok = root || fail_at(text, end, "not valid JSON", err);
	}
	if (ok && !attach(root, text, &spans, err)) {
		cJSON_Delete(root);
		root = NULL;
	}
	free(spans.items);
	return root;
}

bool space_json_is_number(const cJSON *node)
{
	return cJSON_IsRaw(node);
}

const char *space_json_kind(const cJSON *node)
{
	if (cJSON_IsRaw(node))
		return "a number";
	if (cJSON_IsString(node))
		return "a string";
	if (cJSON_IsObject(node))
		return "an object";
	if (cJSON_IsArray(node))
		return "a list";
	return cJSON_IsNull(node) ? "null" : "a boolean";
}

char *space_json_print(const cJSON *node)
{
	char *text = cJSON_PrintUnformatted(node);
	char *copy = xstrdup(text ? text : "null");

	cJSON_free(text);
	return copy;
}

void space_json_add_float(struct strbuf *out, double value)
{
	char text[40];
	char figures[20];
	int count = 0;
	int exponent;
	/* Below the normal numbers fewer figures may do. */
	int precision = fabs(value) < DBL_MIN ? 0 : 14;

	if (value == 0) {
		strbuf_adds(out, signbit(value) ? "-0.0" : "0.0");
		return;
	}
	for (; precision <= 16; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}
	/* The figures alone: a locale may have put a comma between them. */
	for (const char *at = text; *at != 'e'; at++)
		if (isdigit((unsigned char)*at))
			figures[count++] = *at;
	exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	while (count > 1 && figures[count - 1] == '0')
		count--;
	if (value < 0)
		strbuf_addch(out, '-');
	if (exponent < -4 || exponent >= 16) {
		strbuf_add(out, figures, 1);
		if (count > 1) {
			strbuf_addch(out, '.');
			strbuf_add(out, figures + 1, (size_t)count - 1);
		}
		strbuf_addf(out, "e%+03d", exponent);
		return;
	}
	if (exponent < 0)
		strbuf_adds(out, "0.");
	for (int i = exponent; i < -1; i++)
		strbuf_addch(out, '0');
	for (int i = 0; i < count || i <= exponent; i++) {
		strbuf_addch(out, i < count ? figures[i] : '0');
		if (i == exponent)
			strbuf_addch(out, '.');
	}
	if (exponent >= 0 && count <= exponent + 1)
		strbuf_addch(out, '0');
}
