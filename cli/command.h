/* SPDX-License-Identifier: MIT */
/*
 * The command line as data: one table says what every command is called, takes
 * and does.  Parsing, `trialdeck help`, shell completion and the man page are
 * all read from it, so they cannot disagree.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses; scripts rely on them. */
enum cli_status {
	CLI_DONE = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2, /* wrong usage or an invalid file */
	CLI_NOT_FOUND = 3,
	CLI_UNREACHABLE = 4, /* the cluster cannot be reached */
};

/* What a shell may offer for an argument or an option's value. */
enum cli_words {
	CLI_WORDS_NONE,
	CLI_WORDS_FILE,
	CLI_WORDS_EXPERIMENT,
	CLI_WORDS_TRIAL,
	CLI_WORDS_COLUMN, /* columns of the experiment, several with commas */
	CLI_WORDS_COMMAND,
	CLI_WORDS_LIST, /* the fixed words in `list` */
};

struct cli_option {
	const char *name;  /* long form without dashes; NULL ends a table */
	char letter;	   /* short form, or 0 */
	const char *value; /* what it takes, "PATH"; NULL for a flag */
	const char *help;  /* one line */
	enum cli_words words;
	const char *list; /* CLI_WORDS_LIST: "json csv nni" */
	bool is_hidden;
};

/* One value per argument position; the last repeats when more may come. */
struct cli_argument {
	const char *name; /* "EXPERIMENT"; NULL ends */
	enum cli_words words;
	const char *list;
};

struct cli;

struct cli_command {
	const char *name;
	const char *synopsis; /* arguments as people read them, or "" */
	const char *help;     /* one line, lower case, no full stop */
	const char *text;     /* a paragraph for help and manual, or NULL */
	struct cli_argument arguments[4];
	int least, most; /* how many arguments; most -1: any number */
	struct cli_option options[16];
	bool needs_write; /* refused with --read-only */
	/* after the first argument "-word" is an argument, too; short options
	 * stand before it */
	bool has_signed;
	bool is_hidden;
	int (*run)(struct cli *cli);
};

#define CLI_GIVEN_MAX 64

/* One invocation, parsed.  Borrows argv. */
struct cli {
	const struct cli_command *commands; /* the table it was read with */
	const struct cli_command *command;
	const char **arguments; /* owned array of borrowed text */
	size_t argument_count;
	struct {
		const struct cli_option *option;
		const char *value; /* "" for flags */
	} given[CLI_GIVEN_MAX];
	size_t given_count;
	/* the global options, read */
	char *db_path; /* owned */
	bool is_read_only, is_json, is_csv, is_monochrome, is_ascii, is_yes;
	bool is_plain;
	bool wants_help, wants_version;
	const char *script;
	int side_port; /* --port plus 1, as NNI has it; 0: any free one */
};

/* The program's commands (registry.c); name NULL ends. */
extern const struct cli_command cli_commands[];
/* Options every command takes; name NULL ends. */
extern const struct cli_option cli_global_options[];

/* Read a command line with a table; the command named "" is meant when none
 * is named.  Fails with ERROR_INVALID and a sentence with a hint.  Release
 * cli in either case. */
bool cli_parse(struct cli *cli, const struct cli_command *commands, int argc,
	       char **argv, struct error *err);
void cli_release(struct cli *cli);

const struct cli_command *cli_command_find(const struct cli_command *commands,
					   const char *name);
/* Value of one of the command's own options: the last given, or NULL when it
 * was not; flags answer "".  The name must be in the command's table. */
const char *cli_option(const struct cli *cli, const char *name);
/* A whole number option between least and most; fallback when not given. */
bool cli_option_number(const struct cli *cli, const char *name, long least,
		       long most, long fallback, long *ret, struct error *err);
/* Argument i, or NULL. */
const char *cli_argument(const struct cli *cli, size_t i);

/* Print "trialdeck: text" and answer with the exit status its code means. */
int cli_fail(const struct error *err);
/* The same with "what: " in front. */
int cli_fail_at(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
enum cli_status cli_status_of(enum error_code code);

#endif
