/* SPDX-License-Identifier: MIT */
/* The sentences. */
#include "tui/hints.h"

#include "base/mem.h"
#include "tui/console.h"

/* The long ones fit 80 columns, the short ones 40. */
static const struct hint {
	unsigned view;
	const char *text, *keys;
} hints[] = {
	{VIEW_EXPERIMENTS,
	 "Every experiment of the database. Enter: its trials, D: delete it",
	 "Enter: its trials  D: delete it"},
	{VIEW_TRIALS,
	 "What was tried, the newest first. Enter: all about one, \\: filter",
	 "Enter: all about it  \\: filter"},
	{VIEW_LOG, "What the selected trial printed. /: search, &: filter",
	 "/: search  &: filter"},
	{VIEW_CHART,
	 "Results of selected and marked trials. v: all trials, L: log axis",
	 "v: all trials  L: log axis"},
	{VIEW_TRIAL,
	 "Everything about one trial, and why it ended. r: run again, e: clone",
	 "r: run again  e: clone"},
	{VIEW_EVENTS,
	 "What happened and who asked for it. /: search, G: stay at the end",
	 "/: search  G: stay at the end"},
	{VIEW_CLUSTER,
	 "Nodes, and what waits or runs there. Enter: the trial, s: order",
	 "Enter: the trial  s: order"},
	{VIEW_TUNER, "How the next trials are chosen. /: search, Esc: back",
	 "/: search  Esc: back"},
	{VIEW_PICTURES,
	 "The experiment as a whole. ]: next picture, Enter: go to the trial",
	 "]: next  Enter: go to the trial"},
	{VIEW_DIFF, "Where they differ. d: show what is equal too, Esc: back",
	 "d: what is equal too  Esc: back"},
	{VIEW_HELP, "Keys of the view first, then all. /: search, Esc: back",
	 "/: search  Esc: back"},
};

const char *hints_text(unsigned view, int cols)
{
	for (size_t i = 0; i < COUNT_OF(hints); i++)
		if (hints[i].view == view)
			return cols < 80 ? hints[i].keys : hints[i].text;
	return NULL;
}

void hints_look(struct console *console)
{
	unsigned view = console_view(console)->bit;
	const char *text;

	if (console->options->script || !console->remembered.path ||
	    (console->remembered.hints & view) || *console->message ||
	    console->prompt.kind != PROMPT_NONE || console->dialog.form ||
	    console->data.experiment_count == 0 ||
	    settings_is(&console->settings, SETTING_HINTS, "off"))
		return;
	console->remembered.hints |= view;
	text = hints_text(view, draw_cols());
	if (!text)
		return;
	console_say(console, ROLE_MESSAGE, "%s", text);
	console->message_until_ns = 0; /* until the next key */
	console_layout_keep(console);
}
