/* SPDX-License-Identifier: MIT */
/*
 * Escape sequences that programs write for a terminal, by the grammar of
 * ECMA-48.  Pure.  Thread: any.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stddef.h>

/* Bytes of the escape sequence that starts at text (ESC, or a C1 control
 * encoded in UTF-8); 0 when there is none.  A string sequence without an end
 * is its introducer alone, so that it swallows nothing. */
size_t escape_length(const char *text, size_t len);

#endif
