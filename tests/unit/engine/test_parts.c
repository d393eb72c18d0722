/* SPDX-License-Identifier: MIT */
/* What the platform tells of an attempt's parts reaches the store, moves the
 * trial's version, and does not outlive the attempt. */
#include "tests/unit/store/support.h"

#include "engine/state.h"

#include <stdio.h>
#include <stdlib.h>

struct bench {
	struct place *place;
	struct engine *engine;
	struct live *live;
	struct experiment experiment;
};

static int bench_open(void **state)
{
	static struct bench bench;
	struct attempt *attempt;
	void *place;

	if (place_make(&place) < 0)
		return -1;
	bench.place = place;
	bench.engine = calloc(1, sizeof(*bench.engine));
	bench.engine->store = store_at(bench.place, STORE_WRITE);
	bench.experiment = add_experiment(bench.engine->store, "one", NULL);
	bench.live = live_add(bench.engine);
	assert_true(turn_begin(bench.engine));
	bench.live->trial =
		add_trial(bench.engine->store, bench.experiment.key);
	attempt = &bench.live->attempt;
	attempt->trial = bench.live->trial.key;
	attempt->number = 1;
	assert_ok(store_attempt_add(bench.engine->store, attempt, err));
	live_index(bench.engine, bench.live);
	*state = &bench;
	return 0;
}

static int bench_close(void **state)
{
	struct bench *bench = *state;
	void *place = bench->place;

	live_remove_all(bench->engine);
	store_close(bench->engine->store);
	free(bench->engine);
	experiment_release(&bench->experiment);
	return place_remove(&place);
}

static void tell(struct bench *bench, int64_t trial, int attempt,
		 const struct part_list *list)
{
	bench->engine->is_versioned = false;
	bench->live->has_row_changes = false;
	news_callbacks.parts(bench->engine, trial, attempt, list);
}

static int count(struct bench *bench, enum part_state state)
{
	struct part_list list = {0};
	int n = 0;

	assert_ok(store_parts_get(bench->engine->store, bench->live->trial.key,
				  1, &list, err));
	for (size_t i = 0; i < list.count; i++)
		n += list.items[i].state == state;
	part_list_release(&list);
	return n;
}

static struct part_list two_running(void)
{
	struct part_list list = {0};

	for (int i = 0; i < 2; i++) {
		struct trial_part *part = part_list_add(&list);

		snprintf(part->name, sizeof(part->name), "worker-%d", i);
		part->state = PART_RUNNING;
		part->started_ns = 3;
	}
	return list;
}

static void news_are_kept(void **state)
{
	struct bench *bench = *state;
	struct part_list list = two_running();
	int64_t trial = bench->live->trial.key;

	tell(bench, trial, 1, &list);
	assert_true(bench->engine->is_versioned);
	assert_true(bench->live->has_row_changes);
	assert_int_equal(count(bench, PART_RUNNING), 2);
	/* no news */
	tell(bench, trial, 1, &list);
	assert_false(bench->engine->is_versioned);
	assert_false(bench->live->has_row_changes);
	/* of an attempt that is over, of a trial that is over */
	list.items[0].state = PART_FAILED;
	tell(bench, trial, 2, &list);
	tell(bench, trial + 1, 1, &list);
	assert_int_equal(count(bench, PART_RUNNING), 2);
	tell(bench, trial, 1, &list);
	assert_int_equal(count(bench, PART_FAILED), 1);
	assert_false(bench->engine->has_failed);
	part_list_release(&list);
}

static void ends_are_settled(void **state)
{
	struct bench *bench = *state;
	struct part_list list = two_running();

	list.items[1].state = PART_WAITING;
	tell(bench, bench->live->trial.key, 1, &list);
	bench->live->attempt.state = TRIAL_USER_CANCELED;
	bench->live->attempt.ended_ns = 9;
	parts_settle(bench->engine, bench->live);
	assert_int_equal(count(bench, PART_FAILED), 1);
	assert_int_equal(count(bench, PART_SKIPPED), 1);
	part_list_release(&list);
}

static void a_good_end_is_theirs_too(void **state)
{
	struct bench *bench = *state;
	struct part_list list = two_running();

	list.items[1].state = PART_FAILED;
	tell(bench, bench->live->trial.key, 1, &list);
	bench->live->attempt.state = TRIAL_SUCCEEDED;
	parts_settle(bench->engine, bench->live);
	assert_int_equal(count(bench, PART_SUCCEEDED), 1);
	assert_int_equal(count(bench, PART_FAILED), 1);
	part_list_release(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, bench_open, bench_close)
		TEST(news_are_kept),
		TEST(ends_are_settled),
		TEST(a_good_end_is_theirs_too),
	};

	return cmocka_run_group_tests_name("parts", tests, NULL, NULL);
}
