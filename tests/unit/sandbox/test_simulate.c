/* SPDX-License-Identifier: MIT */
/* Simulated time: nobody waits, no worker does two things, and the same seed
 * gives the same run. */
#include "engine/sandbox/simulate.h"
#include "engine/sandbox/statistics.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sandbox_outcome simulate(const char *function, const char *tuner,
				       uint64_t seed, size_t evaluations,
				       size_t workers, size_t starts)
{
	struct sandbox_run run = {.function = sandbox_find(function),
				  .tuner = tuner_find(tuner),
				  .seed = seed,
				  .evaluations = evaluations,
				  .workers = workers,
				  .starts = starts};
	struct sandbox_outcome outcome;
	struct error err;

	if (!sandbox_simulate(&run, &outcome, &err))
		fail_msg("%s", err.text);
	return outcome;
}

static void same_seed_same_run(void **state)
{
	struct sandbox_outcome a = simulate("network", "TPE", 3, 60, 4, 0);
	struct sandbox_outcome b = simulate("network", "TPE", 3, 60, 4, 0);
	struct sandbox_outcome c = simulate("network", "TPE", 4, 60, 4, 0);

	(void)state;
	assert_memory_equal(a.regrets, b.regrets, 60 * sizeof(double));
	assert_true(a.ended_at_s == b.ended_at_s);
	assert_true(memcmp(a.regrets, c.regrets, 60 * sizeof(double)) != 0);
	free(a.regrets);
	free(b.regrets);
	free(c.regrets);
}

static void start_points_are_everybodys(void **state)
{
	struct sandbox_outcome a = simulate("branin", "TPE", 3, 12, 1, 12);
	struct sandbox_outcome b = simulate("branin", "Random", 3, 12, 1, 12);

	(void)state;
	assert_memory_equal(a.regrets, b.regrets, 12 * sizeof(double));
	free(a.regrets);
	free(b.regrets);
}

static void workers_share_the_time(void **state)
{
	struct sandbox_outcome one = simulate("branin", "Random", 3, 100, 1, 0);
	struct sandbox_outcome many =
		simulate("branin", "Random", 3, 100, 8, 0);
	double sum = 0, longest = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		sum += sandbox_duration(3, i);
		longest = fmax(longest, sandbox_duration(3, i));
	}
	assert_true(fabs(one.ended_at_s - sum) < 1e-6);
	assert_true(many.ended_at_s >= sum / 8);
	assert_true(many.ended_at_s <= sum / 8 + longest);
	assert_int_equal(many.trials, 100);
	free(one.regrets);
	free(many.regrets);
}

/* --- a tuner that watches ------------------------------------------------ */

static size_t running, most_running, observed;
static bool is_running[64];

static void *watch_open(const struct tuner_context *context, struct error *err)
{
	(void)context;
	(void)err;
	running = most_running = observed = 0;
	memset(is_running, 0, sizeof(is_running));
	return &running;
}

static enum tuner_outcome watch_suggest(void *tuner, int64_t number,
					struct tuner_suggestion *ret,
					struct error *err)
{
	(void)tuner;
	(void)err;
	ret->point[0] = ret->point[1] = (double)(number % 5);
	if (number == 40)
		return TUNER_EXHAUSTED;
	return number % 3 == 2 && running > 1 ? TUNER_NOTHING_NOW
					      : TUNER_SUGGESTED;
}

static void watch_adopt(void *tuner, int64_t number, const double *point)
{
	(void)tuner;
	(void)point;
	assert_false(is_running[number]);
	is_running[number] = true;
	running++;
	most_running = running > most_running ? running : most_running;
}

static void watch_observe(void *tuner, int64_t number,
			  const struct tuner_result *result)
{
	(void)tuner;
	assert_true(is_running[number]);
	assert_int_equal(result->count, 1);
	observed++;
}

static void watch_ended(void *tuner, int64_t number, enum trial_state state)
{
	(void)tuner;
	(void)state;
	assert_true(is_running[number]);
	is_running[number] = false;
	running--;
}

static void watch_close(void *tuner)
{
	(void)tuner;
}

static const struct tuner_argument no_arguments[] = {{0}};
static const struct tuner_ops watch = {.name = "Watch",
				       .arguments = no_arguments,
				       .open = watch_open,
				       .suggest = watch_suggest,
				       .adopt = watch_adopt,
				       .observe = watch_observe,
				       .ended = watch_ended,
				       .close = watch_close};

static void no_worker_does_two_things(void **state)
{
	struct sandbox_run run = {.function = sandbox_find("branin"),
				  .tuner = &watch,
				  .seed = 1,
				  .evaluations = 60,
				  .workers = 6};
	struct sandbox_outcome outcome;
	struct error err;

	(void)state;
	assert_true(sandbox_simulate(&run, &outcome, &err));
	assert_int_equal(outcome.trials, 40); /* then it had no more */
	assert_int_equal(observed, 40);
	assert_int_equal(running, 0);
	assert_in_range(most_running, 2, 6);
	assert_true(outcome.regrets[59] == outcome.regrets[40]);
	free(outcome.regrets);
}

static void small_budgets_count_for_less(void **state)
{
	struct sandbox_outcome band =
		simulate("network-budget", "Hyperband", 1, 20, 4, 0);
	struct sandbox_outcome plain =
		simulate("network-budget", "Random", 1, 20, 4, 0);

	(void)state;
	assert_true(band.trials > 60);
	assert_int_equal(plain.trials, 20);
	free(band.regrets);
	free(plain.regrets);
}

static void two_objectives_are_a_share_of_volume(void **state)
{
	struct sandbox_outcome a = simulate("zdt1", "Random", 1, 200, 1, 0);

	(void)state;
	assert_true(a.regrets[0] <= 1);
	for (int i = 1; i < 200; i++)
		assert_true(a.regrets[i] <= a.regrets[i - 1] + 1e-12);
	assert_true(a.regrets[199] > 0 && a.regrets[199] < 0.7);
	free(a.regrets);
}

static void what_a_tuner_cannot_have_is_said(void **state)
{
	struct sandbox_run run = {.function = sandbox_find("zdt1"),
				  .tuner = tuner_find("Hyperband"),
				  .evaluations = 5,
				  .workers = 1};
	struct sandbox_outcome outcome;
	struct error err;

	(void)state;
	assert_false(sandbox_simulate(&run, &outcome, &err));
	assert_non_null(strstr(err.text, "one objective"));
}

static void statistics_of_known_numbers(void **state)
{
	double values[] = {5, 1, 3, 2, 4};
	static const double tied[] = {2, 1, 2, 7};
	double ranks[4];
	struct statistics s = statistics_of(values, 5);

	(void)state;
	assert_true(fabs(s.mean - 3) < 1e-12);
	assert_true(fabs(s.deviation - sqrt(2.5)) < 1e-12);
	assert_true(s.median == 3 && s.low == 2 && s.high == 4);
	assert_true(values[0] == 1);
	statistics_ranks(tied, 4, ranks);
	assert_true(ranks[0] == 2.5 && ranks[1] == 1 && ranks[2] == 2.5 &&
		    ranks[3] == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_same_run),
		cmocka_unit_test(start_points_are_everybodys),
		cmocka_unit_test(workers_share_the_time),
		cmocka_unit_test(no_worker_does_two_things),
		cmocka_unit_test(small_budgets_count_for_less),
		cmocka_unit_test(two_objectives_are_a_share_of_volume),
		cmocka_unit_test(what_a_tuner_cannot_have_is_said),
		cmocka_unit_test(statistics_of_known_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
