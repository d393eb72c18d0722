/* SPDX-License-Identifier: MIT */
/* What GP makes of an experiment: it finds, does not pile up, avoids what
 * failed, and handles every kind of space. */
#include "tests/unit/tuner/model_rig.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct rig rig;

static void finds_the_least_of_branin(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 3; seed++) {
		rig_open(&rig, "GPTuner", rig_branin_space, NULL,
			 OBJECTIVE_MINIMIZE, seed);
		/* chance gets there once in a million tries */
		assert_true(rig_run(&rig, rig_branin, 40) < 0.01);
		rig_close(&rig);
	}
}

static void every_utility_finds(void **state)
{
	static const char *const args[] = {
		"{\"utility\":\"poi\",\"xi\":0.01}",
		"{\"utility\":\"ucb\",\"kappa\":2}",
		"{\"utility\":\"ei\",\"nu\":1.5,\"cold_start_num\":5}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(args); i++) {
		rig_open(&rig, "GP", rig_branin_space, args[i],
			 OBJECTIVE_MINIMIZE, 2);
		assert_true(rig_run(&rig, rig_branin, 50) < 0.3);
		rig_close(&rig);
	}
}

static void maximises_what_it_would_minimise_negated(void **state)
{
	(void)state;
	rig_check_modes("GP", rig_branin_space, rig_branin, 20);
}

/* Sixteen at once look at sixteen places, and after their results the search
 * goes on to the least. */
static void parallel_trials_do_not_pile_up(void **state)
{
	int64_t numbers[RIG_SIDE_BY_SIDE];
	double least = INFINITY;

	(void)state;
	rig_open(&rig, "GP", rig_branin_space, NULL, OBJECTIVE_MINIMIZE, 1);
	rig_run(&rig, rig_branin, 12);
	for (int round = 0; round < 4; round++) {
		assert_int_equal(
			rig_suggest_many(&rig, numbers, round ? 1e-4 : 0.05),
			0);
		for (int i = 0; i < RIG_SIDE_BY_SIDE; i++) {
			double value = rig_branin(rig.points[numbers[i]]);

			rig_finish(&rig, numbers[i], value);
			least = fmin(least, value);
		}
	}
	assert_true(least < 0.01);
	rig_close(&rig);
}

/* The better, the larger x: until memory runs out. */
static double greedy(const double *p)
{
	return pow(p[1] - 0.3, 2) - p[0];
}

static void keeps_away_from_where_trials_fail(void **state)
{
	(void)state;
	rig_open(&rig, "GP",
		 "{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
		 "\"y\":{\"_type\":\"uniform\",\"_value\":[0,1]}}",
		 NULL, OBJECTIVE_MINIMIZE, 1);
	assert_true(rig_run_into_failures(&rig, greedy, 0.6, 40) < 8);
	rig_close(&rig);
}

/* What somebody killed says nothing about the point. */
static void learns_nothing_from_the_canceled(void **state)
{
	static const double nowhere[2] = {3, 3};
	double a[2], b[2];
	struct error err;

	(void)state;
	rig_open(&rig, "GP", rig_branin_space, NULL, OBJECTIVE_MINIMIZE, 1);
	rig_run(&rig, rig_branin, 15);
	tuner_suggest_point(rig.tuner, 100, a, &err);
	tuner_adopt(rig.tuner, 50, nowhere);
	tuner_suggest_point(rig.tuner, 100, b, &err);
	assert_memory_not_equal(a, b, sizeof(a));
	tuner_ended(rig.tuner, 50, TRIAL_USER_CANCELED);
	tuner_suggest_point(rig.tuner, 100, b, &err);
	assert_memory_equal(a, b, sizeof(a));
	rig_close(&rig);
}

static double conditional(const double *p)
{
	/* sgd: rate 1e-2, momentum 0.9; adam: rate 1e-3; sgd is better */
	double rate = p[0] / log(10);

	if (p[1] == 0)
		return pow(rate + 2, 2) + 4 * pow(p[2] - 0.9, 2);
	return 0.5 + pow(rate + 3, 2) + 0.1 * p[3];
}

static void finds_in_conditional_spaces(void **state)
{
	double least;

	(void)state;
	rig_open(&rig, "GP",
		 "{\"lr\":{\"_type\":\"loguniform\",\"_value\":[1e-5,1]},"
		 "\"o\":{\"_type\":\"choice\",\"_value\":[{\"_name\":\"sgd\","
		 "\"m\":{\"_type\":\"quniform\",\"_value\":[0,1,0.05]}},"
		 "{\"_name\":\"adam\",\"w\":{\"_type\":\"randint\","
		 "\"_value\":[0,9]}}]}}",
		 NULL, OBJECTIVE_MINIMIZE, 3);
	least = rig_run(&rig, conditional, 45);
	assert_true(least < 0.02);
	rig_close(&rig);
}

static void starts_evenly(void **state)
{
	bool seen[10] = {false};

	(void)state;
	rig_open(&rig, "GP", rig_branin_space, NULL, OBJECTIVE_MINIMIZE, 9);
	for (int i = 0; i < 10; i++) {
		int64_t number = rig_suggest(&rig);
		int part = (int)((rig.points[number][0] + 5) / 1.5);

		assert_in_range(part, 0, 9);
		assert_false(seen[part]);
		seen[part] = true;
	}
	rig_close(&rig);
}

static void tells_what_it_believes(void **state)
{
	double x[3] = {-4, 3, 9}, mean[3], spread[3];
	struct strbuf json = STRBUF_INIT;

	(void)state;
	rig_open(&rig, "GP", rig_branin_space, NULL, OBJECTIVE_MAXIMIZE, 9);
	assert_false(tuner_slice(rig.tuner, 0, x, 3, mean, spread));
	for (int i = 0; i < 40; i++) {
		int64_t number = rig_suggest(&rig);

		rig_finish(&rig, number, -rig_branin(rig.points[number]));
	}
	assert_true(tuner_slice(rig.tuner, 0, x, 3, mean, spread));
	for (int i = 0; i < 3; i++)
		assert_true(isfinite(mean[i]) && spread[i] > 0 && mean[i] < 1);
	assert_true(tuner_describe(rig.tuner, &json));
	assert_non_null(strstr(json.data, "\"results\":40"));
	assert_non_null(strstr(json.data, "\"lengths\":{\"x\":"));
	strbuf_release(&json);
	rig_close(&rig);
}

static void bears_strange_results(void **state)
{
	static const double values[] = {INFINITY, -INFINITY, 1e300, -1e300,
					0,	  0,	     5,	    5};
	struct tuner_result result = {.count = 1, .violation = 3};

	(void)state;
	rig_open(&rig, "GP", rig_branin_space, NULL, OBJECTIVE_MINIMIZE, 9);
	for (int i = 0; i < 48; i++) {
		int64_t number = rig_suggest(&rig);

		for (int k = 0; k < 2; k++)
			assert_true(isfinite(rig.points[number][k]));
		if (i % 9 == 8) {
			result.values = &values[i % 5];
			tuner_observe(rig.tuner, number, &result);
			tuner_ended(rig.tuner, number, TRIAL_SUCCEEDED);
		} else {
			rig_finish(&rig, number, values[i % 8]);
		}
	}
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_least_of_branin),
		cmocka_unit_test(every_utility_finds),
		cmocka_unit_test(maximises_what_it_would_minimise_negated),
		cmocka_unit_test(parallel_trials_do_not_pile_up),
		cmocka_unit_test(keeps_away_from_where_trials_fail),
		cmocka_unit_test(learns_nothing_from_the_canceled),
		cmocka_unit_test(finds_in_conditional_spaces),
		cmocka_unit_test(starts_evenly),
		cmocka_unit_test(tells_what_it_believes),
		cmocka_unit_test(bears_strange_results),
	};

	return cmocka_run_group_tests_name("gp tuner", tests, NULL, NULL);
}
