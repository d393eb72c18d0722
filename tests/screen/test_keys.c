/* SPDX-License-Identifier: MIT */
/* Keys that must not do harm, and what a harmless one costs. */
#include "base/mem.h"
#include "tests/screen/view_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define LIST_KEY_BYTES 400 /* one j on a full 80x24 list */

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

static struct screen *start(int cols, int rows)
{
	struct screen *screen =
		rig_console(folder, "t.db", cols, rows, "", NULL);

	if (cols >= 40)
		assert_true(
			screen_wait_text(screen, "RUNNING", RIG_DEADLINE_MS));
	/* until the log of the selected trial is there as well */
	assert_true(screen_wait_idle(screen, 150, RIG_DEADLINE_MS));
	return screen;
}

static void a_paste_is_not_typed(void **state)
{
	struct screen *screen = start(80, 24);

	(void)state;
	screen_type(screen, "\x1b[200~Qq\rx\ry\r\x1b[201~");
	assert_true(screen_wait_text(screen, "pasted text ignored",
				     RIG_DEADLINE_MS));
	screen_type(screen, ":\x1b[200~experiment broken\r\x1b[201~");
	assert_true(screen_wait_text(screen, ":experiment broken",
				     RIG_DEADLINE_MS));
	screen_type(screen, "\r");
	assert_true(
		screen_wait_text(screen, "Trials of broken", RIG_DEADLINE_MS));
	screen_close(screen);
}

static void interrupts_explain(void **state)
{
	struct screen *screen = start(80, 24);

	(void)state;
	screen_type(screen, "\x03");
	assert_true(screen_wait_text(screen, "q leaves the program",
				     RIG_DEADLINE_MS));
	screen_type(screen, "x");
	assert_true(
		screen_wait_text(screen, "has not ended already? [y/N]", 0) ||
		screen_wait_text(screen, "[y/N]", RIG_DEADLINE_MS));
	screen_type(screen, "\x03"); /* no */
	assert_true(screen_wait_no_text(screen, "[y/N]", RIG_DEADLINE_MS));
	screen_close(screen);
}

static void a_stop_asks_how(void **state)
{
	struct screen *screen = start(80, 24);

	(void)state;
	screen_type(screen, "T");
	assert_true(screen_wait_text(screen,
				     "stop digits: [k]ill its 4 trials, "
				     "[l]eave them to finish, [N]o",
				     RIG_DEADLINE_MS));
	screen_type(screen, "y"); /* is no answer to that */
	assert_true(screen_wait_text(screen, "not done", RIG_DEADLINE_MS));
	screen_type(screen, "Tl");
	assert_true(screen_wait_text(screen, "nobody runs digits",
				     RIG_DEADLINE_MS));
	screen_type(screen, "n:stop gently\r");
	assert_true(screen_wait_text(screen,
				     "stop: kill or leave, not \"gently\"",
				     RIG_DEADLINE_MS));
	screen_close(screen);
}

/* Every key of a long way down, scrolling included. */
static void a_key_costs_little(void **state)
{
	struct screen *screen = start(80, 24);
	size_t before, cost, most = 0;
	int i;

	(void)state;
	/* nothing but the list changes: their logs are the same */
	screen_type(screen, ":filter state:succeeded\r");
	assert_true(screen_wait_text(screen, "12 of 20", RIG_DEADLINE_MS));
	screen_type(screen, "j");
	assert_true(screen_wait_idle(screen, 150, RIG_DEADLINE_MS));
	for (i = 0; i < 10; i++) {
		before = screen_bytes(screen);
		screen_type(screen, "j");
		assert_true(screen_wait_idle(screen, 120, RIG_DEADLINE_MS));
		cost = screen_bytes(screen) - before;
		assert_true(cost > 0);
		most = cost > most ? cost : most;
	}
	print_message("# one j: at most %zu bytes\n", most);
	assert_true(most <= LIST_KEY_BYTES);
	screen_close(screen);
}

static void refuses_what_is_no_terminal(void **state)
{
	char *command = xasprintf("'%s/tests/support/tui_main' '%s/t.db' "
				  "</dev/null >/dev/null 2>'%s/said'",
				  getenv("TOP_BUILDDIR"), folder, folder);
	int status = system(command);

	(void)state;
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	free(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_paste_is_not_typed),
		cmocka_unit_test(interrupts_explain),
		cmocka_unit_test(a_stop_asks_how),
		cmocka_unit_test(a_key_costs_little),
		cmocka_unit_test(refuses_what_is_no_terminal),
	};

	return cmocka_run_group_tests_name("keys", tests, make_folder,
					   remove_folder);
}
