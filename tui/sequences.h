/* SPDX-License-Identifier: MIT */
/*
 * Sequences that curses knows nothing of: clipboard, notifications.
 *
 * tmux and screen swallow what they do not know, so such a sequence is wrapped
 * for them to pass on.  tmux passes it on with `allow-passthrough on` and
 * takes the clipboard itself with `set-clipboard on`: both are tried.  screen
 * cuts what it passes on at some 500 bytes, so it goes in pieces.  Pure, but
 * for sequences_found, which reads the environment.
 *
 * Protocols: xterm's ctlseqs (OSC 8, 9, 52; DCS), tmux(1), screen(1).
 */
#ifndef TUI_SEQUENCES_H
#define TUI_SEQUENCES_H

#include "base/strbuf.h"

#include <stdbool.h>

enum sequences_through { THROUGH_NOTHING, THROUGH_TMUX, THROUGH_SCREEN };

/* Bytes of base64 that terminals are known to take (xterm's are the least). */
#define SEQUENCES_COPY_MAX 74994

/* What stands between us and the terminal. */
enum sequences_through sequences_found(void);
/* Is the terminal known to understand links? */
bool sequences_has_links(void);
/* Bytes of text that fit. */
size_t sequences_copy_most(void);
/* Text to the clipboard.  False, with nothing appended, when it is too long. */
bool sequences_add_copy(struct strbuf *out, const char *text, size_t len,
			enum sequences_through through);
/* A notification; control characters are left out, 200 bytes at most. */
void sequences_add_notice(struct strbuf *out, const char *text,
			  enum sequences_through through);
/* Begin and end of a link.  An address with anything but printable ASCII, or
 * longer than 2000 bytes, is none: false, nothing appended. */
bool sequences_add_link(struct strbuf *out, const char *url);
void sequences_end_link(struct strbuf *out);

#endif
