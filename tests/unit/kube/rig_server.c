/* SPDX-License-Identifier: MIT */
/* The scripted server, on the loop of its client. */
#include "tests/unit/kube/rig.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 20000

struct peer {
	struct peer *next;
	struct rig *rig;
	int fd;
	struct loop_watch *watch;
	struct loop_timer *timer;
	struct strbuf in;
	const struct exchange *exchange; /* being answered */
	int piece;
	int id;
};

static const struct exchange served; /* by the test itself */

/* --- the server ----------------------------------------------------------- */

static void peer_close(struct peer *peer, bool is_reset)
{
	struct linger linger = {1, 0};
	struct peer **at = &peer->rig->peers;

	while (*at != peer)
		at = &(*at)->next;
	*at = peer->next;
	if (is_reset)
		setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &linger,
			   sizeof(linger));
	loop_unwatch(peer->rig->loop, peer->watch);
	loop_cancel(peer->rig->loop, peer->timer);
	close(peer->fd);
	strbuf_release(&peer->in);
	free(peer);
}

static void put(struct peer *peer, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(peer->fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd wait = {peer->fd, POLLOUT, 0};

			poll(&wait, 1, DEADLINE_MS);
			continue;
		}
		if (n < 0)
			return; /* the client has gone */
		text += n;
		len -= (size_t)n;
	}
}

static void answer_next(struct peer *peer);

static void answer_is_over(struct peer *peer)
{
	enum after after = peer->exchange->after;

	peer->exchange = NULL;
	if (after == AFTER_CLOSE || after == AFTER_RESET)
		peer_close(peer, after == AFTER_RESET);
	else if (after == AFTER_KEEP)
		answer_next(peer);
}

static void on_piece(void *arg)
{
	struct peer *peer = arg;
	const char *piece = peer->piece < PIECES_MAX
				    ? peer->exchange->pieces[peer->piece]
				    : NULL;
	struct strbuf chunk = STRBUF_INIT;

	peer->timer = NULL;
	if (piece) {
		peer->piece++;
		strbuf_addf(&chunk, "%zx\r\n%s\r\n", strlen(piece), piece);
		put(peer, chunk.data, chunk.len);
		strbuf_release(&chunk);
		peer->timer = loop_after(peer->rig->loop, 1, on_piece, peer);
		return;
	}
	if (!peer->exchange->is_endless)
		put(peer, "0\r\n\r\n", 5);
	answer_is_over(peer);
}

static void send_answer(struct peer *peer, const struct exchange *exchange)
{
	struct strbuf out = STRBUF_INIT;

	peer->exchange = exchange;
	peer->piece = 0;
	if (exchange->is_silent) {
		answer_is_over(peer);
		return;
	}
	strbuf_addf(&out, "HTTP/1.1 %s\r\n", exchange->head);
	if (exchange->body)
		strbuf_addf(&out, "Content-Length: %zu\r\n\r\n%s",
			    strlen(exchange->body), exchange->body);
	else
		strbuf_adds(&out, "Transfer-Encoding: chunked\r\n\r\n");
	put(peer, out.data, out.len);
	strbuf_release(&out);
	if (exchange->body)
		answer_is_over(peer);
	else
		on_piece(peer);
}

static bool fits(const struct exchange *exchange, const char *request)
{
	return !strncmp(request, exchange->wants, strlen(exchange->wants)) &&
	       (!exchange->has || strstr(request, exchange->has));
}

static void answer_request(struct peer *peer, const char *request)
{
	struct rig *rig = peer->rig;

	strbuf_add(&rig->seen, request, strcspn(request, "\r"));
	strbuf_addch(&rig->seen, '\n');
	if (rig->serve) {
		rig->requests++;
		peer->exchange = &served;
		rig->serve(rig, peer->id, request);
		return;
	}
	if (rig->requests >= rig->script_count)
		fail_msg("a request too many: %s\nafter:\n%s", request,
			 rig->seen.data);
	if (!fits(&rig->script[rig->requests], request))
		fail_msg("not '%s' '%s' but:\n%s\nafter:\n%s\n%s",
			 rig->script[rig->requests].wants,
			 rig->script[rig->requests].has
				 ? rig->script[rig->requests].has
				 : "",
			 request, rig->seen.data, rig->told.data);
	rig->requests++;
	send_answer(peer, &rig->script[rig->requests - 1]);
}

/* Bytes of the first request in the buffer, 0 when it is not whole. */
static size_t measure(const struct peer *peer)
{
	const char *end = strstr(peer->in.data, "\r\n\r\n");
	const char *length;
	size_t body = 0, head;

	if (!end)
		return 0;
	head = (size_t)(end + 4 - peer->in.data);
	length = strcasestr(peer->in.data, "\r\nContent-Length:");
	if (length && length < end)
		body = strtoul(length + 17, NULL, 10);
	return peer->in.len >= head + body ? head + body : 0;
}

static void answer_next(struct peer *peer)
{
	size_t len = measure(peer);
	char *request;

	if (!len || peer->exchange)
		return;
	request = xstrndup(peer->in.data, len);
	strbuf_consume(&peer->in, len);
	answer_request(peer, request);
	free(request);
}

static void on_bytes(int fd, short events, void *arg)
{
	struct peer *peer = arg;
	char bytes[4096];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	(void)events;
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		peer_close(peer, false);
		return;
	}
	strbuf_add(&peer->in, bytes, (size_t)n);
	answer_next(peer);
}

static void on_connection(int fd, short events, void *arg)
{
	struct rig *rig = arg;
	struct peer *peer;
	int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int yes = 1;

	(void)events;
	if (accepted < 0)
		return;
	/* pieces are to arrive as pieces */
	setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	rig->connections++;
	peer = xcalloc(1, sizeof(*peer));
	peer->rig = rig;
	peer->id = ++rig->next_peer;
	peer->fd = accepted;
	strbuf_init(&peer->in);
	peer->watch =
		loop_watch_fd(rig->loop, accepted, POLLIN, on_bytes, peer);
	peer->next = rig->peers;
	rig->peers = peer;
}

/* --- answers of the test's own -------------------------------------------- */

static struct peer *find_peer(const struct rig *rig, int id)
{
	struct peer *peer = rig->peers;

	while (peer && peer->id != id)
		peer = peer->next;
	return peer;
}

bool rig_has_peer(const struct rig *rig, int peer)
{
	return find_peer(rig, peer);
}

/* Perhaps from inside the peer's own functions: the next one in its turn. */
static void on_answered(void *arg)
{
	struct peer *peer = arg;

	peer->timer = NULL;
	answer_next(peer);
}

static void answered(struct peer *peer)
{
	peer->exchange = NULL;
	peer->timer = loop_after(peer->rig->loop, 0, on_answered, peer);
}

void rig_answer(struct rig *rig, int id, const char *head, const char *body)
{
	struct peer *peer = find_peer(rig, id);
	struct strbuf out = STRBUF_INIT;

	if (!peer)
		return;
	strbuf_addf(&out, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", head,
		    strlen(body), body);
	put(peer, out.data, out.len);
	strbuf_release(&out);
	answered(peer);
}

void rig_stream(struct rig *rig, int id)
{
	static const char head[] =
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	struct peer *peer = find_peer(rig, id);

	if (peer)
		put(peer, head, strlen(head));
}

void rig_chunk(struct rig *rig, int id, const char *text)
{
	struct peer *peer = find_peer(rig, id);
	struct strbuf chunk = STRBUF_INIT;

	if (!peer)
		return;
	strbuf_addf(&chunk, "%zx\r\n%s\r\n", strlen(text), text);
	put(peer, chunk.data, chunk.len);
	strbuf_release(&chunk);
}

void rig_stream_end(struct rig *rig, int id)
{
	struct peer *peer = find_peer(rig, id);

	if (!peer)
		return;
	put(peer, "0\r\n\r\n", 5);
	answered(peer);
}

void rig_cut(struct rig *rig, int id)
{
	struct peer *peer = find_peer(rig, id);

	if (peer)
		peer_close(peer, true);
}

void rig_start_server(struct rig *rig)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)rig->port),
	};
	socklen_t len = sizeof(address);
	int yes = 1;

	rig->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(rig->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(rig->listener, (struct sockaddr *)&address, len) < 0 ||
	    listen(rig->listener, 64) < 0 ||
	    getsockname(rig->listener, (struct sockaddr *)&address, &len) < 0)
		fail_msg("listen: %s", strerror(errno));
	rig->port = ntohs(address.sin_port);
	rig->watch = loop_watch_fd(rig->loop, rig->listener, POLLIN,
				   on_connection, rig);
}

void rig_stop_server(struct rig *rig)
{
	while (rig->peers)
		peer_close(rig->peers, true);
	if (rig->listener < 0)
		return;
	loop_unwatch(rig->loop, rig->watch);
	close(rig->listener);
	rig->listener = -1;
}
