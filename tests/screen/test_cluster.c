/* SPDX-License-Identifier: MIT */
/* The cluster's screens: keys, and what is asked of whoever runs it. */
#include "base/mem.h"
#include "store/interest.h"
#include "tests/screen/view_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static struct screen *start(const char *arguments)
{
	struct screen *screen =
		rig_console(folder, "cluster.db", 100, 24, arguments, NULL);

	assert_true(
		screen_wait_text(screen, "Trials of cifar", RIG_DEADLINE_MS));
	return screen;
}

static void type_and_see(struct screen *screen, const char *keys,
			 const char *text)
{
	screen_type(screen, keys);
	if (!screen_wait_text(screen, text, RIG_DEADLINE_MS))
		fail_msg("\"%s\" is not to be seen", text);
}

static char *wish_path(const char *name)
{
	return xasprintf("%s/cifar/watched/%s", folder, name);
}

static bool is_wished(struct screen *screen, void *arg)
{
	(void)screen;
	return access(arg, F_OK) == 0;
}

static void expect_wish(struct screen *screen, const char *name)
{
	char *path = wish_path(name);

	if (!screen_wait(screen, is_wished, path, RIG_DEADLINE_MS))
		fail_msg("nobody wishes %s", name);
	unlink(path);
	/* and again, for as long as it is looked at */
	if (!screen_wait(screen, is_wished, path, RIG_DEADLINE_MS))
		fail_msg("nobody goes on wishing %s", name);
	free(path);
}

static bool has_wish(const char *name)
{
	char *path = wish_path(name);
	bool is_there = access(path, F_OK) == 0;

	free(path);
	return is_there;
}

static void what_only_looks_asks_for_nothing(void **state)
{
	struct screen *screen = start("--read-only");
	char *path = xasprintf("%s/cifar/watched", folder);

	(void)state;
	type_and_see(screen, ":trial 2\r", "#2 log");
	type_and_see(screen, "C", "head-1");
	assert_true(screen_wait_idle(screen, 300, RIG_DEADLINE_MS));
	screen_close(screen);
	assert_int_equal(access(path, F_OK), -1);
	free(path);
}

static void what_is_shown_is_asked_for(void **state)
{
	struct screen *screen = start("");

	(void)state;
	type_and_see(screen, ":trial 2\r", "#2 log");
	expect_wish(screen, "log-Qp9z3");
	assert_false(has_wish("cluster"));
	type_and_see(screen, "C", "head-1");
	expect_wish(screen, "cluster");
	screen_type(screen, "q");
	/* nobody runs this one */
	type_and_see(screen, ":experiment tabular\rC", "Cluster of tabular");
	screen_close(screen);
	/* a local one needs nothing */
	screen = rig_console(folder, "t.db", 80, 24, "", NULL);
	type_and_see(screen, "C", "the trials run on this machine");
	screen_close(screen);
}

/* A log costs a connection: not one for each trial on the way. */
static void passing_by_asks_for_nothing(void **state)
{
	struct screen *screen = start("");

	(void)state;
	type_and_see(screen, ":trial 0\r", "#0 log");
	expect_wish(screen, "log-Xa0b1");
	screen_type(screen, "gjjjj");
	expect_wish(screen, "log-Kd3f2");
	assert_false(has_wish("log-Bt5x5"));
	assert_false(has_wish("log-Wm7c4"));
	screen_close(screen);
}

static void rows_are_sorted_and_found(void **state)
{
	struct screen *screen = start("");

	(void)state;
	type_and_see(screen, "C", "head-1");
	type_and_see(screen, "s", "sorted by GPUs");
	type_and_see(screen, "s", "sorted by CPU");
	type_and_see(screen, "ss", "sorted by trials");
	type_and_see(screen, "s", "sorted by name");
	screen_type(screen, "/W");
	screen_type(screen, "m7c4\r\r");
	assert_true(
		screen_wait_text(screen, "Trial #3  Wm7c4", RIG_DEADLINE_MS));
	/* back to where one was */
	type_and_see(screen, "q", "Cluster of cifar");
	type_and_see(screen, "/nothing-there\r", "not found");
	screen_close(screen);
}

static void a_filter_is_told(void **state)
{
	struct screen *screen = start("");

	(void)state;
	type_and_see(screen, ":filter state:failed\r", "1 of 6");
	type_and_see(screen, "C", "head-1");
	type_and_see(screen, "G\r", "hidden by the filter");
	screen_close(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_only_looks_asks_for_nothing),
		cmocka_unit_test(what_is_shown_is_asked_for),
		cmocka_unit_test(passing_by_asks_for_nothing),
		cmocka_unit_test(rows_are_sorted_and_found),
		cmocka_unit_test(a_filter_is_told),
	};

	return cmocka_run_group_tests_name("cluster", tests, make_folder,
					   remove_folder);
}
