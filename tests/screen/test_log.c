/* SPDX-License-Identifier: MIT */
/*
 * The log pane in a real terminal, against golden screens: searched, filtered,
 * with times, at a moment, before a restart; and that a log is saved.  UPDATE=1
 * writes the goldens anew.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "model/log_time.h"
#include "tests/screen/view_rig.h"
#include "tests/support/screen_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LINES 200

static const struct view {
	const char *name;
	const char *keys; /* script lines, of trial 14 */
} views[] = {
	{"found", ":search loss=0\\.[0-3].*\n:wait\nn\n"},
	{"only", ":log-filter error|saved\n"},
	{"inverse", ":log-context 0\n:log-filter !step\n:wait\n:search bad\n"},
	{"context", ":log-context 1\n:log-filter error\n:wait\nG\n"},
	{"none", ":log-filter no such line\n"},
	{"broken-pattern", ":search a(b\n"},
	{"broken-filter", ":log-filter a(b\n"},
	{"times", "t\n"},
	{"times-relative", "t t\n:wait\nw g\n"},
	{"jump", "t\n:wait\n:log-jump +30s\n"},
	{"jump-metric", ":log-jump default:3\n"},
	{"jump-wrong", ":log-jump +x\n"},
	{"previous", "H\n"},
	{"exists", ":save-log script all\n"},
};

static char *folder;

static void write_file(const char *name, const struct strbuf *data)
{
	char *path = xasprintf("%s/trials/to518/1/%s", folder, name);
	struct error err;

	assert_true(fs_write_file(path, data->data, data->len, &err));
	free(path);
}

/* A line every 400 ms from the trial's start on. */
static int make_folder(void **state)
{
	struct strbuf log = STRBUF_INIT, times = STRBUF_INIT;

	(void)state;
	folder = rig_folder_new();
	for (int i = 0; i < LINES; i++) {
		unsigned char record[LOG_TIME_BYTES];
		struct log_time time = {(int64_t)log.len,
					SCREEN_NOW_NS - 3600 * NS_PER_S +
						(int64_t)i * 400 * NS_PER_MS};

		log_time_encode(&time, record);
		strbuf_add(&times, (const char *)record, sizeof(record));
		strbuf_addf(&log, "step %d: loss=%.3f acc=%.3f%s\n", i,
			    1 - i / 250.0, i / 250.0,
			    i % 50 == 49 ? " \x1b[32msaved\x1b[0m" : "");
		if (i % 60 == 59)
			strbuf_addf(&log,
				    "\x1b[31merror\x1b[0m: bad batch %d "
				    "\xE6\xBC\xA2\xE5\xAD\x97 e\xCC\x81 \xFF\n",
				    i);
	}
	write_file("stdout", &log);
	write_file("stdout" LOG_TIME_SUFFIX, &times);
	strbuf_release(&log);
	strbuf_release(&times);
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

	/* alone: what the other panes show is others' business */
	snprintf(script, sizeof(script),
		 ":wait\n:trial 14\n:wait\n:log\n:wait\nz\n:wait\n%s:wait\n"
		 ":save-screen done\n",
		 view->keys);
	snprintf(name, sizeof(name), "log-%s-%s", view->name, terminal->name);
	return rig_shows(folder, "t.db", terminal, script, name);
}

static void check(const struct rig_terminal *terminal)
{
	size_t wrong = 0;

	for (size_t i = 0; i < COUNT_OF(views); i++) {
		if (shows(&views[i], terminal))
			continue;
		print_message("# log %s at %s differs\n", views[i].name,
			      terminal->name);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void at_80x24(void **state)
{
	(void)state;
	check(&rig_terminals[RIG_80X24]);
}

static void at_40x10(void **state)
{
	(void)state;
	check(&rig_terminals[RIG_40X10]);
}

static void at_160x50(void **state)
{
	(void)state;
	check(&rig_terminals[RIG_160X50]);
}

static void in_ascii(void **state)
{
	(void)state;
	check(&rig_terminals[RIG_ASCII]);
}

static void in_monochrome(void **state)
{
	(void)state;
	check(&rig_terminals[RIG_MONO]);
}

static void type_and_see(struct screen *screen, const char *keys,
			 const char *text)
{
	screen_type(screen, keys);
	if (!screen_wait_text(screen, text, RIG_DEADLINE_MS)) {
		struct strbuf shown = STRBUF_INIT;

		screen_text(screen, &shown);
		fail_msg("\"%s\" is not to be seen in\n%s", text, shown.data);
	}
}

/* Every key, and what Esc takes back. */
static void by_keys(void **state)
{
	struct screen *screen = rig_console(folder, "t.db", 100, 30, "", NULL);
	struct strbuf saved = STRBUF_INIT;
	char *path = fs_join(folder, "saved.log");
	struct error err;

	(void)state;
	type_and_see(screen, ":trial 14\r3", "#14 stdout");
	type_and_see(screen, "&saved$\r", "&saved$");
	type_and_see(screen, "", "step 49:");
	assert_true(screen_wait_no_text(screen, "step 48:", RIG_DEADLINE_MS));
	type_and_see(screen, "/step 1[0-9]9\r", "/step 1[0-9]9 1/2");
	type_and_see(screen, "n", "2/2");
	type_and_see(screen, "N", "1/2");
	/* what is shown is saved, and nothing is written over */
	type_and_see(screen, "W", ":save-log digits01-14-stdout.log shown");
	type_and_see(screen, "\x15save-log saved.log\r", "wrote saved.log");
	type_and_see(screen, ":save-log saved.log\r", "nothing is overwritten");
	assert_true(fs_read_file(path, 65536, &saved, &err));
	assert_string_equal(saved.data,
			    "step 49: loss=0.804 acc=0.196 saved\n"
			    "step 99: loss=0.604 acc=0.396 saved\n"
			    "step 149: loss=0.404 acc=0.596 saved\n"
			    "step 199: loss=0.204 acc=0.796 saved\n");
	assert_int_equal(unlink(path), 0);
	type_and_see(screen, "\x1b", "step 51:");
	type_and_see(screen, "@+20s\r", "the line nearest to +20s");
	type_and_see(screen, "", "step 50:");
	type_and_see(screen, "t", "times: absolute");
	type_and_see(screen, "t", "times: relative");
	type_and_see(screen, "", "+ 0:20.0 step 50:");
	type_and_see(screen, "H", "No attempt came before this one");
	type_and_see(screen, "H", "step ");
	strbuf_release(&saved);
	free(path);
	screen_close(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_80x24),	 cmocka_unit_test(at_40x10),
		cmocka_unit_test(at_160x50),	 cmocka_unit_test(in_ascii),
		cmocka_unit_test(in_monochrome), cmocka_unit_test(by_keys),
	};

	return cmocka_run_group_tests_name("log pane", tests, make_folder,
					   remove_folder);
}
