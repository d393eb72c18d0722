/* SPDX-License-Identifier: MIT */
/* How TPE learns: from whom, from what, and what it makes of nonsense. */
#include "engine/tuner/tuner.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PARAMETERS_MAX 8

static struct space *parse(const char *json)
{
	struct space *space;
	struct error err;

	assert_true(space_parse(json, &space, NULL, &err));
	assert_true(space->count <= PARAMETERS_MAX);
	return space;
}

static struct tuner *open_with(const char *name, const struct space *space,
			       const char *args, enum objective_mode mode,
			       uint64_t seed)
{
	struct tuner_context context = {.space = space,
					.class_args = args,
					.objective = mode,
					.seed = seed};
	struct error err;
	struct tuner *tuner = tuner_open(tuner_find(name), &context, &err);

	if (!tuner)
		fail_msg("%s", err.text);
	return tuner;
}

static const char line[] = "{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]}}";

/* Run `count` trials of |x - goal| one after the other; mean distance of the
 * last ten. */
static double approach(enum objective_mode mode, double goal, double poison)
{
	struct space *space = parse(line);
	struct tuner *tuner = open_with("TPE", space, NULL, mode, 3);
	double sum = 0;
	struct error err;
	double x;

	for (int i = 0; i < 80; i++) {
		double loss;

		tuner_suggest_point(tuner, i, &x, &err);
		assert_true(x >= 0 && x <= 1);
		tuner_adopt(tuner, i, &x);
		loss = fabs(x - goal);
		if (i >= 70)
			sum += loss;
		if (i % 4 == 1 && poison != 0)
			loss = poison;
		tuner_observe_value(tuner, i,
				    mode == OBJECTIVE_MAXIMIZE ? -loss : loss);
		tuner_ended(tuner, i, TRIAL_SUCCEEDED);
	}
	tuner_close(tuner);
	space_free(space);
	return sum / 10;
}

static void approaches_the_goal(void **state)
{
	(void)state;
	assert_true(approach(OBJECTIVE_MINIMIZE, 0.2, 0) < 0.1);
	assert_true(approach(OBJECTIVE_MAXIMIZE, 0.8, 0) < 0.1);
}

static void is_not_poisoned(void **state)
{
	(void)state;
	for (int mode = 0; mode < 2; mode++) {
		/* by chance it would be 0.34 */
		double with = approach((enum objective_mode)mode, 0.2, NAN);

		assert_true(with < 0.2);
		assert_true(with ==
			    approach((enum objective_mode)mode, 0.2, INFINITY));
		assert_true(with == approach((enum objective_mode)mode, 0.2,
					     -INFINITY));
	}
}

/* 30 observations with the goal at 0.3; what is suggested next, as a text of
 * all the numbers, tells whether a tuner knows something more. */
static struct tuner *taught(const struct space *space, const char *args)
{
	struct tuner *tuner =
		open_with("TPE", space, args, OBJECTIVE_MINIMIZE, 8);

	for (int i = 0; i < 30; i++) {
		double x = i / 30.0;

		tuner_adopt(tuner, i, &x);
		tuner_observe_value(tuner, i, fabs(x - 0.3));
		tuner_ended(tuner, i, TRIAL_SUCCEEDED);
	}
	return tuner;
}

static double next_of(struct tuner *tuner)
{
	struct error err;
	double x;

	assert_int_equal(tuner_suggest_point(tuner, 1000, &x, &err),
			 TUNER_SUGGESTED);
	return x;
}

static void lies_about_running_trials_until_they_end(void **state)
{
	struct space *space = parse(line);
	struct tuner *tuner = taught(space, NULL);
	double before = next_of(tuner);
	double x = before;

	(void)state;
	tuner_adopt(tuner, 30, &x);
	assert_true(next_of(tuner) != before);
	tuner_ended(tuner, 30, TRIAL_FAILED);
	assert_true(next_of(tuner) == before); /* and learnt nothing */
	tuner_close(tuner);
	for (int i = 0; i < 2; i++) {
		static const char *const silent[] = {
			"{\"tpe_args\":{\"constant_liar_type\":null}}",
			"{\"tpe_args\":{\"constant_liar_type\":\"None\"}}"};

		tuner = taught(space, silent[i]);
		tuner_adopt(tuner, 30, &x);
		assert_true(next_of(tuner) == before);
		tuner_close(tuner);
	}
	space_free(space);
}

static void replaces_the_result_of_a_trial_run_again(void **state)
{
	struct space *space = parse(line);
	struct tuner *once = taught(space, NULL);
	struct tuner *twice = taught(space, NULL);
	double x = 0.95;

	(void)state;
	tuner_adopt(once, 30, &x);
	tuner_observe_value(once, 30, 0.001);
	tuner_adopt(twice, 30, &x);
	tuner_observe_value(twice, 30, 0.002);
	tuner_ended(twice, 30, TRIAL_SUCCEEDED);
	tuner_adopt(twice, 30, &x);
	tuner_observe_value(twice, 30, 0.001);
	assert_true(next_of(once) == next_of(twice));
	/* a failed one that succeeds the second time teaches then */
	tuner_adopt(once, 31, &x);
	tuner_ended(once, 31, TRIAL_FAILED);
	tuner_observe_value(once, 31, 5);
	tuner_adopt(twice, 31, &x);
	tuner_observe_value(twice, 31, 5);
	assert_true(next_of(once) == next_of(twice));
	/* and what nobody adopted is nobody's */
	tuner_observe_value(once, 77, 0.5);
	tuner_ended(once, 77, TRIAL_SUCCEEDED);
	assert_true(next_of(once) == next_of(twice));
	tuner_close(once);
	tuner_close(twice);
	space_free(space);
}

/* Only trials that had a nested parameter count for it: with all of the first
 * 40 in the other branch it is still drawn as if nothing were known. */
static void learns_nested_parameters_where_they_are(void **state)
{
	struct space *space = parse(
		"{\"o\":{\"_type\":\"choice\",\"_value\":["
		"{\"_name\":\"a\",\"x\":{\"_type\":\"uniform\",\"_value\":"
		"[0,1]}},{\"_name\":\"b\",\"y\":{\"_type\":\"uniform\","
		"\"_value\":[0,1]}}]}}");
	struct tuner *tuner =
		open_with("TPE", space, NULL, OBJECTIVE_MINIMIZE, 8);
	int chosen[2] = {0};
	struct error err;
	double near = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		/* a is best at x = 0.25 with 0; b never better than 1 */
		double point[3];
		int option;

		assert_int_equal(tuner_suggest_point(tuner, i, point, &err),
				 TUNER_SUGGESTED);
		option = (int)point[0];
		assert_int_equal(isnan(point[1]), option == 1);
		assert_int_equal(isnan(point[2]), option == 0);
		tuner_adopt(tuner, i, point);
		tuner_observe_value(tuner, i,
				    option ? 1 + point[2]
					   : fabs(point[1] - 0.25));
		if (i >= 100) {
			chosen[option]++;
			near += !option && fabs(point[1] - 0.25) < 0.1;
		}
	}
	assert_true(chosen[0] > 2 * chosen[1]);
	assert_true(near > 0.5 * chosen[0]);
	tuner_close(tuner);
	space_free(space);
}

/* Arguments at their limits meet spaces at theirs: no crash, no infinity. */
static void survives_extreme_arguments_and_spaces(void **state)
{
	static const char *const args[] = {
		"{\"tpe_args\":{\"n_startup_jobs\":0,\"prior_weight\":0,"
		"\"gamma\":1e9,\"linear_forgetting\":1}}",
		"{\"tpe_args\":{\"n_startup_jobs\":1,\"prior_weight\":0,"
		"\"gamma\":1e-9,\"linear_forgetting\":1000000000,"
		"\"n_ei_candidates\":1,\"constant_liar_type\":\"mean\"}}",
		"{\"tpe_args\":{\"n_startup_jobs\":2,\"gamma\":1e9,"
		"\"linear_forgetting\":1000000000,"
		"\"constant_liar_type\":\"worst\"}}"};
	struct space *space = parse(
		"{\"a\":{\"_type\":\"uniform\",\"_value\":[-8e307,8e307]},"
		"\"b\":{\"_type\":\"uniform\",\"_value\":[1,1.0000000000000002]"
		"},"
		"\"c\":{\"_type\":\"loguniform\",\"_value\":[5e-324,1.7e308]},"
		"\"d\":{\"_type\":\"randint\",\"_value\":[0,9007199254740992]},"
		"\"e\":{\"_type\":\"lognormal\",\"_value\":[0,1e300]},"
		"\"f\":{\"_type\":\"qnormal\",\"_value\":[0,1e-300,1e300]},"
		"\"g\":{\"_type\":\"choice\",\"_value\":[1]},"
		"\"h\":{\"_type\":\"quniform\",\"_value\":[0,1,1e-320]}}");
	static const double values[] = {0,   1e308,    -1e308,
					NAN, INFINITY, 5e-324};

	(void)state;
	for (size_t k = 0; k < COUNT_OF(args); k++) {
		struct tuner *tuner =
			open_with("TPE", space, args[k], OBJECTIVE_MINIMIZE, k);
		double point[PARAMETERS_MAX];
		struct error err;

		for (int i = 0; i < 60; i++) {
			assert_int_equal(
				tuner_suggest_point(tuner, i, point, &err),
				TUNER_SUGGESTED);
			for (size_t j = 0; j < space->count; j++) {
				assert_true(isfinite(point[j]));
				if (j != 6)
					assert_true(isfinite(parameter_final(
						&space->parameters[j],
						point[j])));
			}
			tuner_adopt(tuner, i, point);
			if (i % 3)
				tuner_observe_value(
					tuner, i, values[i % COUNT_OF(values)]);
		}
		tuner_close(tuner);
	}
	space_free(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(approaches_the_goal),
		cmocka_unit_test(is_not_poisoned),
		cmocka_unit_test(lies_about_running_trials_until_they_end),
		cmocka_unit_test(replaces_the_result_of_a_trial_run_again),
		cmocka_unit_test(learns_nested_parameters_where_they_are),
		cmocka_unit_test(survives_extreme_arguments_and_spaces),
	};

	return cmocka_run_group_tests_name("tpe", tests, NULL, NULL);
}
