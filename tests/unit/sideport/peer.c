/* SPDX-License-Identifier: MIT */
/* Raw sockets against a side port, and a stand-in for the engine. */
#include "tests/unit/sideport/peer.h"

#include "base/mem.h"
#include "base/wake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 10000
#define SILENCE_MS 50

static void wake(void *arg)
{
	wake_signal(*(int *)arg);
}

static int start(void **state, struct sideport_options options)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	struct error err;

	options.experiment_id = "EXP1";
	options.wake = wake;
	options.wake_arg = &bench->wake_fd;
	strbuf_init(&bench->answer.body);
	bench->wake_fd = wake_open(&err);
	if (!sideport_start(&options, &bench->sideport, &err)) {
		print_error("%s\n", err.text);
		return -1;
	}
	sideport_allow(bench->sideport, 7, 1, "Xa12b", "secret", "{\"lr\":0.5}",
		       true);
	sideport_allow(bench->sideport, 8, 2, "Yb34c", "other", "{}", false);
	*state = bench;
	return 0;
}

int bench_open_with(void **state, struct sideport_options options)
{
	int result = start(state, options);

	if (!result)
		sideport_take(((struct bench *)*state)->sideport);
	return result;
}

int bench_open(void **state)
{
	return bench_open_with(state, (struct sideport_options){0});
}

int bench_open_tight(void **state)
{
	return start(state, (struct sideport_options){.request_ms = 300,
						      .connections = 8});
}

int bench_close(void **state)
{
	struct bench *bench = *state;

	sideport_stop(bench->sideport);
	close(bench->wake_fd);
	strbuf_release(&bench->answer.body);
	free(bench);
	return 0;
}

static bool wait_for(int fd, short events, int timeout_ms)
{
	struct pollfd waiting = {.fd = fd, .events = events};

	return poll(&waiting, 1, timeout_ms) > 0;
}

struct report *bench_take(struct bench *bench)
{
	struct report *report = sideport_take(bench->sideport);

	while (!report) {
		if (!wait_for(bench->wake_fd, POLLIN, DEADLINE_MS))
			fail_msg("no report came");
		wake_drain(bench->wake_fd);
		report = sideport_take(bench->sideport);
	}
	return report;
}

void bench_accept(struct bench *bench, enum report_kind kind)
{
	struct report *report = bench_take(bench);

	assert_null(report->next);
	assert_int_equal(report->kind, kind);
	sideport_answer(bench->sideport, report, 200, NULL);
}

int peer_connect(const struct bench *bench)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(sideport_port(bench->sideport)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void peer_send(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n;

		if (!wait_for(fd, POLLOUT, DEADLINE_MS))
			fail_msg("the server does not read");
		n = send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			continue;
		if (n < 0)
			return; /* cut off: the answer tells */
		text += n;
		len -= (size_t)n;
	}
}

void peer_sends(int fd, const char *text)
{
	peer_send(fd, text, strlen(text));
}

void peer_post(int fd, const char *path, const char *body)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text,
		    "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
		    "secret\r\nContent-Length: %zu\r\n\r\n%s",
		    path, strlen(body), body);
	peer_send(fd, text.data, text.len);
	strbuf_release(&text);
}

static bool read_byte(int fd, char *ret)
{
	if (!wait_for(fd, POLLIN, DEADLINE_MS))
		fail_msg("no answer came");
	return recv(fd, ret, 1, 0) == 1;
}

static size_t length_of(const char *head)
{
	const char *found = strcasestr(head, "\r\nContent-Length:");

	return found ? strtoul(found + strlen("\r\nContent-Length:"), NULL, 10)
		     : 0;
}

void peer_read(struct bench *bench, int fd)
{
	struct answer *answer = &bench->answer;
	size_t len = 0, rest;
	char c;

	strbuf_clear(&answer->body);
	answer->status = 0;
	answer->head[0] = '\0';
	while (!strstr(answer->head, "\r\n\r\n")) {
		assert_true(len + 1 < sizeof(answer->head));
		if (!read_byte(fd, &answer->head[len]))
			return;
		answer->head[++len] = '\0';
	}
	assert_int_equal(sscanf(answer->head, "HTTP/1.1 %d", &answer->status),
			 1);
	if (answer->status == 100)
		return;
	for (rest = length_of(answer->head); rest; rest--) {
		if (!read_byte(fd, &c))
			fail_msg("the answer is cut short");
		strbuf_addch(&answer->body, c);
	}
}

bool peer_is_silent(int fd)
{
	return !wait_for(fd, POLLIN, SILENCE_MS);
}

bool peer_is_closed(int fd)
{
	char c;

	return !read_byte(fd, &c);
}

int bench_ask(struct bench *bench, const char *request)
{
	int fd = peer_connect(bench);

	peer_sends(fd, request);
	peer_read(bench, fd);
	close(fd);
	return bench->answer.status;
}
