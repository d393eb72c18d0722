/* SPDX-License-Identifier: MIT */
/*
 * The pictures of parameters in a real terminal, against golden screens: at
 * three sizes, in ASCII, without colours, and with half blocks instead of
 * braille; and what each says when there is nothing to draw.  UPDATE=1 writes
 * the goldens anew.
 */
#include "tests/screen/view_rig.h"
#include "tests/support/insight_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct view {
	const char *name, *experiment;
	const char *keys; /* script lines */
} views[] = {
	{"importance", "nested", "I\n"},
	{"importance-cursor", "nested", "I\n:wait\nj j G\n"},
	{"slice", "nested", ":picture slice\n"},
	{"slice-option", "nested", ":picture slice\n:wait\nj\n:wait\nh h\n"},
	{"contour", "nested",
	 "I\n:wait\nj j j j j j j <Enter>\n:wait\nl l k\n"},
	{"belief", "nested", ":picture belief\n:wait\nh h h\n"},
	{"belief-mean", "smooth", ":picture belief\n:wait\nl\n"},
};

/* What does not depend on the size of a screen is looked at once. */
static const struct view small_views[] = {
	{"importance-bare", "bare", "I\n"},
	{"importance-few", "one", "I\n"},
	{"importance-equal", "equal", "I\n"},
	{"importance-to-slice", "nested", "I\n:wait\nj j <Enter>\n"},
	{"slice-nested", "nested", ":picture slice\n:wait\nk k\n"},
	{"slice-one", "one", ":picture slice\n:wait\nj L\n"},
	{"slice-best", "nested", ":picture slice\n:wait\nh h <Enter>\n"},
	{"contour-options", "nested", ":picture contour\n:wait\nv t\n"},
	{"contour-one", "one", ":picture contour\n"},
	{"contour-bare", "bare", ":picture contour\n"},
	{"belief-none", "chance", ":picture belief\n"},
	{"belief-early", "one", ":picture belief\n"},
	{"belief-bare", "bare", ":picture belief\n"},
	{"belief-options", "smooth", ":picture belief\n:wait\nj\n:wait\nl l\n"},
	{"slice-blocks", "nested", ":set nobraille\n:picture slice\n"},
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static char *folder;

static int make_folder(void **state)
{
	(void)state;
	folder = rig_folder_new();
	insight_fixture(folder);
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
	char script[1024], name[64];

	snprintf(script, sizeof(script),
		 ":experiment %s\n:wait\n%s:wait\n:save-screen done\n",
		 view->experiment, view->keys);
	snprintf(name, sizeof(name), "insight-%s-%s", view->name,
		 terminal->name);
	return rig_shows(folder, "insight.db", terminal, script, name);
}

static void check(const struct view *list, size_t count,
		  const struct rig_terminal *terminal)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		if (shows(&list[i], terminal))
			continue;
		print_message("# picture %s at %s differs\n", list[i].name,
			      terminal->name);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void at_80x24(void **state)
{
	(void)state;
	check(views, COUNT(views), &rig_terminals[RIG_80X24]);
	check(small_views, COUNT(small_views), &rig_terminals[RIG_80X24]);
}

static void at_40x10(void **state)
{
	(void)state;
	check(views, COUNT(views), &rig_terminals[RIG_40X10]);
}

static void at_160x50(void **state)
{
	(void)state;
	check(views, COUNT(views), &rig_terminals[RIG_160X50]);
}

static void in_ascii(void **state)
{
	(void)state;
	check(views, COUNT(views), &rig_terminals[RIG_ASCII]);
}

static void in_monochrome(void **state)
{
	(void)state;
	check(views, COUNT(views), &rig_terminals[RIG_MONO]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_80x24),	 cmocka_unit_test(at_40x10),
		cmocka_unit_test(at_160x50),	 cmocka_unit_test(in_ascii),
		cmocka_unit_test(in_monochrome),
	};

	return cmocka_run_group_tests_name("insight", tests, make_folder,
					   remove_folder);
}
