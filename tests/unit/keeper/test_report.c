/* SPDX-License-Identifier: MIT */
/* What the keeper makes of lines and records: numbered spool lines that the
 * engine's parser takes. */
#include "keeper/report.h"

#include "base/fs.h"
#include "base/mem.h"
#include "keeper/json.h"
#include "keeper/tail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define AT_NS 1764000000123456789
#define TIME "1764000000.123456"

struct bench {
	struct reporter reporter;
	struct buffer out;
};

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));

	reporter_init(&bench->reporter, NULL);
	bench->out.max = 4 << 20;
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	reporter_release(&bench->reporter);
	buffer_release(&bench->out);
	free(bench);
	return 0;
}

/* The line must give exactly these spool lines, and they must be valid. */
static void expect(struct bench *bench, const char *line, const char *spool)
{
	struct metrics metrics = {0};
	struct error err;

	bench->out.len = 0;
	assert_true(report_line(&bench->reporter, line, strlen(line), AT_NS,
				&bench->out));
	assert_true(buffer_add(&bench->out, "", 1));
	assert_string_equal(bench->out.data, spool);
	if (*spool && !metrics_parse_body(&metrics, bench->out.data,
					  bench->out.len - 1, &err))
		fail_msg("%s: %s", spool, err.text);
	metrics_release(&metrics);
}

static void numbers_by_name_and_type(void **state)
{
	struct bench *bench = *state;

	expect(bench, "loss=0.1",
	       "{\"name\":\"loss\",\"type\":\"intermediate\",\"value\":0.1,"
	       "\"sequence\":0,\"source\":0,\"time\":" TIME "}\n");
	expect(bench, "acc=nan",
	       "{\"name\":\"acc\",\"type\":\"intermediate\",\"value\":\"NaN\","
	       "\"sequence\":0,\"source\":0,\"time\":" TIME "}\n");
	expect(bench, "loss=-inf",
	       "{\"name\":\"loss\",\"type\":\"intermediate\","
	       "\"value\":\"-Infinity\",\"sequence\":1,\"source\":0,"
	       "\"time\":" TIME "}\n");
	expect(bench, "final_loss=1e300",
	       "{\"name\":\"loss\",\"type\":\"final\",\"value\":1e+300,"
	       "\"sequence\":0,\"source\":0,\"time\":" TIME "}\n");
	expect(bench, "an ordinary line", "");
}

static void takes_json_apart(void **state)
{
	struct bench *bench = *state;

	expect(bench,
	       "{\"metrics\": {\"default\": 1, \"loss\": NaN, \"tag\": \"x\"}}",
	       "{\"name\":\"default\",\"type\":\"intermediate\",\"value\":1,"
	       "\"sequence\":0,\"source\":0,\"time\":" TIME "}\n"
	       "{\"name\":\"loss\",\"type\":\"intermediate\",\"value\":NaN,"
	       "\"sequence\":0,\"source\":0,\"time\":" TIME "}\n");
	expect(bench, "{\"metric\": \"loss\", \"value\": 2, \"time\": 5}",
	       "{\"name\":\"loss\",\"type\":\"intermediate\",\"value\":2,"
	       "\"sequence\":1,\"source\":0,\"time\":5}\n");
	expect(bench,
	       "{\"value\": 3, \"sequence\": 7, \"source\": 1, "
	       "\"type\": \"final\"}",
	       "{\"name\":\"default\",\"type\":\"final\",\"value\":3,"
	       "\"sequence\":7,\"source\":1,\"time\":" TIME "}\n");
	expect(bench, "{\"value\": 4, \"source\": 1, \"type\": \"final\"}",
	       "{\"name\":\"default\",\"type\":\"final\",\"value\":4,"
	       "\"sequence\":8,\"source\":1,\"time\":" TIME "}\n");
	/* ordinary output that only looks like a report */
	expect(bench, "{\"name\": \"resnet\", \"layers\": 50}", "");
	expect(bench, "{\"name\": \"a\", \"value\": \"text\"}", "");
	expect(bench, "{\"value\": 1, \"type\": \"other\"}", "");
	expect(bench, "{\"value\": 1,}", "");
	expect(bench, "{\"value\": {}}", "");
}

static void passes_nni_objects_on(void **state)
{
	struct bench *bench = *state;

	expect(bench,
	       "NNISDK_MEb'{\"parameter_id\": 0, \"trial_job_id\": \"Xa12b\", "
	       "\"type\": \"PERIODICAL\", \"sequence\": 3, "
	       "\"value\": \"NaN\"}'",
	       "{\"nni\":{\"parameter_id\": 0, \"trial_job_id\": \"Xa12b\", "
	       "\"type\": \"PERIODICAL\", \"sequence\": 3, "
	       "\"value\": \"NaN\"},\"time\":" TIME "}\n");
	/* NNI 1.4 and before: Python's repr */
	expect(bench,
	       "NNISDK_MEb'{\"type\": \"FINAL\", \"value\": "
	       "\"{\\\\\"default\\\\\": 1}\"}'",
	       "{\"nni\":{\"type\": \"FINAL\", \"value\": "
	       "\"{\\\"default\\\": 1}\"},\"time\":" TIME "}\n");
	expect(bench, "NNISDK_MEb'{\"type\": \"REQUEST_PARAMETER\"}'", "");
	assert_false(report_line(&bench->reporter, "NNISDK_MEb'{broken'", 19,
				 AT_NS, &bench->out));
}

static void matches_a_pattern(void **state)
{
	struct bench *bench = *state;

	assert_true(
		reporter_init(&bench->reporter, "([a-z]+) is ([0-9.e+-]+)$"));
	expect(bench, "epoch 3: loss is 0.25",
	       "{\"name\":\"loss\",\"type\":\"intermediate\",\"value\":0.25,"
	       "\"sequence\":0,\"source\":0,\"time\":" TIME "}\n");
	expect(bench, "the answer is ..", "");
	reporter_release(&bench->reporter);
	assert_true(reporter_init(&bench->reporter, "score: ([0-9]+)"));
	expect(bench, "score: 12 points",
	       "{\"name\":\"default\",\"type\":\"intermediate\",\"value\":12,"
	       "\"sequence\":0,\"source\":0,\"time\":" TIME "}\n");
	reporter_release(&bench->reporter);
	assert_false(reporter_init(&bench->reporter, "(unclosed"));
}

static void stays_bounded(void **state)
{
	struct bench *bench = *state;
	char line[64];

	for (int i = 0; i <= REPORT_NAMES_MAX; i++) {
		bool fits = i < REPORT_NAMES_MAX;

		snprintf(line, sizeof(line), "m%d=1", i);
		bench->out.len = 0;
		assert_int_equal(report_line(&bench->reporter, line,
					     strlen(line), AT_NS, &bench->out),
				 fits);
	}
	/* what did not fit was not counted either */
	bench->out.max = bench->out.len = 0;
	assert_false(
		report_line(&bench->reporter, "m0=1", 4, AT_NS, &bench->out));
	bench->out.max = 4096;
	expect(bench, "m0=5",
	       "{\"name\":\"m0\",\"type\":\"intermediate\",\"value\":5,"
	       "\"sequence\":1,\"source\":0,\"time\":" TIME "}\n");
}

static void scans_json(void **state)
{
	static const char *const good[] = {
		"{}",
		"[]",
		" {\"a\" : [1, -2.5e+3, true, null]} ",
		"\"\\u00e9\\n\"",
		"-Infinity",
		"{\"a\":{\"b\":NaN}}"};
	static const char *const bad[] = {
		"",	    "{",   "[1,]",  "{\"a\"}", "{\"a\":}",
		"01x",	    "1.",  "-",	    "\"\\x\"", "\"\\u12\"",
		"\"a\nb\"", "nul", "{a:1}", "[1 2]",   "{} {}"};
	char deep[2 * JSON_DEPTH_MAX + 16];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (!json_is_value(good[i], strlen(good[i])))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (json_is_value(bad[i], strlen(bad[i])))
			fail_msg("accepted: %s", bad[i]);
	memset(deep, '[', sizeof(deep));
	assert_int_equal(json_skip(deep, sizeof(deep)), 0);
}

static void collect(const char *data, size_t len, void *arg)
{
	struct buffer *out = arg;

	assert_true(buffer_add(out, data, len) && buffer_add(out, "|", 1));
}

static void append(const char *path, const char *text)
{
	FILE *file = fopen(path, "a");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void expect_tail(struct tail *tail, struct buffer *out, const char *text)
{
	tail_poll(tail);
	assert_true(buffer_add(out, "", 1));
	assert_string_equal(out->data, text);
	out->len = 0;
}

static void follows_files(void **state)
{
	char path[] = "/tmp/trialdeck-test-XXXXXX";
	struct buffer out = {.max = 65536};
	struct tail records, lines;

	(void)state;
	close(mkstemp(path));
	tail_init(&records, path, true, collect, &out);
	tail_init(&lines, path, false, collect, &out);
	expect_tail(&records, &out, "");
	append(path, "ME000003{}\nME00");
	expect_tail(&records, &out, "{}\n|");
	append(path, "0002[]");
	expect_tail(&records, &out, "[]|");
	append(path, "garbage MEx ME000001z");
	expect_tail(&records, &out, "z|");
	/* NNI 1.8 starts the file anew */
	assert_int_equal(truncate(path, 0), 0);
	append(path, "ME0000011");
	expect_tail(&records, &out, "1|");
	assert_int_equal(truncate(path, 0), 0);
	append(path, "a=1\nb");
	expect_tail(&lines, &out, "a=1|");
	append(path, "=2\nc=3");
	expect_tail(&lines, &out, "b=2|");
	tail_end(&lines);
	assert_true(buffer_add(&out, "", 1));
	assert_string_equal(out.data, "c=3|");
	tail_end(&records);
	buffer_release(&out);
	unlink(path);
}

static void passes_long_lines_over(void **state)
{
	struct buffer out = {.max = 65536};
	struct splitter splitter = {.fn = collect, .arg = &out};
	char *data = xmalloc(OUTPUT_LINE_MAX_BYTES);

	(void)state;
	memset(data, 'x', OUTPUT_LINE_MAX_BYTES);
	splitter_feed(&splitter, "a\nb", 3);
	splitter_feed(&splitter, data, OUTPUT_LINE_MAX_BYTES);
	splitter_feed(&splitter, data, OUTPUT_LINE_MAX_BYTES);
	splitter_feed(&splitter, "y\nz\nend", 7);
	splitter_end(&splitter);
	assert_true(buffer_add(&out, "", 1));
	assert_string_equal(out.data, "a|z|end|");
	buffer_release(&out);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers_by_name_and_type,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_json_apart, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(passes_nni_objects_on, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(matches_a_pattern, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(stays_bounded, set_up,
						tear_down),
		cmocka_unit_test(scans_json),
		cmocka_unit_test(follows_files),
		cmocka_unit_test(passes_long_lines_over),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
