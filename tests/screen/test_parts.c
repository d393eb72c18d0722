/* SPDX-License-Identifier: MIT */
/* The log of a trial with several pods: all, one after the other, by name; and
 * what the trial's view tells while its parts change. */
#include "base/mem.h"
#include "store/store.h"
#include "tests/screen/view_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *folder;

static int make_folder(void **state)
{
	(void)state;
	folder = rig_folder_new();
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	rig_folder_free(folder);
	return 0;
}

static struct screen *start(void)
{
	struct screen *screen =
		rig_console(folder, "parts.db", 100, 30, "", NULL);

	assert_true(
		screen_wait_text(screen, "Trials of ranks", RIG_DEADLINE_MS));
	return screen;
}

static void type_and_see(struct screen *screen, const char *keys,
			 const char *text)
{
	screen_type(screen, keys);
	if (!screen_wait_text(screen, text, RIG_DEADLINE_MS))
		fail_msg("\"%s\" is not to be seen", text);
}

static void expect_gone(struct screen *screen, const char *text)
{
	if (!screen_wait_no_text(screen, text, RIG_DEADLINE_MS))
		fail_msg("\"%s\" is still to be seen", text);
}

static void parts_in_turn(void **state)
{
	struct screen *screen = start();

	(void)state;
	type_and_see(screen, ":trial 1\r3", "#1 log of all 3 of attempt 2");
	type_and_see(screen, "", "[worker-1] waiting for ps-0");
	type_and_see(screen, "", "o Pod");
	type_and_see(screen, "o", "log of evaluator-0");
	type_and_see(screen, "o", "log of worker-0");
	expect_gone(screen, "waiting for ps-0");
	expect_gone(screen, "[worker-0]");
	type_and_see(screen, "", "epoch 3: loss 0.66");
	type_and_see(screen, "o", "log of worker-1");
	type_and_see(screen, "", "retrying");
	type_and_see(screen, "o", "log of all 3");
	type_and_see(screen, "ooo", "log of worker-1");
	type_and_see(screen, "O", "log of all 3");
	/* from the other panes as well */
	type_and_see(screen, "2o", "log of evaluator-0");
	type_and_see(screen, "O", "log of all 3");
	type_and_see(screen, "1o", "log of evaluator-0");
	screen_close(screen);
}

static void parts_by_name(void **state)
{
	struct screen *screen = start();

	(void)state;
	type_and_see(screen, ":trial 1\r", "#1 log of all");
	type_and_see(screen, ":log evaluator-0\r", "log of evaluator-0");
	type_and_see(screen, ":log ps-0\r", "not \"ps-0\"");
	type_and_see(screen, ":log worker-1\r", "log of worker-1");
	/* another trial does not have it: all are shown, and it comes back */
	type_and_see(screen, ":log e\t\r", "log of evaluator-0");
	type_and_see(screen, ":trial 4\r", "3 Log #4 log");
	type_and_see(screen, ":trial 1\r", "log of evaluator-0");
	type_and_see(screen, ":log all\r", "log of all 3");
	screen_close(screen);
}

static void a_part_is_searched(void **state)
{
	struct screen *screen = start();

	(void)state;
	type_and_see(screen, ":trial 1\r3", "#1 log of all");
	type_and_see(screen, "ooo", "log of worker-1");
	type_and_see(screen, "/epoch\r", "not found: epoch");
	type_and_see(screen, "O", "log of all 3");
	screen_type(screen, "n");
	assert_true(screen_wait_idle(screen, 200, RIG_DEADLINE_MS));
	assert_false(screen_shows(screen, "not found"));
	screen_close(screen);
}

/* Another process, as which this one writes, finds a place for ps-0. */
static void changes_are_seen(void **state)
{
	struct screen *screen = start();
	struct part_list parts = {0};
	struct store *store = NULL;
	struct experiment row;
	struct trial trial;
	struct error err;
	bool is_news;
	char *path = xasprintf("%s/parts.db", folder);

	(void)state;
	type_and_see(screen, ":trial 1\r", "2/4 up, ps-0: Unsch");
	type_and_see(screen, "\r", "Parts  4: 2 running, 1 waiting");
	assert_true(store_open(path, STORE_WRITE, &store, &err));
	assert_true(store_experiment_find(store, "ranks", &row, &err));
	assert_true(store_trial_find(store, row.key, "1", &trial, &err));
	assert_true(store_parts_get(store, trial.key, 2, &parts, &err));
	parts.items[1].state = PART_RUNNING;
	parts.items[1].reason[0] = '\0';
	strcpy(parts.items[1].pod, "ps-0");
	assert_true(store_begin(store, &err));
	assert_true(
		store_parts_put(store, trial.key, 2, &parts, &is_news, &err));
	assert_true(store_trial_update(store, &trial, &err));
	assert_true(store_commit(store, &err));
	type_and_see(screen, "", "Parts  4: 3 running, 1 succeeded");
	expect_gone(screen, "Unschedulable");
	type_and_see(screen, "q", "3/4 up");
	/* its log is one of those to choose from now */
	type_and_see(screen, "3", "log of all 4");
	type_and_see(screen, ":log ps-0\r", "Nothing from ps-0 yet");
	screen_close(screen);
	part_list_release(&parts);
	trial_release(&trial);
	experiment_release(&row);
	store_close(store);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_in_turn),
		cmocka_unit_test(parts_by_name),
		cmocka_unit_test(a_part_is_searched),
		cmocka_unit_test(changes_are_seen),
	};

	return cmocka_run_group_tests_name("parts on screen", tests,
					   make_folder, remove_folder);
}
