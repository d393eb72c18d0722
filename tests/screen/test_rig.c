/* SPDX-License-Identifier: MIT */
/*
 * Does the terminal rig see what it is there to see?  The program it drives is
 * this one again, as a small full-screen target that behaves well or badly by
 * key, so that a rig that noticed nothing would fail here.
 */
#include "tests/support/pty_screen.h"

#include "base/fs.h"
#include "base/mem.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 10000
#define ENTER "\x1b[?1049h\x1b[?25l"
#define LEAVE "\x1b[?1049l\x1b[?25h"

/* ---- the target ------------------------------------------------------------
 */

static void put(const char *text)
{
	if (write(1, text, strlen(text)) < 0)
		_exit(9);
}

static void on_resize(int signal)
{
	(void)signal;
}

static void draw(void)
{
	struct winsize size;
	char text[128];

	ioctl(0, TIOCGWINSZ, &size);
	put("\x1b[0m\x1b[2J\x1b[1;1Hready\x1b[2;1H\x1b[1;31mred\x1b[0m "
	    "\x1b[7mback\x1b[0m\x1b[3;1H\xE6\xBC\xA2|e\xCC\x81|");
	snprintf(text, sizeof(text), "\x1b[4;1H%dx%d TERM=%s LANG=%s",
		 size.ws_col, size.ws_row, getenv("TERM"), getenv("LANG"));
	put(text);
}

/* By key: q leaves well, x leaves badly, c crashes, z stops, w writes. */
static int run_target(void)
{
	struct sigaction action = {.sa_handler = on_resize};
	struct pollfd input = {0, POLLIN, 0};
	struct termios before, raw;
	sigset_t resize, none;
	char key;

	/* a resize comes while it waits and at no other time */
	sigemptyset(&none);
	sigemptyset(&resize);
	sigaddset(&resize, SIGWINCH);
	sigprocmask(SIG_BLOCK, &resize, NULL);
	sigaction(SIGWINCH, &action, NULL);
	tcgetattr(0, &before);
	raw = before;
	cfmakeraw(&raw);
	tcsetattr(0, TCSADRAIN, &raw);
	put(ENTER);
	draw();
	for (;;) {
		if (ppoll(&input, 1, NULL, &none) < 0) {
			draw();
			continue;
		}
		if (read(0, &key, 1) != 1)
			return 7; /* hung up */
		switch (key) {
		case 'q':
			put(LEAVE);
			tcsetattr(0, TCSADRAIN, &before);
			return 3;
		case 'x':
			return 4;
		case 'c':
			signal(SIGSEGV, SIG_DFL);
			raise(SIGSEGV);
			break;
		case 'z':
			raise(SIGTSTP);
			put("\x1b[5;1Hcontinued");
			break;
		case 'w':
			put("12345");
			break;
		}
	}
}

/* ---- the tests -------------------------------------------------------------
 */

static struct screen *screen;

static int open_target(void **state)
{
	static const char *const argv[] = {"/proc/self/exe", "target", NULL};
	const struct screen_options options = {
		.cols = 60, .rows = 10, .argv = argv, .folder = "/tmp"};

	(void)state;
	screen = screen_open(&options);
	return screen_wait_text(screen, "LANG=", DEADLINE_MS) ? 0 : -1;
}

static int close_target(void **state)
{
	(void)state;
	screen_close(screen);
	return 0;
}

static void assert_row(int row, const char *text)
{
	struct strbuf line = STRBUF_INIT;

	screen_row(screen, row, &line);
	assert_string_equal(line.data, text);
	strbuf_release(&line);
}

static void reads_text_and_attributes(void **state)
{
	struct screen_cell cell;
	struct strbuf map = STRBUF_INIT;

	(void)state;
	assert_row(0, "ready");
	assert_row(2, "\xE6\xBC\xA2|e\xCC\x81|");
	assert_row(3, "60x10 TERM=xterm-256color LANG=C.UTF-8");
	screen_cell(screen, 2, 0, &cell);
	assert_int_equal(cell.width, 2);
	screen_cell(screen, 2, 1, &cell);
	assert_int_equal(cell.width, 0);
	assert_string_equal(cell.text, "");
	screen_cell(screen, 1, 0, &cell);
	assert_true(cell.is_bold && !cell.foreground.is_default);
	assert_int_equal(screen_reversed_row(screen, 0), 1);
	screen_attributes(screen, &map);
	assert_non_null(strstr(map.data, "\naaa.bbbb\n"));
	assert_non_null(strstr(map.data, "\nb reverse\n"));
	strbuf_release(&map);
	assert_true(screen_is_alternate(screen));
	assert_false(screen_is_cursor_visible(screen));
	assert_false(screen_is_termios_restored(screen));
	assert_false(screen_wait_text(screen, "not there", 50));
}

static void counts_bytes(void **state)
{
	size_t before;

	(void)state;
	assert_true(screen_wait_idle(screen, 50, DEADLINE_MS));
	before = screen_bytes(screen);
	screen_type(screen, "w");
	assert_true(screen_wait_text(screen, "12345", DEADLINE_MS));
	assert_true(screen_wait_idle(screen, 50, DEADLINE_MS));
	assert_int_equal(screen_bytes(screen) - before, 5);
}

static void resizes(void **state)
{
	(void)state;
	screen_resize(screen, 41, 5);
	assert_true(screen_wait_text(screen, "41x5 ", DEADLINE_MS));
	assert_int_equal(screen_cols(screen), 41);
}

static void tells_good_ends_from_bad(void **state)
{
	int status;

	(void)state;
	screen_type(screen, "q");
	assert_true(screen_wait_exit(screen, &status, DEADLINE_MS));
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	assert_true(screen_is_termios_restored(screen));
	assert_true(screen_is_cursor_visible(screen));
	assert_false(screen_is_alternate(screen));
	close_target(NULL);
	assert_int_equal(open_target(NULL), 0);
	screen_type(screen, "x");
	assert_true(screen_wait_exit(screen, &status, DEADLINE_MS));
	assert_int_equal(WEXITSTATUS(status), 4);
	assert_false(screen_is_termios_restored(screen));
	assert_false(screen_is_cursor_visible(screen));
	assert_true(screen_is_alternate(screen));
	close_target(NULL);
	assert_int_equal(open_target(NULL), 0);
	screen_type(screen, "c");
	assert_true(screen_wait_exit(screen, &status, DEADLINE_MS));
	/* under a sanitizer the crash is an exit of its own kind */
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
}

static void stops_and_continues(void **state)
{
	(void)state;
	screen_type(screen, "z");
	assert_true(screen_wait_stopped(screen, DEADLINE_MS));
	assert_false(screen_shows(screen, "continued"));
	screen_continue(screen);
	assert_true(screen_wait_text(screen, "continued", DEADLINE_MS));
	screen_type(screen, "q"); /* it has the terminal again */
	assert_true(screen_wait_exit(screen, NULL, DEADLINE_MS));
}

static void hangs_up(void **state)
{
	int status;

	(void)state;
	screen_hang_up(screen);
	assert_true(screen_wait_exit(screen, &status, DEADLINE_MS));
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGHUP
					: WEXITSTATUS(status) == 7);
}

/* Written once, matched, and no longer matched after a change. */
static void compares_goldens(void **state)
{
	char folder[] = "/tmp/trialdeck-golden-XXXXXX";
	char *source = xstrdup_or_null(getenv("TOP_SRCDIR"));
	char *build = xstrdup_or_null(getenv("TOP_BUILDDIR"));
	char *update = xstrdup_or_null(getenv("UPDATE"));
	struct error err;
	bool is_same, is_changed, is_missing;

	(void)state;
	assert_non_null(mkdtemp(folder));
	setenv("TOP_SRCDIR", folder, 1);
	setenv("TOP_BUILDDIR", folder, 1);
	unsetenv("UPDATE");
	is_missing = !screen_matches_golden(screen, "rig");
	setenv("UPDATE", "1", 1);
	screen_matches_golden(screen, "rig");
	unsetenv("UPDATE");
	is_same = screen_matches_golden(screen, "rig");
	screen_type(screen, "w");
	screen_wait_text(screen, "12345", DEADLINE_MS);
	is_changed = !screen_matches_golden(screen, "rig");
	if (source)
		setenv("TOP_SRCDIR", source, 1);
	else
		unsetenv("TOP_SRCDIR");
	if (build)
		setenv("TOP_BUILDDIR", build, 1);
	else
		unsetenv("TOP_BUILDDIR");
	if (update)
		setenv("UPDATE", update, 1);
	fs_remove_tree(folder, &err);
	free(source);
	free(build);
	free(update);
	assert_true(is_missing && is_same && is_changed);
}

int main(int argc, char **argv)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, open_target, close_target)
	const struct CMUnitTest tests[] = {
		TEST(reads_text_and_attributes),
		TEST(counts_bytes),
		TEST(resizes),
		TEST(tells_good_ends_from_bad),
		TEST(stops_and_continues),
		TEST(hangs_up),
		TEST(compares_goldens),
	};

	if (argc > 1 && !strcmp(argv[1], "target"))
		return run_target();
	return cmocka_run_group_tests_name("rig", tests, NULL, NULL);
}
