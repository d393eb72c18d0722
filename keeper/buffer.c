/* SPDX-License-Identifier: MIT */
/* A growing buffer with a ceiling. */
#include "keeper/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool buffer_reserve(struct buffer *buffer, size_t extra)
{
	size_t need = buffer->len + extra;
	size_t capacity = buffer->capacity ? buffer->capacity : 4096;
	char *data;

	if (extra > buffer->max || need > buffer->max)
		return false;
	if (need <= buffer->capacity)
		return true;
	while (capacity < need)
		capacity *= 2;
	data = realloc(buffer->data, capacity);
	if (!data)
		return false;
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

bool buffer_add(struct buffer *buffer, const void *data, size_t len)
{
	if (!buffer_reserve(buffer, len))
		return false;
	if (len)
		memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	return true;
}

bool buffer_addf(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	char text[512];
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0 || n >= (int)sizeof(text))
		return false;
	return buffer_add(buffer, text, (size_t)n);
}

void buffer_consume(struct buffer *buffer, size_t len)
{
	if (!len)
		return;
	memmove(buffer->data, buffer->data + len, buffer->len - len);
	buffer->len -= len;
}

void buffer_release(struct buffer *buffer)
{
	free(buffer->data);
	buffer->data = NULL;
	buffer->len = buffer->capacity = 0;
}
