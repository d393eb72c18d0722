/* SPDX-License-Identifier: MIT */
/* What the two files of the trials pane tell each other. */
#ifndef TUI_VIEW_TRIALS_H
#define TUI_VIEW_TRIALS_H

#include "tui/console.h"

/* Column ids, in the order of the table. */
enum {
	TRIALS_NUMBER,
	TRIALS_ID,
	TRIALS_STATE,
	TRIALS_TRY,
	TRIALS_FINAL,
	TRIALS_BEST,
	TRIALS_LAST,
	TRIALS_STEPS,
	TRIALS_TIME,
	TRIALS_STARTED,
	TRIALS_NODE,	   /* where trials run in a cluster */
	TRIALS_PARAMETERS, /* all in one, where there is no search space */
	TRIALS_REASON,
	TRIALS_PARAMETER /* number i of the space is TRIALS_PARAMETER + i */
};

/* Make the columns for the shown experiment, if that is not done. */
void trials_make_columns(struct console *console);
/* Give them their widths, without what is not wanted now: scrolled out, not
 * chosen, empty. */
void trials_fit_columns(struct console *console, int cols);
/* Id of the column sorted by. */
int trials_sorted_column(const struct console *console);
/* The actions that sort; false for others. */
bool trials_sort_action(struct console *console, enum action_id action);

#endif
