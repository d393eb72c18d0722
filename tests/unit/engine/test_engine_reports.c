/* SPDX-License-Identifier: MIT */
/* What trials send, in good faith and in bad. */
#include "tests/unit/engine/lab.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "model/experiment.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define ONE ", \"trialConcurrency\": 1, \"maxTrialNumber\": 1"
#define RUNNING "SELECT running FROM experiment WHERE key = ?1"
#define STATE "SELECT state FROM experiment WHERE key = ?1"

static void begin(struct lab *lab)
{
	lab_create(lab, LAB_WAITS, ONE);
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
}

static int report(struct lab *lab, int sequence, const char *body)
{
	return lab_post(lab, sequence, "/v1/metrics", body);
}

static int report_at(struct lab *lab, int sequence, int step, double value)
{
	char body[80];

	snprintf(body, sizeof(body), "{\"sequence\": %d, \"value\": %g}", step,
		 value);
	return report(lab, sequence, body);
}

/* Another connection sees it as soon as the 200 is here. */
static void test_200_means_stored(void **state)
{
	struct lab *lab = *state;

	begin(lab);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(report_at(lab, 0, i, i), 200);
		assert_int_equal(
			lab_int(lab, "SELECT count(*) FROM metric_all"), i + 1);
	}
	for (int i = 0; i < 30; i++) /* what comes twice counts once */
		assert_int_equal(report_at(lab, 0, i, i), 200);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM metric_all"), 30);
	lab_wait(lab, "SELECT intermediates FROM trial", 30);
}

/* The last result is the one with the highest number, however they come, and
 * a new engine says the same. */
static void test_results_out_of_order(void **state)
{
	struct lab *lab = *state;

	begin(lab);
	assert_int_equal(report_at(lab, 0, 2, 20), 200);
	assert_int_equal(report_at(lab, 0, 0, 99), 200);
	assert_int_equal(report_at(lab, 0, 1, 10), 200);
	lab_wait(lab, "SELECT intermediates FROM trial", 3);
	assert_int_equal(lab_int(lab, "SELECT last FROM trial"), 20);
	lab_leave(lab);
	lab_run(lab, "UPDATE trial SET last = 0, intermediates = 0");
	lab_start(lab, true); /* made again without anything happening */
	lab_wait(lab, "SELECT intermediates FROM trial", 3);
	assert_int_equal(lab_int(lab, "SELECT last FROM trial"), 20);
	assert_int_equal(report(lab, 0, "{\"value\": 30}"), 200);
	assert_int_equal(lab_int(lab, "SELECT max(sequence) FROM metric_all"),
			 3);
}

/* The first trial sets the median; the second is judged at its fifth result,
 * though the gaps before it close one by one. */
static void judge_with_gaps(struct lab *lab, bool restarts)
{
	static const int steps[] = {0, 2, 4, 1, 3};

	lab_create(lab, LAB_WAITS,
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 2,"
		   " \"tuner\": {\"name\": \"Random\", \"classArgs\":"
		   " {\"optimize_mode\": \"maximize\"}},"
		   " \"assessor\": {\"name\": \"Medianstop\", \"classArgs\":"
		   " {\"optimize_mode\": \"maximize\", \"start_step\": 5}}");
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	for (int i = 0; i < 5; i++)
		assert_int_equal(report_at(lab, 0, i, 100), 200);
	lab_let_go(lab, 0);
	lab_wait(lab, "SELECT state FROM trial WHERE key & 1 = 0",
		 TRIAL_SUCCEEDED);
	lab_wait(lab, RUNNING, 1);
	for (int i = 0; i < 5; i++) {
		if (restarts && i == 3) {
			lab_leave(lab);
			lab_start(lab, true);
			while (report_at(lab, 1, steps[0], 1) == 503)
				; /* "starting: try again" */
		}
		assert_int_equal(report_at(lab, 1, steps[i], 1), 200);
	}
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_int_equal(lab_int(lab, "SELECT early_stopped FROM experiment"),
			 1);
	assert_non_null(strstr(lab_text(lab, "SELECT reason FROM trial"
					     " WHERE state = 6"),
			       "at step 5"));
}

static void test_gaps_close(void **state)
{
	judge_with_gaps(*state, false);
}

static void test_gaps_close_over_a_restart(void **state)
{
	judge_with_gaps(*state, true);
}

static void test_the_largest_sequence(void **state)
{
	struct lab *lab = *state;

	begin(lab);
	assert_int_equal(report(lab, 0,
				"{\"sequence\": 1000000000000000,"
				" \"value\": 1}"),
			 200);
	assert_int_equal(report(lab, 0, "{\"value\": 2}"), 200);
	assert_int_equal(lab_int(lab, "SELECT max(sequence) FROM metric_all"),
			 1000000000000001);
	assert_int_equal(report(lab, 0,
				"{\"sequence\": 9223372036854775807,"
				" \"value\": 1}"),
			 400);
}

static void add_names(struct strbuf *body, int from, int count)
{
	strbuf_clear(body);
	strbuf_adds(body, "{\"value\": {");
	for (int i = from; i < from + count; i++)
		strbuf_addf(body, "%s\"n%d\": %d", i > from ? "," : "", i, i);
	strbuf_adds(body, "}}");
}

static void test_more_names_than_there_may_be(void **state)
{
	struct lab *lab = *state;
	struct strbuf body = STRBUF_INIT;

	begin(lab);
	assert_int_equal(report_at(lab, 0, 0, 1), 200);
	add_names(&body, 0, 9999);
	assert_int_equal(report(lab, 0, body.data), 200);
	add_names(&body, 9999, 1);
	assert_int_equal(report(lab, 0, body.data), 400);
	assert_non_null(strstr(lab->text, "metric names"));
	/* the others go on, and count on where they were */
	add_names(&body, 0, 9999);
	assert_int_equal(report(lab, 0, body.data), 200);
	assert_int_equal(report(lab, 0, "{\"value\": 2}"), 200);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM metric_all"),
			 20000);
	assert_int_equal(lab_int(lab, "SELECT max(sequence) FROM metric_all"),
			 1);
	strbuf_release(&body);
}

static void test_names_with_odd_bytes(void **state)
{
	struct lab *lab = *state;

	begin(lab);
	assert_int_equal(
		report(lab, 0, "{\"name\": \"a\\u001bb\", \"value\": 1}"), 400);
	assert_int_equal(report(lab, 0, "{\"name\": \"\xff\", \"value\": 1}"),
			 400);
	assert_int_equal(report(lab, 0, "{\"name\": \"'; --\", \"value\": 1}"),
			 200);
	assert_string_equal(lab_text(lab, "SELECT name FROM metric_name"),
			    "'; --");
}

static void test_logs_by_offset(void **state)
{
	struct lab *lab = *state;
	struct strbuf text = STRBUF_INIT;
	struct error err;
	char *path;

	begin(lab);
	assert_int_equal(
		lab_post(lab, 0, "/v1/log?role=stdout&offset=0", "abc"), 200);
	assert_int_equal(
		lab_post(lab, 0, "/v1/log?role=stdout&offset=0", "abcd"), 200);
	assert_int_equal(lab_post(lab, 0, "/v1/log?role=stdout&offset=1", "bc"),
			 200);
	assert_int_equal(lab_post(lab, 0,
				  "/v1/log?role=stdout&"
				  "offset=9223372036854775807",
				  "e"),
			 200);
	assert_int_equal(lab_post(lab, 0, "/v1/log?role=../x", "e"), 400);
	path = lab_path(lab, 0, "stdout.http");
	assert_true(fs_read_file(path, 100, &text, &err));
	assert_string_equal(text.data, "abcde");
	strbuf_release(&text);
	free(path);
}

/* The trial's folder is the trial's: whoever opens a pipe there to write
 * waits for a reader. */
static void test_a_pipe_in_place_of_a_log(void **state)
{
	struct lab *lab = *state;
	char *path;

	begin(lab);
	path = lab_path(lab, 0, "stdout.http");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(lab_post(lab, 0, "/v1/log?role=stdout", "x"), 503);
	assert_int_equal(report_at(lab, 0, 0, 1), 200);
	free(path);
}

static void test_complaints_are_few(void **state)
{
	struct lab *lab = *state;
	char path[120];

	begin(lab);
	snprintf(path, sizeof(path), "/api/v1/nni-pai/version/%s/%s", lab->id,
		 lab_text(lab, "SELECT id FROM trial"));
	for (int i = 0; i < 20; i++)
		assert_int_equal(lab_post(lab, 0, path,
					  "{\"tag\": \"VCFail\","
					  " \"msg\": \"old\"}"),
				 200);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM event"
				      " WHERE kind = 'version-check'"),
			 1);
}

static void test_nan_is_never_the_best(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, LAB_WAITS,
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 2");
	lab_start(lab, true);
	lab_wait(lab, RUNNING, 1);
	assert_int_equal(
		report(lab, 0, "{\"type\": \"final\", \"value\": \"NaN\"}"),
		200);
	lab_let_go(lab, 0);
	lab_wait(lab, "SELECT state FROM trial WHERE key & 1 = 0",
		 TRIAL_SUCCEEDED);
	lab_wait(lab, RUNNING, 1);
	assert_int_equal(
		report(lab, 1, "{\"type\": \"final\", \"value\": 0.25}"), 200);
	/* the first final result counts */
	assert_int_equal(report(lab, 1, "{\"type\": \"final\", \"value\": 7}"),
			 200);
	lab_let_go(lab, 1);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_string_equal(lab_text(lab, "SELECT best || ' ' || (best_trial &"
					  " 1) FROM experiment"),
			    "0.25 1");
	assert_string_equal(lab_text(lab, "SELECT group_concat(value) FROM"
					  " history WHERE kind = 1"),
			    "NaN,0.25");
}

/* The secret of an attempt that is over opens nothing. */
static void test_an_old_attempt_may_not_report(void **state)
{
	struct lab *lab = *state;

	begin(lab);
	lab_do(lab, COMMAND_KILL, lab_trial(lab, 0), NULL);
	lab_run(lab, "CREATE TABLE old AS SELECT token FROM attempt");
	lab_do(lab, COMMAND_RESTART, lab_trial(lab, 0), NULL);
	lab_wait(lab, RUNNING, 1);
	lab_run(lab, "UPDATE attempt SET token = (SELECT token FROM old)"
		     " WHERE number = 2");
	assert_int_equal(report_at(lab, 0, 0, 1), 401);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM metric_all"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, lab_make, lab_remove)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_200_means_stored),
		TEST(test_results_out_of_order),
		TEST(test_gaps_close),
		TEST(test_gaps_close_over_a_restart),
		TEST(test_the_largest_sequence),
		TEST(test_more_names_than_there_may_be),
		TEST(test_names_with_odd_bytes),
		TEST(test_logs_by_offset),
		TEST(test_a_pipe_in_place_of_a_log),
		TEST(test_complaints_are_few),
		TEST(test_nan_is_never_the_best),
		TEST(test_an_old_attempt_may_not_report),
	};

	if (lab_main(argc, argv))
		return 1;
	return cmocka_run_group_tests_name("engine: reports", tests, NULL,
					   NULL);
}
