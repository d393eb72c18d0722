/* SPDX-License-Identifier: MIT */
/*
 * What people do beyond a single command: trials of their own, tags, notes,
 * changes of a running experiment, undo.  Each says what came of it in the
 * last line.  Thread: ui.
 */
#ifndef TUI_ACTS_H
#define TUI_ACTS_H

struct console;

/* ---- act_trial.c ---- */
/* Forms: a trial with the selected one's parameters, or with new ones. */
void act_clone(struct console *console);
void act_add(struct console *console);

#endif
