/* SPDX-License-Identifier: MIT */
/*
 * From a request to rows: asked about, held back for some seconds, appended.
 *
 * What destroys little is not asked about: it waits, and can be taken back
 * (undo.h).  What destroys much is asked about first, and then waits as well.
 * Where nothing waits (`:set undo=0`), everything that destroys is asked about.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "tui/console.h"
#include "tui/undo.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void request_begin(struct console *console, enum command_verb verb)
{
	struct request *request = &console->request;

	free(request->argument);
	memset(request, 0, sizeof(*request));
	request->verb = verb;
	request->experiment = console->data.selected;
	request->needs_engine = true;
}

void request_argument(struct console *console, const char *text)
{
	free(console->request.argument);
	console->request.argument = xstrdup(text);
}

void request_asker(char *ret, size_t size)
{
	const struct passwd *user = getpwuid(getuid());
	char host[256] = "?";

	gethostname(host, sizeof(host) - 1);
	snprintf(ret, size, "%s@%s pid %d (console)",
		 user ? user->pw_name : "?", host, (int)getpid());
}

bool request_is_read_only(struct console *console)
{
	if (!console->data.is_read_only)
		return false;
	console_say(console, ROLE_ERROR,
		    "read-only: this console only looks; nothing was changed");
	return true;
}

bool request_is_refused(struct console *console)
{
	if (!console->data.selected) {
		console_say(console, ROLE_WARNING, "there is no experiment");
		return true;
	}
	return request_is_read_only(console);
}

/* ---- appending ------------------------------------------------------------
 */

static struct pending *free_pending(struct console *console)
{
	int i;

	for (i = 0; i < PENDING_MAX; i++)
		if (console->pendings[i].count == 0)
			return &console->pendings[i];
	console_say(console, ROLE_ERROR,
		    "too many commands are waiting for their outcome");
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
				  .argument = request->argument,
				  .asked_by = (char *)(uintptr_t)asker,
				  .asked_ns = clock_wall_ns()};

	if (store_command_append(console->data.store, &command, &err)) {
		pending->keys[pending->count++] = command.key;
		return true;
	}
	console_say(console, ROLE_ERROR, "%s: %s", request->what, err.text);
	return false;
}

static void wake_engine(struct console *console, int64_t experiment)
{
	console->data.is_stale = true; /* our own rows do not count as news */
	if (console->options->engine &&
	    experiment == console->options->engine_experiment)
		engine_wake(console->options->engine);
}

bool request_send(struct console *console, const struct request *request)
{
	struct pending *pending = free_pending(console);
	char asker[400];
	size_t i;

	if (!pending || request_is_read_only(console))
		return false;
	memset(pending, 0, sizeof(*pending));
	snprintf(pending->what, sizeof(pending->what), "%s", request->what);
	pending->since_ns = clock_mono_ns();
	request_asker(asker, sizeof(asker));
	if (request->count == 0)
		append_one(console, request, 0, asker, pending);
	for (i = 0; i < request->count; i++)
		if (!append_one(console, request, request->trials[i], asker,
				pending))
			break;
	if (pending->count == 0)
		return false;
	wake_engine(console, request->experiment);
	return true;
}

bool request_send_list(struct console *console, const struct request *requests,
		       size_t count, const char *what)
{
	struct pending *pending = free_pending(console);
	char asker[400];

	if (!pending || !count || request_is_read_only(console))
		return false;
	memset(pending, 0, sizeof(*pending));
	snprintf(pending->what, sizeof(pending->what), "%s", what);
	pending->since_ns = clock_mono_ns();
	request_asker(asker, sizeof(asker));
	for (size_t i = 0; i < count; i++)
		if (!append_one(console, &requests[i], 0, asker, pending))
			break;
	if (pending->count)
		wake_engine(console, requests[0].experiment);
	return pending->count == count;
}

/* ---- holding back ---------------------------------------------------------
 */

static void send_held(struct console *console, void *arg)
{
	request_send(console, arg);
}

static void forget_held(void *arg)
{
	struct request *request = arg;

	free(request->argument);
	free(request);
}

static void send_or_hold(struct console *console)
{
	static const struct undo_ops ops = {
		.carry_out = send_held,
		.release = forget_held,
	};
	struct request *held;

	if (!console->request.is_destructive || !console->undo.seconds) {
		request_send(console, &console->request);
		return;
	}
	held = xcalloc(1, sizeof(*held));
	*held = console->request;
	held->argument = xstrdup_or_null(console->request.argument);
	undo_open(console, held->what, &ops, held);
}

/* ---- asking ----------------------------------------------------------------
 */

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
		request_send(console, &console->request);
}

void request_offer_take_up(struct console *console)
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

void request_submit(struct console *console)
{
	const struct experiment_row *row =
		data_find(&console->data, console->request.experiment);

	/* taking up is offered for the one that is shown */
	if (row && !row->is_live && console->request.needs_engine &&
	    row->key == console->data.selected)
		request_offer_take_up(console);
	else
		send_or_hold(console);
}

static void on_confirmed(struct console *console, int key)
{
	if (key == 'y' || key == 'Y')
		request_submit(console);
	else
		console_say(console, ROLE_NORMAL, "not done");
}

void request_propose(struct console *console, enum request_weight weight)
{
	console->request.is_destructive =
		weight == REQUEST_SMALL || weight == REQUEST_LARGE;
	if (weight == REQUEST_LARGE || weight == REQUEST_ASKS ||
	    (weight == REQUEST_SMALL && !console->undo.seconds))
		console_ask(console, on_confirmed, "%s? [y/N] ",
			    console->request.what);
	else
		request_submit(console);
}
