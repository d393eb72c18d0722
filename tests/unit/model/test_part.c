/* SPDX-License-Identifier: MIT */
/* Lists of parts: bounds, leaves, counts, ends, and the marks in logs. */
#include "model/part.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static struct trial_part *add(struct part_list *list, int depth,
			      enum part_state state)
{
	struct trial_part *part = part_list_add(list);

	part->depth = depth;
	part->state = state;
	return part;
}

static void too_many_are_counted(void **state)
{
	struct part_list list = {0};
	struct part_counts counts;

	(void)state;
	for (int i = 0; i < PARTS_MAX; i++)
		assert_int_equal(part_list_add(&list)->exit_code, -1);
	assert_null(part_list_add(&list));
	assert_null(part_list_add(&list));
	assert_int_equal(list.count, PARTS_MAX);
	assert_int_equal(list.omitted, 2);
	part_list_count(&list, &counts);
	assert_int_equal(counts.total, PARTS_MAX + 2);
	assert_int_equal(counts.states[PART_WAITING], PARTS_MAX);
	part_list_release(&list);
	assert_null(list.items);
	assert_int_equal(list.omitted, 0);
}

static void leaves_are_what_runs(void **state)
{
	struct part_list list = {0};
	struct part_counts counts;

	(void)state;
	add(&list, 0, PART_RUNNING);   /* 0: steps */
	add(&list, 1, PART_SUCCEEDED); /* 1 */
	add(&list, 1, PART_RUNNING);   /* 2: steps */
	add(&list, 2, PART_RUNNING);   /* 3 */
	add(&list, 2, PART_SKIPPED);   /* 4 */
	add(&list, 1, PART_WAITING);   /* 5 */
	add(&list, 0, PART_WAITING);   /* 6 */
	assert_false(part_list_is_leaf(&list, 0));
	assert_true(part_list_is_leaf(&list, 1));
	assert_false(part_list_is_leaf(&list, 2));
	assert_true(part_list_is_leaf(&list, 4));
	assert_true(part_list_is_leaf(&list, 6));
	part_list_count(&list, &counts);
	assert_int_equal(counts.total, 4);
	assert_int_equal(counts.states[PART_RUNNING], 1);
	assert_int_equal(counts.states[PART_SUCCEEDED], 1);
	assert_int_equal(counts.states[PART_WAITING], 2);
	assert_int_equal(counts.states[PART_SKIPPED], 1);
	part_list_release(&list);
}

static void settled_ones_do_not_run(void **state)
{
	struct part_list list = {0};
	struct trial_part *part;

	(void)state;
	part = add(&list, 0, PART_RUNNING);
	part->started_ns = 5;
	part = add(&list, 0, PART_WAITING);
	strcpy(part->reason, "Unschedulable");
	add(&list, 0, PART_SUSPENDED);
	part = add(&list, 0, PART_FAILED);
	part->started_ns = 6;
	part->ended_ns = 7;
	assert_true(part_list_settle(&list, PART_SUCCEEDED, 9, "over"));
	assert_int_equal(list.items[0].state, PART_SUCCEEDED);
	assert_int_equal(list.items[0].ended_ns, 9);
	assert_string_equal(list.items[0].reason, "over");
	assert_int_equal(list.items[1].state, PART_SKIPPED);
	assert_int_equal(list.items[1].ended_ns, 0);
	assert_string_equal(list.items[1].reason, "Unschedulable");
	assert_int_equal(list.items[2].state, PART_SKIPPED);
	assert_int_equal(list.items[3].state, PART_FAILED);
	assert_int_equal(list.items[3].ended_ns, 7);
	assert_string_equal(list.items[3].reason, "");
	assert_false(part_list_settle(&list, PART_FAILED, 10, "again"));
	part_list_release(&list);
	/* a role's reason is how its pods are doing */
	strcpy(add(&list, 0, PART_RUNNING)->reason, "1 running");
	strcpy(add(&list, 1, PART_RUNNING)->reason, "slow");
	assert_true(part_list_settle(&list, PART_FAILED, 9, "over"));
	assert_string_equal(list.items[0].reason, "over");
	assert_string_equal(list.items[1].reason, "slow");
	part_list_release(&list);
	/* also when it has failed already, with some of them left */
	part = add(&list, 0, PART_FAILED);
	part->started_ns = 3;
	strcpy(part->reason, "1 running, 1 failed");
	add(&list, 1, PART_FAILED);
	add(&list, 1, PART_RUNNING);
	strcpy(add(&list, 0, PART_FAILED)->reason, "2 failed");
	add(&list, 1, PART_FAILED);
	assert_true(part_list_settle(&list, PART_FAILED, 9, "over"));
	assert_string_equal(list.items[0].reason, "over");
	assert_int_equal(list.items[0].ended_ns, 9);
	assert_string_equal(list.items[3].reason, "2 failed");
	part_list_release(&list);
}

static void steps_are_told_from_pods(void **state)
{
	struct part_list list = {0};

	(void)state;
	strcpy(add(&list, 0, PART_RUNNING)->sort, "role");
	strcpy(add(&list, 1, PART_RUNNING)->sort, "pod");
	assert_false(part_list_has_steps(&list));
	assert_false(part_has_log(&list, 0));
	assert_false(part_has_log(&list, 1));
	strcpy(list.items[0].pod, "x");
	strcpy(list.items[1].pod, "x");
	assert_false(part_has_log(&list, 0));
	assert_true(part_has_log(&list, 1));
	strcpy(add(&list, 1, PART_RUNNING)->sort, "Pod");
	assert_true(part_list_has_steps(&list));
	part_list_release(&list);
}

static void states_have_names(void **state)
{
	enum part_state back;

	(void)state;
	for (int i = 0; i < PART_STATE_COUNT; i++) {
		assert_true(part_state_parse(part_state_name(i), &back));
		assert_int_equal(back, i);
	}
	assert_false(part_state_parse("Running", &back));
	assert_false(part_state_parse("", &back));
}

static void differences_are_seen(void **state)
{
	const struct trial_part plain = {.exit_code = -1};
	struct trial_part others[12];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		others[i] = plain;
		assert_true(part_is_same(&plain, &others[i]));
	}
	others[0].depth = 1;
	others[1].state = PART_RUNNING;
	others[2].is_leader = true;
	others[3].restarts = 1;
	others[4].exit_code = 0;
	others[5].started_ns = 1;
	others[6].ended_ns = 1;
	strcpy(others[7].name, "a");
	strcpy(others[8].sort, "a");
	strcpy(others[9].pod, "a");
	strcpy(others[10].node, "a");
	strcpy(others[11].reason, "a");
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_false(part_is_same(&plain, &others[i]));
}

static void marks_are_recognised(void **state)
{
	static const struct {
		const char *line;
		size_t len;
	} cases[] = {
		{"[worker-1] step", 11},
		{"[worker-1] ", 11},
		{"[worker-1]", 0},
		{"[worker-1]step", 0},
		{"[train(0:[1,2])] step", 17},
		{"[a] ", 4},
		{"[] ", 0},
		{"[ a] ", 0},
		{"step [a] ", 0},
		{"", 0},
		{"[worker-1/proxy] x", 17},
		/* as long as they get, and longer */
		{"[0123456789012345678901234567890123456789012345678901234567"
		 "89012345678901234567890123456789012] x",
		 96},
		{"[0123456789012345678901234567890123456789012345678901234567"
		 "890123456789012345678901234567890123] x",
		 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		/* not ended by NUL, so that reading on would be seen */
		size_t len = strlen(cases[i].line);
		char *line = malloc(len ? len : 1);

		assert_non_null(line);
		memcpy(line, cases[i].line, len);
		assert_int_equal(part_mark_length(line, len), cases[i].len);
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_many_are_counted),
		cmocka_unit_test(leaves_are_what_runs),
		cmocka_unit_test(settled_ones_do_not_run),
		cmocka_unit_test(steps_are_told_from_pods),
		cmocka_unit_test(states_have_names),
		cmocka_unit_test(differences_are_seen),
		cmocka_unit_test(marks_are_recognised),
	};

	return cmocka_run_group_tests_name("part", tests, NULL, NULL);
}
