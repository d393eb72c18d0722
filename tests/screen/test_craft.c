/* SPDX-License-Identifier: MIT */
/*
 * The console's craft in a real terminal: themes, the configuration file,
 * copying, pictures of the screen, the palette.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "tests/screen/view_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

static struct screen *start(const char *database, const char *arguments)
{
	struct screen *screen =
		rig_console(folder, database, 80, 24, arguments, NULL);

	assert_true(screen_wait_text(screen, "F1", RIG_DEADLINE_MS) ||
		    screen_wait_text(screen, "configuration", 0));
	assert_true(screen_wait_idle(screen, 150, RIG_DEADLINE_MS));
	return screen;
}

static void press(struct screen *screen, const char *keys)
{
	screen_type(screen, keys);
	assert_true(screen_wait_idle(screen, 150, RIG_DEADLINE_MS));
}

static void assert_text(struct screen *screen, const char *text)
{
	struct strbuf shown = STRBUF_INIT;

	if (!screen_wait_text(screen, text, RIG_DEADLINE_MS)) {
		screen_text(screen, &shown);
		fail_msg("no \"%s\" in\n%s", text, shown.data);
	}
}

static char *path_of(const char *name)
{
	return fs_join(folder, name);
}

static void write_text(const char *name, const char *text)
{
	char *path = path_of(name);
	struct error err;

	assert_true(fs_write_file(path, text, strlen(text), &err));
	free(path);
}

static char *read_text(const char *name)
{
	struct strbuf text = STRBUF_INIT;
	char *path = path_of(name);
	struct error err;

	if (!fs_read_file(path, 1 << 20, &text, &err))
		fail_msg("%s", err.text);
	free(path);
	return strbuf_detach(&text);
}

static void assert_recorded(const struct strbuf *record, const char *bytes)
{
	if (!memmem(record->data, record->len, bytes, strlen(bytes)))
		fail_msg("the terminal was not sent %s", bytes + 1);
}

/* ---- pictures of views ------------------------------------------------------
 */

static const struct view {
	const char *name;
	const char *keys; /* script lines */
	const char *waits_for;
} views[] = {
	{"theme-light", ":theme light\n", "theme light"},
	{"theme-blind", ":theme color-blind\n", "theme colour-blind,"},
	{"theme-blind-light", ":theme colour-blind-light\n",
	 "theme colour-blind-light,"},
	{"theme-mono", ":theme mono\n", "theme mono"},
	{"copy-menu", "y\n", "[j]son"},
	{"palette", "<C-p>\n", ">"},
	{"palette-kill", "<C-p> k i l\n", "kill"},
	{"palette-trial", "<C-p> 1 <Down>\n", "#1 "},
	{"palette-none", "<C-p> q q q\n", "nothing is called that"},
};

static const struct terminal {
	const char *name;
	int cols, rows;
	const char *arguments;
} terminals[] = {
	{"80x24", 80, 24, ""},		{"40x10", 40, 10, ""},
	{"160x50", 160, 50, ""},	{"ascii", 80, 24, "--ascii"},
	{"mono", 80, 24, "--no-color"},
};

static bool shows(const struct view *view, const struct terminal *terminal)
{
	char *name = xasprintf("%s-%s", view->name, terminal->name);
	char *script = xasprintf(":wait\n:save-screen done\n%s", view->keys);
	struct screen *screen =
		rig_console(folder, "t.db", terminal->cols, terminal->rows,
			    terminal->arguments, script);
	bool is_mono = strstr(terminal->arguments, "no-color") != NULL;
	bool is_ok = rig_wait_script(screen, folder) &&
		     screen_wait_text(screen,
				      is_mono && view->waits_for[0] == 't' &&
						      view->name[6] != 'm'
					      ? "no colours here"
					      : view->waits_for,
				      RIG_DEADLINE_MS) &&
		     screen_wait_idle(screen, 60, RIG_DEADLINE_MS) &&
		     screen_matches_golden(screen, name);

	screen_close(screen);
	free(script);
	free(name);
	return is_ok;
}

static void views_are_as_they_were(void **state)
{
	size_t i, k, wrong = 0;

	(void)state;
	for (i = 0; i < COUNT_OF(views); i++) {
		for (k = 0; k < RIG_TERMINALS; k++) {
			/* colours are the same at every size */
			if (strncmp(views[i].name, "theme", 5) == 0 && k % 4)
				continue;
			if (shows(&views[i], &terminals[k]))
				continue;
			print_message("# %s at %s differs\n", views[i].name,
				      terminals[k].name);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* ---- configuration ----------------------------------------------------------
 */

static void the_file_is_followed(void **state)
{
	struct strbuf record = STRBUF_INIT;
	struct screen *screen;
	struct screen_cell cell;

	(void)state;
	write_text("config", "set theme light\nset mouse\nmap K kill\n");
	screen = start("t.db", "--config config");
	screen_cell(screen, 22, 0, &cell); /* the status line's paper */
	assert_true(cell.background.red > 0xc0);
	press(screen, "K");
	assert_text(screen, "[y/N]");
	screen_record(screen, &record);
	press(screen, "n:set mouse=off\r");
	assert_text(screen, "mouse off");
	assert_recorded(&record, "1000l");
	press(screen, ":set theme pink\r");
	assert_text(screen, "theme is one of auto dark");
	press(screen, ":set bell best\r");
	assert_text(screen, "bell best");
	screen_close(screen);
	strbuf_release(&record);
}

static void a_wrong_line_is_told_at_the_start(void **state)
{
	struct screen *screen;

	(void)state;
	write_text("config", "set mouse on\nset thme light\n");
	screen = start("t.db", "--config config");
	assert_text(screen, "configuration, line 2: no setting is called "
			    "\"thme\": did you mean");
	press(screen, "j");
	assert_true(screen_wait_no_text(screen, "configuration, line",
					RIG_DEADLINE_MS));
	screen_close(screen);
}

/* ---- copying ----------------------------------------------------------------
 */

static void what_is_copied_reaches_the_terminal(void **state)
{
	struct strbuf record = STRBUF_INIT;
	struct screen *screen = start("t.db", "");

	(void)state;
	press(screen, ":trial 5\r");
	screen_record(screen, &record);
	press(screen, "yi");
	assert_text(screen, "copied: ");
	assert_recorded(&record, "\033]52;c;");
	strbuf_clear(&record);
	press(screen, "yj");
	assert_text(screen, "copied the parameters of trial #5 as JSON, ");
	assert_recorded(&record, "\033]52;c;ey"); /* {" */
	press(screen, "yf");
	assert_text(screen, " as flags, ");
	assert_recorded(&record, "\033]52;c;LS"); /* -- */
	press(screen, "yb");
	assert_text(screen, "of the best trial #");
	strbuf_clear(&record);
	press(screen, "Y");
	assert_text(screen, "no kubectl line");
	press(screen, "yx");
	assert_true(screen_wait_no_text(screen, "copy", RIG_DEADLINE_MS));
	assert_null(memmem(record.data, record.len, "\033]52", 4));
	press(screen, ":copy nothing\r");
	assert_text(screen, "copy: json, yaml, flags");
	press(screen, ":set clipboard=off\r:copy id\r");
	assert_text(screen, "copying is switched off");
	assert_null(memmem(record.data, record.len, "\033]52", 4));
	screen_close(screen);
	strbuf_release(&record);
}

static void the_kubectl_line_of_a_pod(void **state)
{
	struct strbuf record = STRBUF_INIT;
	struct screen *screen = start("cluster.db", "");

	(void)state;
	screen_record(screen, &record);
	press(screen, ":trial 3\rY");
	assert_text(screen, "copied: kubectl");
	assert_recorded(&record, "\033]52;c;a3ViZWN0bC"); /* kubectl */
	screen_close(screen);
	strbuf_release(&record);
}

/* ---- pictures of the screen -------------------------------------------------
 */

static void the_screen_is_saved(void **state)
{
	struct screen *screen = start("t.db", "");
	char *text, *path;

	(void)state;
	press(screen, "\x13"); /* ^S, which is no flow control here */
	assert_text(screen, ":save-screen screen-1.svg");
	press(screen, "\r");
	assert_text(screen, "wrote screen-1.svg");
	text = read_text("screen-1.svg");
	assert_memory_equal(text, "<svg xmlns", 10);
	assert_non_null(strstr(text, "<title>trialdeck: trials of digits"));
	assert_non_null(strstr(text, "Trials"));
	assert_null(strstr(text, "save-screen"));
	assert_string_equal(text + strlen(text) - 7, "</svg>\n");
	free(text);
	press(screen, "\x13");
	assert_text(screen, ":save-screen screen-2.svg");
	press(screen, "\x15save-screen s.html\r");
	assert_text(screen, "wrote s.html");
	text = read_text("s.html");
	assert_non_null(strstr(text, "<!DOCTYPE html>"));
	assert_non_null(strstr(text, "<pre>"));
	assert_null(strstr(text, "http"));
	free(text);
	press(screen, ":save-screen s.txt\r");
	assert_text(screen, "wrote s.txt");
	text = read_text("s.txt");
	assert_null(strchr(text, '<'));
	free(text);
	press(screen, ":save-screen /nonexistent/s.svg\r");
	assert_text(screen, "/nonexistent");
	path = path_of("screen-1.svg");
	unlink(path);
	free(path);
	screen_close(screen);
}

/* Names that could leave their element stay text. */
static void hostile_names_stay_text(void **state)
{
	struct screen *screen = start("t.db", "");
	char *text;

	(void)state;
	press(screen, ":experiment hostile1\r:save-screen h.html\r");
	assert_text(screen, "wrote h.html");
	text = read_text("h.html");
	assert_null(strstr(text, "<script"));
	assert_null(strchr(text, '\x1b'));
	free(text);
	press(screen, ":save-screen h.svg\r");
	assert_text(screen, "wrote h.svg");
	text = read_text("h.svg");
	assert_null(strstr(text, "<script"));
	assert_null(strchr(text, '\x1b'));
	free(text);
	screen_close(screen);
}

/* ---- the palette ------------------------------------------------------------
 */

static void a_few_letters_lead_there(void **state)
{
	struct screen *screen = start("t.db", "");

	(void)state;
	press(screen, "\x10"
		      "5\r");
	press(screen, "\r");
	assert_text(screen, "Trial #5");
	press(screen, "\x10hostile\r");
	assert_text(screen, "hhhhh");
	press(screen, "\x10"
		      "digits\r");
	assert_text(screen, "Trials of digits");
	press(screen, "\x10journal\r");
	assert_text(screen, "Journal");
	press(screen, "q\x10theme lig\r");
	assert_text(screen, "theme light, ");
	press(screen, "\x10:set\r");
	assert_text(screen, ":set");
	press(screen, "bell=all\r");
	assert_text(screen, "bell all");
	press(screen, "\x10qqqq\r"); /* nothing: nothing happens */
	assert_true(screen_wait_no_text(screen, "Go to, do", RIG_DEADLINE_MS));
	press(screen, "\x10\x1b");
	assert_true(screen_wait_no_text(screen, "Go to, do", RIG_DEADLINE_MS));
	screen_close(screen);
}

static void what_the_filter_hid_is_found(void **state)
{
	struct screen *screen = start("t.db", "");

	(void)state;
	press(screen, ":filter state:failed\r");
	press(screen, "\x10#5\r");
	assert_text(screen, "the filter hid trial #5: it is off now");
	press(screen, "\r");
	assert_text(screen, "Trial #5");
	screen_close(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_are_as_they_were),
		cmocka_unit_test(the_file_is_followed),
		cmocka_unit_test(a_wrong_line_is_told_at_the_start),
		cmocka_unit_test(what_is_copied_reaches_the_terminal),
		cmocka_unit_test(the_kubectl_line_of_a_pod),
		cmocka_unit_test(the_screen_is_saved),
		cmocka_unit_test(hostile_names_stay_text),
		cmocka_unit_test(a_few_letters_lead_there),
		cmocka_unit_test(what_the_filter_hid_is_found),
	};

	return cmocka_run_group_tests_name("craft", tests, make_folder,
					   remove_folder);
}
