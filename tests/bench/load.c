/* SPDX-License-Identifier: MIT */
/*
 * One thread, one epoll, so that the generator itself costs little of the two
 * cores it shares with the server.  Requests are text that stands ready but for
 * the sequence numbers, which have a fixed width and are written in place.
 */
#include "tests/bench/load.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEQUENCE_DIGITS 9
#define SEQUENCE_FIRST 100000000 /* no leading zeros in JSON */
#define SAMPLES_MAX (1 << 20)

struct peer {
	int fd;
	int64_t *sequence;
	struct strbuf request;
	size_t *places; /* of the sequence numbers, one per metric */
	size_t sent;
	int64_t started_ns;
	char answer[1024];
	size_t len;
};

static void fail(const char *what)
{
	fprintf(stderr, "ingest: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void make_request(struct peer *peer, const struct load *load,
			 const char *token)
{
	struct strbuf body = STRBUF_INIT;
	size_t *places = xcalloc((size_t)load->batch, sizeof(*places));
	size_t head;

	for (int i = 0; i < load->batch; i++) {
		strbuf_adds(&body, "{\"name\":\"loss\",\"type\":"
				   "\"intermediate\",\"sequence\":");
		places[i] = body.len;
		strbuf_addf(&body, "%0*d,\"value\":0.%d87512348721}\n",
			    SEQUENCE_DIGITS, 0, i % 90 + 10);
	}
	strbuf_addf(&peer->request,
		    "POST /v1/metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n"
		    "Authorization: Bearer %s\r\n"
		    "Content-Type: application/json\r\n"
		    "Content-Length: %zu\r\n\r\n",
		    token, body.len);
	head = peer->request.len;
	for (int i = 0; i < load->batch; i++)
		places[i] += head;
	strbuf_add(&peer->request, body.data, body.len);
	strbuf_release(&body);
	peer->places = places;
}

static void number_request(struct peer *peer, int batch)
{
	for (int i = 0; i < batch; i++) {
		int64_t number = SEQUENCE_FIRST + (*peer->sequence)++;
		char *at = peer->request.data + peer->places[i];

		for (int k = SEQUENCE_DIGITS - 1; k >= 0; k--) {
			at[k] = (char)('0' + number % 10);
			number /= 10;
		}
	}
}

/* True when the request is out; the rest waits for EPOLLOUT. */
static void send_rest(struct peer *peer)
{
	while (peer->sent < peer->request.len) {
		ssize_t n = send(peer->fd, peer->request.data + peer->sent,
				 peer->request.len - peer->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			fail("send");
		peer->sent += (size_t)n;
	}
}

static void send_next(struct peer *peer, int batch)
{
	number_request(peer, batch);
	peer->sent = 0;
	peer->len = 0;
	peer->started_ns = clock_mono_ns();
	send_rest(peer);
}

/* Status of the whole answer, or 0 while it is not whole. */
static int read_answer(struct peer *peer)
{
	ssize_t n = recv(peer->fd, peer->answer + peer->len,
			 sizeof(peer->answer) - 1 - peer->len, MSG_DONTWAIT);
	const char *end, *length;
	size_t body = 0;

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		fail("the server closed a connection");
	peer->len += (size_t)n;
	peer->answer[peer->len] = '\0';
	end = strstr(peer->answer, "\r\n\r\n");
	if (!end)
		return 0;
	length = strstr(peer->answer, "Content-Length: ");
	if (length)
		body = strtoul(length + strlen("Content-Length: "), NULL, 10);
	if (peer->len < (size_t)(end + 4 - peer->answer) + body)
		return 0;
	return atoi(peer->answer + strlen("HTTP/1.1 "));
}

static void open_peer(struct peer *peer, const struct load *load, int number,
		      int epoll_fd)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(load->port),
				      .sin_addr.s_addr =
					      htonl(INADDR_LOOPBACK)};
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
				    .data.ptr = peer};

	memset(peer, 0, sizeof(*peer));
	strbuf_init(&peer->request);
	make_request(peer, load, load->tokens[number % load->token_count]);
	peer->sequence = &load->sequences[number];
	peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (peer->fd < 0 ||
	    connect(peer->fd, (struct sockaddr *)&address, sizeof(address)))
		fail("connect");
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, peer->fd, &event))
		fail("epoll_ctl");
}

static int compare_times(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

struct samples {
	float *ms;
	size_t count;
};

static void serve(struct peer *peer, const struct load *load, bool is_over,
		  struct load_result *result, struct samples *samples)
{
	int status;

	if (peer->sent < peer->request.len)
		send_rest(peer);
	status = read_answer(peer);
	if (!status)
		return;
	result->requests++;
	if (status != 200 && !result->failures++)
		fprintf(stderr, "ingest: first failure: %s\n", peer->answer);
	if (samples->count < SAMPLES_MAX)
		samples->ms[samples->count++] =
			(float)(clock_mono_ns() - peer->started_ns) / 1e6f;
	peer->started_ns = 0;
	if (!is_over)
		send_next(peer, load->batch);
}

static int count_busy(const struct peer *peers, int count)
{
	int busy = 0;

	for (int i = 0; i < count; i++)
		busy += peers[i].started_ns != 0;
	return busy;
}

void load_run(const struct load *load, struct load_result *ret)
{
	struct peer *peers = xcalloc((size_t)load->connections, sizeof(*peers));
	struct samples samples = {xcalloc(SAMPLES_MAX, sizeof(float)), 0};
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[64];
	int64_t start_ns, end_ns;
	bool is_over = false;

	memset(ret, 0, sizeof(*ret));
	for (int i = 0; i < load->connections; i++)
		open_peer(&peers[i], load, i, epoll_fd);
	start_ns = clock_mono_ns();
	end_ns = start_ns + (int64_t)(load->seconds * 1e9);
	for (int i = 0; i < load->connections; i++)
		send_next(&peers[i], load->batch);
	while (!is_over || count_busy(peers, load->connections)) {
		int count = epoll_wait(epoll_fd, events, 64, 10000);

		if (!count)
			fail("no answer within ten seconds");
		is_over = clock_mono_ns() >= end_ns;
		for (int i = 0; i < count; i++)
			serve(events[i].data.ptr, load, is_over, ret, &samples);
	}
	ret->seconds = (double)(clock_mono_ns() - start_ns) / 1e9;
	qsort(samples.ms, samples.count, sizeof(float), compare_times);
	if (samples.count) {
		ret->p50_ms = samples.ms[samples.count / 2];
		ret->p99_ms = samples.ms[samples.count * 99 / 100];
	}
	for (int i = 0; i < load->connections; i++) {
		close(peers[i].fd);
		strbuf_release(&peers[i].request);
		free(peers[i].places);
	}
	close(epoll_fd);
	free(samples.ms);
	free(peers);
}
