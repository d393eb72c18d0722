/* SPDX-License-Identifier: MIT */
/*
 * Reading what was typed after ':'.
 *
 * A line is a word and its arguments, separated by blanks; '...' and "..."
 * hold blanks together, a backslash takes the next character as it is.  The
 * parser only fills a struct; commands.c acts.  Input is hostile (scripts,
 * pasted text): bounded, no control characters.  Pure.
 */
#ifndef TUI_CMDLINE_H
#define TUI_CMDLINE_H

#include "base/error.h"

#include <stddef.h>

#define CMDLINE_TEXT_MAX 8192
#define CMDLINE_WORDS_MAX 64

struct cmdline {
	int argc;
	char *argv[CMDLINE_WORDS_MAX + 1]; /* owned; NULL-terminated */
	char *rest; /* all after the first word as typed, trimmed; owned */
};

/* Read a line without its ':'.  An empty line has argc 0. */
bool cmdline_parse(const char *text, size_t len, struct cmdline *ret,
		   struct error *err);
void cmdline_release(struct cmdline *cmdline);

#endif
