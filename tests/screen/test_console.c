/* SPDX-License-Identifier: MIT */
/*
 * Every view as a picture: the real console in a real terminal of a fixed
 * size, with a fixed clock and the same database, compared with a golden file
 * of text and attributes.  UPDATE=1 writes the goldens anew.
 */
#include "tests/screen/view_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct view {
	const char *name;
	const char *database;
	const char *keys; /* script lines */
} views[] = {
	{"panes", "t.db", ""},
	{"chart", "t.db", "G j k\n:trial 16\n<Space>\n:trial 18\n4\n"},
	{"results", "t.db", "4 v\n"},
	{"trial", "t.db", ":trial 5\n<Enter>\n"},
	{"failed", "t.db", ":trial 11\n<Enter> G\n"},
	{"events", "t.db", "E\n"},
	{"tuner", "t.db", "A\n"},
	{"tuner-none", "cluster.db", "A\n"},
	{"help", "t.db", "?\n"},
	{"help-end", "t.db", "? G\n"},
	{"log", "t.db", ":trial 12\n3 z\n"},
	{"sorted", "t.db", ":sort final\ng\n"},
	{"filtered", "t.db", ":filter state:failed\n"},
	{"marked", "t.db", "j <Space> <Space> <Space> x\n"},
	{"sort-menu", "t.db", "s <Right>\n"},
	{"command", "t.db", "<C-l> : r e s <Tab>\n"},
	{"read-only", "t.db", "x\n"},
	{"frozen", "t.db", "Z\n"},
	{"hostile", "t.db", ":experiment hostile1\n<Enter>\n"},
	{"broken", "t.db", ":experiment broken\n"},
	{"empty", "none.db", ""},
	{"pods", "cluster.db", ""},
	{"pod", "cluster.db", ":trial 3\n<Enter>\n"},
	{"pod-waits", "cluster.db", ":trial 4\n3 z\n"},
	{"pod-streams", "cluster.db", ":trial 2\n3 o\n"},
	{"parts-list", "parts.db", ""},
	{"parts", "parts.db", ":trial 1\n<Enter>\n"},
	{"parts-end", "parts.db", ":trial 1\n<Enter> G\n"},
	{"parts-hostile", "parts.db", ":trial 3\n<Enter>\n"},
	{"parts-tree", "parts.db", ":experiment pipeline\n:trial 0\n<Enter>\n"},
	{"parts-many", "parts.db",
	 ":experiment pipeline\n:trial 1\n<Enter> <C-d> <C-d>\n"},
	{"parts-log", "parts.db", ":trial 1\n3 z\n"},
	{"parts-log-one", "parts.db", ":trial 1\n:wait\n3 z o o o\n"},
	{"cluster", "cluster.db", "C\n"},
	{"cluster-end", "cluster.db", "C G\n"},
	{"cluster-denied", "cluster.db", ":experiment tabular\nC\n"},
	{"cluster-local", "t.db", "C\n"},
};

#define VIEWS (sizeof(views) / sizeof(views[0]))
#define TERMINALS RIG_TERMINALS

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

static bool shows(const struct view *view, const struct rig_terminal *terminal)
{
	char script[1024], name[64], arguments[128];
	struct screen *screen;
	bool is_ok;

	snprintf(script, sizeof(script), ":wait\n%s:wait\n:save-screen done\n",
		 view->keys);
	/* a prompt would take the rest of the script as its text */
	if (strcmp(view->name, "command") == 0)
		snprintf(script, sizeof(script), ":wait\n:save-screen done\n%s",
			 view->keys);
	snprintf(arguments, sizeof(arguments), "%s%s", terminal->arguments,
		 strcmp(view->name, "read-only") == 0 ? " --read-only" : "");
	snprintf(name, sizeof(name), "%s-%s", view->name, terminal->name);
	screen = rig_console(folder, view->database, terminal->cols,
			     terminal->rows, arguments, script);
	is_ok = rig_wait_script(screen, folder) &&
		(strcmp(view->name, "command") != 0 ||
		 screen_wait_text(screen, ":restart", RIG_DEADLINE_MS)) &&
		screen_matches_golden(screen, name);
	screen_close(screen);
	return is_ok;
}

static void check_terminal(const struct rig_terminal *terminal)
{
	size_t i, wrong = 0;

	for (i = 0; i < VIEWS; i++) {
		if (shows(&views[i], terminal))
			continue;
		print_message("# %s at %s differs\n", views[i].name,
			      terminal->name);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void at_80x24(void **state)
{
	(void)state;
	check_terminal(&rig_terminals[RIG_80X24]);
}

static void at_40x10(void **state)
{
	(void)state;
	check_terminal(&rig_terminals[RIG_40X10]);
}

static void at_160x50(void **state)
{
	(void)state;
	check_terminal(&rig_terminals[RIG_160X50]);
}

static void in_ascii(void **state)
{
	(void)state;
	check_terminal(&rig_terminals[RIG_ASCII]);
}

static void in_monochrome(void **state)
{
	(void)state;
	check_terminal(&rig_terminals[RIG_MONO]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_80x24),	 cmocka_unit_test(at_40x10),
		cmocka_unit_test(at_160x50),	 cmocka_unit_test(in_ascii),
		cmocka_unit_test(in_monochrome),
	};

	return cmocka_run_group_tests_name("console", tests, make_folder,
					   remove_folder);
}
