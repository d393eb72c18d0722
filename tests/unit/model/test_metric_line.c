/* SPDX-License-Identifier: MIT */
/* Which lines of output are metrics, and what they say. */
#include "model/metric_line.h"

#include "model/metric.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool parse(const char *line, struct metric_line *ret)
{
	memset(ret, 0, sizeof(*ret));
	return metric_line_parse(line, strlen(line), ret);
}

static void assert_text(const struct metric_line *found, const char *text)
{
	assert_int_equal(found->len, strlen(text));
	assert_memory_equal(found->text, text, found->len);
}

static void assert_pair(const char *line, const char *name, double value,
			bool is_final)
{
	struct metric_line found;

	if (!parse(line, &found))
		fail_msg("not a metric: %s", line);
	assert_int_equal(found.kind, METRIC_LINE_PAIR);
	assert_int_equal(found.name_len, strlen(name));
	assert_memory_equal(found.name, name, found.name_len);
	assert_true(found.value == value ||
		    (isnan(value) && isnan(found.value)));
	assert_int_equal(found.is_final, is_final);
}

static void assert_none(const char *line)
{
	struct metric_line found;

	if (parse(line, &found))
		fail_msg("a metric: %s", line);
}

static void finds_nni_lines(void **state)
{
	struct metric_line found;

	(void)state;
	assert_true(
		parse("[12:00] PRINT NNISDK_MEb'{\"value\": \"1\"}'", &found));
	assert_int_equal(found.kind, METRIC_LINE_NNI);
	assert_text(&found, "{\"value\": \"1\"}");
	/* an apostrophe inside belongs to the text */
	assert_true(parse("NNISDK_MEb'{\"a\": \"it's\"}' tail", &found));
	assert_text(&found, "{\"a\": \"it's\"}");
	/* a mark that is broken before one that is not */
	assert_true(parse("NNNISDK_MEb'x'", &found));
	assert_text(&found, "x");
	assert_none("NNISDK_MEb''");
	assert_none("NNISDK_MEb'no end");
	assert_none("NNISDK_ME");
}

static void finds_json_lines(void **state)
{
	struct metric_line found;

	(void)state;
	assert_true(parse("  {\"name\": \"loss\", \"value\": 1} \r", &found));
	assert_int_equal(found.kind, METRIC_LINE_JSON);
	assert_text(&found, "{\"name\": \"loss\", \"value\": 1}");
	assert_true(parse("{ \"metrics\":{\"a\":1}}", &found));
	assert_none("{\"level\": \"info\", \"value\": 1}");
	assert_none("{\"value\": 1");
	assert_none("{");
	assert_none("{}");
	assert_none("{\"value}");
}

static void finds_pairs(void **state)
{
	(void)state;
	assert_pair("loss=0.5", "loss", 0.5, false);
	assert_pair(" val.top-1 = -1e-3\t\r", "val.top-1", -1e-3, false);
	assert_pair("x=nan", "x", NAN, false);
	assert_pair("x=-inf", "x", -INFINITY, false);
	assert_pair("default=1", "default", 1, false);
	assert_pair("final=0.93", "default", 0.93, true);
	assert_pair("final_loss=2", "loss", 2, true);
	assert_pair("final_=2", "final_", 2, false);
	assert_pair("final_1=2", "final_1", 2, false);
	assert_pair("finally=2", "finally", 2, false);
	assert_none("loss=0.5 acc=0.3");
	assert_none("loss=");
	assert_none("loss=abc");
	assert_none("loss==1");
	assert_none("1x=1");
	assert_none("a b=1");
	assert_none("loss 1");
	assert_none("");
	assert_none(" ");
}

static void bounds_names_and_numbers(void **state)
{
	char line[256];
	struct metric_line found;

	(void)state;
	memset(line, 'a', METRIC_NAME_MAX);
	strcpy(line + METRIC_NAME_MAX, "=1");
	assert_true(parse(line, &found));
	memset(line, 'a', METRIC_NAME_MAX + 1);
	strcpy(line + METRIC_NAME_MAX + 1, "=1");
	assert_none(line);
	strcpy(line, "x=");
	memset(line + 2, '0', 100);
	line[102] = '\0';
	assert_none(line);
	/* the line is no C string: nothing behind it may count */
	assert_true(metric_line_parse("x=12", 3, &found));
	assert_true(found.value == 1);
	assert_false(metric_line_parse("x=1", 2, &found));
}

static void undoes_pythons_repr(void **state)
{
	static const char repr[] = "{\\'a\\': \"\\\\n\\x41\\n\\q\\x4\"}\\";
	char out[sizeof(repr)];
	size_t len = metric_line_unescape(repr, strlen(repr), out);

	(void)state;
	out[len] = '\0';
	assert_string_equal(out, "{'a': \"\\nA\n\\q\\x4\"}\\");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nni_lines),
		cmocka_unit_test(finds_json_lines),
		cmocka_unit_test(finds_pairs),
		cmocka_unit_test(bounds_names_and_numbers),
		cmocka_unit_test(undoes_pythons_repr),
	};

	return cmocka_run_group_tests_name("metric line", tests, NULL, NULL);
}
