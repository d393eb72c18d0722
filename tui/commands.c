/* SPDX-License-Identifier: MIT */
/*
 * What ':' commands do: one row a command, one function a row.
 *
 * Any action of the key table is a command by its name as well, so a row here
 * is only for what takes arguments or has no key.
 */
#include "tui/commands.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "tui/acts.h"
#include "tui/cmdline.h"
#include "tui/console.h"
#include "tui/keys.h"
#include "tui/picture.h"
#include "tui/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say_error(struct console *console, const struct error *err)
{
	console_say(console, ROLE_ERROR, "%s", err->text);
}

static void do_kill(struct console *console, const struct cmdline *line)
{
	if (line->argc == 1)
		request_kill(console);
	else if (strcmp(line->argv[1], "all") == 0)
		request_all(console, COMMAND_KILL);
	else
		request_trials(console, COMMAND_KILL, (char **)line->argv + 1,
			       line->argc - 1);
}

static void do_restart(struct console *console, const struct cmdline *line)
{
	if (line->argc == 1)
		request_restart(console);
	else if (strcmp(line->argv[1], "failed") == 0)
		request_all(console, COMMAND_RESTART);
	else
		request_trials(console, COMMAND_RESTART,
			       (char **)line->argv + 1, line->argc - 1);
}

static void do_act(struct console *console, const struct cmdline *line)
{
	enum kind_action action;

	if (kind_action_parse(line->argv[1], &action))
		request_act(console, action, (char **)line->argv + 2,
			    line->argc - 2);
	else
		console_say(console, ROLE_ERROR, "act: %s, not \"%s\"",
			    kind_action_list(), line->argv[1]);
}

static void do_stop(struct console *console, const struct cmdline *line)
{
	const char *how = line->argc > 1 ? line->argv[1] : NULL;

	if (how && strcmp(how, "kill") != 0 && strcmp(how, "leave") != 0)
		console_say(console, ROLE_ERROR,
			    "stop: kill or leave, not \"%s\"", how);
	else
		request_stop(console, how);
}

static void do_pause(struct console *console, const struct cmdline *line)
{
	request_pause(console, strcmp(line->argv[0], "pause") == 0);
}

static void do_add(struct console *console, const struct cmdline *line)
{
	if (line->argc == 1)
		act_add(console);
	else
		request_add(console, line->rest);
}

static void do_archived(struct console *console, const struct cmdline *line)
{
	(void)line;
	act_show_archived(console);
}

static void do_undo(struct console *console, const struct cmdline *line)
{
	(void)line;
	undo_take_back(console);
}

static void do_sort(struct console *console, const struct cmdline *line)
{
	struct error err;
	int descending = -1;

	if (line->argc == 1) {
		trials_sort_menu(console);
		return;
	}
	if (line->argc == 3) {
		if (strcmp(line->argv[2], "desc") != 0 &&
		    strcmp(line->argv[2], "asc") != 0) {
			console_say(console, ROLE_ERROR,
				    "sort: the order is asc or desc, not "
				    "\"%s\"",
				    line->argv[2]);
			return;
		}
		descending = line->argv[2][0] == 'd';
	}
	if (console_view(console) == &view_experiments &&
	    experiments_sort_by(console, line->argv[1], descending))
		return;
	if (!trials_sort_by(console, line->argv[1], descending, &err))
		say_error(console, &err);
}

static void do_filter(struct console *console, const struct cmdline *line)
{
	struct error err;

	if (!trials_set_filter(console, line->rest, &err))
		say_error(console, &err);
}

static void do_mark_by(struct console *console, const struct cmdline *line)
{
	struct error err;

	if (!trials_mark_filter(console, line->rest, &err))
		say_error(console, &err);
}

static void do_view(struct console *console, const struct cmdline *line)
{
	struct error err;

	if (!trials_apply_view(console, line->argv[1], &err))
		say_error(console, &err);
}

static void do_view_save(struct console *console, const struct cmdline *line)
{
	bool for_all = line->argc > 2;
	struct error err;

	if (for_all && strcmp(line->argv[2], "all") != 0)
		console_say(console, ROLE_ERROR,
			    "view-save: all, or nothing, not \"%s\"",
			    line->argv[2]);
	else if (!trials_save_view(console, line->argv[1], for_all, &err))
		say_error(console, &err);
}

static void do_view_delete(struct console *console, const struct cmdline *line)
{
	struct error err;

	if (!trials_delete_view(console, line->argv[1], &err))
		say_error(console, &err);
}

static void do_search(struct console *console, const struct cmdline *line)
{
	const struct view_ops *view = console_view(console);

	if (!view->search || !view->search(console, line->rest, false))
		console_say(console, ROLE_WARNING, "not found: %s", line->rest);
}

static void do_columns(struct console *console, const struct cmdline *line)
{
	struct error err;

	if (!trials_choose_columns(console, (char **)line->argv + 1,
				   line->argc - 1, &err))
		say_error(console, &err);
}

static void do_experiment(struct console *console, const struct cmdline *line)
{
	struct experiment experiment = {0};
	struct error err;

	if (!console->data.store) {
		console_say(console, ROLE_WARNING, "there is no experiment");
		return;
	}
	if (!store_experiment_find(console->data.store, line->rest, &experiment,
				   &err)) {
		say_error(console, &err);
		return;
	}
	console_select(console, experiment.key);
	experiment_release(&experiment);
}

static void go_to_trial(struct console *console, const char *name)
{
	struct trial trial = {0};
	struct error err;

	if (!console->data.store || !console->data.selected) {
		console_say(console, ROLE_WARNING, "there is no trial");
		return;
	}
	if (!store_trial_find(console->data.store, console->data.selected,
			      name[0] == '#' ? name + 1 : name, &trial, &err)) {
		say_error(console, &err);
		return;
	}
	if (!trials_go(console, trial.sequence))
		console_say(console, ROLE_WARNING,
			    "trial #%lld is hidden by the filter",
			    (long long)trial.sequence);
	trial_release(&trial);
}

static void do_trial(struct console *console, const struct cmdline *line)
{
	go_to_trial(console, line->argv[1]);
}

static void do_log(struct console *console, const struct cmdline *line)
{
	if (line->argc > 1 && !log_pane_set_role(console, line->argv[1])) {
		console_say(console, ROLE_ERROR,
			    "log: stdout, stderr, keeper, previous, all, or a "
			    "pod of "
			    "the trial as worker-1, not \"%s\"",
			    line->argv[1]);
		return;
	}
	console_focus(console, PANE_LOG);
}

static bool write_export(struct console *console, const char *path,
			 enum transfer_format format, struct error *err)
{
	struct strbuf out = STRBUF_INIT;
	bool is_ok;

	is_ok = store_export(console->data.store, console->data.selected,
			     format, true, &out, err) &&
		fs_write_file(path, out.data, out.len, err);
	strbuf_release(&out);
	return is_ok;
}

static void do_picture(struct console *console, const struct cmdline *line)
{
	struct error err;

	if (!pictures_show(console, line->argv[1], &err))
		say_error(console, &err);
}

static void do_optimum(struct console *console, const struct cmdline *line)
{
	struct error err;

	if (!pictures_set_optimum(console, line->argv[1], &err))
		say_error(console, &err);
}

static void do_export(struct console *console, const struct cmdline *line)
{
	enum transfer_format format = TRANSFER_JSON;
	const char *kind = line->argc > 2 ? line->argv[2] : "";
	struct error err;
	char *path;

	if (!console->data.selected) {
		console_say(console, ROLE_WARNING, "there is no experiment");
		return;
	}
	if (!*kind) {
		const char *dot = strrchr(line->argv[1], '.');

		kind = dot && strcmp(dot, ".csv") == 0 ? "csv" : "json";
	}
	if (strcmp(kind, "csv") == 0)
		format = TRANSFER_CSV;
	else if (strcmp(kind, "nni") == 0)
		format = TRANSFER_NNI_JSON;
	else if (strcmp(kind, "json") != 0) {
		console_say(console, ROLE_ERROR,
			    "export: json, csv or nni, not \"%s\"", kind);
		return;
	}
	path = fs_expand_home(line->argv[1]);
	if (write_export(console, path, format, &err))
		console_say(console, ROLE_MESSAGE, "wrote %s", path);
	else
		say_error(console, &err);
	free(path);
}

static void do_wait(struct console *console, const struct cmdline *line)
{
	(void)line;
	if (console->script)
		script_wait(console->script);
}

static void do_quit(struct console *console, const struct cmdline *line)
{
	(void)line;
	console_quit(console);
}

const struct console_command console_commands[] = {
	{"kill", "[all | TRIAL...]",
	 "kill the selected, marked or named trials", 0, 60, do_kill,
	 COMPLETE_NONE},
	{"restart", "[failed | TRIAL...]", "run trials again", 0, 60,
	 do_restart, COMPLETE_NONE},
	{"act", "ACTION [TRIAL...]",
	 "suspend, resume, stop, terminate or retry what trials run", 1, 60,
	 do_act, COMPLETE_ACT},
	{"stop", "[kill|leave]",
	 "stop the experiment: kill its trials or let them finish", 0, 1,
	 do_stop, COMPLETE_STOP},
	{"pause", "", "start no new trials", 0, 0, do_pause, COMPLETE_NONE},
	{"resume", "", "go on; takes up an experiment that nobody runs", 0, 0,
	 do_pause, COMPLETE_NONE},
	{"set", "NAME=VALUE",
	 "concurrency, max-trials, max-duration, max-trial-duration, "
	 "max-retries; a setting of trialdeck config: mouse, theme=light",
	 1, 2, commands_do_set, COMPLETE_KNOB},
	{"archived", "", "show archived experiments as well, or no more", 0, 0,
	 do_archived, COMPLETE_NONE},
	{"undo", "",
	 "take back what was asked for within the last seconds, as <Esc>", 0, 0,
	 do_undo, COMPLETE_NONE},
	{"add", "[JSON]",
	 "run a trial with these parameters, or a form for them", 0, 60, do_add,
	 COMPLETE_NONE},
	{"sort", "[COLUMN[,COLUMN] [asc|desc]]",
	 "order of the trials; -COLUMN descends", 0, 2, do_sort,
	 COMPLETE_COLUMN},
	{"filter", "[TERMS]", "which trials to show; empty: all", 0, 60,
	 do_filter, COMPLETE_FILTER},
	{"mark-by", "TERMS", "mark all trials that match a filter", 1, 60,
	 do_mark_by, COMPLETE_FILTER},
	{"view", "NAME", "filter, order and columns that were saved", 1, 1,
	 do_view, COMPLETE_VIEW},
	{"view-save", "NAME [all]",
	 "save them by a name, for this experiment or for all", 1, 2,
	 do_view_save, COMPLETE_VIEW},
	{"view-delete", "NAME", "forget a view", 1, 1, do_view_delete,
	 COMPLETE_VIEW},
	{"columns", "[COLUMN[:WIDTH]...]",
	 "which columns to show; empty: the usual", 0, 60, do_columns,
	 COMPLETE_COLUMN},
	{"search", "TEXT", "as /", 1, 60, do_search, COMPLETE_NONE},
	{"experiment", "NAME", "show an experiment: id, prefix, name or latest",
	 1, 60, do_experiment, COMPLETE_EXPERIMENT},
	{"trial", "NUMBER|ID", "go to a trial", 1, 1, do_trial, COMPLETE_NONE},
	{"log", "[stdout|stderr|keeper|previous|all|PART]",
	 "to the log pane; of several pods all, or one as worker-1", 0, 1,
	 do_log, COMPLETE_ROLE},
	{"log-filter", "[[!]PATTERN]",
	 "show the log's lines that match, or with ! those that do not; empty: "
	 "all",
	 0, 60, commands_do_log_filter, COMPLETE_NONE},
	{"log-context", "LINES", "how many lines to show around those", 1, 1,
	 commands_do_log_context, COMPLETE_NONE},
	{"log-jump", "TIME|METRIC",
	 "go to 14:03, +5m, -30s, a metric as acc or acc:12, a number, best", 1,
	 2, commands_do_log_jump, COMPLETE_NONE},
	{"log-times", "off|absolute|relative", "when each line of the log came",
	 1, 1, commands_do_log_times, COMPLETE_LOG_TIMES},
	{"save-log", "FILE [shown|all]",
	 "write the log to a new file: the lines as shown, or all as they are",
	 1, 2, commands_do_save_log, COMPLETE_SAVE},
	{"picture", "NAME", "show a picture of the experiment", 1, 1,
	 do_picture, COMPLETE_PICTURE},
	{"optimum", "VALUE|none",
	 "the best result there can be: pictures show what is missing to it", 1,
	 1, do_optimum, COMPLETE_NONE},
	{"export", "FILE [json|csv|nni]", "write the experiment to a file", 1,
	 2, do_export, COMPLETE_NONE},
	{"report", "[FILE]",
	 "write the experiment as one page: FILE.html (default: its id), or "
	 ".md",
	 0, 1, commands_do_report, COMPLETE_NONE},
	{"copy", "[json|yaml|flags|id|kubectl|best]",
	 "copy the trial's parameters, id or kubectl line, or the best's "
	 "parameters",
	 0, 1, commands_do_copy, COMPLETE_COPY},
	{"theme", "[NAME]",
	 "colours: dark, light, colour-blind, colour-blind-light, mono", 0, 1,
	 commands_do_theme, COMPLETE_THEME},
	{"save-screen", "FILE [roles]",
	 "write the screen: text, or a picture as .svg or .html", 1, 2,
	 commands_do_save_screen, COMPLETE_NONE},
	{"layout", "[NAME | save NAME | drop NAME]",
	 "how the panes lie: take a kept one, usual, or keep this one", 0, 2,
	 commands_do_layout, COMPLETE_LAYOUT},
	{"wait", "", "in a script: until the screen shows the newest", 0, 0,
	 do_wait, COMPLETE_NONE},
	{"map", "KEY ACTION", "bind a key, such as :map K kill", 2, 2,
	 commands_do_map, COMPLETE_ACTION},
	{"quit", "", "leave", 0, 0, do_quit, COMPLETE_NONE},
};

const size_t commands_count = COUNT_OF(console_commands);

void commands_each(command_fn *fn, void *arg)
{
	size_t i;

	for (i = 0; i < commands_count; i++)
		fn(console_commands[i].name, console_commands[i].arguments,
		   console_commands[i].help, arg);
}

static void say_unknown(struct console *console, const char *name)
{
	const char *known[COUNT_OF(console_commands) + ACTION_COUNT];
	const char *near;
	size_t n = 0, i;

	for (i = 0; i < commands_count; i++)
		known[n++] = console_commands[i].name;
	for (i = 0; i < ACTION_COUNT; i++)
		known[n++] = actions[i].name;
	near = nearest_word(name, known, n);
	if (near)
		console_say(console, ROLE_ERROR,
			    "no command is called \"%s\": did you mean \"%s\"?",
			    name, near);
	else
		console_say(console, ROLE_ERROR,
			    "no command is called \"%s\" (? lists them)", name);
}

static void run_line(struct console *console, const struct cmdline *line)
{
	const char *name = line->argv[0];
	enum action_id action;
	size_t i;

	for (i = 0; i < commands_count; i++) {
		const struct console_command *command = &console_commands[i];

		if (strcmp(command->name, name) != 0 &&
		    !(strcmp(name, "q") == 0 &&
		      strcmp(command->name, "quit") == 0))
			continue;
		if (line->argc - 1 < command->least ||
		    line->argc - 1 > command->most)
			console_say(console, ROLE_ERROR, "usage: :%s %s",
				    command->name, command->arguments);
		else
			command->run(console, line);
		return;
	}
	if (name[0] && name[strspn(name, "0123456789")] == '\0') {
		go_to_trial(console, name);
		return;
	}
	action = action_find(name);
	if (action == ACTION_NONE)
		say_unknown(console, name);
	else if (line->argc > 1)
		console_say(console, ROLE_ERROR, "%s takes no argument", name);
	else
		console_do(console, action);
}

void commands_run(struct console *console, const char *text)
{
	struct cmdline line;
	struct error err;

	if (!cmdline_parse(text, strlen(text), &line, &err)) {
		say_error(console, &err);
		return;
	}
	if (line.argc > 0)
		run_line(console, &line);
	cmdline_release(&line);
}
