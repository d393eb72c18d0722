/* SPDX-License-Identifier: MIT */
/* An engine whose tuner takes as long as the test wants.  It stands in for GP,
 * which is not linked in here, so that experiment files can name it. */
#include "tests/unit/engine/lab.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/tuner/tuners.h"
#include "model/experiment.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define SLOW ", \"tuner\": {\"name\": \"GP\"}"
#define STATE "SELECT state FROM experiment WHERE key = ?1"
#define PREPARED "SELECT count(*) FROM history WHERE kind = 4 AND number = "
#define SUBMITTED                                                              \
	"SELECT count(*) FROM attempt WHERE submitted_ns AND trial & 15 = "
#define TRIAL_STATE "SELECT state FROM trial WHERE key & 15 = "
#define PATIENCE_NS (250 * NS_PER_MS)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool is_shut;
/* from number 1 on: what happens instead of a suggestion */
static enum tuner_outcome outcome = TUNER_SUGGESTED;

static void set_gate(bool shut)
{
	pthread_mutex_lock(&mutex);
	is_shut = shut;
	pthread_cond_broadcast(&opened);
	pthread_mutex_unlock(&mutex);
}

/* What it proposes tells how many calls it knew. */
struct slow {
	int calls;
};

static void *slow_open(const struct tuner_context *context, struct error *err)
{
	(void)context, (void)err;
	return xcalloc(1, sizeof(struct slow));
}

static enum tuner_outcome slow_suggest(void *tuner, int64_t number,
				       struct tuner_suggestion *ret,
				       struct error *err)
{
	const struct slow *slow = tuner;

	enum tuner_outcome now;

	pthread_mutex_lock(&mutex);
	while (is_shut)
		pthread_cond_wait(&opened, &mutex);
	now = number > 0 ? outcome : TUNER_SUGGESTED;
	pthread_mutex_unlock(&mutex);
	if (now == TUNER_FAILED)
		error_set(err, ERROR_SYSTEM, "a matrix is not positive");
	if (now == TUNER_NOTHING_NOW && slow->calls >= 2)
		now = TUNER_SUGGESTED;
	if (now != TUNER_SUGGESTED)
		return now;
	ret->point[0] = slow->calls / 1000.0;
	return TUNER_SUGGESTED;
}

static void slow_adopt(void *tuner, int64_t number, const double *point)
{
	struct slow *slow = tuner;

	(void)number, (void)point;
	slow->calls++;
}

static void slow_ended(void *tuner, int64_t number, enum trial_state state)
{
	struct slow *slow = tuner;

	(void)number, (void)state;
	slow->calls++;
}

const struct tuner_ops gp_tuner_ops = {
	.name = "GP",
	.flags = TUNER_SLOW,
	.open = slow_open,
	.suggest = slow_suggest,
	.adopt = slow_adopt,
	.ended = slow_ended,
	.close = free,
};

static void set_outcome(enum tuner_outcome next)
{
	pthread_mutex_lock(&mutex);
	outcome = next;
	pthread_mutex_unlock(&mutex);
}

static int open_gate(void **state)
{
	set_outcome(TUNER_SUGGESTED);
	set_gate(false);
	return lab_remove(state);
}

/* Trials end while it computes: reports are answered, and a free place takes
 * what was ready before, a quarter of a second later. */
static void test_places_do_not_wait_for_long(void **state)
{
	struct lab *lab = *state;
	int64_t waited_ns, least_ns = INT64_MAX;

	lab_create(lab, "echo final=1; " LAB_WAITS,
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 3" SLOW);
	lab_start(lab, true);
	lab_wait(lab, SUBMITTED "0", 1);
	lab_wait(lab, "SELECT running FROM experiment WHERE key = ?1", 1);
	lab_wait(lab, PREPARED "1", 1);
	set_gate(true);
	for (int i = 0; i < 20; i++) { /* the loop is not held up */
		int64_t began_ns = clock_mono_ns(), took_ns;

		assert_int_equal(lab_post(lab, 0, "/v1/metrics",
					  "{\"name\": \"n\", \"value\": 1}"),
				 200);
		took_ns = clock_mono_ns() - began_ns;
		least_ns = took_ns < least_ns ? took_ns : least_ns;
	}
	print_message("# a report meanwhile: %.1f ms at best\n",
		      (double)least_ns / (double)NS_PER_MS);
	lab_let_go(lab, 0);
	lab_wait(lab, SUBMITTED "1", 1);
	waited_ns = lab_int(lab, "SELECT (SELECT submitted_ns FROM attempt"
				 " WHERE trial & 15 = 1) - (SELECT ended_ns"
				 " FROM attempt WHERE trial & 15 = 0)");
	assert_true(waited_ns >= PATIENCE_NS - 50 * NS_PER_MS);
	/* it knew of the one that ran, and no more */
	assert_string_equal(
		lab_text(lab, "SELECT parameters FROM history WHERE kind = 0"
			      " AND number = 1"),
		"{\"x\":0.001}");
	set_gate(false);
	lab_wait(lab, PREPARED "2", 1);
	lab_wait(lab, TRIAL_STATE "1", TRIAL_RUNNING);
	lab_let_go(lab, 1);
	lab_wait(lab, SUBMITTED "2", 1);
	/* adopted, ended, adopted, ended: all there was to know */
	assert_string_equal(
		lab_text(lab, "SELECT parameters FROM history WHERE kind = 0"
			      " AND number = 2"),
		"{\"x\":0.004}");
	lab_wait(lab, TRIAL_STATE "2", TRIAL_RUNNING);
	lab_let_go(lab, 2);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
}

/* Nothing is ready yet: the place waits, and the experiment does not end. */
static void test_the_first_one_is_waited_for(void **state)
{
	struct lab *lab = *state;

	set_gate(true);
	lab_create(lab, "echo final=1",
		   ", \"trialConcurrency\": 2, \"maxTrialNumber\": 2" SLOW);
	lab_start(lab, true);
	assert_string_equal(lab_do(lab, COMMAND_ADD_TRIAL, 0, "{\"x\": 0.5}"),
			    lab->text);
	lab_wait(lab, "SELECT succeeded FROM experiment", 1);
	assert_int_equal(lab_int(lab, "SELECT count(*) FROM history WHERE"
				      " kind IN (0, 4)"),
			 0);
	set_gate(false);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_int_equal(lab_int(lab, "SELECT succeeded FROM experiment"), 2);
}

/* What was ready when the program was killed is handed out by the next one,
 * though that would propose something else by then. */
static void test_killed_with_one_ready(void **state)
{
	struct lab *lab = *state;

	lab_create(lab, "echo final=1; " LAB_WAITS,
		   ", \"trialConcurrency\": 1, \"maxTrialNumber\": 3" SLOW);
	lab_start_other(lab);
	lab_wait(lab, "SELECT running FROM experiment WHERE key = ?1", 1);
	lab_wait(lab, PREPARED "1", 1);
	lab_kill_other(lab);
	lab_run(lab, "UPDATE history SET point = '[0.75]' WHERE kind = 4"
		     " AND number = 1");
	set_gate(true);
	lab_start(lab, true);
	lab_let_go(lab, 0);
	lab_wait(lab, SUBMITTED "1", 1);
	assert_string_equal(
		lab_text(lab, "SELECT parameters || point FROM history WHERE"
			      " kind = 0 AND number = 1"),
		"{\"x\":0.75}[0.75]");
	lab_wait(lab, TRIAL_STATE "1", TRIAL_RUNNING);
	lab_let_go(lab, 1);
	set_gate(false);
	lab_wait(lab, SUBMITTED "2", 1);
	/* every one was in the history before anybody had it */
	assert_int_equal(
		lab_int(lab, "SELECT count(*) FROM history s WHERE kind = 0 AND"
			     " EXISTS (SELECT * FROM history p WHERE"
			     " p.kind = 4 AND p.number = s.number AND"
			     " p.point = s.point AND p.position < s.position)"),
		3);
	lab_wait(lab, TRIAL_STATE "2", TRIAL_RUNNING);
	lab_let_go(lab, 2);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
}

/* What it says instead of a suggestion is minded, once it knows everything. */
static void test_other_outcomes(void **state)
{
	struct lab *lab = *state;

	set_outcome(TUNER_NOTHING_NOW); /* until the first has ended */
	lab_create(lab, "echo final=1",
		   ", \"trialConcurrency\": 2, \"maxTrialNumber\": 2" SLOW);
	lab_start(lab, true);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_int_equal(lab_int(lab, "SELECT succeeded FROM experiment"), 2);
	set_outcome(TUNER_FAILED);
	lab_do(lab, COMMAND_SET, 0, "max-trials=4");
	lab_wait(lab, STATE, EXPERIMENT_ERROR);
	assert_string_equal(lab_text(lab, "SELECT error FROM experiment"),
			    "ask the tuner: a matrix is not positive");
	set_outcome(TUNER_EXHAUSTED);
	lab_do(lab, COMMAND_RESUME, 0, NULL);
	lab_wait(lab, STATE, EXPERIMENT_DONE);
	assert_int_equal(lab_int(lab, "SELECT next_sequence FROM experiment"),
			 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_places_do_not_wait_for_long, lab_make, open_gate),
		cmocka_unit_test_setup_teardown(
			test_the_first_one_is_waited_for, lab_make, open_gate),
		cmocka_unit_test_setup_teardown(test_other_outcomes, lab_make,
						open_gate),
		cmocka_unit_test_setup_teardown(test_killed_with_one_ready,
						lab_make, open_gate),
	};

	if (lab_main(argc, argv))
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
