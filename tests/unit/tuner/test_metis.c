/* SPDX-License-Identifier: MIT */
/* What defines Metis: the optimum as far as known, candidates, resampling. */
#include "engine/tuner/density.h"
#include "tests/unit/tuner/model_rig.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct rig rig;

static double bowl(const double *p)
{
	return pow(p[0] - 2, 2) + pow(p[1] - 9, 2);
}

/* Results everywhere but at the least of a bowl. */
static void teach_bowl(const char *args)
{
	double point[2];
	struct random random;

	random_seed(&random, 1, 1);
	rig_open(&rig, "Metis", rig_branin_space, args, OBJECTIVE_MINIMIZE, 1);
	for (int i = 0; i < 40; i++) {
		space_sample(rig.space, &random, point);
		if (bowl(point) > 1)
			tuner_import_value(rig.tuner, point, bowl(point));
	}
}

static void suggests_the_optimum_as_far_as_known(void **state)
{
	double *p;

	(void)state;
	teach_bowl("{\"exploration_probability\":0}");
	p = rig.points[rig_suggest(&rig)];
	assert_true(bowl(p) < 0.3);
	/* it is known then: something else comes, and all are different */
	rig_finish(&rig, 0, bowl(p));
	for (int i = 1; i < 10; i++) {
		int64_t number = rig_suggest(&rig);

		for (int k = 0; k < i; k++)
			assert_memory_not_equal(rig.points[number],
						rig.points[k],
						2 * sizeof(double));
		rig_finish(&rig, number, bowl(rig.points[number]));
	}
	rig_close(&rig);
}

static void without_candidates_there_is_chance(void **state)
{
	int near = 0;

	(void)state;
	teach_bowl("{\"exploration_probability\":1,\"no_candidates\":true}");
	for (int i = 0; i < 30; i++)
		near += bowl(rig.points[rig_suggest(&rig)]) < 20;
	/* a fourth of the space */
	assert_in_range(near, 2, 15);
	rig_close(&rig);
}

static void candidates_are_better_than_chance(void **state)
{
	int near = 0;

	(void)state;
	teach_bowl("{\"exploration_probability\":1}");
	for (int i = 0; i < 30; i++) {
		int64_t number = rig_suggest(&rig);

		near += bowl(rig.points[number]) < 20;
		rig_finish(&rig, number, bowl(rig.points[number]));
	}
	assert_true(near > 20);
	rig_close(&rig);
}

static void finds_the_least_of_branin(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 3; seed++) {
		rig_open(&rig, "MetisTuner", rig_branin_space, NULL,
			 OBJECTIVE_MINIMIZE, seed);
		assert_true(rig_run(&rig, rig_branin, 50) < 0.05);
		rig_close(&rig);
	}
}

static void parallel_trials_do_not_pile_up(void **state)
{
	int64_t numbers[RIG_SIDE_BY_SIDE];

	(void)state;
	rig_open(&rig, "Metis", rig_branin_space, NULL, OBJECTIVE_MINIMIZE, 1);
	rig_run(&rig, rig_branin, 12);
	assert_int_equal(rig_suggest_many(&rig, numbers, 0.01), 0);
	rig_close(&rig);
}

/* Sixty results of a bowl, of which one is far too good: that one is tried
 * again, when asked for, and never else. */
static void tries_again_what_does_not_fit(void **state)
{
	static const char *const args[] = {
		"{\"exploration_probability\":1,\"no_resampling\":false}",
		"{\"exploration_probability\":1}"};

	(void)state;
	for (int k = 0; k < 2; k++) {
		double point[2], odd[2];
		bool repeated = false;
		struct random random;

		random_seed(&random, 1, 1);
		rig_open(&rig, "Metis", rig_branin_space, args[k],
			 OBJECTIVE_MINIMIZE, 1);
		for (int i = 0; i < 60; i++) {
			double value;

			space_sample(rig.space, &random, point);
			value = bowl(point) + random_normal(&random);
			if (i == 30) {
				memcpy(odd, point, sizeof(odd));
				value = -20;
			}
			tuner_import_value(rig.tuner, point, value);
		}
		for (int i = 0; i < 4; i++) {
			double *p = rig.points[rig_suggest(&rig)];

			/* back through the cube: not to the last bit */
			repeated |= hypot(p[0] - odd[0], p[1] - odd[1]) < 1e-6;
		}
		assert_int_equal(repeated, k == 0);
		rig_close(&rig);
	}
}

/* --- densities ----------------------------------------------------------- */

static void densities_sum_up_to_one(void **state)
{
	double losses[20], z[3], sum = 0, border, total = 0;
	struct space *space;
	struct encoding *encoding;
	struct trials trials;
	struct density *good, *bad;
	struct random random;
	struct error err;

	(void)state;
	assert_true(space_parse(
		"{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
		"\"c\":{\"_type\":\"choice\",\"_value\":[\"a\",\"b\",\"c\"]}}",
		&space, NULL, &err));
	encoding = encoding_new(space);
	trials_init(&trials,
		    &(struct tuner_context){.space = space,
					    .objective = OBJECTIVE_MINIMIZE});
	random_seed(&random, 1, 1);
	for (int i = 0; i < 20; i++) {
		z[0] = 0.3 + 0.4 * random_unit(&random);
		z[1] = z[0] < 0.5 ? 0 : 2;
		losses[i] = z[0];
		trials_import(
			&trials, z,
			&(struct tuner_result){.values = &(double){losses[i]},
					       .count = 1,
					       .violation = 0});
	}
	border = density_quantile(losses, 20, 0.34);
	for (int i = 0; i < 20; i++)
		total += losses[i] <= border;
	assert_true(total == 6);
	good = density_new(encoding, &trials, losses, border, true);
	bad = density_new(encoding, &trials, losses, border, false);
	assert_int_equal(density_width(good), 2);
	for (int c = 0; c < 3; c++) {
		for (int i = 0; i < 2000; i++) {
			z[0] = (i + 0.5) / 2000;
			z[1] = c;
			sum += exp(density_log(bad, z)) / 2000;
		}
	}
	/* some of the tails lies outside; and the space itself is a member
	 * with 1 for each of three options */
	assert_true(fabs(sum - (14 + 3) / 15.0) < 0.02);
	z[0] = 0.32;
	z[1] = 0;
	assert_true(density_log(good, z) > density_log(bad, z) + 1);
	z[0] = 0.65;
	z[1] = 2;
	assert_true(density_log(good, z) < density_log(bad, z) - 1);
	density_free(good);
	density_free(bad);
	trials_release(&trials);
	encoding_free(encoding);
	space_free(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suggests_the_optimum_as_far_as_known),
		cmocka_unit_test(without_candidates_there_is_chance),
		cmocka_unit_test(candidates_are_better_than_chance),
		cmocka_unit_test(finds_the_least_of_branin),
		cmocka_unit_test(parallel_trials_do_not_pile_up),
		cmocka_unit_test(tries_again_what_does_not_fit),
		cmocka_unit_test(densities_sum_up_to_one),
	};

	return cmocka_run_group_tests_name("metis", tests, NULL, NULL);
}
