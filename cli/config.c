/* SPDX-License-Identifier: MIT */
/* `config`: the console's settings, and the file they are kept in. */
#include "base/fs.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "tui/action.h"
#include "tui/config_file.h"
#include "tui/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAPS_MAX 64
#define PROBLEMS_MAX 100

/* What the file says, all of it. */
struct found {
	struct settings settings;
	struct {
		int key, action, line;
	} maps[MAPS_MAX];
	size_t map_count;
	struct {
		int line;
		char *text; /* owned */
	} problems[PROBLEMS_MAX];
	size_t problem_count;
};

static void keep_problem(int line, const char *sentence, void *arg)
{
	struct found *found = arg;

	if (found->problem_count == PROBLEMS_MAX)
		return;
	found->problems[found->problem_count].line = line;
	found->problems[found->problem_count++].text = xstrdup(sentence);
}

static bool keep_map(int key, int action, int line, void *arg,
		     struct error *err)
{
	struct found *found = arg;

	if (found->map_count == MAPS_MAX)
		return error_set(err, ERROR_LIMIT,
				 "no more than %d keys can be mapped",
				 MAPS_MAX);
	found->maps[found->map_count].key = key;
	found->maps[found->map_count].action = action;
	found->maps[found->map_count++].line = line;
	return true;
}

/* False when the file itself cannot be read; wrong lines are problems. */
static bool read_file(const char *path, struct found *found, struct error *err)
{
	const struct config_reader reader = {.settings = &found->settings,
					     .map = keep_map,
					     .problem = keep_problem,
					     .arg = found};

	memset(found, 0, sizeof(*found));
	settings_init(&found->settings);
	return config_file_read(path, &reader, err) || found->problem_count > 0;
}

static void found_free(struct found *found)
{
	size_t i;

	for (i = 0; i < found->problem_count; i++)
		free(found->problems[i].text);
	free(found);
}

static void read_options(const struct cli *cli, struct settings *settings)
{
	struct error ignored;

	settings_read_environment(settings);
	if (cli->is_monochrome &&
	    settings->values[SETTING_COLORS].origin != ORIGIN_ENVIRONMENT)
		settings_set(settings, "colors", "none", ORIGIN_OPTION, 0,
			     "--no-color", &ignored);
	if (cli->is_ascii)
		settings_set(settings, "ascii", "on", ORIGIN_OPTION, 0,
			     "--ascii", &ignored);
	if (cli->is_plain)
		settings_set(settings, "plain", "on", ORIGIN_OPTION, 0,
			     "--plain", &ignored);
}

static void add_member(struct strbuf *out, const char *name, const char *text)
{
	strbuf_addf(out, "\"%s\":", name);
	strbuf_add_json_string(out, text);
}

static void add_setting(struct strbuf *out, const struct settings *settings,
			enum setting_id id)
{
	static const char *const origins[] = {"default", "file", "environment",
					      "option", "session"};

	strbuf_addch(out, '{');
	add_member(out, "name", settings_table[id].name);
	strbuf_addch(out, ',');
	add_member(out, "value", settings_get(settings, id));
	strbuf_addch(out, ',');
	add_member(out, "origin", origins[settings->values[id].origin]);
	if (settings->values[id].line)
		strbuf_addf(out, ",\"line\":%d,", settings->values[id].line);
	else
		strbuf_adds(out, ",\"line\":null,");
	add_member(out, "default", settings_table[id].fallback);
	strbuf_addch(out, ',');
	add_member(out, "values", settings_table[id].values);
	strbuf_addch(out, ',');
	add_member(out, "help", settings_table[id].help);
	strbuf_addch(out, '}');
}

static void print_json(const char *path, const struct found *found)
{
	struct strbuf out = STRBUF_INIT;
	size_t i;

	strbuf_addch(&out, '{');
	add_member(&out, "path", path);
	strbuf_addf(&out, ",\"exists\":%s,\n\"settings\":[",
		    access(path, F_OK) == 0 ? "true" : "false");
	for (i = 0; i < SETTING_COUNT; i++) {
		strbuf_adds(&out, i ? ",\n" : "\n");
		add_setting(&out, &found->settings, (enum setting_id)i);
	}
	strbuf_adds(&out, "],\n\"maps\":[");
	for (i = 0; i < found->map_count; i++) {
		struct strbuf key = STRBUF_INIT;

		key_format(found->maps[i].key, &key);
		strbuf_adds(&out, i ? ",{" : "{");
		add_member(&out, "key", key.data);
		strbuf_addch(&out, ',');
		add_member(&out, "action", actions[found->maps[i].action].name);
		strbuf_addf(&out, ",\"line\":%d}", found->maps[i].line);
		strbuf_release(&key);
	}
	strbuf_adds(&out, "],\n\"problems\":[");
	for (i = 0; i < found->problem_count; i++) {
		strbuf_addf(&out, "%s{\"line\":%d,", i ? "," : "",
			    found->problems[i].line);
		add_member(&out, "text", found->problems[i].text);
		strbuf_addch(&out, '}');
	}
	strbuf_adds(&out, "]}\n");
	output_flush(&out);
	strbuf_release(&out);
}

static void print_settings(const struct cli *cli, const struct found *found)
{
	static const struct sheet_column columns[] = {{"setting", 0, 0},
						      {"value", 0, 0},
						      {"from", 0, 0},
						      {"help", 0, true}};
	struct sheet sheet;
	char origin[64];
	size_t i;

	sheet_init(&sheet, columns, COUNT_OF(columns));
	for (i = 0; i < SETTING_COUNT; i++) {
		settings_format_origin(&found->settings, (enum setting_id)i,
				       origin, sizeof(origin));
		sheet_add(&sheet, settings_table[i].name);
		sheet_add(&sheet,
			  settings_get(&found->settings, (enum setting_id)i));
		sheet_add(&sheet, origin);
		sheet_add(&sheet, settings_table[i].help);
	}
	for (i = 0; i < found->map_count; i++) {
		struct strbuf key = STRBUF_INIT;

		key_format(found->maps[i].key, &key);
		sheet_addf(&sheet, "key %s", key.data);
		sheet_add(&sheet, actions[found->maps[i].action].name);
		sheet_addf(&sheet, "the file, line %d", found->maps[i].line);
		sheet_add(&sheet, actions[found->maps[i].action].help);
		strbuf_release(&key);
	}
	sheet_print(&sheet, cli->is_csv);
	sheet_release(&sheet);
}

static void print_problems(const char *path, const struct found *found)
{
	size_t i;

	for (i = 0; i < found->problem_count; i++)
		fprintf(stderr, "trialdeck: %s:%d: %s\n", path,
			found->problems[i].line, found->problems[i].text);
}

static int show(struct cli *cli, const char *path)
{
	struct found *found = xcalloc(1, sizeof(*found));
	struct error err = {0};
	int status = CLI_DONE;

	if (!read_file(path, found, &err)) {
		status = cli_fail(&err);
	} else {
		read_options(cli, &found->settings);
		if (cli->is_json)
			print_json(path, found);
		else
			print_settings(cli, found);
		if (!cli->is_json)
			print_problems(path, found);
	}
	found_free(found);
	return status;
}

static int check(struct cli *cli, const char *path)
{
	const char *other = cli_argument(cli, 1);
	struct found *found = xcalloc(1, sizeof(*found));
	struct error err = {0};
	int status = CLI_DONE;

	path = other ? other : path;
	if (other && access(other, R_OK) < 0)
		status = cli_fail((error_set_errno(&err, "%s", other), &err));
	else if (!read_file(path, found, &err))
		status = cli_fail(&err);
	else if (cli->is_json)
		print_json(path, found);
	else if (found->problem_count)
		print_problems(path, found);
	else if (access(path, F_OK) < 0)
		printf("%s does not exist: everything is as built in\n", path);
	else
		printf("%s is in order\n", path);
	if (found->problem_count)
		status = CLI_USAGE;
	found_free(found);
	return status;
}

static int run_editor(const char *path, struct error *err)
{
	const char *editor = getenv("VISUAL");
	int status;
	pid_t pid;

	if (!editor || !*editor)
		editor = getenv("EDITOR");
	if (!editor || !*editor)
		editor = "vi";
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		/* a variable may hold arguments: the shell splits them */
		execlp("/bin/sh", "sh", "-c", "exec $0 \"$1\"", editor, path,
		       (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return error_set_errno(err, "start the editor");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, ERROR_UNAVAILABLE,
				 "the editor \"%.60s\" failed: set EDITOR to "
				 "one that is there",
				 editor);
	return true;
}

static int edit(struct cli *cli, const char *path)
{
	struct strbuf text = STRBUF_INIT;
	char *folder = fs_folder(path);
	struct error err = {0};
	int status;

	config_file_template(&text);
	if ((access(path, F_OK) < 0 &&
	     (!fs_make_folders(folder, &err) ||
	      !fs_write_file(path, text.data, text.len, &err))) ||
	    !run_editor(path, &err))
		status = cli_fail(&err);
	else
		status = check(cli, path);
	strbuf_release(&text);
	free(folder);
	return status;
}

static int set(struct cli *cli, const char *path, bool is_given)
{
	const char *name = cli_argument(cli, 1), *value = cli_argument(cli, 2);
	struct error err = {0};

	if (!name || !value == is_given) {
		error_set(&err, ERROR_INVALID, "usage: trialdeck config %s",
			  is_given ? "set NAME VALUE" : "unset NAME");
		return cli_fail(&err);
	}
	if (!config_file_set(path, name, value, &err))
		return cli_fail(&err);
	return CLI_DONE;
}

int command_config(struct cli *cli)
{
	const char *what = cli_argument(cli, 0);
	char *path = config_file_path();
	struct error err = {0};
	int status = CLI_DONE;

	if (!what || !strcmp(what, "show")) {
		status = show(cli, path);
	} else if (!strcmp(what, "path")) {
		puts(path);
	} else if (!strcmp(what, "check")) {
		status = check(cli, path);
	} else if (!strcmp(what, "edit")) {
		status = edit(cli, path);
	} else if (!strcmp(what, "set") || !strcmp(what, "unset")) {
		status = set(cli, path, what[0] == 's');
	} else {
		error_set(&err, ERROR_INVALID,
			  "config: show, check, path, edit, set or unset, not "
			  "\"%.60s\"",
			  what);
		status = cli_fail(&err);
	}
	free(path);
	return status;
}
