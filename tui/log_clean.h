/* SPDX-License-Identifier: MIT */
/*
 * One raw line of a trial's output, made into what a reader wants to see and a
 * terminal may be given.  Pure.  Thread: any.
 */
#ifndef TUI_LOG_CLEAN_H
#define TUI_LOG_CLEAN_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* Append the line (without its newline): only what follows the last carriage
 * return that has something after it (progress bars overwrite themselves),
 * escape sequences dropped, backspaces applied, tabs expanded to every eighth
 * column, the rest made safe by utf8_sanitize.  Never longer than 8 times
 * `len` bytes.  What is appended starts with no combining character and has at
 * most three in a row. */
void log_clean(struct strbuf *out, const char *line, size_t len, bool is_ascii);

#endif
