/* SPDX-License-Identifier: MIT */
/* Going to a moment of the log: one of the clock, or when a result came. */
#include "tui/log_act.h"

#include "base/clock.h"
#include "tui/commands.h"
#include "tui/log_when.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The reports that are looked for among a trial's. */
struct lookup {
	const struct log_when *when;
	bool is_minimised, is_found;
	struct metric found; /* without its text */
};

static bool is_better(const struct lookup *lookup, const struct metric *metric)
{
	if (isnan(metric->value))
		return false;
	if (!lookup->is_found)
		return true;
	return lookup->is_minimised ? metric->value < lookup->found.value
				    : metric->value > lookup->found.value;
}

static bool look_at(const struct metric *metric, void *arg)
{
	struct lookup *lookup = arg;
	bool is_it;

	if (lookup->when->kind == LOG_WHEN_BEST)
		is_it = is_better(lookup, metric);
	else if (lookup->when->sequence >= 0)
		is_it = metric->sequence == lookup->when->sequence &&
			(!lookup->is_found ||
			 metric->type == METRIC_INTERMEDIATE);
	else
		is_it = !lookup->is_found ||
			metric->at_ns >= lookup->found.at_ns;
	if (is_it) {
		lookup->found = *metric;
		lookup->found.text = NULL;
		lookup->is_found = true;
	}
	return true;
}

/* When the result came; *ret_what tells of it. */
static bool find_result(struct console *console, const struct log_when *when,
			int64_t *ret_ns, char *what, size_t size)
{
	const struct log_pane *pane = console->log;
	const struct experiment *experiment = &console->data.experiment;
	struct lookup lookup = {.when = when,
				.is_minimised = experiment->objective ==
						OBJECTIVE_MINIMIZE};
	const char *name = *when->name ? when->name : METRIC_OBJECTIVE;
	struct error err = {0};

	if (!store_metrics_each(console->data.store, pane->key, pane->attempt,
				name, look_at, &lookup, &err)) {
		console_say(console, ROLE_ERROR, "%s", err.text);
		return false;
	}
	if (!lookup.is_found) {
		console_say(console, ROLE_WARNING,
			    "this attempt has reported no such result: %s%s",
			    name, when->sequence >= 0 ? " of that number" : "");
		return false;
	}
	*ret_ns = lookup.found.at_ns;
	snprintf(what, size, "%s %g (%s %lld)", name, lookup.found.value,
		 metric_type_name(lookup.found.type),
		 (long long)lookup.found.sequence);
	return true;
}

void log_pane_jump(struct console *console, const char *text)
{
	struct log_pane *pane = console->log;
	const struct trial_row *row =
		trial_index_find(&console->data.trials, pane->sequence);
	char what[160] = "";
	struct strbuf time = STRBUF_INIT;
	struct log_when when;
	struct error err;
	int64_t at_ns, offset;

	log_pane_hurry(console);
	if (!pane->text || !row) {
		console_say(console, ROLE_WARNING, "there is no log");
		return;
	}
	if (!log_times_refresh(&pane->times)) {
		console_say(console, ROLE_WARNING,
			    "of this log nothing says when its lines came");
		return;
	}
	if (!log_when_parse(text, log_times_first(&pane->times),
			    log_times_last(&pane->times), &when, &err)) {
		console_say(console, ROLE_ERROR, "%s", err.text);
		return;
	}
	at_ns = when.at_ns;
	if (when.kind != LOG_WHEN_TIME &&
	    !find_result(console, &when, &at_ns, what, sizeof(what)))
		return;
	offset = log_times_find(&pane->times, at_ns, &at_ns);
	log_text_go(pane->text, offset);
	bars_format_time(&time, at_ns);
	console_focus(console, PANE_LOG);
	console_say(console, ROLE_NORMAL, "%s: the line nearest to %s",
		    time.data, *what ? what : text);
	strbuf_release(&time);
}

void commands_do_log_jump(struct console *console, const struct cmdline *line)
{
	log_pane_jump(console, line->rest);
}

/* ---- times beside the lines ---------------------------------------------- */

static const char *const time_names[] = {"off", "absolute", "relative"};

void commands_do_log_times(struct console *console, const struct cmdline *line)
{
	for (int i = 0; i < LOG_TIMES_COUNT; i++) {
		if (strcmp(time_names[i], line->argv[1]) != 0)
			continue;
		console->log->shown_times = (enum log_times_shown)i;
		return;
	}
	console_say(console, ROLE_ERROR,
		    "log-times: off, absolute or relative, not \"%s\"",
		    line->argv[1]);
}

void log_times_next(struct console *console)
{
	struct log_pane *pane = console->log;

	pane->shown_times = (enum log_times_shown)((pane->shown_times + 1) %
						   LOG_TIMES_COUNT);
	if (pane->shown_times && !log_times_refresh(&pane->times))
		console_say(console, ROLE_WARNING,
			    "of this log nothing says when its lines came");
	else
		console_say(console, ROLE_NORMAL, "times: %s",
			    time_names[pane->shown_times]);
}

/* In as many columns as log_times_cols has it. */
void log_times_format(const struct log_pane *pane, int64_t offset,
		      struct strbuf *out)
{
	int64_t at_ns = log_times_at(&pane->times, offset), from_ns;
	struct strbuf text = STRBUF_INIT;
	long long ms;

	if (!at_ns) {
		strbuf_addf(out, "%*s", LOG_TIME_COLS, "");
		return;
	}
	if (pane->shown_times == LOG_TIMES_ABSOLUTE) {
		bars_format_time(&text, at_ns);
		strbuf_addf(out, "%-*.*s", LOG_TIME_COLS, LOG_TIME_COLS,
			    text.len > 11 ? text.data + 11 : text.data);
		strbuf_release(&text);
		return;
	}
	from_ns = log_times_first(&pane->times);
	ms = (long long)((at_ns - from_ns) / NS_PER_MS);
	if (ms < 0)
		ms = 0;
	if (ms < 3600000)
		strbuf_addf(out, "+%2lld:%02lld.%lld", ms / 60000,
			    ms / 1000 % 60, ms / 100 % 10);
	else
		strbuf_addf(out, "+%lld:%02lld:%02lld", ms / 3600000 % 1000,
			    ms / 60000 % 60, ms / 1000 % 60);
}
