/* SPDX-License-Identifier: MIT */
/*
 * A growing buffer with a ceiling: the keeper's memory stays bounded whatever
 * the command writes.  Out of memory and over the ceiling both just say no.
 */
#ifndef KEEPER_BUFFER_H
#define KEEPER_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
	char *data;
	size_t len, capacity;
	size_t max; /* bytes; never grows beyond */
};

/* Room for `extra` more bytes; false when that is too many. */
bool buffer_reserve(struct buffer *buffer, size_t extra);
/* All or nothing. */
bool buffer_add(struct buffer *buffer, const void *data, size_t len);
bool buffer_addf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Remove the first len bytes. */
void buffer_consume(struct buffer *buffer, size_t len);
void buffer_release(struct buffer *buffer);

#endif
