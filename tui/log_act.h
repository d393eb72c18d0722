/* SPDX-License-Identifier: MIT */
/*
 * What is done to the log pane beyond moving in it: searching, filtering,
 * saving, by key and by ':' command.  Thread: ui.
 */
#ifndef TUI_LOG_ACT_H
#define TUI_LOG_ACT_H

#include "tui/log_pane.h"

/* One of the pane's own actions; false: none of them. */
bool log_act_do(struct console *console, enum action_id action);
/* For struct view_ops. */
bool log_act_search(struct console *console, const char *text,
		    bool is_backward);
/* What the pane remembers of searches and filters, for a file just opened. */
void log_act_apply(struct log_pane *pane);
/* Say how a search or a save has ended. */
void log_act_tell(struct console *console);
/* Append to the title what is filtered, found and saved. */
void log_act_title(const struct log_pane *pane, struct strbuf *out);

/* ---- log_jump.c ---- */
/* Times beside the lines: off, of the clock, since the log's start. */
void log_times_next(struct console *console);
/* The time of what stands at this offset, in LOG_TIME_COLS columns. */
void log_times_format(const struct log_pane *pane, int64_t offset,
		      struct strbuf *out);

#endif
