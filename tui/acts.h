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

/* ---- act_mark.c ---- */
/* Forms: tags and a note of the trials, or of the experiment when its pane has
 * the keys. */
void act_tags(struct console *console);
void act_note(struct console *console);

/* ---- act_change.c ---- */
/* A form for what can change while an experiment runs. */
void act_change(struct console *console);

/* ---- act_experiment.c ---- */
void act_archive(struct console *console);
void act_delete(struct console *console);
/* Show archived ones, or no more. */
void act_show_archived(struct console *console);

#endif
