/* SPDX-License-Identifier: MIT */
/* The forest: what it learns, what it knows not to know, and that it is the
 * same for the same numbers. */
#include "engine/tuner/forest.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS 400
#define WIDTH 4

static const bool is_category[WIDTH] = {[2] = true};

struct data {
	double x[ROWS * WIDTH], y[ROWS];
};

/* Two steps of a number, a category that adds, and two that do not matter. */
static double truth(const double *x)
{
	double category = fmod(x[2], 3) == 1 ? 2 : 0;

	return (x[0] < 0.3 ? 1 : x[0] < 0.7 ? -1 : 4) + category;
}

static void draw(struct random *random, double *x)
{
	for (size_t d = 0; d < WIDTH; d++)
		x[d] = is_category[d] ? (double)random_below(random, 9)
				      : random_unit(random);
}

static struct forest *learn(struct data *data, uint64_t seed)
{
	struct forest_shape shape = {WIDTH, is_category, 30, 5.0 / 6, 1};
	struct random random;

	random_seed(&random, 1, 1);
	for (size_t i = 0; i < ROWS; i++) {
		draw(&random, data->x + i * WIDTH);
		data->y[i] = truth(data->x + i * WIDTH);
	}
	random_seed(&random, 2, seed);
	return forest_grow(&shape, data->x, data->y, ROWS, &random);
}

static void learns_steps_and_sets(void **state)
{
	static struct data data;
	struct forest *forest = learn(&data, 1);
	double x[WIDTH], mean, variance;
	int right = 0;
	struct random random;

	(void)state;
	random_seed(&random, 3, 3);
	for (int i = 0; i < 1000; i++) {
		draw(&random, x);
		forest_predict(forest, x, &mean, &variance);
		right += fabs(mean - truth(x)) < 0.3;
		assert_true(variance >= 0);
	}
	/* some lie in the gap between two rows on either side of a step */
	assert_true(right > 930);
	forest_free(forest);
}

static void is_unsure_between_steps(void **state)
{
	static struct data data;
	struct forest *forest = learn(&data, 1);
	double x[WIDTH] = {0.5, 0.5, 0, 0.5}, mean, inside, between;

	(void)state;
	forest_predict(forest, x, &mean, &inside);
	x[0] = 0.7;
	forest_predict(forest, x, &mean, &between);
	assert_true(between > 100 * inside);
	/* a category that it never saw is one of those it did */
	x[0] = 0.5;
	x[2] = 1e6;
	forest_predict(forest, x, &mean, &between);
	assert_true(mean >= -1.1 && mean <= 1.1);
	assert_true(between > inside);
	forest_free(forest);
}

static void same_numbers_same_forest(void **state)
{
	static struct data data;
	struct forest *a = learn(&data, 1), *b = learn(&data, 1);
	struct forest *c = learn(&data, 2);
	double x[WIDTH], mean[3], variance;
	int differ = 0;
	struct random random;

	(void)state;
	random_seed(&random, 3, 3);
	for (int i = 0; i < 100; i++) {
		draw(&random, x);
		x[0] = 0.69 + 0.0002 * i; /* where there is something to say */
		forest_predict(a, x, &mean[0], &variance);
		forest_predict(b, x, &mean[1], &variance);
		forest_predict(c, x, &mean[2], &variance);
		assert_true(mean[0] == mean[1]);
		differ += mean[0] != mean[2];
	}
	assert_true(differ > 0);
	forest_free(a);
	forest_free(b);
	forest_free(c);
}

/* A leaf of at least k rows of all differs from the mean of all by less. */
static void leaves_are_as_large_as_asked(void **state)
{
	double x[64], y[64], mean, variance, least = 1e9;
	struct forest_shape shape = {1, is_category, 10, 1, 20};
	struct random random;
	struct forest *forest;

	(void)state;
	for (int i = 0; i < 64; i++) {
		x[i] = i;
		y[i] = i == 0 ? -63 : 1;
	}
	random_seed(&random, 1, 1);
	forest = forest_grow(&shape, x, y, 64, &random);
	for (int i = 0; i < 64; i++) {
		forest_predict(forest, &x[i], &mean, &variance);
		least = fmin(least, mean);
	}
	assert_true(least > -15);
	forest_free(forest);
	shape.least_leaf = 1;
	random_seed(&random, 1, 1);
	forest = forest_grow(&shape, x, y, 64, &random);
	forest_predict(forest, &x[0], &mean, &variance);
	assert_true(mean < -30);
	forest_free(forest);
}

static void bears_little(void **state)
{
	double x[6] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, y[6] = {3, 3, 3, 1, 2, 6};
	struct forest_shape shape = {1, is_category, 5, 0.5, 1};
	double mean, variance;
	struct random random;
	struct forest *forest;

	(void)state;
	random_seed(&random, 1, 1);
	forest = forest_grow(&shape, x, y, 1, &random);
	forest_predict(forest, x, &mean, &variance);
	assert_true(mean == 3 && variance == 0);
	forest_free(forest);
	/* nothing to split by */
	forest = forest_grow(&shape, x, y, 6, &random);
	forest_predict(forest, x, &mean, &variance);
	assert_true(mean > 1 && mean < 6 && variance > 0);
	forest_free(forest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learns_steps_and_sets),
		cmocka_unit_test(is_unsure_between_steps),
		cmocka_unit_test(same_numbers_same_forest),
		cmocka_unit_test(leaves_are_as_large_as_asked),
		cmocka_unit_test(bears_little),
	};

	return cmocka_run_group_tests_name("forest", tests, NULL, NULL);
}
