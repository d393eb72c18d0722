/* SPDX-License-Identifier: MIT */
/* Words of ':' commands, and the line editor they are typed in. */
#include "tui/cmdline.h"
#include "tui/keys.h"
#include "tui/prompt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool parse(const char *text, struct cmdline *line, struct error *err)
{
	return cmdline_parse(text, strlen(text), line, err);
}

static void splits_words(void **state)
{
	struct cmdline line;
	struct error err;

	(void)state;
	assert_true(parse("  set  concurrency=4 ", &line, &err));
	assert_int_equal(line.argc, 2);
	assert_string_equal(line.argv[0], "set");
	assert_string_equal(line.argv[1], "concurrency=4");
	assert_string_equal(line.rest, "concurrency=4");
	cmdline_release(&line);
	assert_true(parse("", &line, &err));
	assert_int_equal(line.argc, 0);
	cmdline_release(&line);
}

static void keeps_what_is_quoted(void **state)
{
	struct cmdline line;
	struct error err;

	(void)state;
	assert_true(parse("export 'a b'\\ c \"d'e\" f\\\"", &line, &err));
	assert_int_equal(line.argc, 4);
	assert_string_equal(line.argv[1], "a b c");
	assert_string_equal(line.argv[2], "d'e");
	assert_string_equal(line.argv[3], "f\"");
	cmdline_release(&line);
}

static void refuses_what_it_must(void **state)
{
	static const char *const bad[] = {"export 'a", "export a\\",
					  "kill \x1b[2J", "a\x7f"};
	char *many = calloc(1, 1000), *huge = calloc(1, CMDLINE_TEXT_MAX + 2);
	struct cmdline line;
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(parse(bad[i], &line, &err));
	for (i = 0; i < CMDLINE_WORDS_MAX + 1; i++)
		strcat(many, "w ");
	assert_false(parse(many, &line, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	memset(huge, 'a', CMDLINE_TEXT_MAX + 1);
	assert_false(parse(huge, &line, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	free(many);
	free(huge);
}

static void a_filter_keeps_its_quotes(void **state)
{
	struct cmdline line;
	struct error err;

	(void)state;
	assert_true(parse("filter reason:\"out of", &line, &err));
	assert_string_equal(line.rest, "reason:\"out of");
	cmdline_release(&line);
}

static void type(struct prompt *prompt, const char *text)
{
	for (; *text; text++)
		prompt_on_key(prompt, *text);
}

static void edits_a_line(void **state)
{
	struct prompt prompt;

	(void)state;
	prompt_init(&prompt);
	prompt_open(&prompt, PROMPT_COMMAND, "");
	type(&prompt, "kil all");
	prompt_on_key(&prompt, TK_HOME);
	prompt_on_key(&prompt, TK_RIGHT);
	prompt_on_key(&prompt, TK_RIGHT);
	prompt_on_key(&prompt, 'l');
	assert_string_equal(prompt.text.data, "kill all");
	prompt_on_key(&prompt, TK_DELETE);
	prompt_on_key(&prompt, 0xE9); /* two bytes */
	assert_string_equal(prompt.text.data, "kil\xC3\xA9 all");
	prompt_on_key(&prompt, TK_BACKSPACE);
	assert_string_equal(prompt.text.data, "kil all");
	prompt_on_key(&prompt, TK_END);
	prompt_on_key(&prompt, TK_CTRL('w'));
	assert_string_equal(prompt.text.data, "kil ");
	prompt_on_key(&prompt, TK_CTRL('u'));
	assert_string_equal(prompt.text.data, "");
	assert_int_equal(prompt_on_key(&prompt, TK_BACKSPACE), PROMPT_CANCELED);
	prompt_release(&prompt);
}

static void recalls_older_lines(void **state)
{
	struct prompt prompt;

	(void)state;
	prompt_init(&prompt);
	prompt_remember(&prompt, PROMPT_COMMAND, "one");
	prompt_remember(&prompt, PROMPT_COMMAND, "two");
	prompt_remember(&prompt, PROMPT_COMMAND, "two");
	prompt_open(&prompt, PROMPT_COMMAND, "");
	type(&prompt, "dr");
	prompt_on_key(&prompt, TK_UP);
	assert_string_equal(prompt.text.data, "two");
	prompt_on_key(&prompt, TK_UP);
	prompt_on_key(&prompt, TK_UP);
	assert_string_equal(prompt.text.data, "one");
	prompt_on_key(&prompt, TK_DOWN);
	prompt_on_key(&prompt, TK_DOWN);
	assert_string_equal(prompt.text.data, "dr");
	prompt_release(&prompt);
}

static void completes(void **state)
{
	struct prompt prompt;

	(void)state;
	prompt_init(&prompt);
	prompt_open(&prompt, PROMPT_COMMAND, "");
	type(&prompt, "re");
	assert_int_equal(prompt_on_key(&prompt, TK_TAB), PROMPT_COMPLETE);
	prompt_offer(&prompt, "restart");
	prompt_offer(&prompt, "restart-failed");
	prompt_offer(&prompt, "kill");
	prompt_complete(&prompt);
	assert_string_equal(prompt.text.data, "restart"); /* in common */
	prompt_on_key(&prompt, TK_TAB);
	prompt_on_key(&prompt, TK_TAB);
	assert_string_equal(prompt.text.data, "restart-failed");
	prompt_release(&prompt);
}

static void a_question_takes_one_key(void **state)
{
	struct prompt prompt;

	(void)state;
	prompt_init(&prompt);
	prompt_ask(&prompt, "kill? [y/N]");
	assert_int_equal(prompt_on_key(&prompt, TK_ENTER), PROMPT_ANSWERED);
	assert_int_equal(prompt.answer, TK_ENTER);
	prompt_release(&prompt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_words),
		cmocka_unit_test(keeps_what_is_quoted),
		cmocka_unit_test(refuses_what_it_must),
		cmocka_unit_test(a_filter_keeps_its_quotes),
		cmocka_unit_test(edits_a_line),
		cmocka_unit_test(recalls_older_lines),
		cmocka_unit_test(completes),
		cmocka_unit_test(a_question_takes_one_key),
	};

	return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
