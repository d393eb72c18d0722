/* SPDX-License-Identifier: MIT */
/* NNI's endpoints as its trial_keeper uses them. */
#include "tests/unit/sideport/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOT "/api/v1/nni-pai"

static int post(struct bench *bench, const char *path, const char *body)
{
	int fd = peer_connect(bench);

	peer_post(fd, path, body);
	peer_read(bench, fd);
	close(fd);
	return bench->answer.status;
}

/* Post what makes a report; the caller looks at it and answers. */
static struct report *submit(struct bench *bench, int *ret_fd, const char *path,
			     const char *body)
{
	*ret_fd = peer_connect(bench);
	peer_post(*ret_fd, path, body);
	return bench_take(bench);
}

static void finish(struct bench *bench, int fd, struct report *report)
{
	sideport_answer(bench->sideport, report, 200, NULL);
	peer_read(bench, fd);
	close(fd);
	assert_int_equal(bench->answer.status, 200);
	assert_string_equal(bench->answer.body.data, "");
	assert_non_null(strstr(bench->answer.head,
			       "Content-Type: application/json\r\n"));
}

static void takes_metric_lines(void **state)
{
	struct bench *bench = *state;
	struct report *report;
	int fd;

	report = submit(bench, &fd, ROOT "/stdout/EXP1/Xa12b",
			"{\"tag\":\"trial\",\"stdOutputType\":\"Stdout\","
			"\"msg\":\"NNISDK_MEb'{\\\"parameter_id\\\": 3, "
			"\\\"trial_job_id\\\": \\\"Xa12b\\\", \\\"type\\\": "
			"\\\"PERIODICAL\\\", \\\"sequence\\\": 2, "
			"\\\"value\\\": \\\"0.93\\\"}'\"}");
	assert_int_equal(report->kind, REPORT_METRICS);
	assert_true(report->is_nni);
	assert_int_equal(report->trial, 7);
	assert_int_equal(report->metrics.count, 1);
	assert_int_equal(report->metrics.items[0].sequence, 2);
	assert_true(report->metrics.items[0].value == 0.93);
	finish(bench, fd, report);
	/* an apostrophe inside: up to the last one */
	report = submit(bench, &fd, ROOT "/stdout/EXP1/Xa12b/",
			"{\"tag\":\"trial\",\"msg\":\"x NNISDK_MEb'{"
			"\\\"trial_job_id\\\":\\\"Xa12b\\\",\\\"type\\\":"
			"\\\"FINAL\\\",\\\"value\\\":\\\"\\\\\\\"it's\\\\\\\""
			"\\\"}'\"}");
	assert_int_equal(report->kind, REPORT_METRICS);
	assert_string_equal(report->metrics.items[0].text, "\"it's\"");
	finish(bench, fd, report);
}

static void passes_other_lines_on(void **state)
{
	struct bench *bench = *state;
	struct report *report;
	int fd;

	report = submit(bench, &fd, ROOT "/stdout/EXP1/Xa12b",
			"{\"tag\":\"trial\",\"stdOutputType\":\"Stdout\","
			"\"msg\":\"epoch 1 loss=2\"}");
	assert_int_equal(report->kind, REPORT_LOG);
	assert_string_equal(report->role, "stdout");
	assert_string_equal(report->text, "epoch 1 loss=2\n");
	assert_int_equal(report->len, 15);
	assert_int_equal(report->offset, -1);
	finish(bench, fd, report);
	report = submit(bench, &fd, ROOT "/stdout/EXP1/Xa12b",
			"{\"tag\":\"trial_keeper\",\"msg\":\"[t] INFO x\"}");
	assert_string_equal(report->role, "trial_keeper");
	finish(bench, fd, report);
}

static void takes_versions(void **state)
{
	struct bench *bench = *state;
	struct report *report;
	int fd;

	report = submit(bench, &fd, ROOT "/version/EXP1/Xa12b",
			"{\"tag\":\"VCSuccess\"}");
	assert_int_equal(report->kind, REPORT_VERSION);
	assert_string_equal(report->text, "VCSuccess");
	finish(bench, fd, report);
	report = submit(bench, &fd, ROOT "/version/EXP1/Xa12b",
			"{\"tag\":\"VCFail\",\"msg\":\"1.8 is not 2.1\"}");
	assert_string_equal(report->text, "1.8 is not 2.1");
	finish(bench, fd, report);
}

static void takes_legacy_lists(void **state)
{
	struct bench *bench = *state;
	struct report *report;
	int fd;

	report = submit(bench, &fd, ROOT "/update-metrics/EXP1/Xa12b",
			"{\"jobId\":\"Xa12b\",\"metrics\":["
			"\"{\\\"trial_job_id\\\":\\\"Xa12b\\\",\\\"type\\\":"
			"\\\"PERIODICAL\\\",\\\"sequence\\\":0,\\\"value\\\":"
			"\\\"1\\\"}\","
			"\"{\\\"trial_job_id\\\":\\\"Xa12b\\\",\\\"type\\\":"
			"\\\"FINAL\\\",\\\"sequence\\\":0,\\\"value\\\":"
			"\\\"2\\\"}\"]}");
	assert_int_equal(report->metrics.count, 2);
	assert_int_equal(report->metrics.items[1].type, METRIC_FINAL);
	finish(bench, fd, report);
	assert_int_equal(post(bench, ROOT "/update-metrics/EXP1/Xa12b",
			      "{\"metrics\":[\"{\"]}"),
			 500);
	assert_int_equal(post(bench, ROOT "/update-metrics/EXP1/Xa12b",
			      "{\"metrics\":[7]}"),
			 500);
}

static void answers_parameter_requests_itself(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(post(bench, ROOT "/stdout/EXP1/Xa12b",
			      "{\"tag\":\"trial\",\"msg\":\"NNISDK_MEb'{"
			      "\\\"trial_job_id\\\":\\\"Xa12b\\\",\\\"type\\\":"
			      "\\\"REQUEST_PARAMETER\\\",\\\"sequence\\\":0,"
			      "\\\"parameter_index\\\":1}'\"}"),
			 200);
	assert_null(sideport_take(bench->sideport));
}

static void holds_trials_apart(void **state)
{
	struct bench *bench = *state;
	static const char line[] = "{\"tag\":\"trial\",\"msg\":\"x\"}";

	assert_int_equal(post(bench, ROOT "/stdout/EXP1/Xa12b",
			      "{\"tag\":\"trial\",\"msg\":\"NNISDK_MEb'{"
			      "\\\"trial_job_id\\\":\\\"Yb34c\\\",\\\"type\\\":"
			      "\\\"FINAL\\\",\\\"value\\\":\\\"1\\\"}'\"}"),
			 500);
	assert_non_null(strstr(bench->answer.body.data, "trial_job_id"));
	assert_int_equal(post(bench, ROOT "/stdout/EXP2/Xa12b", line), 404);
	assert_int_equal(post(bench, ROOT "/stdout/EXP/Xa12b", line), 404);
	assert_int_equal(post(bench, ROOT "/stdout/EXP1/Xnone", line), 404);
	assert_int_equal(post(bench, ROOT "/stdout/EXP1/", line), 404);
	assert_int_equal(post(bench, ROOT "/stdout/EXP1", line), 404);
	assert_int_equal(post(bench, ROOT "/stdout/EXP1/Xa12b/x", line), 404);
	/* not allowed to speak NNI's protocol */
	assert_int_equal(post(bench, ROOT "/stdout/EXP1/Yb34c", line), 404);
	sideport_forbid(bench->sideport, 7, 1);
	assert_int_equal(post(bench, ROOT "/stdout/EXP1/Xa12b", line), 404);
}

static void finds_the_newest_attempt(void **state)
{
	struct bench *bench = *state;
	struct report *report;
	int fd;

	sideport_allow(bench->sideport, 7, 3, "Xa12b", "third", "{}", true);
	sideport_allow(bench->sideport, 7, 2, "Xa12b", "second", "{}", true);
	report = submit(bench, &fd, ROOT "/stdout/EXP1/Xa12b",
			"{\"tag\":\"trial\",\"msg\":\"x\"}");
	assert_int_equal(report->attempt, 3);
	finish(bench, fd, report);
}

static void refuses_what_it_cannot_read(void **state)
{
	static const char *const wrong[] = {"",
					    "x",
					    "[]",
					    "{}",
					    "{\"tag\":\"trial\"}",
					    "{\"tag\":1,\"msg\":\"\"}"};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
			post(bench, ROOT "/stdout/EXP1/Xa12b", wrong[i]), 500);
	assert_int_equal(post(bench, ROOT "/version/EXP1/Xa12b", "["), 500);
	assert_int_equal(post(bench, ROOT "/none/EXP1/Xa12b", "{}"), 404);
	assert_int_equal(bench_ask(bench, "GET " ROOT "/stdout/EXP1/Xa12b "
					  "HTTP/1.1\r\nHost: x\r\n\r\n"),
			 405);
	assert_non_null(strstr(bench->answer.head, "Allow: POST\r\n"));
}

static void has_no_file_metas(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bench_ask(bench, "GET " ROOT "/parameter-file-meta "
					  "HTTP/1.1\r\nHost: x\r\n\r\n"),
			 200);
	assert_string_equal(bench->answer.body.data, "[]");
	assert_int_equal(post(bench, ROOT "/parameter-file-meta", "{}"), 200);
	assert_string_equal(bench->answer.body.data, "");
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, bench_open, bench_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_metric_lines),
		TEST(passes_other_lines_on),
		TEST(takes_versions),
		TEST(takes_legacy_lists),
		TEST(answers_parameter_requests_itself),
		TEST(holds_trials_apart),
		TEST(finds_the_newest_attempt),
		TEST(refuses_what_it_cannot_read),
		TEST(has_no_file_metas),
	};

	return cmocka_run_group_tests_name("sideport_nni", tests, NULL, NULL);
}
