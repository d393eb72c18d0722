/* SPDX-License-Identifier: MIT */
/* Tags, notes and the archive: small changes that nobody has to run. */
#include "base/mem.h"
#include "tui/acts.h"
#include "tui/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNDO_PREFERENCE "undo"

void act_undo_load(struct console *console)
{
	struct error ignored;
	char *value = NULL;
	int seconds;

	console->undo.seconds = UNDO_SECONDS;
	if (!console->data.store ||
	    !store_preference_get(console->data.store, 0, UNDO_PREFERENCE,
				  &value, &ignored) ||
	    !value)
		return;
	seconds = atoi(value);
	if (seconds >= 0 && seconds <= UNDO_SECONDS_MAX)
		console->undo.seconds = seconds;
	free(value);
}

void act_undo_set(struct console *console, const char *seconds)
{
	struct error ignored;
	char *end;
	long value = strtol(seconds, &end, 10);

	if (end == seconds || *end || value < 0 || value > UNDO_SECONDS_MAX) {
		console_say(console, ROLE_ERROR,
			    "undo: 0 to %d seconds, not \"%s\"",
			    UNDO_SECONDS_MAX, seconds);
		return;
	}
	console->undo.seconds = (int)value;
	if (console->data.store && !console->data.is_read_only)
		store_preference_put(console->data.store, 0, UNDO_PREFERENCE,
				     seconds, &ignored);
	console_say(console, ROLE_NORMAL,
		    value ? "what destroys can be taken back for %ld seconds"
			  : "what destroys is asked about, and done at once",
		    value);
}
