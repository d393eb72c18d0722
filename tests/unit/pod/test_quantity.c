/* SPDX-License-Identifier: MIT */
/* Quantities to the thousandth, and times. */
#include "base/clock.h"
#include "base/mem.h"
#include "engine/pod/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void quantities(void **state)
{
	static const struct {
		const char *text;
		int64_t milli;
	} samples[] = {
		{"0", 0},
		{"1", 1000},
		{"+1", 1000},
		{"-1", -1000},
		{"100m", 100},
		{"0.1", 100},
		{".5", 500},
		{"5.", 5000},
		{"31850m", 31850},
		{"64Mi", 64LL * 1024 * 1024 * 1000},
		{"131900512Ki", 131900512LL * 1024 * 1000},
		{"1.5Gi", 1536LL * 1024 * 1024 * 1000},
		{"1k", 1000000},
		{"2M", 2000000000LL},
		{"1P", 1000000000000000000LL},
		{"8P", 8000000000000000000LL},
		{"1e3", 1000000},
		{"1E3", 1000000},
		{"1e+3", 1000000},
		{"25e-1", 2500},
		{"0e999", 0},
		{"0Ei", 0},
		{"123456789n", 124}, /* metrics: rounded up */
		{"1n", 1},
		{"1u", 1},
		{"1500u", 2},
		{"-1n", -1}, /* away from zero */
		{"2000u", 2},
		{"0.0001", 1},
		{"1e-900", 1},
		{"9223372036854775807m", INT64_MAX},
		{"0000000000000000000000000000000000000000000000001", 1000},
	};
	static const char *const refused[] = {
		"",
		" ",
		"1 ",
		" 1",
		"m",
		"Mi",
		"1mi",
		"1K",
		"1Kii",
		"1 m",
		"1mm",
		"1..2",
		"1.2.3",
		".",
		"-",
		"--1",
		"+-1",
		"1e",
		"1e+",
		"1e1.5",
		"1e1000",
		"0x10",
		"1_0",
		"1,5",
		"inf",
		"nan",
		"1i",
		"1Ei2",
		"10Ei",
		"1E",
		"1e16",
		"1e308",
		"9.3e15",
		"9223372036854775808m",
		"400000000000000000000000000000000000000",
		"1\xC2\xB5",
	};
	int64_t milli;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		milli = -77;
		if (!pod_quantity(samples[i].text, &milli) ||
		    milli != samples[i].milli)
			fail_msg("%s: %lld", samples[i].text, (long long)milli);
	}
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		if (pod_quantity(refused[i], &milli))
			fail_msg("%s was taken", refused[i]);
}

static void times(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds, ns;
	} samples[] = {
		{"2026-11-24T23:30:29Z", 1795563029, 0},
		{"2026-11-24T23:30:14.053993Z", 1795563014, 53993000},
		{"2026-11-24T23:30:14.1234567891Z", 1795563014, 123456789},
		{"2026-11-25T01:30:29+02:00", 1795563029, 0},
		{"2026-11-24T18:00:29-05:30", 1795563029, 0},
		{"2026-11-24t23:30:29z", 1795563029, 0},
		{"2024-02-29T00:00:00Z", 1709164800, 0},
		{"2016-12-31T23:59:60Z", 1483228800, 0},
		{"1970-01-01T00:00:01Z", 1, 0},
		/* the start of a container that never started; Go's none */
		{"1970-01-01T00:00:00Z", 0, 0},
		{"0001-01-01T00:00:00Z", 0, 0},
		{"", 0, 0},
		{"2023-02-29T00:00:00Z", 0, 0},
		{"2026-02-30T00:00:00Z", 0, 0},
		{"2026-04-31T12:00:00Z", 0, 0},
		{"2026-13-01T00:00:00Z", 0, 0},
		{"2026-11-24T24:00:00Z", 0, 0},
		{"2026-11-24T23:60:00Z", 0, 0},
		{"2026-11-24T23:30:29", 0, 0},
		{"2026-11-24T23:30:29.Z", 0, 0},
		{"2026-11-24T23:30:29Zx", 0, 0},
		{"2026-11-24T23:30:29+2:00", 0, 0},
		{"2026-11-24T23:30:29+02:0", 0, 0},
		{"2026-11-24 23:30:29Z", 0, 0},
		{"2026-11-24", 0, 0},
		{"2026-1-24T23:30:29Z", 0, 0},
		{"2262-01-01T00:00:00Z", 0, 0},
		{"2261-12-31T23:59:59Z", 9214646399LL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		int64_t want = samples[i].seconds * NS_PER_S + samples[i].ns;

		if (pod_time(samples[i].text) != want)
			fail_msg("%s: %lld", samples[i].text,
				 (long long)pod_time(samples[i].text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantities),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests_name("quantity", tests, NULL, NULL);
}
