/* SPDX-License-Identifier: MIT */
/* Moments as people type them, and finding them beside a log. */
#include "tui/log_when.h"

#include "base/clock.h"
#include "base/mem.h"
#include "tui/log_times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY (86400 * NS_PER_S)
/* 14:00:30 of some day; the log lasts two hours */
#define START (20000 * DAY + (14 * 3600 + 30) * NS_PER_S)
#define END (START + 7200 * NS_PER_S)

static int64_t at(const char *text)
{
	struct log_when when;
	struct error err = {0};

	if (!log_when_parse(text, START, END, &when, &err) ||
	    when.kind != LOG_WHEN_TIME)
		return -1;
	return (when.at_ns - START) / NS_PER_MS;
}

static void moments(void **state)
{
	(void)state;
	assert_int_equal(at("14:03"), 150000);
	assert_int_equal(at("@14:03:07"), 157000);
	assert_int_equal(at("14:00"), -30000);	/* within its minute */
	assert_int_equal(at("0:30"), 37770000); /* the day after */
	assert_int_equal(at("+5m"), 300000);
	assert_int_equal(at("+1h30m"), 5400000);
	assert_int_equal(at("+1.5h"), 5400000);
	assert_int_equal(at("-30s"), 7170000);
	assert_int_equal(at("2024-10-04T14:01:30Z"), 60000);
	assert_int_equal(at("2024-10-04 14:01:30"), 60000);
	assert_int_equal(at("2024-10-04 14:01"), 30000);
}

static void results(void **state)
{
	static const struct {
		const char *text, *name;
		int sequence;
	} cases[] = {{"acc", "acc", -1},
		     {"acc:12", "acc", 12},
		     {"12", "", 12},
		     {"val:loss:3", "val:loss", 3},
		     {"val:loss", "val:loss", -1}};
	struct log_when when;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(
			log_when_parse(cases[i].text, START, END, &when, &err));
		assert_int_equal(when.kind, LOG_WHEN_METRIC);
		assert_string_equal(when.name, cases[i].name);
		assert_int_equal(when.sequence, cases[i].sequence);
	}
	assert_true(log_when_parse("best", START, END, &when, &err));
	assert_int_equal(when.kind, LOG_WHEN_BEST);
}

static void refusals(void **state)
{
	static const char *const texts[] = {"",
					    "@",
					    "+",
					    "-x",
					    "+5x",
					    "12345678901234567890",
					    "a name of more than sixty-three "
					    "bytes, which no metric can have "
					    "at all"};
	struct log_when when;
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct error err = {0};

		assert_false(log_when_parse(texts[i], START, END, &when, &err));
		assert_non_null(strstr(err.text, "is needed"));
	}
	assert_int_equal(at("25:00"), -1);
	assert_false(log_when_span("1e30d", &ns));
	assert_false(log_when_span("5 m", &ns));
	assert_false(log_when_span("", &ns));
	assert_false(log_when_span("nan", &ns));
}

static void write_times(const char *path, int count)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (int i = 0; i < count; i++) {
		struct log_time time = {100 * i, START + i * NS_PER_S};
		unsigned char record[LOG_TIME_BYTES];

		log_time_encode(&time, record);
		assert_int_equal(fwrite(record, 1, sizeof(record), file),
				 sizeof(record));
	}
	fputs("half", file); /* one that is being written */
	assert_int_equal(fclose(file), 0);
}

static void beside_a_log(void **state)
{
	char log[] = "/tmp/trialdeck-times-XXXXXX";
	int fd = mkstemp(log);
	char *path = xasprintf("%s.times", log);
	struct log_times times;
	int64_t at_ns;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	log_times_init(&times, log);
	assert_false(log_times_refresh(&times));
	assert_int_equal(log_times_at(&times, 5), 0);
	assert_int_equal(log_times_find(&times, START, &at_ns), -1);
	write_times(path, 50);
	assert_true(log_times_refresh(&times));
	assert_int_equal(log_times_first(&times), START);
	assert_int_equal(log_times_last(&times), START + 49 * NS_PER_S);
	assert_int_equal(log_times_at(&times, 0), START);
	assert_int_equal(log_times_at(&times, 99), START);
	assert_int_equal(log_times_at(&times, 100), START + NS_PER_S);
	assert_int_equal(log_times_at(&times, 1 << 30), START + 49 * NS_PER_S);
	assert_int_equal(log_times_find(&times, START + 1, &at_ns), 100);
	assert_int_equal(at_ns, START + NS_PER_S);
	assert_int_equal(log_times_find(&times, 0, &at_ns), 0);
	assert_int_equal(log_times_find(&times, END, &at_ns), 4900);
	log_times_release(&times);
	unlink(path);
	unlink(log);
	free(path);
}

static void not_too_many(void **state)
{
	int64_t count = 0, last_ns = 0, at_ns = START;

	(void)state;
	assert_true(log_time_is_due(0, 0, START));
	assert_false(log_time_is_due(1, START, START + NS_PER_MS));
	assert_true(log_time_is_due(1, START, START - NS_PER_S));
	for (int i = 0; i < 10000000; i++, at_ns += 100 * NS_PER_MS) {
		if (!log_time_is_due(count, last_ns, at_ns))
			continue;
		last_ns = at_ns;
		count++;
	}
	/* eleven days that never pause */
	assert_in_range(count * LOG_TIME_BYTES, 1 << 20, 5 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments),	cmocka_unit_test(results),
		cmocka_unit_test(refusals),	cmocka_unit_test(beside_a_log),
		cmocka_unit_test(not_too_many),
	};

	return cmocka_run_group_tests_name("log_when", tests, NULL, NULL);
}
