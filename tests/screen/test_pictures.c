/* SPDX-License-Identifier: MIT */
/*
 * Every picture in a real terminal, against golden screens: at three sizes, in
 * ASCII, without colours, and with half blocks instead of braille; and what
 * each says when there is nothing to draw.  UPDATE=1 writes the goldens anew.
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
	const char *name, *experiment;
	const char *keys; /* script lines */
} views[] = {
	{"curves", "sweep", ":picture curves\n"},
	{"curves-cursor", "sweep", ":picture curves\n:wait\nt j j h h h\n"},
	{"curves-stopped", "sweep",
	 ":filter state:early_stopped\n:wait\n2 g <Space> j <Space>\n"
	 ":picture curves\n:wait\nv\n"},
	{"parallel", "sweep", ":picture parallel\n"},
	{"parallel-brush", "sweep", ":picture parallel\n:wait\nl g b j j\n"},
	{"parallel-filter", "sweep", ":picture parallel\n:wait\nl g b j j b\n"},
	{"durations", "sweep", ":picture durations\n"},
	{"durations-cursor", "sweep", ":picture durations\n:wait\nL h h h\n"},
	{"timeline", "sweep", ":picture timeline\n"},
	{"timeline-cursor", "sweep", ":picture timeline\n:wait\nv v h h h j\n"},
	{"finals", "sweep", ":picture finals\n"},
	{"finals-cursor", "sweep", ":picture finals\n:wait\nh h h k <Space>\n"},
	{"finals-regret", "sweep",
	 ":picture finals\n:optimum 0.05\n:wait\nv L h h\n:wait\n:optimum "
	 "none\n:optimum 0.05\n"},
	{"front", "tradeoff", ":picture front\n"},
	{"front-cursor", "tradeoff", ":picture front\n:wait\nv l l l\n"},
};

/* What does not depend on the size of a screen is looked at once. */
static const struct view small_views[] = {
	{"finals-metric", "sweep", ":picture finals\n:wait\nm L\n"},
	{"curves-log", "sweep", ":picture curves\n:wait\nL L L\n"},
	{"curves-none", "begun", ":picture curves\n"},
	{"curves-blank", "blank", ":picture curves\n"},
	{"parallel-metric", "sweep", ":picture parallel\n:wait\nm t t\n"},
	{"parallel-none", "begun", ":picture parallel\n"},
	{"parallel-blank", "blank", ":picture parallel\n"},
	{"durations-wait", "sweep", ":picture durations\n:wait\nv\n"},
	{"durations-filter", "sweep", ":picture durations\n:wait\nh h h b\n"},
	{"durations-none", "begun", ":picture durations\n"},
	{"timeline-begun", "begun", ":picture timeline\n"},
	{"timeline-blank", "blank", ":picture timeline\n"},
	{"curves-blocks", "sweep", ":set nobraille\n:picture curves\n"},
	{"parallel-blocks", "sweep", ":set nobraille\n:picture parallel\n"},
	{"finals-unknown", "sweep",
	 ":optimum none\n:picture finals\n:wait\nv\n"},
	{"finals-optimum", "sweep", ":picture finals\n:optimum 0,9\n"},
	{"finals-none", "begun", ":picture finals\n"},
	{"finals-blank", "blank", ":picture finals\n"},
	{"front-none", "begun", ":picture front\n"},
	{"front-blank", "blank", ":picture front\n"},
	{"finals-blocks", "sweep", ":set nobraille\n:picture finals\n"},
	{"front-blocks", "tradeoff", ":set nobraille\n:picture front\n"},
	{"picture-unknown", "sweep", ":picture finnals\n"},
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

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
	char script[1024], name[64];

	snprintf(script, sizeof(script),
		 ":experiment %s\n:wait\n%s:wait\n:save-screen done\n",
		 view->experiment, view->keys);
	snprintf(name, sizeof(name), "picture-%s-%s", view->name,
		 terminal->name);
	return rig_shows(folder, "pictures.db", terminal, script, name);
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

	return cmocka_run_group_tests_name("pictures", tests, make_folder,
					   remove_folder);
}
