/* SPDX-License-Identifier: MIT */
/* Help and version, printed from the table. */
#include "config.h"

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/example.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

#define LEFT_COLS 26
#define TEXT_COLS 78
#define EXAMPLE_COLS 42

static void print_option(const struct cli_option *option)
{
	char left[80];

	snprintf(left, sizeof(left), "%c%c%s--%s%s%s",
		 option->letter ? '-' : ' ',
		 option->letter ? option->letter : ' ',
		 option->letter ? ", " : "  ", option->name,
		 option->value ? " " : "", option->value ? option->value : "");
	if (strlen(left) > LEFT_COLS - 2)
		printf("  %s\n  %-*s%s\n", left, LEFT_COLS, "", option->help);
	else
		printf("  %-*s%s\n", LEFT_COLS, left, option->help);
}

static void print_options(const struct cli_option *options, const char *title)
{
	bool is_first = true;

	for (; options->name; options++) {
		if (options->is_hidden)
			continue;
		if (is_first)
			printf("\n%s:\n", title);
		is_first = false;
		print_option(options);
	}
}

static void print_overview(const struct cli *cli)
{
	const struct cli_command *command;

	puts("trialdeck: hyperparameter experiments in a terminal\n\n"
	     "usage: trialdeck [OPTION...] [COMMAND [ARGUMENT...]]\n\n"
	     "to begin:\n"
	     "  trialdeck new first                  # two small files to "
	     "begin with\n"
	     "  trialdeck run first/experiment.yaml  # run it and watch\n\n"
	     "commands:");
	for (command = cli->commands; command->name; command++)
		if (!command->is_hidden)
			printf("  %-*s%s\n", LEFT_COLS,
			       command->name[0] ? command->name : "(none)",
			       command->help);
	print_options(cli_global_options, "options");
	puts("\nAn experiment is named by its id, a unique beginning of it, "
	     "its name,\n'latest' or 'running' (the only one that runs); a "
	     "trial "
	     "by its id or its\nsequence number.\n\n"
	     "exit status: 0 done, 1 failed, 2 wrong usage or invalid file,\n"
	     "3 not found, 4 cannot reach the cluster");
}

static void print_examples(const char *command)
{
	const struct cli_example *example;

	if (cli_example(command, 0))
		puts("\nexamples:");
	for (size_t i = 0; (example = cli_example(command, i)); i++) {
		char line[160];

		snprintf(line, sizeof(line), "trialdeck %s", example->line);
		if (strlen(line) > EXAMPLE_COLS - 2)
			printf("  %s\n  %-*s# %s\n", line, EXAMPLE_COLS, "",
			       example->what);
		else
			printf("  %-*s# %s\n", EXAMPLE_COLS, line,
			       example->what);
	}
}

static void print_command(const struct cli_command *command)
{
	printf("trialdeck %s: %s\n\nusage: trialdeck %s %s\n", command->name,
	       command->help, command->name, command->synopsis);
	if (command->text) {
		putchar('\n');
		output_paragraph(stdout, command->text, 0, TEXT_COLS);
	}
	print_examples(command->name);
	print_options(command->options, "options");
	print_options(cli_global_options, "options of every command");
}

int command_help(struct cli *cli)
{
	const struct cli_command *command = NULL;
	struct error err = {0};
	const char *name;

	if (!cli->command)
		name = NULL;
	else if (!strcmp(cli->command->name, "help"))
		name = cli_argument(cli, 0);
	else
		name = cli->command->name;
	if (name && *name) {
		command = cli_command_find(cli->commands, name);
		if (!command) {
			error_set(&err, ERROR_INVALID,
				  "help: there is no command '%s'", name);
			return cli_fail(&err);
		}
		print_command(command);
	} else {
		print_overview(cli);
	}
	return CLI_DONE;
}

int command_version(struct cli *cli)
{
	if (cli->is_json)
		puts("{\"name\":\"" PACKAGE_NAME
		     "\",\"version\":\"" PACKAGE_VERSION "\"}");
	else
		puts(PACKAGE_NAME " " PACKAGE_VERSION);
	return CLI_DONE;
}
