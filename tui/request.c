/* SPDX-License-Identifier: MIT */
/*
 * Asking the engine for something: kill, restart, pause, set.
 *
 * A request is asked for first when it destroys work, then appended as rows,
 * one a trial, and kept in mind until each has its outcome, which is said in
 * the last line.  An experiment that nobody runs cannot act on commands: then
 * taking it up again is offered, and the commands wait in the store until the
 * engine is there.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "tui/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_stop_answer(struct console *console, int key)
{
	struct request *request = &console->request;

	if (key == 'l' || key == 'L') {
		request->is_destructive = false; /* a stop can follow */
		request_argument(console, COMMAND_STOP_LEAVE);
		request_submit(console);
	} else if (key == 'k' || key == 'K') {
		request_submit(console);
	} else {
		console_say(console, ROLE_NORMAL, "not done");
	}
}

/* Few can be taken back for some seconds; many are asked about first. */
static void propose_kill(struct console *console)
{
	request_propose(console, console->request.count > REQUEST_FEW
					 ? REQUEST_LARGE
					 : REQUEST_SMALL);
}

static bool wants(const struct trial_row *row, enum command_verb verb)
{
	bool has_ended = trial_state_is_terminal(row->state);

	return verb == COMMAND_RESTART ? has_ended : !has_ended;
}

/* Fill the request with the marked trials, or the one under the cursor. */
static size_t collect(struct console *console, enum command_verb verb,
		      size_t *ret_looked)
{
	struct request *request = &console->request;
	const struct trial_index *index = &console->data.trials;
	struct trial_row *row = console_trial(console);
	size_t i, wanted = 0;

	*ret_looked = index->marked;
	if (index->marked == 0 || console_view(console) == &view_trial) {
		*ret_looked = row != NULL;
		if (row && wants(row, verb)) {
			request->trials[0] = row->key;
			wanted = request->count = 1;
		}
		return wanted;
	}
	for (i = 0; i < index->count; i++) {
		if (!(index->rows[i].flags & ROW_MARKED) ||
		    !wants(&index->rows[i], verb))
			continue;
		if (request->count < REQUEST_TRIALS_MAX)
			request->trials[request->count++] = index->rows[i].key;
		wanted++;
	}
	return wanted;
}

static void name_trials(struct console *console, const char *verb)
{
	struct request *request = &console->request;
	const char *name = console_experiment_name(console);
	const struct trial_index *index = &console->data.trials;
	size_t i;

	if (request->count > 1) {
		snprintf(request->what, sizeof(request->what),
			 "%s %zu trials of %.100s", verb, request->count, name);
		return;
	}
	for (i = 0; i < index->count; i++)
		if (index->rows[i].key == request->trials[0])
			break;
	snprintf(request->what, sizeof(request->what),
		 "%s trial #%zu (%s) of %.100s", verb, i,
		 i < index->count ? index->rows[i].id : "?", name);
}

static bool collect_or_say(struct console *console, enum command_verb verb)
{
	const char *unfit = verb == COMMAND_RESTART ? "has not ended yet"
						    : "has ended already";
	size_t looked, wanted;

	request_begin(console, verb);
	wanted = collect(console, verb, &looked);
	if (looked == 0)
		console_say(console, ROLE_WARNING, "there is no trial here");
	else if (wanted == 0 && looked == 1)
		console_say(console, ROLE_WARNING, "the trial %s", unfit);
	else if (wanted == 0)
		console_say(console, ROLE_WARNING,
			    "each of the %zu marked trials %s", looked, unfit);
	else if (wanted > REQUEST_TRIALS_MAX)
		console_say(console, ROLE_WARNING,
			    "%zu trials are too many at once (at most %d)",
			    wanted, REQUEST_TRIALS_MAX);
	return wanted > 0 && wanted <= REQUEST_TRIALS_MAX;
}

void request_marked(struct console *console, enum command_verb verb)
{
	if (!collect_or_say(console, verb))
		return;
	name_trials(console, verb == COMMAND_KILL ? "kill" : "restart");
	if (verb == COMMAND_KILL)
		propose_kill(console);
	else
		request_propose(console, console->request.count > 1
						 ? REQUEST_ASKS
						 : REQUEST_PLAIN);
}

void request_kill(struct console *console)
{
	if (!request_is_refused(console) &&
	    !request_asks_which(console, COMMAND_KILL))
		request_marked(console, COMMAND_KILL);
}

void request_restart(struct console *console)
{
	if (!request_is_refused(console) &&
	    !request_asks_which(console, COMMAND_RESTART))
		request_marked(console, COMMAND_RESTART);
}

/* Fill the request with trials by name. */
static bool take_named(struct console *console, enum command_verb verb,
		       char **names, int count)
{
	struct request *request = &console->request;
	int i;

	request_begin(console, verb);
	for (i = 0; i < count; i++) {
		struct trial trial = {0};
		struct error err;
		const char *name = names[i][0] == '#' ? names[i] + 1 : names[i];

		if (!store_trial_find(console->data.store,
				      console->data.selected, name, &trial,
				      &err)) {
			console_say(console, ROLE_ERROR, "%s", err.text);
			return false;
		}
		request->trials[request->count++] = trial.key;
		trial_release(&trial);
	}
	return true;
}

void request_trials(struct console *console, enum command_verb verb,
		    char **names, int count)
{
	if (request_is_refused(console) ||
	    !take_named(console, verb, names, count))
		return;
	name_trials(console, verb == COMMAND_KILL ? "kill" : "restart");
	if (verb == COMMAND_KILL)
		propose_kill(console);
	else
		request_propose(console, REQUEST_PLAIN);
}

void request_act(struct console *console, enum kind_action action, char **names,
		 int count)
{
	/* what has ended runs again as a whole */
	enum command_verb verb =
		action == KIND_RETRY ? COMMAND_RESTART : COMMAND_ACT;
	const char *name = kind_action_name(action);

	if (request_is_refused(console) ||
	    !(count ? take_named(console, verb, names, count)
		    : collect_or_say(console, verb)))
		return;
	if (verb == COMMAND_ACT)
		request_argument(console, name);
	name_trials(console, name);
	if (action == KIND_STOP || action == KIND_TERMINATE)
		propose_kill(console);
	else
		request_propose(console, REQUEST_PLAIN);
}

void request_all(struct console *console, enum command_verb verb)
{
	const struct experiment_row *row = data_selected(&console->data);
	const char *name = console_experiment_name(console);
	struct request *request = &console->request;
	long long live, failed;

	if (request_is_refused(console) || !row)
		return;
	request_begin(console, verb);
	live = experiment_row_live(row);
	failed = row->counts[TRIAL_FAILED];
	if (verb == COMMAND_KILL && live == 0) {
		console_say(console, ROLE_WARNING, "no trial of %s is running",
			    name);
		return;
	}
	if (verb == COMMAND_RESTART && failed == 0) {
		console_say(console, ROLE_WARNING, "no trial of %s has failed",
			    name);
		return;
	}
	if (verb == COMMAND_KILL)
		snprintf(request->what, sizeof(request->what),
			 "kill all %lld live trials of %.100s", live, name);
	else
		snprintf(request->what, sizeof(request->what),
			 "restart all %lld failed trials of %.100s", failed,
			 name);
	request_propose(console,
			verb == COMMAND_KILL ? REQUEST_LARGE : REQUEST_ASKS);
}

void request_stop(struct console *console, const char *how)
{
	const struct experiment_row *row = data_selected(&console->data);
	const char *name = console_experiment_name(console);
	struct request *request = &console->request;
	long long live;

	if (request_is_refused(console) || !row)
		return;
	if (experiment_state_is_terminal(row->state)) {
		console_say(console, ROLE_WARNING, "%s has ended already",
			    name);
		return;
	}
	request_begin(console, COMMAND_STOP);
	snprintf(request->what, sizeof(request->what), "stop %.100s", name);
	live = experiment_row_live(row);
	request->is_destructive = true;
	if (how)
		on_stop_answer(console, how[0]);
	else if (live == 0)
		request_propose(console, REQUEST_LARGE);
	else
		console_ask(console, on_stop_answer,
			    "stop %.100s: [k]ill its %lld trial%s, [l]eave %s "
			    "to finish, [N]o ",
			    name, live, live == 1 ? "" : "s",
			    live == 1 ? "it" : "them");
}

void request_pause(struct console *console, int wanted)
{
	const struct experiment_row *row = data_selected(&console->data);
	struct request *request = &console->request;

	if (request_is_refused(console) || !row)
		return;
	if (!row->is_live && wanted != 1) {
		request_take_up(console);
		return;
	}
	if (wanted < 0)
		wanted = !row->is_paused;
	request_begin(console, wanted ? COMMAND_PAUSE : COMMAND_RESUME);
	snprintf(request->what, sizeof(request->what), "%s %.100s",
		 wanted ? "pause" : "resume", console_experiment_name(console));
	request_propose(console, REQUEST_PLAIN);
}

void request_take_up(struct console *console)
{
	const struct experiment_row *row = data_selected(&console->data);

	if (request_is_refused(console) || !row)
		return;
	request_begin(console, COMMAND_RESUME);
	if (row->is_live)
		console_say(console, ROLE_WARNING, "%s is being run already",
			    console_experiment_name(console));
	else
		request_offer_take_up(console);
}

void request_set(struct console *console, const char *assignment)
{
	struct request *request = &console->request;
	struct error err;
	char name[32];
	int64_t value;

	if (request_is_refused(console))
		return;
	request_begin(console, COMMAND_SET);
	if (!knob_parse(assignment, name, sizeof(name), &value, &err)) {
		console_say(console, ROLE_ERROR, "%s", err.text);
		return;
	}
	request_argument(console, assignment);
	snprintf(request->what, sizeof(request->what), "set %.60s of %.100s",
		 assignment, console_experiment_name(console));
	request_propose(console, REQUEST_PLAIN);
}

void request_add(struct console *console, const char *parameters)
{
	char what[150];

	if (request_is_refused(console))
		return;
	snprintf(what, sizeof(what), "add a trial to %.100s",
		 console_experiment_name(console));
	request_add_to(console, console->data.selected, parameters, what);
}

void request_add_to(struct console *console, int64_t experiment,
		    const char *parameters, const char *what)
{
	request_begin(console, COMMAND_ADD_TRIAL);
	console->request.experiment = experiment;
	request_argument(console, parameters);
	snprintf(console->request.what, sizeof(console->request.what), "%s",
		 what);
	request_propose(console, REQUEST_PLAIN);
}

void request_concurrency(struct console *console, int delta)
{
	const struct experiment_row *row = data_selected(&console->data);
	char assignment[64];

	if (request_is_refused(console) || !row)
		return;
	if (row->concurrency + delta < 1) {
		console_say(console, ROLE_WARNING,
			    "at least one trial at a time; p pauses");
		return;
	}
	snprintf(assignment, sizeof(assignment), "concurrency=%d",
		 row->concurrency + delta);
	request_set(console, assignment);
}
