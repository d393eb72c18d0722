/* SPDX-License-Identifier: MIT */
/* Literal and regular searches, smart case, and patterns that are refused. */
#include "tui/log_pattern.h"

#include "base/mem.h"
#include "tui/log_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void finds(void **state)
{
	static const struct {
		const char *pattern;
		bool is_regex;
		const char *text;
		int start, len; /* -1: no match */
	} cases[] = {
		{"err", false, "an ERROR here", 3, 3},
		{"Err", false, "an ERROR here", -1, 0},
		{"ERR", false, "an ERROR here", 3, 3},
		{"e.r", false, "error e.r", 6, 3},
		{"e.r", true, "error", 0, 3},
		{"^an +e", true, "an  Error", 0, 5},
		{"loss=[0-9.]+", true, "x loss=0.25 y", 2, 9},
		{"\\W$", true, "abc!", 3, 1},
		{"x*", true, "aaxxb", 2, 2}, /* not the empty match at 0 */
		{"x*", true, "ab", -1, 0},
		{"(a|b){2}c", true, "xabc", 1, 3},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct log_pattern pattern = {0};
		struct error err = {0};
		size_t start = 0, len = 0;
		bool is_found;

		assert_true(log_pattern_set(&pattern, cases[i].pattern,
					    cases[i].is_regex, &err));
		is_found = log_pattern_find(&pattern, cases[i].text, 0, &start,
					    &len);
		assert_int_equal(is_found, cases[i].start >= 0);
		if (is_found) {
			assert_int_equal(start, cases[i].start);
			assert_int_equal(len, cases[i].len);
		}
		log_pattern_release(&pattern);
	}
}

static void goes_on_after_a_match(void **state)
{
	struct log_pattern pattern = {0};
	struct error err;
	size_t start, len;

	(void)state;
	assert_true(log_pattern_set(&pattern, "^a|b", true, &err));
	assert_true(log_pattern_find(&pattern, "aab", 0, &start, &len));
	assert_int_equal(start, 0);
	/* ^ means the line's beginning, not where the search goes on */
	assert_true(log_pattern_find(&pattern, "aab", 1, &start, &len));
	assert_int_equal(start, 2);
	assert_false(log_pattern_find(&pattern, "aab", 3, &start, &len));
	log_pattern_release(&pattern);
}

static void refuses_what_it_cannot_bound(void **state)
{
	struct log_pattern pattern = {0};
	struct error err = {0};
	char long_one[LOG_TEXT_PATTERN_MAX + 2];
	size_t start, len;

	(void)state;
	memset(long_one, 'a', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	assert_true(log_pattern_set(&pattern, "keep", false, &err));
	assert_false(log_pattern_set(&pattern, long_one, false, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_false(log_pattern_set(&pattern, "(a", true, &err));
	assert_false(log_pattern_set(&pattern, "(a)\\1", true, &err));
	assert_non_null(strstr(err.text, "back-references"));
	assert_false(
		log_pattern_set(&pattern, "((a{99}){99}){99}", true, &err));
	assert_false(log_pattern_set(&pattern, "a{99999999999999999999}", true,
				     &err));
	assert_true(log_pattern_find(&pattern, "keep", 0, &start, &len));
	assert_true(log_pattern_set(&pattern, "", false, &err));
	assert_false(log_pattern_find(&pattern, "keep", 0, &start, &len));
	log_pattern_release(&pattern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(goes_on_after_a_match),
		cmocka_unit_test(refuses_what_it_cannot_bound),
	};

	return cmocka_run_group_tests_name("log_pattern", tests, NULL, NULL);
}
