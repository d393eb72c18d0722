/* SPDX-License-Identifier: MIT */
/*
 * Killing or restarting everything that the filter shows.
 *
 * With a filter set and nothing marked it is not clear whether the trial under
 * the cursor is meant or all that are shown: that is asked, with how many there
 * are.
 */
#include "base/mem.h"
#include "tui/console.h"

#include <stdio.h>
#include <string.h>

static bool wants(const struct trial_row *row, enum command_verb verb)
{
	return (row->flags & ROW_LOADED) &&
	       trial_state_is_terminal(row->state) == (verb == COMMAND_RESTART);
}

static size_t count_wanted(const struct console *console,
			   enum command_verb verb)
{
	const struct trial_index *index = &console->data.trials;
	size_t i, n = 0;

	for (i = 0; i < index->shown; i++)
		n += wants(trial_index_at(index, i), verb);
	return n;
}

static const char *name_of(enum command_verb verb)
{
	return verb == COMMAND_KILL ? "kill" : "restart";
}

static void act_on_all(struct console *console, enum command_verb verb)
{
	const struct trial_index *index = &console->data.trials;
	struct request *request = &console->request;
	size_t i, wanted = count_wanted(console, verb);

	request_begin(console, verb);
	if (wanted > REQUEST_TRIALS_MAX) {
		console_say(console, ROLE_WARNING,
			    "%zu trials are too many at once (at most %d): "
			    "trialdeck %s --filter takes any number",
			    wanted, REQUEST_TRIALS_MAX, name_of(verb));
		return;
	}
	for (i = 0; i < index->shown; i++) {
		const struct trial_row *row = trial_index_at(index, i);

		if (wants(row, verb) && request->count < REQUEST_TRIALS_MAX)
			request->trials[request->count++] = row->key;
	}
	if (request->count == 0) {
		console_say(console, ROLE_WARNING,
			    "no trial is left to %s: it is over meanwhile",
			    name_of(verb));
		return;
	}
	snprintf(request->what, sizeof(request->what),
		 "%s %zu trials of %.60s that match %.80s", name_of(verb),
		 request->count, console_experiment_name(console),
		 console->trials.filter);
	/* it has been asked about */
	request_propose(console,
			verb == COMMAND_KILL ? REQUEST_SMALL : REQUEST_PLAIN);
}

static void answer(struct console *console, enum command_verb verb, int key)
{
	if (key == 'a' || key == 'A')
		act_on_all(console, verb);
	else if (key == 't' || key == 'T')
		request_marked(console, verb);
	else
		console_say(console, ROLE_NORMAL, "not done");
}

static void on_kill_answer(struct console *console, int key)
{
	answer(console, COMMAND_KILL, key);
}

static void on_restart_answer(struct console *console, int key)
{
	answer(console, COMMAND_RESTART, key);
}

bool request_asks_which(struct console *console, enum command_verb verb)
{
	const struct trial_row *row = console_trial(console);
	size_t wanted;

	if (!*console->trials.filter || console->data.trials.marked > 0 ||
	    !row || console_view(console) != &view_trials ||
	    trial_index_is_reading(&console->data.trials))
		return false;
	wanted = count_wanted(console, verb);
	if (wanted < 2)
		return false;
	console_ask(console,
		    verb == COMMAND_KILL ? on_kill_answer : on_restart_answer,
		    "%s [t]his trial, or [a]ll %zu that the filter shows? "
		    "[t/a/N] ",
		    name_of(verb), wanted);
	return true;
}
