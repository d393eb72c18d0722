/* SPDX-License-Identifier: MIT */
/* What tuners give to trials beside parameters, and what they hear back. */
#include "tests/unit/engine/lab.h"

#include "base/mem.h"
#include "model/experiment.h"

#include <stdio.h>
#include <stdlib.h>

#define STATE "SELECT state FROM experiment WHERE key = ?1"
#define FINALS                                                                 \
	"SELECT group_concat(final) FROM (SELECT final FROM trial ORDER BY "   \
	"key)"
#define ASHA                                                                   \
	", \"tuner\": {\"name\": \"ASHA\", \"classArgs\": {\"min_budget\": 1," \
	" \"max_budget\": 9, \"budget_key\": \"STEPS\", \"seed\": 1}}"

/* The same schedule of four: 3@1, 1@3. */
#define BOHB                                                                   \
	", \"tuner\": {\"name\": \"BOHB\", \"classArgs\": {\"min_budget\": 1," \
	" \"max_budget\": 3, \"budget_key\": \"STEPS\", \"seed\": 1}}"

/* Each leaves its number; who goes on from another reports that one's. */
#define CHECKPOINTS                                                            \
	"echo $((NNI_TRIAL_SEQ_ID + 1)) > $TRIALDECK_CHECKPOINT_DIR/mine;"     \
	"p=0; [ -z \"$TRIALDECK_PARENT_CHECKPOINT_DIR\" ] ||"                  \
	" p=$(cat $TRIALDECK_PARENT_CHECKPOINT_DIR/mine);"                     \
	"echo parent=$p;"                                                      \
	"echo final=$((TRIALDECK_PARAM_TRIAL_BUDGET * 100 +"                   \
	" TRIALDECK_PARAM_STEPS * 10 + NNI_TRIAL_SEQ_ID))"

static void test_budgets_and_checkpoints(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, CHECKPOINTS,
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 4" ASHA);
	lab_start(lab, true);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	/* three begin with 1; the best of them, the last, goes on with 3 */
	assert_string_equal(lab_text(lab, FINALS), "110.0,111.0,112.0,333.0");
	assert_string_equal(
		lab_text(lab,
			 "SELECT group_concat(budget || ':' || parent) FROM"
			 " (SELECT * FROM history WHERE kind = 0"
			 " ORDER BY position)"),
		"1.0:-1,1.0:-1,1.0:-1,3.0:2");
	assert_string_equal(lab_text(lab,
				     "SELECT group_concat(budget) FROM history"
				     " WHERE kind = 1"),
			    "1.0,1.0,1.0,3.0");
	assert_int_equal(
		lab_int(lab, "SELECT value FROM metric_all JOIN metric_name n"
			     " ON n.key = metric_all.name WHERE n.name ="
			     " 'parent' AND trial & 15 = 3"),
		3);
	assert_non_null(strstr(
		lab_text(lab, "SELECT parameters FROM trial_parameters WHERE"
			      " trial & 15 = 3"),
		",\"TRIAL_BUDGET\":3,\"STEPS\":3}"));
	/* the history has the point alone */
	assert_null(strstr(lab_text(lab, "SELECT parameters FROM history WHERE"
					 " kind = 0 AND number = 3"),
			   "BUDGET"));
	lab_wait(lab, "SELECT count(*) FROM tuner_state", 1);
	/* the next begins another; run again, it goes on from the same */
	lab_do(lab, COMMAND_RESTART, lab_trial(lab, 3), NULL);
	lab_wait(lab, "SELECT count(*) FROM history WHERE kind = 2", 5);
	assert_string_equal(
		lab_text(lab,
			 "SELECT group_concat(budget || ':' || parent) FROM"
			 " history WHERE kind = 0 AND number = 3"),
		"3.0:2,3.0:2");
	assert_int_equal(
		lab_int(lab, "SELECT value FROM metric_all JOIN metric_name n"
			     " ON n.key = metric_all.name WHERE n.name ="
			     " 'parent' AND trial & 15 = 3 AND attempt = 2"),
		3);
}

/* Four trials, one after the other; in each the engine is killed, and left when
 * the next one runs. */
static void kill_in_each(struct lab *lab)
{
	for (int i = 0; i < 4; i++) {
		lab_start_other(lab);
		lab_wait(lab, "SELECT running FROM experiment WHERE key = ?1",
			 1);
		lab_wait(lab, "SELECT next_sequence FROM experiment", i + 1);
		lab_kill_other(lab);
		lab_let_go(lab, i);
		if (i == 3)
			break;
		lab_start(lab, true);
		lab_wait(lab, "SELECT next_sequence FROM experiment", i + 2);
		lab_leave(lab);
	}
	lab_start(lab, true);
}

/* Killed and resumed again and again: the same budgets and parents. */
static void test_budgets_over_kills(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, CHECKPOINTS "; " LAB_WAITS,
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 4" ASHA);
	kill_in_each(lab);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_string_equal(lab_text(lab, FINALS), "110.0,111.0,112.0,333.0");
}

static void test_bohb_over_kills(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, CHECKPOINTS "; " LAB_WAITS,
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 4" BOHB);
	kill_in_each(lab);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_string_equal(lab_text(lab, FINALS), "110.0,111.0,112.0,333.0");
	assert_string_equal(
		lab_text(lab, "SELECT group_concat(parent) FROM (SELECT * FROM"
			      " history WHERE kind = 0 ORDER BY position)"),
		"-1,-1,-1,2");
}

/* A list of four objects: each once, whatever happens in between. */
static void test_batch_over_kills(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, "echo final=$TRIALDECK_PARAM_V; " LAB_WAITS,
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 9,"
		   " \"tuner\": {\"name\": \"Batch\"}, \"searchSpace\":"
		   " {\"combine_params\": {\"_type\": \"choice\", \"_value\":"
		   " [{\"v\": 3}, {\"v\": 1, \"w\": [1]}, {\"v\": 3}, {\"v\":"
		   " 2}]}}");
	kill_in_each(lab);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_string_equal(lab_text(lab, FINALS), "3.0,1.0,3.0,2.0");
	assert_string_equal(
		lab_text(lab, "SELECT parameters FROM trial_parameters WHERE"
			      " trial & 15 = 1"),
		"{\"v\":1,\"w\":[1]}");
}

static void test_population(void **state)
{
	struct lab *lab = *state;

	lab_create(lab,
		   "mkdir -p $TRIALDECK_PARAM_SAVE_CHECKPOINT_DIR;"
		   "echo $NNI_TRIAL_SEQ_ID >"
		   " $TRIALDECK_PARAM_SAVE_CHECKPOINT_DIR/n;"
		   "echo final=$(cat $TRIALDECK_PARAM_LOAD_CHECKPOINT_DIR/n)",
		   ", \"trialConcurrency\": 2, \"maxTrialNumber\": 4,"
		   " \"tuner\": {\"name\": \"PBT\", \"classArgs\":"
		   " {\"population_size\": 2, \"fraction\": 0.5}}");
	lab_start(lab, true);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	/* both of the second epoch go on from the better one */
	assert_string_equal(lab_text(lab, FINALS), "0.0,1.0,1.0,1.0");
	assert_int_equal(
		lab_int(lab,
			"SELECT sum(parent = 1) FROM history WHERE kind = 0"
			" AND number > 1"),
		2);
}

static void test_ends_without_a_result(void **state)
{
	struct lab *lab = *state;

	/* none at all, text, NaN, the last intermediate one, failed with one,
	 * stopped with one */
	lab_create(lab,
		   "case $NNI_TRIAL_SEQ_ID in 0) ;; 1) echo final=abc;;"
		   " 2) echo final=nan;; 3) echo default=1; echo default=2;;"
		   " 4) echo final=4; exit 1;;"
		   " *) echo default=5; exec sleep 60;; esac",
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 6");
	lab_start(lab, true);
	lab_wait(lab, "SELECT intermediates FROM trial WHERE key & 15 = 5", 1);
	lab_do(lab, COMMAND_SET, 0, "max-trial-duration=1s");
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_string_equal(
		lab_text(lab, "SELECT group_concat(number || ':' || value) FROM"
			      " history WHERE kind = 1"),
		"2:NaN,3:2.0,4:4.0,5:5.0");
	assert_string_equal(lab_text(lab, "SELECT group_concat(state) FROM"
					  " history WHERE kind = 2"),
			    "2,2,2,2,3,6");
	assert_int_equal(
		lab_int(lab,
			"SELECT count(*) FROM event WHERE kind = 'result'"),
		2);
}

#define SEVERAL                                                                \
	", \"tuner\": {\"name\": \"Random\", \"classArgs\": {"                 \
	"\"optimize_mode\": {\"accuracy\": \"maximize\", \"latency\":"         \
	" \"minimize\"}, \"constraints\": {\"memory\": \"<= 4\"}}}"

/* Members of one report, one of them missing in the second trial; the third
 * breaks a constraint, the last has its latency as an intermediate result. */
static void test_several_objectives(void **state)
{
	struct lab *lab = *state;

	lab_create(
		lab,
		"r() { echo \"{\\\"type\\\": \\\"$1\\\", \\\"value\\\": $2}\""
		" >> $TRIALDECK_METRICS; };"
		"case $NNI_TRIAL_SEQ_ID in"
		" 0) r final '{\"accuracy\": 0.5, \"latency\": 9,"
		" \"memory\": 4}';;"
		" 1) r final '{\"accuracy\": 0.75, \"memory\": 1}';;"
		" 2) r final '{\"accuracy\": 1, \"latency\": 1, \"memory\":"
		" 6}';;"
		" *) r intermediate '{\"accuracy\": 0.1, \"latency\": 8}';"
		" r intermediate '{\"accuracy\": 0.2, \"latency\": 7}';"
		" r final '{\"accuracy\": 0.25}';; esac",
		", \"trialConcurrency\": 1, \"maxTrialNumber\": 4" SEVERAL);
	lab_start(lab, true);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	/* the primary one is what trials show, and their best */
	assert_string_equal(lab_text(lab, FINALS), "0.5,0.75,1.0,0.25");
	assert_string_equal(lab_text(lab, "SELECT best || ' ' || (best_trial &"
					  " 15) FROM experiment"),
			    "1.0 2");
	assert_string_equal(lab_text(lab, "SELECT last || ' ' || intermediates"
					  " FROM trial WHERE key & 15 = 3"),
			    "0.2 2");
	assert_string_equal(
		lab_text(lab, "SELECT group_concat(result || violation, ' ')"
			      " FROM history WHERE kind = 1"),
		"[0.5,9]0.0 [0.75,null]0.0 [1,1]2.0 [0.25,7]5.0");
	/* latency of one and memory of the other never came */
	assert_int_equal(
		lab_int(lab,
			"SELECT count(*) FROM event WHERE kind = 'result'"),
		2);
}

/* ---- another space or other arguments meanwhile ----------------------------
 */

#define PARAMETERS                                                             \
	"SELECT group_concat(parameters) FROM (SELECT parameters FROM"         \
	" trial_parameters ORDER BY trial)"
#define SMALL                                                                  \
	"\"searchSpace\":{\"x\":{\"_type\":\"uniform\",\"_value\":[0.5,2]}}"
#define CHANGES 10 /* trials in all; the change comes in the fifth */

/* What all trials were given, with a change of the space while the fifth runs;
 * from then on the engine is left, or killed, in each. */
static char *run_changed(struct lab *lab, const char *tuner, bool is_left)
{
	char *members = xasprintf(
		", \"trialConcurrency\": 1, \"maxTrialNumber\": %d, \"tuner\":"
		" {\"name\": \"%s\", \"classArgs\": {\"seed\": 5,"
		" \"optimize_mode\": \"maximize\"}}",
		CHANGES, tuner);

	lab_create(lab, "echo final=$TRIALDECK_PARAM_X; " LAB_WAITS, members);
	free(members);
	lab_start(lab, true);
	for (int i = 0; i < CHANGES; i++) {
		lab_wait(lab, "SELECT next_sequence FROM experiment", i + 1);
		lab_wait(lab, "SELECT running FROM experiment", 1);
		if (i == 4)
			assert_non_null(strstr(
				lab_do(lab, COMMAND_CHANGE, 0, "{" SMALL "}"),
				"begins anew"));
		if (i > 4 && is_left) {
			lab_leave(lab);
			lab_start(lab, true);
			lab_wait(lab, "SELECT running FROM experiment", 1);
		}
		lab_let_go(lab, i);
	}
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	return xstrdup(lab_text(lab, PARAMETERS));
}

static void change_and_compare(struct lab *lab, const char *tuner)
{
	static const char sql[] =
		"SELECT count(*) FROM trial_parameters WHERE trial & 15 %s 4"
		" AND json_extract(parameters, '$.x') NOT BETWEEN %s";
	char query[200], *straight, *resumed;
	struct lab *other = NULL;

	straight = run_changed(lab, tuner, false);
	snprintf(query, sizeof(query), sql, "<=", "0 AND 1");
	assert_int_equal(lab_int(lab, query), 0);
	snprintf(query, sizeof(query), sql, ">", "0.5 AND 2");
	assert_int_equal(lab_int(lab, query), 0);
	assert_int_equal(lab_int(lab, "SELECT number FROM history WHERE"
				      " kind = 5"),
			 5);
	assert_non_null(strstr(lab_text(lab, "SELECT space FROM"
					     " experiment_text"),
			       "[0.5,2]"));
	lab_leave(lab);
	assert_int_equal(lab_make((void **)&other), 0);
	resumed = run_changed(other, tuner, true);
	assert_string_equal(straight, resumed);
	assert_int_equal(lab_remove((void **)&other), 0);
	free(straight);
	free(resumed);
}

static void test_space_is_changed(void **state)
{
	change_and_compare(*state, "TPE");
}

static void test_space_of_a_slow_tuner_is_changed(void **state)
{
	change_and_compare(*state, "GP");
}

static void test_changes_are_refused(void **state)
{
	static const struct {
		const char *change, *words;
	} rows[] = {
		{"{}", "searchSpace or classArgs is needed"},
		{"[1]", "a change is a JSON object"},
		{"{", "refused: "},
		{"{\"searchSpace\":{\"x\":{\"_type\":\"uniform\","
		 "\"_value\":[2,1]}}}",
		 "refused: "},
		{"{\"searchSpace\":7}", "refused: "},
		{"{\"classArgs\":{\"optimize_mode\":\"minimize\"}}",
		 "optimize_mode does not change"},
		{"{\"classArgs\":{\"gamma\":\"much\"}}", "refused: "},
	};
	struct lab *lab = *state;

	lab_create(lab, LAB_WAITS,
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 2");
	lab_start(lab, true);
	lab_wait(lab, "SELECT running FROM experiment", 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *answer =
			lab_do(lab, COMMAND_CHANGE, 0, rows[i].change);

		if (strncmp(answer, "refused: ", 9) != 0 ||
		    !strstr(answer, rows[i].words))
			fail_msg("%s: %s", rows[i].change, answer);
	}
	assert_int_equal(
		lab_int(lab, "SELECT count(*) FROM history WHERE kind = 5"), 0);
	/* what is asked for in the same look meets the new one */
	assert_non_null(strstr(lab_do(lab, COMMAND_CHANGE, 0, "{" SMALL "}"),
			       "begins anew"));
	assert_string_equal(lab_do(lab, COMMAND_SET, 0, "max-trials=3"),
			    "max-trials: 2 -> 3");
	assert_string_equal(lab_do(lab, COMMAND_KILL, 0, NULL),
			    "1 trials ended");
}

static void test_budgets_do_not_change(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, LAB_WAITS,
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 4" ASHA);
	lab_start(lab, true);
	lab_wait(lab, "SELECT running FROM experiment", 1);
	assert_non_null(strstr(lab_do(lab, COMMAND_CHANGE, 0, "{" SMALL "}"),
			       "refused: tuner ASHA keeps budgets"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_budgets_and_checkpoints,
						lab_make, lab_remove),
		cmocka_unit_test_setup_teardown(test_budgets_over_kills,
						lab_make, lab_remove),
		cmocka_unit_test_setup_teardown(test_bohb_over_kills, lab_make,
						lab_remove),
		cmocka_unit_test_setup_teardown(test_batch_over_kills, lab_make,
						lab_remove),
		cmocka_unit_test_setup_teardown(test_population, lab_make,
						lab_remove),
		cmocka_unit_test_setup_teardown(test_space_is_changed, lab_make,
						lab_remove),
		cmocka_unit_test_setup_teardown(
			test_space_of_a_slow_tuner_is_changed, lab_make,
			lab_remove),
		cmocka_unit_test_setup_teardown(test_changes_are_refused,
						lab_make, lab_remove),
		cmocka_unit_test_setup_teardown(test_budgets_do_not_change,
						lab_make, lab_remove),
		cmocka_unit_test_setup_teardown(test_several_objectives,
						lab_make, lab_remove),
		cmocka_unit_test_setup_teardown(test_ends_without_a_result,
						lab_make, lab_remove),
	};

	if (lab_main(argc, argv))
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
