/* SPDX-License-Identifier: MIT */
/* Outputs in the life of an engine: recorded, counted, kept by the rule, and
 * caught up with after a crash. */
#include "tests/unit/engine/lab.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LEAVES                                                                 \
	"mkdir -p $NNI_OUTPUT_DIR/m; echo 12345 > $NNI_OUTPUT_DIR/m/file; "    \
	"echo final=$TRIALDECK_PARAM_X"

static void what_is_left_is_counted(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, LEAVES, ",\"trialConcurrency\":2,\"maxTrialNumber\":3");
	lab_start(lab, true);
	lab_wait(lab, "SELECT count(*) FROM output WHERE state = 1", 3);
	assert_int_equal(lab_int(lab, "SELECT sum(files) * 100 + sum(bytes)"
				      " FROM output"),
			 3 * 100 + 3 * 6);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM storage"), 1);
	assert_string_equal(lab_text(lab, "SELECT json_extract(config,"
					  " '$.storageType') FROM storage"),
			    "folder");
}

static void the_place_is_written_with_the_intent(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, LAB_WAITS,
		   ",\"trialConcurrency\":2,\"maxTrialNumber\":1");
	lab_start(lab, true);
	lab_wait(lab, "SELECT state FROM trial", 1);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM output"
				      " WHERE state = 0 AND files = -1"
				      " AND url LIKE 'file://localhost:/%'"),
			 1);
	lab_let_go(lab, 0);
	lab_wait(lab, "SELECT state FROM output", 1);
}

static void the_rule_is_applied(void **state)
{
	struct lab *lab = *state;
	char *path;

	lab_create(lab, LEAVES,
		   ",\"trialConcurrency\":2,\"maxTrialNumber\":6,\"outputs\":{"
		   "\"keep\":\"best 2\"}");
	lab_start(lab, false);
	lab_wait(lab, "SELECT count(*) FROM output WHERE state = 2", 4);
	/* the best two by the objective are those that stay */
	assert_int_equal(
		lab_int(lab,
			"SELECT count(*) FROM output o JOIN trial t"
			" ON t.key = o.trial WHERE o.state = 1 AND"
			" t.key IN (SELECT key FROM trial ORDER BY final DESC"
			" LIMIT 2)"),
		2);
	assert_string_equal(lab_text(lab, "SELECT DISTINCT note FROM output"
					  " WHERE state = 2"),
			    "by the rule: not one of the best 2");
	lab_wait(lab, "SELECT count(*) FROM event WHERE kind = 'outputs'", 1);
	for (int i = 0; i < 6; i++) {
		char sql[80];

		snprintf(sql, sizeof(sql),
			 "SELECT state FROM output WHERE trial & 255 = %d", i);
		path = lab_path(lab, i, "m/file");
		assert_int_equal(access(path, F_OK) == 0,
				 lab_int(lab, sql) == 1);
		free(path);
		/* its log stays in any case */
		path = lab_path(lab, i, "stdout");
		assert_int_equal(access(path, F_OK), 0);
		free(path);
	}
}

static void failed_ones_go_when_told(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, LEAVES "; exit 3",
		   ",\"trialConcurrency\":2,\"maxTrialNumber\":2,"
		   "\"maxTrialRetries\":1,"
		   "\"outputs\":{\"keepFailed\":false}");
	lab_start(lab, true);
	lab_wait(lab, "SELECT count(*) FROM output WHERE state = 2", 4);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM output WHERE note ="
				      " 'by the rule: an earlier attempt'"),
			 2);
}

static void a_constraint_counts_more_than_the_best_value(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, LEAVES "; echo memory=$TRIALDECK_PARAM_X",
		   ",\"trialConcurrency\":1,\"maxTrialNumber\":8,\"seed\":7,"
		   "\"outputs\":{\"keep\":\"best 1\"},\"tuner\":{\"name\":"
		   "\"TPE\",\"classArgs\":{\"optimize_mode\":\"maximize\","
		   "\"constraints\":{\"memory\":\"<= 0.5\"}}}");
	lab_start(lab, false);
	lab_wait(lab, "SELECT count(*) FROM output WHERE state = 2", 7);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM trial"
				      " WHERE final > 0.5") > 0,
			 1);
	/* greater values there were, but they broke the bound */
	assert_int_equal(
		lab_int(lab, "SELECT t.final = (SELECT max(final) FROM trial"
			     " WHERE final <= 0.5) FROM output o JOIN trial t"
			     " ON t.key = o.trial WHERE o.state = 1"),
		1);
}

static void a_crash_is_caught_up_with(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, LEAVES, ",\"trialConcurrency\":2,\"maxTrialNumber\":2");
	lab_start(lab, true);
	lab_wait(lab, "SELECT count(*) FROM output WHERE state = 1", 2);
	lab_leave(lab);
	/* as if it had died before it wrote what it found */
	lab_run(lab, "UPDATE output SET state = 0, files = -1, bytes = -1");
	lab_start(lab, true);
	lab_wait(lab,
		 "SELECT count(*) FROM output WHERE state = 1"
		 " AND files = 1",
		 2);
}

static void what_was_cleaned_by_hand_stays_so(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, LAB_WAITS,
		   ",\"trialConcurrency\":2,\"maxTrialNumber\":1");
	lab_start(lab, true);
	lab_wait(lab, "SELECT state FROM trial", 1);
	lab_run(lab, "UPDATE output SET state = 2, note = 'by ann'");
	lab_let_go(lab, 0);
	lab_wait(lab, "SELECT state FROM experiment", 4);
	assert_string_equal(lab_text(lab, "SELECT note FROM output"), "by ann");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_make, lab_remove)
		TEST(what_is_left_is_counted),
		TEST(the_place_is_written_with_the_intent),
		TEST(the_rule_is_applied),
		TEST(failed_ones_go_when_told),
		TEST(a_constraint_counts_more_than_the_best_value),
		TEST(a_crash_is_caught_up_with),
		TEST(what_was_cleaned_by_hand_stays_so),
	};

	if (lab_main(argc, argv))
		return 1;
	return cmocka_run_group_tests_name("outputs", tests, NULL, NULL);
}
