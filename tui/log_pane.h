/* SPDX-License-Identifier: MIT */
/*
 * What the log pane has open: which file of which attempt, and whose lines of
 * it.  Private to tui/log_pane.c and tui/view_log.c; others use tui/console.h.
 */
#ifndef TUI_LOG_PANE_H
#define TUI_LOG_PANE_H

#include "tui/console.h"
#include "tui/log_parts.h"
#include "tui/log_text.h"
#include "tui/log_times.h"

#define LOG_ROLES 4
#define LOG_ROLE_PREVIOUS 3
#define LOG_ROLE_STDOUT 0 /* a pod's log, too: it holds both streams */

enum log_times_shown {
	LOG_TIMES_OFF,
	LOG_TIMES_ABSOLUTE,
	LOG_TIMES_RELATIVE,
	LOG_TIMES_COUNT,
};
#define LOG_TIME_COLS 8

extern const char *const log_pane_roles[LOG_ROLES];

struct log_pane {
	bool is_ascii;
	int role;
	/* the trial the file belongs to: what the pane tells of, until
	 * another one has been selected for long enough */
	int64_t key; /* 0: none */
	int64_t sequence;
	int attempt;
	struct log_text *text;	/* NULL: none */
	struct log_times times; /* of its lines */
	enum log_times_shown shown_times;
	int role_before; /* H: what it goes back to */
	int of_attempt;	 /* whose file it is: H may show that of an earlier one
			  */
	struct log_parts parts; /* that wrote into it */
	int64_t parts_version;	/* the trial's when they were read */
	int64_t parts_read_ns;	/* monotonic */
	char chosen[64];	/* of them, shown alone where there is such a
				 * one; "": all */
	char *pattern;		/* searched for, as typed; or NULL */
	char *filter;		/* as typed; or NULL */
	int context;
	bool is_wrapped;
	int64_t wanted_ns; /* monotonic: another trial is selected since */
	bool was_searching;
	int64_t told_ns; /* monotonic: progress was shown */
};

/* Are there lines of several parts in it? */
bool log_pane_has_parts(const struct log_pane *pane);
/* The one whose lines are shown, or NULL. */
const char *log_pane_chosen(const struct log_pane *pane);
/* Open the selected trial's file now, however shortly it has been selected. */
void log_pane_hurry(struct console *console);
/* What was written before a restart, and back. */
void log_pane_toggle_previous(struct console *console);
/* All of them, then one after the other. */
void log_pane_choose_next(struct log_pane *pane);

#endif
