/* SPDX-License-Identifier: MIT */
/*
 * Telling whoever runs the experiment what is on the screen.
 *
 * Logs of pods and the nodes of a cluster are fetched only while somebody
 * looks (store/interest.h): said when something has come into view to stay,
 * not for each trial on the way down a list, and again for as long as it is
 * there.  A console that only looks says nothing,
 * since it writes nothing.
 */
#include "base/clock.h"
#include "store/interest.h"
#include "tui/console.h"

#include <stdio.h>
#include <string.h>

#define SETTLE_NS (300 * NS_PER_MS)

/* Does somebody run it who can fetch things? */
static bool has_fetcher(const struct console *console)
{
	const struct experiment_row *row = data_selected(&console->data);

	return row && row->is_live && !console->data.is_read_only &&
	       console_has_cluster(console);
}

void wishes_renew(struct console *console)
{
	const struct trial_row *trial = console_trial(console);
	int64_t now_ns = clock_mono_ns();
	char name[sizeof(console->wish)] = "";

	if (console_view(console) == &view_cluster ||
	    (console_view(console) == &view_trial && trial &&
	     !trial_state_is_terminal((enum trial_state)trial->state)))
		snprintf(name, sizeof(name), "cluster"); /* what it uses */
	else if (trial && log_pane_is_shown(console))
		snprintf(name, sizeof(name), "log-%s", trial->id);
	if (!*name || !has_fetcher(console)) {
		console->wish[0] = '\0';
		return;
	}
	if (strcmp(name, console->wish) != 0) {
		memcpy(console->wish, name, sizeof(name));
		console->wish_since_ns = now_ns;
		console->wished_ns = 0;
	}
	if (now_ns - console->wish_since_ns < SETTLE_NS ||
	    (console->wished_ns &&
	     now_ns - console->wished_ns < INTEREST_RENEW_MS * NS_PER_MS))
		return;
	console->wished_ns = now_ns;
	interest_declare(console->data.experiment.directory, name);
}
