/* SPDX-License-Identifier: MIT */
/* Points by the quick way are those by the exact one; of what is none of the
 * space's it takes what it can, and whatever the text is, it comes back. */
#include "model/space_scan.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[1e-6,1]},"
	"\"n\":{\"_type\":\"randint\",\"_value\":[3,90]},"
	"\"q\":{\"_type\":\"quniform\",\"_value\":[0,8,2]},"
	"\"act\":{\"_type\":\"choice\",\"_value\":[\"a \\\"b\\\"\",1,2.5,true,"
	"null,[1,{\"x\":2}]]},"
	"\"layer\":{\"_type\":\"choice\",\"_value\":[{\"_name\":\"Empty\"},"
	"{\"_name\":\"Conv\",\"size\":{\"_type\":\"randint\",\"_value\":[1,9]},"
	"\"inner\":{\"_type\":\"choice\",\"_value\":[{\"_name\":\"p\"},"
	"{\"_name\":\"q\",\"rate\":{\"_type\":\"uniform\",\"_value\":[0,1]}}]}}"
	"]"
	"},\"e\":{\"_type\":\"normal\",\"_value\":[0,1]}}";

struct rig {
	struct space *space;
	struct space_scan *scan;
	double *point, *exact;
};

static int set_up(void **state)
{
	struct rig *rig = xcalloc(1, sizeof(*rig));
	struct error err = {0};

	if (!space_parse(text, &rig->space, NULL, &err))
		fail_msg("%s", err.text);
	rig->scan = space_scan_new(rig->space);
	rig->point = xcalloc(rig->space->count, sizeof(double));
	rig->exact = xcalloc(rig->space->count, sizeof(double));
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;

	space_scan_free(rig->scan);
	space_free(rig->space);
	free(rig->point);
	free(rig->exact);
	free(rig);
	return 0;
}

static void check_same(const struct rig *rig)
{
	for (size_t i = 0; i < rig->space->count; i++) {
		if (isnan(rig->exact[i]))
			assert_true(isnan(rig->point[i]));
		else
			assert_true(rig->point[i] == rig->exact[i]);
	}
}

static void test_same_as_exact(void **state)
{
	struct rig *rig = *state;
	struct strbuf json = STRBUF_INIT;
	struct error err = {0};

	for (uint64_t i = 0; i < 300; i++) {
		struct random random;
		size_t strange = 9;

		random_seed(&random, 6, i);
		space_sample(rig->space, &random, rig->exact);
		strbuf_clear(&json);
		space_format(rig->space, rig->exact, &json);
		if (!space_parse_point(rig->space, json.data, rig->exact, &err))
			fail_msg("%s", err.text);
		assert_true(space_scan_point(rig->scan, json.data, rig->point,
					     &strange));
		assert_int_equal(strange, 0);
		check_same(rig);
	}
	strbuf_release(&json);
}

/* Order, white space, escapes, members of others; 2 for 2.0. */
static void test_other_forms(void **state)
{
	struct rig *rig = *state;
	size_t strange;

	assert_true(space_scan_point(
		rig->scan,
		" { \"e\" : -1e0 , \"TRIAL_BUDGET\": 9, \"layer\" : {\"size\": "
		"4, \"inner\": {\"rate\": 0.5, \"_name\": \"q\"}, \"_name\" : "
		"\"C\\u006fnv\"}, \"act\":\"a \\u0022b\\u0022\",\"\\u006er\":1,"
		"\"q\": 4, \"lr\": 1 }",
		rig->point, &strange));
	assert_int_equal(strange, 0);
	assert_true(rig->point[0] == 0);
	assert_true(isnan(rig->point[1]));
	assert_true(rig->point[2] == 4);
	assert_true(rig->point[3] == 0);
	assert_true(rig->point[4] == 1);
	assert_true(rig->point[5] == 3);
	assert_true(rig->point[6] == 1);
	assert_true(rig->point[7] == 0.5);
	assert_true(rig->point[8] == -1);
	assert_true(space_scan_point(rig->scan, "{\"act\": [1, {\"x\" : 2}]}",
				     rig->point, &strange));
	assert_true(rig->point[3] == 5 && !strange);
	assert_true(space_scan_point(rig->scan, "{\"act\":1.0}", rig->point,
				     &strange));
	assert_true(rig->point[3] == 1 && !strange);
}

static void test_strange(void **state)
{
	static const struct {
		const char *json;
		size_t strange;
	} cases[] = {
		{"{}", 0},
		{"{\"lr\":-1}", 1},
		{"{\"lr\":\"0.1\"}", 1},
		{"{\"lr\":null,\"n\":3.5}", 2},
		{"{\"n\":90}", 1},
		{"{\"n\":2}", 1},
		{"{\"e\":1e999}", 1},
		{"{\"act\":\"b\"}", 1},
		{"{\"layer\":\"Conv\"}", 1},
		{"{\"layer\":{\"size\":3}}", 1},
		{"{\"layer\":{\"_name\":\"Dense\",\"size\":3}}", 1},
		{"{\"layer\":{\"_name\":\"Conv\",\"size\":30}}", 1},
		{"{\"layer\":{\"_name\":\"Empty\",\"size\":3}}", 0},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t strange = 9;

		assert_true(space_scan_point(rig->scan, cases[i].json,
					     rig->point, &strange));
		if (strange != cases[i].strange)
			fail_msg("%s: %zu", cases[i].json, strange);
	}
}

static void test_broken(void **state)
{
	static const char whole[] =
		"{\"lr\":0.5,\"act\":\"a \\\"b\\\"\",\"layer\":{\"_name\":"
		"\"Conv\",\"inner\":{\"_name\":\"q\",\"rate\":0.5}},\"e\":1}";
	static const char *const none[] = {"",		"[]",
					   "7",		"nonsense",
					   "{",		"{\"lr\"}",
					   "{\"lr\":}", "{\"lr\" 1}",
					   "{lr:1}",	"{\"lr\":1 \"e\":2"};
	struct rig *rig = *state;

	assert_false(space_scan_point(rig->scan, NULL, rig->point, NULL));
	for (size_t i = 0; i < COUNT_OF(none); i++)
		if (space_scan_point(rig->scan, none[i], rig->point, NULL))
			fail_msg("%s", none[i]);
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		char *cut = xstrndup(whole, len);

		assert_false(
			space_scan_point(rig->scan, cut, rig->point, NULL));
		free(cut);
	}
	assert_true(space_scan_point(rig->scan, whole, rig->point, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_exact),
		cmocka_unit_test(test_other_forms),
		cmocka_unit_test(test_strange),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests_name("model/space_scan", tests, set_up,
					   tear_down);
}
