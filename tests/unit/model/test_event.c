/* SPDX-License-Identifier: MIT */
/* Verbs, knobs and durations, as people type them. */
#include "model/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static void durations(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {
		{"90", 90},	 {"90s", 90},	   {"1.5h", 5400},
		{"2D", 172800},	 {"1m", 60},	   {"0.1s", 1},
		{"1.0001m", 61}, {" 3 h ", 10800}, {".5h", 1800},
		{"2.s", 2},	 {"0", 0},	   {"36525d", 3155760000},
	};
	static const struct {
		const char *text, *words;
	} bad[] = {
		{"", "not a duration"},
		{"s", "not a duration"},
		{"-1s", "not a duration"},
		{"inf", "not a duration"},
		{"nan", "not a duration"},
		{"0x10", "bad unit"},
		{".", "not a duration"},
		{"1.5", "needs a unit"},
		{"1.5.2s", "bad unit"},
		{"1w", "bad unit"},
		{"1hh", "bad unit"},
		{"1h 2m", "bad unit"},
		{"36526d", "hundred years"},
		{"1e9d", "bad unit"},
		{"99999999999999999999999999999999999999999999",
		 "not a duration"},
	};
	struct error err;
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		if (!duration_parse(good[i].text, &seconds, &err))
			fail_msg("%s: %s", good[i].text, err.text);
		assert_int_equal(seconds, good[i].seconds);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		seconds = 77;
		if (duration_parse(bad[i].text, &seconds, &err))
			fail_msg("%s: accepted", bad[i].text);
		assert_int_equal(err.code, ERROR_INVALID);
		if (!strstr(err.text, bad[i].words))
			fail_msg("%s: %s", bad[i].text, err.text);
		assert_int_equal(seconds, 77);
	}
}

static void knobs(void **state)
{
	static const struct {
		const char *text, *name;
		int64_t value;
	} good[] = {
		{"concurrency=4", "concurrency", 4},
		{"max-trials=100", "max-trials", 100},
		{"max-trials=none", "max-trials", 0},
		{"max-duration=1.5h", "max-duration", 5400},
		{"max-duration=unlimited", "max-duration", 0},
		{"max-trial-duration=90", "max-trial-duration", 90},
		{"max-retries=0", "max-retries", 0},
	};
	static const struct {
		const char *text, *words;
	} bad[] = {
		{"", "name=value"},
		{"=4", "name=value"},
		{"concurrency", "name=value"},
		{"concurrency=", "whole number"},
		{"concurrency=0", "out of range"},
		{"concurrency=none", "cannot be"},
		{"concurrency=-1", "whole number"},
		{"concurrency= 1", "whole number"},
		{"concurrency=1.5", "whole number"},
		{"concurrency=4x", "whole number"},
		{"concurrency=99999999999999999999", "whole number"},
		{"concurency=4", "did you mean \"concurrency\""},
		{"colour=red", "max-trial-duration"},
		{"max-duration=soon", "max-duration: \"soon\""},
		{"max-retries=1001", "out of range"},
	};
	struct error err;
	int64_t value;
	char name[32];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		if (!knob_parse(good[i].text, name, sizeof(name), &value, &err))
			fail_msg("%s: %s", good[i].text, err.text);
		assert_string_equal(name, good[i].name);
		assert_int_equal(value, good[i].value);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		if (knob_parse(bad[i].text, name, sizeof(name), &value, &err))
			fail_msg("%s: accepted", bad[i].text);
		assert_int_equal(err.code, ERROR_INVALID);
		if (!strstr(err.text, bad[i].words))
			fail_msg("%s: %s", bad[i].text, err.text);
	}
}

static void verbs(void **state)
{
	static const char *const names[] = {"kill",	 "restart", "pause",
					    "resume",	 "stop",    "set",
					    "add-trial", "act",	    "change"};
	enum command_verb verb;

	(void)state;
	assert_int_equal(COUNT_OF(names), COMMAND_VERB_COUNT);
	for (int i = 0; i < COMMAND_VERB_COUNT; i++) {
		assert_string_equal(command_verb_name(i), names[i]);
		assert_true(command_verb_parse(names[i], &verb));
		assert_int_equal(verb, i);
	}
	assert_false(command_verb_parse("KILL", &verb));
}

static void releases(void **state)
{
	struct event event = {.key = 1, .text = xstrdup("x")};
	struct command command = {.argument = xstrdup("x"),
				  .asked_by = xstrdup("y"),
				  .outcome = xstrdup("z")};

	(void)state;
	for (int i = 0; i < 2; i++) { /* twice is harmless */
		event_release(&event);
		command_release(&command);
	}
	assert_null(event.text);
	assert_null(command.outcome);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(knobs),
		cmocka_unit_test(verbs),
		cmocka_unit_test(releases),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
