/* SPDX-License-Identifier: MIT */
/* Commands about the program itself: settings, keys, copying, saving. */
#include "tui/commands.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "report/report.h"
#include "tui/keys.h"
#include "tui/screen_save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void commands_do_set(struct console *console, const struct cmdline *line)
{
	if (!console_settings_set(console, line->argv[1],
				  line->argc > 2 ? line->argv[2] : NULL))
		request_set(console, line->argv[1]);
}

void commands_do_theme(struct console *console, const struct cmdline *line)
{
	if (line->argc > 1)
		console_settings_set(console, "theme", line->argv[1]);
	else
		console_next_theme(console);
}

void commands_do_map(struct console *console, const struct cmdline *line)
{
	int key = key_parse(line->argv[1], strlen(line->argv[1]));
	enum action_id action = action_find(line->argv[2]);
	struct error err;

	if (key == TK_NONE)
		console_say(console, ROLE_ERROR, "no key is called \"%s\"",
			    line->argv[1]);
	else if (action == ACTION_NONE)
		console_say(console, ROLE_ERROR, "no action is called \"%s\"",
			    line->argv[2]);
	else if (!action_map(key, action, &err))
		console_say(console, ROLE_ERROR, "%s", err.text);
}

void commands_do_report(struct console *console, const struct cmdline *line)
{
	struct error err;
	char *path;

	if (!console->data.selected) {
		console_say(console, ROLE_WARNING, "there is no experiment");
		return;
	}
	path = line->argc > 1
		       ? fs_expand_home(line->argv[1])
		       : xasprintf("%s.html", console->data.experiment.id);
	if (report_save(path, console->data.store, console->data.selected,
			report_format_of(path), clock_wall_ns(), &err))
		console_say(console, ROLE_MESSAGE, "wrote %s", path);
	else
		console_say(console, ROLE_ERROR, "%s", err.text);
	free(path);
}

void commands_do_save_screen(struct console *console,
			     const struct cmdline *line)
{
	char *path = fs_expand_home(line->argv[1]);
	bool with_roles = line->argc > 2 && strcmp(line->argv[2], "roles") == 0;
	char title[300];
	struct error err;

	snprintf(title, sizeof(title), "trialdeck: %s of %s",
		 console_view(console)->name, console_experiment_name(console));
	/* the picture is of the screen as it is, not of the prompt */
	console->message[0] = '\0';
	console_paint(console);
	if (!screen_save(path, title, with_roles, &err))
		console_say(console, ROLE_ERROR, "%s", err.text);
	else if (!console->script)
		console_say(console, ROLE_MESSAGE, "wrote %s", path);
	free(path);
}

void console_save_screen_prompt(struct console *console)
{
	char *name = screen_save_name();
	char *text = xasprintf("save-screen %s", name);

	prompt_open(&console->prompt, PROMPT_COMMAND, text);
	console_say(console, ROLE_NORMAL, "%s", "");
	free(name);
	free(text);
}

void commands_do_copy(struct console *console, const struct cmdline *line)
{
	console_copy(console, line->argc > 1 ? line->argv[1] : "json");
}
