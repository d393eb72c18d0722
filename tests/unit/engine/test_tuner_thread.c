/* SPDX-License-Identifier: MIT */
/* A tuner on a thread of its own, held up at a gate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/tuner_thread.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_S 60
#define CALL_MAX_NS (5 * NS_PER_MS)

struct held {
	sem_t gate;    /* a suggestion passes for each post */
	sem_t arrived; /* one waits at it */
	sem_t woken;
	char told[1000]; /* by the calls, in order; the thread's */
	bool is_closed;
};

static struct held held;

static void await(sem_t *semaphore)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	assert_int_equal(sem_timedwait(semaphore, &until), 0);
}

static void note(const char *what, int64_t number)
{
	size_t len = strlen(held.told);

	snprintf(held.told + len, sizeof(held.told) - len, "%s%lld ", what,
		 (long long)number);
}

static void *held_open(const struct tuner_context *context, struct error *err)
{
	(void)context, (void)err;
	return &held;
}

static enum tuner_outcome held_suggest(void *tuner, int64_t number,
				       struct tuner_suggestion *ret,
				       struct error *err)
{
	(void)tuner;
	sem_post(&held.arrived);
	sem_wait(&held.gate);
	note("suggest", number);
	if (number == 99) {
		error_set(err, ERROR_SYSTEM, "no such number");
		return TUNER_FAILED;
	}
	ret->point[0] = (double)number;
	ret->budget = 3;
	ret->parent = number - 1;
	strbuf_adds(&ret->extra, "\"STEPS\":3");
	return TUNER_SUGGESTED;
}

static void held_adopt(void *tuner, int64_t number, const double *point)
{
	(void)tuner;
	assert_true(point[0] == (double)number);
	note("adopt", number);
}

static void held_observe(void *tuner, int64_t number,
			 const struct tuner_result *result)
{
	(void)tuner;
	assert_int_equal(result->count, 2);
	assert_true(result->values[1] == 0.5 && result->budget == 3);
	note("observe", number);
}

static void held_ended(void *tuner, int64_t number, enum trial_state state)
{
	(void)tuner;
	assert_int_equal(state, TRIAL_SUCCEEDED);
	note("ended", number);
}

static void held_import(void *tuner, const double *point,
			const struct tuner_result *result)
{
	(void)tuner, (void)result;
	note("import", (int64_t)point[0]);
}

static void held_describe(void *tuner, struct strbuf *json)
{
	(void)tuner;
	strbuf_adds(json, "{}");
}

static void held_close(void *tuner)
{
	(void)tuner;
	held.is_closed = true;
}

static const struct tuner_ops held_ops = {
	.name = "Held",
	.open = held_open,
	.suggest = held_suggest,
	.adopt = held_adopt,
	.observe = held_observe,
	.ended = held_ended,
	.import = held_import,
	.describe = held_describe,
	.close = held_close,
};

static void woken(void *arg)
{
	sem_post(arg);
}

static struct tuner_thread *start(void)
{
	struct tuner_context context = {0};
	struct tuner_thread *thread;
	struct error err;

	memset(&held, 0, sizeof(held));
	sem_init(&held.gate, 0, 0);
	sem_init(&held.arrived, 0, 0);
	sem_init(&held.woken, 0, 0);
	thread = tuner_thread_start(tuner_open(&held_ops, &context, &err), 1,
				    woken, &held.woken, &err);
	assert_non_null(thread);
	return thread;
}

static void tell_all(struct tuner_thread *thread)
{
	double values[] = {0.25, 0.5};
	struct tuner_result result = {
		.values = values, .count = 2, .budget = 3};
	double point = 7;

	tuner_thread_adopt(thread, 7, &point);
	tuner_thread_observe(thread, 7, &result);
	tuner_thread_ended(thread, 7, TRIAL_SUCCEEDED);
	tuner_thread_import(thread, &point, &result);
	/* what was told is copied */
	point = values[1] = -1;
	result.budget = -1;
}

/* While it computes nobody waits, and what it is told then comes in order. */
static void test_nobody_waits(void **state)
{
	struct tuner_thread *thread = start();
	struct tuner_proposal proposal;
	int64_t least_ns = INT64_MAX;

	(void)state;
	tuner_thread_ask(thread, 0);
	await(&held.arrived);
	for (int i = 0; i < 20; i++) { /* the machine may be busy: the best */
		int64_t began_ns = clock_mono_ns();

		tell_all(thread);
		assert_false(tuner_thread_take(thread, &proposal));
		if (clock_mono_ns() - began_ns < least_ns)
			least_ns = clock_mono_ns() - began_ns;
	}
	assert_true(least_ns < CALL_MAX_NS);
	assert_int_equal(tuner_thread_calls(thread), 80);
	sem_post(&held.gate);
	await(&held.woken);
	assert_true(tuner_thread_take(thread, &proposal));
	assert_int_equal(proposal.number, 0);
	assert_int_equal(proposal.knows, 0);
	assert_int_equal(proposal.outcome, TUNER_SUGGESTED);
	assert_true(proposal.suggestion.budget == 3);
	assert_int_equal(proposal.suggestion.parent, -1);
	assert_string_equal(proposal.suggestion.extra.data, "\"STEPS\":3");
	assert_string_equal(proposal.state, "{}");
	tuner_proposal_release(&proposal);
	assert_false(tuner_thread_take(thread, &proposal));
	tuner_thread_ask(thread, 1);
	sem_post(&held.gate);
	await(&held.woken);
	assert_true(tuner_thread_take(thread, &proposal));
	assert_int_equal(proposal.knows, 80);
	tuner_proposal_release(&proposal);
	assert_ptr_equal(strstr(held.told, "suggest0 adopt7 observe7 ended7 "
					   "import7 adopt7 "),
			 held.told);
	tuner_thread_stop(thread);
	assert_true(held.is_closed);
}

/* A question that has not begun gives way to a newer one; of two answers the
 * newer one is there. */
static void test_the_newest_counts(void **state)
{
	struct tuner_thread *thread = start();
	struct tuner_proposal proposal;

	(void)state;
	tuner_thread_ask(thread, 1);
	await(&held.arrived);
	for (int i = 2; i < 10; i++) {
		tuner_thread_ask(thread, i);
		tuner_thread_ended(thread, i, TRIAL_SUCCEEDED);
	}
	tuner_thread_ask(thread, 10);
	sem_post(&held.gate);
	sem_post(&held.gate);
	await(&held.woken);
	await(&held.woken);
	assert_true(tuner_thread_take(thread, &proposal));
	assert_int_equal(proposal.number, 10);
	assert_int_equal(proposal.knows, 8);
	tuner_proposal_release(&proposal);
	assert_string_equal(
		held.told, "suggest1 ended2 ended3 ended4 ended5 ended6 ended7 "
			   "ended8 ended9 suggest10 ");
	tuner_thread_stop(thread);
}

static void test_failure_is_told(void **state)
{
	struct tuner_thread *thread = start();
	struct tuner_proposal proposal;

	(void)state;
	tuner_thread_ask(thread, 99);
	sem_post(&held.gate);
	await(&held.woken);
	assert_true(tuner_thread_take(thread, &proposal));
	assert_int_equal(proposal.outcome, TUNER_FAILED);
	assert_string_equal(proposal.err.text, "no such number");
	tuner_proposal_release(&proposal);
	tuner_thread_stop(thread);
}

/* What is queued and what was not taken is forgotten. */
static void test_stop_in_the_middle(void **state)
{
	struct tuner_thread *thread = start();

	(void)state;
	tuner_thread_ask(thread, 1);
	await(&held.arrived);
	tell_all(thread);
	tuner_thread_ask(thread, 2);
	sem_post(&held.gate);
	sem_post(&held.gate);
	tuner_thread_stop(thread);
	assert_true(held.is_closed);
	tuner_thread_stop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_waits),
		cmocka_unit_test(test_the_newest_counts),
		cmocka_unit_test(test_failure_is_told),
		cmocka_unit_test(test_stop_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
