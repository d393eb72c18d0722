/* SPDX-License-Identifier: MIT */
/* Some seconds in which what was asked for can be taken back. */
#include "tui/undo.h"

#include "base/clock.h"
#include "tui/console.h"

#include <stdio.h>
#include <string.h>

bool undo_is_open(const struct console *console)
{
	return console->undo.until_ns != 0;
}

int undo_left_s(const struct console *console)
{
	int64_t left_ns = console->undo.until_ns - clock_mono_ns();

	return left_ns > 0 ? (int)((left_ns + NS_PER_S - 1) / NS_PER_S) : 0;
}

/* Close the window; what it held is the caller's. */
static struct undo take(struct console *console)
{
	struct undo undo = console->undo;

	memset(&console->undo, 0, sizeof(console->undo));
	console->undo.seconds = undo.seconds;
	console->needs_paint = true;
	return undo;
}

void undo_look(struct console *console, bool now)
{
	struct undo undo;

	if (!undo_is_open(console) ||
	    (!now && clock_mono_ns() < console->undo.until_ns))
		return;
	undo = take(console);
	if (undo.ops->carry_out)
		undo.ops->carry_out(console, undo.arg);
	undo.ops->release(undo.arg);
}

void undo_open(struct console *console, const char *what,
	       const struct undo_ops *ops, void *arg)
{
	undo_look(console, true);
	snprintf(console->undo.what, sizeof(console->undo.what), "%s", what);
	console->undo.ops = ops;
	console->undo.arg = arg;
	console->undo.until_ns =
		clock_mono_ns() + console->undo.seconds * NS_PER_S + 1;
	console->needs_paint = true;
	if (!console->undo.seconds)
		undo_look(console, true);
}

void undo_take_back(struct console *console)
{
	struct undo undo;

	if (!undo_is_open(console)) {
		console_say(console, ROLE_NORMAL,
			    "there is nothing to take back");
		return;
	}
	undo = take(console);
	console_say(console, ROLE_MESSAGE, "taken back: %s", undo.what);
	if (undo.ops->take_back)
		undo.ops->take_back(console, undo.arg);
	undo.ops->release(undo.arg);
}
