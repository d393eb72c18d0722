/* SPDX-License-Identifier: MIT */
/* The log pane's file: opened when a trial has been selected for long enough,
 * followed, and shown for one of its parts or all. */
#include "tui/log_act.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Moving fast through the trials should not open a file for each. */
#define SETTLE_NS (60 * NS_PER_MS)
#define PROGRESS_NS (100 * NS_PER_MS)

const char *const log_pane_roles[LOG_ROLES] = {"stdout", "stderr", "keeper",
					       "previous"};

struct log_pane *log_pane_new(bool is_ascii)
{
	struct log_pane *pane = xcalloc(1, sizeof(*pane));

	pane->is_ascii = is_ascii;
	pane->is_wrapped = true;
	pane->times.fd = -1;
	return pane;
}

void log_pane_free(struct log_pane *pane)
{
	if (!pane)
		return;
	log_text_free(pane->text);
	log_times_release(&pane->times);
	log_parts_release(&pane->parts);
	free(pane->pattern);
	free(pane->filter);
	free(pane);
}

/* ---- parts --------------------------------------------------------------- */

bool log_pane_has_parts(const struct log_pane *pane)
{
	return pane->parts.count > 0 && pane->role == LOG_ROLE_STDOUT;
}

const char *log_pane_chosen(const struct log_pane *pane)
{
	return log_pane_has_parts(pane) &&
			       log_parts_find(&pane->parts, pane->chosen,
					      strlen(pane->chosen)) >= 0
		       ? pane->chosen
		       : NULL;
}

static void apply_parts(struct log_pane *pane)
{
	if (!pane->text)
		return;
	log_text_keep_marks(pane->text, log_pane_has_parts(pane));
	log_text_choose(pane->text, log_pane_chosen(pane));
}

/* Parts come while the trial runs; its version tells. */
static bool follow_parts(struct console *console, const struct trial_row *row)
{
	struct log_pane *pane = console->log;
	int64_t now_ns = clock_mono_ns();

	if (!console_has_cluster(console) ||
	    pane->parts_version == row->version ||
	    (pane->parts_read_ns && now_ns - pane->parts_read_ns < NS_PER_S))
		return false;
	pane->parts_version = row->version;
	pane->parts_read_ns = now_ns;
	if (!log_parts_read(&pane->parts, console->data.store, row->key,
			    row->attempt))
		return false;
	apply_parts(pane);
	return true;
}

const char *log_pane_part(const struct console *console, size_t i)
{
	const struct log_parts *parts = &console->log->parts;

	return i < parts->count ? parts->names[i] : NULL;
}

bool log_pane_is_of_one(const struct console *console)
{
	return log_pane_chosen(console->log) != NULL;
}

static void choose(struct log_pane *pane, const char *part)
{
	snprintf(pane->chosen, sizeof(pane->chosen), "%s", part);
	apply_parts(pane);
}

void log_pane_choose_next(struct log_pane *pane)
{
	const char *part = log_pane_chosen(pane);
	size_t next = 0;

	if (part)
		next = (size_t)log_parts_find(&pane->parts, part,
					      strlen(part)) +
		       1;
	choose(pane, next < pane->parts.count ? pane->parts.names[next] : "");
}

/* ---- the file ------------------------------------------------------------ */

static void close_file(struct console *console)
{
	struct log_pane *pane = console->log;

	if (pane->text && log_text_is_saving(pane->text))
		console_say(console, ROLE_WARNING,
			    "the log was not saved: another one is shown");
	log_text_free(pane->text);
	pane->text = NULL;
	log_times_release(&pane->times);
	pane->key = 0;
	log_parts_release(&pane->parts);
	pane->parts_version = -1;
	pane->parts_read_ns = 0;
}

/* Where the log lies that the pane shows of the attempt; caller frees.  What
 * was before is what a container wrote before it was started again, or else
 * what the attempt before this one wrote. */
static char *find_file(struct console *console, const struct attempt *attempt)
{
	struct log_pane *pane = console->log;
	struct attempt before = {0};
	struct error ignored;
	char *path;

	if (!attempt->directory)
		return NULL;
	path = xasprintf("%s/%s", attempt->directory,
			 log_pane_roles[pane->role]);
	if (pane->role != LOG_ROLE_PREVIOUS || access(path, F_OK) == 0 ||
	    attempt->number < 2 ||
	    !store_attempt_get(console->data.store, attempt->trial,
			       attempt->number - 1, &before, &ignored))
		return path;
	if (before.directory) {
		free(path);
		path = xasprintf("%s/%s", before.directory,
				 log_pane_roles[LOG_ROLE_STDOUT]);
		pane->of_attempt = before.number;
	}
	attempt_release(&before);
	return path;
}

static void open_file(struct console *console, const struct trial_row *row)
{
	struct log_pane *pane = console->log;
	struct attempt attempt = {0};
	struct error ignored;
	char *path;

	close_file(console);
	pane->key = row->key;
	pane->sequence = console->trials.sequence;
	pane->attempt = row->attempt;
	if (!store_attempt_get(console->data.store, row->key, 0, &attempt,
			       &ignored))
		return;
	pane->of_attempt = attempt.number;
	path = find_file(console, &attempt);
	if (path) {
		pane->text = log_text_new(path, pane->is_ascii);
		log_times_init(&pane->times, path);
		log_text_set_wrap(pane->text, pane->is_wrapped);
		log_act_apply(pane);
		free(path);
	}
	attempt_release(&attempt);
	follow_parts(console, row);
	apply_parts(pane);
}

bool log_pane_is_shown(const struct console *console)
{
	return console->depth == 0 && console->layout.panes[PANE_LOG].rows > 1;
}

/* Is the pane's file that of the selected trial's newest attempt? */
static bool is_current(const struct log_pane *pane, const struct trial_row *row)
{
	return row ? pane->key == row->key && pane->attempt == row->attempt
		   : pane->key == 0;
}

void log_pane_hurry(struct console *console)
{
	const struct trial_row *row = console_trial(console);

	if (!row || is_current(console->log, row))
		return;
	open_file(console, row);
	console->log->wanted_ns = 0;
	if (console->log->text)
		log_text_update(console->log->text);
}

bool log_pane_update(struct console *console)
{
	struct log_pane *pane = console->log;
	const struct trial_row *row = console_trial(console);
	enum log_text_change change;
	bool is_news;

	if (!log_pane_is_shown(console))
		return false;
	if (!is_current(pane, row)) {
		if (!row)
			close_file(console);
		else if (!pane->wanted_ns)
			pane->wanted_ns = clock_mono_ns() + SETTLE_NS;
		else if (clock_mono_ns() >= pane->wanted_ns)
			open_file(console, row);
		else
			return false;
		if (!is_current(pane, row))
			return false;
		pane->wanted_ns = 0;
		if (pane->text)
			log_text_update(pane->text);
		return true;
	}
	if (!pane->text)
		return false;
	is_news = row && follow_parts(console, row);
	change = log_text_update(pane->text);
	log_act_tell(console);
	if (change != LOG_TEXT_MORE || is_news)
		return is_news || change != LOG_TEXT_SAME;
	/* how far it is, now and then: a frame costs more than a slice */
	if (clock_mono_ns() - pane->told_ns < PROGRESS_NS)
		return false;
	pane->told_ns = clock_mono_ns();
	return true;
}

bool log_pane_is_settled(const struct console *console)
{
	const struct log_pane *pane = console->log;

	return !log_pane_is_shown(console) ||
	       (is_current(pane, console_trial(console)) &&
		!log_pane_is_busy(console));
}

bool log_pane_is_busy(const struct console *console)
{
	const struct log_pane *pane = console->log;

	return log_pane_is_shown(console) && pane->text &&
	       log_text_is_busy(pane->text);
}

static void set_role(struct log_pane *pane, int role)
{
	pane->role = role;
	pane->attempt = -1; /* look for the file anew */
	pane->wanted_ns = 1;
}

void log_pane_toggle_previous(struct console *console)
{
	struct log_pane *pane = console->log;

	if (pane->role == LOG_ROLE_PREVIOUS) {
		set_role(pane, pane->role_before);
		return;
	}
	pane->role_before = pane->role;
	set_role(pane, LOG_ROLE_PREVIOUS);
}

/* Is it a part of the selected trial?  The pane may not have got there yet. */
static bool is_part(const struct console *console, const char *name)
{
	const struct trial_row *row = console_trial(console);
	struct log_parts parts = {0};
	bool is_one;

	if (!row || !console_has_cluster(console))
		return false;
	log_parts_read(&parts, console->data.store, row->key, row->attempt);
	is_one = log_parts_find(&parts, name, strlen(name)) >= 0;
	log_parts_release(&parts);
	return is_one;
}

bool log_pane_set_role(struct console *console, const char *role)
{
	struct log_pane *pane = console->log;
	int i;

	if (!strcmp(role, "log") || !strcmp(role, "all"))
		role = log_pane_roles[LOG_ROLE_STDOUT];
	for (i = 0; i < LOG_ROLES; i++) {
		if (strcmp(log_pane_roles[i], role) != 0)
			continue;
		set_role(pane, i);
		choose(pane, "");
		return true;
	}
	if (!is_part(console, role))
		return false;
	if (pane->role != LOG_ROLE_STDOUT)
		set_role(pane, LOG_ROLE_STDOUT);
	choose(pane, role);
	return true;
}
