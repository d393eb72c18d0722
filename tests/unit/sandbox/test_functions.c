/* SPDX-License-Identifier: MIT */
/* That the sandbox's functions have the optima they say they have, where their
 * authors say they are. */
#include "engine/sandbox/function.h"
#include "engine/sandbox/tables.h"

#include "base/mem.h"
#include "base/random.h"
#include "model/pareto.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct space *space_of(const struct sandbox_function *function)
{
	struct space *space;
	struct error err;

	if (!space_parse(function->space, &space, NULL, &err))
		fail_msg("%s: %s", function->name, err.text);
	return space;
}

static double value_at(const char *name, const char *parameters, double budget)
{
	const struct sandbox_function *function = sandbox_find(name);
	struct space *space = space_of(function);
	double *point = xcalloc(space->count, sizeof(*point));
	double values[SANDBOX_OBJECTIVES_MAX];
	struct error err;

	if (!space_parse_point(space, parameters, point, &err))
		fail_msg("%s: %s", name, err.text);
	sandbox_evaluate(function, space, point, budget, values);
	free(point);
	space_free(space);
	return values[0];
}

/* Where the literature, or the formula, has the optimum. */
static const struct {
	const char *name, *at;
	double within;
} optima[] = {
	{"branin", "{\"x\":3.141592653589793,\"y\":2.275}", 1e-12},
	{"branin", "{\"x\":-3.141592653589793,\"y\":12.275}", 1e-12},
	{"branin", "{\"x\":9.42477796076938,\"y\":2.475}", 1e-12},
	{"hartmann3", "{\"a\":0.114614,\"b\":0.555649,\"c\":0.852547}", 1e-6},
	{"hartmann6",
	 "{\"a\":0.20169,\"b\":0.150011,\"c\":0.476874,\"d\":0.275332,"
	 "\"e\":0.311652,\"f\":0.6573}",
	 1e-6},
	{"ackley5", "{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0}", 1e-12},
	{"levy6", "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1}", 1e-12},
	{"rosenbrock4", "{\"a\":1,\"b\":1,\"c\":1,\"d\":1}", 1e-12},
	{"logs5",
	 "{\"rate\":0.00199526231496888,\"decay\":6.30957344480193e-06,"
	 "\"momentum\":0.83,\"warmup\":0.2,\"epsilon\":1e-7}",
	 1e-9},
	{"styblinski4",
	 "{\"a\":-2.903534,\"b\":-2.903534,\"c\":-2.903534,\"d\":-2.903534}",
	 1e-6},
	{"michalewicz5",
	 "{\"a\":2.202906,\"b\":1.570796,\"c\":1.284992,\"d\":1.923058,"
	 "\"e\":1.720470}",
	 1e-6},
	{"ackley-mixed", "{\"a\":0,\"b\":0,\"c\":0,\"d\":\"r\",\"e\":\"l\"}",
	 1e-12},
	{"network",
	 "{\"rate\":0.0007943282347242813,\"batch\":64,\"width\":512,"
	 "\"dropout\":0.3,\"activation\":\"gelu\",\"depth\":3}",
	 1e-9},
	{"choices5",
	 "{\"a\":\"s\",\"b\":\"q\",\"c\":\"t\",\"d\":\"p\",\"e\":\"r\"}",
	 1e-12},
	{"steps4", "{\"a\":23,\"b\":1.7,\"c\":9,\"d\":128}", 1e-12},
	{"branin-mixed", "{\"x\":2.641592653589793,\"y\":2.775,\"c\":\"s\"}",
	 1e-12},
	{"models",
	 "{\"model\":{\"_name\":\"net\",\"rate\":0.0005011872336272725,"
	 "\"width\":128}}",
	 1e-9},
	{"branches",
	 "{\"branch\":{\"_name\":\"hartmann\",\"a\":0.114614,\"b\":0.555649,"
	 "\"c\":0.852547},\"all\":0.3}",
	 1e-6},
	{"optimisers",
	 "{\"optimiser\":{\"_name\":\"steps\",\"rate\":0.1,\"momentum\":0.9,"
	 "\"factor\":0.6},\"width\":90.50966799187809}",
	 1e-9},
};

static void optima_are_where_they_should_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(optima); i++) {
		double value = value_at(optima[i].name, optima[i].at, 1);
		double best = sandbox_best(sandbox_find(optima[i].name));

		if (fabs(value - best) > optima[i].within)
			fail_msg("%s: %.12g, not %.12g", optima[i].name, value,
				 best);
	}
}

/* Turned, hartmann6 has the optimum inside its cube still. */
static void turned_function_keeps_its_optimum(void **state)
{
	static const double at[] = {0.20169,  0.150011, 0.476874,
				    0.275332, 0.311652, 0.6573};
	char json[256];
	double x[6];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		double a = at[i] - 0.45, b = at[i + 3] - 0.45;

		x[i] = 0.45 + 0.8 * a + 0.6 * b;
		x[i + 3] = 0.45 - 0.6 * a + 0.8 * b;
		assert_true(x[i] > 0 && x[i] < 1);
		assert_true(x[i + 3] > 0 && x[i + 3] < 1);
	}
	snprintf(json, sizeof(json),
		 "{\"a\":%.12g,\"b\":%.12g,\"c\":%.12g,\"d\":%.12g,"
		 "\"e\":%.12g,\"f\":%.12g}",
		 x[0], x[1], x[2], x[3], x[4], x[5]);
	assert_true(fabs(value_at("hartmann6-turned", json, 1) -
			 sandbox_best(sandbox_find("hartmann6-turned"))) <
		    1e-6);
}

static void nothing_is_better_than_the_best(void **state)
{
	(void)state;
	for (const struct sandbox_function *const *f = sandbox_functions(); *f;
	     f++) {
		struct space *space = space_of(*f);
		double *point = xcalloc(space->count, sizeof(*point));
		double values[SANDBOX_OBJECTIVES_MAX] = {0};
		double least = INFINITY, most = -INFINITY;
		struct random random;

		random_seed(&random, 5, 0);
		for (int i = 0; i < 3000; i++) {
			space_sample(space, &random, point);
			sandbox_evaluate(*f, space, point, 1, values);
			assert_true(isfinite(values[0]) && isfinite(values[1]));
			least = fmin(least, values[0]);
			most = fmax(most, values[0]);
		}
		if (sandbox_objectives(*f) == 1 &&
		    least < sandbox_best(*f) - 1e-9)
			fail_msg("%s: %g is less than its best", (*f)->name,
				 least);
		assert_true(most > least);
		free(point);
		space_free(space);
	}
}

static void fronts_have_the_volume_of_their_formula(void **state)
{
	enum { POINTS = 4000 };
	static const char *const names[] = {"zdt1", "zdt2", "fonseca"};
	double *rows = xcalloc(2 * POINTS, sizeof(*rows));

	(void)state;
	for (size_t k = 0; k < COUNT_OF(names); k++) {
		const struct sandbox_function *f = sandbox_find(names[k]);
		struct space *space = space_of(f);
		double point[5] = {0};
		double volume;

		for (size_t i = 0; i < POINTS; i++) {
			double t = (double)i / (POINTS - 1);

			point[0] = t;
			if (!strcmp(names[k], "fonseca"))
				point[0] = point[1] = point[2] =
					(2 * t - 1) / sqrt(3);
			sandbox_evaluate(f, space, point, 1, rows + 2 * i);
		}
		volume = pareto_hypervolume(rows, POINTS, 2, f->reference);
		assert_true(volume <= f->best + 1e-9);
		assert_true(volume > 0.999 * f->best);
		space_free(space);
	}
	free(rows);
}

static void tables_are_interpolated_between_measurements(void **state)
{
	double low, middle, high;

	(void)state;
	low = value_at("svm-digits",
		       "{\"kernel\":\"rbf\",\"c\":0.01,"
		       "\"gamma\":1e-5}",
		       1);
	assert_true(fabs(low - sandbox_svm_digits[0] / SANDBOX_TABLE_UNIT) <
		    1e-12);
	high = value_at("svm-digits",
			"{\"kernel\":\"sigmoid\",\"c\":1000,"
			"\"gamma\":1}",
			1);
	assert_true(fabs(high - sandbox_svm_digits[242] / SANDBOX_TABLE_UNIT) <
		    1e-12);
	/* of the budgets' axis the corners are passes 1 and 27 */
	low = value_at("net-digits-budget",
		       "{\"activation\":\"relu\",\"rate\":0.001,\"alpha\":1e-5,"
		       "\"hidden\":8,\"batch\":16}",
		       9.0 / 27);
	high = value_at("net-digits-budget",
			"{\"activation\":\"relu\",\"rate\":0.001,"
			"\"alpha\":1e-5,\"hidden\":8,\"batch\":16}",
			1);
	middle = value_at("net-digits-budget",
			  "{\"activation\":\"relu\",\"rate\":0.001,"
			  "\"alpha\":1e-5,\"hidden\":8,\"batch\":16}",
			  sqrt(3) * 9.0 / 27);
	assert_true(fabs(middle - (low + high) / 2) < 1e-9);
	assert_true(high < low); /* it learns */
}

/* None is above an error of 1. */
static void tables_are_whole(void **state)
{
	(void)state;
	for (const struct sandbox_function *const *f = sandbox_functions(); *f;
	     f++) {
		const struct sandbox_table *table = (*f)->table;
		size_t product = 1;

		if (!table)
			continue;
		for (size_t i = 0; i < table->axis_count; i++)
			product *= table->axes[i].count;
		assert_int_equal(product, table->entry_count);
		for (size_t i = 0; i < table->entry_count; i++)
			assert_in_range(table->entries[i], 0,
					SANDBOX_TABLE_UNIT);
	}
}

static void noise_has_its_deviation_and_is_the_same_each_time(void **state)
{
	enum { COUNT = 20000 };
	const struct sandbox_function *f = sandbox_find("branin-noisy");
	double sum = 0, squares = 0;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		double value = 0, again = 0;

		sandbox_add_noise(f, 7, i, &value);
		sandbox_add_noise(f, 7, i, &again);
		assert_true(value == again);
		sum += value;
		squares += value * value;
	}
	assert_true(fabs(sum / COUNT) < 0.1);
	assert_true(fabs(sqrt(squares / COUNT) - f->noise) < 0.1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(optima_are_where_they_should_be),
		cmocka_unit_test(turned_function_keeps_its_optimum),
		cmocka_unit_test(nothing_is_better_than_the_best),
		cmocka_unit_test(fronts_have_the_volume_of_their_formula),
		cmocka_unit_test(tables_are_interpolated_between_measurements),
		cmocka_unit_test(tables_are_whole),
		cmocka_unit_test(
			noise_has_its_deviation_and_is_the_same_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
