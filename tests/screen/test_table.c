/* SPDX-License-Identifier: MIT */
/*
 * The trial table as pictures: columns, orders, views, the dialog, faults of a
 * filter, pins; and by keys what a picture does not show.
 */
#include "tests/screen/view_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Those that end in an open prompt say what is to be seen then. */
static const struct picture {
	const char *name;
	const char *keys; /* script lines */
	const char *shows;
} pictures[] = {
	{"table-columns", ":columns lr:8 loss loss.min loss.max reason\n",
	 NULL},
	{"table-sorted", ":sort state,-lr\ng\n", NULL},
	{"table-filter",
	 ":filter loss.min<0.5 and (optimizer:adam or state:f)\n", NULL},
	{"table-nothing", ":filter lr>5\n", NULL},
	{"table-view", ":view failed\n", NULL},
	{"table-pins", "b\n", NULL},
	{"table-following", ":trial 12\nf\n:filter state:failed\n", NULL},
	{"table-marked", ":mark-by lr<1e-3 or state:failed\n", NULL},
	{"table-dialog", "= j <Space> ) }\n", NULL},
	{"table-sized", ":sort lr\n( { {\n", NULL},
	{"table-fault", "\\ l r r < 1\n", "^^^"},
	{"table-views", "V <Right>\n", "+save"},
	{"table-mark-prompt", "M s t a t e : f a <Tab>\n", "failed"},
};

#define PICTURES (sizeof(pictures) / sizeof(pictures[0]))

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

static bool is_shown(const struct picture *picture,
		     const struct rig_terminal *terminal)
{
	char script[1024], name[64], arguments[128];
	struct screen *screen;
	bool is_ok;

	/* a prompt would take the rest of the script as its text */
	snprintf(script, sizeof(script),
		 picture->shows ? ":wait\n:save-screen done\n%s"
				: ":wait\n%s:wait\n:save-screen done\n",
		 picture->keys);
	/* nothing is remembered from one picture to the next */
	snprintf(arguments, sizeof(arguments), "%s --read-only",
		 terminal->arguments);
	snprintf(name, sizeof(name), "%s-%s", picture->name, terminal->name);
	screen = rig_console(folder, "t.db", terminal->cols, terminal->rows,
			     arguments, script);
	is_ok = rig_wait_script(screen, folder) &&
		(!picture->shows ||
		 screen_wait_text(screen, picture->shows, RIG_DEADLINE_MS)) &&
		screen_wait_idle(screen, 60, RIG_DEADLINE_MS) &&
		screen_matches_golden(screen, name);
	screen_close(screen);
	return is_ok;
}

static void check_terminal(const struct rig_terminal *terminal)
{
	size_t i, wrong = 0;

	for (i = 0; i < PICTURES; i++) {
		if (is_shown(&pictures[i], terminal))
			continue;
		print_message("# %s at %s differs\n", pictures[i].name,
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

/* Columns, order and views are there again the next time. */
static void it_is_remembered(void **state)
{
	struct screen *screen;

	(void)state;
	screen = rig_console(folder, "t.db", 80, 24, "",
			     ":wait\n:columns lr loss.max\n:sort -lr,state\n"
			     ":filter state:s\n:view-save mine\n"
			     ":filter\n:save-screen done\n");
	assert_true(rig_wait_script(screen, folder));
	screen_type(screen, "q");
	assert_true(screen_wait_exit(screen, NULL, RIG_DEADLINE_MS));
	screen_close(screen);
	screen = rig_console(folder, "t.db", 80, 24, "", NULL);
	assert_true(screen_wait_text(screen, "loss.max", RIG_DEADLINE_MS));
	assert_true(screen_wait_text(screen, "by -lr,+state", RIG_DEADLINE_MS));
	screen_type(screen, "U"); /* marks: columns stay */
	screen_type(screen, ":view all\r");
	assert_true(screen_wait_text(screen, "optimizer", RIG_DEADLINE_MS));
	screen_type(screen, ":view mine\r");
	assert_true(screen_wait_text(screen, "\\state:s", RIG_DEADLINE_MS));
	assert_true(screen_wait_text(screen, "loss.max", RIG_DEADLINE_MS));
	screen_type(screen, ":view-delete mine\r");
	assert_true(screen_wait_text(screen, "is gone", RIG_DEADLINE_MS));
	screen_type(screen, ":view mine\r");
	assert_true(
		screen_wait_text(screen, "no view is called", RIG_DEADLINE_MS));
	screen_type(screen, ":view all\rq");
	assert_true(screen_wait_exit(screen, NULL, RIG_DEADLINE_MS));
	screen_close(screen);
}

/* A filter with a fault stays open for it to be mended. */
static void a_fault_can_be_mended(void **state)
{
	struct screen *screen = rig_console(folder, "t.db", 80, 24, "", NULL);

	(void)state;
	assert_true(screen_wait_text(screen, "RUNNING", RIG_DEADLINE_MS));
	screen_type(screen, "\\(state:f\r");
	assert_true(screen_wait_text(screen, "is not closed", RIG_DEADLINE_MS));
	screen_type(screen, ")\r");
	assert_true(screen_wait_text(screen, "\\(state:f) (", RIG_DEADLINE_MS));
	screen_type(screen, "\\");
	screen_type(screen, "\x15nope>1\x1b");
	/* canceled: the filter is what it was */
	assert_true(screen_wait_text(screen, "\\(state:f) (", RIG_DEADLINE_MS));
	screen_close(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_80x24),
		cmocka_unit_test(at_40x10),
		cmocka_unit_test(at_160x50),
		cmocka_unit_test(in_ascii),
		cmocka_unit_test(in_monochrome),
		cmocka_unit_test(a_fault_can_be_mended),
		cmocka_unit_test(it_is_remembered),
	};

	return cmocka_run_group_tests_name("table", tests, make_folder,
					   remove_folder);
}
