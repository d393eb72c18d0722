/* SPDX-License-Identifier: MIT */
/* Sampling, quantising, formatting and reading back of points. */
#include "model/space.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DRAWS 20000
/* Kolmogorov-Smirnov bound at a level of one in a million, for a fixed seed */
#define KS_BOUND (2.6 / sqrt((double)DRAWS))

static struct space *parse(const char *json)
{
	struct space *space;
	struct error err;

	if (!space_parse(json, &space, NULL, &err))
		fail_msg("%s: %s", json, err.text);
	return space;
}

static double final_of(const char *json, double internal)
{
	struct space *space = parse(json);
	double x = parameter_final(&space->parameters[0], internal);

	space_free(space);
	return x;
}

static int compare_doubles(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return (*x > *y) - (*x < *y);
}

static double normal_cdf(double x)
{
	return 0.5 * erfc(-x * M_SQRT1_2);
}

/* Largest distance between the drawn values and a distribution. */
static double distance(const char *json, double (*cdf)(double))
{
	struct space *space = parse(json);
	double *draws = xcalloc(DRAWS, sizeof(*draws));
	double most = 0;
	struct random random;

	for (uint64_t i = 0; i < DRAWS; i++) {
		random_seed(&random, 7, i);
		space_sample(space, &random, &draws[i]);
	}
	qsort(draws, DRAWS, sizeof(*draws), compare_doubles);
	for (size_t i = 0; i < DRAWS; i++) {
		double x = parameter_final(&space->parameters[0], draws[i]);

		most = fmax(most, fabs(cdf(x) - (double)i / DRAWS));
	}
	free(draws);
	space_free(space);
	return most;
}

static double cdf_uniform(double x)
{
	return (x + 2) / 5;
}

static double cdf_loguniform(double x)
{
	return (log(x) - log(1e-4)) / (log(1e2) - log(1e-4));
}

static double cdf_normal(double x)
{
	return normal_cdf((x - 3) / 2);
}

static double cdf_lognormal(double x)
{
	return normal_cdf((log(x) + 1) / 0.5);
}

static void draws_from_the_named_distribution(void **state)
{
	(void)state;
	assert_true(
		distance("{\"x\":{\"_type\":\"uniform\",\"_value\":[-2,3]}}",
			 cdf_uniform) < KS_BOUND);
	assert_true(
		distance(
			"{\"x\":{\"_type\":\"loguniform\",\"_value\":[1e-4,100]"
			"}}",
			cdf_loguniform) < KS_BOUND);
	assert_true(distance("{\"x\":{\"_type\":\"normal\",\"_value\":[3,2]}}",
			     cdf_normal) < KS_BOUND);
	assert_true(
		distance(
			"{\"x\":{\"_type\":\"lognormal\",\"_value\":[-1,0.5]}}",
			cdf_lognormal) < KS_BOUND);
	/* and the bound can tell: a uniform is no normal */
	assert_true(
		distance("{\"x\":{\"_type\":\"uniform\",\"_value\":[-2,3]}}",
			 cdf_normal) > KS_BOUND);
}

/* Draw final values and count how often each of 0..9 came. */
static void count_draws(const char *json, int counts[10])
{
	struct space *space = parse(json);
	struct random random;
	double x;

	memset(counts, 0, 10 * sizeof(*counts));
	for (uint64_t i = 0; i < DRAWS; i++) {
		random_seed(&random, 11, i);
		space_sample(space, &random, &x);
		if (space->parameters[0].kind != PARAMETER_CHOICE)
			x = parameter_final(&space->parameters[0], x);
		assert_true(x == rint(x) && x >= 0 && x < 10);
		counts[(int)x]++;
	}
	space_free(space);
}

static void assert_share(int count, double share)
{
	double deviation = sqrt(DRAWS * share * (1 - share));

	assert_true(fabs(count - DRAWS * share) < 5 * deviation + 0.5);
}

static void draws_discrete_values_in_proportion(void **state)
{
	int counts[10];

	(void)state;
	count_draws("{\"x\":{\"_type\":\"choice\",\"_value\":[\"a\",2,null]}}",
		    counts);
	for (int i = 0; i < 10; i++)
		assert_share(counts[i], i < 3 ? 1 / 3.0 : 0);
	/* bounds are rounded up; the upper one is excluded */
	count_draws("{\"x\":{\"_type\":\"randint\",\"_value\":[1.5,6]}}",
		    counts);
	for (int i = 0; i < 10; i++)
		assert_share(counts[i], i >= 2 && i < 6 ? 0.25 : 0);
	/* the outer bins of a quantised range are half as wide */
	count_draws("{\"x\":{\"_type\":\"quniform\",\"_value\":[0,4,1]}}",
		    counts);
	for (int i = 0; i < 10; i++)
		assert_share(counts[i], i > 4		   ? 0
					: i == 0 || i == 4 ? 0.125
							   : 0.25);
	/* a bound that is no multiple of q is clipped to, not rounded */
	count_draws("{\"x\":{\"_type\":\"quniform\",\"_value\":[0,5,2]}}",
		    counts);
	assert_share(counts[0], 0.2);
	assert_share(counts[2], 0.4);
	assert_share(counts[4], 0.4);
	count_draws("{\"x\":{\"_type\":\"quniform\",\"_value\":[3,9,4]}}",
		    counts);
	assert_share(counts[4], 0.5); /* 3 to 6 */
	assert_share(counts[8], 0.5);
	count_draws("{\"x\":{\"_type\":\"qloguniform\",\"_value\":[1,8,3]}}",
		    counts);
	assert_share(counts[1], log(1.5) / log(8));
	assert_share(counts[3], log(3) / log(8));
	assert_share(counts[6], log(7.5 / 4.5) / log(8));
	assert_share(counts[8], log(8 / 7.5) / log(8));
	count_draws("{\"x\":{\"_type\":\"qnormal\",\"_value\":[4.2,0.8,1]}}",
		    counts);
	for (int i = 0; i < 10; i++)
		assert_share(counts[i],
			     normal_cdf((i + 0.5 - 4.2) / 0.8) -
				     normal_cdf((i - 0.5 - 4.2) / 0.8));
	count_draws("{\"x\":{\"_type\":\"qlognormal\",\"_value\":"
		    "[1,0.25,1]}}",
		    counts);
	for (int i = 1; i < 10; i++)
		assert_share(counts[i],
			     normal_cdf((log(i + 0.5) - 1) / 0.25) -
				     normal_cdf((log(i - 0.5) - 1) / 0.25));
}

static void quantises_as_python_does(void **state)
{
	static const char quniform[] =
		"{\"x\":{\"_type\":\"quniform\",\"_value\":[-9,9,1]}}";

	(void)state;
	assert_true(final_of(quniform, 0.5) == 0);
	assert_true(final_of(quniform, 1.5) == 2);
	assert_true(final_of(quniform, 2.5) == 2);
	assert_true(final_of(quniform, 3.5) == 4);
	assert_true(final_of(quniform, -2.5) == -2);
	assert_false(signbit(final_of(quniform, -0.4)));
	/* not clipped: qnormal; clipped: qloguniform */
	assert_true(
		final_of("{\"x\":{\"_type\":\"qnormal\",\"_value\":[0,1,2]}}",
			 -7.1) == -8);
	assert_true(
		final_of(
			"{\"x\":{\"_type\":\"qlognormal\",\"_value\":[0,1,2]}}",
			log(4.9)) == 4);
	assert_true(final_of("{\"x\":{\"_type\":\"qloguniform\",\"_value\":[1,"
			     "9,4]}}",
			     log(1.1)) == 1);
	/* nothing infinite ever reaches a trial */
	assert_true(isfinite(final_of(
		"{\"x\":{\"_type\":\"lognormal\",\"_value\":[0,1]}}", 1e6)));
}

static const char nested[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[0.001,1]},"
	"\"layer\":{\"_type\":\"choice\",\"_value\":["
	"{\"_name\":\"Empty\"},"
	"{\"_name\":\"Conv\",\"kernel\":{\"_type\":\"choice\",\"_value\":[1,2,"
	"3]},"
	"\"act\":{\"_type\":\"choice\",\"_value\":["
	"{\"_name\":\"elu\",\"alpha\":{\"_type\":\"uniform\",\"_value\":[0,1]}}"
	","
	"{\"_name\":\"relu\"}]}},"
	"{\"_name\":\"Pool\",\"size\":{\"_type\":\"randint\",\"_value\":[2,4]}}"
	"]},"
	"\"batch\":{\"_type\":\"quniform\",\"_value\":[16,128,16]}}";

/* lr, layer, layer.kernel, layer.act, layer.act.alpha, layer.size, batch */
enum { LR, LAYER, KERNEL, ACT, ALPHA, SIZE, BATCH, NESTED_COUNT };

static void flattens_nested_choices_in_order(void **state)
{
	struct space *space = parse(nested);
	static const char *const paths[] = {
		"lr",	     "layer",		"layer.kernel",
		"layer.act", "layer.act.alpha", "layer.size",
		"batch"};

	(void)state;
	assert_int_equal(space->count, NESTED_COUNT);
	for (size_t i = 0; i < space->count; i++)
		assert_string_equal(space->parameters[i].path, paths[i]);
	assert_int_equal(space->parameters[ALPHA].parent, ACT);
	assert_int_equal(space->parameters[SIZE].parent_option, 2);
	assert_true(space->parameters[LAYER].is_nested);
	space_free(space);
}

static void names_the_option_where_paths_would_clash(void **state)
{
	struct space *space = parse(
		"{\"l\":{\"_type\":\"choice\",\"_value\":["
		"{\"_name\":\"A\",\"k\":{\"_type\":\"choice\",\"_value\":[1]}},"
		"{\"_name\":\"B\",\"k\":{\"_type\":\"choice\",\"_value\":[1]},"
		"\"m\":{\"_type\":\"choice\",\"_value\":[1]}}]},"
		"\"l.A.k\":{\"_type\":\"choice\",\"_value\":[1]}}");

	(void)state;
	assert_string_equal(space->parameters[2].path, "l.B.k");
	assert_string_equal(space->parameters[3].path, "l.m");
	for (size_t i = 0; i < space->count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(space->parameters[i].path,
						space->parameters[j].path);
	space_free(space);
}

static void samples_only_active_parameters(void **state)
{
	struct space *space = parse(nested);
	double point[NESTED_COUNT];
	int layers[3] = {0};
	int alphas = 0;
	struct random random;

	(void)state;
	for (uint64_t i = 0; i < 3000; i++) {
		random_seed(&random, 3, i);
		space_sample(space, &random, point);
		assert_false(isnan(point[LR]) || isnan(point[LAYER]) ||
			     isnan(point[BATCH]));
		assert_int_equal(!isnan(point[KERNEL]), point[LAYER] == 1);
		assert_int_equal(!isnan(point[ACT]), point[LAYER] == 1);
		assert_int_equal(!isnan(point[ALPHA]), point[ACT] == 0);
		assert_int_equal(!isnan(point[SIZE]), point[LAYER] == 2);
		layers[(int)point[LAYER]]++;
		alphas += !isnan(point[ALPHA]);
	}
	for (int i = 0; i < 3; i++)
		assert_in_range(layers[i], 850, 1150);
	assert_in_range(alphas, 400, 600);
	space_free(space);
}

static void assert_formats(const char *json, const double *point,
			   const char *expected)
{
	struct space *space = parse(json);
	struct strbuf out = STRBUF_INIT;

	space_format(space, point, &out);
	assert_string_equal(out.data, expected);
	strbuf_release(&out);
	space_free(space);
}

static void formats_what_a_trial_receives(void **state)
{
	double conv[] = {log(0.5), 1, 2, 0, 0.25, NAN, 33};
	double empty[] = {0, 0, NAN, NAN, NAN, NAN, 128};
	double pool[] = {0, 2, NAN, NAN, NAN, 1, 24};
	double zero = 0;

	(void)state;
	assert_formats(nested, conv,
		       "{\"lr\":0.5,\"layer\":{\"_name\":\"Conv\",\"kernel\":3,"
		       "\"act\":{\"_name\":\"elu\",\"alpha\":0.25}},"
		       "\"batch\":32.0}");
	assert_formats(nested, empty,
		       "{\"lr\":1.0,\"layer\":{\"_name\":\"Empty\"},"
		       "\"batch\":128.0}");
	assert_formats(nested, pool,
		       "{\"lr\":1.0,\"layer\":{\"_name\":\"Pool\",\"size\":3},"
		       "\"batch\":32.0}");
	assert_formats("{\"a\\n\xc3\xa9\":{\"_type\":\"choice\",\"_value\":"
		       "[ {\"x\" : [1, 1.0, 0.10, 1e-3, true]} ]}}",
		       &zero,
		       "{\"a\\n\xc3\xa9\":{\"x\":[1,1.0,0.1,0.001,true]}}");
}

static void assert_float(double value, const char *expected)
{
	struct space *space =
		parse("{\"x\":{\"_type\":\"normal\",\"_value\":[0,1]}}");
	struct strbuf out = STRBUF_INIT;

	space_format(space, &value, &out);
	strbuf_consume(&out, strlen("{\"x\":"));
	strbuf_truncate(&out, out.len - 1);
	assert_string_equal(out.data, expected);
	assert_true(strtod(out.data, NULL) == value);
	strbuf_release(&out);
	space_free(space);
}

static void prints_floats_as_python_does(void **state)
{
	(void)state;
	assert_float(0, "0.0");
	assert_float(2, "2.0");
	assert_float(-2.5, "-2.5");
	assert_float(100, "100.0");
	assert_float(0.1, "0.1");
	assert_float(0.30000000000000004, "0.30000000000000004");
	assert_float(1 / 3.0, "0.3333333333333333");
	assert_float(0.0001, "0.0001");
	assert_float(0.00001, "1e-05");
	assert_float(0.000012345, "1.2345e-05");
	assert_float(123456789012345680.0, "1.2345678901234568e+17");
	assert_float(1e15, "1000000000000000.0");
	assert_float(1234567890123456.0, "1234567890123456.0");
	assert_float(1e16, "1e+16");
	assert_float(1e300, "1e+300");
	assert_float(5e-324, "5e-324");
}

static void reads_points_back(void **state)
{
	struct space *space = parse(nested);
	double point[NESTED_COUNT], back[NESTED_COUNT];
	struct strbuf out = STRBUF_INIT;
	struct strbuf again = STRBUF_INIT;
	struct random random;
	struct error err;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		random_seed(&random, 5, i);
		space_sample(space, &random, point);
		strbuf_clear(&out);
		space_format(space, point, &out);
		assert_true(space_parse_point(space, out.data, back, &err));
		for (int k = LAYER; k < BATCH; k++)
			assert_true(point[k] == back[k] ||
				    (isnan(point[k]) && isnan(back[k])));
		assert_true(fabs(point[LR] - back[LR]) < 1e-14);
		strbuf_clear(&again);
		back[LR] = point[LR];
		space_format(space, back, &again);
		assert_string_equal(out.data, again.data);
	}
	strbuf_release(&out);
	strbuf_release(&again);
	space_free(space);
}

static void refuses_points_of_other_spaces(void **state)
{
	static const struct {
		const char *json;
		const char *text;
	} cases[] = {
		{"[]", "parameters are a list, expect an object"},
		{"{\"lr\":", "parameters: cut short: a bracket is open"},
		{"{}", "parameter \"lr\" is missing"},
		{"{\"lr\":\"x\"}", "parameter \"lr\" must be a number"},
		{"{\"lr\":-1}", "parameter \"lr\" must be above 0"},
		{"{\"lt\":1}",
		 "unknown parameter \"lt\", did you mean \"lr\"?"},
		{"{\"lr\":1,\"layer\":1}",
		 "parameter \"layer\" must be an object with _name"},
		{"{\"lr\":1,\"layer\":{\"_name\":\"X\"}}",
		 "parameter \"layer\" has no option of this _name"},
		{"{\"lr\":1,\"layer\":{\"_name\":\"Pool\",\"size\":9}}",
		 "parameter \"layer.size\" must be an integer of its range"},
		{"{\"lr\":1,\"layer\":{\"_name\":\"Pool\",\"kernel\":1}}",
		 "unknown parameter \"kernel\""},
		{"{\"lr\":1,\"layer\":{\"_name\":\"Conv\",\"kernel\":4}}",
		 "parameter \"layer.kernel\" has a value that is not an "
		 "option"},
	};
	struct space *space = parse(nested);
	double point[NESTED_COUNT];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error err = {0};

		assert_false(
			space_parse_point(space, cases[i].json, point, &err));
		assert_string_equal(err.text, cases[i].text);
	}
	space_free(space);
}

static void takes_equal_numbers_for_options(void **state)
{
	struct space *space = parse(
		"{\"x\":{\"_type\":\"choice\",\"_value\":[2,1.0,1,\"1\"]}}");
	struct error err;
	double point;

	(void)state;
	assert_true(space_parse_point(space, "{\"x\":1}", &point, &err));
	assert_true(point == 2);
	assert_true(space_parse_point(space, "{\"x\":1.00}", &point, &err));
	assert_true(point == 1);
	assert_true(space_parse_point(space, "{\"x\":2.0}", &point, &err));
	assert_true(point == 0);
	assert_true(space_parse_point(space, "{\"x\":\"1\"}", &point, &err));
	assert_true(point == 3);
	space_free(space);
}

static void assert_cell(const struct space *space, const char *json, size_t i,
			const char *expected)
{
	struct strbuf out = STRBUF_INIT;

	space_format_cell(space, json, i, &out);
	assert_string_equal(out.data, expected);
	strbuf_release(&out);
}

static void cuts_cells_from_stored_parameters(void **state)
{
	static const char stored[] = " { \"x\" : [ {\"lr\":1} , \"]\\\"}\" ] , "
				     "\"lr\" :0.5, \"layer\": "
				     "{\"kernel\": 3, \"_name\" "
				     ":\"Conv\",\"act\":{\"_name\":\"elu\","
				     "\"alpha\":2.5e-05}},\"b\\u0061tch\":"
				     "\"1\\u00e9\\n\\ud83d\\ude00\\\"\"}";
	struct space *space = parse(nested);

	(void)state;
	assert_cell(space, stored, LR, "0.5");
	assert_cell(space, stored, LAYER, "Conv");
	assert_cell(space, stored, KERNEL, "3");
	assert_cell(space, stored, ACT, "elu");
	assert_cell(space, stored, ALPHA, "2.5e-05");
	assert_cell(space, stored, SIZE, "");
	assert_cell(space, stored, BATCH, "1\xc3\xa9\n\xf0\x9f\x98\x80\"");
	assert_cell(space, "{\"lr\":{\"a\":[1,2]},\"batch\":null}", LR,
		    "{\"a\":[1,2]}");
	assert_cell(space, "{\"lr\":{\"a\":[1,2]},\"batch\":null}", BATCH,
		    "null");
	space_free(space);
}

/* Every cut and every bent byte of a text: no crash, no endless walk. */
static void survives_broken_stored_parameters(void **state)
{
	static const char stored[] =
		"{\"lr\":0.5,\"layer\":{\"_name\":\"Co\\u006ev\",\"kernel\":3},"
		"\"batch\":[{\"\\ud83d\\ude00\":[]}]}";
	static const char bent[] = "{}[]\",:\\u\x80 ";
	struct space *space = parse(nested);
	struct strbuf out = STRBUF_INIT;

	(void)state;
	for (size_t at = 0; at < strlen(stored); at++) {
		for (size_t k = 0; k < sizeof(bent); k++) {
			/* exactly as long as it is, for the sanitizers */
			char *text = xstrdup(stored);

			text[at] = bent[k];
			if (!bent[k]) {
				free(text);
				text = xstrndup(stored, at);
			}
			for (size_t i = 0; i < space->count; i++)
				space_format_cell(space, text, i, &out);
			free(text);
		}
	}
	strbuf_release(&out);
	space_free(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_from_the_named_distribution),
		cmocka_unit_test(draws_discrete_values_in_proportion),
		cmocka_unit_test(quantises_as_python_does),
		cmocka_unit_test(flattens_nested_choices_in_order),
		cmocka_unit_test(names_the_option_where_paths_would_clash),
		cmocka_unit_test(samples_only_active_parameters),
		cmocka_unit_test(formats_what_a_trial_receives),
		cmocka_unit_test(prints_floats_as_python_does),
		cmocka_unit_test(reads_points_back),
		cmocka_unit_test(refuses_points_of_other_spaces),
		cmocka_unit_test(takes_equal_numbers_for_options),
		cmocka_unit_test(cuts_cells_from_stored_parameters),
		cmocka_unit_test(survives_broken_stored_parameters),
	};

	return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
