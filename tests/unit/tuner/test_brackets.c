/* SPDX-License-Identifier: MIT */
/*
 * Hyperband's schedule against the table of its paper (Li et al. 2018, table 1:
 * R = 81, eta = 3; n as nni.md 7.13 has it), and what Hyperband and ASHA make
 * of results.
 */
#include "engine/tuner/brackets.h"
#include "engine/tuner/tuner.h"

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

struct run {
	struct space *space;
	struct tuner *tuner;
	int64_t next;
	struct tuner_suggestion suggestion;
	double point[1];
};

static void begin(struct run *run, const char *tuner, const char *args)
{
	struct tuner_context context = {.class_args = args,
					.objective = OBJECTIVE_MAXIMIZE,
					.seed = 11};
	struct error err;

	memset(run, 0, sizeof(*run));
	run->suggestion = (struct tuner_suggestion){.point = run->point,
						    .extra = STRBUF_INIT};
	assert_true(space_parse(LINE, &run->space, NULL, &err));
	context.space = run->space;
	run->tuner = tuner_open(tuner_find(tuner), &context, &err);
	if (!run->tuner)
		fail_msg("%s", err.text);
}

static void end(struct run *run)
{
	tuner_close(run->tuner);
	space_free(run->space);
	strbuf_release(&run->suggestion.extra);
}

static enum tuner_outcome suggest(struct run *run)
{
	enum tuner_outcome outcome;
	struct error err;

	strbuf_truncate(&run->suggestion.extra, 0);
	outcome = tuner_suggest(run->tuner, run->next, &run->suggestion, &err);
	if (outcome == TUNER_SUGGESTED)
		tuner_adopt(run->tuner, run->next++, run->point);
	return outcome;
}

static void result(struct run *run, int64_t number, double value)
{
	tuner_observe_value(run->tuner, number, value);
	tuner_ended(run->tuner, number, TRIAL_SUCCEEDED);
}

static void sends_the_best_on(void **state)
{
	double points[16];
	struct run run;

	(void)state;
	/* brackets of 4@1 2@2 1@4, 3@2 1@4, 3@4 */
	begin(&run, "Hyperband",
	      "{\"R\":4,\"eta\":2,\"exec_mode\":\"serial\","
	      "\"budget_key\":\"STEPS\"}");
	for (int i = 0; i < 4; i++) {
		assert_int_equal(suggest(&run), TUNER_SUGGESTED);
		assert_true(run.suggestion.budget == 1);
		assert_int_equal(run.suggestion.parent, -1);
		assert_string_equal(run.suggestion.extra.data, "\"STEPS\":1");
		points[i] = run.point[0];
	}
	assert_int_equal(suggest(&run), TUNER_NOTHING_NOW);
	result(&run, 0, 0.1);
	result(&run, 1, 0.9);
	tuner_ended(run.tuner, 2, TRIAL_FAILED);
	assert_int_equal(suggest(&run), TUNER_NOTHING_NOW);
	result(&run, 3, 0.5);
	assert_int_equal(suggest(&run), TUNER_SUGGESTED);
	assert_true(run.suggestion.budget == 2);
	assert_int_equal(run.suggestion.parent, 1);
	assert_true(run.point[0] == points[1]);
	assert_int_equal(suggest(&run), TUNER_SUGGESTED);
	assert_int_equal(run.suggestion.parent, 3);
	result(&run, 4, 0.2);
	/* told twice: the newest counts */
	tuner_observe_value(run.tuner, 5, 0.1);
	result(&run, 5, 0.3);
	assert_int_equal(suggest(&run), TUNER_SUGGESTED);
	assert_true(run.suggestion.budget == 4);
	assert_int_equal(run.suggestion.parent, 5);
	assert_true(run.point[0] == points[3]);
	result(&run, 6, 1);
	/* the next bracket */
	assert_int_equal(suggest(&run), TUNER_SUGGESTED);
	assert_true(run.suggestion.budget == 2);
	assert_int_equal(run.suggestion.parent, -1);
	end(&run);
}

static void goes_on_when_a_round_fails(void **state)
{
	struct run run;

	(void)state;
	begin(&run, "Hyperband",
	      "{\"R\":2,\"eta\":2,\"exec_mode\":\"serial\"}");
	assert_int_equal(suggest(&run), TUNER_SUGGESTED);
	assert_int_equal(suggest(&run), TUNER_SUGGESTED);
	tuner_ended(run.tuner, 0, TRIAL_FAILED);
	tuner_ended(run.tuner, 1, TRIAL_USER_CANCELED);
	/* bracket 0: two with the whole budget */
	assert_int_equal(suggest(&run), TUNER_SUGGESTED);
	assert_true(run.suggestion.budget == 2);
	assert_int_equal(run.suggestion.parent, -1);
	end(&run);
}

static void begins_the_next_bracket_beside(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct run run;

	(void)state;
	begin(&run, "Hyperband", "{\"R\":2,\"eta\":2}");
	for (int i = 0; i < 5; i++)
		assert_int_equal(suggest(&run), TUNER_SUGGESTED);
	/* 2 of bracket 1, 2 of bracket 0, 1 of bracket 1 again */
	assert_true(tuner_describe(run.tuner, &text));
	assert_string_equal(
		text.data,
		"{\"brackets\":[{\"bracket\":1,\"round\":0,\"rounds\":2,"
		"\"budget\":1,\"size\":2,\"running\":2,\"over\":0},"
		"{\"bracket\":0,\"round\":0,\"rounds\":1,\"budget\":2,"
		"\"size\":2,\"running\":2,\"over\":0},"
		"{\"bracket\":1,\"round\":0,\"rounds\":2,\"budget\":1,"
		"\"size\":2,\"running\":1,\"over\":0}]}");
	strbuf_release(&text);
	end(&run);
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
	struct run run;

	(void)state;
	begin(&run, "ASHA", "{\"min_budget\":1,\"max_budget\":9}");
	for (int i = 0; i < 4; i++) {
		assert_int_equal(suggest(&run), TUNER_SUGGESTED);
		assert_true(run.suggestion.budget == 1);
	}
	result(&run, 0, 0.2);
	result(&run, 1, 0.7);
	/* one in three of two is none: a new one */
	assert_int_equal(suggest(&run), TUNER_SUGGESTED);
	assert_true(run.suggestion.budget == 1);
	result(&run, 2, 0.5);
	assert_int_equal(suggest(&run), TUNER_SUGGESTED);
	assert_true(run.suggestion.budget == 3);
	assert_int_equal(run.suggestion.parent, 1);
	/* once only */
	assert_int_equal(suggest(&run), TUNER_SUGGESTED);
	assert_true(run.suggestion.budget == 1);
	/* a better one turns up: it is the best of four now */
	result(&run, 3, 0.9);
	assert_int_equal(suggest(&run), TUNER_SUGGESTED);
	assert_true(run.suggestion.budget == 3);
	assert_int_equal(run.suggestion.parent, 3);
	end(&run);
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
