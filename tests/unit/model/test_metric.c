/* SPDX-License-Identifier: MIT */
/* Reports in every form: native, NNI's, bodies, and hostile ones. */
#include "model/metric.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct metrics list;
static struct error err;

static bool report(const char *json)
{
	metrics_clear(&list);
	err.text[0] = '\0';
	return metrics_parse_report(&list, json, strlen(json), &err);
}

static bool body(const char *text)
{
	metrics_clear(&list);
	err.text[0] = '\0';
	return metrics_parse_body(&list, text, strlen(text), &err);
}

static bool nni(const char *json, const char *trial_id)
{
	bool request;

	metrics_clear(&list);
	err.text[0] = '\0';
	return metrics_parse_nni(&list, json, strlen(json), trial_id, &request,
				 &err);
}

static void assert_refused(const char *json, const char *part)
{
	assert_false(report(json));
	if (!strstr(err.text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, err.text);
	assert_int_equal(list.count, 0);
}

static void reads_the_common_report(void **state)
{
	(void)state;
	assert_true(report("{\"name\": \"loss\", \"type\": \"final\", "
			   "\"sequence\": 7, \"source\": 2, \"value\": -0.25, "
			   "\"time\": 1700000000.25}"));
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].name, "loss");
	assert_int_equal(list.items[0].type, METRIC_FINAL);
	assert_int_equal(list.items[0].sequence, 7);
	assert_int_equal(list.items[0].source, 2);
	assert_true(list.items[0].value == -0.25);
	assert_int_equal(list.items[0].at_ns, 1700000000250000000LL);
	assert_null(list.items[0].text);
}

static void fills_what_is_left_out(void **state)
{
	(void)state;
	assert_true(report("{\"value\":1}"));
	assert_string_equal(list.items[0].name, METRIC_OBJECTIVE);
	assert_int_equal(list.items[0].type, METRIC_INTERMEDIATE);
	assert_int_equal(list.items[0].sequence, METRIC_SEQUENCE_NEXT);
	assert_int_equal(list.items[0].at_ns, 0);
}

/* Both ways to a number must agree with strtod, bit for bit. */
static void numbers_are_exact(void **state)
{
	static const char *const numbers[] = {
		"0",
		"-0",
		"0.1",
		"1e22",
		"1e23",
		"1e-22",
		"123456789012345678",
		"0.30000000000000004",
		"2.2250738585072014e-308",
		"5e-324",
		"1.7976931348623157e308",
		"1e400",
		"9007199254740993",
		"0.000001",
		"3.141592653589793",
		"1E+5",
		"1234567890.0987654321",
		"0.00000000000000000000000000000123456789",
		"100000000000000000000",
		"12345678901234567890123456789.5",
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		double wanted = strtod(numbers[i], NULL);

		snprintf(text, sizeof(text), "{\"value\":%s}", numbers[i]);
		assert_true(report(text));
		assert_memory_equal(&list.items[0].value, &wanted,
				    sizeof(wanted));
		/* an escape sends it the general way */
		snprintf(text, sizeof(text),
			 "{\"name\":\"\\u0061\",\"value\":%s}", numbers[i]);
		assert_true(report(text));
		assert_memory_equal(&list.items[0].value, &wanted,
				    sizeof(wanted));
	}
}

static void knows_special_numbers(void **state)
{
	(void)state;
	assert_true(report("{\"value\":NaN}"));
	assert_true(isnan(list.items[0].value));
	assert_true(report("{\"value\":\"-Infinity\"}"));
	assert_true(isinf(list.items[0].value) && list.items[0].value < 0);
	assert_true(report("{\"value\":{\"a\":NaN,\"b\":Infinity}}"));
	assert_int_equal(list.count, 2);
	assert_true(isnan(list.items[0].value));
	assert_true(isinf(list.items[1].value));
	assert_string_equal(list.items[1].name, "b");
	/* inside a string it is only text */
	assert_true(report("{\"name\":\"NaN\\t\"\n,\"value\":1}") == false);
	assert_true(report("{\"name\":\"is NaN\",\"value\":{}}") == false);
}

static void reads_object_values(void **state)
{
	(void)state;
	assert_true(report("{\"type\":\"final\",\"sequence\":1,"
			   "\"value\":{\"default\":0.5,\"ok\":true}}"));
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].name, "default");
	assert_int_equal(list.items[1].type, METRIC_FINAL);
	assert_true(list.items[1].value == 1);
	assert_true(report("{\"metrics\":{\"loss\":2}}"));
	assert_string_equal(list.items[0].name, "loss");
	assert_true(report("{\"metric\":\"loss\",\"value\":2}"));
	assert_string_equal(list.items[0].name, "loss");
}

static void reads_times(void **state)
{
	(void)state;
	assert_true(report("{\"value\":1,\"time\":\"2023-11-14T22:13:20Z\"}"));
	assert_int_equal(list.items[0].at_ns, 1700000000000000000LL);
	assert_true(report(
		"{\"value\":1,\"time\":\"2023-11-15T00:13:20.5+02:00\"}"));
	assert_int_equal(list.items[0].at_ns, 1700000000500000000LL);
	assert_refused("{\"value\":1,\"time\":\"yesterday\"}", "time");
	assert_refused("{\"value\":1,\"time\":1e300}", "out of range");
	assert_refused("{\"value\":1,\"time\":-1}", "out of range");
}

static void refuses_with_reasons(void **state)
{
	char name[200];

	(void)state;
	assert_refused("{\"valu\":1}", "did you mean value");
	assert_refused("{\"name\":\"x\"}", "value: missing");
	assert_refused("{\"value\":\"high\"}", "value");
	assert_refused("{\"value\":[1]}", "value");
	assert_refused("{\"value\":null}", "value");
	assert_refused("{\"value\":{}}", "without members");
	assert_refused("{\"value\":{\"a\":\"b\"}}", "value.a");
	assert_refused("{\"name\":\"x\",\"value\":{\"a\":1}}", "name");
	assert_refused("{\"name\":\"\",\"value\":1}", "empty");
	assert_refused("{\"name\":\"a\\u001b\",\"value\":1}", "control");
	assert_refused("{\"name\":\"\xff\",\"value\":1}", "UTF-8");
	assert_refused("{\"name\":\"\xc2\x9b\",\"value\":1}", "control");
	assert_refused("{\"value\":1,\"sequence\":-1}", "sequence");
	assert_refused("{\"value\":1,\"sequence\":1.5}", "sequence");
	assert_refused("{\"value\":1,\"sequence\":1e300}", "sequence");
	assert_refused("{\"value\":1,\"source\":1000001}", "source");
	assert_refused("{\"value\":1,\"type\":\"last\"}", "type");
	assert_refused("{\"value\":x}", "column 10");
	assert_refused("{\"value\":1} x", "not valid JSON");
	assert_refused("{\"value\":1", "cut short");
	assert_refused("", "empty");
	assert_refused("7", "object");
	snprintf(name, sizeof(name), "{\"value\":1,\"name\":\"%064d\"}", 0);
	assert_refused(name, "longer than 63");
	snprintf(name, sizeof(name), "{\"value\":1,\"name\":\"%063d\"}", 0);
	assert_true(report(name));
}

static void bounds_depth_and_size(void **state)
{
	struct strbuf text = STRBUF_INIT;

	(void)state;
	strbuf_adds(&text, "{\"value\":");
	for (int i = 0; i < 100000; i++)
		strbuf_addch(&text, '[');
	assert_refused(text.data, "nested deeper");
	strbuf_clear(&text);
	strbuf_adds(&text, "{\"value\":[0");
	for (int i = 0; i < 300000; i++)
		strbuf_adds(&text, ",0");
	strbuf_adds(&text, "]}");
	assert_refused(text.data, "more than");
	strbuf_clear(&text);
	strbuf_adds(&text, "{\"value\":\"");
	for (int i = 0; i <= METRIC_TEXT_MAX; i++)
		strbuf_addch(&text, 'a');
	assert_refused(text.data, "longer than");
	strbuf_adds(&text, "\"}");
	assert_false(body(text.data));
	assert_int_equal(err.code, ERROR_LIMIT);
	strbuf_clear(&text);
	for (int i = 0; i < 100001; i++)
		strbuf_adds(&text, "{\"value\":1}\n");
	assert_false(body(text.data));
	assert_int_equal(err.code, ERROR_LIMIT);
	assert_int_equal(list.count, 0);
	strbuf_release(&text);
}

static void reads_bodies(void **state)
{
	(void)state;
	assert_true(body(" {\"value\":\n1}\n"));
	assert_int_equal(list.count, 1);
	assert_true(body("{\"value\":1}\n{\"value\":{\"a\":2,\"b\":NaN}}\r\n\n"
			 "{\"value\":3}"));
	assert_int_equal(list.count, 4);
	assert_true(body(" [ {\"value\":1} , {\"value\":\"NaN\"} ] "));
	assert_int_equal(list.count, 2);
	assert_true(body("{\"nni\":{\"type\":\"FINAL\",\"sequence\":0,"
			 "\"value\":\"0.5\"},\"time\":5}\n{\"value\":1}"));
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].type, METRIC_FINAL);
	assert_int_equal(list.items[0].at_ns, 5000000000LL);
}

static void bodies_are_all_or_nothing(void **state)
{
	static const char *const wrong[] = {
		"",
		"\n",
		"[]",
		"[",
		"[{\"value\":1}",
		"[{\"value\":1},",
		"[{\"value\":1},]",
		"[{\"value\":1}{\"value\":1}]",
		"[1]",
		"[{\"value\":1}] x",
		"{\"value\":1},{\"value\":2}",
		"x",
		"{\"value\":{\"a\":1,\"b\":[]}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		if (body(wrong[i]))
			fail_msg("accepted: %s", wrong[i]);
		assert_int_equal(list.count, 0);
		assert_true(*err.text);
	}
	assert_false(body("{\"value\":1}\n{\"value\":2}\n{\"valeu\":3}\n"));
	assert_non_null(strstr(err.text, "line 3"));
	assert_false(body("[{\"value\":1},{\"value\":[]}]"));
	assert_non_null(strstr(err.text, "element 1"));
}

static void keeps_what_was_there(void **state)
{
	static const char wrong[] = "{\"value\":1}\n{";

	(void)state;
	assert_true(report("{\"value\":1}"));
	assert_false(metrics_parse_body(&list, wrong, strlen(wrong), &err));
	assert_int_equal(list.count, 1);
	assert_false(metrics_parse_report(&list, wrong, strlen(wrong), &err));
	assert_int_equal(list.count, 1);
}

static void reads_nni(void **state)
{
	(void)state;
	assert_true(nni("{\"parameter_id\": 3, \"trial_job_id\": \"Xa12b\", "
			"\"type\": \"PERIODICAL\", \"sequence\": 4, \"value\": "
			"\"0.93\"}",
			"Xa12b"));
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].sequence, 4);
	assert_int_equal(list.items[0].type, METRIC_INTERMEDIATE);
	assert_true(list.items[0].value == 0.93);
	assert_true(nni("{\"parameter_id\": null, \"trial_job_id\": \"Xa12b\", "
			"\"type\": \"FINAL\", \"sequence\": 0, \"value\": "
			"\"{\\\"loss\\\": NaN, \\\"default\\\": 0.95, "
			"\\\"done\\\": true, \\\"who\\\": \\\"it's\\\"}\"}",
			"Xa12b"));
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[0].name, "default");
	assert_true(list.items[0].value == 0.95);
	assert_string_equal(list.items[1].name, "loss");
	assert_true(isnan(list.items[1].value));
	assert_true(list.items[2].value == 1);
	assert_int_equal(list.items[2].type, METRIC_FINAL);
}

static void nni_belongs_to_its_trial(void **state)
{
	static const char json[] = "{\"trial_job_id\":\"Xa12b\",\"type\":"
				   "\"FINAL\",\"value\":\"1\"}";

	(void)state;
	assert_false(nni(json, "Xother"));
	assert_non_null(strstr(err.text, "trial_job_id"));
	assert_true(nni(json, NULL));
	assert_false(nni("{\"type\":\"FINAL\",\"value\":\"1\"}", "Xa12b"));
}

static void nni_asks_for_parameters(void **state)
{
	static const char json[] = "{\"trial_job_id\":\"Xa12b\",\"type\":"
				   "\"REQUEST_PARAMETER\",\"sequence\":0,"
				   "\"parameter_index\":1}";
	bool request = false;

	(void)state;
	metrics_clear(&list);
	assert_true(metrics_parse_nni(&list, json, strlen(json), "Xa12b",
				      &request, &err));
	assert_true(request);
	assert_int_equal(list.count, 0);
}

/* {value as inner JSON, its expected text} */
static void keeps_opaque_values(void **state)
{
	static const char *const values[][2] = {
		{"[1, NaN]", "[1,\"NaN\"]"},
		{"\\\"high\\\"", "\"high\""},
		{"null", "null"},
		{"{\\\"__ndarray__\\\": 1, \\\"default\\\": 2}",
		 "{\"__ndarray__\":1,\"default\":2}"},
		{"{\\\"default\\\": [1]}", "{\"default\":[1]}"},
	};
	struct strbuf json = STRBUF_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		strbuf_clear(&json);
		strbuf_addf(&json, "{\"type\":\"PERIODICAL\",\"value\":\"%s\"}",
			    values[i][0]);
		assert_true(nni(json.data, NULL));
		assert_int_equal(list.count, 1);
		assert_string_equal(list.items[0].name, METRIC_OBJECTIVE);
		assert_true(isnan(list.items[0].value));
		assert_string_equal(list.items[0].text, values[i][1]);
	}
	strbuf_release(&json);
	/* no objective, but numbers: both are kept */
	assert_true(nni("{\"type\":\"FINAL\",\"value\":\"{\\\"acc\\\": 1}\"}",
			NULL));
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].text, "{\"acc\":1}");
	assert_string_equal(list.items[1].name, "acc");
}

static void nni_keeps_the_objective_of_odd_dicts(void **state)
{
	struct strbuf json = STRBUF_INIT;

	(void)state;
	strbuf_adds(&json, "{\"type\":\"FINAL\",\"value\":\"{\\\"");
	for (int i = 0; i < 100; i++)
		strbuf_addch(&json, 'k');
	strbuf_adds(&json, "\\\":1,\\\"default\\\":2}\"}");
	assert_true(nni(json.data, NULL));
	assert_int_equal(list.count, 1);
	assert_true(list.items[0].value == 2);
	strbuf_release(&json);
}

static void undoes_the_bytes_repr(void **state)
{
	(void)state;
	assert_true(
		nni("{\"type\": \"FINAL\", \"value\": "
		    "\"{\\\\\"default\\\\\": 0.5, \\\\\"it\\'s\\\\\": 1}\"}",
		    NULL));
	assert_int_equal(list.count, 2);
	assert_true(list.items[0].value == 0.5);
	assert_string_equal(list.items[1].name, "it's");
}

static void nni_refuses(void **state)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"{}",
		"{\"type\":\"FINAL\"}",
		"{\"type\":\"LAST\",\"value\":\"1\"}",
		"{\"type\":\"FINAL\",\"value\":\"\"}",
		"{\"type\":\"FINAL\",\"value\":\"{\"}",
		"{\"type\":\"FINAL\",\"value\":\"1 2\"}",
		"{\"type\":\"FINAL\",\"value\":\"1\",\"sequence\":-4}",
		"{\"type\":\"FINAL\",\"value\":\"1\"",
		"\\x",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		if (nni(wrong[i], NULL))
			fail_msg("accepted: %s", wrong[i]);
		assert_int_equal(list.count, 0);
	}
}

static void formats_what_it_reads(void **state)
{
	static const double values[] = {0.1, -3, NAN, INFINITY, -INFINITY};
	struct strbuf out = STRBUF_INIT;
	char opaque[] = "[1]";

	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		struct metric metric = {
			.type = METRIC_FINAL,
			.sequence = 12,
			.source = 1,
			.at_ns = 1700000000123456000LL,
			.value = values[i],
			.name = "a \"b\"",
			.text = isnan(values[i]) ? opaque : NULL,
		};

		strbuf_clear(&out);
		metric_format(&out, &metric);
		assert_true(report(out.data));
		assert_int_equal(list.count, 1);
		assert_string_equal(list.items[0].name, metric.name);
		assert_int_equal(list.items[0].type, metric.type);
		assert_int_equal(list.items[0].sequence, 12);
		assert_int_equal(list.items[0].source, 1);
		assert_int_equal(list.items[0].at_ns, metric.at_ns);
		assert_true(isnan(values[i])
				    ? isnan(list.items[0].value)
				    : list.items[0].value == values[i]);
		if (metric.text)
			assert_string_equal(list.items[0].text, metric.text);
	}
	strbuf_release(&out);
}

static int release(void **state)
{
	(void)state;
	metrics_release(&list);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_common_report),
		cmocka_unit_test(fills_what_is_left_out),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(knows_special_numbers),
		cmocka_unit_test(reads_object_values),
		cmocka_unit_test(reads_times),
		cmocka_unit_test(refuses_with_reasons),
		cmocka_unit_test(bounds_depth_and_size),
		cmocka_unit_test(reads_bodies),
		cmocka_unit_test(bodies_are_all_or_nothing),
		cmocka_unit_test(keeps_what_was_there),
		cmocka_unit_test(reads_nni),
		cmocka_unit_test(nni_belongs_to_its_trial),
		cmocka_unit_test(nni_asks_for_parameters),
		cmocka_unit_test(keeps_opaque_values),
		cmocka_unit_test(nni_keeps_the_objective_of_odd_dicts),
		cmocka_unit_test(undoes_the_bytes_repr),
		cmocka_unit_test(nni_refuses),
		cmocka_unit_test(formats_what_it_reads),
	};

	return cmocka_run_group_tests_name("metric", tests, NULL, release);
}
