/* SPDX-License-Identifier: MIT */
/* Placeholders: values reach the command, and never become shell. */
#include "engine/platform/local.h"

#include "base/fs.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PARAMETERS                                                             \
	"{\"lr\":0.01,\"n\":-2,\"opt\":\"adam\",\"a.b\":7,\"list\":[1,2],"     \
	"\"layer\":{\"_name\":\"Conv\",\"kernel\":3},\"empty\":\"\","          \
	"\"evil\":\"'; touch /tmp/x $(id) \\\"`id`\\\" \\\\ #\\n'\"}"

static void expect(const char *command, const char *text)
{
	struct strbuf out = STRBUF_INIT;
	struct error err;

	if (!local_command_format(command, PARAMETERS, &out, &err))
		fail_msg("%s: %s", command, err.text);
	assert_string_equal(out.data, text);
	strbuf_release(&out);
}

static void refuse(const char *command, const char *why)
{
	struct strbuf out = STRBUF_INIT;
	struct error err;

	assert_false(local_command_format(command, PARAMETERS, &out, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	if (!strstr(err.text, why))
		fail_msg("%s", err.text);
	strbuf_release(&out);
}

static void fills_placeholders(void **state)
{
	(void)state;
	expect("python train.py --lr {{lr}} {{ n }}",
	       "python train.py --lr 0.01 -2");
	expect("x {{opt}} {{layer}} {{layer.kernel}} {{a.b}} '{{list}}'",
	       "x adam Conv 3 7 '[1,2]'");
	expect("x {{list}} \"{{list}}\" {{empty}}", "x '[1,2]' \"[1,2]\" ''");
	expect("echo {{{{not}} {single} $HOME", "echo {{not}} {single} $HOME");
	expect("echo no braces", "echo no braces");
	refuse("x {{lrr}}", "{{lrr}} names no parameter");
	refuse("x {{lr", "{{ without }}");
	refuse("x {{layer.size}}", "{{layer.size}}");
	refuse("echo `x {{evil}}`", "`");
	refuse("echo \"$(x \"{{evil}}\")\"", "$(");
	refuse("true # {{evil}}", "a comment");
	refuse("x \\{{evil}}", "a backslash");
	expect("echo $(x {{lr}})", "echo $(x 0.01)");
}

/* What the shell makes of it is what counts. */
static void shell_sees_the_value(const char *shell, const char *template)
{
	static const char value[] = "'; touch /tmp/x $(id) \"`id`\" \\ #\n'";
	struct strbuf command = STRBUF_INIT, wrapped = STRBUF_INIT;
	char got[256];
	struct error err;
	size_t len;
	FILE *pipe;

	assert_true(local_command_format(template, PARAMETERS, &command, &err));
	setenv("TEST_COMMAND", command.data, 1);
	strbuf_addf(&wrapped, "%s -c \"$TEST_COMMAND\"", shell);
	pipe = popen(wrapped.data, "r");
	assert_non_null(pipe);
	len = fread(got, 1, sizeof(got) - 1, pipe);
	got[len] = '\0';
	assert_int_equal(pclose(pipe), 0);
	assert_string_equal(got, value);
	strbuf_release(&command);
	strbuf_release(&wrapped);
}

static void quotes_for_every_context(void **state)
{
	static const char *const templates[] = {
		"printf %s {{evil}}",
		"printf %s '{{evil}}'",
		"printf %s \"{{evil}}\"",
		"printf '%s' \"\"{{evil}}''",
		"printf %s \"\\\"\" >/dev/null; printf %s \"{{evil}}\"",
		"true # don't\nprintf %s {{evil}}",
		"x#y=1 2>/dev/null; printf %s '{{evil}}'",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(templates); i++) {
		shell_sees_the_value("/bin/sh", templates[i]);
		shell_sees_the_value(local_shell(), templates[i]);
	}
}

static void builds_an_environment(void **state)
{
	char *outer[] = {(char *)(uintptr_t) "HOME=/h",
			 (char *)(uintptr_t) "NNI_TRIAL_COMMAND_CHANNEL=x",
			 (char *)(uintptr_t) "TRIALDECK_TOKEN=old", NULL};
	static const char *const wanted[] = {
		"HOME=/h",
		"A=2",
		"TRIALDECK_PARAM_LR=0.01",
		"TRIALDECK_PARAM_N=-2",
		"TRIALDECK_PARAM_OPT=adam",
		"TRIALDECK_PARAM_A_B=7",
		"TRIALDECK_PARAM_LIST=[1,2]",
		"TRIALDECK_PARAM_LAYER=Conv",
		"TRIALDECK_PARAM_LAYER_KERNEL=3",
		"TRIALDECK_PARAM_EMPTY=",
		"TRIALDECK_PARAM_EVIL='; touch /tmp/x $(id) \"`id`\" \\ #\n'",
	};
	struct environment environment = {0};

	(void)state;
	environment_inherit(&environment, outer);
	environment_set(&environment, "A", "1");
	environment_set(&environment, "A", "2");
	environment_add_parameters(&environment, PARAMETERS);
	assert_int_equal(environment.count, COUNT_OF(wanted));
	for (size_t i = 0; i < COUNT_OF(wanted); i++)
		assert_string_equal(environment.items[i], wanted[i]);
	assert_null(environment.items[environment.count]);
	environment_release(&environment);
}

static void expect_last_line(const char *text, const char *line)
{
	char path[] = "/tmp/trialdeck-test-XXXXXX", got[16];
	struct error err;

	close(mkstemp(path));
	assert_true(fs_write_file(path, text, strlen(text), &err));
	local_last_line(path, got, sizeof(got));
	assert_string_equal(got, line);
	unlink(path);
}

static void finds_the_last_word(void **state)
{
	(void)state;
	expect_last_line("", "");
	expect_last_line("\n\n", "");
	expect_last_line("first\n  second  \n\n", "second");
	expect_last_line("10%\r20%\r100%", "100%");
	expect_last_line("\x1b[1;31mboom\x1b[0m\n\x1b[K", "boom");
	expect_last_line("a very long last line", "a very long las");
	/* cut between characters: 14 + 2 bytes do not fit in 15 */
	expect_last_line("12345678901234\xC3\xA9", "12345678901234");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_placeholders),
		cmocka_unit_test(quotes_for_every_context),
		cmocka_unit_test(builds_an_environment),
		cmocka_unit_test(finds_the_last_word),
	};

	return cmocka_run_group_tests_name("local command", tests, NULL, NULL);
}
