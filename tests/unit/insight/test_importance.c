/* SPDX-License-Identifier: MIT */
/*
 * Importance beside Optuna's PED-ANOVA on the same trials (ped_anova.txt, made
 * by ped_anova_reference.py), and what it must say of functions one knows.
 */
#include "insight/importance.h"

#include "base/fs.h"
#include "base/mem.h"
#include "model/space_scan.h"
#include "tests/unit/insight/support.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The same definition; rounding alone may differ. */
#define TOLERANCE 1e-9

/* ---- beside Optuna ------------------------------------------------------- */

struct reference {
	enum objective_mode mode;
	struct space *space;
	struct space_scan *scan;
	struct observations *all;
	uint32_t trials;
	int checked;
};

static void end_case(struct reference *reference)
{
	observations_free(reference->all);
	space_scan_free(reference->scan);
	space_free(reference->space);
	reference->space = NULL;
	reference->scan = NULL;
	reference->all = NULL;
	reference->trials = 0;
}

static void add_trial(struct reference *reference, const char *line)
{
	double *point = xcalloc(reference->space->count + 1, sizeof(*point));
	char *rest;
	double value = strtod(line, &rest);
	size_t strange;

	assert_true(space_scan_point(reference->scan, rest, point, &strange));
	assert_int_equal(strange, 0);
	observations_put(reference->all, reference->trials++, point, value);
	free(point);
}

static void check_value(struct reference *reference, char *line,
			bool against_space)
{
	char *rest, *name;
	double quantile = strtod(line, &rest), region = strtod(rest, &rest);
	double expected, found = NAN;
	struct parameter_importance *items =
		xcalloc(reference->space->count + 1, sizeof(*items));
	struct importance *importance = importance_new(
		reference->all, reference->mode, quantile, region);
	size_t parameter;

	name = rest + 1;
	rest = strchr(name, ' ');
	*rest = '\0';
	expected = strtod(rest + 1, NULL);
	parameter = parameter_of(reference->space, name);
	importance_against_space(importance, against_space);
	importance_update(importance);
	importance_rank(importance, 0, items);
	for (size_t i = 0; i < reference->space->count; i++)
		if (items[i].parameter == parameter)
			found = items[i].value;
	if (!(fabs(found - expected) <= TOLERANCE * (1 + expected)))
		fail_msg("%s: %.17g, expected %.17g", name, found, expected);
	reference->checked++;
	importance_free(importance);
	free(items);
}

static void one_line(struct reference *reference, char *line)
{
	if (!strncmp(line, "case ", 5)) {
		end_case(reference);
		reference->mode = strstr(line, "maximize") ? OBJECTIVE_MAXIMIZE
							   : OBJECTIVE_MINIMIZE;
	} else if (*line == '{') {
		reference->space = parse_space(line);
		reference->scan = space_scan_new(reference->space);
		reference->all = observations_new(reference->space);
	} else if (!strncmp(line, "trial ", 6)) {
		add_trial(reference, line + 6);
	} else if (!strncmp(line, "expect ", 7)) {
		check_value(reference, line + 7, false);
	} else if (!strncmp(line, "space ", 6)) {
		check_value(reference, line + 6, true);
	}
}

static void test_agrees_with_optuna(void **state)
{
	struct reference reference = {0};
	struct strbuf text = STRBUF_INIT;
	struct error err = {0};
	const char *top = getenv("TOP_SRCDIR");
	char *path = xasprintf("%s/tests/unit/insight/ped_anova.txt",
			       top ? top : ".");
	char *line, *save;

	(void)state;
	if (!fs_read_file(path, 1 << 20, &text, &err))
		fail_msg("%s", err.text);
	for (line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		one_line(&reference, line);
	assert_int_equal(reference.checked, 43);
	end_case(&reference);
	strbuf_release(&text);
	free(path);
}

/* ---- functions one knows --------------------------------------------------
 */

static const char five[] =
	"{\"a\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
	"\"b\":{\"_type\":\"loguniform\",\"_value\":[1e-6,1]},"
	"\"c\":{\"_type\":\"choice\",\"_value\":[\"x\",\"y\",\"z\"]},"
	"\"d\":{\"_type\":\"quniform\",\"_value\":[0,8,2]},"
	"\"e\":{\"_type\":\"normal\",\"_value\":[0,1]}}";

static double of_log(const double *point)
{
	return fabs(point[1] + 5);
}

static double of_choice(const double *point)
{
	return (point[2] == 1 ? 0 : 1) + fmod(fabs(point[4]) * 1e4, 1) * 1e-3;
}

static double of_normal(const double *point)
{
	return -point[4];
}

static double of_both(const double *point)
{
	/* who is good depends on both, and on neither alone */
	return (point[0] < 0.5) == (point[4] < 0) ? point[1] : 100;
}

static void rank(const struct observations *all, unsigned rounds,
		 struct parameter_importance *ret)
{
	struct importance *importance =
		importance_new(all, OBJECTIVE_MINIMIZE, IMPORTANCE_QUANTILE, 1);

	importance_update(importance);
	importance_rank(importance, rounds, ret);
	importance_free(importance);
}

static void check_only(test_function *function, size_t expected)
{
	struct space *space = parse_space(five);
	struct observations *all = observe(space, 1000, 3, function);
	struct parameter_importance items[5];
	double shares = 0;

	rank(all, 20, items);
	assert_int_equal(items[0].parameter, expected);
	assert_true(items[0].share > 0.8);
	assert_true(items[0].value > 2 * items[0].chance_high);
	for (size_t i = 0; i < 5; i++) {
		shares += items[i].share;
		assert_true(items[i].chance <= items[i].chance_high);
		assert_true(!i || items[i].value <= items[i - 1].value);
		assert_true(!i || items[i].value < 3 * items[i].chance_high);
		assert_int_equal(items[i].all, 1000);
	}
	assert_true(fabs(shares - 1) < 1e-12);
	observations_free(all);
	space_free(space);
}

static void test_only_one_matters(void **state)
{
	(void)state;
	check_only(of_log, 1);
	check_only(of_choice, 2);
	check_only(of_normal, 4);
}

/* The same whatever the order in which trials come, and whether it follows
 * them one by one, their results' changes too, or is made at the end. */
static void test_incremental(void **state)
{
	struct space *space = parse_space(five);
	struct observations *once = observe(space, 300, 5, of_log);
	struct observations *slow = observations_new(space);
	struct importance *importance =
		importance_new(slow, OBJECTIVE_MINIMIZE, 0.1, 0.5);
	struct importance *fresh =
		importance_new(once, OBJECTIVE_MINIMIZE, 0.1, 0.5);
	struct parameter_importance a[5], b[5];
	double point[5];
	struct random random;

	(void)state;
	for (size_t n = 0; n < 300; n++) {
		uint32_t i = (uint32_t)((n * 7) % 300);

		random_seed(&random, 5, i);
		space_sample(space, &random, point);
		/* first without a result, or with a wrong one */
		observations_put(slow, i, point, n % 3 ? NAN : -1.0);
		importance_update(importance);
		observations_put(slow, i, point, of_log(point));
		if (n % 2)
			importance_update(importance);
	}
	importance_update(importance);
	importance_update(fresh);
	assert_int_equal(importance_best_count(importance),
			 importance_best_count(fresh));
	assert_int_equal(importance_best_count(fresh), 30);
	assert_int_equal(importance_all_count(fresh), 150);
	assert_true(importance_border(importance) == importance_border(fresh));
	importance_rank(importance, 0, a);
	importance_rank(fresh, 0, b);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(a[i].parameter, b[i].parameter);
		assert_true(a[i].value == b[i].value);
	}
	importance_free(importance);
	importance_free(fresh);
	observations_free(once);
	observations_free(slow);
	space_free(space);
}

/* More is better is the same as less of the negated. */
static void test_modes(void **state)
{
	struct space *space = parse_space(five);
	struct observations *less = observe(space, 200, 9, of_log);
	struct observations *more = observe(space, 200, 9, of_log);
	struct parameter_importance a[5], b[5];
	struct importance *importance;

	(void)state;
	for (size_t i = 0; i < more->count; i++)
		more->values[i] = -more->values[i];
	rank(less, 0, a);
	importance = importance_new(more, OBJECTIVE_MAXIMIZE, 0.1, 1);
	importance_update(importance);
	importance_rank(importance, 0, b);
	for (size_t i = 0; i < 5; i++)
		assert_true(a[i].value == b[i].value);
	importance_free(importance);
	observations_free(less);
	observations_free(more);
	space_free(space);
}

static double nothing(const double *point)
{
	return point[0] < 2 ? NAN : 0;
}

static double constant(const double *point)
{
	return point[0] < 2 ? 1.5 : 0;
}

/* None, one, only failures, all the same: nothing to tell, and no trap. */
static void test_little(void **state)
{
	static const struct {
		size_t count;
		test_function *function;
	} cases[] = {{0, of_log}, {1, of_log}, {50, nothing}, {50, constant}};
	struct space *space = parse_space(five);
	struct parameter_importance items[5];

	(void)state;
	for (size_t k = 0; k < COUNT_OF(cases); k++) {
		struct observations *all =
			observe(space, cases[k].count, 1, cases[k].function);

		rank(all, 20, items);
		for (size_t i = 0; i < 5; i++) {
			assert_true(items[i].value < 1e-12);
			assert_true(items[i].share >= 0 && items[i].share <= 1);
		}
		observations_free(all);
	}
	space_free(space);
}

static void test_many_options(void **state)
{
	struct strbuf json = STRBUF_INIT;
	struct space *space;
	struct observations *all;
	struct parameter_importance items[2];
	size_t i;

	(void)state;
	strbuf_adds(&json, "{\"a\":{\"_type\":\"uniform\",\"_value\":[0,1]},"
			   "\"many\":{\"_type\":\"choice\",\"_value\":[");
	for (i = 0; i < SPACE_OPTIONS_MAX; i++)
		strbuf_addf(&json, "%s%zu", i ? "," : "", i);
	strbuf_adds(&json, "]}}");
	space = parse_space(json.data);
	all = observe(space, 300, 2, of_log);
	assert_true(all->axes[1].is_folded);
	rank(all, 0, items);
	assert_int_equal(items[0].all, 300);
	assert_int_equal(items[1].all, 300);
	observations_free(all);
	space_free(space);
	strbuf_release(&json);
}

/* ---- interactions ----------------------------------------------------------
 */

static void test_pairs(void **state)
{
	struct space *space = parse_space(five);
	struct observations *all = observe(space, 2000, 4, of_both);
	struct importance *importance =
		importance_new(all, OBJECTIVE_MINIMIZE, 0.1, 1);
	static const size_t parameters[] = {4, 3, 2, 1, 0};
	struct interaction pairs[10];
	size_t found;

	(void)state;
	importance_update(importance);
	found = importance_pairs(importance, parameters, 5, 20, pairs);
	assert_int_equal(found, 10);
	assert_int_equal(pairs[0].a, 0);
	assert_int_equal(pairs[0].b, 4);
	assert_true(pairs[0].value > 3 * pairs[0].chance_high);
	assert_int_equal(pairs[0].best, 200);
	for (size_t i = 0; i < found; i++) {
		assert_true(pairs[i].a < pairs[i].b);
		assert_true(pairs[i].value >= 0);
		if (i)
			assert_true(pairs[i].value - pairs[i].chance <=
				    pairs[0].value / 4);
	}
	importance_free(importance);
	observations_free(all);
	space_free(space);
}

/* Sums and steps of one parameter each: no pair is more than chance by much. */
static void test_no_pairs(void **state)
{
	struct space *space = parse_space(five);
	struct observations *all = observe(space, 2000, 4, of_choice);
	struct importance *importance =
		importance_new(all, OBJECTIVE_MINIMIZE, 0.1, 1);
	static const size_t parameters[] = {0, 1, 3, 4};
	struct interaction pairs[6];
	size_t found;

	(void)state;
	importance_update(importance);
	found = importance_pairs(importance, parameters, 4, 20, pairs);
	assert_int_equal(found, 6);
	for (size_t i = 0; i < found; i++)
		assert_true(pairs[i].value < 2 * pairs[i].chance_high);
	importance_free(importance);
	observations_free(all);
	space_free(space);
}

/* ---- time ------------------------------------------------------------------
 */

#define WIDE 20
#define MANY 100000

static double of_wide(const double *point)
{
	double sum = 0;

	for (size_t i = 0; i < WIDE; i++)
		sum += fabs(point[i] - 0.3) / (double)(i + 1);
	return sum;
}

static void test_time(void **state)
{
	struct strbuf json = STRBUF_INIT;
	struct space *space;
	struct observations *all;
	struct parameter_importance items[WIDE];
	struct interaction pairs[WIDE * (WIDE - 1) / 2];
	struct importance *importance;
	size_t order[WIDE];
	double begin, first, again, ranked, paired;
	double point[WIDE] = {0};

	(void)state;
	for (size_t i = 0; i < WIDE; i++)
		strbuf_addf(&json,
			    "%s\"p%zu\":{\"_type\":\"uniform\",\"_value\":"
			    "[0,1]}",
			    i ? "," : "{", i);
	strbuf_addch(&json, '}');
	space = parse_space(json.data);
	all = observe(space, MANY, 8, of_wide);
	begin = seconds_now();
	importance = importance_new(all, OBJECTIVE_MINIMIZE, 0.1, 1);
	importance_update(importance);
	first = seconds_now() - begin;
	importance_rank(importance, 20, items);
	ranked = seconds_now() - begin - first;
	begin = seconds_now();
	observations_put(all, MANY, point, 1e-3);
	importance_update(importance);
	again = seconds_now() - begin;
	for (size_t i = 0; i < WIDE; i++)
		order[i] = items[i].parameter;
	begin = seconds_now();
	importance_pairs(importance, order, WIDE, 20, pairs);
	paired = seconds_now() - begin;
	print_message("# %d trials x %d: sets %.1f ms, one more trial %.2f ms, "
		      "rank with chance %.1f ms, 190 pairs %.1f ms\n",
		      MANY, WIDE, first * 1e3, again * 1e3, ranked * 1e3,
		      paired * 1e3);
	assert_int_equal(items[0].parameter, 0);
	assert_int_equal(items[1].parameter, 1);
	importance_free(importance);
	observations_free(all);
	space_free(space);
	strbuf_release(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agrees_with_optuna),
		cmocka_unit_test(test_only_one_matters),
		cmocka_unit_test(test_incremental),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_little),
		cmocka_unit_test(test_many_options),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_no_pairs),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests_name("insight/importance", tests, NULL,
					   NULL);
}
