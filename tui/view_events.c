/* SPDX-License-Identifier: MIT */
/* The journal of the shown experiment, newest last, growing as it happens. */
#include "base/clock.h"
#include "base/utf8.h"
#include "tui/console.h"

#include <stdio.h>
#include <string.h>

#define EVENTS_SHOWN 5000

struct telling {
	struct console *console;
	bool has_news;
};

static bool tell_event(const struct event *event, void *arg)
{
	struct telling *telling = arg;
	struct console *console = telling->console;
	struct strbuf line = STRBUF_INIT;
	enum role role = event->level == EVENT_ERROR	 ? ROLE_ERROR
			 : event->level == EVENT_WARNING ? ROLE_WARNING
							 : ROLE_NORMAL;

	bars_format_time(&line, event->at_ns);
	strbuf_addf(&line, "  %-16s ", event->kind);
	utf8_sanitize(&line, event->text ? event->text : "",
		      event->text ? strlen(event->text) : 0, console->is_ascii);
	pager_add(&console->events.pager, role, line.data);
	console->events.last = event->key;
	telling->has_news = true;
	strbuf_release(&line);
	return true;
}

static void recalc(struct console *console, unsigned changes)
{
	struct telling telling = {.console = console};
	struct pager *pager = &console->events.pager;
	struct error ignored;

	(void)changes;
	if (console_view(console) != &view_events)
		return;
	if (console->events.experiment != console->data.selected) {
		console->events.experiment = console->data.selected;
		console->events.last = 0;
		pager_clear(pager);
		pager->is_at_end = true;
	}
	if (pager->count > 2 * EVENTS_SHOWN) {
		pager_clear(pager); /* begin again with the newest */
		console->events.last = 0;
	}
	if (console->data.store && console->data.selected)
		store_events_each(console->data.store, console->data.selected,
				  0, console->events.last, EVENTS_SHOWN,
				  tell_event, &telling, &ignored);
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	struct pager *pager = &console->events.pager;
	struct rect body = {.y = rect.y + 1,
			    .x = rect.x,
			    .rows = rect.rows - 1,
			    .cols = rect.cols};
	char left[300], right[64] = "";

	snprintf(left, sizeof(left), " Journal of %s",
		 console_experiment_name(console));
	pager_draw(pager, body);
	if (pager->count == 0)
		draw_text(body.y, body.x, body.cols, ROLE_DIM,
			  "Nothing has happened yet.");
	if (pager->count)
		snprintf(right, sizeof(right), "%zu events%s ", pager->count,
			 pager->is_at_end ? ", following" : "");
	bars_title(rect, is_focused, left, right);
}

static bool on_action(struct console *console, enum action_id action)
{
	struct pager *pager = &console->events.pager;

	if (!pager_on_action(pager, action))
		return false;
	if (action == ACTION_LAST ||
	    (action == ACTION_DOWN && pager_is_at_bottom(pager)))
		pager->is_at_end = true;
	return true;
}

static bool search(struct console *console, const char *text, bool is_backward)
{
	struct pager *pager = &console->events.pager;

	if (!text && !pager->pattern)
		return false;
	return pager_search(pager, text ? text : pager->pattern, is_backward,
			    !text);
}

const struct view_ops view_events = {
	.name = "events",
	.bit = VIEW_EVENTS,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
	.search = search,
};
