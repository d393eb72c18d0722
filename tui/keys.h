/* SPDX-License-Identifier: MIT */
/*
 * Keys as numbers and as names: "j", "<Enter>", "<F9>", "<C-d>".
 *
 * A key is its Unicode code point; control keys are their ASCII codes; keys
 * that have no character count up from TK_BASE, above all of Unicode.  Help,
 * scripts, `:map` and the key table all speak these names.
 */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include "base/strbuf.h"

#include <stddef.h>

enum {
	TK_NONE = -1,
	TK_TAB = 9,
	TK_ENTER = 13,
	TK_ESC = 27,
	TK_SPACE = 32,
	TK_BACKSPACE = 127,
	TK_BASE = 0x110000,
	TK_UP,
	TK_DOWN,
	TK_LEFT,
	TK_RIGHT,
	TK_HOME,
	TK_END,
	TK_PAGE_UP,
	TK_PAGE_DOWN,
	TK_INSERT,
	TK_DELETE,
	TK_BACK_TAB,
	TK_MOUSE,	/* ask term_mouse */
	TK_PASTE_BEGIN, /* bracketed paste: what follows was not typed */
	TK_PASTE_END,
	TK_F0, /* function key n is TK_F0 + n */
	TK_F12 = TK_F0 + 12,
};

#define TK_CTRL(letter) ((letter) - 'a' + 1)

/* The key a name of len bytes means, or TK_NONE.  A single character is
 * itself; "<lt>" is '<'. */
int key_parse(const char *name, size_t len);
/* Append a key's name; what key_parse reads back. */
void key_format(int key, struct strbuf *out);

#endif
