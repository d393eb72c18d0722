/* SPDX-License-Identifier: MIT */
/* Hostile peers: slow, half, oversized, garbled, many, and dead ones. */
#include "tests/unit/sideport/peer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (1u << 20)

static void assert_served(struct bench *bench)
{
	assert_int_equal(bench_ask(bench, "GET /v1/health HTTP/1.1\r\n"
					  "Host: x\r\n\r\n"),
			 200);
}

/* Send a byte at a time until the server answers or hangs up. */
static void drip(int fd)
{
	while (peer_is_silent(fd))
		peer_send(fd, "a", 1);
}

static void cuts_slow_headers(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);

	peer_sends(fd, "POST /v1/metrics HTTP/1.1\r\nX: ");
	drip(fd);
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 408);
	assert_non_null(strstr(bench->answer.body.data, "\"error\""));
	assert_int_equal(bench->answer.body.data[bench->answer.body.len - 1],
			 '\n');
	assert_true(peer_is_closed(fd));
	close(fd);
	assert_served(bench);
}

static void cuts_slow_bodies(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);

	peer_sends(fd, "POST /v1/log?token=secret HTTP/1.1\r\nHost: x\r\n"
		       "Content-Length: 100000\r\n\r\n");
	drip(fd);
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 408);
	close(fd);
	assert_served(bench);
	assert_null(sideport_take(bench->sideport));
}

static void closes_idle_connections(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);

	peer_sends(fd, "GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 200);
	assert_true(peer_is_closed(fd)); /* without a word */
	close(fd);
}

/* The engine may take longer than a request may. */
static void lets_the_engine_think(void **state)
{
	struct bench *bench = *state;
	int slow = peer_connect(bench), other;

	peer_post(slow, "/v1/metrics", "{\"value\":1}");
	other = peer_connect(bench);
	assert_int_equal(recv(other, &(char){0}, 1, MSG_PEEK) > 0, 1);
	close(other); /* was told 408: 300 ms have passed */
	bench_accept(bench, REPORT_METRICS);
	peer_read(bench, slow);
	assert_int_equal(bench->answer.status, 200);
	close(slow);
}

static void serves_again_after_a_flood(void **state)
{
	struct bench *bench = *state;
	int fds[40];

	/* far more than the 8 allowed; all of them say nothing */
	for (int i = 0; i < 40; i++)
		fds[i] = peer_connect(bench);
	assert_served(bench);
	for (int i = 0; i < 40; i++)
		close(fds[i]);
	assert_served(bench);
}

static void survives_half_requests(void **state)
{
	static const char *const halves[] = {
		"P",
		"POST /v1/metrics HTTP/1.1",
		"POST /v1/metrics?token=secret HTTP/1.1\r\nHost: x\r\n",
		"POST /v1/metrics?token=secret HTTP/1.1\r\nHost: x\r\n"
		"Content-Length: 50\r\n\r\n{\"value\":1}",
		"POST /v1/metrics?token=secret HTTP/1.1\r\nHost: x\r\n"
		"Transfer-Encoding: chunked\r\n\r\nb\r\n{\"value\":1}\r\n",
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
		int fd = peer_connect(bench);

		peer_sends(fd, halves[i]);
		close(fd);
	}
	assert_served(bench);
	assert_null(sideport_take(bench->sideport));
}

static void survives_garbage(void **state)
{
	struct bench *bench = *state;
	char noise[4096];

	srand(1);
	for (int i = 0; i < 50; i++) {
		int fd = peer_connect(bench);

		for (size_t k = 0; k < sizeof(noise); k++)
			noise[k] = (char)(rand() >> 7);
		peer_send(fd, noise, sizeof(noise));
		close(fd);
	}
	assert_served(bench);
	assert_null(sideport_take(bench->sideport));
}

static void answers_dead_peers(void **state)
{
	struct bench *bench = *state;
	struct linger reset = {.l_onoff = 1};
	int fd = peer_connect(bench);
	struct report *report;

	peer_post(fd, "/v1/metrics", "{\"value\":1}");
	report = bench_take(bench);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	sideport_answer(bench->sideport, report, 200, NULL);
	assert_served(bench);
}

static void refuses_long_headers(void **state)
{
	struct bench *bench = *state;
	struct strbuf text = STRBUF_INIT;
	static const int lengths[] = {9 << 10, 17 << 10, 100 << 10};

	for (int i = 0; i < 3; i++) {
		int fd = peer_connect(bench);

		strbuf_clear(&text);
		strbuf_adds(&text, "GET /v1/health HTTP/1.1\r\nHost: x\r\nX: ");
		for (int k = 0; k < lengths[i]; k++)
			strbuf_addch(&text, 'x');
		strbuf_adds(&text, "\r\n\r\n");
		peer_send(fd, text.data, text.len);
		peer_read(bench, fd);
		assert_int_equal(bench->answer.status, 431);
		close(fd);
	}
	strbuf_release(&text);
	assert_served(bench);
}

static void refuses_long_bodies(void **state)
{
	struct bench *bench = *state;
	char *block = calloc(1, MIB);
	int fd = peer_connect(bench);

	peer_sends(fd, "POST /v1/log?token=secret HTTP/1.1\r\nHost: x\r\n"
		       "Content-Length: 9437184\r\n\r\n");
	for (int i = 0; i < 9; i++)
		peer_send(fd, block, MIB);
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 413);
	/* chunked: nobody said how long it gets; the connection lives on */
	peer_sends(fd, "POST /v1/log?token=secret HTTP/1.1\r\nHost: x\r\n"
		       "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 9; i++) {
		peer_sends(fd, "100000\r\n");
		peer_send(fd, block, MIB);
		peer_sends(fd, "\r\n");
	}
	peer_sends(fd, "0\r\n\r\n");
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 413);
	close(fd);
	free(block);
	assert_null(sideport_take(bench->sideport));
}

static void bounds_the_queue(void **state)
{
	struct bench *bench = *state;
	struct strbuf body = STRBUF_INIT;
	struct report *held[7]; /* 7 x 8 MiB and the records fit, 8 do not */
	int fds[8];

	while (body.len < 8 * MIB)
		strbuf_adds(&body, "sixteen letters ");
	for (int i = 0; i < 8; i++) {
		fds[i] = peer_connect(bench);
		peer_post(fds[i], "/v1/log", body.data);
		if (i < 7)
			held[i] = bench_take(bench);
	}
	peer_read(bench, fds[7]);
	assert_int_equal(bench->answer.status, 503);
	assert_non_null(strstr(bench->answer.head, "Retry-After"));
	/* what was answered makes room */
	sideport_answer(bench->sideport, held[0], 200, NULL);
	peer_post(fds[7], "/v1/log", body.data);
	bench_accept(bench, REPORT_LOG);
	peer_read(bench, fds[7]);
	assert_int_equal(bench->answer.status, 200);
	for (int i = 1; i < 7; i++)
		sideport_answer(bench->sideport, held[i], 200, NULL);
	for (int i = 0; i < 8; i++)
		close(fds[i]);
	strbuf_release(&body);
}

static void says_continue(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);

	peer_sends(fd, "POST /v1/metrics?token=secret HTTP/1.1\r\nHost: x\r\n"
		       "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n");
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 100);
	peer_sends(fd, "{\"value\":1}");
	bench_accept(bench, REPORT_METRICS);
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 200);
	close(fd);
	fd = peer_connect(bench);
	peer_sends(fd, "POST /v1/metrics?token=secret HTTP/1.1\r\nHost: x\r\n"
		       "Expect: 100-continue\r\n"
		       "Content-Length: 99999999\r\n\r\n");
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 413);
	close(fd);
}

static void reads_chunks_and_pipelines(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);
	struct report *report;

	peer_sends(fd, "POST /v1/metrics?token=secret HTTP/1.1\r\nHost: x\r\n"
		       "Transfer-Encoding: chunked\r\n\r\n"
		       "4\r\n{\"va\r\n7\r\nlue\":1}\r\n0\r\n\r\n"
		       "POST /v1/status?token=secret HTTP/1.1\r\nHost: x\r\n"
		       "Content-Length: 10\r\n\r\n{\"code\":0}"
		       "GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n");
	report = bench_take(bench);
	assert_int_equal(report->kind, REPORT_METRICS);
	assert_true(report->metrics.items[0].value == 1);
	sideport_answer(bench->sideport, report, 200, NULL);
	bench_accept(bench, REPORT_STATUS);
	for (int i = 0; i < 3; i++) {
		peer_read(bench, fd);
		assert_int_equal(bench->answer.status, 200);
	}
	assert_string_equal(bench->answer.body.data, "{\"status\":\"ok\"}");
	close(fd);
}

/* ---- many at once, for the thread sanitizer ----------------------------- */

#define CROWD 8
#define ROUNDS 40

struct crowd {
	struct bench *bench;
	atomic_int accepted;
};

static void *crowd_main(void *arg)
{
	struct crowd *crowd = arg;
	struct bench own = *crowd->bench; /* an answer of its own */

	strbuf_init(&own.answer.body);
	for (int i = 0; i < ROUNDS; i++) {
		int fd = peer_connect(&own);

		for (int k = 0; k < 3; k++) {
			peer_post(fd, "/v1/metrics", "{\"value\":1}");
			if (i % 5 == 4)
				break; /* goes away without its answer */
			peer_read(&own, fd);
			if (own.answer.status == 200)
				atomic_fetch_add(&crowd->accepted, 1);
		}
		close(fd);
	}
	strbuf_release(&own.answer.body);
	return NULL;
}

static void serves_a_crowd(void **state)
{
	struct bench *bench = *state;
	struct crowd crowd = {.bench = bench};
	const int wanted = CROWD * ROUNDS * 3 / 5 * 4;
	pthread_t threads[CROWD];
	struct report *report, *next;
	int answered = 0;

	for (int i = 0; i < CROWD; i++)
		pthread_create(&threads[i], NULL, crowd_main, &crowd);
	/* those who go away may or may not be among them */
	while (crowd.accepted < wanted) {
		if (peer_is_silent(bench->wake_fd))
			continue;
		for (report = sideport_take(bench->sideport); report;
		     report = next) {
			next = report->next;
			sideport_answer(bench->sideport, report, 200, NULL);
			answered++;
		}
		sideport_set_prometheus(bench->sideport, "x 1\n");
		sideport_allow(bench->sideport, 9, answered, "Zz", "z", "{}",
			       true);
	}
	for (int i = 0; i < CROWD; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(crowd.accepted, wanted);
	assert_true(answered >= wanted);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, bench_open, bench_close)
#define TIGHT(name)                                                            \
	cmocka_unit_test_setup_teardown(name, bench_open_tight, bench_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TIGHT(cuts_slow_headers),
		TIGHT(cuts_slow_bodies),
		TIGHT(closes_idle_connections),
		TIGHT(lets_the_engine_think),
		TIGHT(serves_again_after_a_flood),
		TEST(survives_half_requests),
		TEST(survives_garbage),
		TEST(answers_dead_peers),
		TEST(refuses_long_headers),
		TEST(refuses_long_bodies),
		TEST(bounds_the_queue),
		TEST(says_continue),
		TEST(reads_chunks_and_pipelines),
		TEST(serves_a_crowd),
	};

	return cmocka_run_group_tests_name("sideport_limits", tests, NULL,
					   NULL);
}
