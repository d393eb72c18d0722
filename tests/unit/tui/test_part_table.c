/* SPDX-License-Identifier: MIT */
/* Lines of parts: which columns there are, that they fit, and what is told in a
 * few words. */
#include "tui/part_table.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct trial_part *add(struct part_list *list, int depth,
			      const char *name, const char *sort,
			      enum part_state state)
{
	struct trial_part *part = part_list_add(list);

	part->depth = depth;
	snprintf(part->name, sizeof(part->name), "%s", name);
	snprintf(part->sort, sizeof(part->sort), "%s", sort);
	part->state = state;
	return part;
}

static struct part_list roles(void)
{
	struct part_list list = {0};
	struct trial_part *part;

	part = add(&list, 0, "ps-0", "pod", PART_WAITING);
	strcpy(part->reason, "Unschedulable: 2 Insufficient nvidia.com/gpu");
	add(&list, 0, "worker", "role", PART_RUNNING);
	part = add(&list, 1, "worker-0", "pod", PART_RUNNING);
	part->is_leader = true;
	part->started_ns = 10 * NS_PER_S;
	strcpy(part->node, "gpu-1.example.com");
	strcpy(part->pod, "nni-exp-abc-trial-x-1-worker-0");
	part = add(&list, 1, "worker-1", "pod", PART_FAILED);
	part->exit_code = 137;
	part->restarts = 12;
	part->started_ns = 10 * NS_PER_S;
	part->ended_ns = 40 * NS_PER_S;
	strcpy(part->node, "10.1.2.3");
	strcpy(part->reason, "OOMKilled");
	return list;
}

struct told {
	struct strbuf text;
	int cols; /* that lines must fit into; 0: any */
	const char *indent;
};

static void note(const char *text, const struct trial_part *part, void *arg)
{
	struct told *told = arg;
	bool is_reason =
		part && !strncmp(text, told->indent, strlen(told->indent));

	if (told->cols && !is_reason)
		assert_true(utf8_width(text, strlen(text)) <= told->cols);
	strbuf_addf(&told->text, "%s\n", text);
}

static char *tell(const struct part_list *list, int cols, bool is_ascii)
{
	static struct told told = {.text = STRBUF_INIT};
	struct part_style style = {.cols = cols,
				   .is_ascii = is_ascii,
				   .indent = "  > ",
				   .now_ns = 70 * NS_PER_S};

	strbuf_clear(&told.text);
	told.cols = cols;
	told.indent = style.indent;
	part_table_each(list, &style, note, &told);
	return told.text.data;
}

static void empty_columns_are_left_out(void **state)
{
	struct part_list list = {0};

	(void)state;
	assert_string_equal(tell(&list, 80, false), "");
	add(&list, 0, "a", "pod", PART_WAITING);
	assert_string_equal(tell(&list, 0, true), "PART  STATE\n"
						  "a     waiting\n");
	list.omitted = 3;
	assert_string_equal(tell(&list, 0, true), "PART  STATE\n"
						  "a     waiting\n"
						  "... and 3 more\n");
	part_list_release(&list);
}

static void all_that_is_known(void **state)
{
	struct part_list list = roles();

	(void)state;
	assert_string_equal(
		tell(&list, 0, true),
		"PART         STATE     TIME  RST  EXIT  NODE               "
		"POD                             REASON\n"
		"ps-0         waiting                                       "
		"                                Unschedulable: 2 Insufficient "
		"nvidia.com/gpu\n"
		"worker       running\n"
		"|-worker-0*  running  1m00s             gpu-1.example.com  "
		"nni-exp-abc-trial-x-1-worker-0\n"
		"`-worker-1   failed     30s   12   137  10.1.2.3           "
		"                                OOMKilled\n");
	/* names without domains, addresses whole; a long reason stands below */
	assert_string_equal(
		tell(&list, 60, false),
		"  PART          TIME  RST  EXIT  NODE      REASON\n"
		"\xE2\x97\xB7 ps-0\n"
		"  > Unschedulable: 2 Insufficient nvidia.com/gpu\n"
		"\xE2\x97\x8F worker\n"
		"\xE2\x97\x8F \xE2\x94\x9C\xE2\x94\x80worker-0*  1m00s"
		"             gpu-1\n"
		"\xE2\x9C\x96 \xE2\x94\x94\xE2\x94\x80worker-1     30s   12"
		"   137  10.1.2.3  OOMKilled\n");
	part_list_release(&list);
}

static void lines_fit(void **state)
{
	struct part_list list = roles();

	(void)state;
	strcpy(add(&list, 400, "\xe6\xbc\xa2\xe5\xad\x97\x1b[2J", "DAG",
		   PART_SUSPENDED)
		       ->reason,
	       "\xff\xe2\x80\xae");
	for (int cols = 20; cols < 200; cols++) {
		tell(&list, cols, false);
		assert_null(strchr(tell(&list, cols, true), '\x1b'));
	}
	part_list_release(&list);
}

static void assert_brief(const struct part_list *list, const char *brief,
			 const char *counts)
{
	struct strbuf text = STRBUF_INIT;

	part_format_brief(&text, list);
	assert_string_equal(text.data, brief);
	strbuf_clear(&text);
	part_format_counts(&text, list);
	assert_string_equal(text.data, counts);
	strbuf_release(&text);
}

static void in_short(void **state)
{
	struct part_list list = roles(), steps = {0};

	(void)state;
	assert_true(part_list_is_worth_showing(&list));
	assert_brief(&list, "1/3 up, worker-1: OOMKilled",
		     "3: 1 running, 1 waiting, 1 failed");
	list.items[3].state = PART_RUNNING;
	assert_brief(
		&list,
		"2/3 up, ps-0: Unschedulable: 2 Insufficient nvidia.com/gpu",
		"3: 2 running, 1 waiting");
	list.items[0].state = PART_RUNNING;
	assert_brief(&list, "", "3: 3 running");
	list.count = 1;
	assert_false(part_list_is_worth_showing(&list));
	part_list_release(&list);

	add(&steps, 0, "flow", "Steps", PART_RUNNING);
	assert_true(part_list_is_worth_showing(&steps));
	add(&steps, 1, "one", "Pod", PART_SUCCEEDED);
	for (int i = 0; i < 5; i++)
		add(&steps, 1, "ab\0cd\0ef\0gh\0ij" + 3 * i, "Pod",
		    PART_RUNNING);
	add(&steps, 1, "never", "Pod", PART_SKIPPED);
	assert_brief(&steps, "at ab, cd, ef and 2 more",
		     "7: 5 running, 1 succeeded, 1 skipped");
	part_list_release(&steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_columns_are_left_out),
		cmocka_unit_test(all_that_is_known),
		cmocka_unit_test(lines_fit),
		cmocka_unit_test(in_short),
	};

	return cmocka_run_group_tests_name("part table", tests, NULL, NULL);
}
