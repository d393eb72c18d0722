/* SPDX-License-Identifier: MIT */
/*
 * The painted screen into a file: text, SVG or HTML, by the file's name.
 * Colours are the theme's own, whatever the terminal makes of them.
 * Thread: ui.
 */
#ifndef TUI_SCREEN_SAVE_H
#define TUI_SCREEN_SAVE_H

#include "base/error.h"

#include <stdbool.h>

/* ".svg", ".html" and ".htm" make pictures; all other names text.
 * with_roles: text with a map of what each cell means beside it, in
 * PATH.roles. */
bool screen_save(const char *path, const char *title, bool with_roles,
		 struct error *err);
/* "screen-1.svg", or the first such name that is not there yet.  Caller
 * frees. */
char *screen_save_name(void);

#endif
