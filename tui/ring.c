/* SPDX-License-Identifier: MIT */
/* Comparing what is with what was seen. */
#include "tui/ring.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/console.h"
#include "tui/plain.h"
#include "tui/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALERTS_AT_ONCE 20
/* a search that gets better every second is no reason to ring every second */
#define BEST_NS (5 * NS_PER_S)

struct seen {
	int64_t key;
	bool is_over;
	struct metric_value best;
	int64_t event; /* its newest one; -1: not looked at */
};

struct ring {
	struct seen *seen;
	size_t count, capacity;
	int64_t best_ns; /* when a best one was told last; monotonic */
	/* gathered in this look */
	bool rings;
	char notice[300];
};

struct ring *ring_new(void)
{
	return xcalloc(1, sizeof(struct ring));
}

void ring_free(struct ring *ring)
{
	if (ring)
		free(ring->seen);
	free(ring);
}

bool ring_is_wanted(const char *value, enum ring_kind kind)
{
	static const char *const names[] = {[RING_FINISHED] = "finished",
					    [RING_BEST] = "best",
					    [RING_ALERT] = "alerts"};

	return strcmp(value, "all") == 0 || strcmp(value, names[kind]) == 0;
}

static void tell(struct console *console, enum ring_kind kind, const char *text)
{
	struct ring *ring = console->ring;
	const char *bell = settings_get(&console->settings, SETTING_BELL);
	const char *notify = settings_get(&console->settings, SETTING_NOTIFY);

	if (console->plain)
		plain_say(console, true, "%s", text);
	if (kind == RING_BEST) {
		int64_t now_ns = clock_mono_ns();

		if (ring->best_ns && now_ns - ring->best_ns < BEST_NS)
			return;
		ring->best_ns = now_ns;
	}
	ring->rings |= ring_is_wanted(bell, kind);
	/* the first one of a look is said: an end comes before what is best */
	if (ring_is_wanted(notify, kind) && !*ring->notice)
		snprintf(ring->notice, sizeof(ring->notice), "trialdeck: %s",
			 text);
}

static struct seen *find(struct ring *ring, int64_t key)
{
	for (size_t i = 0; i < ring->count; i++)
		if (ring->seen[i].key == key)
			return &ring->seen[i];
	return NULL;
}

static void remember(struct ring *ring, const struct experiment_row *row)
{
	struct seen *seen;

	if (ring->count == ring->capacity) {
		ring->capacity = ring->capacity ? 2 * ring->capacity : 16;
		ring->seen = xrealloc(ring->seen,
				      ring->capacity * sizeof(*ring->seen));
	}
	seen = &ring->seen[ring->count++];
	seen->key = row->key;
	seen->is_over = experiment_state_is_terminal(row->state);
	seen->best = row->best;
	seen->event = -1;
}

static const char *name_of(const struct experiment_row *row)
{
	return row->name && *row->name ? row->name : row->id;
}

static void compare(struct console *console, struct seen *seen,
		    const struct experiment_row *row)
{
	bool is_over = experiment_state_is_terminal(row->state);
	char text[250];

	if (is_over && !seen->is_over) {
		enum role role;

		snprintf(text, sizeof(text), "%s is %s", name_of(row),
			 bars_experiment_state(row, &role));
		tell(console, RING_FINISHED, text);
	}
	if (seen->best.is_set && row->best.is_set &&
	    (row->objective == OBJECTIVE_MAXIMIZE
		     ? row->best.number > seen->best.number
		     : row->best.number < seen->best.number)) {
		snprintf(text, sizeof(text), "%s has a new best, %.6g",
			 name_of(row), row->best.number);
		if (row->key == console->data.selected &&
		    console->data.best_sequence >= 0)
			snprintf(text + strlen(text),
				 sizeof(text) - strlen(text), " (trial #%lld)",
				 (long long)console->data.best_sequence);
		tell(console, RING_BEST, text);
	}
	seen->is_over = is_over;
	seen->best = row->best;
}

struct hearing {
	struct console *console;
	struct seen *seen;
	bool is_first;
};

static bool hear(const struct event *event, void *arg)
{
	struct hearing *hearing = arg;
	struct strbuf text = STRBUF_INIT;

	hearing->seen->event = event->key;
	if (hearing->is_first || strncmp(event->kind, "alert", 5) != 0 ||
	    !event->text)
		return true;
	utf8_sanitize(&text, event->text, strlen(event->text), false);
	tell(hearing->console, RING_ALERT, text.data);
	strbuf_release(&text);
	return true;
}

static bool alerts_are_heard(const struct console *console)
{
	return console->plain ||
	       ring_is_wanted(settings_get(&console->settings, SETTING_BELL),
			      RING_ALERT) ||
	       ring_is_wanted(settings_get(&console->settings, SETTING_NOTIFY),
			      RING_ALERT);
}

static void listen(struct console *console, struct seen *seen)
{
	struct hearing hearing = {console, seen, seen->event < 0};
	struct error ignored;

	if (hearing.is_first)
		seen->event = 0;
	store_events_each(console->data.store, seen->key, 0, seen->event,
			  hearing.is_first ? 1 : ALERTS_AT_ONCE, hear, &hearing,
			  &ignored);
}

void ring_look(struct console *console, unsigned changes)
{
	struct ring *ring = console->ring;
	const struct data *data = &console->data;
	bool hears = changes && alerts_are_heard(console);

	if (!ring || !data->store || (!(changes & DATA_EXPERIMENTS) && !hears))
		return;
	ring->rings = false;
	ring->notice[0] = '\0';
	for (size_t i = 0; i < data->experiment_total; i++) {
		const struct experiment_row *row = &data->experiments[i];
		struct seen *seen = find(ring, row->key);

		if (!seen) {
			remember(ring, row);
			seen = &ring->seen[ring->count - 1];
		} else {
			compare(console, seen, row);
		}
		if (hears && (row->is_live || row->key == data->selected))
			listen(console, seen);
	}
	if (console->plain) {
		if (ring->rings)
			plain_bell(console);
		return; /* its lines tell the rest */
	}
	if (ring->rings)
		term_bell();
	if (*ring->notice)
		term_notify(ring->notice);
}
