/* SPDX-License-Identifier: MIT */
/* Settings and the file they are kept in. */
#include "tui/action.h"
#include "tui/config_file.h"

#include "base/fs.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/trialdeck-settings-XXXXXX";
static char *path;

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	path = fs_join(folder, "deep/config");
	return 0;
}

static int remove_folder(void **state)
{
	struct error err;

	(void)state;
	free(path);
	return fs_remove_tree(folder, &err) ? 0 : -1;
}

struct seen {
	struct settings settings;
	int maps, problems, first_line;
	char first[600];
};

static bool on_map(int key, int action, int line, void *arg, struct error *err)
{
	struct seen *seen = arg;

	(void)line;
	(void)err;
	seen->maps++;
	assert_int_equal(key, 'K');
	assert_int_equal(action, ACTION_KILL);
	return true;
}

static void on_problem(int line, const char *sentence, void *arg)
{
	struct seen *seen = arg;

	if (seen->problems++ == 0) {
		seen->first_line = line;
		snprintf(seen->first, sizeof(seen->first), "%s", sentence);
	}
}

static bool read_text(struct seen *seen, const char *text, struct error *err)
{
	const struct config_reader reader = {.settings = &seen->settings,
					     .map = on_map,
					     .problem = on_problem,
					     .arg = seen};

	memset(seen, 0, sizeof(*seen));
	settings_init(&seen->settings);
	return config_text_read(text, strlen(text), "file", &reader, err);
}

static const char *get(const struct seen *seen, enum setting_id id)
{
	return settings_get(&seen->settings, id);
}

static void every_spelling_is_read(void **state)
{
	struct seen seen;
	struct error err;

	(void)state;
	assert_true(read_text(&seen,
			      "# a comment\n\n"
			      "set theme light\n"
			      "  :set mouse\r\n"
			      "set nohints\n"
			      "set colours=16\n"
			      "set bell=\"best\"\n"
			      "set ascii yes\n"
			      "map K kill\n"
			      "set links off",
			      &err));
	assert_string_equal(get(&seen, SETTING_THEME), "light");
	assert_string_equal(get(&seen, SETTING_MOUSE), "on");
	assert_string_equal(get(&seen, SETTING_HINTS), "off");
	assert_string_equal(get(&seen, SETTING_COLORS), "16");
	assert_string_equal(get(&seen, SETTING_BELL), "best");
	assert_string_equal(get(&seen, SETTING_ASCII), "on");
	assert_string_equal(get(&seen, SETTING_LINKS), "off");
	assert_string_equal(get(&seen, SETTING_NOTIFY), "off");
	assert_int_equal(seen.settings.values[SETTING_THEME].line, 3);
	assert_int_equal(seen.maps, 1);
	assert_true(read_text(&seen, "set theme color-blind", &err));
	assert_string_equal(get(&seen, SETTING_THEME), "colour-blind");
}

/* The line's number, the way out, and the other lines count. */
static void wrong_lines_are_told_and_left_out(void **state)
{
	static const struct {
		const char *line, *sentence;
	} cases[] = {
		{"set thme light", "did you mean \"theme\"?"},
		{"set theme pink", "theme is one of auto dark light"},
		{"set theme", "theme is one of"},
		{"set", "usage: set NAME VALUE"},
		{"set a=b c", "one value"},
		{"set theme light dark", "usage: set"},
		{"map K kll", "did you mean \"kill\"?"},
		{"map <Nix> kill", "no key is called \"<Nix>\""},
		{"map K", "usage: map KEY ACTION"},
		{"theme light", "a line begins with set, map or #"},
		{"set 'theme light", "'"},
		{"kill all", "a line begins with"},
		{"set \xff\x1b[2J x", "control character"},
	};
	struct seen seen;
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(cases); i++) {
		char *text = xasprintf("set mouse on\n%s\nset bell all\n",
				       cases[i].line);

		assert_false(read_text(&seen, text, &err));
		assert_int_equal(seen.problems, 1);
		assert_int_equal(seen.first_line, 2);
		if (!strstr(seen.first, cases[i].sentence))
			fail_msg("%s: %s", cases[i].line, seen.first);
		assert_null(strchr(seen.first, '\x1b'));
		assert_string_equal(get(&seen, SETTING_BELL), "all");
		assert_memory_equal(err.text, "file:2: ", 8);
		free(text);
	}
}

static void the_stronger_origin_wins(void **state)
{
	struct settings settings;
	struct error err;
	char origin[64];

	(void)state;
	settings_init(&settings);
	assert_true(settings_set(&settings, "colors", "none",
				 ORIGIN_ENVIRONMENT, 0, "NO_COLOR", &err));
	assert_true(settings_set(&settings, "colors", "256", ORIGIN_FILE, 4,
				 NULL, &err));
	assert_string_equal(settings_get(&settings, SETTING_COLORS), "none");
	settings_format_origin(&settings, SETTING_COLORS, origin,
			       sizeof(origin));
	assert_string_equal(origin, "NO_COLOR");
	settings_format_origin(&settings, SETTING_BELL, origin, sizeof(origin));
	assert_string_equal(origin, "built in");
	assert_true(settings_set(&settings, "bell", "best", ORIGIN_FILE, 7,
				 NULL, &err));
	settings_format_origin(&settings, SETTING_BELL, origin, sizeof(origin));
	assert_string_equal(origin, "the file, line 7");
	assert_true(settings_set(&settings, "colors", "16", ORIGIN_SESSION, 0,
				 NULL, &err));
	assert_string_equal(settings_get(&settings, SETTING_COLORS), "16");
	assert_true(settings_set(&settings, "colors", "auto", ORIGIN_SESSION, 0,
				 NULL, &err));
	assert_string_equal(settings_get(&settings, SETTING_COLORS), "auto");
}

static char *content(void)
{
	struct strbuf text = STRBUF_INIT;
	struct error err;

	assert_true(fs_read_file(path, 65536, &text, &err));
	return strbuf_detach(&text);
}

static void assert_content(const char *expected)
{
	char *is = content();

	assert_string_equal(is, expected);
	free(is);
}

static void a_change_leaves_the_rest_as_it_is(void **state)
{
	static const char old[] = "# mine\nset mouse on\nset theme dark\n"
				  "map K kill\nset theme=light\nnonsense\n"
				  "#set theme mono";
	struct error err;

	(void)state;
	assert_true(config_file_set(path, "theme", "mono", &err));
	assert_content("set theme mono\n");
	assert_true(fs_write_file(path, old, sizeof(old) - 1, &err));
	assert_true(config_file_set(path, "theme", "mono", &err));
	assert_content("# mine\nset mouse on\nmap K kill\nset theme mono\n"
		       "nonsense\n#set theme mono\n");
	assert_true(config_file_set(path, "bell", "all", &err));
	assert_content("# mine\nset mouse on\nmap K kill\nset theme mono\n"
		       "nonsense\n#set theme mono\nset bell all\n");
	assert_true(config_file_set(path, "theme", NULL, &err));
	assert_content("# mine\nset mouse on\nmap K kill\nnonsense\n"
		       "#set theme mono\nset bell all\n");
	assert_false(config_file_set(path, "theme", "pink", &err));
	assert_non_null(strstr(err.text, "theme is one of"));
	assert_false(config_file_set(path, "thme", NULL, &err));
	assert_content("# mine\nset mouse on\nmap K kill\nnonsense\n"
		       "#set theme mono\nset bell all\n");
}

static void what_is_no_text_is_left_alone(void **state)
{
	static const char bytes[] = "set mouse on\n\0binary\n";
	struct error err;

	(void)state;
	assert_true(fs_write_file(path, bytes, sizeof(bytes), &err));
	assert_false(config_file_set(path, "theme", "mono", &err));
	assert_non_null(strstr(err.text, "no text"));
}

static void the_template_is_in_order(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct seen seen;
	struct error err;
	char *at;
	int count = 0;

	(void)state;
	config_file_template(&text);
	assert_true(read_text(&seen, text.data, &err));
	/* and still is when all of it is made to count */
	for (at = text.data; (at = strstr(at, "\n#set ")); at += 2, count++)
		at[1] = ' ';
	assert_int_equal(count, SETTING_COUNT);
	assert_true(read_text(&seen, text.data, &err));
	assert_int_equal(seen.settings.values[SETTING_PLAIN].origin,
			 ORIGIN_FILE);
	strbuf_release(&text);
}

static void there_is_one_place_for_it(void **state)
{
	char *is;

	(void)state;
	setenv("HOME", "/home/a", 1);
	unsetenv("XDG_CONFIG_HOME");
	is = config_file_path();
	assert_string_equal(is, "/home/a/.config/trialdeck/config");
	free(is);
	setenv("XDG_CONFIG_HOME", "/x", 1);
	is = config_file_path();
	assert_string_equal(is, "/x/trialdeck/config");
	free(is);
	setenv("XDG_CONFIG_HOME", "relative", 1);
	is = config_file_path();
	assert_string_equal(is, "/home/a/.config/trialdeck/config");
	free(is);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_is_read),
		cmocka_unit_test(wrong_lines_are_told_and_left_out),
		cmocka_unit_test(the_stronger_origin_wins),
		cmocka_unit_test(a_change_leaves_the_rest_as_it_is),
		cmocka_unit_test(what_is_no_text_is_left_alone),
		cmocka_unit_test(the_template_is_in_order),
		cmocka_unit_test(there_is_one_place_for_it),
	};

	return cmocka_run_group_tests_name("settings", tests, make_folder,
					   remove_folder);
}
