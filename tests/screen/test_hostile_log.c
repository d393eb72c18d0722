/* SPDX-License-Identifier: MIT */
/*
 * A trial's log that wants to take the screen over: nothing outside the log
 * pane changes, nothing inside has an attribute of its own.
 */
#include "tests/screen/console_rig.h"

#include "base/mem.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct console_rig rig;
static struct screen *screen;

static void wait_for_rest(void)
{
	assert_true(screen_wait_idle(screen, 250, CONSOLE_DEADLINE_MS));
	assert_false(screen_wait_exit(screen, NULL, 0));
}

static void fill_hostile_log(struct strbuf *log)
{
	struct random random;

	strbuf_adds(log,
		    "\x1b[2J\x1b[H\x1b[1;1HOWNED\x1b[?1049l\x1b[?25h\n"
		    "\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[5i\n"
		    "\x1b[41;5;7mred for ever\n\x1b(0lqqqk\x0e graphics\n"
		    "\x1b[1;5r\x1b[?6h\x1b[20h\x1b"
		    "c\x1b#8\n"
		    "\x9b"
		    "2J\xc2\x9b"
		    "2J\xc2\x90q\n"
		    "\x1bP+q544e\x1b\\\x1b_Gi=1;AAAA\x1b\\\n"
		    "\r\r\rback\rto\rthe start\n\x08\x08\x08\x08 left\n"
		    "\x0b\x0c\x85\xe2\x80\xa8\xe2\x80\xaeright to left\n"
		    "\xcc\x81\xcc\x81 combining\xe2\x80\x8d\xef\xb8\x8f\n");
	for (int i = 0; i < 200; i++)
		strbuf_adds(log, "\xe6\xbc\xa2\xe5\xad\x97\xf0\x9f\x91\xa9"
				 "\xe2\x80\x8d\xf0\x9f\x92\xbb");
	strbuf_addch(log, '\n');
	for (int i = 0; i < 300; i++)
		strbuf_adds(log, "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85");
	strbuf_addch(log, '\n');
	random_seed(&random, 9, 0);
	for (int i = 0; i < 50000; i++)
		strbuf_addch(log, (char)random_below(&random, 256));
	strbuf_addch(log, '\n');
	for (int i = 0; i < 1000000; i++)
		strbuf_addch(log, i % 1000 ? 'x' : '\x1b');
	strbuf_addch(log, '\n');
	for (int i = 0; i < 100; i++)
		strbuf_addf(log, "\x1b[3%dm\xe6\xbc\xa2 %d\x1b[%dA\t|\n", i % 8,
			    i, i);
}

/* The first row of the log pane's text. */
static int first_log_row(void)
{
	struct strbuf line = STRBUF_INIT;
	int found = -1;

	for (int row = 0; row < screen_rows(screen) && found < 0; row++) {
		strbuf_clear(&line);
		screen_row(screen, row, &line);
		if (strstr(line.data, "3 Log"))
			found = row + 1;
	}
	strbuf_release(&line);
	assert_true(found > 0);
	return found;
}

/* Everything but the log's own rows and its title. */
static char *text_around_log(int from, int to)
{
	struct strbuf text = STRBUF_INIT;

	for (int row = 0; row < screen_rows(screen); row++) {
		if (row < from - 1 || row >= to) {
			screen_row(screen, row, &text);
			strbuf_addch(&text, '\n');
		}
	}
	return strbuf_detach(&text);
}

/* The log is drawn in the terminal's own colours and nothing else: what is
 * not, an escape sequence has got through. */
static void assert_log_is_plain(int from, int to)
{
	for (int row = from; row < to; row++) {
		for (int col = 0; col < screen_cols(screen); col++) {
			struct screen_cell cell;

			screen_cell(screen, row, col, &cell);
			assert_false(cell.is_bold || cell.is_reversed ||
				     cell.is_underlined || cell.is_italic);
			assert_true(cell.foreground.is_default &&
				    cell.background.is_default);
		}
	}
}

static void attack(const char *const *flags, int cols, int rows)
{
	static const char *const keys[] = {"",	   "k",	   "\x02", "g",
					   "\x06", "\x06", "j",	   "w",
					   "l",	   "\x06", "G",	   "w"};
	struct strbuf log = STRBUF_INIT;
	int from, to;
	char *before, *after;

	console_rig_write_log(&rig, "calm\n", 5);
	screen = console_rig_open(&rig, cols, rows, flags);
	screen_type(screen, "3");
	wait_for_rest();
	from = first_log_row();
	to = screen_rows(screen) - 2; /* status line and function bar */
	before = text_around_log(from, to);
	fill_hostile_log(&log);
	assert_true(log.len > 1000000);
	console_rig_write_log(&rig, log.data, log.len);
	assert_true(screen_wait_text(screen, " 99", CONSOLE_DEADLINE_MS));
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		screen_type(screen, keys[i]);
		wait_for_rest();
		after = text_around_log(from, to);
		assert_string_equal(after, before);
		assert_log_is_plain(from, to);
		assert_true(screen_is_alternate(screen));
		assert_false(screen_is_cursor_visible(screen));
		free(after);
	}
	free(before);
	strbuf_release(&log);
	screen_close(screen);
}

static void the_screen_stays_whole(void **state)
{
	(void)state;
	attack(NULL, 80, 24);
}

static void so_does_an_ascii_one(void **state)
{
	static const char *const flags[] = {"--ascii", "--no-color", NULL};

	(void)state;
	attack(flags, 80, 24);
}

static void so_does_a_wide_one(void **state)
{
	(void)state;
	attack(NULL, 100, 45);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_screen_stays_whole),
		cmocka_unit_test(so_does_an_ascii_one),
		cmocka_unit_test(so_does_a_wide_one),
	};
	int result;

	console_rig_init(&rig);
	result = cmocka_run_group_tests_name("hostile_log", tests, NULL, NULL);
	console_rig_release(&rig);
	return result;
}
