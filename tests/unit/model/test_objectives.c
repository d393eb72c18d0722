/* SPDX-License-Identifier: MIT */
/* Several objectives, constraints, fronts and volumes. */
#include "model/objective.h"
#include "model/pareto.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/random.h"

#include <stdlib.h>

static void parses(void **state)
{
	struct objectives o;
	struct error err;

	(void)state;
	assert_true(objectives_parse(NULL, OBJECTIVE_MAXIMIZE, &o, &err));
	assert_int_equal(o.count, 1);
	assert_string_equal(o.items[0].metric, "default");
	assert_int_equal(o.items[0].mode, OBJECTIVE_MAXIMIZE);
	assert_true(objectives_parse("{\"optimize_mode\":\"minimize\"}",
				     OBJECTIVE_MAXIMIZE, &o, &err));
	assert_int_equal(o.items[0].mode, OBJECTIVE_MINIMIZE);
	assert_true(objectives_parse(
		"{\"optimize_mode\":{\"accuracy\":\"maximize\","
		"\"latency\":\"minimize\"},\"constraints\":{\"memory\":"
		"\"<= 4\",\"recall\":\">=0.5 \"},\"seed\":1}",
		OBJECTIVE_MINIMIZE, &o, &err));
	assert_int_equal(o.count, 2);
	assert_string_equal(o.items[0].metric, "accuracy");
	assert_int_equal(o.items[0].mode, OBJECTIVE_MAXIMIZE);
	assert_int_equal(o.items[1].mode, OBJECTIVE_MINIMIZE);
	assert_int_equal(o.constraint_count, 2);
	assert_false(o.constraints[0].is_least);
	assert_true(o.constraints[0].bound == 4);
	assert_true(o.constraints[1].is_least);
	/* "default" is the primary one wherever it stands */
	assert_true(objectives_parse(
		"{\"optimize_mode\":{\"a\":\"minimize\",\"b\":\"minimize\","
		"\"default\":\"maximize\"}}",
		OBJECTIVE_MINIMIZE, &o, &err));
	assert_string_equal(o.items[0].metric, "default");
	assert_string_equal(o.items[1].metric, "a");
	assert_string_equal(o.items[2].metric, "b");
}

static void refuses(void **state)
{
	static const struct {
		const char *args, *text;
	} cases[] = {
		{"{\"optimize_mode\":{}}", "names no metric"},
		{"{\"optimize_mode\":3}", "must be maximize"},
		{"{\"optimize_mode\":{\"a\":\"max\"}}", "\"a\" must be"},
		{"{\"optimize_mode\":{\"\":\"minimize\"}}", "1 to 63 bytes"},
		{"{\"optimize_mode\":{\"a\":\"minimize\",\"a\":\"minimize\"}}",
		 "twice"},
		{"{\"constraints\":\"x\"}", "must be like"},
		{"{\"constraints\":{\"a\":4}}", "must be like"},
		{"{\"constraints\":{\"a\":\"< 4\"}}", "must be like"},
		{"{\"constraints\":{\"a\":\"<= 4x\"}}", "must be like"},
		{"{\"constraints\":{\"a\":\"<= nan\"}}", "must be like"},
		{"{\"constraints\":{\"a\":\"<=\"}}", "must be like"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct objectives o;
		struct error err = {0};

		assert_false(objectives_parse(cases[i].args, OBJECTIVE_MINIMIZE,
					      &o, &err));
		if (!strstr(err.text, cases[i].text) ||
		    strncmp(err.text, "classArgs.", 10) != 0)
			fail_msg("%s: %s", cases[i].args, err.text);
	}
}

static void violations(void **state)
{
	struct constraint most = {"m", false, 4}, least = {"m", true, -2};

	(void)state;
	assert_true(constraint_violation(&most,
					 (struct metric_value){true, 4}) == 0);
	assert_true(constraint_violation(
			    &most, (struct metric_value){true, 5.5}) == 1.5);
	assert_true(constraint_violation(&least,
					 (struct metric_value){true, -3}) == 1);
	assert_true(constraint_violation(&most,
					 (struct metric_value){false, 0}) == 5);
	assert_true(constraint_violation(
			    &least, (struct metric_value){true, NAN}) == 3);
	assert_true(isfinite(constraint_violation(
		&most, (struct metric_value){true, INFINITY})));
}

static void fronts(void **state)
{
	static const double rows[] = {1, 5, 2, 3,   3, 4, 4,   1, 5,
				      5, 2, 3, NAN, 0, 6, NAN, 2, 4};
	size_t front[9], ranks[9];

	(void)state;
	assert_true(pareto_dominates(rows + 2, rows + 4, 2));
	assert_false(pareto_dominates(rows + 2, rows + 10, 2)); /* equal */
	assert_int_equal(pareto_front(rows, 9, 2, front), 5);
	assert_memory_equal(front, ((size_t[]){0, 1, 3, 5, 6}),
			    5 * sizeof(*front));
	assert_int_equal(pareto_ranks(rows, 9, 2, ranks), 5);
	assert_memory_equal(ranks, ((size_t[]){0, 0, 2, 0, 3, 0, 0, 4, 1}),
			    sizeof(ranks));
	assert_int_equal(pareto_front(rows, 0, 2, front), 0);
}

/* The front is what has rank 0, which is found in another way. */
static void fronts_are_rank_0(void **state)
{
	double rows[40 * 3];
	size_t front[40], ranks[40];
	struct random random;

	(void)state;
	random_seed(&random, 3, 1);
	for (int round = 0; round < 300; round++) {
		size_t width = 2 + (size_t)round % 2;
		size_t count = random_below(&random, 41), used, k = 0;

		for (size_t i = 0; i < count * width; i++) {
			rows[i] = (double)random_below(&random, 12);
			if (rows[i] == 11)
				rows[i] = NAN;
		}
		used = pareto_front(rows, count, width, front);
		assert_int_equal(pareto_ranks(rows, count, width, ranks), used);
		for (size_t i = 0; i < count; i++)
			if (!ranks[i])
				assert_int_equal(front[k++], i);
	}
}

/* By counting cells: rows and reference have whole numbers up to `side`. */
static double counted(const double *rows, size_t count, size_t width,
		      size_t side)
{
	size_t cells = 1, inside = 0;

	for (size_t k = 0; k < width; k++)
		cells *= side;
	for (size_t cell = 0; cell < cells; cell++) {
		bool is_in = false;

		for (size_t i = 0; i < count && !is_in; i++) {
			size_t rest = cell;

			is_in = true;
			for (size_t k = 0; k < width; k++, rest /= side)
				is_in &= rows[i * width + k] <=
					 (double)(rest % side);
		}
		inside += is_in;
	}
	return (double)inside;
}

static void volumes(void **state)
{
	static const double two[] = {1, 3, 2, 2, 3, 1};
	static const double three[] = {0, 0, 2, 0, 2, 0, 2, 0, 0};
	double reference[] = {4, 4, 4, 4}, rows[12 * 4];
	struct random random;

	(void)state;
	assert_true(pareto_hypervolume(two, 3, 2, reference) == 6);
	assert_true(pareto_hypervolume(two, 0, 2, reference) == 0);
	assert_true(pareto_hypervolume(two, 1, 1, reference) == 3);
	/* 3 boxes of 32, minus 16 for each pair, plus 8 for all */
	assert_true(pareto_hypervolume(three, 3, 3, reference) == 56);
	reference[0] = 1; /* nothing is better than that */
	assert_true(pareto_hypervolume(two, 3, 2, reference) == 0);
	random_seed(&random, 1, 1);
	for (int round = 0; round < 200; round++) {
		size_t width = 2 + (size_t)round % 3, side = 6;
		size_t count = 1 + random_below(&random, 12);
		double side_of[] = {6, 6, 6, 6};

		for (size_t i = 0; i < count * width; i++)
			rows[i] = (double)random_below(&random, 8);
		assert_true(pareto_hypervolume(rows, count, width, side_of) ==
			    counted(rows, count, width, side));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(violations),
		cmocka_unit_test(fronts),
		cmocka_unit_test(volumes),
		cmocka_unit_test(fronts_are_rank_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
