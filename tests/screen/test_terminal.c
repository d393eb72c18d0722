/* SPDX-License-Identifier: MIT */
/*
 * The console and its terminal: whatever happens, the user gets a usable
 * terminal back, and as long as it runs the screen is whole.
 */
#include "tests/screen/console_rig.h"

#include "base/mem.h"
#include "base/random.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS CONSOLE_DEADLINE_MS

static struct console_rig rig;
static struct screen *screen;

static int set_up_rig(void **state)
{
	(void)state;
	console_rig_init(&rig);
	return 0;
}

static int tear_down_rig(void **state)
{
	(void)state;
	console_rig_release(&rig);
	return 0;
}

static int open_console(void **state)
{
	static const char *const flags[] = {"--read-only", NULL};

	(void)state;
	screen = console_rig_open(&rig, 80, 24, flags);
	return 0;
}

static int close_console(void **state)
{
	(void)state;
	screen_close(screen);
	screen = NULL;
	return 0;
}

/* ---- helpers ----------------------------------------------------------------
 */

static void assert_terminal_given_back(void)
{
	assert_true(screen_is_termios_restored(screen));
	assert_true(screen_is_cursor_visible(screen));
	assert_false(screen_is_alternate(screen));
	assert_false(screen_has_mouse(screen));
}

static void assert_in_charge(void)
{
	assert_true(screen_is_alternate(screen));
	assert_false(screen_is_cursor_visible(screen));
	assert_false(screen_is_termios_restored(screen));
}

static char *text_now(void)
{
	struct strbuf text = STRBUF_INIT;

	screen_text(screen, &text);
	return strbuf_detach(&text);
}

static bool shows_exactly(struct screen *s, void *arg)
{
	struct strbuf text = STRBUF_INIT;
	bool is_same;

	screen_text(s, &text);
	is_same = !strcmp(text.data, arg);
	strbuf_release(&text);
	return is_same;
}

/* The very same screen again; on failure shows the first row that differs. */
static void assert_comes_back_to(char *text)
{
	const char *expected = text, *now, *is;

	if (screen_wait(screen, shows_exactly, text, DEADLINE_MS))
		return;
	now = is = text_now();
	for (int row = 0; *expected && *is; row++) {
		int a = (int)strcspn(expected, "\n");
		int b = (int)strcspn(is, "\n");

		if (a != b || strncmp(expected, is, (size_t)a) != 0)
			fail_msg("row %d is\n%.*s\nand not\n%.*s", row, b, is,
				 a, expected);
		expected += a + 1;
		is += b + 1;
	}
	assert_string_equal(now, text);
}

static void wait_for_rest(void)
{
	assert_true(screen_wait_idle(screen, 250, DEADLINE_MS));
	assert_false(screen_wait_exit(screen, NULL, 0));
}

static void assert_answers_keys(void)
{
	screen_type(screen, "?");
	assert_true(screen_wait_text(screen, "Moving", DEADLINE_MS));
	screen_type(screen, "q");
	assert_true(screen_wait_text(screen, "Trials of", DEADLINE_MS));
	wait_for_rest();
}

/* ---- ends -------------------------------------------------------------------
 */

static void starts_and_quits(void **state)
{
	int status;

	(void)state;
	assert_true(screen_shows(screen, "Trials of digits"));
	assert_true(screen_shows(screen, "F1"));
	assert_in_charge();
	assert_false(screen_has_mouse(screen));
	assert_answers_keys();
	screen_type(screen, "Q");
	assert_true(screen_wait_exit(screen, &status, DEADLINE_MS));
	assert_int_equal(status, 0);
	assert_terminal_given_back();
}

static void dies_of(int signal)
{
	int status;

	screen_signal(screen, signal);
	assert_true(screen_wait_exit(screen, &status, DEADLINE_MS));
	/* a sanitizer turns it into an exit of its own */
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == signal
					: WEXITSTATUS(status) != 0);
	assert_terminal_given_back();
}

static void survives_no_crash_but_the_terminal_does(void **state)
{
	static const int signals[] = {SIGSEGV, SIGBUS,	SIGFPE,
				      SIGILL,  SIGABRT, SIGQUIT};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(signals); i++) {
		dies_of(signals[i]);
		close_console(NULL);
		open_console(NULL);
	}
}

static void ends_when_asked_to(void **state)
{
	int status;

	(void)state;
	screen_signal(screen, SIGTERM);
	assert_true(screen_wait_exit(screen, &status, DEADLINE_MS));
	assert_true(WIFEXITED(status));
	assert_terminal_given_back();
}

static void ends_when_the_terminal_is_gone(void **state)
{
	int status;

	(void)state;
	screen_hang_up(screen);
	assert_true(screen_wait_exit(screen, &status, DEADLINE_MS));
	/* of its own will: it has things to put in order */
	assert_true(WIFEXITED(status));
}

/* ^C asks how to leave; ^\\ leaves, but not the terminal in a mess. */
static void interrupts_are_no_accidents(void **state)
{
	(void)state;
	screen_type(screen, "\x03");
	wait_for_rest();
	assert_in_charge();
	assert_answers_keys();
	screen_type(screen, "\x1c");
	if (screen_wait_exit(screen, NULL, 1000))
		assert_terminal_given_back();
	else
		assert_in_charge();
}

/* ---- stopping and going on -------------------------------------------------
 */

static void stop_and_continue(const char *keys)
{
	char *before = text_now();

	if (keys)
		screen_type(screen, keys);
	else
		screen_signal(screen, SIGTSTP);
	assert_true(screen_wait_stopped(screen, DEADLINE_MS));
	assert_terminal_given_back();
	screen_continue(screen);
	assert_comes_back_to(before);
	wait_for_rest();
	assert_in_charge();
	assert_answers_keys();
	free(before);
}

static void stops_and_continues(void **state)
{
	(void)state;
	stop_and_continue(NULL);
	stop_and_continue("\x1a");
}

static void is_resized_while_stopped(void **state)
{
	char *before = text_now();

	(void)state;
	screen_signal(screen, SIGTSTP);
	assert_true(screen_wait_stopped(screen, DEADLINE_MS));
	screen_resize(screen, 100, 30);
	screen_continue(screen);
	wait_for_rest();
	assert_true(screen_shows(screen, "Trials of digits"));
	screen_resize(screen, 80, 24);
	assert_comes_back_to(before);
	free(before);
}

/* ---- sizes ------------------------------------------------------------------
 */

static void survives_a_storm_of_sizes(void **state)
{
	char *before = text_now();
	struct random random;

	(void)state;
	random_seed(&random, 5, 0);
	for (int i = 0; i < 200; i++) {
		screen_resize(screen, 1 + (int)random_below(&random, 220),
			      1 + (int)random_below(&random, 70));
		/* some are seen and some are overtaken */
		if (i % 5 == 0)
			screen_wait_idle(screen, 5, 50);
	}
	screen_resize(screen, 80, 24);
	assert_comes_back_to(before);
	assert_answers_keys();
	free(before);
}

static void is_too_small_and_grows_again(void **state)
{
	char *before = text_now();

	(void)state;
	screen_resize(screen, 1, 1);
	wait_for_rest();
	screen_type(screen, "jk?q3c2");
	wait_for_rest();
	screen_resize(screen, 2, 40);
	wait_for_rest();
	screen_resize(screen, 200, 1);
	wait_for_rest();
	screen_resize(screen, 39, 9);
	assert_true(screen_wait_text(screen, "too small", DEADLINE_MS));
	screen_resize(screen, 40, 10);
	assert_true(screen_wait_text(screen, "digits", DEADLINE_MS));
	assert_false(screen_shows(screen, "too small"));
	screen_type(screen, "2c"); /* as it was before c and 3 */
	screen_resize(screen, 80, 24);
	assert_comes_back_to(before);
	free(before);
}

/* ---- input that nobody typed ------------------------------------------------
 */

static void ignores_a_pasted_heap_of_bytes(void **state)
{
	char *before = text_now();
	struct random random;
	char junk[8192];

	(void)state;
	random_seed(&random, 6, 0);
	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = (char)random_below(&random, 256);
	for (size_t i = 0; i < sizeof(junk); i++) {
		/* no end of the paste; and ^C ^Z ^\ are the tty's own */
		if (memchr("\x1b\x03\x1a\x1c", junk[i], 4))
			junk[i] = '?';
	}
	screen_type(screen, "\x1b[200~");
	screen_send(screen, junk, sizeof(junk));
	screen_type(screen, "\x1b[201~");
	wait_for_rest();
	screen_type(screen, "2"); /* takes the message away */
	assert_comes_back_to(before);
	assert_answers_keys();
	free(before);
}

static void survives_strange_sequences(void **state)
{
	/* mouse reports of three protocols, unknown keys, answers to questions
	 * nobody asked, invalid and overlong UTF-8, a lone introducer */
	static const char strange[] =
		"\x1b[M !!\x1b[M#!!\x1b[<0;10;10M\x1b[<0;10;10m\x1b[<64;5;5M"
		"\x1b[99;99z\x1b[?1;2c\x1b]11;rgb:0000/0000/0000\x1b\\"
		"\xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82"
		"\x1b[\x1bO\x1b[1;";

	(void)state;
	for (int i = 0; i < 20; i++)
		screen_send(screen, strange, sizeof(strange) - 1);
	wait_for_rest();
	screen_type(screen, "\x1b\x1b\x1b");
	wait_for_rest();
	screen_type(screen, "2");
	assert_answers_keys();
	assert_in_charge();
}

/* ---- bytes ------------------------------------------------------------------
 */

static void one_key_costs_few_bytes(void **state)
{
	(void)state;
	screen_type(screen, "z"); /* the list alone, 20 rows of it */
	wait_for_rest();
	for (int i = 0; i < 16; i++) {
		size_t before;

		if (i == 4) { /* then the list scrolls */
			screen_type(screen, "jjjjjjjjjj");
			wait_for_rest();
		}
		before = screen_bytes(screen);

		screen_type(screen, "j");
		wait_for_rest();
		assert_true(screen_bytes(screen) > before);
		if (screen_bytes(screen) - before > 400)
			fail_msg("one j, the %dth, wrote %zu bytes", i + 1,
				 screen_bytes(screen) - before);
	}
}

static void writes_nothing_when_nothing_changes(void **state)
{
	size_t before;

	(void)state;
	wait_for_rest();
	before = screen_bytes(screen);
	assert_true(screen_wait_idle(screen, 3000, DEADLINE_MS));
	assert_int_equal(screen_bytes(screen), before);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, open_console, close_console)
	const struct CMUnitTest tests[] = {
		TEST(starts_and_quits),
		TEST(survives_no_crash_but_the_terminal_does),
		TEST(ends_when_asked_to),
		TEST(ends_when_the_terminal_is_gone),
		TEST(interrupts_are_no_accidents),
		TEST(stops_and_continues),
		TEST(is_resized_while_stopped),
		TEST(survives_a_storm_of_sizes),
		TEST(is_too_small_and_grows_again),
		TEST(ignores_a_pasted_heap_of_bytes),
		TEST(survives_strange_sequences),
		TEST(one_key_costs_few_bytes),
		TEST(writes_nothing_when_nothing_changes),
	};

	return cmocka_run_group_tests_name("terminal", tests, set_up_rig,
					   tear_down_rig);
}
