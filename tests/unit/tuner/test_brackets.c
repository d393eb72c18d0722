/* SPDX-License-Identifier: MIT */
/*
 * Hyperband's schedule against the table of its paper (Li et al. 2018, table 1:
 * R = 81, eta = 3; n as nni.md 7.13 has it), and what Hyperband and ASHA make
 * of results.
 */
#include "engine/tuner/brackets.h"
#include "tests/unit/tuner/model_rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char LINE[] = "{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]}}";

static void has_the_schedule_of_the_paper(void **state)
{
	static const struct {
		size_t sizes[5];
		double budgets[5];
	} table[] = {
		{{5}, {81}},
		{{8, 2}, {27, 81}},
		{{15, 5, 1}, {9, 27, 81}},
		{{34, 11, 3, 1}, {3, 9, 27, 81}},
		{{81, 27, 9, 3, 1}, {1, 3, 9, 27, 81}},
	};
	struct brackets_options options = {.least = 1, .most = 81, .eta = 3};
	double budgets[BRACKETS_ROUNDS_MAX];
	size_t sizes[BRACKETS_ROUNDS_MAX];

	(void)state;
	assert_int_equal(brackets_most(&options), 4);
	for (int s = 0; s <= 4; s++) {
		assert_int_equal(brackets_schedule(&options, s, sizes, budgets),
				 s + 1);
		for (int i = 0; i <= s; i++) {
			assert_int_equal(sizes[i], table[s].sizes[i]);
			assert_true(budgets[i] == table[s].budgets[i]);
		}
	}
}

/* ---- a small experiment
 * ------------------------------------------------------ */

static struct rig rig;

static void sends_the_best_on(void **state)
{
	double points[16];

	(void)state;
	/* brackets of 4@1 2@2 1@4, 3@2 1@4, 3@4 */
	rig_open(&rig, "Hyperband", LINE,
		 "{\"R\":4,\"eta\":2,\"exec_mode\":\"serial\","
		 "\"budget_key\":\"STEPS\"}",
		 OBJECTIVE_MAXIMIZE, 11);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
		assert_true(rig.suggestion.budget == 1);
		assert_int_equal(rig.suggestion.parent, -1);
		assert_string_equal(rig.suggestion.extra.data, "\"STEPS\":1");
		points[i] = rig.suggestion.point[0];
	}
	assert_int_equal(rig_ask(&rig), TUNER_NOTHING_NOW);
	rig_finish(&rig, 0, 0.1);
	rig_finish(&rig, 1, 0.9);
	tuner_ended(rig.tuner, 2, TRIAL_FAILED);
	assert_int_equal(rig_ask(&rig), TUNER_NOTHING_NOW);
	rig_finish(&rig, 3, 0.5);
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_true(rig.suggestion.budget == 2);
	assert_int_equal(rig.suggestion.parent, 1);
	assert_true(rig.suggestion.point[0] == points[1]);
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_int_equal(rig.suggestion.parent, 3);
	rig_finish(&rig, 4, 0.2);
	/* told twice: the newest counts */
	tuner_observe_value(rig.tuner, 5, 0.1);
	rig_finish(&rig, 5, 0.3);
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_true(rig.suggestion.budget == 4);
	assert_int_equal(rig.suggestion.parent, 5);
	assert_true(rig.suggestion.point[0] == points[3]);
	rig_finish(&rig, 6, 1);
	/* the next bracket */
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_true(rig.suggestion.budget == 2);
	assert_int_equal(rig.suggestion.parent, -1);
	rig_close(&rig);
}

static void goes_on_when_a_round_fails(void **state)
{
	(void)state;
	rig_open(&rig, "Hyperband", LINE,
		 "{\"R\":2,\"eta\":2,\"exec_mode\":\"serial\"}",
		 OBJECTIVE_MAXIMIZE, 11);
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	tuner_ended(rig.tuner, 0, TRIAL_FAILED);
	tuner_ended(rig.tuner, 1, TRIAL_USER_CANCELED);
	/* bracket 0: two with the whole budget */
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_true(rig.suggestion.budget == 2);
	assert_int_equal(rig.suggestion.parent, -1);
	rig_close(&rig);
}

static void begins_the_next_bracket_beside(void **state)
{
	struct strbuf text = STRBUF_INIT;

	(void)state;
	rig_open(&rig, "Hyperband", LINE, "{\"R\":2,\"eta\":2}",
		 OBJECTIVE_MAXIMIZE, 11);
	for (int i = 0; i < 5; i++)
		assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	/* 2 of bracket 1, 2 of bracket 0, 1 of bracket 1 again */
	assert_true(tuner_describe(rig.tuner, &text));
	assert_string_equal(
		text.data,
		"{\"brackets\":[{\"bracket\":1,\"round\":0,\"rounds\":2,"
		"\"budget\":1,\"size\":2,\"running\":2,\"over\":0},"
		"{\"bracket\":0,\"round\":0,\"rounds\":1,\"budget\":2,"
		"\"size\":2,\"running\":2,\"over\":0},"
		"{\"bracket\":1,\"round\":0,\"rounds\":2,\"budget\":1,"
		"\"size\":2,\"running\":1,\"over\":0}]}");
	strbuf_release(&text);
	rig_close(&rig);
}

static void refuses_brackets_without_measure(void **state)
{
	struct tuner_context context = {.class_args =
						"{\"R\":1000000000,\"eta\":2}"};
	struct space *space;
	struct error err;

	(void)state;
	assert_true(space_parse(LINE, &space, NULL, &err));
	context.space = space;
	assert_false(tuner_validate(tuner_find("Hyperband"), &context, &err));
	assert_non_null(strstr(err.text, "more than a million"));
	space_free(space);
}

static void promotes_without_waiting(void **state)
{
	(void)state;
	rig_open(&rig, "ASHA", LINE, "{\"min_budget\":1,\"max_budget\":9}",
		 OBJECTIVE_MAXIMIZE, 11);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
		assert_true(rig.suggestion.budget == 1);
	}
	rig_finish(&rig, 0, 0.2);
	rig_finish(&rig, 1, 0.7);
	/* one in three of two is none: a new one */
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_true(rig.suggestion.budget == 1);
	rig_finish(&rig, 2, 0.5);
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_true(rig.suggestion.budget == 3);
	assert_int_equal(rig.suggestion.parent, 1);
	/* once only */
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_true(rig.suggestion.budget == 1);
	/* a better one turns up: it is the best of four now */
	rig_finish(&rig, 3, 0.9);
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_true(rig.suggestion.budget == 3);
	assert_int_equal(rig.suggestion.parent, 3);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_schedule_of_the_paper),
		cmocka_unit_test(sends_the_best_on),
		cmocka_unit_test(goes_on_when_a_round_fails),
		cmocka_unit_test(begins_the_next_bracket_beside),
		cmocka_unit_test(refuses_brackets_without_measure),
		cmocka_unit_test(promotes_without_waiting),
	};

	return cmocka_run_group_tests_name("brackets", tests, NULL, NULL);
}
