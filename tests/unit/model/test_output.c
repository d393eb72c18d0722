/* SPDX-License-Identifier: MIT */
/* Which outputs a rule keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "model/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_NS (86400 * NS_PER_S)
#define NOW_NS (1000 * DAY_NS)

static struct output_candidate ended(int64_t trial, double final)
{
	return (struct output_candidate){
		.trial = trial,
		.attempt = 1,
		.state = TRIAL_SUCCEEDED,
		.is_newest = true,
		.final = {true, final},
		.ended_ns = NOW_NS - trial * DAY_NS,
	};
}

static struct output_rule rule(const char *keep)
{
	struct output_rule ret = {.keeps_failed = true};
	struct error err = {0};

	if (!output_keep_parse(keep, &ret, &err))
		fail_msg("%s", err.text);
	return ret;
}

/* The removed ones, a letter each. */
static void assert_removed(const struct output_rule *rule,
			   enum objective_mode mode,
			   struct output_candidate *list, size_t count,
			   const char *wanted)
{
	char removed[16] = "";

	output_rule_decide(rule, mode, list, count, NOW_NS);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(list[i].is_removed, list[i].why[0] != '\0');
		if (list[i].is_removed)
			removed[strlen(removed)] = (char)('a' + i);
	}
	assert_string_equal(removed, wanted);
}

static void rules_are_read_and_written(void **state)
{
	static const char *const good[] = {"all", "none", "best 1",
					   "best 1000000"};
	static const char *const bad[] = {
		"",	    "best",	    "best 0",  "best -1",
		"best 10x", "best 1000001", "worst 3", "best 99999999999"};
	struct output_rule ret = {0};
	struct error err;
	char *back;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_true(output_keep_parse(good[i], &ret, &err));
		back = output_keep_format(&ret);
		assert_string_equal(back, good[i]);
		free(back);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_false(output_keep_parse(bad[i], &ret, &err));
		assert_non_null(strstr(err.text, "best 10"));
	}
	ret = rule("all");
	assert_false(output_rule_removes(&ret));
	ret.max_age_s = 1;
	assert_true(output_rule_removes(&ret));
}

static void the_best_stay(void **state)
{
	struct output_candidate list[] = {
		ended(1, 0.5), ended(2, 0.9), ended(3, NAN),
		ended(4, 0.9), ended(5, 0.1),
	};
	struct output_rule two = rule("best 2"), all = rule("all"),
			   none = rule("none");

	(void)state;
	assert_removed(&all, OBJECTIVE_MAXIMIZE, list, 5, "");
	assert_removed(&none, OBJECTIVE_MAXIMIZE, list, 5, "abcde");
	assert_removed(&two, OBJECTIVE_MAXIMIZE, list, 5, "ace");
	assert_removed(&two, OBJECTIVE_MINIMIZE, list, 5, "bcd");
	assert_string_equal(list[1].why, "not one of the best 2");
	/* equal ones: the first */
	two = rule("best 1");
	assert_removed(&two, OBJECTIVE_MAXIMIZE, list, 5, "acde");
	/* fewer than are kept */
	assert_removed(&two, OBJECTIVE_MAXIMIZE, list, 1, "");
}

static void what_may_become_best_is_not_touched(void **state)
{
	struct output_candidate list[] = {ended(1, 0.5), ended(2, 0.9),
					  ended(3, 0.7)};
	struct output_rule one = rule("best 1");

	(void)state;
	/* the one that has reported more still runs: it counts for nobody */
	list[1].state = TRIAL_RUNNING;
	assert_removed(&one, OBJECTIVE_MAXIMIZE, list, 3, "a");
	one.keeps_failed = false;
	one.max_age_s = 1;
	assert_removed(&one, OBJECTIVE_MAXIMIZE, list, 3, "a");
	one = rule("none");
	assert_removed(&one, OBJECTIVE_MAXIMIZE, list, 3, "ac");
}

static void failed_ones_go_when_told(void **state)
{
	struct output_candidate list[] = {ended(1, 0.5), ended(2, 0.9),
					  ended(3, 0.7), ended(4, 0.6)};
	struct output_rule rule_ = rule("all");

	(void)state;
	list[0].state = TRIAL_FAILED;
	list[1].is_newest = false; /* it was run again */
	list[2].final.is_set = false;
	assert_removed(&rule_, OBJECTIVE_MAXIMIZE, list, 4, "");
	rule_.keeps_failed = false;
	assert_removed(&rule_, OBJECTIVE_MAXIMIZE, list, 4, "abc");
	assert_string_equal(list[0].why, "FAILED");
	assert_string_equal(list[1].why, "an earlier attempt");
	assert_string_equal(list[2].why, "without a final result");
}

static void old_ones_go_but_the_best(void **state)
{
	struct output_candidate list[] = {ended(1, 0.1), ended(10, 0.9),
					  ended(20, 0.8), ended(30, 0.2)};
	struct output_rule rule_ = rule("all");

	(void)state;
	rule_.max_age_s = 10 * 86400;
	assert_removed(&rule_, OBJECTIVE_MAXIMIZE, list, 4, "cd");
	assert_string_equal(list[2].why, "too old");
	rule_.keep = OUTPUT_KEEP_BEST;
	rule_.best = 3;
	assert_removed(&rule_, OBJECTIVE_MAXIMIZE, list, 4, "a");
	list[3].state = TRIAL_FAILED;
	assert_removed(&rule_, OBJECTIVE_MAXIMIZE, list, 4, "d");
	list[3].ended_ns = 0; /* nobody knows */
	assert_removed(&rule_, OBJECTIVE_MAXIMIZE, list, 4, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_read_and_written),
		cmocka_unit_test(the_best_stay),
		cmocka_unit_test(what_may_become_best_is_not_touched),
		cmocka_unit_test(failed_ones_go_when_told),
		cmocka_unit_test(old_ones_go_but_the_best),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
