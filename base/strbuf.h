/* SPDX-License-Identifier: MIT */
/*
 * Growing text.  `data` is always NUL-terminated, and never NULL once
 * initialised, so it can be printed at any time.
 *
 *     struct strbuf out = STRBUF_INIT;
 *     strbuf_addf(&out, "%d trials", n);
 *     puts(out.data);
 *     strbuf_release(&out);
 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *data;
	size_t len; /* bytes without the NUL */
	size_t capacity;
};

extern char strbuf_empty[1];
#define STRBUF_INIT                                                            \
	{                                                                      \
		strbuf_empty, 0, 0                                             \
	}

void strbuf_init(struct strbuf *buf);
void strbuf_release(struct strbuf *buf);
void strbuf_clear(struct strbuf *buf); /* empties, keeps the memory */
void strbuf_reserve(struct strbuf *buf, size_t extra);
void strbuf_add(struct strbuf *buf, const void *data, size_t len);
void strbuf_adds(struct strbuf *buf, const char *text);
void strbuf_addch(struct strbuf *buf, char c);
void strbuf_addf(struct strbuf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Cut to len bytes; len must not exceed buf->len. */
void strbuf_truncate(struct strbuf *buf, size_t len);
/* Remove the first len bytes. */
void strbuf_consume(struct strbuf *buf, size_t len);
/* Hand the text over: the caller frees it; buf is empty afterwards. */
char *strbuf_detach(struct strbuf *buf);

/* Append text as a JSON string with quotes: escapes, invalid UTF-8 replaced. */
void strbuf_add_json_string(struct strbuf *buf, const char *text);
/* Append a number as JSON that reads back to the same double; NaN and
 * infinities become null. */
void strbuf_add_json_number(struct strbuf *buf, double value);
/* Append one CSV field (RFC 4180): quoted when it must be. */
void strbuf_add_csv(struct strbuf *buf, const char *text);

#endif
