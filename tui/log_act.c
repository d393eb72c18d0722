/* SPDX-License-Identifier: MIT */
/* Searching, filtering and saving the log that is shown. */
#include "tui/log_act.h"

#include "base/fs.h"
#include "base/mem.h"
#include "tui/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- patterns ------------------------------------------------------------ */

static void keep_text(char **kept, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;

	free(*kept);
	*kept = copy;
}

/* A pattern that is no regular expression is looked for as it stands: what
 * people paste has brackets in it. */
static bool set_pattern(struct console *console, const char *text)
{
	struct log_text *log = console->log->text;
	struct error err = {0};

	if (log_text_set_pattern(log, text, true, &err))
		return true;
	console_say(console, ROLE_WARNING, "searched as plain text: %s",
		    err.text);
	return log_text_set_pattern(log, text, false, &err);
}

/* filter: as typed, "!" in front for those that do not match. */
static bool set_filter(struct log_pane *pane, const char *filter,
		       struct error *err)
{
	bool is_inverse = filter && filter[0] == '!';

	if (!filter || !filter[is_inverse])
		return log_text_set_filter(pane->text, NULL, false, false, 0,
					   err);
	/* "\!" begins a pattern that begins with it */
	return log_text_set_filter(pane->text, filter + is_inverse, true,
				   is_inverse, pane->context, err);
}

void log_act_apply(struct log_pane *pane)
{
	struct error ignored;

	if (!pane->text)
		return;
	if (pane->filter)
		set_filter(pane, pane->filter, &ignored);
	if (pane->pattern &&
	    !log_text_set_pattern(pane->text, pane->pattern, true, &ignored))
		log_text_set_pattern(pane->text, pane->pattern, false,
				     &ignored);
}

bool log_act_search(struct console *console, const char *text, bool is_backward)
{
	struct log_pane *pane = console->log;

	if (!pane->text || (text && !set_pattern(console, text)))
		return false;
	if (!*log_text_pattern(pane->text))
		return false;
	if (text)
		keep_text(&pane->pattern, text);
	log_text_search(pane->text, is_backward);
	pane->was_searching = true; /* what it found is told when it has */
	return true;
}

static void filter_by(struct console *console, const char *text)
{
	struct log_pane *pane = console->log;
	struct error err;

	if (!pane->text) {
		console_say(console, ROLE_WARNING, "there is no log");
		return;
	}
	if (!set_filter(pane, text, &err)) {
		console_say(console, ROLE_ERROR, "filter: %s", err.text);
		return;
	}
	keep_text(&pane->filter, *log_text_filter(pane->text) ? text : NULL);
	console_focus(console, PANE_LOG);
}

void log_pane_filter(struct console *console, const char *text)
{
	filter_by(console, text);
}

void commands_do_log_filter(struct console *console, const struct cmdline *line)
{
	filter_by(console, line->rest);
}

void commands_do_log_context(struct console *console,
			     const struct cmdline *line)
{
	struct log_pane *pane = console->log;
	struct error ignored;
	char *end;
	long lines = strtol(line->argv[1], &end, 10);

	if (*end || lines < 0 || lines > LOG_CONTEXT_MAX) {
		console_say(console, ROLE_ERROR,
			    "log-context: a number of lines up to %d, not "
			    "\"%s\"",
			    LOG_CONTEXT_MAX, line->argv[1]);
		return;
	}
	pane->context = (int)lines;
	if (pane->text && pane->filter)
		set_filter(pane, pane->filter, &ignored);
}

/* ---- saving -------------------------------------------------------------- */

void commands_do_save_log(struct console *console, const struct cmdline *line)
{
	struct log_pane *pane = console->log;
	const char *what = line->argc > 2 ? line->argv[2] : "shown";
	struct error err = {0};
	char *path;

	if (strcmp(what, "all") != 0 && strcmp(what, "shown") != 0) {
		console_say(console, ROLE_ERROR,
			    "save-log: shown or all, not \"%s\"", what);
		return;
	}
	log_pane_hurry(console);
	if (!pane->text) {
		console_say(console, ROLE_WARNING, "there is no log to save");
		return;
	}
	path = fs_expand_home(line->argv[1]);
	if (log_text_save(pane->text, path, !strcmp(what, "all"), &err))
		log_text_update(pane->text);
	else
		console_say(console, ROLE_ERROR, "%s", err.text);
	free(path);
	log_act_tell(console);
}

static void open_save_prompt(struct console *console)
{
	const struct log_pane *pane = console->log;
	const char *part = log_pane_chosen(pane);
	char *text;

	if (!pane->text) {
		console_say(console, ROLE_WARNING, "there is no log to save");
		return;
	}
	text = xasprintf("save-log %s-%lld-%s.log %s",
			 console->data.experiment.id, (long long)pane->sequence,
			 part ? part : log_pane_roles[pane->role],
			 pane->filter || part ? "shown" : "all");
	prompt_open(&console->prompt, PROMPT_COMMAND, text);
	free(text);
}

/* ---- telling ------------------------------------------------------------- */

static void tell_search(struct console *console)
{
	struct log_pane *pane = console->log;
	enum log_text_search state = log_text_search_state(pane->text, NULL);

	if (state == LOG_TEXT_SEARCH_RUNNING)
		return;
	pane->was_searching = false;
	if (state == LOG_TEXT_SEARCH_NONE)
		console_say(console, ROLE_WARNING, "not found: %s",
			    log_text_pattern(pane->text));
	else if (state == LOG_TEXT_SEARCH_WRAPPED)
		console_say(console, ROLE_NORMAL,
			    "found beyond the end: went on from the other");
}

static void tell_save(struct console *console)
{
	const char *path, *problem;
	int percent;

	switch (log_text_save_state(console->log->text, &path, &problem,
				    &percent)) {
	case LOG_TEXT_SAVE_DONE:
		console_say(console, ROLE_MESSAGE, "wrote %s", path);
		break;
	case LOG_TEXT_SAVE_FAILED:
		console_say(console, ROLE_ERROR, "%s", problem);
		break;
	default:
		return;
	}
	log_text_save_forget(console->log->text);
	console->needs_paint = true;
}

void log_act_tell(struct console *console)
{
	if (!console->log->text)
		return;
	if (console->log->was_searching)
		tell_search(console);
	tell_save(console);
}

static void add_found(const struct log_pane *pane, struct strbuf *out)
{
	struct log_counts counts = log_text_counts(pane->text);
	int percent;

	strbuf_addf(out, "/%s ", log_text_pattern(pane->text));
	if (log_text_search_state(pane->text, &percent) ==
	    LOG_TEXT_SEARCH_RUNNING)
		strbuf_addf(out, "searching %d%% ", percent);
	if (counts.current)
		strbuf_addf(out, "%lld/", (long long)counts.current);
	strbuf_addf(out, "%lld%s", (long long)counts.total,
		    counts.is_more ? "+" : "");
	if (counts.given_up)
		strbuf_addf(out, " (%lld too long)",
			    (long long)counts.given_up);
	strbuf_adds(out, "  ");
}

void log_act_title(const struct log_pane *pane, struct strbuf *out)
{
	const char *path, *problem;
	int percent;

	if (log_text_save_state(pane->text, &path, &problem, &percent) ==
	    LOG_TEXT_SAVE_RUNNING)
		strbuf_addf(out, "saving %d%%  ", percent);
	if (*log_text_filter(pane->text)) {
		strbuf_addf(out, "&%s%s",
			    log_text_filter_is_inverse(pane->text) ? "!" : "",
			    log_text_filter(pane->text));
		percent = log_text_filter_percent(pane->text);
		if (percent < 100)
			strbuf_addf(out, " %d%%", percent);
		strbuf_adds(out, "  ");
	}
	if (*log_text_pattern(pane->text))
		add_found(pane, out);
}

/* ---- actions ------------------------------------------------------------- */

/* Esc: what takes long, then what hides lines, then the marks. */
static bool go_back(struct console *console)
{
	struct log_pane *pane = console->log;
	struct error ignored;

	if (!pane->text)
		return false;
	if (log_text_cancel(pane->text)) {
		if (!*log_text_filter(pane->text))
			keep_text(&pane->filter, NULL);
		pane->was_searching = false;
		console_say(console, ROLE_NORMAL, "ended");
		return true;
	}
	if (pane->filter) {
		keep_text(&pane->filter, NULL);
		set_filter(pane, NULL, &ignored);
		return true;
	}
	if (*log_text_pattern(pane->text)) {
		keep_text(&pane->pattern, NULL);
		log_text_set_pattern(pane->text, NULL, false, &ignored);
		return true;
	}
	return false;
}

bool log_act_do(struct console *console, enum action_id action)
{
	struct log_pane *pane = console->log;

	switch (action) {
	case ACTION_BACK:
		return go_back(console);
	case ACTION_LOG_FILTER:
		prompt_open(&console->prompt, PROMPT_LOG_FILTER,
			    pane->filter ? pane->filter : "");
		return true;
	case ACTION_LOG_TIMES:
		log_times_next(console);
		return true;
	case ACTION_LOG_JUMP:
		prompt_open(&console->prompt, PROMPT_LOG_JUMP, "");
		return true;
	case ACTION_LOG_PREVIOUS:
		log_pane_hurry(console);
		log_pane_toggle_previous(console);
		return true;
	case ACTION_LOG_SAVE:
		open_save_prompt(console);
		return true;
	default:
		return false;
	}
}
