/* SPDX-License-Identifier: MIT */
/* Several objectives: the order of their results, and tuners that search for a
 * front. */
#include "engine/tuner/fronts.h"

#include "base/mem.h"
#include "model/pareto.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRIALS_MAX 400

static const struct tuner_objective both[] = {
	{"default", OBJECTIVE_MINIMIZE},
	{"other", OBJECTIVE_MAXIMIZE},
	{"third", OBJECTIVE_MINIMIZE},
};

static void init(struct fronts *fronts, size_t width)
{
	struct tuner_context context = {.objectives = both,
					.objective_count = width};

	fronts_init(fronts, &context);
}

static void set(struct fronts *fronts, size_t row, double a, double b, double c,
		double violation)
{
	double values[] = {a, b, c};
	struct tuner_result result = {
		.values = values, .count = 3, .violation = violation};

	fronts_set(fronts, row, &result);
}

/* The second objective is to be maximised. */
static void orders_by_rank_then_volume(void **state)
{
	struct fronts fronts;
	/* beside 3, 2 adds 0.225 * 0.125 (in shares of the ranges), either end
	 * 0.25 * 0.1; beside 2 and 3, 1 adds 0.025 * 0.1 */
	static const size_t expected[] = {3, 2, 5, 1, 0, 7, 6, 8};
	size_t rows[16];

	(void)state;
	init(&fronts, 2);
	set(&fronts, 0, 2, -2, 0, 0);	  /* second front */
	set(&fronts, 1, 0, -4, 0, 0);	  /* an end */
	set(&fronts, 2, 0.1, -3.9, 0, 0); /* close to the end */
	set(&fronts, 3, 1, -1, 0, 0);	  /* the knee */
	set(&fronts, 5, 4, 0, 0, 0);	  /* the other end */
	set(&fronts, 6, 0, 0, 0, 2);	  /* the best, but not allowed */
	set(&fronts, 7, -1, 9, 0, 1);	  /* the same, by less */
	set(&fronts, 8, NAN, 1, 0, 0);
	assert_int_equal(fronts_order(&fronts, 16, rows), 8);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(rows[i], expected[i]);
	/* a newer result takes its place */
	set(&fronts, 8, -5, 5, 0, 0);
	assert_int_equal(fronts_order(&fronts, 1, rows), 8);
	assert_int_equal(rows[0], 8);
	fronts_release(&fronts);
}

/* The greedy choice, against one that computes every volume anew. */
static void chooses_by_exact_volume(void **state)
{
	(void)state;
	for (size_t width = 2; width <= 3; width++) {
		enum { COUNT = 60, WANTED = 9 };
		double scaled[COUNT * 3], reference[] = {1.1, 1.1, 1.1};
		size_t rows[COUNT], all[COUNT], front;
		double chosen[WANTED * 3];
		bool is_chosen[COUNT] = {false};
		struct fronts fronts;
		struct random random;

		random_seed(&random, 5, width);
		init(&fronts, width);
		/* on a sphere: all are of the first front */
		for (size_t i = 0; i < COUNT; i++) {
			double v[3], square = 0;

			for (size_t k = 0; k < 3; k++) {
				v[k] = k < width ? random_unit(&random) : 0;
				square += v[k] * v[k];
			}
			for (size_t k = 0; k < 3; k++)
				v[k] = 1 - v[k] / sqrt(square);
			set(&fronts, i, v[0], -v[1], v[2], 0);
			all[i] = i;
		}
		front = fronts_order(&fronts, WANTED, rows);
		assert_int_equal(front, COUNT);
		fronts_scale(&fronts, all, COUNT, scaled);
		for (size_t n = 0; n < WANTED; n++) {
			double most = -1;
			size_t best = 0;

			for (size_t i = 0; i < COUNT; i++) {
				double volume;

				if (is_chosen[i])
					continue;
				memcpy(chosen + n * width, scaled + i * width,
				       width * sizeof(double));
				volume = pareto_hypervolume(chosen, n + 1,
							    width, reference);
				if (volume > most + 1e-12) {
					most = volume;
					best = i;
				}
			}
			assert_int_equal(rows[n], best);
			is_chosen[best] = true;
			memcpy(chosen + n * width, scaled + best * width,
			       width * sizeof(double));
		}
		fronts_release(&fronts);
	}
}

static void looks_at_ten_thousand(void **state)
{
	(void)state;
	for (size_t width = 2; width <= 3; width++) {
		enum { COUNT = 10000 };
		size_t *rows = xcalloc(COUNT, sizeof(*rows));
		struct fronts fronts;
		struct random random;

		random_seed(&random, 6, width);
		init(&fronts, width);
		/* of two, all are on the front */
		for (size_t i = 0; i < COUNT; i++) {
			double x = random_unit(&random);

			set(&fronts, i, x,
			    width == 2 ? x : random_unit(&random),
			    random_unit(&random), 0);
		}
		assert_int_equal(fronts_order(&fronts, 25, rows), COUNT);
		fronts_release(&fronts);
		free(rows);
	}
}

/* ---- tuners ----------------------------------------------------------------
 */

struct problem {
	const char *space;
	size_t width;
	double reference[3];
	/* objectives to be minimised, and the violation */
	double (*function)(const double *point, double *ret);
};

static double zdt1(const double *x, double *ret)
{
	double g = 1 + 9 * (x[1] + x[2] + x[3]) / 3;

	ret[0] = x[0];
	ret[1] = g * (1 - sqrt(x[0] / g));
	return 0;
}

/* The same, where the half of the front with small x is forbidden. */
static double zdt1_limited(const double *x, double *ret)
{
	zdt1(x, ret);
	return fmax(0, 0.5 - x[0]);
}

static double dtlz2(const double *x, double *ret)
{
	double g = 0, a = x[0] * M_PI / 2, b = x[1] * M_PI / 2;

	for (size_t i = 2; i < 4; i++)
		g += (x[i] - 0.5) * (x[i] - 0.5);
	ret[0] = (1 + g) * cos(a) * cos(b);
	ret[1] = (1 + g) * cos(a) * sin(b);
	ret[2] = (1 + g) * sin(a);
	return 0;
}

#define UNIT "{\"_type\":\"uniform\",\"_value\":[0,1]}"
static const char cube[] =
	"{\"a\":" UNIT ",\"b\":" UNIT ",\"c\":" UNIT ",\"d\":" UNIT "}";

static const struct problem problems[] = {
	{cube, 2, {1.1, 3, 0}, zdt1},
	{cube, 2, {1.1, 3, 0}, zdt1_limited},
	{cube, 3, {1.1, 1.1, 1.1}, dtlz2},
};

/* `workers` run side by side; the volume of what is allowed. */
static double play(const char *name, const struct problem *problem,
		   uint64_t seed, int count, int workers)
{
	double losses[TRIALS_MAX * 3], all[TRIALS_MAX][3];
	double points[TRIALS_MAX][4];
	struct tuner_context context = {.objectives = both,
					.objective_count = problem->width,
					.seed = seed};
	struct tuner *tuner;
	struct space *space;
	struct error err;
	size_t used = 0;

	assert_true(space_parse(problem->space, &space, NULL, &err));
	context.space = space;
	tuner = tuner_open(tuner_find(name), &context, &err);
	assert_non_null(tuner);
	for (int i = 0; i < count + workers; i++) {
		int ended = i - workers;
		struct tuner_result result = {.count = problem->width};

		if (ended >= 0) {
			double *values = all[ended];

			result.values = values;
			result.violation =
				problem->function(points[ended], values);
			if (!(result.violation > 0))
				memcpy(losses + used++ * problem->width, values,
				       problem->width * sizeof(double));
			values[1] = -values[1]; /* to be maximised */
			tuner_observe(tuner, ended, &result);
			tuner_ended(tuner, ended, TRIAL_SUCCEEDED);
		}
		if (i >= count)
			continue;
		assert_int_equal(tuner_suggest_point(tuner, i, points[i], &err),
				 TUNER_SUGGESTED);
		tuner_adopt(tuner, i, points[i]);
	}
	tuner_close(tuner);
	space_free(space);
	return pareto_hypervolume(losses, used, problem->width,
				  problem->reference);
}

static double mean_volume(const char *name, const struct problem *problem,
			  int count, int workers)
{
	double sum = 0;

	for (uint64_t seed = 0; seed < 8; seed++)
		sum += play(name, problem, seed, count, workers);
	return sum / 8;
}

/* More than chance has with two hundred trials, one at a time and eight at a
 * time: TPE with half of them, a population with as many. */
static void finds_fronts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(problems); i++) {
		double chance = mean_volume("Random", &problems[i], 200, 1);

		for (int workers = 1; workers <= 8; workers += 7) {
			assert_true(mean_volume("TPE", &problems[i], 100,
						workers) > 1.05 * chance);
			assert_true(mean_volume("NSGAII", &problems[i], 200,
						workers) > 1.1 * chance);
		}
	}
}

/* Of one objective, too: the least that is allowed lies on the border. */
static double sphere_limited(const double *x, double *ret)
{
	ret[0] = x[0] * x[0] + x[1] * x[1];
	return fmax(0, 1 - x[0] - x[1]);
}

static void keep_within_constraints(void **state)
{
	static const struct problem problem = {cube, 1, {2}, sphere_limited};
	static const char *const tuners[] = {"TPE", "NSGAII", "Anneal", "BOHB",
					     "CMA-ES"};

	(void)state;
	/* 2 - 0.5 is the most there is */
	assert_true(mean_volume("Random", &problem, 100, 1) < 1.465);
	for (size_t k = 0; k < COUNT_OF(tuners); k++)
		assert_true(mean_volume(tuners[k], &problem, 100, 1) > 1.467);
}

/* What no order can be made of: one value instead of two, none, NaN. */
static void survives(const char *name)
{
	struct tuner_context context = {.objectives = both,
					.objective_count = 2};
	double values[] = {NAN, 1, INFINITY, -INFINITY, 0};
	struct space *space;
	struct tuner *tuner;
	struct error err;
	double point[4];

	assert_true(space_parse(cube, &space, NULL, &err));
	context.space = space;
	tuner = tuner_open(tuner_find(name), &context, &err);
	for (int i = 0; i < 60; i++) {
		struct tuner_result result = {.values = values + i % 4,
					      .count = (size_t)i % 3};

		assert_int_equal(tuner_suggest_point(tuner, i, point, &err),
				 TUNER_SUGGESTED);
		tuner_adopt(tuner, i, point);
		if (i % 5)
			tuner_observe(tuner, i, &result);
		tuner_ended(tuner, i, TRIAL_FAILED);
		for (size_t k = 0; k < space->count; k++)
			assert_true(point[k] >= 0 && point[k] <= 1);
	}
	tuner_close(tuner);
	space_free(space);
}

static void survive_missing_values(void **state)
{
	(void)state;
	survives("TPE");
	survives("NSGAII");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_by_rank_then_volume),
		cmocka_unit_test(chooses_by_exact_volume),
		cmocka_unit_test(looks_at_ten_thousand),
		cmocka_unit_test(finds_fronts),
		cmocka_unit_test(keep_within_constraints),
		cmocka_unit_test(survive_missing_values),
	};

	return cmocka_run_group_tests_name("fronts", tests, NULL, NULL);
}
