/* SPDX-License-Identifier: MIT */
/* TPE over whole points: its densities against a reference (tpe_reference.py),
 * its samples against its densities, and whom it keeps away from. */
#include "engine/tuner/tpe_joint.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KERNELS 5

static const double rows[KERNELS * 2] = {0.1, 0,   0.15, 2,   0.7,
					 2,   0.7, 1,	 NAN, 1};
static const double weights[KERNELS] = {1, 0.5, 2, 0.25, 1.5};
static const uint32_t members[KERNELS] = {0, 1, 2, 3, 4};

static struct space *parse(const char *json)
{
	struct space *space;
	struct error err;

	if (!space_parse(json, &space, NULL, &err))
		fail_msg("%s", err.text);
	return space;
}

static struct encoding *number_and_option(struct space **ret_space)
{
	*ret_space = parse("{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
			   "\"c\":{\"_type\":\"choice\",\"_value\":[\"p\","
			   "\"q\",\"r\"]}}");
	return encoding_new(*ret_space);
}

static void densities_are_the_references(void **state)
{
	struct tpe_mixture mixture = {0};
	struct space *space;
	struct encoding *encoding = number_and_option(&space);
	FILE *file = fopen(
		TRIALDECK_SOURCE_DIR "/tests/unit/tuner/tpe_joint.txt", "r");
	char line[128];
	int count = 0;

	(void)state;
	assert_non_null(file);
	tpe_mixture_build(&mixture, encoding, rows, members, weights, KERNELS,
			  0.8);
	while (fgets(line, sizeof(line), file)) {
		char *end;
		double x[2], expected;

		x[0] = strtod(line, &end);
		x[1] = strtod(end, &end);
		expected = strtod(end, NULL);
		if (fabs(tpe_mixture_log(&mixture, x) - expected) > 1e-9)
			fail_msg("%s: %.12g", line,
				 tpe_mixture_log(&mixture, x));
		count++;
	}
	assert_int_equal(count, 18);
	fclose(file);
	tpe_mixture_release(&mixture);
	encoding_free(encoding);
	space_free(space);
}

/* Samples fall into cells as often as the density's integral over the cell
 * says: chi-squared with 59 degrees of freedom, beyond 112 once in 30,000. */
static void samples_follow_the_density(void **state)
{
	enum { CELLS = 20, SAMPLES = 60000, STEPS = 50 };
	double expected[CELLS][3] = {{0}};
	int seen[CELLS][3] = {{0}};
	struct tpe_mixture mixture = {0};
	struct space *space;
	struct encoding *encoding = number_and_option(&space);
	double whole = 0, chi = 0;
	struct random random;
	double x[2];

	(void)state;
	tpe_mixture_build(&mixture, encoding, rows, members, weights, KERNELS,
			  0.8);
	for (int c = 0; c < 3; c++)
		for (int i = 0; i < CELLS * STEPS; i++) {
			x[0] = (i + 0.5) / (CELLS * STEPS);
			x[1] = c;
			expected[i / STEPS][c] +=
				exp(tpe_mixture_log(&mixture, x)) /
				(CELLS * STEPS * 3);
		}
	random_seed(&random, 11, 0);
	for (int i = 0; i < SAMPLES; i++) {
		tpe_mixture_sample(&mixture, &random, x);
		assert_true(x[0] >= 0 && x[0] <= 1);
		seen[x[0] < 1 ? (int)(x[0] * CELLS) : CELLS - 1][(int)x[1]]++;
	}
	for (int i = 0; i < CELLS; i++)
		for (int c = 0; c < 3; c++) {
			double mean = expected[i][c] * SAMPLES;

			whole += expected[i][c];
			chi += (seen[i][c] - mean) * (seen[i][c] - mean) / mean;
		}
	assert_true(fabs(whole - 1) < 1e-4);
	assert_true(chi < 112);
	tpe_mixture_release(&mixture);
	encoding_free(encoding);
	space_free(space);
}

static void joint_with_line(struct tpe_joint *joint, const struct space *space,
			    double goal)
{
	tpe_joint_init(joint, space);
	for (uint32_t i = 0; i < 40; i++) {
		double point = i / 40.0;

		tpe_joint_place(joint, i, &point);
		tpe_joint_learn(joint, i, fabs(point - goal));
	}
}

static const struct tpe_options options = {.candidates = 24,
					   .linear_forgetting = 25,
					   .prior_weight = 1,
					   .gamma = 0.5};

static double mean_distance(struct tpe_joint *joint, double goal,
			    const uint32_t *running, size_t count)
{
	double sum = 0;

	for (uint64_t i = 0; i < 200; i++) {
		struct random random;
		double x;

		random_seed(&random, 4, i);
		tpe_joint_draw(joint, &options, running, count, &random, &x);
		sum += fabs(x - goal) / 200;
	}
	return sum;
}

static void learns_keeps_away_and_learns_anew(void **state)
{
	struct space *space =
		parse("{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]}}");
	static const uint32_t running[] = {40, 41, 42, 43, 44, 45};
	struct tpe_joint joint;
	double alone, beside;

	(void)state;
	joint_with_line(&joint, space, 0.3);
	alone = mean_distance(&joint, 0.3, NULL, 0);
	assert_true(alone < 0.08);
	for (uint32_t i = 40; i < 46; i++) {
		double point = 0.3;

		tpe_joint_place(&joint, i, &point);
	}
	beside = mean_distance(&joint, 0.3, running, COUNT_OF(running));
	assert_true(beside > 1.1 * alone);
	/* results that come anew replace those before */
	for (uint32_t i = 0; i < 40; i++)
		tpe_joint_learn(&joint, i, fabs(i / 40.0 - 0.8));
	assert_int_equal(joint.count, 40);
	for (size_t i = 1; i < 40; i++)
		assert_true(joint.losses[joint.order[i - 1]] <=
			    joint.losses[joint.order[i]]);
	assert_true(mean_distance(&joint, 0.8, NULL, 0) < 0.08);
	tpe_joint_release(&joint);
	space_free(space);
}

/* Thousands of bad ones are looked at by a few, spread over their ranks. */
static void bounds_its_kernels(void **state)
{
	struct space *space =
		parse("{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]}}");
	struct tpe_joint joint;
	struct random random;
	double x;

	(void)state;
	tpe_joint_init(&joint, space);
	random_seed(&random, 9, 0);
	for (uint32_t i = 0; i < 5000; i++) {
		double point = random_unit(&random);

		tpe_joint_place(&joint, i, &point);
		tpe_joint_learn(&joint, i, fabs(point - 0.62));
	}
	tpe_joint_draw(&joint, &options, NULL, 0, &random, &x);
	assert_int_equal(joint.bad.count, TPE_JOINT_BAD_MAX + 1);
	assert_int_equal(joint.good.count, 25 + 1);
	assert_true(mean_distance(&joint, 0.62, NULL, 0) < 0.05);
	tpe_joint_release(&joint);
	space_free(space);
}

/* Along one dimension the density is what the joint one sums up to over the
 * others. */
static void marginals_are_sums_of_the_whole(void **state)
{
	enum { STEPS = 4000 };
	struct tpe_mixture mixture = {0};
	struct space *space;
	struct encoding *encoding = number_and_option(&space);
	double over_x[3] = {0};
	double x[2];

	(void)state;
	tpe_mixture_build(&mixture, encoding, rows, members, weights, KERNELS,
			  0.8);
	for (int i = 0; i < STEPS; i++) {
		double over_c = 0;

		x[0] = (i + 0.5) / STEPS;
		for (int c = 0; c < 3; c++) {
			double density;

			x[1] = c;
			density = exp(tpe_mixture_log(&mixture, x));
			over_c += density / 3;
			over_x[c] += density / STEPS;
		}
		assert_true(fabs(over_c - tpe_mixture_marginal(&mixture, 0,
							       x[0])) < 1e-9);
	}
	for (int c = 0; c < 3; c++)
		assert_true(fabs(over_x[c] -
				 tpe_mixture_marginal(&mixture, 1, c)) < 1e-4);
	tpe_mixture_release(&mixture);
	encoding_free(encoding);
	space_free(space);
}

/* What people are shown are densities over the values as the space has them,
 * and parts of options, of every type. */
static void beliefs_sum_up_to_one(void **state)
{
	enum { N = 4001 };
	static const double ends[][2] = {{-3, 5}, {-11.5130, 0}, {-6, 14}};
	struct space *space =
		parse("{\"u\":{\"_type\":\"uniform\",\"_value\":[-3,5]},"
		      "\"l\":{\"_type\":\"loguniform\",\"_value\":[1e-5,1]},"
		      "\"n\":{\"_type\":\"normal\",\"_value\":[4,1.2]},"
		      "\"r\":{\"_type\":\"randint\",\"_value\":[2,9]},"
		      "\"c\":{\"_type\":\"choice\",\"_value\":[\"a\",\"b\"]}}");
	double internal[N], good[N], bad[N];
	struct tpe_joint joint;

	(void)state;
	tpe_joint_init(&joint, space);
	assert_false(tpe_joint_densities(&joint, &options, NULL, 0, 0, internal,
					 0, good, bad));
	for (uint32_t i = 0; i < 400; i++) {
		struct random random;
		double point[5];

		random_seed(&random, 12, i);
		space_sample(space, &random, point);
		tpe_joint_place(&joint, i, point);
		tpe_joint_learn(&joint, i, fabs(point[0] - 1) + point[4]);
	}
	for (size_t k = 0; k < space->count; k++) {
		size_t options_count = k == 3 ? 7 : k == 4 ? 2 : 0;
		size_t n = options_count ? options_count : N;
		double step = 1, sums[2] = {0};

		if (!options_count)
			step = (ends[k][1] - ends[k][0]) / (N - 1);
		for (size_t i = 0; i < n; i++)
			internal[i] = options_count
					      ? (double)i
					      : ends[k][0] + step * (double)i;
		assert_true(tpe_joint_densities(&joint, &options, NULL, 0, k,
						internal, n, good, bad));
		for (size_t i = 0; i < n; i++) {
			sums[0] += good[i] * step;
			sums[1] += bad[i] * step;
		}
		if (fabs(sums[0] - 1) > 2e-3 || fabs(sums[1] - 1) > 2e-3)
			fail_msg("%zu: %g, %g", k, sums[0], sums[1]);
		/* good ones are around 1, and have the first option */
		if (k == 0)
			assert_true(good[N / 2] > good[N / 8] &&
				    good[N / 2] > bad[N / 2]);
		if (k == 4)
			assert_true(good[0] > good[1] && good[0] > bad[0]);
	}
	tpe_joint_release(&joint);
	space_free(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(densities_are_the_references),
		cmocka_unit_test(samples_follow_the_density),
		cmocka_unit_test(learns_keeps_away_and_learns_anew),
		cmocka_unit_test(bounds_its_kernels),
		cmocka_unit_test(marginals_are_sums_of_the_whole),
		cmocka_unit_test(beliefs_sum_up_to_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
