/* SPDX-License-Identifier: MIT */
/* An engine whose store, platform or luck fails. */
#include "tests/unit/engine/lab.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/platform/keeper_install.h"
#include "model/experiment.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SLEEP "exec sleep 60"
#define ONE ", \"trialConcurrency\": 1, \"maxTrialNumber\": 1"
#define RUNNING "SELECT running FROM experiment WHERE key = ?1"
#define STATE "SELECT state FROM experiment WHERE key = ?1"
#define METRICS "SELECT count(*) FROM metric_all"
#define REPORT "{\"sequence\": 0, \"value\": 1}"

/* A file where the folder of the trials should be: nothing can be started. */
static void block_trials(struct lab *lab)
{
	char *path = fs_join(lab_text(lab, "SELECT directory FROM experiment"),
			     "trials");
	struct error err;

	if (!fs_write_file(path, "", 0, &err))
		fail_msg("%s", err.text);
	free(path);
}

static void test_a_platform_that_refuses_everything(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, "true", ", \"trialConcurrency\": 2");
	block_trials(lab);
	lab_start(lab, true);
	lab_wait(lab, "SELECT failed >= 4 FROM experiment", 1);
	assert_string_equal(lab_do(lab, COMMAND_PAUSE, 0, NULL),
			    "paused: no new trials start");
	assert_string_equal(lab_do(lab, COMMAND_STOP, 0, NULL), "stopping");
	lab_wait(lab, STATE, EXPERIMENT_STOPPED);
	/* two a second, not two thousand */
	assert_true(lab_int(lab, "SELECT count(*) * 1000000000.0"
				 " / (max(ended_ns) - min(submitted_ns) + 1)"
				 " < 10 FROM trial"));
}

/* A keeper that is just being written cannot be started, which passes. */
static void test_a_fault_is_seen_by_others(void **state)
{
	struct lab *lab = *state;
	char *folder = fs_folder(lab->db_path);
	char *keepers = fs_join(folder, "keeper");
	struct error err;
	char *keeper;
	int fd;

	lab_create(lab, SLEEP, ONE);
	if (!fs_make_folders(keepers, &err) ||
	    !keeper_install(keepers, &keeper, &err))
		fail_msg("%s", err.text);
	fd = open(keeper, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	lab_start(lab, true);
	lab_wait(lab, "SELECT fault IS NOT NULL FROM experiment", 1);
	assert_non_null(
		strstr(lab_text(lab, "SELECT fault FROM experiment"), keeper));
	assert_true(lab_int(lab, "SELECT fault_since_ns >= started_ns"
				 " FROM experiment"));
	/* whoever leaves takes it along */
	lab_leave(lab);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM experiment WHERE"
				      " fault IS NOT NULL OR fault_since_ns"),
			 0);
	lab_start(lab, true);
	lab_wait(lab, "SELECT fault IS NOT NULL FROM experiment", 1);
	close(fd);
	lab_wait(lab, "SELECT fault IS NULL FROM experiment", 1);
	lab_wait(lab, RUNNING, 1);
	free(keeper);
	free(keepers);
	free(folder);
}

static void test_retries_are_counted(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, "exit 3", ONE ", \"maxTrialRetries\": 2");
	lab_start(lab, false);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_string_equal(lab_text(lab, "SELECT group_concat(number || ' ' ||"
					  " state || ' ' || exit_code)"
					  " FROM attempt"),
			    "1 3 3,2 3 3,3 3 3");
	assert_int_equal(lab_int(lab, "SELECT attempt FROM trial"), 3);
	/* the tuner hears of it once */
	assert_int_equal(
		lab_int(lab, "SELECT count(*) FROM history WHERE kind = 2"), 1);
}

static void test_reports_while_commits_fail(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, SLEEP, ONE);
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	lab_break_commits(lab, 1.2);
	assert_int_equal(lab_post(lab, 0, "/v1/metrics", REPORT), 503);
	lab_wait_fault(lab, true);
	/* "come again", not "go away" */
	assert_int_equal(lab_post(lab, 0, "/v1/metrics", REPORT), 503);
	assert_int_equal(lab_int(lab, METRICS), 0);
	lab_wait_fault(lab, false);
	while (lab_post(lab, 0, "/v1/metrics", REPORT) == 503)
		;
	assert_int_equal(lab_int(lab, METRICS), 1);
	assert_int_equal(lab_post(lab, 0, "/v1/metrics", REPORT), 200);
	assert_int_equal(lab_int(lab, METRICS), 1);
	lab_wait(lab, "SELECT intermediates FROM trial", 1);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM attempt"), 1);
}

/* What a failed turn believed is forgotten: the trial ends once. */
static void test_an_end_while_the_store_fails(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, LAB_WAITS "; echo final=0.5; exit 3",
		   ONE ", \"maxTrialRetries\": 1");
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	lab_break_events(lab, 1.5);
	lab_let_go(lab, 0); /* its failure is an event */
	lab_wait(lab, "SELECT count(*) FROM event WHERE kind = 'recovered'", 1);
	lab_wait(lab, "SELECT count(*) FROM attempt", 2);
	lab_wait(lab, RUNNING, 1);
	lab_let_go(lab, 0);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM attempt"), 2);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM event"
				      " WHERE kind = 'trial-failed'"),
			 2);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM history"), 3);
	assert_int_equal(lab_int(lab, "SELECT failed FROM experiment"), 1);
}

static void expect_refusal(struct lab *lab, enum error_code code)
{
	struct engine_options options = {
		.db_path = lab->db_path,
		.experiment = lab->experiment,
	};
	struct engine *engine;
	struct error err;

	assert_false(engine_start(&options, &engine, &err));
	assert_int_equal(err.code, code);
}

static void test_a_second_engine_is_refused(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, SLEEP, ONE);
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	expect_refusal(lab, ERROR_CONFLICT);
	assert_int_equal(lab_post(lab, 0, "/v1/metrics", REPORT), 200);
	lab_leave(lab);
	lab_start_other(lab);
	lab_wait(lab, "SELECT owner_pid <> 0 FROM experiment", 1);
	expect_refusal(lab, ERROR_CONFLICT);
	lab_kill_other(lab);
}

static void test_a_failed_start_leaves_nothing(void **state)
{
	struct lab *lab = *state;
	int64_t key;

	lab_create(lab, SLEEP, ONE);
	key = lab->experiment;
	lab->experiment = 4711;
	expect_refusal(lab, ERROR_NOT_FOUND);
	lab->experiment = key;
	lab_run(lab, "CREATE TABLE kept AS SELECT config, space FROM "
		     "experiment_text;"
		     "UPDATE experiment_text SET config = '{'");
	expect_refusal(lab, ERROR_INVALID);
	lab_run(lab, "UPDATE experiment_text SET space = '{',"
		     " config = (SELECT config FROM kept)");
	expect_refusal(lab, ERROR_INVALID);
	lab_run(lab, "UPDATE experiment_text SET"
		     " space = (SELECT space FROM kept);"
		     "UPDATE experiment SET platform = 'nowhere'");
	expect_refusal(lab, ERROR_INVALID);
	assert_int_equal(lab_int(lab, "SELECT owner_pid FROM experiment"), 0);
	assert_int_equal(lab_int(lab, STATE), EXPERIMENT_INITIALIZED);
	lab_run(lab, "UPDATE experiment SET platform = 'local'");
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
}

static void test_leaving_at_once(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, SLEEP, ONE);
	for (int i = 0; i < 5; i++) {
		lab_start(lab, true);
		lab_leave(lab);
	}
	assert_int_equal(lab_int(lab, "SELECT owner_pid FROM experiment"), 0);
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM attempt"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_make, lab_remove)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_platform_that_refuses_everything),
		TEST(test_a_fault_is_seen_by_others),
		TEST(test_retries_are_counted),
		TEST(test_reports_while_commits_fail),
		TEST(test_an_end_while_the_store_fails),
		TEST(test_a_second_engine_is_refused),
		TEST(test_a_failed_start_leaves_nothing),
		TEST(test_leaving_at_once),
	};

	if (lab_main(argc, argv))
		return 1;
	return cmocka_run_group_tests_name("engine: faults", tests, NULL, NULL);
}
