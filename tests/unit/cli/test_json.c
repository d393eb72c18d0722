/* SPDX-License-Identifier: MIT */
/* The JSON that scripts rely on, byte by byte. */
#include "cli/json.h"

#include "base/clock.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct metric_value value(double number)
{
	return (struct metric_value){.is_set = true, .number = number};
}

static void writes_a_trial(void **state)
{
	struct trial trial = {
		.id = "Ab1c2",
		.sequence = 7,
		.state = TRIAL_FAILED,
		.attempt = 2,
		.exit_code = 137,
		.submitted_ns = NS_PER_S,
		.final = value(NAN),
		.last = value(-INFINITY),
		.best = value(0.1),
		.intermediates = 3,
		.source = 'c',
		.parameters = (char *)"{\"lr\":1.0,\"n\":[1,2]}",
		.reason = (char *)"killed by \"SIGKILL\"\n",
		.tags = (char *)"bad x",
		.note = (char *)"two\nlines",
	};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	json_trial(&out, "abcd1234", &trial);
	assert_string_equal(
		out.data,
		"{\"id\":\"Ab1c2\",\"experiment\":\"abcd1234\",\"sequence\":7,"
		"\"state\":\"FAILED\",\"attempt\":2,"
		"\"parameters\":{\"lr\":1.0,\"n\":[1,2]},\"final\":\"NaN\","
		"\"best\":0.1,\"last\":\"-Infinity\",\"intermediates\":3,"
		"\"submitted\":\"1970-01-01T00:00:01.000Z\",\"started\":null,"
		"\"ended\":null,\"exitCode\":137,"
		"\"reason\":\"killed by \\\"SIGKILL\\\"\\n\","
		"\"source\":\"custom\",\"tags\":[\"bad\",\"x\"],"
		"\"note\":\"two\\nlines\"}");
	strbuf_release(&out);
}

static void writes_a_place(void **state)
{
	const struct trial_place place = {
		.pod = "p",
		.restarts = 1,
		.requested = {1500, 1 << 20, 0},
		.used = CLUSTER_AMOUNT_UNKNOWN,
		.at_ns = NS_PER_S,
	};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	json_place(&out, &place);
	assert_string_equal(
		out.data,
		"{\"pod\":\"p\",\"node\":null,\"restarts\":1,"
		"\"requested\":{\"cpu\":1.5,\"memory\":1048576,\"gpus\":0},"
		"\"used\":{\"cpu\":null,\"memory\":null,\"gpus\":null},"
		"\"time\":\"1970-01-01T00:00:01.000Z\"}");
	strbuf_release(&out);
}

static void absent_is_null(void **state)
{
	struct trial trial = {.id = "Ab1c2", .exit_code = -1, .source = 'a'};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	json_trial(&out, NULL, &trial);
	assert_non_null(strstr(out.data, "\"experiment\":null"));
	assert_non_null(strstr(out.data, "\"parameters\":null"));
	assert_non_null(strstr(out.data, "\"final\":null"));
	assert_non_null(strstr(out.data, "\"exitCode\":null"));
	assert_non_null(strstr(out.data, "\"reason\":null"));
	strbuf_release(&out);
}

static void stored_text_that_is_no_json_becomes_a_string(void **state)
{
	static const char *const broken[] = {"{\"a\":", "{} {}", "}", "a\"b"};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		strbuf_clear(&out);
		json_raw(&out, broken[i]);
		assert_int_equal(out.data[0], '"');
	}
	strbuf_clear(&out);
	json_raw(&out, "[1, 2]");
	assert_string_equal(out.data, "[1, 2]");
	strbuf_release(&out);
}

static void writes_a_metric(void **state)
{
	struct trial trial = {.id = "Ab1c2", .sequence = 1};
	struct metric metric = {
		.type = METRIC_FINAL,
		.source = 2,
		.sequence = 5,
		.at_ns = 1500 * NS_PER_MS,
		.value = 0.30000000000000004,
		.name = "default",
	};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	json_metric(&out, &trial, 3, &metric);
	assert_string_equal(
		out.data,
		"{\"trial\":\"Ab1c2\",\"trialSequence\":1,\"attempt\":3,"
		"\"name\":\"default\",\"type\":\"final\",\"source\":2,"
		"\"sequence\":5,\"value\":0.30000000000000004,"
		"\"time\":\"1970-01-01T00:00:01.500Z\"}");
	strbuf_clear(&out);
	metric.text = (char *)"[1,2]";
	json_metric(&out, &trial, 3, &metric);
	assert_non_null(strstr(out.data, "\"value\":[1,2]"));
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_trial),
		cmocka_unit_test(writes_a_place),
		cmocka_unit_test(absent_is_null),
		cmocka_unit_test(stored_text_that_is_no_json_becomes_a_string),
		cmocka_unit_test(writes_a_metric),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
