/* SPDX-License-Identifier: MIT */
/* Fuzzy matching ranks as people mean it, and a hundred thousand trials are
 * no work for a letter. */
#include "base/clock.h"
#include "base/mem.h"
#include "tui/fuzzy.h"
#include "tui/keys.h"
#include "tui/palette.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRIALS 100000
#define MOST_MS 50

static void better_matches_score_more(void **state)
{
	/* words, the better text, the worse one */
	static const char *const cases[][3] = {
		{"kill", "kill", "kill-all"},
		{"kill", "kill-all", "skill"},
		{"all", "kill-all", "callback"},
		{"ka", "kill-all", "break"},
		{"exp", "experiments", "next-pane"},
		{"res", "restart", "previous"},
		{"lig", "theme=light", "last-in-grid"},
		{"the lig", "theme=light", "theme=colour-blind-light"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(cases); i++) {
		int better = fuzzy_score(cases[i][0], cases[i][1]);
		int worse = fuzzy_score(cases[i][0], cases[i][2]);

		if (better <= worse)
			fail_msg("%s: %s %d, %s %d", cases[i][0], cases[i][1],
				 better, cases[i][2], worse);
	}
}

static void what_is_not_there_does_not_match(void **state)
{
	char *text = xmalloc(10000);

	(void)state;
	assert_int_equal(fuzzy_score("x", "kill"), FUZZY_NONE);
	assert_int_equal(fuzzy_score("lk", "kill"), FUZZY_NONE);
	assert_int_equal(fuzzy_score("kill me", "kill"), FUZZY_NONE);
	assert_int_equal(fuzzy_score("a", ""), FUZZY_NONE);
	assert_int_equal(fuzzy_score("", "anything"), 0);
	assert_int_equal(fuzzy_score("  ", "anything"), 0);
	assert_true(fuzzy_score("KiLl", "kIlL") > 0);
	/* bounded, whatever the text */
	memset(text, 'a', 9999);
	text[9999] = '\0';
	assert_int_equal(fuzzy_score("ab", text), FUZZY_NONE);
	assert_true(fuzzy_score("aaaa", text) > 0);
	assert_int_equal(fuzzy_score(text, "a"), FUZZY_NONE);
	free(text);
}

static void the_letters_are_told(void **state)
{
	uint64_t mask;

	(void)state;
	fuzzy_mask("ka", "kill-all", &mask);
	assert_int_equal(mask, 1 | 1 << 5);
	fuzzy_mask("all", "kill-all", &mask);
	assert_int_equal(mask, 7 << 5);
	fuzzy_mask("zz", "kill-all", &mask);
	assert_int_equal(mask, 0);
}

static struct console *console_with_trials(void)
{
	struct console *console = xcalloc(1, sizeof(*console));
	struct trial_index *index = &console->data.trials;
	size_t i;

	prompt_init(&console->prompt);
	settings_init(&console->settings);
	console->palette = palette_new();
	console->screens[1] = SCREEN_EVENTS;
	console->depth = 1;
	index->rows = xcalloc(TRIALS, sizeof(*index->rows));
	index->count = TRIALS;
	for (i = 0; i < TRIALS; i++)
		snprintf(index->rows[i].id, sizeof(index->rows[i].id), "T%04x",
			 (unsigned)(i * 2654435761U >> 16 & 0xffff));
	return console;
}

static void free_console(struct console *console)
{
	palette_free(console->palette);
	prompt_release(&console->prompt);
	free(console->data.trials.rows);
	free(console);
}

static void type(struct console *console, int key)
{
	if (prompt_on_key(&console->prompt, key) == PROMPT_CHANGED)
		palette_match(console);
}

static void each_letter_is_quick(void **state)
{
	static const char text[] = "t1234 kill light";
	struct console *console = console_with_trials();
	int64_t most_ns = 0;
	size_t i;

	(void)state;
	palette_open(console);
	for (i = 0; text[i]; i++) {
		int64_t before_ns = clock_mono_ns();

		type(console, text[i]);
		if (clock_mono_ns() - before_ns > most_ns)
			most_ns = clock_mono_ns() - before_ns;
	}
	print_message("# a letter over %d trials: at most %.1f ms\n", TRIALS,
		      (double)most_ns / 1e6);
	/* the promise with room for sanitizers and a busy machine */
	assert_true(most_ns < 10 * MOST_MS * NS_PER_MS);
	free_console(console);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(better_matches_score_more),
		cmocka_unit_test(what_is_not_there_does_not_match),
		cmocka_unit_test(the_letters_are_told),
		cmocka_unit_test(each_letter_is_quick),
	};

	return cmocka_run_group_tests_name("palette", tests, NULL, NULL);
}
