/* SPDX-License-Identifier: MIT */
/*
 * The commands.  Everything the program says about its command line is read
 * from here: parsing, help, completion, the manual.  The order is the order of
 * `trialdeck help`.
 */
#include "cli/command.h"
#include "cli/commands.h"

#define EXPERIMENT_ARGUMENT                                                    \
	{                                                                      \
		"EXPERIMENT", CLI_WORDS_EXPERIMENT, NULL                       \
	}
#define TRIAL_ARGUMENT                                                         \
	{                                                                      \
		"TRIAL", CLI_WORDS_TRIAL, NULL                                 \
	}
#define FILE_ARGUMENT                                                          \
	{                                                                      \
		"FILE", CLI_WORDS_FILE, NULL                                   \
	}
#define FLAG(name, letter, help)                                               \
	{                                                                      \
		name, letter, NULL, help, CLI_WORDS_NONE, NULL, false          \
	}
#define VALUE(name, letter, value, help)                                       \
	{                                                                      \
		name, letter, value, help, CLI_WORDS_NONE, NULL, false         \
	}
#define CHOICE(name, letter, value, help, list)                                \
	{                                                                      \
		name, letter, value, help, CLI_WORDS_LIST, list, false         \
	}

#define STATES                                                                 \
	"WAITING RUNNING SUCCEEDED FAILED USER_CANCELED SYS_CANCELED "         \
	"EARLY_STOPPED UNKNOWN"

/* clang-format off */
const struct cli_command cli_commands[] = {
	{
		.name = "completion", .synopsis = "SHELL",
		.help = "print the completion script for bash, zsh or fish",
		.arguments = {{"SHELL", CLI_WORDS_LIST, "bash zsh fish"}}, .least = 1, .most = 1,
		.run = command_completion,
	},
	{
		.name = "man", .synopsis = "",
		.help = "print the manual page's source",
		.is_hidden = true,
		.run = command_man,
	},
	{
		.name = "version", .synopsis = "",
		.help = "show the version",
		.run = command_version,
	},
	{
		.name = "help", .synopsis = "[COMMAND]",
		.help = "show help",
		.arguments = {{"COMMAND", CLI_WORDS_COMMAND, NULL}}, .most = 1,
		.run = command_help,
	},
	{.name = NULL},
};
/* clang-format on */
