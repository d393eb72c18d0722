/* SPDX-License-Identifier: MIT */
/*
 * Some seconds in which what was asked for can be taken back, with <Esc> or
 * `:undo`.  The status line counts them down.
 *
 * An act waits until they are over (carry_out), or has been done and is undone
 * (take_back).  There is one at a time: another one, and the end of the
 * program, close the window of the one before, which is then done.
 * Thread: ui.
 */
#ifndef TUI_UNDO_H
#define TUI_UNDO_H

#include <stdbool.h>
#include <stdint.h>

struct console;

struct undo_ops {
	/* when the time is over; NULL: it is done already */
	void (*carry_out)(struct console *console, void *arg);
	/* NULL: there is nothing to it but to forget */
	void (*take_back)(struct console *console, void *arg);
	void (*release)(void *arg);
};

struct undo {
	int seconds; /* length of the window; 0: there is none */
	char what[200];
	int64_t until_ns; /* monotonic; 0: none is open */
	const struct undo_ops *ops;
	void *arg;
};

/* Takes arg.  Without a window it is carried out at once. */
void undo_open(struct console *console, const char *what,
	       const struct undo_ops *ops, void *arg);
bool undo_is_open(const struct console *console);
/* Take it back, and say so. */
void undo_take_back(struct console *console);
/* Carry out what is due; with `now` also what is not yet. */
void undo_look(struct console *console, bool now);
/* Seconds left, rounded up. */
int undo_left_s(const struct console *console);

#endif
