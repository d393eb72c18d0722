/* SPDX-License-Identifier: MIT */
/* Batch: whole objects, each once and in order. */
#include "tests/unit/tuner/model_rig.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* As NNI's documentation has it; one of them twice. */
static const char LIST[] =
	"{\"combine_params\":{\"_type\":\"choice\",\"_value\":["
	"{\"optimizer\":\"Adam\",\"learning_rate\":0.00001},"
	"{\"optimizer\":\"Adam\",\"learning_rate\":0.0001},"
	"{\"optimizer\":\"SGD\",\"learning_rate\":0.01},"
	"{\"optimizer\":\"Adam\",\"learning_rate\":0.0001}]}}";

static struct rig rig;

static void begin(void)
{
	rig_open(&rig, "BatchTuner", LIST, NULL, OBJECTIVE_MAXIMIZE, 1);
}

static enum tuner_outcome outcome(void)
{
	double point[1];
	struct error err;

	return tuner_suggest_point(rig.tuner, rig.next, point, &err);
}

static void expect_text(int64_t number, const char *expected)
{
	struct strbuf text = STRBUF_INIT;

	tuner_format(tuner_flags(rig.tuner), rig.space, rig.points[number],
		     &text);
	assert_string_equal(text.data, expected);
	strbuf_release(&text);
}

static void hands_out_whole_objects_in_order(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 4; i++)
		assert_int_equal(rig_suggest(&rig), i);
	expect_text(0, "{\"optimizer\":\"Adam\",\"learning_rate\":1e-05}");
	expect_text(1, "{\"optimizer\":\"Adam\",\"learning_rate\":0.0001}");
	expect_text(2, "{\"optimizer\":\"SGD\",\"learning_rate\":0.01}");
	expect_text(3, "{\"optimizer\":\"Adam\",\"learning_rate\":0.0001}");
	assert_int_equal(outcome(), TUNER_EXHAUSTED);
	/* one that fails, or is run once more, changes nothing of that */
	tuner_ended(rig.tuner, 1, TRIAL_FAILED);
	tuner_adopt(rig.tuner, 1, rig.points[1]);
	assert_int_equal(outcome(), TUNER_EXHAUSTED);
	rig_close(&rig);
}

/* In any order of members, and as other tuners would have written it. */
static void skips_what_is_known(void **state)
{
	static const char *const known[] = {
		"{\"learning_rate\":1e-4,\"optimizer\":\"Adam\"}",
		"{\"combine_params\":{\"optimizer\":\"SGD\","
		"\"learning_rate\":0.01}}",
	};
	struct error err;
	double point;

	(void)state;
	begin();
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (!space_parse_point(rig.space, known[i], &point, &err))
			fail_msg("%s", err.text);
		tuner_import_value(rig.tuner, &point, 1);
	}
	assert_false(space_parse_point(rig.space, "{\"optimizer\":\"Adam\"}",
				       &point, &err));
	assert_int_equal(rig.points[rig_suggest(&rig)][0], 0);
	/* the second of the two that are the same */
	assert_int_equal(rig.points[rig_suggest(&rig)][0], 3);
	assert_int_equal(outcome(), TUNER_EXHAUSTED);
	rig_close(&rig);
}

static void shows_them_in_the_table(void **state)
{
	struct strbuf cell = STRBUF_INIT;

	(void)state;
	begin();
	space_format_cell(rig.space, " {\"optimizer\":\"SGD\"} ", 0, &cell);
	assert_string_equal(cell.data, "{\"optimizer\":\"SGD\"}");
	strbuf_truncate(&cell, 0);
	space_format_cell(rig.space, "{\"optimizer\":", 0, &cell);
	assert_string_equal(cell.data, "");
	strbuf_release(&cell);
	rig_close(&rig);
}

static void refuses_other_spaces(void **state)
{
	static const char *const spaces[][2] = {
		{"{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]}}",
		 "Batch takes a list of parameter objects"},
		{"{\"a\":{\"_type\":\"choice\",\"_value\":[{\"x\":1}]},"
		 "\"b\":{\"_type\":\"choice\",\"_value\":[{\"x\":1}]}}",
		 "Batch takes a list of parameter objects"},
		{"{\"a\":{\"_type\":\"choice\",\"_value\":[{\"x\":1},2]}}",
		 "\"a\" has an option that is none"},
		{"{\"a\":{\"_type\":\"choice\",\"_value\":["
		 "{\"_name\":\"n\"}]}}",
		 "Batch takes a list of parameter objects"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(spaces); i++) {
		struct tuner_context context = {0};
		struct space *space;
		struct error err = {0};

		assert_true(space_parse(spaces[i][0], &space, NULL, &err));
		context.space = space;
		assert_false(
			tuner_validate(tuner_find("Batch"), &context, &err));
		assert_non_null(strstr(err.text, spaces[i][1]));
		space_free(space);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_out_whole_objects_in_order),
		cmocka_unit_test(skips_what_is_known),
		cmocka_unit_test(shows_them_in_the_table),
		cmocka_unit_test(refuses_other_spaces),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
