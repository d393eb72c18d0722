/* SPDX-License-Identifier: MIT */
/* The key table holds together: names, keys, no key with two meanings. */
#include "tui/action.h"
#include "tui/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void key_names_read_back(void **state)
{
	static const char *const names[] = {
		"j",	  "<Enter>", "<F9>", "<F12>", "<C-d>", "<Tab>",
		"<PgDn>", "<S-Tab>", "<lt>", "\\",    "?",     "\xC3\xA9"};
	struct strbuf out = STRBUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int key = key_parse(names[i], strlen(names[i]));

		assert_int_not_equal(key, TK_NONE);
		strbuf_clear(&out);
		key_format(key, &out);
		assert_int_equal(key_parse(out.data, out.len), key);
	}
	strbuf_release(&out);
}

static void bad_key_names_are_refused(void **state)
{
	static const char *const names[] = {"",	     "jj",    "<F13>", "<F0>",
					    "<C-1>", "<Nix>", "\x01",  "\xff"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(key_parse(names[i], strlen(names[i])),
				 TK_NONE);
}

typedef void key_fn(int key, int action);

static void each_key(key_fn *fn)
{
	int i;

	for (i = 0; i < ACTION_COUNT; i++) {
		const char *keys = actions[i].keys;

		while (*keys) {
			size_t len = strcspn(keys, " ");

			fn(key_parse(keys, len), i);
			keys += len;
			keys += strspn(keys, " ");
		}
	}
}

static void check_key(int key, int action)
{
	unsigned view;

	assert_int_not_equal(key, TK_NONE);
	for (view = 1; view <= VIEW_HELP; view <<= 1)
		if (actions[action].views & view)
			assert_int_equal(action_of_key(key, view), action);
}

static void no_key_means_two_things(void **state)
{
	(void)state;
	each_key(check_key);
}

static void names_are_unique_and_told(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < ACTION_COUNT; i++) {
		assert_int_equal(action_find(actions[i].name), i);
		assert_true(strlen(actions[i].help) > 0);
		assert_true(actions[i].views != 0);
		/* a function key always has a letter twin, named first */
		if (strstr(actions[i].keys, "<F"))
			assert_true(strncmp(actions[i].keys, "<F", 2) != 0);
	}
	assert_int_equal(action_find("no-such"), ACTION_NONE);
}

static void keys_can_be_mapped(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(action_of_key('K', VIEW_TRIALS), ACTION_NONE);
	assert_true(action_map('K', ACTION_KILL, &err));
	assert_int_equal(action_of_key('K', VIEW_TRIALS), ACTION_KILL);
	assert_int_equal(action_of_key('K', VIEW_HELP), ACTION_NONE);
	action_unmap_all();
	assert_int_equal(action_of_key('K', VIEW_TRIALS), ACTION_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_names_read_back),
		cmocka_unit_test(bad_key_names_are_refused),
		cmocka_unit_test(no_key_means_two_things),
		cmocka_unit_test(names_are_unique_and_told),
		cmocka_unit_test(keys_can_be_mapped),
	};

	return cmocka_run_group_tests_name("action", tests, NULL, NULL);
}
