/* SPDX-License-Identifier: MIT */
/* Growing text, and the three encodings that output needs everywhere. */
#include "base/strbuf.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char strbuf_empty[1];

void strbuf_init(struct strbuf *buf)
{
	*buf = (struct strbuf)STRBUF_INIT;
}

void strbuf_release(struct strbuf *buf)
{
	if (buf->capacity)
		free(buf->data);
	strbuf_init(buf);
}

void strbuf_clear(struct strbuf *buf)
{
	if (buf->capacity)
		strbuf_truncate(buf, 0);
}

void strbuf_reserve(struct strbuf *buf, size_t extra)
{
	size_t need = buf->len + extra + 1;
	size_t capacity = buf->capacity ? buf->capacity : 64;

	if (need <= buf->capacity)
		return;
	while (capacity < need)
		capacity *= 2;
	buf->data = xrealloc(buf->capacity ? buf->data : NULL, capacity);
	buf->capacity = capacity;
	buf->data[buf->len] = '\0';
}

void strbuf_add(struct strbuf *buf, const void *data, size_t len)
{
	strbuf_reserve(buf, len);
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void strbuf_adds(struct strbuf *buf, const char *text)
{
	strbuf_add(buf, text, strlen(text));
}

void strbuf_addch(struct strbuf *buf, char c)
{
	strbuf_add(buf, &c, 1);
}

void strbuf_addf(struct strbuf *buf, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n <= 0)
		return;
	strbuf_reserve(buf, (size_t)n);
	va_start(args, format);
	vsnprintf(buf->data + buf->len, (size_t)n + 1, format, args);
	va_end(args);
	buf->len += (size_t)n;
}

void strbuf_truncate(struct strbuf *buf, size_t len)
{
	if (!buf->capacity)
		return;
	buf->len = len;
	buf->data[len] = '\0';
}

void strbuf_consume(struct strbuf *buf, size_t len)
{
	if (!len)
		return;
	memmove(buf->data, buf->data + len, buf->len - len + 1);
	buf->len -= len;
}

char *strbuf_detach(struct strbuf *buf)
{
	char *text = buf->capacity ? buf->data : xstrdup("");

	strbuf_init(buf);
	return text;
}

void strbuf_add_json_string(struct strbuf *buf, const char *text)
{
	const char *end = text + strlen(text);

	strbuf_addch(buf, '"');
	while (text < end) {
		unsigned char c = (unsigned char)*text;
		uint32_t point;
		size_t n;

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			strbuf_addch(buf, *text++);
			continue;
		}
		n = utf8_decode(text, (size_t)(end - text), &point);
		if (c == '"' || c == '\\')
			strbuf_addf(buf, "\\%c", c);
		else if (c == '\n')
			strbuf_adds(buf, "\\n");
		else if (c == '\t')
			strbuf_adds(buf, "\\t");
		else if (c < 0x20 || c == 0x7f)
			strbuf_addf(buf, "\\u%04x", c);
		else if (point == UTF8_INVALID)
			strbuf_adds(buf, "\\ufffd");
		else
			strbuf_add(buf, text, n);
		text += n;
	}
	strbuf_addch(buf, '"');
}

void strbuf_add_json_number(struct strbuf *buf, double value)
{
	char text[32];

	if (!isfinite(value)) {
		strbuf_adds(buf, "null");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	strbuf_adds(buf, text);
}

void strbuf_add_csv(struct strbuf *buf, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		strbuf_adds(buf, text);
		return;
	}
	strbuf_addch(buf, '"');
	for (; *text; text++) {
		if (*text == '"')
			strbuf_addch(buf, '"');
		strbuf_addch(buf, *text);
	}
	strbuf_addch(buf, '"');
}
