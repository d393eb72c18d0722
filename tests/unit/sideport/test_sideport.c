/* SPDX-License-Identifier: MIT */
/* The native endpoints, and that nothing is answered before the engine says. */
#include "tests/unit/sideport/peer.h"

#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_body_has(const struct bench *bench, const char *part)
{
	if (!strstr(bench->answer.body.data, part))
		fail_msg("\"%s\" is not in \"%s\"", part,
			 bench->answer.body.data);
}

static void answers_after_the_engine(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);
	struct report *report;

	peer_post(fd, "/v1/metrics",
		  "{\"name\":\"loss\",\"sequence\":3,\"value\":0.25}");
	report = bench_take(bench);
	assert_int_equal(report->kind, REPORT_METRICS);
	assert_int_equal(report->trial, 7);
	assert_int_equal(report->attempt, 1);
	assert_false(report->is_nni);
	assert_int_equal(report->metrics.count, 1);
	assert_string_equal(report->metrics.items[0].name, "loss");
	assert_int_equal(report->metrics.items[0].sequence, 3);
	assert_true(report->metrics.items[0].value == 0.25);
	assert_true(peer_is_silent(fd));
	sideport_answer(bench->sideport, report, 200, NULL);
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 200);
	assert_string_equal(bench->answer.body.data, "{}");
	/* the connection is good for more */
	peer_post(fd, "/v1/metrics", "[{\"value\":1},{\"value\":NaN}]");
	report = bench_take(bench);
	assert_int_equal(report->metrics.count, 2);
	assert_true(isnan(report->metrics.items[1].value));
	sideport_answer(bench->sideport, report, 200, NULL);
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 200);
	close(fd);
}

static void passes_failures_on(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);

	peer_post(fd, "/v1/metrics", "{\"value\":1}\n{\"value\":2}\n");
	sideport_answer(bench->sideport, bench_take(bench), 503,
			"the \"disk\" is full");
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 503);
	assert_string_equal(bench->answer.body.data,
			    "{\"error\":\"the \\\"disk\\\" is full\"}\n");
	assert_non_null(strstr(bench->answer.head, "Retry-After: 1"));
	close(fd);
}

static void keeps_the_order(void **state)
{
	struct bench *bench = *state;
	int fds[3];
	struct report *report, *next;
	int count = 0;

	for (int i = 0; i < 3; i++) {
		char body[32] = "{\"value\":0}";

		body[9] = (char)('0' + i);
		fds[i] = peer_connect(bench);
		peer_post(fds[i], "/v1/metrics", body);
	}
	while (count < 3) {
		for (report = bench_take(bench); report; report = next) {
			next = report->next;
			sideport_answer(bench->sideport, report, 200, NULL);
			count++;
		}
	}
	for (int i = 0; i < 3; i++) {
		peer_read(bench, fds[i]);
		assert_int_equal(bench->answer.status, 200);
		close(fds[i]);
	}
}

static void refuses_bad_metrics(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);

	peer_post(fd, "/v1/metrics", "{\"value\":1}\n{\"valu\":2}\n");
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 400);
	assert_body_has(bench, "line 2");
	assert_body_has(bench, "did you mean value");
	peer_post(fd, "/v1/metrics", "");
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 400);
	close(fd);
	assert_null(sideport_take(bench->sideport));
}

static void takes_logs(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);
	struct report *report;

	peer_sends(fd, "POST /v1/log?role=stderr&offset=12 HTTP/1.1\r\n"
		       "Authorization: bearer secret\r\nHost: x\r\n"
		       "Content-Length: 5\r\n\r\n");
	peer_send(fd, "a\0b\n\x1b", 5);
	report = bench_take(bench);
	assert_int_equal(report->kind, REPORT_LOG);
	assert_string_equal(report->role, "stderr");
	assert_int_equal(report->offset, 12);
	assert_int_equal(report->len, 5);
	assert_memory_equal(report->text, "a\0b\n\x1b", 6);
	sideport_answer(bench->sideport, report, 200, NULL);
	peer_read(bench, fd);
	peer_post(fd, "/v1/log", "x");
	report = bench_take(bench);
	assert_string_equal(report->role, "stdout");
	assert_int_equal(report->offset, -1);
	sideport_answer(bench->sideport, report, 200, NULL);
	peer_read(bench, fd);
	peer_post(fd, "/v1/log?role=../../etc/passwd", "x");
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 400);
	assert_body_has(bench, "role");
	peer_post(fd, "/v1/log?offset=-1", "x");
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 400);
	peer_post(fd, "/v1/log?offset=99999999999999999999", "x");
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 400);
	peer_post(fd, "/v1/log", ""); /* nothing to store */
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 200);
	close(fd);
}

static void takes_the_status(void **state)
{
	static const char *const wrong[] = {"{}",
					    "[]",
					    "x",
					    "{\"code\":256}",
					    "{\"code\":-1}",
					    "{\"code\":1.5}",
					    "{\"code\":\"0\"}"};
	struct bench *bench = *state;
	int fd = peer_connect(bench);
	struct report *report;

	peer_post(fd, "/v1/status", "{\"code\":137}");
	report = bench_take(bench);
	assert_int_equal(report->kind, REPORT_STATUS);
	assert_int_equal(report->exit_code, 137);
	assert_string_equal(report->pod, "");
	sideport_answer(bench->sideport, report, 200, NULL);
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 200);
	peer_post(fd, "/v1/status", "{\"code\":0,\"pod\":\"x-worker-1\"}");
	report = bench_take(bench);
	assert_string_equal(report->pod, "x-worker-1");
	sideport_answer(bench->sideport, report, 200, NULL);
	peer_read(bench, fd);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		peer_post(fd, "/v1/status", wrong[i]);
		peer_read(bench, fd);
		assert_int_equal(bench->answer.status, 400);
	}
	close(fd);
}

static void gives_what_is_asked(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bench_ask(bench, "GET /v1/health HTTP/1.1\r\n"
					  "Host: x\r\n\r\n"),
			 200);
	assert_string_equal(bench->answer.body.data, "{\"status\":\"ok\"}");
	assert_int_equal(bench_ask(bench,
				   "GET /v1/parameters?token=secret HTTP/1.1"
				   "\r\nHost: x\r\n\r\n"),
			 200);
	assert_string_equal(bench->answer.body.data, "{\"lr\":0.5}");
	assert_int_equal(
		bench_ask(bench, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
		200);
	assert_string_equal(bench->answer.body.data, "");
	sideport_set_prometheus(bench->sideport, "trials 3\n");
	assert_int_equal(
		bench_ask(bench, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
		200);
	assert_string_equal(bench->answer.body.data, "trials 3\n");
	assert_non_null(strstr(bench->answer.head, "text/plain"));
}

static void names_the_way(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(
		bench_ask(bench, "GET /v1/metric HTTP/1.1\r\nHost: x\r\n\r\n"),
		404);
	assert_body_has(bench, "POST /v1/metrics");
	assert_int_equal(bench_ask(bench, "PUT /v1/log HTTP/1.1\r\nHost: x\r\n"
					  "Content-Length: 3\r\n\r\nabc"),
			 405);
	assert_non_null(strstr(bench->answer.head, "Allow: POST\r\n"));
	/* a method that is part of another's name */
	assert_int_equal(
		bench_ask(bench, "POS /v1/log HTTP/1.1\r\nHost: x\r\n\r\n"),
		405);
}

static void demands_a_token(void **state)
{
	struct bench *bench = *state;
	struct report *report;
	int fd;

	assert_int_equal(bench_ask(bench,
				   "POST /v1/metrics HTTP/1.1\r\nHost: x\r\n"
				   "Content-Length: 11\r\n\r\n{\"value\":1}"),
			 401);
	assert_non_null(strstr(bench->answer.head, "WWW-Authenticate"));
	assert_body_has(bench, "token");
	assert_int_equal(bench_ask(bench,
				   "GET /v1/parameters?token= HTTP/1.1\r\n"
				   "Host: x\r\n\r\n"),
			 401);
	assert_int_equal(bench_ask(bench,
				   "GET /v1/parameters?token=secre HTTP/1.1\r\n"
				   "Host: x\r\n\r\n"),
			 401);
	assert_int_equal(bench_ask(bench,
				   "GET /v1/parameters HTTP/1.1\r\nHost: x\r\n"
				   "Authorization: Basic secret\r\n\r\n"),
			 401);
	/* each token writes for its own trial only */
	fd = peer_connect(bench);
	peer_sends(fd, "POST /v1/metrics?token=other HTTP/1.1\r\nHost: x\r\n"
		       "Content-Length: 11\r\n\r\n{\"value\":1}");
	report = bench_take(bench);
	assert_int_equal(report->trial, 8);
	assert_int_equal(report->attempt, 2);
	sideport_answer(bench->sideport, report, 200, NULL);
	peer_read(bench, fd);
	close(fd);
	sideport_forbid(bench->sideport, 8, 2);
	assert_int_equal(bench_ask(bench,
				   "GET /v1/parameters?token=other HTTP/1.1\r\n"
				   "Host: x\r\n\r\n"),
			 401);
	/* a new token replaces the old one */
	sideport_allow(bench->sideport, 7, 1, "Xa12b", "fresh", "{}", true);
	assert_int_equal(bench_ask(bench,
				   "GET /v1/parameters?token=secret HTTP/1.1"
				   "\r\nHost: x\r\n\r\n"),
			 401);
	assert_int_equal(bench_ask(bench,
				   "GET /v1/parameters?token=fresh HTTP/1.1\r\n"
				   "Host: x\r\n\r\n"),
			 200);
}

static void knows_many_attempts(void **state)
{
	struct bench *bench = *state;
	char text[128];

	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "token%d", i);
		sideport_allow(bench->sideport, 100 + i, 1, "Zz", text, text,
			       false);
	}
	for (int i = 0; i < 1000; i += 2)
		sideport_forbid(bench->sideport, 100 + i, 1);
	for (int i = 0; i < 1000; i += 111) {
		snprintf(text, sizeof(text),
			 "GET /v1/parameters?token=token%d HTTP/1.1\r\n"
			 "Host: x\r\n\r\n",
			 i);
		assert_int_equal(bench_ask(bench, text), i % 2 ? 200 : 401);
		snprintf(text, sizeof(text), "token%d", i);
		if (i % 2)
			assert_string_equal(bench->answer.body.data, text);
	}
}

static void waits_for_the_engine_at_start(void **state)
{
	static const char ask[] = "GET /v1/parameters?token=none HTTP/1.1\r\n"
				  "Host: x\r\n\r\n";
	struct bench *bench = *state;

	assert_int_equal(bench_ask(bench, ask), 503);
	assert_non_null(strstr(bench->answer.head, "Retry-After"));
	sideport_take(bench->sideport);
	assert_int_equal(bench_ask(bench, ask), 401);
}

static void stops_with_open_requests(void **state)
{
	struct bench reader = {.answer.body = STRBUF_INIT};
	struct bench *bench;
	void *opened = NULL;
	int waiting, idle, half;

	(void)state;
	assert_int_equal(bench_open(&opened), 0);
	bench = opened;
	waiting = peer_connect(bench);
	idle = peer_connect(bench);
	half = peer_connect(bench);
	peer_post(half, "/v1/metrics", "");
	peer_read(bench, half);
	peer_sends(half, "POST /v1/metrics HTTP/1.1\r\nHost");
	peer_post(waiting, "/v1/metrics", "{\"value\":1}");
	while (peer_is_silent(bench->wake_fd))
		; /* until it is in the queue, where it stays */
	bench_close(&opened);
	peer_read(&reader, waiting);
	assert_int_equal(reader.answer.status, 503);
	assert_true(peer_is_closed(idle));
	assert_true(peer_is_closed(half));
	strbuf_release(&reader.answer.body);
	close(waiting);
	close(idle);
	close(half);
}

struct caller {
	struct sockaddr_in address;
	atomic_bool is_over;
};

/* Comes and goes, again and again. */
static void *call_main(void *arg)
{
	struct caller *caller = arg;

	while (!caller->is_over) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		connect(fd, (struct sockaddr *)&caller->address,
			sizeof(caller->address));
		close(fd);
	}
	return NULL;
}

static int lowest_free_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

static void stops_while_others_come(void **state)
{
	int before = lowest_free_fd();
	struct bench *bench;
	void *opened = NULL;

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct caller caller = {
			.address.sin_family = AF_INET,
			.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		};
		pthread_t thread;

		assert_int_equal(bench_open(&opened), 0);
		bench = opened;
		caller.address.sin_port = htons(sideport_port(bench->sideport));
		assert_int_equal(
			pthread_create(&thread, NULL, call_main, &caller), 0);
		close(peer_connect(bench));
		bench_close(&opened);
		caller.is_over = true;
		pthread_join(thread, NULL);
	}
	/* the listening socket is closed, and once */
	assert_int_equal(lowest_free_fd(), before);
}

static void refuses_addresses(void **state)
{
	struct sideport_options options = {.bind = "no address"};
	struct bench *bench = *state;
	struct sideport *sideport;
	struct error err;

	assert_false(sideport_start(&options, &sideport, &err));
	assert_non_null(strstr(err.text, "no address"));
	options.bind = "127.0.0.1";
	options.port = sideport_port(bench->sideport);
	assert_false(sideport_start(&options, &sideport, &err));
	assert_non_null(strstr(err.text, "in use"));
	options.bind = "::1";
	options.port = 0;
	if (sideport_start(&options, &sideport, &err))
		sideport_stop(sideport);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, bench_open, bench_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_after_the_engine),
		TEST(passes_failures_on),
		TEST(keeps_the_order),
		TEST(refuses_bad_metrics),
		TEST(takes_logs),
		TEST(takes_the_status),
		TEST(gives_what_is_asked),
		TEST(names_the_way),
		TEST(demands_a_token),
		TEST(knows_many_attempts),
		TEST(refuses_addresses),
		cmocka_unit_test_setup_teardown(waits_for_the_engine_at_start,
						bench_open_tight, bench_close),
		cmocka_unit_test(stops_with_open_requests),
		cmocka_unit_test(stops_while_others_come),
	};

	return cmocka_run_group_tests_name("sideport", tests, NULL, NULL);
}
