/* SPDX-License-Identifier: MIT */
/*
 * Text from pods, files and terminals, made safe and measured in columns.
 * Nothing here trusts its input: every byte sequence has a defined answer.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/strbuf.h"

#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID 0xFFFFFFFFu

/* Decode one code point of at most len (>= 1) bytes.  Returns the bytes used
 * (>= 1); *ret_point is UTF8_INVALID for overlong, surrogate, cut or stray
 * bytes, which are then consumed one at a time. */
size_t utf8_decode(const char *text, size_t len, uint32_t *ret_point);

/* Append a code point. */
void utf8_encode(struct strbuf *buf, uint32_t point);

/* Columns of one code point: 0 combining, 1, or 2 wide; -1 for controls.
 * Own table, so it does not depend on the locale. */
int utf8_point_width(uint32_t point);

/* Columns of a text; controls and invalid bytes count one each. */
int utf8_width(const char *text, size_t len);

/* Longest prefix of text that fits in cols columns, in bytes.
 * *ret_cols, if not NULL, receives the columns it takes. */
size_t utf8_prefix(const char *text, size_t len, int cols, int *ret_cols);

/* Append text with everything dangerous to a terminal replaced: C0 and C1
 * controls (tab becomes one space), DEL, bidi overrides and invalid bytes turn
 * into U+FFFD, or '?' when ascii is set (then every non-ASCII point does). */
void utf8_sanitize(struct strbuf *out, const char *text, size_t len,
		   bool ascii);

#endif
