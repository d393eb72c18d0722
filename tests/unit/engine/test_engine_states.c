/* SPDX-License-Identifier: MIT */
/* The experiment's states: pause, stop, limits, and back. */
#include "tests/unit/engine/lab.h"

#include "model/experiment.h"

#include <stdio.h>
#include <stdlib.h>

#define SLEEP "exec sleep 60"
#define ONE ", \"trialConcurrency\": 1, \"maxTrialNumber\": 1"
#define RUNNING "SELECT running FROM experiment WHERE key = ?1"
#define STATE "SELECT state FROM experiment WHERE key = ?1"
#define TRIALS "SELECT next_sequence FROM experiment WHERE key = ?1"

static void test_stop_while_paused(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, SLEEP, ", \"trialConcurrency\": 1");
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	lab_do(lab, COMMAND_PAUSE, 0, NULL);
	lab_do(lab, COMMAND_ADD_TRIAL, 0, "{\"x\": 0.5}");
	assert_string_equal(lab_do(lab, COMMAND_STOP, 0, NULL), "stopping");
	lab_wait(lab, STATE, EXPERIMENT_STOPPED);
	assert_int_equal(lab_int(lab, "SELECT user_canceled FROM experiment"),
			 2);
	assert_int_equal(lab_int(lab, TRIALS), 2);
	assert_string_equal(lab_do(lab, COMMAND_RESUME, 0, NULL), "going on");
	lab_wait(lab, RUNNING, 1);
	assert_int_equal(lab_int(lab, TRIALS), 3);
}

/* A pause that comes too late must not outlive the stop. */
static void test_pause_while_stopping(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, "trap '' TERM; sleep 60", ", \"trialConcurrency\": 1");
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	lab_do(lab, COMMAND_STOP, 0, NULL);
	assert_int_equal(lab_int(lab, STATE), EXPERIMENT_STOPPING);
	assert_string_equal(lab_do(lab, COMMAND_PAUSE, 0, NULL),
			    "refused: the experiment is stopping");
	assert_string_equal(
		lab_do(lab, COMMAND_ADD_TRIAL, 0, "{}"),
		"refused: the experiment takes no more trials: raise its "
		"limits");
	lab_wait(lab, STATE, EXPERIMENT_STOPPED);
	lab_leave(lab);
	lab_run(lab, "UPDATE experiment SET is_paused = 1");
	lab_start(lab, true); /* starting means wanting it to run */
	lab_wait(lab, RUNNING, 1);
}

static void test_restart_of_every_end(void **state)
{
	struct lab *lab = *state;

	lab_create(lab,
		   "[ $TRIALDECK_ATTEMPT = 2 ] && exit 0;"
		   "case $NNI_TRIAL_SEQ_ID in 0) exit 0;; 1) exit 3;;"
		   " 2) exec sleep 60;; *) exec sleep 61;; esac",
		   ", \"trialConcurrency\": 4, \"maxTrialNumber\": 4");
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 2);
	lab_do(lab, COMMAND_KILL, lab_trial(lab, 2), NULL);
	lab_do(lab, COMMAND_SET, 0, "max-trial-duration=1s");
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_string_equal(
		lab_text(lab, "SELECT group_concat(state) FROM trial"),
		"2,3,4,6");
	lab_do(lab, COMMAND_SET, 0, "max-trial-duration=none");
	for (int i = 0; i < 4; i++)
		assert_non_null(strstr(
			lab_do(lab, COMMAND_RESTART, lab_trial(lab, i), NULL),
			"attempt 2"));
	lab_wait(lab, "SELECT succeeded FROM experiment", 4);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_int_equal(lab_int(lab, TRIALS), 4);
	/* each suggestion was taken up again and ended again */
	assert_int_equal(
		lab_int(lab, "SELECT count(*) FROM history WHERE kind = 0"), 8);
	assert_int_equal(
		lab_int(lab, "SELECT count(*) FROM history WHERE kind = 2"), 8);
}

static void test_every_knob(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, "[ $NNI_TRIAL_SEQ_ID = 3 ] && exit 4;" SLEEP, ONE);
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	lab_wait(lab, STATE, EXPERIMENT_NO_MORE_TRIAL);
	assert_string_equal(lab_do(lab, COMMAND_SET, 0, "max-trials=3"),
			    "max-trials: 1 -> 3");
	assert_int_equal(lab_int(lab, STATE), EXPERIMENT_RUNNING);
	assert_string_equal(lab_do(lab, COMMAND_SET, 0, "concurrency=3"),
			    "concurrency: 1 -> 3");
	lab_wait(lab, RUNNING, 3);
	assert_string_equal(lab_do(lab, COMMAND_SET, 0, "max-trials=2"),
			    "max-trials: 3 -> 2");
	assert_int_equal(lab_int(lab, RUNNING), 3); /* a limit kills nobody */
	assert_string_equal(lab_do(lab, COMMAND_SET, 0, "max-retries=1"),
			    "max-retries: 0 -> 1");
	lab_do(lab, COMMAND_KILL, 0, NULL);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	lab_do(lab, COMMAND_SET, 0, "max-trials=4");
	lab_wait(lab, "SELECT count(*) FROM attempt WHERE trial & 3 = 3", 2);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_string_equal(
		lab_do(lab, COMMAND_SET, 0, "max-trial-duration=1s"),
		"max-trial-duration: 0 -> 1");
	lab_do(lab, COMMAND_SET, 0, "max-trials=5");
	lab_wait(lab, "SELECT early_stopped FROM experiment", 1);
	lab_do(lab, COMMAND_SET, 0, "max-trial-duration=none");
	lab_do(lab, COMMAND_SET, 0, "max-trials=none");
	lab_wait(lab, RUNNING, 3);
	assert_string_equal(lab_do(lab, COMMAND_SET, 0, "max-duration=1s"),
			    "max-duration: 0 -> 1");
	lab_wait(lab, STATE, EXPERIMENT_NO_MORE_TRIAL);
	lab_do(lab, COMMAND_KILL, 0, NULL);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_string_equal(lab_do(lab, COMMAND_SET, 0, "max-duration=1h"),
			    "max-duration: 1 -> 3600");
	lab_wait(lab, RUNNING, 3);
}

static void test_own_trials_are_told_to_the_tuner(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, "echo final=${TRIALDECK_PARAM_X:-7}",
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 4");
	lab_run(lab, "UPDATE experiment SET is_paused = 1");
	lab_start(lab, true);
	lab_do(lab, COMMAND_ADD_TRIAL, 0, "{\"x\": 0.25}");
	lab_do(lab, COMMAND_ADD_TRIAL, 0,
	       "{\"z\": 5}"); /* no point of the space */
	lab_do(lab, COMMAND_RESUME, 0, NULL);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_string_equal(
		lab_text(lab, "SELECT group_concat(number || parameters || "
			      "value) FROM history WHERE kind = 3"),
		"-1{\"x\":0.25}0.25");
	assert_string_equal(lab_text(lab, "SELECT group_concat(number) FROM"
					  " history WHERE kind = 0"),
			    "0,1");
}

/* What the best trial had counts no longer once it runs again. */
static void test_restart_of_the_best(void **state)
{
	struct lab *lab = *state;

	lab_create(lab,
		   "[ $TRIALDECK_ATTEMPT = 2 ] && exec sleep 60;"
		   "echo final=$((9 - NNI_TRIAL_SEQ_ID))",
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 3,"
		   " \"tuner\": {\"name\": \"Random\", \"classArgs\":"
		   " {\"optimize_mode\": \"maximize\"}}");
	lab_start(lab, true);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_int_equal(lab_int(lab, "SELECT best FROM experiment"), 9);
	lab_do(lab, COMMAND_RESTART, lab_trial(lab, 0), NULL);
	assert_string_equal(lab_text(lab, "SELECT best || ' ' || (best_trial &"
					  " 3) FROM experiment"),
			    "8.0 1");
}

static void test_restart_of_all_that_failed(void **state)
{
	struct lab *lab = *state;
	int64_t all, best;

	lab_create(lab,
		   "echo final=$NNI_TRIAL_SEQ_ID;"
		   "[ $TRIALDECK_ATTEMPT = 2 ] && exec sleep 60;"
		   "[ $NNI_TRIAL_SEQ_ID != 1 ]",
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 4,"
		   " \"tuner\": {\"name\": \"Random\", \"classArgs\":"
		   " {\"optimize_mode\": \"maximize\"}}");
	lab_start(lab, true);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	/* the best, the second best and the failed one in a row */
	best = lab_ask(lab, COMMAND_RESTART, lab_trial(lab, 3), NULL);
	lab_ask(lab, COMMAND_RESTART, lab_trial(lab, 2), NULL);
	all = lab_ask(lab, COMMAND_RESTART, 0, NULL);
	assert_non_null(strstr(lab_answer(lab, best), "attempt 2"));
	assert_string_equal(lab_answer(lab, all), "1 failed trial restarted");
	assert_string_equal(lab_do(lab, COMMAND_RESTART, 0, NULL),
			    "refused: no trial has failed");
	assert_string_equal(lab_text(lab, "SELECT best || ' ' || (best_trial &"
					  " 3) FROM experiment"),
			    "0.0 0");
	assert_string_equal(lab_text(lab, "SELECT group_concat(number) FROM"
					  " history WHERE kind = 0"),
			    "0,1,2,3,3,2,1");
}

/* Nobody has to be there for the end: the engine ends by itself. */
static void test_it_ends_by_itself(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, "true", ONE);
	lab_start(lab, false);
	engine_wait(lab->engine);
	assert_true(engine_is_finished(lab->engine));
	assert_int_equal(lab_int(lab, STATE), EXPERIMENT_DONE);
	assert_int_equal(lab_int(lab, "SELECT owner_pid FROM experiment"), 0);
	lab_leave(lab);
	lab_start(lab, false); /* over as soon as it starts */
	engine_wait(lab->engine);
	assert_int_equal(lab_int(lab, TRIALS), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_make, lab_remove)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stop_while_paused),
		TEST(test_pause_while_stopping),
		TEST(test_restart_of_every_end),
		TEST(test_every_knob),
		TEST(test_own_trials_are_told_to_the_tuner),
		TEST(test_restart_of_the_best),
		TEST(test_restart_of_all_that_failed),
		TEST(test_it_ends_by_itself),
	};

	if (lab_main(argc, argv))
		return 1;
	return cmocka_run_group_tests_name("engine: states", tests, NULL, NULL);
}
