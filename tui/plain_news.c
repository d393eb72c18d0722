/* SPDX-License-Identifier: MIT */
/* What happened, in lines: trials of the shown experiment by their states. */
#include "base/clock.h"
#include "base/mem.h"
#include "tui/console.h"
#include "tui/format.h"
#include "tui/plain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_UNKNOWN 255

static void make_room(struct plain *plain, size_t count)
{
	if (count > plain->capacity) {
		plain->capacity = count + count / 2 + 64;
		plain->states = xrealloc(plain->states, plain->capacity);
	}
	if (count > plain->count)
		memset(plain->states + plain->count, PLAIN_UNKNOWN,
		       count - plain->count);
	plain->count = count;
}

void plain_summary(struct console *console)
{
	const struct experiment_row *row = data_selected(&console->data);
	struct strbuf line = STRBUF_INIT;
	enum role role;
	int64_t ended;

	if (!row) {
		plain_say(console, false,
			  "no experiment yet; start one in another shell: "
			  "trialdeck run experiment.yaml");
		return;
	}
	ended = experiment_row_total(row) - experiment_row_live(row);
	strbuf_addf(&line, "experiment %s (%s) is %s: %" PRId64,
		    console_experiment_name(console), row->id,
		    bars_experiment_state(row, &role), ended);
	if (row->max_trials)
		strbuf_addf(&line, " of %" PRId64, row->max_trials);
	strbuf_addf(&line,
		    " trials ended, %" PRId64 " running, %" PRId64
		    " waiting, %" PRId64 " failed",
		    row->counts[TRIAL_RUNNING], row->counts[TRIAL_WAITING],
		    row->counts[TRIAL_FAILED]);
	if (row->best.is_set) {
		strbuf_addf(&line, "; best %.6g", row->best.number);
		if (console->data.best_sequence >= 0)
			strbuf_addf(&line, " (trial #%" PRId64 ")",
				    console->data.best_sequence);
	}
	plain_say(console, false, "%s", line.data);
	strbuf_release(&line);
}

static void tell_trial(struct console *console, const struct trial_row *row,
		       size_t sequence)
{
	enum trial_state state = (enum trial_state)row->state;
	struct strbuf line = STRBUF_INIT;
	const struct trial_text *text;

	strbuf_addf(&line, "trial #%zu %s ", sequence, row->id);
	if (state == TRIAL_WAITING) {
		strbuf_adds(&line,
			    row->attempt > 1 ? "waits to run again" : "waits");
	} else if (state == TRIAL_RUNNING) {
		strbuf_adds(&line, "started");
		if (row->attempt > 1)
			strbuf_addf(&line, ", attempt %d", row->attempt);
	} else {
		strbuf_addf(&line, "%s", trial_state_name(state));
		if (row->flags & ROW_HAS_FINAL)
			strbuf_addf(&line, ", final %.6g", row->final);
		if (row->started_ns && row->ended_ns) {
			strbuf_adds(&line, ", after ");
			clock_format_duration(&line,
					      row->ended_ns - row->started_ns);
		}
		text = trial_texts_get(console->texts, console->data.store,
				       console->data.space, row->key,
				       row->version);
		if (*text->reason)
			strbuf_addf(&line, ": %s", text->reason);
		else if (state == TRIAL_FAILED && row->exit_code >= 0)
			strbuf_addf(&line, ": exit %d", row->exit_code);
	}
	plain_say(console, true, "%s", line.data);
	strbuf_release(&line);
}

/* Trials that changed since: each in a line, of very many the first ones. */
static void compare(struct console *console)
{
	const struct trial_index *index = &console->data.trials;
	struct plain *plain = console->plain;
	size_t told = 0, more = 0;
	int64_t newest = plain->version;

	make_room(plain, index->count);
	for (size_t i = 0; i < index->count; i++) {
		const struct trial_row *row = &index->rows[i];

		if (!(row->flags & ROW_LOADED) ||
		    row->version <= plain->version)
			continue;
		newest = row->version > newest ? row->version : newest;
		if (plain->states[i] == row->state)
			continue;
		plain->states[i] = row->state;
		/* that a new one waits says nothing */
		if (!plain->is_ready ||
		    (row->state == TRIAL_WAITING && row->attempt <= 1))
			continue;
		if (told < PLAIN_CHANGES_MAX) {
			tell_trial(console, row, i);
			told++;
		} else {
			more++;
		}
	}
	plain->version = newest;
	if (more)
		plain_say(console, true,
			  "%zu more trials changed; type trials or status",
			  more);
}

void plain_look(struct console *console)
{
	struct plain *plain = console->plain;

	if (trial_index_is_loading(&console->data.trials))
		return;
	if (plain->experiment != console->data.selected) {
		plain->experiment = console->data.selected;
		plain->is_ready = plain->is_told = false;
		plain->count = 0;
		plain->version = 0;
	}
	if (plain->experiment)
		compare(console);
	plain->is_ready = true;
	if (!plain->is_told)
		plain_summary(console);
	plain->is_told = true;
}
