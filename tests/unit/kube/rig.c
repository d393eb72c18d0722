/* SPDX-License-Identifier: MIT */
/* A client and its scripted server on one loop. */
#include "tests/unit/kube/rig.h"

#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
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

/* --- the server ------------------------------------------------------------
 */

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

/* --- answers of the test's own ------------------------------------------- */

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

/* --- the rig
 * ------------------------------------------------------------------ */

static void on_fault(void *arg, const char *text)
{
	struct rig *rig = arg;

	strbuf_addf(&rig->told, "server: %s\n", text ? text : "well");
}

void rig_limit(struct rig *rig, double per_s, int burst)
{
	struct kube_client_options options = {
		.loop = rig->loop,
		.config = rig->config,
		.requests_per_s = per_s,
		.burst = burst,
		.fault = on_fault,
		.arg = rig,
	};
	struct error err;

	kube_client_close(rig->client);
	if (!kube_client_open(&options, &rig->client, &err))
		fail_msg("%s", err.text);
}

void rig_user(struct rig *rig, const char *user)
{
	struct kube_config_options options = {0};
	const char *name = "/config";
	char *text = xasprintf(
		"clusters: [{name: c, cluster: {server: "
		"'https://127.0.0.1:%d'}}]\n"
		"users: [{name: u, user: %s}]\n"
		"contexts: [{name: x, context: {cluster: c, user: u}}]\n"
		"current-context: x\n",
		rig->port, user);
	const char *texts[] = {text};
	struct error err;

	kube_client_close(rig->client);
	rig->client = NULL;
	kube_config_free(rig->config);
	if (!kube_config_parse(&options, &name, texts, 1, &rig->config, &err))
		fail_msg("%s", err.text);
	free(text);
	rig_limit(rig, 0, 0);
}

int rig_open(void **state)
{
	struct rig *rig = xcalloc(1, sizeof(*rig));
	struct error err;

	strbuf_init(&rig->told);
	strbuf_init(&rig->seen);
	rig->loop = loop_new(&err);
	rig_start_server(rig);
	rig->config = xcalloc(1, sizeof(*rig->config));
	rig->config->namespace = xstrdup("default");
	rig->config->server = xasprintf("http://127.0.0.1:%d", rig->port);
	rig_limit(rig, 0, 0);
	*state = rig;
	return 0;
}

int rig_close(void **state)
{
	struct rig *rig = *state;

	kube_client_close(rig->client);
	rig_stop_server(rig);
	kube_config_free(rig->config);
	loop_free(rig->loop);
	strbuf_release(&rig->told);
	strbuf_release(&rig->seen);
	free(rig);
	return 0;
}

void rig_script(struct rig *rig, const struct exchange *script, int count)
{
	rig->script = script;
	rig->script_count = count;
	rig->requests = 0;
}

struct waiting {
	struct rig *rig;
	const char *text;
	bool is_met;
};

static void look(void *arg)
{
	struct waiting *waiting = arg;

	waiting->is_met = strstr(waiting->rig->told.data, waiting->text);
	if (waiting->is_met)
		loop_quit(waiting->rig->loop);
}

static void on_deadline(void *arg)
{
	struct waiting *waiting = arg;

	fail_msg("'%s' was not told; but:\n%s\nafter:\n%s", waiting->text,
		 waiting->rig->told.data, waiting->rig->seen.data);
}

void rig_until(struct rig *rig, const char *text)
{
	struct waiting waiting = {.rig = rig, .text = text};
	struct loop_timer *timer;

	look(&waiting);
	if (waiting.is_met)
		return;
	timer = loop_after(rig->loop, DEADLINE_MS, on_deadline, &waiting);
	loop_set_turn(rig->loop, look, &waiting);
	loop_run(rig->loop);
	loop_set_turn(rig->loop, NULL, NULL);
	loop_cancel(rig->loop, timer);
}

static void quit(void *arg)
{
	loop_quit(arg);
}

void rig_moment(struct rig *rig, int ms)
{
	loop_after(rig->loop, ms, quit, rig->loop);
	loop_run(rig->loop);
}

void rig_tell_reply(const struct kube_reply *reply, void *arg)
{
	struct rig *rig = arg;

	strbuf_addf(&rig->told, "%d ", reply->code);
	if (reply->err.code == ERROR_NONE)
		strbuf_addf(&rig->told, "%s\n", reply->body);
	else
		strbuf_addf(&rig->told, "%s: %s\n",
			    error_code_name(reply->err.code), reply->err.text);
	if (reply->warning)
		strbuf_addf(&rig->told, "warning: %s\n", reply->warning);
}

struct kube_call *rig_call(struct rig *rig, enum kube_method method,
			   const char *path, const char *body, int give_up_ms)
{
	struct kube_request request = {
		.method = method,
		.path = path,
		.body = body,
		.body_len = body ? strlen(body) : 0,
		.give_up_ms = give_up_ms,
	};

	return kube_call(rig->client, &request, rig_tell_reply, rig);
}
