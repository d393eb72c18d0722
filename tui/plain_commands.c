/* SPDX-License-Identifier: MIT */
/*
 * Commands of the console without a screen.  What shows something is here; what
 * does something goes to the ':' commands and actions of the screen, as far as
 * they need none.  Nothing is selected unseen: trials are named.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/cmdline.h"
#include "tui/commands.h"
#include "tui/console.h"
#include "tui/format.h"
#include "tui/plain.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_TAIL_BYTES (256 * 1024)

typedef void plain_fn(struct console *console, const struct cmdline *line);

static void do_help(struct console *console, const struct cmdline *line);

static bool read_count(struct console *console, const struct cmdline *line,
		       int at, size_t *ret)
{
	char *end;
	long count;

	*ret = PLAIN_LIST_DEFAULT;
	if (line->argc <= at)
		return true;
	count = strtol(line->argv[at], &end, 10);
	if (*end || end == line->argv[at] || count < 1 ||
	    count > PLAIN_LIST_MAX) {
		console_say(console, ROLE_ERROR,
			    "%s: a number from 1 to %d, not \"%s\"",
			    line->argv[0], PLAIN_LIST_MAX, line->argv[at]);
		return false;
	}
	*ret = (size_t)count;
	return true;
}

static void do_status(struct console *console, const struct cmdline *line)
{
	(void)line;
	plain_summary(console);
}

static void do_experiments(struct console *console, const struct cmdline *line)
{
	const struct data *data = &console->data;

	(void)line;
	for (size_t i = 0; i < data->experiment_count; i++) {
		const struct experiment_row *row = &data->experiments[i];
		enum role role;

		plain_say(console, false, "%s%s (%s): %s, %" PRId64 " trials%s",
			  row->key == data->selected ? "shown: " : "",
			  row->name && *row->name ? row->name : row->id,
			  row->id, bars_experiment_state(row, &role),
			  experiment_row_total(row),
			  row->is_archived ? ", archived" : "");
	}
	if (!data->experiment_count)
		plain_summary(console);
}

static void tell_trial(struct console *console, const struct trial_row *row)
{
	const struct trial_text *text =
		trial_texts_get(console->texts, console->data.store,
				console->data.space, row->key, row->version);
	struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "#%" PRId64 " %s %s",
		    trial_row_sequence(&console->data.trials, row), row->id,
		    trial_state_name((enum trial_state)row->state));
	if (row->flags & ROW_HAS_FINAL)
		strbuf_addf(&out, ", final %.6g", row->final);
	else if (row->flags & ROW_HAS_LAST)
		strbuf_addf(&out, ", last %.6g", row->last);
	if (*text->reason)
		strbuf_addf(&out, ", %s", text->reason);
	if (text->parameters && *text->parameters)
		strbuf_addf(&out, ", %s", text->parameters);
	plain_say(console, false, "%s", out.data);
	strbuf_release(&out);
}

static void do_trials(struct console *console, const struct cmdline *line)
{
	struct trial_index *index = &console->data.trials;
	size_t count, i;

	if (!read_count(console, line, 1, &count))
		return;
	trial_index_arrange(index);
	if (count > index->shown)
		count = index->shown;
	trial_index_want(index, console->data.store, console->data.selected, 0,
			 count);
	for (i = 0; i < count; i++) {
		const struct trial_row *row = trial_index_at(index, i);

		if (row)
			tell_trial(console, row);
	}
	plain_say(console, false, "%zu of %zu trials%s%s", count, index->shown,
		  *console->trials.filter ? " that match " : "",
		  console->trials.filter);
}

static void do_best(struct console *console, const struct cmdline *line)
{
	const struct trial_row *row = trial_index_find(
		&console->data.trials, console->data.best_sequence);

	(void)line;
	if (row && console->data.best_sequence >= 0)
		tell_trial(console, row);
	else
		plain_say(console, false, "no trial has a result yet");
}

/* The trial of this name under the cursor that nobody sees. */
static bool go_to(struct console *console, const char *name)
{
	struct trial trial = {0};
	struct error err;

	if (!console->data.store || !console->data.selected) {
		console_say(console, ROLE_WARNING, "there is no experiment");
		return false;
	}
	if (!store_trial_find(console->data.store, console->data.selected,
			      *name == '#' ? name + 1 : name, &trial, &err)) {
		console_say(console, ROLE_ERROR, "%s", err.text);
		return false;
	}
	console->trials.sequence = trial.sequence;
	trial_release(&trial);
	return true;
}

/* A view made of lines, its last ones. */
static void tell_screen(struct console *console, enum screen screen,
			const struct pager *pager, size_t most)
{
	console_push(console, screen);
	for (size_t i = pager->count > most ? pager->count - most : 0;
	     i < pager->count; i++) {
		const char *text = pager->lines[i].text;
		const char *tab = strchr(text, '\t');

		if (tab)
			plain_say(console, false, "%.*s: %s", (int)(tab - text),
				  text, tab + 1);
		else if (*text)
			plain_say(console, false, "%s", text);
	}
	if (!pager->count)
		plain_say(console, false, "nothing yet");
	console->depth = 0;
}

static void do_show(struct console *console, const struct cmdline *line)
{
	if (!go_to(console, line->argv[1]))
		return;
	console->trial.key = 0; /* told anew */
	tell_screen(console, SCREEN_TRIAL, &console->trial.pager, SIZE_MAX);
}

static void do_events(struct console *console, const struct cmdline *line)
{
	size_t count;

	if (!read_count(console, line, 1, &count))
		return;
	console->events.experiment = 0;
	tell_screen(console, SCREEN_EVENTS, &console->events.pager, count);
}

static void do_tuner(struct console *console, const struct cmdline *line)
{
	(void)line;
	tell_screen(console, SCREEN_TUNER, &console->tuner, SIZE_MAX);
}

static void do_diff(struct console *console, const struct cmdline *line)
{
	struct trial_index *index = &console->data.trials;

	trial_index_unmark_all(index);
	for (int i = 1; i < line->argc; i++) {
		struct trial_row *row;

		if (!go_to(console, line->argv[i]))
			return;
		row = trial_index_find(index, console->trials.sequence);
		if (row)
			trial_index_mark(index, row, true);
	}
	console->focus = PANE_TRIALS;
	view_diff_open(console);
	if (console->depth > 0)
		tell_screen(console, SCREEN_DIFF, &console->diff.pager,
			    SIZE_MAX);
	trial_index_unmark_all(index);
}

/* The last lines of a file that may be large. */
static bool tell_tail(struct console *console, const char *path, size_t most)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	off_t at = size > LOG_TAIL_BYTES ? size - LOG_TAIL_BYTES : 0;
	char *bytes, *line, *end;
	size_t lines = 0;
	ssize_t len;

	if (size < 0) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	bytes = xmalloc(LOG_TAIL_BYTES + 1);
	len = pread(fd, bytes, LOG_TAIL_BYTES, at);
	close(fd);
	if (len <= 0) {
		free(bytes);
		return false;
	}
	if (bytes[len - 1] == '\n')
		len--;
	for (line = bytes + len; line > bytes && lines < most; line--)
		if (line[-1] == '\n' && ++lines == most)
			break;
	for (; line <= bytes + len; line = end + 1) {
		size_t left = (size_t)(bytes + len - line);

		end = left ? memchr(line, '\n', left) : NULL;
		if (!end)
			end = bytes + len;
		*end = '\0';
		plain_say(console, false, "%s", line);
		if (end == bytes + len)
			break;
	}
	free(bytes);
	return true;
}

static void do_log(struct console *console, const struct cmdline *line)
{
	static const char *const roles[] = {"stdout", "stderr"};
	const struct trial_row *row;
	struct attempt attempt = {0};
	struct error err;
	bool is_told = false;
	size_t count;

	if (!read_count(console, line, 2, &count) ||
	    !go_to(console, line->argv[1]))
		return;
	row = console_trial(console);
	if (!row || !store_attempt_get(console->data.store, row->key, 0,
				       &attempt, &err)) {
		plain_say(console, false, "the trial has not begun to run");
		return;
	}
	for (size_t i = 0; i < COUNT_OF(roles) && attempt.directory; i++) {
		char *path = xasprintf("%s/%s", attempt.directory, roles[i]);

		is_told |= tell_tail(console, path, count);
		free(path);
	}
	attempt_release(&attempt);
	if (!is_told)
		plain_say(console, false, "it has written nothing");
}

/* As on the screen, with the names it is about. */
static void do_named(struct console *console, const struct cmdline *line)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%s %s", line->argv[0], line->rest);
	commands_run(console, text.data);
	strbuf_release(&text);
}

static void do_filter(struct console *console, const struct cmdline *line)
{
	do_named(console, line);
	if (*console->message)
		return;
	while (console->data.store &&
	       trial_index_is_loading(&console->data.trials))
		if (!trial_index_load(&console->data.trials,
				      console->data.store,
				      console->data.selected, INT64_MAX / 4))
			break;
	trial_index_arrange(&console->data.trials);
	plain_say(console, false, "%zu trials match",
		  console->data.trials.shown);
}

static void do_quit(struct console *console, const struct cmdline *line)
{
	(void)line;
	console_quit(console);
}

static const struct plain_row {
	const char *name, *arguments, *help;
	int least, most;
	plain_fn *run;
} rows[] = {
	{"help", "", "this list", 0, 1, do_help},
	{"status", "", "the experiment in one line", 0, 0, do_status},
	{"experiments", "", "all experiments", 0, 0, do_experiments},
	{"experiment", "NAME", "follow another one: id, name or latest", 1, 60,
	 do_named},
	{"trials", "[COUNT]", "trials as filtered and sorted", 0, 1, do_trials},
	{"filter", "[TERMS]", "which trials; without terms: all", 0, 60,
	 do_filter},
	{"sort", "COLUMN [asc|desc]", "order of the trials", 1, 2, do_named},
	{"show", "TRIAL", "all about a trial, by number or id", 1, 1, do_show},
	{"log", "TRIAL [LINES]", "the last lines a trial wrote", 1, 2, do_log},
	{"best", "", "the best trial", 0, 0, do_best},
	{"diff", "TRIAL TRIAL...", "how trials differ", 2, DIFF_COLUMNS_MAX,
	 do_diff},
	{"events", "[COUNT]", "the journal's last lines", 0, 1, do_events},
	{"tuner", "", "what the tuner does", 0, 0, do_tuner},
	{"kill", "TRIAL...|all", "kill trials", 1, 60, do_named},
	{"restart", "TRIAL...|failed", "run trials again", 1, 60, do_named},
	{"act", "ACTION TRIAL...", "suspend, resume, stop, terminate, retry", 2,
	 60, do_named},
	{"undo", "", "take back what is about to be done", 0, 0, do_named},
	{"pause", "", "start no new trials", 0, 0, do_named},
	{"resume", "", "go on; take up what nobody runs", 0, 0, do_named},
	{"set", "NAME=VALUE",
	 "concurrency, max-trials, ...; bell, notify, undo", 1, 2, do_named},
	{"add", "JSON", "run a trial with these parameters", 1, 60, do_named},
	{"stop", "[kill|leave]", "stop the experiment", 0, 1, do_named},
	{"export", "FILE [json|csv|nni]", "write the experiment to a file", 1,
	 2, do_named},
	{"quit", "", "leave; trials are not killed unless you say so", 0, 0,
	 do_quit},
};

static void do_help(struct console *console, const struct cmdline *line)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (line->argc > 1 && strcmp(line->argv[1], rows[i].name) != 0)
			continue;
		plain_say(console, false, "%s%s%s: %s", rows[i].name,
			  *rows[i].arguments ? " " : "", rows[i].arguments,
			  rows[i].help);
	}
}

static void run_line(struct console *console, const struct cmdline *line)
{
	const char *name = line->argv[0];

	if (strcmp(name, "q") == 0)
		name = "quit";
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		if (line->argc - 1 < rows[i].least ||
		    line->argc - 1 > rows[i].most)
			console_say(console, ROLE_ERROR, "usage: %s %s",
				    rows[i].name, rows[i].arguments);
		else
			rows[i].run(console, line);
		return;
	}
	console_say(console, ROLE_ERROR,
		    "no command is called \"%.60s\" here; help lists them",
		    name);
}

void plain_command(struct console *console, const char *text)
{
	struct cmdline line;
	struct error err;

	/* a ':' out of habit */
	text += strspn(text, " :");
	if (!cmdline_parse(text, strlen(text), &line, &err)) {
		console_say(console, ROLE_ERROR, "%s", err.text);
		return;
	}
	if (line.argc > 0)
		run_line(console, &line);
	cmdline_release(&line);
}
