/* SPDX-License-Identifier: MIT */
/* Times as they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"

static void reads_times(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} rows[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2030-01-02T03:04:05Z", 1893553445 * NS_PER_S},
		{"2030-01-02t03:04:05z", 1893553445 * NS_PER_S},
		{"2030-01-02T03:04:05.5Z", 1893553445 * NS_PER_S + 500000000},
		{"2030-01-02T03:04:05.1234567899Z",
		 1893553445 * NS_PER_S + 123456789},
		{"2030-01-02T05:04:05+02:00", 1893553445 * NS_PER_S},
		{"2030-01-01T22:34:05-04:30", 1893553445 * NS_PER_S},
		{"2024-02-29T00:00:00Z", 1709164800 * NS_PER_S},
		{"2016-12-31T23:59:60Z", 1483228800 * NS_PER_S},
		{"9999-12-31T23:59:59Z", INT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t ns = -1;

		assert_true(clock_parse_iso(rows[i].text, &ns));
		assert_int_equal(ns, rows[i].ns);
	}
}

static void refuses_others(void **state)
{
	static const char *const rows[] = {
		"",
		"now",
		"2030-01-02",
		"2030-01-02T03:04:05",
		"2030-01-02 03:04:05Z",
		"2030-1-02T03:04:05Z",
		"2030-13-02T03:04:05Z",
		"2030-00-02T03:04:05Z",
		"2030-02-30T03:04:05Z",
		"2023-02-29T00:00:00Z",
		"2030-01-02T24:04:05Z",
		"2030-01-02T03:60:05Z",
		"2030-01-02T03:04:61Z",
		"2030-01-02T03:04:05.Z",
		"2030-01-02T03:04:05Z ",
		"2030-01-02T03:04:05+0200",
		"2030-01-02T03:04:05+02:60",
		"2030\r01-02T03:04:05Z",
		"1969-12-31T23:59:59Z",
		"0001-01-01T00:00:00Z",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t ns = -7;

		if (clock_parse_iso(rows[i], &ns))
			fail_msg("accepted %s", rows[i]);
		assert_int_equal(ns, -7);
	}
}

/* What is written reads back. */
static void round_trip(void **state)
{
	struct strbuf out = STRBUF_INIT;
	int64_t ns;

	(void)state;
	for (int64_t at = 0; at < 8000000000 * NS_PER_S;
	     at += 123456789 * NS_PER_S + 7 * NS_PER_MS) {
		strbuf_clear(&out);
		clock_format_iso(&out, at);
		assert_true(clock_parse_iso(out.data, &ns));
		assert_int_equal(ns, at);
	}
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_times),
		cmocka_unit_test(refuses_others),
		cmocka_unit_test(round_trip),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
