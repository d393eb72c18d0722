/* SPDX-License-Identifier: MIT */
/* States, their moves as a whole, ids, and which result is better. */
#include "model/experiment.h"
#include "model/trial.h"

#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

/* Rows: from; columns: to; in the order of the enum. */
static void trial_moves(void **state)
{
	static const char *const table[TRIAL_STATE_COUNT] = {
		/* WRSFUXE? */
		".xxxxxxx", /* waiting */
		"..xxxxxx", /* running */
		"........", /* succeeded */
		"........", /* failed */
		"........", /* user canceled */
		"........", /* system canceled */
		"........", /* early stopped */
		".xxxxxx.", /* unknown */
	};

	(void)state;
	for (int from = 0; from < TRIAL_STATE_COUNT; from++) {
		bool is_dead_end = true;

		for (int to = 0; to < TRIAL_STATE_COUNT; to++) {
			bool may = trial_state_may_move(from, to);

			assert_int_equal(may, table[from][to] == 'x');
			is_dead_end &= !may;
		}
		assert_int_equal(trial_state_is_terminal(from), is_dead_end);
	}
}

static void experiment_moves(void **state)
{
	static const char *const table[EXPERIMENT_STATE_COUNT] = {
		/* IRNTD(Sing)(Sed)E */
		".x..xxxx", /* initialized */
		"..xxxxxx", /* running */
		".x.xxxxx", /* no more trial */
		".xx.xxxx", /* tuner no more trial */
		".xxx.xxx", /* done */
		"......xx", /* stopping */
		".x.....x", /* stopped */
		".x...xx.", /* error */
	};

	(void)state;
	for (int from = 0; from < EXPERIMENT_STATE_COUNT; from++)
		for (int to = 0; to < EXPERIMENT_STATE_COUNT; to++)
			assert_int_equal(experiment_state_may_move(from, to),
					 table[from][to] == 'x');
	for (int i = 0; i < EXPERIMENT_STATE_COUNT; i++)
		assert_int_equal(experiment_state_is_terminal(i),
				 i == EXPERIMENT_DONE ||
					 i == EXPERIMENT_STOPPED ||
					 i == EXPERIMENT_ERROR);
}

/* The numbers stand in databases. */
static void names_and_numbers(void **state)
{
	static const char *const trials[] = {
		"WAITING",	 "RUNNING",	 "SUCCEEDED",	  "FAILED",
		"USER_CANCELED", "SYS_CANCELED", "EARLY_STOPPED", "UNKNOWN"};
	static const char *const experiments[] = {
		"INITIALIZED",	 "RUNNING",
		"NO_MORE_TRIAL", "TUNER_NO_MORE_TRIAL",
		"DONE",		 "STOPPING",
		"STOPPED",	 "ERROR"};
	char letters[TRIAL_STATE_COUNT + 1] = "";
	enum experiment_state experiment;
	enum trial_state trial;

	(void)state;
	assert_int_equal(COUNT_OF(trials), TRIAL_STATE_COUNT);
	assert_int_equal(COUNT_OF(experiments), EXPERIMENT_STATE_COUNT);
	for (int i = 0; i < TRIAL_STATE_COUNT; i++) {
		assert_string_equal(trial_state_name(i), trials[i]);
		assert_true(trial_state_parse(trials[i], &trial));
		assert_int_equal(trial, i);
		letters[i] = trial_state_letter(i);
	}
	assert_string_equal(letters, "WRSFUXE?");
	for (int i = 0; i < EXPERIMENT_STATE_COUNT; i++) {
		assert_string_equal(experiment_state_name(i), experiments[i]);
		assert_true(
			experiment_state_parse(experiments[i], &experiment));
		assert_int_equal(experiment, i);
	}
	assert_true(trial_state_parse("early_stopped", &trial));
	assert_int_equal(trial, TRIAL_EARLY_STOPPED);
	assert_false(trial_state_parse("ADD_RESUMED", &trial));
	assert_false(experiment_state_parse("", &experiment));
}

static void trial_ids(void **state)
{
	char id[TRIAL_ID_SIZE], other[TRIAL_ID_SIZE];

	(void)state;
	assert_true(trial_id_is_valid("Xa12b"));
	assert_false(trial_id_is_valid(""));
	assert_false(trial_id_is_valid("1a12b"));
	assert_false(trial_id_is_valid("Xa12"));
	assert_false(trial_id_is_valid("Xa12bc"));
	assert_false(trial_id_is_valid("Xa/2b"));
	for (uint64_t i = 0; i < 100; i++) {
		trial_id_format(id, i * UINT64_C(0x9e3779b97f4a7c15));
		assert_true(trial_id_is_valid(id));
		for (const char *at = id; *at; at++)
			assert_false(*at >= 'A' && *at <= 'Z');
	}
	trial_id_format(id, 1);
	trial_id_format(other, 2);
	assert_string_not_equal(id, other);
	trial_id_format(id, UINT64_MAX);
	assert_true(trial_id_is_valid(id));
}

static void experiment_ids(void **state)
{
	char id[EXPERIMENT_ID_MAX + 2];

	(void)state;
	assert_true(experiment_id_is_valid("a"));
	assert_true(experiment_id_is_valid("My_exp-7"));
	assert_false(experiment_id_is_valid(""));
	assert_false(experiment_id_is_valid(".."));
	assert_false(experiment_id_is_valid("a/b"));
	assert_false(experiment_id_is_valid("a b"));
	memset(id, 'x', sizeof(id));
	id[EXPERIMENT_ID_MAX + 1] = '\0';
	assert_false(experiment_id_is_valid(id));
	id[EXPERIMENT_ID_MAX] = '\0';
	assert_true(experiment_id_is_valid(id));
	for (uint64_t i = 0; i < 100; i++) {
		experiment_id_format(id, i * UINT64_C(0x9e3779b97f4a7c15));
		assert_int_equal(strlen(id), EXPERIMENT_ID_LENGTH);
		assert_true(experiment_id_is_valid(id));
		assert_true(id[0] >= 'a' && id[0] <= 'z');
		for (char *at = id; *at; at++)
			assert_false(isupper((unsigned char)*at));
	}
}

static void better_results(void **state)
{
	const struct metric_value unset = {false, 0};
	const struct metric_value nan = {true, NAN};
	const struct metric_value one = {true, 1};
	const struct metric_value two = {true, 2};
	const struct metric_value worst = {true, -INFINITY};

	(void)state;
#define BETTER(mode, a, b)                                                     \
	assert_true(objective_is_better(OBJECTIVE_##mode, a, b));              \
	assert_false(objective_is_better(OBJECTIVE_##mode, b, a))
	BETTER(MAXIMIZE, two, one);
	BETTER(MINIMIZE, one, two);
	BETTER(MAXIMIZE, worst, nan);
	BETTER(MINIMIZE, two, nan);
	BETTER(MINIMIZE, nan, unset);
	BETTER(MAXIMIZE, one, unset);
	assert_false(objective_is_better(OBJECTIVE_MAXIMIZE, one, one));
	assert_false(objective_is_better(OBJECTIVE_MAXIMIZE, nan, nan));
	assert_false(objective_is_better(OBJECTIVE_MAXIMIZE, unset, unset));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trial_moves),
		cmocka_unit_test(experiment_moves),
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(trial_ids),
		cmocka_unit_test(experiment_ids),
		cmocka_unit_test(better_results),
	};

	return cmocka_run_group_tests_name("states", tests, NULL, NULL);
}
