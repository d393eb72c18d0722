/* SPDX-License-Identifier: MIT */
/* What SMAC makes of an experiment. */
#include "tests/unit/tuner/model_rig.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct rig rig;

static void finds_the_least_of_branin(void **state)
{
	double sum = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 5; seed++) {
		rig_open(&rig, "SMAC", rig_branin_space, NULL,
			 OBJECTIVE_MINIMIZE, seed);
		sum += rig_run(&rig, rig_branin, 80);
		rig_close(&rig);
	}
	/* chance has 0.9 on average */
	assert_true(sum / 5 < 0.3);
}

/* Which of six options, and the parameter that the third has. */
static double conditional(const double *p)
{
	double loss = p[0] == 2 ? fabs(p[1] - 7) / 10 : 0.4 + 0.05 * p[0];

	return loss + (p[2] == 1 ? 0 : 0.5);
}

static void finds_among_choices(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++) {
		rig_open(&rig, "SMAC",
			 "{\"o\":{\"_type\":\"choice\",\"_value\":["
			 "{\"_name\":\"a\"},{\"_name\":\"b\"},"
			 "{\"_name\":\"c\",\"n\":{\"_type\":\"randint\","
			 "\"_value\":[0,20]}},"
			 "{\"_name\":\"d\"},{\"_name\":\"e\"},"
			 "{\"_name\":\"f\"}]},"
			 "\"a\":{\"_type\":\"choice\",\"_value\":"
			 "[\"x\",\"y\",\"z\"]}}",
			 NULL, OBJECTIVE_MINIMIZE, seed);
		/* the best 3 of 75 different trials */
		assert_true(rig_run(&rig, conditional, 35) < 0.11);
		for (int i = 0; i < 35; i++)
			assert_int_equal(isnan(rig.points[i][1]),
					 rig.points[i][0] != 2);
		rig_close(&rig);
	}
}

static void parallel_trials_do_not_pile_up(void **state)
{
	int64_t numbers[16];
	int near = 0;

	(void)state;
	rig_open(&rig, "SMAC", rig_branin_space, NULL, OBJECTIVE_MINIMIZE, 1);
	rig_run(&rig, rig_branin, 20);
	for (int i = 0; i < 16; i++) {
		numbers[i] = rig_suggest(&rig);
		for (int k = 0; k < i; k++) {
			double *a = rig.points[numbers[i]];
			double *b = rig.points[numbers[k]];
			double apart = hypot(a[0] - b[0], a[1] - b[1]);

			assert_true(apart > 0);
			near += apart < 0.1;
		}
	}
	/* of 120 pairs; without knowing of each other it is most */
	assert_true(near < 20);
	rig_close(&rig);
}

static void keeps_away_from_where_trials_fail(void **state)
{
	int failed = 0;

	(void)state;
	rig_open(&rig, "SMAC", rig_branin_space, NULL, OBJECTIVE_MAXIMIZE, 1);
	for (int i = 0; i < 60; i++) {
		int64_t number = rig_suggest(&rig);
		double *p = rig.points[number];

		if (p[0] < 4) {
			rig_finish(&rig, number, p[0]);
			continue;
		}
		tuner_ended(rig.tuner, number, TRIAL_FAILED);
		failed += i >= 30;
	}
	/* two fifths of the space fail */
	assert_true(failed < 9);
	rig_close(&rig);
}

static double many_options(const double *p)
{
	return pow(p[1] - 0.7, 2) + (fmod(p[0], 7) == 3 ? 0 : 0.1);
}

static void handles_ten_thousand_options(void **state)
{
	struct strbuf space = STRBUF_INIT;
	int64_t start;

	(void)state;
	strbuf_adds(&space, "{\"c\":{\"_type\":\"choice\",\"_value\":[\"a\"");
	for (int i = 1; i < 10000; i++)
		strbuf_addf(&space, ",\"o%d\"", i);
	strbuf_adds(&space, "]},\"x\":{\"_type\":\"uniform\",\"_value\":"
			    "[0,1]}}");
	rig_open(&rig, "SMAC", space.data, NULL, OBJECTIVE_MINIMIZE, 3);
	start = clock_mono_ns();
	assert_true(rig_run(&rig, many_options, 40) < 0.11);
	assert_true(clock_mono_ns() - start < 10 * INT64_C(1000000000));
	rig_close(&rig);
	strbuf_release(&space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_least_of_branin),
		cmocka_unit_test(finds_among_choices),
		cmocka_unit_test(parallel_trials_do_not_pile_up),
		cmocka_unit_test(keeps_away_from_where_trials_fail),
		cmocka_unit_test(handles_ten_thousand_options),
	};

	return cmocka_run_group_tests_name("smac", tests, NULL, NULL);
}
