/* SPDX-License-Identifier: MIT */
/* What became of the commands that were appended: asked for after every look
 * at the store, told in the last line when all of one request have ended. */
#include "base/clock.h"
#include "base/utf8.h"
#include "tui/console.h"

#include <stdio.h>
#include <string.h>

#define WAITING_SHOWN_NS (300 * NS_PER_MS)

static void say_outcome(struct console *console, const struct pending *pending)
{
	enum role role = pending->refused ? ROLE_ERROR : ROLE_MESSAGE;

	if (pending->count == 1)
		console_say(console, role, "%s: %s", pending->what,
			    *pending->outcome  ? pending->outcome
			    : pending->refused ? "refused"
					       : "done");
	else if (pending->refused)
		console_say(console, role, "%s: %zu done, %zu refused: %s",
			    pending->what, pending->done, pending->refused,
			    pending->outcome);
	else
		console_say(console, role, "%s: all done", pending->what);
}

static void take_outcome(const struct console *console, struct pending *pending,
			 const struct command *command)
{
	bool is_refused_now = command->state == COMMAND_REFUSED;
	struct strbuf text = STRBUF_INIT;

	if (is_refused_now || !pending->refused) {
		const char *outcome = command->outcome ? command->outcome : "";

		utf8_sanitize(&text, outcome, strlen(outcome),
			      console->is_ascii);
		snprintf(pending->outcome, sizeof(pending->outcome), "%s",
			 text.data);
		strbuf_release(&text);
	}
	pending->refused += is_refused_now;
	pending->done += !is_refused_now;
}

static bool poll_one(struct console *console, struct pending *pending)
{
	bool has_news = false;
	size_t i;

	for (i = 0; i < pending->count; i++) {
		struct command command = {0};
		struct error ignored;

		if (!pending->keys[i] ||
		    !store_command_get(console->data.store, pending->keys[i],
				       &command, &ignored))
			continue;
		if (command.state != COMMAND_PENDING) {
			take_outcome(console, pending, &command);
			pending->keys[i] = 0;
			has_news = true;
		}
		command_release(&command);
	}
	if (pending->done + pending->refused == pending->count) {
		say_outcome(console, pending);
		pending->count = 0;
	} else if (clock_mono_ns() - pending->since_ns > WAITING_SHOWN_NS &&
		   !*console->message) {
		console_say(console, ROLE_WAITING, "%s: waiting...",
			    pending->what);
		has_news = true;
	}
	return has_news;
}

bool request_poll(struct console *console)
{
	bool has_news = false;
	int i;

	for (i = 0; i < PENDING_MAX; i++)
		if (console->pendings[i].count && console->data.store)
			has_news |= poll_one(console, &console->pendings[i]);
	return has_news;
}

bool request_is_pending(const struct console *console)
{
	int i;

	for (i = 0; i < PENDING_MAX; i++)
		if (console->pendings[i].count)
			return true;
	return false;
}
