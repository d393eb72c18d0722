/* SPDX-License-Identifier: MIT */
/*
 * The palette: one line to type in, and above it what that could mean:
 * experiments, trials, keys, commands, settings, the best match first.
 *
 * Trials are not copied: each is compared where the index has it, so that a
 * hundred thousand of them cost milliseconds a letter.  Thread: ui.
 */
#ifndef TUI_PALETTE_H
#define TUI_PALETTE_H

#include "tui/console.h"

struct palette *palette_new(void);
void palette_free(struct palette *palette);
void palette_open(struct console *console);
/* A key while it is open; false: the prompt's own. */
bool palette_on_key(struct console *console, int key);
/* The text changed. */
void palette_match(struct console *console);
/* Enter: do what is chosen. */
void palette_choose(struct console *console);
/* Above the last lines of a rectangle. */
void palette_draw(struct console *console, struct rect body);

#endif
