/* SPDX-License-Identifier: MIT */
/* BOHB: Hyperband's schedule, densities as numpy computes them, the budget that
 * the model is of, and what it makes of it. */
#include "engine/tuner/bohb_model.h"
#include "engine/tuner/brackets.h"
#include "tests/unit/tuner/model_rig.h"

#include "base/fs.h"
#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REFERENCE_MAX (1 << 16)
#define ROWS_MAX 40
#define WIDTH_MAX 4

static struct rig rig;

/* ---- densities -------------------------------------------------------------
 */

static double next_number(char **at)
{
	char *end;
	double number = strtod(*at, &end);

	if (end == *at)
		fail_msg("no number: %.20s", *at);
	*at = end;
	return number;
}

static bool is_near(double a, double b)
{
	return fabs(a - b) <= 1e-10 * (1 + fabs(b));
}

static void check_density(char **at)
{
	double rows[ROWS_MAX * WIDTH_MAX], point[WIDTH_MAX], least;
	size_t levels[WIDTH_MAX], count, width, queries;
	struct kde kde;

	count = (size_t)next_number(at);
	width = (size_t)next_number(at);
	queries = (size_t)next_number(at);
	least = next_number(at);
	assert_true(count <= ROWS_MAX && width <= WIDTH_MAX);
	for (size_t i = 0; i < width; i++)
		levels[i] = (size_t)next_number(at);
	for (size_t i = 0; i < count * width; i++)
		rows[i] = next_number(at);
	kde_init(&kde, width, levels, rows, count, least);
	for (size_t i = 0; i < width; i++)
		assert_true(is_near(kde.bandwidths[i], next_number(at)));
	for (size_t k = 0; k < queries; k++) {
		for (size_t i = 0; i < width; i++)
			point[i] = next_number(at);
		assert_true(is_near(kde_log(&kde, point), next_number(at)));
	}
	kde_release(&kde);
}

static void densities_are_numpys(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct error err;
	int cases = 0;
	char *at;

	(void)state;
	if (!fs_read_file(TRIALDECK_SOURCE_DIR
			  "/tests/unit/tuner/kde_reference.txt",
			  REFERENCE_MAX, &text, &err))
		fail_msg("%s", err.text);
	at = strchr(text.data, '\n');
	for (; at && at[strspn(at, " \n")]; cases++)
		check_density(&at);
	assert_int_equal(cases, 6);
	strbuf_release(&text);
}

/* ---- the schedule ----------------------------------------------------------
 */

static const char CUBE[] =
	"{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
	"\"y\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
	"\"c\":{\"_type\":\"choice\",\"_value\":[\"a\",\"b\",\"c\"]}}";

/* Least at (0.2, 0.7, b); budgets below the largest see another place. */
static double valley(const double *p, double budget, double most)
{
	double x = budget < most ? 0.8 : 0.2;

	return pow(p[0] - x, 2) + pow(p[1] - 0.7, 2) + 0.3 * (p[2] != 1);
}

/* One trial to its end; its budget. */
static double step(double most)
{
	int64_t number = rig_suggest(&rig);
	double budget = rig.suggestion.budget;

	rig_finish(&rig, number, valley(rig.points[number], budget, most));
	return budget;
}

static void has_hyperbands_schedule(void **state)
{
	struct brackets_options options = {.least = 1, .most = 27, .eta = 3};
	double budgets[BRACKETS_ROUNDS_MAX];
	size_t sizes[BRACKETS_ROUNDS_MAX];

	(void)state;
	rig_open(
		&rig, "BOHB", CUBE,
		"{\"min_budget\":1,\"max_budget\":27,\"budget_key\":\"STEPS\"}",
		OBJECTIVE_MINIMIZE, 3);
	assert_int_equal(brackets_most(&options), 3);
	for (int s = 3; s >= 0; s--) {
		size_t rounds = brackets_schedule(&options, s, sizes, budgets);

		for (size_t i = 0; i < rounds; i++)
			for (size_t k = 0; k < sizes[i]; k++) {
				assert_true(step(27) == budgets[i]);
				/* it goes on from a checkpoint */
				assert_int_equal(rig.suggestion.parent < 0,
						 i == 0);
			}
	}
	assert_string_equal(rig.suggestion.extra.data, "\"STEPS\":27");
	/* and again */
	assert_true(step(27) == 1);
	rig_close(&rig);
}

static void waits_for_the_bracket(void **state)
{
	(void)state;
	rig_open(&rig, "BOHB", CUBE, NULL, OBJECTIVE_MINIMIZE, 3);
	for (int i = 0; i < 3; i++)
		rig_suggest(&rig);
	assert_int_equal(rig_ask(&rig), TUNER_NOTHING_NOW);
	rig_close(&rig);
	rig_open(&rig, "BOHB", CUBE, "{\"exec_mode\":\"parallelism\"}",
		 OBJECTIVE_MINIMIZE, 3);
	for (int i = 0; i < 9; i++)
		rig_suggest(&rig);
	rig_close(&rig);
}

/* ---- the model -------------------------------------------------------------
 */

static double described(const char *key)
{
	struct strbuf text = STRBUF_INIT;
	double number = 0;
	const char *at;

	assert_true(tuner_describe(rig.tuner, &text));
	at = strstr(text.data, key);
	if (at)
		number = atof(at + strlen(key));
	strbuf_release(&text);
	return number;
}

static void import_results(int count, double budget)
{
	struct random random;
	double point[3];

	random_seed(&random, 8, (uint64_t)budget);
	for (int i = 0; i < count; i++) {
		double value;
		struct tuner_result result = {
			.values = &value, .count = 1, .budget = budget};

		space_sample(rig.space, &random, point);
		value = valley(point, budget, 9);
		tuner_import(rig.tuner, point, &result);
	}
}

static const char NINE[] = "{\"min_budget\":1,\"max_budget\":9,"
			   "\"random_fraction\":0}";

/* Four good ones and four others are the least that three parameters need. */
static void models_the_largest_budget_with_enough(void **state)
{
	(void)state;
	rig_open(&rig, "BOHB", CUBE, NINE, OBJECTIVE_MINIMIZE, 3);
	import_results(7, 1);
	assert_true(described("\"model_budget\":") == 0);
	import_results(1, 1);
	assert_true(described("\"model_budget\":") == 1);
	import_results(7, 3);
	assert_true(described("\"model_budget\":") == 1);
	import_results(1, 3);
	assert_true(described("\"model_budget\":") == 3);
	/* more of a smaller one do not count */
	import_results(80, 1);
	assert_true(described("\"model_budget\":") == 3);
	assert_true(described("\"good\":") == 4);
	/* what has no budget had the whole; 15 percent are good */
	import_results(40, 0);
	assert_true(described("\"model_budget\":") == 9);
	assert_true(described("\"good\":") == 6);
	assert_true(described("\"bad\":") == 34);
	rig_close(&rig);
	/* as many as are asked for */
	rig_open(&rig, "BOHB", CUBE,
		 "{\"max_budget\":9,\"min_points_in_model\":20}",
		 OBJECTIVE_MINIMIZE, 3);
	import_results(23, 9);
	assert_true(described("\"model_budget\":") == 0);
	import_results(1, 9);
	assert_true(described("\"good\":") == 20);
	rig_close(&rig);
}

/* Drawn where the largest budget was good, not where the smaller ones were. */
static void proposes_what_was_good(void **state)
{
	double sum = 0;

	(void)state;
	rig_open(&rig, "BOHB", CUBE, NINE, OBJECTIVE_MINIMIZE, 3);
	import_results(200, 1);
	import_results(200, 9);
	/* the first round of a bracket: nobody has a result */
	for (int i = 0; i < 9; i++) {
		const double *p = rig.points[rig_suggest(&rig)];

		sum += valley(p, 9, 9) / 9;
	}
	/* chance has 0.47 */
	assert_true(sum < 0.1);
	rig_close(&rig);
}

/* Brackets of 3@1 1@3, 2@3: only the first of each round has a result. */
static void failures_are_bad(void **state)
{
	(void)state;
	rig_open(&rig, "BOHB",
		 "{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]}}", NULL,
		 OBJECTIVE_MINIMIZE, 3);
	for (int i = 0; i < 9; i++) {
		int64_t number = rig_suggest(&rig);

		assert_true(rig.suggestion.budget == (i / 3 == 1 ? 3 : 1));
		if (i % 3)
			tuner_ended(rig.tuner, number, TRIAL_FAILED);
		else
			rig_finish(&rig, number, i);
	}
	assert_true(described("\"model_budget\":") == 1);
	assert_true(described("\"good\":") == 2);
	assert_true(described("\"bad\":") == 4);
	rig_close(&rig);
}

/* Against what Hyperband finds with the same budgets. */
static double least_of(const char *tuner, const char *args)
{
	double sum = 0;

	for (uint64_t seed = 0; seed < 10; seed++) {
		rig_open(&rig, tuner, rig_branin_space, args,
			 OBJECTIVE_MINIMIZE, seed);
		sum += rig_run(&rig, rig_branin, 120) / 10;
		rig_close(&rig);
	}
	return sum;
}

static void beats_hyperband(void **state)
{
	(void)state;
	assert_true(least_of("BOHB", "{\"max_budget\":9}") <
		    0.8 * least_of("Hyperband", "{\"R\":9}"));
}

static const char NESTED[] =
	"{\"o\":{\"_type\":\"choice\",\"_value\":["
	"{\"_name\":\"a\",\"n\":{\"_type\":\"randint\",\"_value\":[0,20]}},"
	"{\"_name\":\"b\",\"k\":{\"_type\":\"choice\",\"_value\":[\"x\",\"y\"]}"
	"},"
	"{\"_name\":\"c\"}]},"
	"\"lr\":{\"_type\":\"loguniform\",\"_value\":[0.001,1]}}";

static double nested(const double *p)
{
	if (p[0] == 1)
		return fabs(p[3] - log(0.03)) + (p[2] == 1 ? 0 : 1);
	return 3 + fabs(p[3]);
}

static void keeps_conditions(void **state)
{
	double late = 0;

	(void)state;
	rig_open(&rig, "BOHB", NESTED, NINE, OBJECTIVE_MINIMIZE, 1);
	rig_run(&rig, nested, 120);
	for (int i = 0; i < 120; i++) {
		const double *p = rig.points[i];

		assert_int_equal(isnan(p[1]), p[0] != 0);
		assert_int_equal(isnan(p[2]), p[0] != 1);
		late += i < 60 ? 0 : nested(p) / 60;
	}
	/* chance has 5.4 */
	assert_true(late < 2);
	rig_close(&rig);
}

static void refuses_budgets_upside_down(void **state)
{
	struct tuner_context context = {
		.class_args = "{\"min_budget\":5,\"max_budget\":2}"};
	struct space *space;
	struct error err;

	(void)state;
	assert_true(space_parse(CUBE, &space, NULL, &err));
	context.space = space;
	assert_false(tuner_validate(tuner_find("BOHB"), &context, &err));
	assert_non_null(strstr(err.text, "min_budget 5 is more than"));
	context.class_args = "{\"min_budget\":1e-9,\"max_budget\":1e9}";
	assert_false(tuner_validate(tuner_find("BOHB"), &context, &err));
	assert_non_null(strstr(err.text, "more than a million"));
	space_free(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(densities_are_numpys),
		cmocka_unit_test(has_hyperbands_schedule),
		cmocka_unit_test(waits_for_the_bracket),
		cmocka_unit_test(models_the_largest_budget_with_enough),
		cmocka_unit_test(proposes_what_was_good),
		cmocka_unit_test(failures_are_bad),
		cmocka_unit_test(beats_hyperband),
		cmocka_unit_test(keeps_conditions),
		cmocka_unit_test(refuses_budgets_upside_down),
	};

	return cmocka_run_group_tests_name("bohb", tests, NULL, NULL);
}
