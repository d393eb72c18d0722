/* SPDX-License-Identifier: MIT */
/* Literal and regular searches, smart case, and patterns that are refused. */
#include "tui/log_pattern.h"

#include "base/mem.h"
#include "tui/log_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static bool find(struct log_pattern *pattern, const char *text, size_t from,
		 size_t *ret_start, size_t *ret_len)
{
	return log_pattern_find(pattern, text, strlen(text), from, ret_start,
				ret_len);
}

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
		{"\\bloss\\s*=\\s*(?!nan)\\d", true, "loss = nan loss = 1", 11,
		 8},
		{"(a)\\1", true, "abaa", 2, 2},
		{"\xC3\xA4.", true, "x\xC3\x84\xE6\xBC\xA2", 1, 5},
		{"[", false, "a[b", 1, 1},
		/* bytes that are no text match nothing, what is around does */
		{".+", true, "\xFF\xFE\x80", -1, 0},
		{"b.", true, "\xC3 \x80 bc \xFF", 4, 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct log_pattern pattern = {0};
		struct error err = {0};
		size_t start = 0, len = 0;
		bool is_found;

		assert_true(log_pattern_set(&pattern, cases[i].pattern,
					    cases[i].is_regex, &err));
		is_found = find(&pattern, cases[i].text, 0, &start, &len);
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
	assert_true(find(&pattern, "aab", 0, &start, &len));
	assert_int_equal(start, 0);
	/* ^ means the line's beginning, not where the search goes on */
	assert_true(find(&pattern, "aab", 1, &start, &len));
	assert_int_equal(start, 2);
	assert_false(find(&pattern, "aab", 3, &start, &len));
	log_pattern_release(&pattern);
}

static void refuses_what_it_cannot_bound(void **state)
{
	struct log_pattern pattern = {0};
	struct error err = {0};
	char long_one[LOG_PATTERN_MAX + 2];
	size_t start, len;

	(void)state;
	memset(long_one, 'a', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	assert_true(log_pattern_set(&pattern, "keep", false, &err));
	assert_false(log_pattern_set(&pattern, long_one, false, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_false(log_pattern_set(&pattern, "(a", true, &err));
	assert_non_null(strstr(err.text, "at character"));
	assert_false(
		log_pattern_set(&pattern, "((a{99}){99}){99}", true, &err));
	assert_false(log_pattern_set(&pattern, "a{99999999999999999999}", true,
				     &err));
	assert_true(find(&pattern, "keep", 0, &start, &len));
	assert_true(log_pattern_set(&pattern, "", false, &err));
	assert_false(find(&pattern, "keep", 0, &start, &len));
	log_pattern_release(&pattern);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* A pattern cannot hang the screen, whatever it is and whatever is in the log:
 * it gives up, and counts that it did. */
static void catastrophes_end(void **state)
{
	static const char *const patterns[] = {
		"(a+)+$",	   "(a|aa)+$",		 "(a*)*b",
		"(x+x+)+y",	   "a.*a.*a.*a.*b",	 "(.*)*\\1b",
		"(?:a?){30}a{30}", "^(?:(?:a+)+)+(?=b)", "((a{0,99}){0,99})+z",
	};
	char line[LOG_TEXT_LINE_MAX + 1];
	int64_t given_up = 0;

	(void)state;
	memset(line, 'a', LOG_TEXT_LINE_MAX);
	memset(line, 'x', 100);
	memcpy(line + LOG_TEXT_LINE_MAX - 2, "\xC3\xA4", 3);
	for (size_t i = 0; i < COUNT_OF(patterns); i++) {
		struct log_pattern pattern = {0};
		struct error err = {0};
		size_t start, len;
		int64_t began_ms = now_ms();

		if (!log_pattern_set(&pattern, patterns[i], true, &err))
			continue; /* refused is as good */
		find(&pattern, line, 0, &start, &len);
		/* with sanitizers, on a slow machine */
		if (now_ms() - began_ms > 1500)
			fail_msg("%s took %lld ms", patterns[i],
				 (long long)(now_ms() - began_ms));
		given_up += pattern.given_up;
		log_pattern_release(&pattern);
	}
	assert_true(given_up > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(goes_on_after_a_match),
		cmocka_unit_test(refuses_what_it_cannot_bound),
		cmocka_unit_test(catastrophes_end),
	};

	return cmocka_run_group_tests_name("log_pattern", tests, NULL, NULL);
}
