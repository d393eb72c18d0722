/* SPDX-License-Identifier: MIT */
/* GET /v1/code: who gets it, that it is whole, and what slow readers may. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "tests/unit/sideport/peer.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define GET "GET /v1/code HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "

static char path[64];

static int file_make(void **state)
{
	char name[] = "/tmp/trialdeck-code-XXXXXX";
	int fd = mkstemp(name);

	(void)state;
	snprintf(path, sizeof(path), "%s", name);
	return fd < 0 ? -1 : close(fd);
}

static int open_bench(void **state)
{
	return file_make(state) || bench_open(state);
}

static int open_tight(void **state)
{
	struct sideport_options options = {.request_ms = 300, .connections = 8};

	return file_make(state) || bench_open_with(state, options);
}

static int open_slow(void **state)
{
	struct sideport_options options = {.request_ms = 1000};

	return file_make(state) || bench_open_with(state, options);
}

static int close_bench(void **state)
{
	unlink(path);
	return bench_close(state);
}

static void fill(char *data, size_t len)
{
	struct random random;

	random_seed(&random, 5, 7);
	for (size_t i = 0; i < len; i++)
		data[i] = (char)random_next(&random);
}

static void put(const char *data, size_t len)
{
	struct error err;

	if (!fs_write_file(path, data, len, &err))
		fail_msg("%s", err.text);
}

static void gives_the_archive(void **state)
{
	struct bench *bench = *state;
	size_t len = 200 * 1024 + 17;
	char *data = xmalloc(len);
	int fd = peer_connect(bench);

	fill(data, len);
	put(data, len);
	sideport_set_code(bench->sideport, path);
	for (int i = 0; i < 2; i++) { /* over one connection */
		peer_sends(fd, GET "secret\r\n\r\n");
		peer_read(bench, fd);
		assert_int_equal(bench->answer.status, 200);
		assert_int_equal(bench->answer.body.len, len);
		assert_memory_equal(bench->answer.body.data, data, len);
		assert_non_null(strstr(bench->answer.head,
				       "Content-Type: application/gzip"));
	}
	close(fd);
	assert_int_equal(bench_ask(bench, "GET /v1/code?token=other "
					  "HTTP/1.1\r\nHost: x\r\n\r\n"),
			 200);
	free(data);
}

static void tells_its_length(void **state)
{
	struct bench *bench = *state;
	char text[1024] = "";
	int fd = peer_connect(bench);
	size_t len = 0;
	ssize_t n;

	put("12345", 5);
	sideport_set_code(bench->sideport, path);
	peer_sends(fd, "HEAD /v1/code HTTP/1.1\r\nHost: x\r\n"
		       "Authorization: Bearer secret\r\n"
		       "Connection: close\r\n\r\n");
	while ((n = recv(fd, text + len, sizeof(text) - 1 - len, 0)) > 0)
		len += (size_t)n;
	close(fd);
	assert_non_null(strstr(text, "HTTP/1.1 200"));
	assert_non_null(strstr(text, "Content-Length: 5\r\n"));
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
}

static void gives_nothing_to_strangers(void **state)
{
	struct bench *bench = *state;

	put("12345", 5);
	sideport_set_code(bench->sideport, path);
	assert_int_equal(bench_ask(bench, GET "wrong\r\n\r\n"), 401);
	assert_int_equal(bench_ask(bench, "GET /v1/code HTTP/1.1\r\n"
					  "Host: x\r\n\r\n"),
			 401);
	assert_null(strstr(bench->answer.body.data, "12345"));
	sideport_forbid(bench->sideport, 7, 1);
	assert_int_equal(bench_ask(bench, GET "secret\r\n\r\n"), 401);
	assert_int_equal(bench_ask(bench, "POST /v1/code HTTP/1.1\r\nHost: x"
					  "\r\nContent-Length: 0\r\n\r\n"),
			 405);
}

static void says_when_there_is_none(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bench_ask(bench, GET "secret\r\n\r\n"), 404);
	assert_string_equal(bench->answer.body.data,
			    "{\"error\":\"there is no code to fetch\"}\n");
	sideport_set_code(bench->sideport, "/nowhere/at/all");
	assert_int_equal(bench_ask(bench, GET "secret\r\n\r\n"), 404);
	sideport_set_code(bench->sideport, "/tmp"); /* a folder */
	assert_int_equal(bench_ask(bench, GET "secret\r\n\r\n"), 404);
	sideport_set_code(bench->sideport, path); /* empty, but there */
	assert_int_equal(bench_ask(bench, GET "secret\r\n\r\n"), 200);
	assert_int_equal(bench->answer.body.len, 0);
	sideport_set_code(bench->sideport, NULL);
	assert_int_equal(bench_ask(bench, GET "secret\r\n\r\n"), 404);
}

/* Read until the server ends the connection; the bytes there were. */
static size_t drain(int fd, bool is_slow)
{
	static const struct timespec pause = {0, 100000000};
	static char piece[1 << 20];
	size_t total = 0;
	ssize_t n;

	while ((n = recv(fd, piece, sizeof(piece), MSG_WAITALL)) > 0) {
		total += (size_t)n;
		if (is_slow)
			nanosleep(&pause, NULL);
	}
	return total;
}

static void sticks_to_the_file_it_began(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);
	size_t len = 32u << 20;

	put("", 0);
	assert_int_equal(truncate(path, (off_t)len), 0);
	sideport_set_code(bench->sideport, path);
	peer_sends(fd, "GET /v1/code HTTP/1.1\r\nHost: x\r\nConnection: close"
		       "\r\nAuthorization: Bearer secret\r\n\r\n");
	while (peer_is_silent(fd))
		;
	/* it lies in the socket, so the file has been opened */
	put("other", 5);
	assert_int_equal(bench_ask(bench, GET "secret\r\n\r\n"), 200);
	assert_string_equal(bench->answer.body.data, "other");
	assert_in_range(drain(fd, false) - len, 50, 1000); /* the header */
	close(fd);
	/* one that is cut short is no whole archive */
	fd = peer_connect(bench);
	assert_int_equal(truncate(path, (off_t)len), 0);
	peer_sends(fd, GET "secret\r\n\r\n");
	while (peer_is_silent(fd))
		;
	assert_int_equal(truncate(path, 100), 0);
	assert_true(drain(fd, false) < len);
	close(fd);
}

/* The limit is a second; the whole takes two, but something always moves. */
static void waits_for_slow_readers(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench), small = 64 << 10;
	int64_t start_ns;
	size_t len = 20u << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(truncate(path, (off_t)len), 0);
	sideport_set_code(bench->sideport, path);
	peer_sends(fd, "GET /v1/code HTTP/1.1\r\nHost: x\r\nConnection: close"
		       "\r\nAuthorization: Bearer secret\r\n\r\n");
	start_ns = clock_mono_ns();
	assert_in_range(drain(fd, true) - len, 50, 1000);
	assert_true(clock_mono_ns() - start_ns > NS_PER_S);
	close(fd);
}

/* All eight places are taken by readers that do not read: the ninth is only
 * served when one of them has been cut. */
static void cuts_stalled_readers(void **state)
{
	struct bench *bench = *state;
	size_t len = 64u << 20;
	int fds[8], cut = 0;

	assert_int_equal(truncate(path, (off_t)len), 0);
	sideport_set_code(bench->sideport, path);
	for (int i = 0; i < 8; i++) {
		fds[i] = peer_connect(bench);
		peer_sends(fds[i], GET "secret\r\n\r\n");
		while (peer_is_silent(fds[i]))
			;
	}
	assert_int_equal(bench_ask(bench, "GET /v1/health HTTP/1.1\r\n"
					  "Host: x\r\n\r\n"),
			 200);
	for (int i = 0; i < 8; i++) {
		cut += drain(fds[i], false) < len;
		close(fds[i]);
	}
	assert_true(cut > 0);
}

#define TEST(name, open)                                                       \
	cmocka_unit_test_setup_teardown(name, open, close_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gives_the_archive, open_bench),
		TEST(tells_its_length, open_bench),
		TEST(gives_nothing_to_strangers, open_bench),
		TEST(says_when_there_is_none, open_bench),
		TEST(sticks_to_the_file_it_began, open_bench),
		TEST(waits_for_slow_readers, open_slow),
		TEST(cuts_stalled_readers, open_tight),
	};

	return cmocka_run_group_tests_name("sideport code", tests, NULL, NULL);
}
