/* SPDX-License-Identifier: MIT */
/* The help page, made from the action table and the command table. */
#include "tui/console.h"
#include "tui/part_table.h"

#include <stdio.h>
#include <string.h>

static const char *const filter_help[] = {
	"state:failed\ttrials that failed; also live, ended, a state's letter",
	"lr<1e-3\tby a parameter's value; also <= >= > = !=; lr:1e-4..1e-2",
	"final>=0.9\tby a column: final best last steps try exit time started",
	"acc.max>0.9\tby a metric: acc, acc.max, .min .mean .first .last "
	".count",
	"time>10m\tdurations: 90, 10m, 1h30m; started<2h: less than 2 h ago",
	"reason:oom\ttext holds it; opt:adam,sgd any of them; node:gpu* alike",
	"reason~^exit\ta regular expression; lr~1e-3 that order of magnitude",
	"tag:bad\tone of its tags; has:reason has one at all",
	"is:marked\tmarked trials; also retried, best, live, ended",
	"cifar\ta bare word: in id, state, parameters, reason, tags, note",
	"a b\tboth must hold, as with 'and'; a or b; not a, !a; (a or b) c",
	"\"a b\"\tquotes keep blanks and signs: reason:\"out of memory\"",
};

static void format_keys(const char *keys, struct strbuf *out)
{
	for (; *keys; keys++) {
		if (strncmp(keys, "<lt>", 4) == 0) {
			strbuf_addch(out, '<');
			keys += 3;
		} else if (*keys != '<' && (*keys != '>' || keys[1] == '\0' ||
					    keys[1] == ' ')) {
			if (*keys == '>' && out->len && keys[-1] != ' ')
				continue;
			strbuf_addch(out, *keys);
		}
	}
}

static void add_action(struct pager *pager, const struct action *action)
{
	struct strbuf line = STRBUF_INIT;

	format_keys(action->keys, &line);
	strbuf_addf(&line, "\t%s", action->help);
	pager_add(pager, ROLE_NORMAL, line.data);
	strbuf_release(&line);
}

static void add_group(struct pager *pager, enum action_group group,
		      unsigned views, bool is_inside)
{
	bool has_heading = false;
	int i;

	for (i = 0; i < ACTION_COUNT; i++) {
		const struct action *action = &actions[i];

		if (action->group != group ||
		    !!(action->views & views) != is_inside)
			continue;
		if (!has_heading) {
			pager_add(pager, ROLE_NORMAL, "");
			pager_add(pager, ROLE_HEADER, action_group_name(group));
		}
		has_heading = true;
		add_action(pager, action);
	}
}

static void add_command(const char *name, const char *arguments,
			const char *help, void *arg)
{
	struct pager *pager = arg;
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, ":%s\t%s%s%s", name, arguments,
		    *arguments ? "  " : "", help);
	pager_add(pager, ROLE_NORMAL, line.data);
	strbuf_release(&line);
}

/* What the keys of a view are is answered first, then the rest. */
static void tell(struct console *console, const struct view_ops *view)
{
	struct pager *pager = &console->help;
	size_t i;
	int group;

	pager_clear(pager);
	pager_addf(pager, ROLE_STRONG,
		   "Keys of the view you came from: %s.  q or Esc goes back.",
		   view->name);
	for (group = 0; group < GROUP_COUNT; group++)
		add_group(pager, group, view->bit, true);
	pager_add(pager, ROLE_NORMAL, "");
	pager_add(pager, ROLE_STRONG, "Keys of the other views.");
	for (group = 0; group < GROUP_COUNT; group++)
		add_group(pager, group, view->bit, false);
	pager_add(pager, ROLE_NORMAL, "");
	pager_add(pager, ROLE_HEADER, "The filter (\\ or F4)");
	for (i = 0; i < sizeof(filter_help) / sizeof(filter_help[0]); i++)
		pager_add(pager, ROLE_NORMAL, filter_help[i]);
	pager_add(pager, ROLE_NORMAL, "");
	pager_add(pager, ROLE_HEADER, "Commands (:)");
	commands_each(add_command, pager);
	pager_add(pager, ROLE_NORMAL, ":12\tto trial number 12");
	pager_add(pager, ROLE_NORMAL,
		  ":NAME\tevery key's action by its name, such as :zoom");
	pager_add(pager, ROLE_NORMAL, "");
	pager_add(pager, ROLE_HEADER, "States of trials");
	for (group = 0; group < TRIAL_STATE_COUNT; group++)
		pager_addf(pager, bars_state_role(group), "%c\t%s",
			   trial_state_letter(group), trial_state_name(group));
	if (console->is_ascii)
		return; /* there they are words */
	pager_add(pager, ROLE_NORMAL, "");
	pager_add(pager, ROLE_HEADER, "Pods and steps of a trial");
	for (group = 0; group < PART_STATE_COUNT; group++)
		pager_addf(pager, ROLE_NORMAL, "%s\t%s", part_state_sign(group),
			   part_state_name(group));
}

static void recalc(struct console *console, unsigned changes)
{
	if (!(changes & DATA_SELECTION) || console_view(console) != &view_help)
		return;
	/* the view beneath */
	console->depth--;
	tell(console, console_view(console));
	console->depth++;
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	struct rect body = {.y = rect.y + 1,
			    .x = rect.x,
			    .rows = rect.rows - 1,
			    .cols = rect.cols};
	char right[64];

	pager_draw(&console->help, body);
	pager_format_place(&console->help, right, sizeof(right));
	bars_title(rect, is_focused, " Help", right);
}

static bool on_action(struct console *console, enum action_id action)
{
	return pager_on_action(&console->help, action);
}

static bool search(struct console *console, const char *text, bool is_backward)
{
	struct pager *pager = &console->help;

	if (!text && !pager->pattern)
		return false;
	return pager_search(pager, text ? text : pager->pattern, is_backward,
			    !text);
}

const struct view_ops view_help = {
	.name = "help",
	.bit = VIEW_HELP,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
	.search = search,
};
