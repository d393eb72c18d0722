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

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void begin(struct console *console, enum command_verb verb)
{
	struct request *request = &console->request;

	memset(request, 0, sizeof(*request));
	request->verb = verb;
	request->experiment = console->data.selected;
	request->needs_engine = true;
}

static void format_asker(char *ret, size_t size)
{
	const struct passwd *user = getpwuid(getuid());
	char host[256] = "?";

	gethostname(host, sizeof(host) - 1);
	snprintf(ret, size, "%s@%s pid %d (console)",
		 user ? user->pw_name : "?", host, (int)getpid());
}

static struct pending *free_pending(struct console *console)
{
	int i;

	for (i = 0; i < PENDING_MAX; i++)
		if (console->pendings[i].count == 0)
			return &console->pendings[i];
	return NULL;
}

static bool append_one(struct console *console, const struct request *request,
		       int64_t trial, const char *asker,
		       struct pending *pending)
{
	struct error err = {0};
	struct command command = {.experiment = request->experiment,
				  .trial = trial,
				  .verb = request->verb,
				  .asked_ns = clock_wall_ns()};
	bool is_ok;

	command.argument =
		*request->argument ? xstrdup(request->argument) : NULL;
	command.asked_by = xstrdup(asker);
	is_ok = store_command_append(console->data.store, &command, &err);
	if (is_ok)
		pending->keys[pending->count++] = command.key;
	else
		console_say(console, ROLE_ERROR, "%s: %s", request->what,
			    err.text);
	command_release(&command);
	return is_ok;
}

bool request_send(struct console *console)
{
	const struct request *request = &console->request;
	struct pending *pending = free_pending(console);
	char asker[400];
	size_t i;

	if (!pending) {
		console_say(console, ROLE_ERROR,
			    "too many commands are waiting for their outcome");
		return false;
	}
	memset(pending, 0, sizeof(*pending));
	snprintf(pending->what, sizeof(pending->what), "%s", request->what);
	pending->since_ns = clock_mono_ns();
	format_asker(asker, sizeof(asker));
	if (request->count == 0)
		append_one(console, request, 0, asker, pending);
	for (i = 0; i < request->count; i++)
		if (!append_one(console, request, request->trials[i], asker,
				pending))
			break;
	if (pending->count == 0)
		return false;
	console->data.is_stale = true; /* our own rows do not count as news */
	if (console->options->engine &&
	    request->experiment == console->options->engine_experiment)
		engine_wake(console->options->engine);
	return true;
}

static void on_take_up(struct console *console, int key)
{
	struct error err = {0};

	if (key != 'y' && key != 'Y')
		return;
	if (!console->options->resume(console->data.experiment.id, &err)) {
		console_say(console, ROLE_ERROR, "%s", err.text);
		return;
	}
	console_say(console, ROLE_MESSAGE, "taking %s up in the background",
		    console_experiment_name(console));
	console->data.is_stale = true;
	if (*console->request.what)
		request_send(console);
}

static bool is_refused(struct console *console)
{
	if (!console->data.selected) {
		console_say(console, ROLE_WARNING, "there is no experiment");
		return true;
	}
	if (!console->data.is_read_only)
		return false;
	console_say(console, ROLE_ERROR,
		    "read-only: this console only looks; nothing was changed");
	return true;
}

static void offer_take_up(struct console *console)
{
	if (!console->options->resume) {
		console_say(console, ROLE_ERROR,
			    "nobody runs %s: take it up with trialdeck resume "
			    "%s",
			    console_experiment_name(console),
			    console->data.experiment.id);
		return;
	}
	console_ask(
		console, on_take_up, "nobody runs %s: take it up%s%s? [y/N] ",
		console_experiment_name(console),
		*console->request.what ? " and " : "", console->request.what);
}

static void submit(struct console *console);

static void on_stop_answer(struct console *console, int key)
{
	struct request *request = &console->request;

	if (key == 'l' || key == 'L') {
		snprintf(request->argument, sizeof(request->argument), "%s",
			 COMMAND_STOP_LEAVE);
		submit(console);
	} else if (key == 'k' || key == 'K') {
		submit(console);
	} else {
		console_say(console, ROLE_NORMAL, "not done");
	}
}

/* Send now, unless nobody would act on it. */
static void submit(struct console *console)
{
	const struct experiment_row *row = data_selected(&console->data);

	if (row && !row->is_live && console->request.needs_engine)
		offer_take_up(console);
	else
		request_send(console);
}

static void on_confirmed(struct console *console, int key)
{
	if (key == 'y' || key == 'Y')
		submit(console);
	else
		console_say(console, ROLE_NORMAL, "not done");
}

/* Ask, or go ahead; what says it in words. */
static void propose(struct console *console, bool is_destructive)
{
	if (is_destructive)
		console_ask(console, on_confirmed, "%s? [y/N] ",
			    console->request.what);
	else
		submit(console);
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

	begin(console, verb);
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

void request_kill(struct console *console)
{
	if (is_refused(console) || !collect_or_say(console, COMMAND_KILL))
		return;
	name_trials(console, "kill");
	propose(console, true);
}

void request_restart(struct console *console)
{
	if (is_refused(console) || !collect_or_say(console, COMMAND_RESTART))
		return;
	name_trials(console, "restart");
	propose(console, console->request.count > 1);
}

/* Fill the request with trials by name. */
static bool take_named(struct console *console, enum command_verb verb,
		       char **names, int count)
{
	struct request *request = &console->request;
	int i;

	begin(console, verb);
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
	if (is_refused(console) || !take_named(console, verb, names, count))
		return;
	name_trials(console, verb == COMMAND_KILL ? "kill" : "restart");
	propose(console, verb == COMMAND_KILL);
}

void request_act(struct console *console, enum kind_action action, char **names,
		 int count)
{
	/* what has ended runs again as a whole */
	enum command_verb verb =
		action == KIND_RETRY ? COMMAND_RESTART : COMMAND_ACT;
	const char *name = kind_action_name(action);

	if (is_refused(console) ||
	    !(count ? take_named(console, verb, names, count)
		    : collect_or_say(console, verb)))
		return;
	if (verb == COMMAND_ACT)
		snprintf(console->request.argument,
			 sizeof(console->request.argument), "%s", name);
	name_trials(console, name);
	propose(console, action == KIND_STOP || action == KIND_TERMINATE);
}

void request_all(struct console *console, enum command_verb verb)
{
	const struct experiment_row *row = data_selected(&console->data);
	const char *name = console_experiment_name(console);
	struct request *request = &console->request;
	long long live, failed;

	if (is_refused(console) || !row)
		return;
	begin(console, verb);
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
	propose(console, true);
}

void request_stop(struct console *console, const char *how)
{
	const struct experiment_row *row = data_selected(&console->data);
	const char *name = console_experiment_name(console);
	struct request *request = &console->request;
	long long live;

	if (is_refused(console) || !row)
		return;
	if (experiment_state_is_terminal(row->state)) {
		console_say(console, ROLE_WARNING, "%s has ended already",
			    name);
		return;
	}
	begin(console, COMMAND_STOP);
	snprintf(request->what, sizeof(request->what), "stop %.100s", name);
	live = experiment_row_live(row);
	if (how)
		on_stop_answer(console, how[0]);
	else if (live == 0)
		propose(console, true);
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

	if (is_refused(console) || !row)
		return;
	if (!row->is_live && wanted != 1) {
		request_take_up(console);
		return;
	}
	if (wanted < 0)
		wanted = !row->is_paused;
	begin(console, wanted ? COMMAND_PAUSE : COMMAND_RESUME);
	snprintf(request->what, sizeof(request->what), "%s %.100s",
		 wanted ? "pause" : "resume", console_experiment_name(console));
	propose(console, false);
}

void request_take_up(struct console *console)
{
	const struct experiment_row *row = data_selected(&console->data);

	if (is_refused(console) || !row)
		return;
	memset(&console->request, 0, sizeof(console->request));
	if (row->is_live)
		console_say(console, ROLE_WARNING, "%s is being run already",
			    console_experiment_name(console));
	else
		offer_take_up(console);
}

void request_set(struct console *console, const char *assignment)
{
	struct request *request = &console->request;
	struct error err;
	char name[32];
	int64_t value;

	if (is_refused(console))
		return;
	begin(console, COMMAND_SET);
	if (strlen(assignment) >= sizeof(request->argument) ||
	    !knob_parse(assignment, name, sizeof(name), &value, &err)) {
		console_say(console, ROLE_ERROR, "%s",
			    strlen(assignment) < sizeof(request->argument)
				    ? err.text
				    : "the value is too long");
		return;
	}
	snprintf(request->argument, sizeof(request->argument), "%s",
		 assignment);
	snprintf(request->what, sizeof(request->what), "set %.60s of %.100s",
		 assignment, console_experiment_name(console));
	propose(console, false);
}

void request_add(struct console *console, const char *parameters)
{
	struct request *request = &console->request;

	if (is_refused(console))
		return;
	begin(console, COMMAND_ADD_TRIAL);
	if (strlen(parameters) >= sizeof(request->argument)) {
		console_say(console, ROLE_ERROR,
			    "the parameters are longer than %zu bytes",
			    sizeof(request->argument) - 1);
		return;
	}
	snprintf(request->argument, sizeof(request->argument), "%s",
		 parameters);
	snprintf(request->what, sizeof(request->what), "add a trial to %.100s",
		 console_experiment_name(console));
	propose(console, false);
}

void request_concurrency(struct console *console, int delta)
{
	const struct experiment_row *row = data_selected(&console->data);
	char assignment[64];

	if (is_refused(console) || !row)
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
