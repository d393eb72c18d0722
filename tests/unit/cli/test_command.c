/* SPDX-License-Identifier: MIT */
/* How command lines are read, and what is refused. */
#include "cli/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int nothing(struct cli *cli)
{
	(void)cli;
	return 0;
}

static const struct cli_command table[] = {
	{.name = "", .synopsis = "", .help = "browse", .run = nothing},
	{
		.name = "log",
		.synopsis = "EXPERIMENT TRIAL",
		.help = "print",
		.arguments = {{"EXPERIMENT", CLI_WORDS_NONE, NULL},
			      {"TRIAL", CLI_WORDS_NONE, NULL}},
		.least = 2,
		.most = 2,
		.options = {{"follow", 'f', NULL, "", 0, NULL, false},
			    {"tail", 'n', "N", "", 0, NULL, false}},
		.run = nothing,
	},
	{
		.name = "kill",
		.synopsis = "TRIAL...",
		.help = "kill",
		.arguments = {{"TRIAL", CLI_WORDS_NONE, NULL}},
		.least = 1,
		.most = -1,
		.needs_write = true,
		.run = nothing,
	},
	{.name = NULL},
};

#define PARSE(cli, err, ...)                                                   \
	parse(cli, err, (const char *[]){"trialdeck", __VA_ARGS__, NULL})

static bool parse(struct cli *cli, struct error *err, const char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	memset(err, 0, sizeof(*err));
	return cli_parse(cli, table, argc, (char **)argv, err);
}

static void reads_options_anywhere(void **state)
{
	struct cli cli;
	struct error err;

	(void)state;
	assert_true(PARSE(&cli, &err, "--ascii", "log", "-fn5", "latest",
			  "--json", "3", "--db=/x/y"));
	assert_string_equal(cli.command->name, "log");
	assert_int_equal(cli.argument_count, 2);
	assert_string_equal(cli_argument(&cli, 1), "3");
	assert_null(cli_argument(&cli, 2));
	assert_string_equal(cli_option(&cli, "tail"), "5");
	assert_non_null(cli_option(&cli, "follow"));
	assert_true(cli.is_ascii && cli.is_json && !cli.is_csv);
	assert_string_equal(cli.db_path, "/x/y");
	cli_release(&cli);
}

static void the_last_value_wins(void **state)
{
	struct cli cli;
	struct error err;
	long tail;

	(void)state;
	assert_true(
		PARSE(&cli, &err, "log", "--tail", "1", "a", "b", "-n", "22"));
	assert_true(cli_option_number(&cli, "tail", 1, 100, 0, &tail, &err));
	assert_int_equal(tail, 22);
	assert_false(cli_option_number(&cli, "tail", 1, 21, 0, &tail, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	cli_release(&cli);
}

static void nothing_is_the_empty_command(void **state)
{
	struct cli cli;
	struct error err;

	(void)state;
	assert_true(PARSE(&cli, &err, "--port", "8080"));
	assert_string_equal(cli.command->name, "");
	assert_int_equal(cli.side_port, 8081);
	cli_release(&cli);
}

static void two_dashes_end_options(void **state)
{
	struct cli cli;
	struct error err;

	(void)state;
	assert_true(PARSE(&cli, &err, "log", "--", "--json", "-f"));
	assert_string_equal(cli_argument(&cli, 0), "--json");
	assert_false(cli.is_json);
	assert_null(cli_option(&cli, "follow"));
	cli_release(&cli);
}

static void refuses_with_a_hint(void **state)
{
	static const struct {
		const char *words[4];
		const char *says;
	} cases[] = {
		{{"lgo"}, "did you mean 'log'?"},
		{{"zzzzzz"}, "no such command"},
		{{"log", "--folow"}, "did you mean '--follow'"},
		{{"kill", "--follow"}, "no such option"},
		{{"log", "-q"}, "-q: no such option"},
		{{"log", "a"}, "TRIAL is missing"},
		{{"kill"}, "TRIAL is missing"},
		{{"log", "--tail"}, "needs a value"},
		{{"log", "--follow=1"}, "takes no value"},
		{{"--port", "65535"}, "from 1 to 65534"},
		{{"--port", "12x"}, "not '12x'"},
		{{"--db="}, "the path is empty"},
		{{"--csv", "--json"}, "exclude each other"},
		{{"--read-only", "kill", "1"}, "--read-only was given"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cli cli;
		struct error err;

		assert_false(PARSE(&cli, &err, cases[i].words[0],
				   cases[i].words[1], cases[i].words[2],
				   cases[i].words[3]));
		assert_int_equal(err.code, ERROR_INVALID);
		if (!strstr(err.text, cases[i].says))
			fail_msg("'%s' does not say '%s'", err.text,
				 cases[i].says);
		cli_release(&cli);
	}
}

static void too_many_arguments_name_the_first(void **state)
{
	struct cli cli;
	struct error err;

	(void)state;
	assert_false(PARSE(&cli, &err, "log", "a", "b", "c"));
	assert_non_null(strstr(err.text, "'c' is one argument too many"));
	cli_release(&cli);
	assert_true(PARSE(&cli, &err, "kill", "a", "b", "c", "d"));
	cli_release(&cli);
}

static void help_needs_no_arguments(void **state)
{
	struct cli cli;
	struct error err;

	(void)state;
	assert_true(PARSE(&cli, &err, "log", "-h"));
	assert_true(cli.wants_help);
	cli_release(&cli);
}

static void relative_databases_become_absolute(void **state)
{
	struct cli cli;
	struct error err;

	(void)state;
	assert_true(PARSE(&cli, &err, "--db", "here.db"));
	assert_int_equal(cli.db_path[0], '/');
	assert_non_null(strstr(cli.db_path, "/here.db"));
	cli_release(&cli);
}

/* The program's own table holds what the parser and the shells rely on. */
static void the_table_is_sound(void **state)
{
	const struct cli_command *command;

	(void)state;
	for (command = cli_commands; command->name; command++) {
		const struct cli_option *o;
		int arguments = 0;

		assert_non_null(command->run);
		assert_non_null(command->help);
		assert_non_null(command->synopsis);
		assert_true(command->most < 0 ||
			    command->least <= command->most);
		while (command->arguments[arguments].name)
			arguments++;
		assert_true(arguments >= command->least);
		assert_true(arguments >= command->most);
		for (o = command->options; o->name; o++) {
			const struct cli_option *g = cli_global_options;

			assert_true(o->words != CLI_WORDS_LIST || o->list);
			for (; g->name; g++) {
				assert_string_not_equal(g->name, o->name);
				assert_true(!o->letter ||
					    g->letter != o->letter);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_options_anywhere),
		cmocka_unit_test(the_last_value_wins),
		cmocka_unit_test(nothing_is_the_empty_command),
		cmocka_unit_test(two_dashes_end_options),
		cmocka_unit_test(refuses_with_a_hint),
		cmocka_unit_test(too_many_arguments_name_the_first),
		cmocka_unit_test(help_needs_no_arguments),
		cmocka_unit_test(relative_databases_become_absolute),
		cmocka_unit_test(the_table_is_sound),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
