/* SPDX-License-Identifier: MIT */
/* Numbers that fit, ages that stay still, cells of exact width. */
#include "tui/format.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/utf8.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct strbuf out;

#define assert_text(call, text)                                                \
	do {                                                                   \
		strbuf_clear(&out);                                            \
		call;                                                          \
		assert_string_equal(out.data, text);                           \
	} while (0)

static void numbers_are_rounded_not_cut(void **state)
{
	static const struct {
		double value;
		int cols;
		const char *text;
	} cases[] = {
		{0.93, 8, "0.93"},
		{1.2e-05, 8, "1.2e-5"},
		{1.2e-05, 6, "1.2e-5"},
		{12345, 8, "12345"},
		{12345, 5, "12345"},
		{12345, 4, "1e4"},
		{123456789, 9, "123456789"},
		{123456789, 7, "1.235e8"},
		{0.123456789, 12, "0.123457"},
		{0.123456789, 6, "0.1235"},
		{0.000123456, 8, "1.235e-4"},
		{-0.5, 4, "-0.5"},
		{-0.0, 4, "0"},
		{0, 1, "0"},
		{1e300, 12, "1e300"},
		{-1e-308, 7, "-1e-308"},
		{-1e-308, 6, "######"},
		{0.99999, 5, "1"},
		{NAN, 8, "NaN"},
		{INFINITY, 8, "inf"},
		{-INFINITY, 8, "-inf"},
		{NAN, 2, "##"},
		{5, 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_text(format_number(&out, cases[i].value, cases[i].cols),
			    cases[i].text);
	assert_text(format_number_digits(&out, 1.0 / 3, 30, 17),
		    "0.33333333333333331");
}

/* Whatever the bits are, the text fits and is within rounding of the value. */
static void every_double_fits(void **state)
{
	struct random random;

	(void)state;
	random_seed(&random, 7, 0);
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = random_next(&random);
		int cols = FORMAT_NUMBER_COLS + i % 6;
		double value;

		memcpy(&value, &bits, sizeof(value));
		strbuf_clear(&out);
		format_number(&out, value, cols);
		assert_true(out.len <= (size_t)cols);
		assert_null(strchr(out.data, '#'));
		if (isfinite(value))
			assert_true(fabs(strtod(out.data, NULL) - value) <=
				    fabs(value) * 0.51 + DBL_MIN);
	}
}

static void counts_have_units(void **state)
{
	(void)state;
	assert_text(format_count(&out, 0), "0");
	assert_text(format_count(&out, 99999), "99999");
	assert_text(format_count(&out, 123456), "123k");
	assert_text(format_count(&out, 999999), "1.0M");
	assert_text(format_count(&out, 1234567), "1.2M");
	assert_text(format_count(&out, INT64_MAX), "9.2E");
	assert_text(format_count(&out, -5), "0");
	assert_text(format_bytes(&out, 1023), "1023");
	assert_text(format_bytes(&out, 1536), "1.5K");
	assert_text(format_bytes(&out, 20LL << 20), "20M");
	assert_text(format_bytes(&out, INT64_MAX), "8.0E");
}

static void amounts_may_be_unknown(void **state)
{
	(void)state;
	assert_text(format_cpu(&out, -1), "-");
	assert_text(format_cpu(&out, 0), "0");
	assert_text(format_cpu(&out, 20), "0.02");
	assert_text(format_cpu(&out, 1500), "1.5");
	assert_text(format_cpu(&out, 66512), "66.5");
	assert_text(format_cpu(&out, 128000), "128");
	assert_text(format_cpu(&out, INT64_MAX), "9.2P");
	assert_text(format_memory(&out, -1), "-");
	assert_text(format_memory(&out, 64LL << 30), "64G");
	assert_text(format_gpus(&out, -1), "-");
	assert_text(format_gpus(&out, 8), "8");
}

static void ages_go_in_coarse_steps(void **state)
{
	const int64_t then = 1000 * NS_PER_S;
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{-5, "now"},
		{0, "now"},
		{59, "now"},
		{60, "1m ago"},
		{3599, "59m ago"},
		{3600, "1h ago"},
		{172799, "47h ago"},
		{172800, "2d ago"},
		{98 * 86400, "98d ago"},
		{99 * 86400, "14w ago"},
		{729 * 86400, "104w ago"},
		{730 * 86400, "2y ago"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_text(format_age(&out, then,
				       then + cases[i].seconds * NS_PER_S),
			    cases[i].text);
	assert_text(format_age(&out, 0, then), "-");
	assert_text(format_elapsed(&out, 0, then), "-");
	assert_text(format_elapsed(&out, then, then + 185 * NS_PER_S), "3m05s");
}

/* The promised moment is the first one at which the text differs. */
static void ages_announce_their_change(void **state)
{
	const int64_t then = 1000 * NS_PER_S;

	(void)state;
	for (int64_t age = -90; age < 800 * 86400LL; age += age / 7 + 13) {
		int64_t now = then + age * NS_PER_S;
		int64_t wait = format_age_change_ns(then, now);
		struct strbuf before = STRBUF_INIT;

		format_age(&before, then, now);
		assert_true(wait > 0);
		assert_text(format_age(&out, then, now + wait - 1),
			    before.data);
		strbuf_clear(&out);
		format_age(&out, then, now + wait);
		assert_string_not_equal(out.data, before.data);
		strbuf_release(&before);
	}
	assert_true(format_age_change_ns(0, then) == INT64_MAX);
}

static void cells_have_their_width(void **state)
{
	(void)state;
	assert_text(format_cell(&out, "abc", 5, FORMAT_LEFT, true), "abc  ");
	assert_text(format_cell(&out, "abc", 5, FORMAT_RIGHT, true), "  abc");
	assert_text(format_cell(&out, "abcdef", 5, FORMAT_LEFT, true), "abcd~");
	assert_text(format_cell(&out, "abcdef", 5, FORMAT_LEFT, false),
		    "abcd\xE2\x80\xA6");
	/* a wide character that does not fit leaves a blank */
	assert_text(format_cell(&out, "\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2", 4,
				FORMAT_LEFT, false),
		    "\xE6\xBC\xA2\xE2\x80\xA6 ");
	assert_text(format_cell(&out, "a\x1b[2J", 6, FORMAT_LEFT, true),
		    "a?[2J ");
	assert_text(format_cell(&out, "abc", 0, FORMAT_LEFT, true), "");
	assert_text(format_cell(&out, "abc", 1, FORMAT_LEFT, true), "~");
	assert_text(format_cut(&out, "abc", 5, true), "abc");
	assert_text(format_cut(&out, "abcdef", 3, true), "ab~");
}

static void bars_fill_up(void **state)
{
	(void)state;
	assert_text(format_bar(&out, 0.5, 10, true), "[####....]");
	assert_text(format_bar(&out, 0.999, 10, true), "[#######.]");
	assert_text(format_bar(&out, 1, 10, true), "[########]");
	assert_text(format_bar(&out, NAN, 3, true), "...");
	assert_text(format_bar(&out, 7, 3, true), "###");
	assert_text(format_bar(&out, 0.5, 0, true), "");
	assert_text(format_bar(&out, 0.5625, 2, false), "\u2588\u258F");
	assert_text(format_bar(&out, 0, 2, false), "\u2591\u2591");
	for (int cols = 0; cols < 30; cols++) {
		strbuf_clear(&out);
		format_bar(&out, cols / 30.0, cols, false);
		assert_int_equal(utf8_width(out.data, out.len), cols);
	}
}

static void sparklines_scale(void **state)
{
	static const double rising[] = {0, 1, 2, 3, 4, 5, 6, 7};
	static const double gap[] = {1, NAN, 2, INFINITY};
	static const double flat[] = {3, 3};
	static const double huge[] = {-DBL_MAX, DBL_MAX};
	double many[1000];

	(void)state;
	assert_text(format_sparkline(&out, rising, 8, 8, true), "_.:-=+*#");
	assert_text(format_sparkline(&out, rising, 8, 8, false),
		    "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588");
	assert_text(format_sparkline(&out, gap, 4, 6, true), "_ #   ");
	assert_text(format_sparkline(&out, flat, 2, 2, true), "--");
	assert_text(format_sparkline(&out, huge, 2, 2, true), "_#");
	assert_text(format_sparkline(&out, NULL, 0, 3, true), "   ");
	for (int i = 0; i < 1000; i++)
		many[i] = i;
	assert_text(format_sparkline(&out, many, 1000, 4, true), "_:+#");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_rounded_not_cut),
		cmocka_unit_test(every_double_fits),
		cmocka_unit_test(counts_have_units),
		cmocka_unit_test(amounts_may_be_unknown),
		cmocka_unit_test(ages_go_in_coarse_steps),
		cmocka_unit_test(ages_announce_their_change),
		cmocka_unit_test(cells_have_their_width),
		cmocka_unit_test(bars_fill_up),
		cmocka_unit_test(sparklines_scale),
	};
	int result;

	strbuf_init(&out);
	result = cmocka_run_group_tests_name("format", tests, NULL, NULL);
	strbuf_release(&out);
	return result;
}
