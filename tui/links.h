/* SPDX-License-Identifier: MIT */
/*
 * Links one can click (OSC 8) in a trial's page: addresses of the web, and
 * paths below the experiment's own folder.
 *
 * They are found in what was painted, which is safe to show; an address has
 * nothing but printable ASCII, and a path is encoded.  One that goes on in the
 * next row leads where the whole of it leads.  Thread: ui.
 */
#ifndef TUI_LINKS_H
#define TUI_LINKS_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

struct console;

/* After a frame was sent. */
void links_show(struct console *console);

/* The first link in text: where it begins, its length.  folder: paths below it
 * count as well; may be NULL. */
bool links_find(const char *text, const char *folder, size_t *ret_at,
		size_t *ret_len);
/* Where it leads. */
void links_add_url(struct strbuf *out, const char *text, size_t len);

#endif
