/* SPDX-License-Identifier: MIT */
/* Commands: each has exactly one outcome, whatever happens in between. */
#include "tests/unit/engine/lab.h"

#include "model/experiment.h"

#include <stdio.h>
#include <stdlib.h>

#define SLEEP "exec sleep 60"
#define ONE ", \"trialConcurrency\": 1, \"maxTrialNumber\": 1"
#define RUNNING "SELECT running FROM experiment WHERE key = ?1"
#define STATE "SELECT state FROM experiment WHERE key = ?1"
#define TRIALS "SELECT next_sequence FROM experiment WHERE key = ?1"

static void test_every_verb_has_one_outcome(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, SLEEP,
		   ", \"trialConcurrency\": 2, \"maxTrialNumber\": 2");
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 2);
	assert_string_equal(lab_do(lab, COMMAND_PAUSE, 0, NULL),
			    "paused: no new trials start");
	assert_string_equal(lab_do(lab, COMMAND_PAUSE, 0, NULL),
			    "refused: it is paused already");
	assert_string_equal(lab_do(lab, COMMAND_RESUME, 0, NULL), "going on");
	assert_string_equal(lab_do(lab, COMMAND_RESUME, 0, NULL),
			    "refused: it is not paused");
	assert_non_null(strstr(
		lab_do(lab, COMMAND_KILL, lab_trial(lab, 0), NULL), "ended"));
	assert_string_equal(lab_do(lab, COMMAND_KILL, lab_trial(lab, 0), NULL),
			    "refused: the trial is over already");
	assert_non_null(
		strstr(lab_do(lab, COMMAND_RESTART, lab_trial(lab, 1), NULL),
		       "refused: trial"));
	assert_non_null(
		strstr(lab_do(lab, COMMAND_RESTART, lab_trial(lab, 0), NULL),
		       "attempt 2"));
	assert_non_null(strstr(lab_do(lab, COMMAND_SET, 0, "concurency=3"),
			       "did you mean"));
	assert_non_null(strstr(lab_do(lab, COMMAND_ADD_TRIAL, 0, "{\"x\":1"),
			       "refused: parameters"));
	assert_string_equal(lab_do(lab, COMMAND_KILL, 0, NULL),
			    "2 trials ended");
	assert_string_equal(lab_do(lab, COMMAND_STOP, 0, NULL),
			    "refused: the experiment is over already");
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM command"
				      " WHERE state = 0 OR outcome IS NULL"),
			 0);
}

/* In one look: each meets what the one before it did. */
static void test_a_batch_is_carried_out_in_order(void **state)
{
	struct lab *lab = *state;
	int64_t keys[5];

	lab_create(lab, "true", ONE);
	lab_start(lab, false);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	lab_leave(lab);
	keys[0] = lab_ask(lab, COMMAND_SET, 0, "max-trials=2");
	keys[1] = lab_ask(lab, COMMAND_ADD_TRIAL, 0, "{\"x\":0.5}");
	keys[2] = lab_ask(lab, COMMAND_PAUSE, 0, NULL);
	keys[3] = lab_ask(lab, COMMAND_STOP, 0, NULL);
	keys[4] = lab_ask(lab, COMMAND_RESUME, 0, NULL);
	lab_start(lab, true);
	assert_string_equal(lab_answer(lab, keys[0]), "max-trials: 1 -> 2");
	assert_non_null(strstr(lab_answer(lab, keys[1]), "queued"));
	assert_string_equal(lab_answer(lab, keys[2]),
			    "paused: no new trials start");
	assert_string_equal(lab_answer(lab, keys[3]), "stopping");
	assert_string_equal(lab_answer(lab, keys[4]), "going on");
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_int_equal(lab_int(lab, "SELECT user_canceled FROM experiment"),
			 1);
}

static void test_more_than_one_look_takes(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, SLEEP, ONE);
	lab_run(lab, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
		     " SELECT i + 1 FROM n WHERE i < 1500)"
		     " INSERT INTO command (experiment, trial, verb, asked_ns)"
		     " SELECT key, key << 32, 0, 1 FROM n, experiment");
	lab_start(lab, true);
	/* all are kills of the one trial: answered when it has ended */
	assert_string_equal(lab_do(lab, COMMAND_STOP, 0, NULL), "stopping");
	lab_wait(lab, "SELECT count(*) FROM command WHERE state = 0", 0);
}

/* From a newer program, or a hand at the database. */
static void test_an_unknown_verb_is_refused(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, SLEEP, ONE);
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	lab_run(lab, "INSERT INTO command (experiment, verb, asked_ns)"
		     " SELECT key, 99, 1 FROM experiment");
	assert_non_null(
		strstr(lab_do(lab, COMMAND_SET, 0, "concurrency=3"), "1 -> 3"));
	assert_int_equal(
		lab_int(lab, "SELECT state FROM command WHERE verb = 99"),
		COMMAND_REFUSED);
}

/* Ignores TERM, so that the kill is under way when the engine dies. */
static void test_a_kill_outlives_the_engine(void **state)
{
	struct lab *lab = *state;
	int64_t key;

	lab_create(lab, "trap '' TERM; sleep 60", ONE);
	lab_start_other(lab);
	lab_wait(lab, RUNNING, 1);
	key = lab_ask(lab, COMMAND_KILL, lab_trial(lab, 0), NULL);
	lab_wait(lab,
		 "SELECT count(*) FROM event"
		 " WHERE kind = 'command' AND text LIKE 'kill%'",
		 1);
	lab_kill_other(lab);
	assert_int_equal(lab_int(lab, "SELECT state FROM command"), 0);
	lab_start(lab, false);
	assert_non_null(strstr(lab_answer(lab, key), "ended"));
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_string_equal(lab_text(lab, "SELECT group_concat(number || ' '"
					  " || state) FROM attempt"),
			    "1 4");
}

/* What was asked before the crash comes before new trials. */
static void test_a_stop_outlives_the_engine(void **state)
{
	struct lab *lab = *state;
	int64_t kill, stop;

	lab_create(lab, SLEEP, ", \"trialConcurrency\": 1");
	lab_start_other(lab);
	lab_wait(lab, RUNNING, 1);
	lab_kill_other(lab);
	lab_run(lab, "UPDATE experiment SET concurrency = 3");
	kill = lab_ask(lab, COMMAND_KILL, 0, NULL);
	stop = lab_ask(lab, COMMAND_STOP, 0, NULL);
	lab_start(lab, false);
	assert_string_equal(lab_answer(lab, kill), "1 trials ended");
	assert_string_equal(lab_answer(lab, stop), "stopping");
	lab_wait(lab, STATE, EXPERIMENT_STOPPED);
	assert_int_equal(lab_int(lab, TRIALS), 1);
}

#define LEAVES "stopping when 1 trial has ended"

static void test_a_stop_that_leaves(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, LAB_WAITS "; echo final=0.5",
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 9");
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	/* one that is only queued is not left */
	lab_do(lab, COMMAND_ADD_TRIAL, 0, "{\"x\":0.5}");
	assert_non_null(strstr(lab_do(lab, COMMAND_STOP, 0, "gently"),
			       "refused: a stop either"));
	assert_string_equal(lab_do(lab, COMMAND_STOP, 0, COMMAND_STOP_LEAVE),
			    LEAVES);
	assert_int_equal(lab_int(lab, STATE), EXPERIMENT_STOPPING);
	assert_int_equal(lab_int(lab, RUNNING), 1);
	assert_int_equal(lab_int(lab, "SELECT state FROM trial"
				      " WHERE key & 255 = 1"),
			 TRIAL_USER_CANCELED);
	assert_string_equal(lab_do(lab, COMMAND_STOP, 0, COMMAND_STOP_LEAVE),
			    LEAVES);
	lab_let_go(lab, 0);
	lab_wait(lab, STATE, EXPERIMENT_STOPPED);
	assert_int_equal(lab_int(lab, "SELECT succeeded FROM experiment"), 1);
	assert_int_equal(lab_int(lab, TRIALS), 2);
	assert_int_equal(lab_int(lab, "SELECT lets_finish FROM experiment"), 0);
	/* and goes on when it is wanted again */
	assert_string_equal(lab_do(lab, COMMAND_RESUME, 0, NULL), "going on");
	lab_wait(lab, RUNNING, 1);
	/* the harder one wins */
	lab_do(lab, COMMAND_STOP, 0, COMMAND_STOP_LEAVE);
	assert_string_equal(lab_do(lab, COMMAND_STOP, 0, NULL), "stopping");
	lab_wait(lab, STATE, EXPERIMENT_STOPPED);
	assert_int_equal(lab_int(lab, "SELECT user_canceled FROM experiment"),
			 2);
}

/* Ignores TERM, so that there is time to ask again. */
static void test_a_stop_is_not_softened(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, "trap '' TERM; sleep 60", ONE);
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	assert_string_equal(lab_do(lab, COMMAND_STOP, 0, NULL), "stopping");
	assert_non_null(strstr(lab_do(lab, COMMAND_STOP, 0, COMMAND_STOP_LEAVE),
			       "refused: its trials are being canceled"));
}

static void test_a_stop_that_leaves_outlives_the_engine(void **state)
{
	struct lab *lab = *state;
	int64_t stop;

	/* carried out, then killed */
	lab_create(lab, LAB_WAITS, ", \"trialConcurrency\": 1");
	lab_start_other(lab);
	lab_wait(lab, RUNNING, 1);
	assert_string_equal(lab_do(lab, COMMAND_STOP, 0, COMMAND_STOP_LEAVE),
			    LEAVES);
	lab_kill_other(lab);
	lab_run(lab, "UPDATE experiment SET concurrency = 3");
	lab_start(lab, false);
	lab_wait(lab, "SELECT owner_pid <> 0 FROM experiment", 1);
	assert_int_equal(lab_int(lab, STATE), EXPERIMENT_STOPPING);
	assert_int_equal(lab_int(lab, RUNNING), 1);
	lab_let_go(lab, 0);
	lab_wait(lab, STATE, EXPERIMENT_STOPPED);
	lab_leave(lab);
	assert_int_equal(lab_int(lab, "SELECT succeeded FROM experiment"), 1);

	/* asked, but not carried out yet */
	lab_run(lab, "UPDATE experiment SET concurrency = 1");
	lab_start_other(lab);
	lab_wait(lab, RUNNING, 1);
	lab_kill_other(lab);
	lab_run(lab, "UPDATE experiment SET concurrency = 3");
	stop = lab_ask(lab, COMMAND_STOP, 0, COMMAND_STOP_LEAVE);
	lab_start(lab, false);
	assert_string_equal(lab_answer(lab, stop), LEAVES);
	lab_let_go(lab, 1);
	lab_wait(lab, STATE, EXPERIMENT_STOPPED);
	assert_int_equal(lab_int(lab, "SELECT succeeded FROM experiment"), 2);
	assert_int_equal(lab_int(lab, TRIALS), 2);
}

static void test_acts_of_trials_that_run_and_end(void **state)
{
	struct lab *lab = *state;
	int64_t trial;

	lab_create(lab, SLEEP,
		   ", \"trialConcurrency\": 1, "
		   "\"maxTrialNumber\": 1");
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	trial = lab_trial(lab, 0);
	assert_string_equal(lab_do(lab, COMMAND_ACT, trial, "suspend"),
			    "refused: trials of platform local run and end, "
			    "no more: kill it, or restart it when it is over");
	assert_string_equal(lab_do(lab, COMMAND_ACT, trial, "dance"),
			    "refused: dance: no such action; there are "
			    "suspend, resume, stop, terminate or retry");
	assert_string_equal(lab_do(lab, COMMAND_ACT, 0, "stop"),
			    "refused: name the trial");
	lab_do(lab, COMMAND_KILL, trial, NULL);
	assert_string_equal(lab_do(lab, COMMAND_ACT, trial, "stop"),
			    "refused: the trial is over already");
	/* as a whole, by another attempt */
	assert_non_null(
		strstr(lab_do(lab, COMMAND_ACT, trial, "retry"), "attempt 2"));
	lab_wait(lab, RUNNING, 1);
}

/* The turn that carries it out fails, and nobody else writes afterwards. */
static void test_a_command_outlives_a_failed_turn(void **state)
{
	struct lab *lab = *state;
	int64_t key;

	lab_create(lab, SLEEP, ONE);
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	lab_break_events(lab, 1.5);
	key = lab_ask(lab, COMMAND_SET, 0, "max-retries=2");
	assert_string_equal(lab_answer(lab, key), "max-retries: 0 -> 2");
	assert_int_equal(lab_int(lab, "SELECT max_retries FROM experiment"), 2);
	assert_true(lab_int(lab, "SELECT count(*) FROM event"
				 " WHERE kind = 'recovered'") >= 1);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM event"
				      " WHERE text LIKE 'set max-retries%'"),
			 1);
}

static void test_commands_of_the_last_moment(void **state)
{
	struct lab *lab = *state;
	int64_t key;

	lab_create(lab, "true", ONE);
	lab_start(lab, false);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	lab_leave(lab);
	/* it is over as soon as it starts */
	key = lab_ask(lab, COMMAND_RESTART, lab_trial(lab, 0), NULL);
	lab_start(lab, false);
	assert_non_null(strstr(lab_answer(lab, key), "attempt 2"));
	lab_wait(lab, "SELECT count(*) FROM attempt WHERE state = 2", 2);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_make, lab_remove)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_verb_has_one_outcome),
		TEST(test_a_batch_is_carried_out_in_order),
		TEST(test_more_than_one_look_takes),
		TEST(test_an_unknown_verb_is_refused),
		TEST(test_a_kill_outlives_the_engine),
		TEST(test_a_stop_outlives_the_engine),
		TEST(test_a_stop_that_leaves),
		TEST(test_a_stop_is_not_softened),
		TEST(test_a_stop_that_leaves_outlives_the_engine),
		TEST(test_acts_of_trials_that_run_and_end),
		TEST(test_a_command_outlives_a_failed_turn),
		TEST(test_commands_of_the_last_moment),
	};

	if (lab_main(argc, argv))
		return 1;
	return cmocka_run_group_tests_name("engine: commands", tests, NULL,
					   NULL);
}
