/* SPDX-License-Identifier: MIT */
/* The log pane: a window on the selected trial's output files. */
#include "base/utf8.h"
#include "tui/format.h"
#include "tui/log_act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAN_COLS 16

/* Whose line it is, where the lines of all are shown. */
static void draw_mark(const struct log_pane *pane, int y, struct rect body,
		      const struct log_row *row)
{
	size_t mark = part_mark_length(row->text, strlen(row->text));
	int cols, i;

	if (row->is_continued || !mark)
		return;
	i = log_parts_find(&pane->parts, row->text + 1, mark - 3);
	if (i < 0)
		return;
	cols = utf8_width(row->text, mark - 1);
	draw_role(y, body.x, cols < body.cols ? cols : body.cols,
		  (enum role)(ROLE_SERIES_1 + i % ROLE_SERIES_COUNT));
}

static void draw_rows_of(struct log_pane *pane, struct rect body)
{
	bool has_times = pane->shown_times && log_times_refresh(&pane->times);
	struct strbuf time = STRBUF_INIT;
	int count, i, k, y = body.y;

	if (has_times && body.cols > 2 * LOG_TIME_COLS) {
		body.x += LOG_TIME_COLS + 1;
		body.cols -= LOG_TIME_COLS + 1;
	} else {
		has_times = false;
	}
	log_text_set_size(pane->text, body.rows, body.cols);
	count = log_text_row_count(pane->text);
	for (i = 0; i < count && i < body.rows; i++) {
		const struct log_row *row = log_text_row(pane->text, i);

		if (has_times && !row->is_continued) {
			strbuf_clear(&time);
			log_times_format(pane, row->at, &time);
			draw_text(y + i, body.x - LOG_TIME_COLS - 1,
				  LOG_TIME_COLS, ROLE_DIM, time.data);
		}
		draw_text(body.y + i, body.x, body.cols, ROLE_NORMAL,
			  row->text);
		if (row->is_target)
			draw_role(body.y + i, body.x, row->cols, ROLE_STRONG);
		if (log_pane_has_parts(pane))
			draw_mark(pane, body.y + i, body, row);
		for (k = 0; k < row->match_count; k++) {
			const struct log_match *match = &row->matches[k];

			draw_role(body.y + i, body.x + match->col, match->cols,
				  match->is_current ? ROLE_MATCH : ROLE_STRONG);
		}
	}
	strbuf_release(&time);
}

static const char *role_name(const struct console *console)
{
	const struct log_pane *pane = console->log;

	return console_has_cluster(console) && pane->role == LOG_ROLE_STDOUT
		       ? "log"
		       : log_pane_roles[pane->role];
}

static const char *reason_of(struct console *console,
			     const struct trial_row *row)
{
	return trial_texts_get(console->texts, console->data.store,
			       console->data.space, row->key, row->version)
		->reason;
}

/* Why nothing is to be seen of a pod's log; false: for the usual reason. */
static bool explain_pod(struct console *console, const struct trial_row *row,
			char *text, size_t size)
{
	const struct log_pane *pane = console->log;
	const struct experiment_row *experiment = data_selected(&console->data);
	bool has_file =
		pane->text && log_text_state(pane->text) != LOG_TEXT_MISSING;
	const char *reason = reason_of(console, row);

	if (pane->role == LOG_ROLE_PREVIOUS) {
		snprintf(text, size,
			 "No container of this attempt has been started again, "
			 "and no attempt came before it: H goes back.");
		return true;
	}
	if (pane->role != LOG_ROLE_STDOUT) {
		snprintf(text, size,
			 "A pod has one log, with stdout and stderr in it: o "
			 "goes there.");
		return true;
	}
	if (trial_state_is_terminal((enum trial_state)row->state))
		return false;
	if (row->state == TRIAL_WAITING && *reason)
		snprintf(text, size, "waiting: %s", reason);
	else if (row->state == TRIAL_WAITING)
		snprintf(text, size, "The log is fetched when the trial runs.");
	else if (has_file)
		return false;
	else if (experiment && !experiment->is_live)
		snprintf(text, size,
			 "Nobody runs the experiment: the log is not fetched.");
	else if (console->data.is_read_only)
		snprintf(text, size,
			 "Read-only: nothing is asked for that is not here.");
	else
		snprintf(text, size, "Fetching the log...");
	return true;
}

static void draw_hint(struct console *console, struct rect body)
{
	const struct log_pane *pane = console->log;
	const struct trial_row *row =
		trial_index_find(&console->data.trials, pane->sequence);
	char text[512] = "";

	if (pane->text && log_text_state(pane->text) == LOG_TEXT_UNREADABLE)
		snprintf(text, sizeof(text), "%s",
			 log_text_problem(pane->text));
	else if (pane->key == 0 || !row)
		snprintf(text, sizeof(text), "%s",
			 console_trial(console) ? "" : "No trial is selected.");
	else if (experiment_is_foreign(&console->data.experiment))
		snprintf(text, sizeof(text),
			 "It came from another program's database, which has "
			 "no logs.");
	else if (console_has_cluster(console) &&
		 explain_pod(console, row, text, sizeof(text)))
		;
	else if (pane->role == LOG_ROLE_PREVIOUS)
		snprintf(text, sizeof(text),
			 "No attempt came before this one: H goes back.");
	else if (!row->submitted_ns || row->state == TRIAL_WAITING)
		snprintf(text, sizeof(text), "The trial has not started yet.");
	else if (!pane->text || log_text_state(pane->text) == LOG_TEXT_MISSING)
		snprintf(text, sizeof(text), "No %s was kept.",
			 role_name(console));
	else if (log_text_size_bytes(pane->text) == 0)
		snprintf(text, sizeof(text), "Nothing on %s%s%s",
			 role_name(console),
			 trial_state_is_terminal(row->state) ? "" : " yet",
			 row->state == TRIAL_FAILED &&
					 pane->role == LOG_ROLE_STDOUT
				 ? ": o turns to stderr."
				 : ".");
	else if (log_text_row_count(pane->text) == 0 && pane->filter &&
		 log_text_is_busy(pane->text))
		snprintf(text, sizeof(text), "Looking for lines...");
	else if (log_text_row_count(pane->text) == 0 && pane->filter)
		snprintf(text, sizeof(text),
			 "No line is let through by the filter &%s%s: Esc "
			 "shows all.",
			 pane->filter,
			 trial_state_is_terminal(row->state) ? "" : " yet");
	else if (log_text_row_count(pane->text) == 0 &&
		 log_text_scan_percent(pane->text) == 100)
		snprintf(text, sizeof(text), "Nothing from %s%s: O shows all.",
			 pane->chosen,
			 trial_state_is_terminal(row->state) ? "" : " yet");
	draw_wrapped(body, ROLE_DIM, text);
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	struct log_pane *pane = console->log;
	struct rect body = {.y = rect.y + 1,
			    .x = rect.x,
			    .rows = rect.rows - 1,
			    .cols = rect.cols};
	struct strbuf left = STRBUF_INIT, right = STRBUF_INIT;
	const struct trial_row *row =
		trial_index_find(&console->data.trials, pane->sequence);

	strbuf_adds(&left, " 3 Log");
	if (pane->key)
		strbuf_addf(&left, " #%lld %s", (long long)pane->sequence,
			    role_name(console));
	if (pane->key && log_pane_chosen(pane))
		strbuf_addf(&left, " of %s", log_pane_chosen(pane));
	else if (pane->key && log_pane_has_parts(pane) && pane->parts.count > 1)
		strbuf_addf(&left, " of all %zu", pane->parts.count);
	if (pane->key && (pane->attempt > 1 || pane->of_attempt > 1))
		strbuf_addf(&left, " of attempt %d", pane->of_attempt);
	if (pane->key && row) {
		const char *reason = reason_of(console, row);

		/* why it failed belongs beside what it said */
		if (*reason)
			strbuf_addf(&left, ": %s", reason);
	}
	if (pane->text && log_text_state(pane->text) == LOG_TEXT_OPEN) {
		draw_rows_of(pane, body);
		if (log_pane_chosen(pane) &&
		    log_text_scan_percent(pane->text) < 100)
			strbuf_addf(&right, "reading %d%%  ",
				    log_text_scan_percent(pane->text));
		log_act_title(pane, &right);
		format_bytes(&right, log_text_size_bytes(pane->text));
		strbuf_addf(&right, "  %d%%%s ", log_text_percent(pane->text),
			    log_text_is_following(pane->text) ? " following"
							      : "");
	}
	if (!pane->text || log_text_state(pane->text) != LOG_TEXT_OPEN ||
	    log_text_row_count(pane->text) == 0)
		draw_hint(console, body);
	bars_title(rect, is_focused, left.data, right.data);
	strbuf_release(&left);
	strbuf_release(&right);
}

static void recalc(struct console *console, unsigned changes)
{
	(void)console;
	(void)changes; /* log_pane_update sees that another trial is selected */
}

static bool on_text_action(struct log_pane *pane, enum action_id action)
{
	struct log_text *text = pane->text;

	switch (action) {
	case ACTION_DOWN:
		log_text_scroll(text, 1);
		return true;
	case ACTION_UP:
		log_text_scroll(text, -1);
		return true;
	case ACTION_PAGE_DOWN:
		log_text_scroll_pages(text, 2);
		return true;
	case ACTION_PAGE_UP:
		log_text_scroll_pages(text, -2);
		return true;
	case ACTION_HALF_DOWN:
		log_text_scroll_pages(text, 1);
		return true;
	case ACTION_HALF_UP:
		log_text_scroll_pages(text, -1);
		return true;
	case ACTION_FIRST:
		log_text_top(text);
		return true;
	case ACTION_LAST:
		log_text_bottom(text);
		return true;
	case ACTION_LEFT:
		log_text_pan(text, -PAN_COLS);
		return true;
	case ACTION_RIGHT:
		log_text_pan(text, PAN_COLS);
		return true;
	case ACTION_LOG_FOLLOW:
		log_text_follow(text, !log_text_is_following(text));
		return true;
	case ACTION_LOG_WRAP:
		pane->is_wrapped = !pane->is_wrapped;
		log_text_set_wrap(text, pane->is_wrapped);
		return true;
	default:
		return false;
	}
}

static bool on_action(struct console *console, enum action_id action)
{
	struct log_pane *pane = console->log;

	if (log_act_do(console, action))
		return true;
	if (action == ACTION_LOG_MERGED) {
		if (pane->role == LOG_ROLE_STDOUT ||
		    console_has_cluster(console))
			log_pane_set_role(console, "all");
		return true;
	}
	if (action == ACTION_LOG_ROLE) /* what there is to choose from */
		log_pane_hurry(console);
	if (action == ACTION_LOG_ROLE && log_pane_has_parts(pane)) {
		log_pane_choose_next(pane);
		return true;
	}
	if (action == ACTION_LOG_ROLE) {
		log_pane_set_role(
			console,
			log_pane_roles[(pane->role + 1) % LOG_ROLE_PREVIOUS]);
		return true;
	}
	if (!pane->text)
		return action != ACTION_NONE &&
		       (actions[action].group == GROUP_LOG ||
			action <= ACTION_RIGHT);
	return on_text_action(pane, action);
}

const struct view_ops view_log = {
	.name = "log",
	.bit = VIEW_LOG,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
	.search = log_act_search,
};
