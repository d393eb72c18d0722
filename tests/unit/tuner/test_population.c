/* SPDX-License-Identifier: MIT */
/* Evolution, PBT and Anneal: what each of them is. */
#include "tests/unit/tuner/model_rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WIDTH_MAX 4

static const char PLANE[] =
	"{\"x\":{\"_type\":\"uniform\",\"_value\":[0,10]},"
	"\"y\":{\"_type\":\"uniform\",\"_value\":[0,10]},"
	"\"n\":{\"_type\":\"choice\",\"_value\":[0,1,2,3,4,5,6,7]}}";

static struct rig rig;

static int differences(const double *a, const double *b)
{
	int count = 0;

	for (int i = 0; i < 3; i++)
		count += a[i] != b[i];
	return count;
}

static void changes_one_parameter_of_the_better(void **state)
{
	double points[2][WIDTH_MAX];

	(void)state;
	rig_open(&rig, "Evolution", PLANE, "{\"population_size\":2}",
		 OBJECTIVE_MAXIMIZE, 5);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
		memcpy(points[i], rig.suggestion.point, sizeof(points[i]));
	}
	/* as many at once as there are individuals */
	assert_int_equal(rig_ask(&rig), TUNER_NOTHING_NOW);
	rig_finish(&rig, 0, 1);
	rig_finish(&rig, 1, 2);
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_int_equal(differences(rig.suggestion.point, points[1]), 1);
	/* the worse one is gone: the child's rival is its parent */
	rig_finish(&rig, 2, 3);
	memcpy(points[0], rig.suggestion.point, sizeof(points[0]));
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_int_equal(differences(rig.suggestion.point, points[0]), 1);
	rig_close(&rig);
}

static void replaces_those_that_fail(void **state)
{
	struct strbuf text = STRBUF_INIT;

	(void)state;
	rig_open(&rig, "Evolution", PLANE, "{\"population_size\":3}",
		 OBJECTIVE_MINIMIZE, 5);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	tuner_ended(rig.tuner, 0, TRIAL_FAILED);
	rig_finish(&rig, 1, 4);
	assert_true(tuner_describe(rig.tuner, &text));
	assert_string_equal(text.data,
			    "{\"population\":1,\"size\":3,\"fresh\":1,"
			    "\"running\":1,\"best\":4}");
	strbuf_release(&text);
	rig_close(&rig);
}

static void makes_imports_individuals(void **state)
{
	double good[WIDTH_MAX] = {1, 2, 3}, poor[WIDTH_MAX] = {7, 8, 1};

	(void)state;
	rig_open(&rig, "Evolution", PLANE, "{\"population_size\":2}",
		 OBJECTIVE_MAXIMIZE, 5);
	tuner_import_value(rig.tuner, good, 5);
	tuner_import_value(rig.tuner, poor, 1);
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_int_equal(differences(rig.suggestion.point, good), 1);
	rig_close(&rig);
}

static void expect_extra(int load, int load_epoch, int save, int save_epoch)
{
	char wanted[160];

	snprintf(wanted, sizeof(wanted),
		 "\"load_checkpoint_dir\":\"/mnt/c/%d/%d\","
		 "\"save_checkpoint_dir\":\"/mnt/c/%d/%d\"",
		 load, load_epoch, save, save_epoch);
	assert_string_equal(rig.suggestion.extra.data, wanted);
}

static void worst_go_on_from_the_best(void **state)
{
	double points[5][WIDTH_MAX];

	(void)state;
	rig_open(&rig, "PBT", PLANE,
		 "{\"population_size\":5,\"factor\":0.1,"
		 "\"resample_probability\":0}",
		 OBJECTIVE_MAXIMIZE, 5);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
		assert_int_equal(rig.suggestion.parent, -1);
		expect_extra(i, 0, i, 0);
		memcpy(points[i], rig.suggestion.point, sizeof(points[i]));
	}
	assert_int_equal(rig_ask(&rig), TUNER_NOTHING_NOW);
	rig_finish(&rig, 0, 3);
	rig_finish(&rig, 1, 5);
	rig_finish(&rig, 2, 4);
	tuner_ended(rig.tuner, 3, TRIAL_FAILED); /* the worst, so */
	assert_int_equal(rig_ask(&rig), TUNER_NOTHING_NOW);
	rig_finish(&rig, 4, 1);
	/* one in five is replaced: 3 goes on from 1, a step away from it */
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_int_equal(rig.suggestion.parent, 1);
	expect_extra(1, 0, 3, 1);
	for (int i = 0; i < 2; i++) {
		double step = fabs(rig.suggestion.point[i] - points[1][i]);
		double edge = fmin(points[1][i], 10 - points[1][i]);

		assert_true(fabs(step - 1) < 1e-12 ||
			    fabs(step - edge) < 1e-12);
	}
	assert_true(fabs(rig.suggestion.point[2] - points[1][2]) <= 1);
	/* the others with what they have, worst first: 4, 0, 2, 1 */
	assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
	assert_int_equal(rig.suggestion.parent, 4);
	expect_extra(4, 0, 4, 1);
	assert_int_equal(differences(rig.suggestion.point, points[4]), 0);
	rig_close(&rig);
}

static void needs_somewhere_for_checkpoints(void **state)
{
	struct tuner_context context = {0};
	struct space *space;
	struct error err;

	(void)state;
	assert_true(space_parse(PLANE, &space, NULL, &err));
	context.space = space;
	assert_false(tuner_validate(tuner_find("PBT"), &context, &err));
	assert_non_null(strstr(err.text, "add storage"));
	context.class_args = "{\"all_checkpoint_dir\":\"/data/c\"}";
	assert_true(tuner_validate(tuner_find("PBT"), &context, &err));
	space_free(space);
}

/* With n results a step is at most 1 / (1 + 0.1 n) of the range wide, and it is
 * around one of the best. */
static void draws_ever_closer(void **state)
{
	double good[WIDTH_MAX] = {3, 7, 2};
	double far = 0;
	int others = 0;

	(void)state;
	rig_open(&rig, "Anneal", PLANE, NULL, OBJECTIVE_MINIMIZE, 5);
	for (int i = 0; i < 190; i++)
		tuner_import_value(rig.tuner, good, 1);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
		far = fmax(far, fmax(fabs(rig.suggestion.point[0] - 3),
				     fabs(rig.suggestion.point[1] - 7)));
		others += rig.suggestion.point[2] != 2;
	}
	/* 10 / 20 wide */
	assert_true(far <= 0.25 && far > 0.2);
	/* (7/8) / 20 of 200 */
	assert_true(others > 0 && others < 30);
	rig_close(&rig);
}

/* The k-th best with probability 2^-(k+1). */
static void prefers_the_best(void **state)
{
	int counts[3] = {0};

	(void)state;
	rig_open(&rig, "Anneal", PLANE, NULL, OBJECTIVE_MINIMIZE, 5);
	for (int i = 0; i < 300; i++) {
		double point[WIDTH_MAX] = {1 + 4 * (i % 3), 5, 0};

		tuner_import_value(rig.tuner, point, 1 + i % 3 + i * 1e-6);
	}
	/* of each third the first hundred ranks: only the first is ever drawn
	 */
	for (int i = 0; i < 100; i++) {
		assert_int_equal(rig_ask(&rig), TUNER_SUGGESTED);
		counts[(int)rint((rig.suggestion.point[0] - 1) / 4)]++;
	}
	assert_int_equal(counts[0], 100);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_one_parameter_of_the_better),
		cmocka_unit_test(replaces_those_that_fail),
		cmocka_unit_test(makes_imports_individuals),
		cmocka_unit_test(worst_go_on_from_the_best),
		cmocka_unit_test(needs_somewhere_for_checkpoints),
		cmocka_unit_test(draws_ever_closer),
		cmocka_unit_test(prefers_the_best),
	};

	return cmocka_run_group_tests_name("population", tests, NULL, NULL);
}
