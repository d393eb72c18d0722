/* SPDX-License-Identifier: MIT */
/* What SMAC makes of an experiment. */
#include "tests/unit/tuner/model_rig.h"

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
	int64_t numbers[RIG_SIDE_BY_SIDE];

	(void)state;
	rig_open(&rig, "SMAC", rig_branin_space, NULL, OBJECTIVE_MINIMIZE, 1);
	rig_run(&rig, rig_branin, 20);
	/* of 120 pairs; without knowing of each other it is most */
	assert_true(rig_suggest_many(&rig, numbers, 0.1) < 20);
	rig_close(&rig);
}

static double first(const double *p)
{
	return p[0];
}

static void keeps_away_from_where_trials_fail(void **state)
{
	(void)state;
	rig_open(&rig, "SMAC", rig_branin_space, NULL, OBJECTIVE_MAXIMIZE, 1);
	/* two fifths of the space fail */
	assert_true(rig_run_into_failures(&rig, first, 4, 60) < 9);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_least_of_branin),
		cmocka_unit_test(finds_among_choices),
		cmocka_unit_test(parallel_trials_do_not_pile_up),
		cmocka_unit_test(keeps_away_from_where_trials_fail),
	};

	return cmocka_run_group_tests_name("smac", tests, NULL, NULL);
}
