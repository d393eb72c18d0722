/* SPDX-License-Identifier: MIT */
/*
 * Reads a command line with the table's help.  Options may stand before and
 * after their command and between its arguments; "--" ends them.  Nothing is
 * abbreviated: a script that works today must not break when an option with
 * the same beginning is added.  A mistyped word is answered with the nearest
 * one that exists.
 */
#include "cli/command.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/utf8.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 64

const struct cli_option cli_global_options[] = {
	{"db", 0, "PATH",
	 "the database (default $XDG_DATA_HOME/trialdeck/trialdeck.db)",
	 CLI_WORDS_FILE, NULL, false},
	{"read-only", 0, NULL, "look, touching nothing", 0, NULL, false},
	{"json", 0, NULL, "print JSON (docs/json.md)", 0, NULL, false},
	{"csv", 0, NULL, "print tables as CSV", 0, NULL, false},
	{"no-color", 0, NULL, "no colours (also with NO_COLOR set)", 0, NULL,
	 false},
	{"ascii", 0, NULL, "draw with ASCII characters only", 0, NULL, false},
	{"plain", 0, NULL,
	 "the console in lines, without a screen: for screen readers, dumb "
	 "terminals",
	 0, NULL, false},
	{"script", 0, "FILE",
	 "keys and ':' commands for the console, from a "
	 "file",
	 CLI_WORDS_FILE, NULL, true},
	{"port", 0, "N",
	 "base port: the side port is N + 1 (default: any free one)", 0, NULL,
	 false},
	{"yes", 'y', NULL, "do not ask", 0, NULL, false},
	{"help", 'h', NULL, "show help for a command", 0, NULL, false},
	{"version", 'V', NULL, "show the version", 0, NULL, false},
	{0},
};

const struct cli_command *cli_command_find(const struct cli_command *commands,
					   const char *name)
{
	for (; commands->name; commands++)
		if (!strcmp(commands->name, name))
			return commands;
	return NULL;
}

static bool refuse_command(const struct cli_command *commands, const char *name,
			   struct error *err)
{
	const char *words[WORDS_MAX];
	size_t count = 0;
	const char *near;

	if (access(name, F_OK) == 0)
		return error_set(err, ERROR_INVALID,
				 "%s: no such command; if it is an experiment "
				 "file: trialdeck run %s",
				 name, name);
	for (; commands->name && count < WORDS_MAX; commands++)
		if (!commands->is_hidden && commands->name[0])
			words[count++] = commands->name;
	near = nearest_word(name, words, count);
	if (near)
		return error_set(err, ERROR_INVALID,
				 "%s: no such command, did you mean '%s'?",
				 name, near);
	return error_set(err, ERROR_INVALID,
			 "%s: no such command, see 'trialdeck help'", name);
}

static const struct cli_option *find_in(const struct cli_option *options,
					const char *name, size_t len,
					char letter)
{
	for (; options && options->name; options++) {
		if (letter ? options->letter == letter
			   : strlen(options->name) == len &&
				     !memcmp(options->name, name, len))
			return options;
	}
	return NULL;
}

static const struct cli_option *
find_option(const struct cli *cli, const char *name, size_t len, char letter)
{
	const struct cli_option *option;

	option = find_in(cli_global_options, name, len, letter);
	if (!option && cli->command)
		option = find_in(cli->command->options, name, len, letter);
	return option;
}

static size_t collect(const struct cli_option *options, const char **words,
		      size_t count)
{
	for (; options && options->name && count < WORDS_MAX; options++)
		if (!options->is_hidden)
			words[count++] = options->name;
	return count;
}

static bool refuse_option(const struct cli *cli, const char *name, size_t len,
			  struct error *err)
{
	const char *words[WORDS_MAX];
	size_t count = collect(cli_global_options, words, 0);
	char *word = xstrndup(name, len);
	const char *near;

	if (cli->command)
		count = collect(cli->command->options, words, count);
	near = nearest_word(word, words, count);
	if (near)
		error_set(err, ERROR_INVALID,
			  "--%s: no such option, did you mean '--%s'?", word,
			  near);
	else if (cli->command && cli->command->name[0])
		error_set(err, ERROR_INVALID,
			  "--%s: no such option, see 'trialdeck help %s'", word,
			  cli->command->name);
	else
		error_set(err, ERROR_INVALID,
			  "--%s: no such option, see 'trialdeck help'", word);
	free(word);
	return false;
}

static bool give(struct cli *cli, const struct cli_option *option,
		 const char *value, struct error *err)
{
	if (cli->given_count == CLI_GIVEN_MAX)
		return error_set(err, ERROR_INVALID, "too many options");
	cli->given[cli->given_count].option = option;
	cli->given[cli->given_count++].value = value;
	return true;
}

/* "--name", "--name=value", "--name value"; *i stands on it. */
static bool read_long(struct cli *cli, int argc, char **argv, int *i,
		      struct error *err)
{
	const char *name = argv[*i] + 2;
	size_t len = strcspn(name, "=");
	const struct cli_option *option = find_option(cli, name, len, 0);

	if (!option)
		return refuse_option(cli, name, len, err);
	if (!option->value) {
		if (name[len])
			return error_set(err, ERROR_INVALID,
					 "--%s takes no value", option->name);
		return give(cli, option, "", err);
	}
	if (name[len])
		return give(cli, option, name + len + 1, err);
	if (*i + 1 >= argc)
		return error_set(err, ERROR_INVALID, "--%s needs a value: %s",
				 option->name, option->value);
	return give(cli, option, argv[++*i], err);
}

/* "-f", "-fy", "-n5", "-n 5" */
static bool read_short(struct cli *cli, int argc, char **argv, int *i,
		       struct error *err)
{
	const char *letters = argv[*i] + 1;

	for (; *letters; letters++) {
		const struct cli_option *option =
			find_option(cli, NULL, 0, *letters);

		if (!option)
			return error_set(err, ERROR_INVALID,
					 "-%c: no such option", *letters);
		if (!option->value) {
			if (!give(cli, option, "", err))
				return false;
			continue;
		}
		if (letters[1])
			return give(cli, option, letters + 1, err);
		if (*i + 1 >= argc)
			return error_set(err, ERROR_INVALID,
					 "-%c needs a value: %s", *letters,
					 option->value);
		return give(cli, option, argv[++*i], err);
	}
	return true;
}

static const char *given_value(const struct cli *cli,
			       const struct cli_option *option)
{
	for (size_t i = cli->given_count; i > 0; i--)
		if (cli->given[i - 1].option == option)
			return cli->given[i - 1].value;
	return NULL;
}

static const char *global_value(const struct cli *cli, const char *name)
{
	return given_value(cli,
			   find_in(cli_global_options, name, strlen(name), 0));
}

static bool parse_number(const char *text, long least, long most,
			 const char *what, long *ret, struct error *err)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < least || value > most)
		return error_set(err, ERROR_INVALID,
				 "--%s: a whole number from %ld to %ld is "
				 "needed, not '%s'",
				 what, least, most, text);
	*ret = value;
	return true;
}

/* Background processes and stored paths outlive the working directory. */
static char *absolute(const char *path)
{
	char *expanded = fs_expand_home(path);
	char *cwd, *whole;

	if (expanded[0] == '/')
		return expanded;
	cwd = getcwd(NULL, 0);
	whole = fs_join(cwd ? cwd : "/", expanded);
	free(cwd);
	free(expanded);
	return whole;
}

static bool read_globals(struct cli *cli, struct error *err)
{
	const char *db = global_value(cli, "db");
	const char *port = global_value(cli, "port");
	const char *no_color = getenv("NO_COLOR");
	long number;

	cli->is_read_only = global_value(cli, "read-only");
	cli->is_json = global_value(cli, "json");
	cli->is_csv = global_value(cli, "csv");
	cli->is_monochrome =
		global_value(cli, "no-color") || (no_color && *no_color);
	cli->is_ascii = global_value(cli, "ascii");
	cli->is_plain = global_value(cli, "plain");
	cli->is_yes = global_value(cli, "yes");
	cli->wants_help = global_value(cli, "help");
	cli->wants_version = global_value(cli, "version");
	cli->script = global_value(cli, "script");
	if (cli->is_json && cli->is_csv)
		return error_set(err, ERROR_INVALID,
				 "--json and --csv exclude each other");
	if (port) {
		if (!parse_number(port, 1, 65534, "port", &number, err))
			return false;
		cli->side_port = (int)number + 1;
	}
	if (db) {
		if (!*db)
			return error_set(err, ERROR_INVALID,
					 "--db: the path is empty");
		cli->db_path = absolute(db);
	} else {
		char *home = fs_data_home();

		cli->db_path = fs_join(home, "trialdeck.db");
		free(home);
	}
	return true;
}

static bool check_count(const struct cli *cli, struct error *err)
{
	const struct cli_command *command = cli->command;
	int count = (int)cli->argument_count;

	if (count < command->least)
		return error_set(err, ERROR_INVALID,
				 "%s: %s is missing; usage: trialdeck %s %s",
				 command->name,
				 command->arguments[count].name
					 ? command->arguments[count].name
					 : "argument",
				 command->name, command->synopsis);
	if (command->most >= 0 && count > command->most)
		return error_set(err, ERROR_INVALID,
				 "%s: '%s' is one argument too many; usage: "
				 "trialdeck %s %s",
				 command->name, cli->arguments[command->most],
				 command->name, command->synopsis);
	return true;
}

bool cli_parse(struct cli *cli, const struct cli_command *commands, int argc,
	       char **argv, struct error *err)
{
	bool is_over = false;

	memset(cli, 0, sizeof(*cli));
	cli->commands = commands;
	cli->arguments = xcalloc((size_t)argc + 1, sizeof(*cli->arguments));
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];

		if (!is_over && !strcmp(word, "--")) {
			is_over = true;
		} else if (!is_over && word[0] == '-' && word[1] == '-') {
			if (!read_long(cli, argc, argv, &i, err))
				return false;
		} else if (!is_over && word[0] == '-' && word[1] &&
			   !(cli->command && cli->command->has_signed &&
			     cli->argument_count)) {
			if (!read_short(cli, argc, argv, &i, err))
				return false;
		} else if (!cli->command) {
			cli->command =
				*word ? cli_command_find(commands, word) : NULL;
			if (!cli->command)
				return refuse_command(commands, word, err);
		} else {
			cli->arguments[cli->argument_count++] = word;
		}
	}
	if (!cli->command)
		cli->command = cli_command_find(commands, "");
	if (!read_globals(cli, err))
		return false;
	if (cli->wants_help || cli->wants_version)
		return true;
	if (!cli->command)
		return error_set(err, ERROR_INVALID,
				 "no command, see 'trialdeck help'");
	if (cli->is_read_only && cli->command->needs_write)
		return error_set(err, ERROR_INVALID,
				 "%s changes things, and --read-only was given",
				 cli->command->name);
	return check_count(cli, err);
}

void cli_release(struct cli *cli)
{
	free(cli->arguments);
	free(cli->db_path);
	memset(cli, 0, sizeof(*cli));
}

const char *cli_option(const struct cli *cli, const char *name)
{
	const struct cli_option *option =
		find_in(cli->command->options, name, strlen(name), 0);

	assert(option);
	return given_value(cli, option);
}

bool cli_option_number(const struct cli *cli, const char *name, long least,
		       long most, long fallback, long *ret, struct error *err)
{
	const char *text = cli_option(cli, name);

	if (!text) {
		*ret = fallback;
		return true;
	}
	return parse_number(text, least, most, name, ret, err);
}

const char *cli_argument(const struct cli *cli, size_t i)
{
	return i < cli->argument_count ? cli->arguments[i] : NULL;
}

enum cli_status cli_status_of(enum error_code code)
{
	switch (code) {
	case ERROR_NONE:
		return CLI_DONE;
	case ERROR_INVALID:
		return CLI_USAGE;
	case ERROR_NOT_FOUND:
		return CLI_NOT_FOUND;
	default:
		return CLI_FAILED;
	}
}

int cli_fail(const struct error *err)
{
	struct strbuf line = STRBUF_INIT;

	/* error texts quote files, peers and arguments */
	utf8_sanitize(&line, err->text, strlen(err->text), false);
	fflush(stdout);
	fprintf(stderr, "trialdeck: %s\n", line.data);
	strbuf_release(&line);
	return cli_status_of(err->code);
}

int cli_fail_at(struct error *err, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	error_prefix(err, "%s", what);
	return cli_fail(err);
}
