/* SPDX-License-Identifier: MIT */
/*
 * What calls somebody who looks elsewhere: the bell and the terminal's own
 * notification, for an experiment's end, a new best trial and alerts, as the
 * settings `bell` and `notify` want it.
 *
 * Every experiment of the list counts, whoever runs it.  What was so when it
 * was first seen is no news; nor is the first result of all, which is the best
 * by itself.  Several things of one look make one sound.  Thread: ui.
 */
#ifndef TUI_RING_H
#define TUI_RING_H

#include "tui/settings.h"

#include <stdbool.h>
#include <stdint.h>

struct console;
struct ring;

enum ring_kind { RING_FINISHED, RING_BEST, RING_ALERT };

struct ring *ring_new(void);
void ring_free(struct ring *ring);
/* After a look at the store (enum data_change): tell what is news. */
void ring_look(struct console *console, unsigned changes);

/* Does a value of `bell` or `notify` ask for this? */
bool ring_is_wanted(const char *value, enum ring_kind kind);

#endif
