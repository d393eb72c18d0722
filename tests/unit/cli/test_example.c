/* SPDX-License-Identifier: MIT */
/* Every command has an example, and each is a command line that is taken. */
#include "cli/command.h"
#include "cli/example.h"
#include "cli/nnictl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <wordexp.h>

#include <cmocka.h>

static void every_command_has_one(void **state)
{
	(void)state;
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (c->is_hidden)
			continue;
		if (!cli_example(c->name, 0))
			fail_msg("no example of '%s' in cli/example.c",
				 c->name);
	}
}

/* nnictl's command line is made into one of ours first. */
static bool parse(struct cli *cli, int argc, char **argv, struct error *err)
{
	static char **translated; /* its texts live as long as the program */
	int first;

	if (!nnictl_is_meant(argc, argv, &first))
		return cli_parse(cli, cli_commands, argc, argv, err);
	memset(cli, 0, sizeof(*cli));
	if (!nnictl_translate(argc, argv, first, &argc, &translated, err))
		return false;
	cli->command = cli_command_find(cli_commands, "nnictl");
	return true;
}

/* What comes after a redirection is the shell's own. */
static void read_line(const struct cli_command *command, const char *line)
{
	char text[256];
	wordexp_t words;
	struct cli cli;
	struct error err = {0};

	snprintf(text, sizeof(text), "trialdeck %.*s", (int)strcspn(line, ">"),
		 line);
	assert_int_equal(wordexp(text, &words, WRDE_NOCMD), 0);
	if (!parse(&cli, (int)words.we_wordc, words.we_wordv, &err))
		fail_msg("%s: %s", line, err.text);
	assert_ptr_equal(cli.command, command);
	cli_release(&cli);
	wordfree(&words);
}

static void all_are_taken(void **state)
{
	(void)state;
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		const struct cli_example *example;

		for (size_t i = 0; (example = cli_example(c->name, i)); i++) {
			read_line(c, example->line);
			assert_true(strlen(example->what) < 60);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_has_one),
		cmocka_unit_test(all_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
