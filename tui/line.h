/* SPDX-License-Identifier: MIT */
/*
 * Editing one line of text with the usual keys: a field of a form.
 * Knows nothing of what the text is for, and draws nothing.
 */
#ifndef TUI_LINE_H
#define TUI_LINE_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

struct line {
	struct strbuf text;
	size_t at; /* cursor: byte in text */
};

void line_set(struct line *line, const char *text);
void line_release(struct line *line);
/* False: the key is none of a line's.  *ret_is_changed: the text is another.
 * Nothing grows beyond max bytes. */
bool line_on_key(struct line *line, int key, size_t max, bool *ret_is_changed);

#endif
