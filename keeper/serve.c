/* SPDX-License-Identifier: MIT */
/* The file server: connections, a thread each. */
#include "keeper/serve.h"

#include "keeper/claim.h"
#include "keeper/clock.h"
#include "keeper/file.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREAD_STACK_BYTES (512U << 10)
#define TICK_MS 500

static struct {
	int top_fd;
	char token[129];
	atomic_int connections, busy; /* busy: with a request */
	_Atomic int64_t used_ms;      /* when a request ended last */
	atomic_int is_over;	      /* lock-free: a handler sets it */
} server;

struct connection {
	struct wire wire;
	char head[SERVE_HEAD_MAX + 1];
	size_t len; /* bytes in head */
	struct serve_request request;
};

/* How long it takes tells nothing about the token. */
static bool is_token(const char *given)
{
	size_t len = strlen(server.token);
	unsigned char difference = strlen(given) != len;

	for (size_t i = 0; i < len && given[i]; i++)
		difference |= (unsigned char)(given[i] ^ server.token[i]);
	return len && !difference;
}

/* A header with its blank line: its length; 0: none came whole. */
static size_t read_head(struct connection *connection)
{
	size_t looked = 0;

	for (;;) {
		const char *end =
			memmem(connection->head + looked,
			       connection->len - looked, "\r\n\r\n", 4);
		ssize_t n;

		if (end)
			return (size_t)(end + 4 - connection->head);
		looked = connection->len > 3 ? connection->len - 3 : 0;
		if (connection->len == SERVE_HEAD_MAX)
			return 0;
		n = wire_receive(&connection->wire,
				 connection->head + connection->len,
				 SERVE_HEAD_MAX - connection->len);
		if (n <= 0)
			return 0;
		if (!connection->len) /* the pause between requests is over */
			connection->wire.deadline_ms =
				mono_ms() + SERVE_HEAD_MS;
		connection->len += (size_t)n;
	}
}

static bool send_answer(struct connection *connection, int status,
			const char *text, bool is_close)
{
	size_t len = strlen(text);

	return serve_send_head(&connection->wire, status, (int64_t)len,
			       is_close ? "Connection: close\r\n" : "") &&
	       wire_send(&connection->wire, text, len) && !is_close;
}

/* Drop what was used; the rest begins the next request. */
static void consume(struct connection *connection, size_t len)
{
	connection->len -= len;
	memmove(connection->head, connection->head + len, connection->len);
}

/* False: the connection is to be closed. */
static bool answer_request(struct connection *connection, size_t head_len)
{
	struct serve_request *request = &connection->request;
	struct serve_answer answer = {0};
	size_t body_len = connection->len - head_len;
	char kept = connection->head[head_len];
	const char *why = "";
	int status;

	connection->head[head_len] = '\0';
	status = serve_request_parse(connection->head, head_len, request, &why);
	connection->head[head_len] = kept;
	if (!status && request->what != SERVE_HEALTH &&
	    !is_token(request->token)) {
		status = 401;
		why = "a token is needed";
	}
	/* who sends what we do not read would take it for the next request */
	if (!status && request->what != SERVE_PUT &&
	    request->what != SERVE_PUT_MANY && request->length) {
		status = 400;
		why = "no body belongs here";
	}
	if ((int64_t)body_len > request->length)
		body_len = (size_t)request->length;
	if (status) {
		serve_drain(&connection->wire,
			    request->length - (int64_t)body_len);
		return send_answer(connection, status, why, true);
	}
	connection->wire.deadline_ms =
		mono_ms() + SERVE_BODY_MS +
		request->length / SERVE_SLOWEST_BYTES_PER_MS;
	if (request->what == SERVE_GET || request->what == SERVE_LIST ||
	    request->what == SERVE_DIGEST)
		connection->wire.deadline_ms = 0; /* while something moves */
	atomic_fetch_add(&server.busy, 1);
	serve_files(server.top_fd, request, &connection->wire,
		    connection->head + head_len, body_len, &answer);
	server.used_ms = mono_ms();
	atomic_fetch_sub(&server.busy, 1);
	consume(connection, head_len + body_len);
	if (answer.status &&
	    !send_answer(connection, answer.status, answer.text,
			 answer.is_broken || request->is_close))
		return false;
	return !answer.is_broken && !request->is_close;
}

static void *connection_main(void *arg)
{
	struct connection *connection = arg;
	size_t head_len;

	do {
		connection->wire.deadline_ms =
			mono_ms() +
			(connection->len ? SERVE_HEAD_MS : SERVE_KEPT_MS);
		head_len = read_head(connection);
		if (!head_len && connection->len == SERVE_HEAD_MAX)
			send_answer(connection, 431, "too long a header", true);
	} while (head_len && answer_request(connection, head_len) &&
		 !server.is_over);
	wire_close(&connection->wire);
	free(connection);
	atomic_fetch_sub(&server.connections, 1);
	return NULL;
}

static void take(int fd)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	pthread_attr_t attributes;
	pthread_t thread;
	bool ok;

	if (!connection) {
		close(fd);
		return;
	}
	wire_init(&connection->wire);
	connection->wire.fd = fd;
	if (atomic_load(&server.connections) >= SERVE_CONNECTIONS_MAX) {
		send_answer(connection, 503, "too many connections", true);
		wire_close(&connection->wire);
		free(connection);
		return;
	}
	atomic_fetch_add(&server.connections, 1);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
	ok = pthread_create(&thread, &attributes, connection_main,
			    connection) == 0;
	pthread_attr_destroy(&attributes);
	if (ok)
		return;
	atomic_fetch_sub(&server.connections, 1);
	wire_close(&connection->wire);
	free(connection);
}

/* IPv6 with IPv4 where there is IPv6, else IPv4. */
static int listen_on(int port, int *ret_port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)port)};
	struct sockaddr_in four = {.sin_family = AF_INET,
				   .sin_port = htons((uint16_t)port)};
	struct sockaddr *address = (struct sockaddr *)&six;
	socklen_t len = sizeof(six);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int off = 0, on = 1;

	if (fd >= 0)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (fd < 0 ||
	    (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)),
	     bind(fd, address, len) < 0)) {
		if (fd >= 0)
			close(fd);
		address = (struct sockaddr *)&four;
		len = sizeof(four);
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (fd < 0 || bind(fd, address, len) < 0)
			return -1;
	}
	if (listen(fd, SERVE_CONNECTIONS_MAX) < 0 ||
	    getsockname(fd, address, &len) < 0)
		return -1;
	/* the port is at the same place in both */
	*ret_port = ntohs(((struct sockaddr_in *)address)->sin_port);
	return fd;
}

static void on_term(int number)
{
	(void)number;
	server.is_over = 1;
}

static bool open_all(const struct options *options, int *ret_fd)
{
	int port;

	if (file_read(options->token_file, server.token,
		      sizeof(server.token)) <= 0) {
		fprintf(stderr, "trialdeck-keeper: read %s: %s\n",
			options->token_file, strerror(errno));
		return false;
	}
	server.token[strcspn(server.token, "\r\n")] = '\0';
	server.top_fd =
		open(options->serve, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (server.top_fd < 0) {
		fprintf(stderr, "trialdeck-keeper: open %s: %s\n",
			options->serve, strerror(errno));
		return false;
	}
	*ret_fd = listen_on(options->listen, &port);
	if (*ret_fd < 0) {
		fprintf(stderr, "trialdeck-keeper: listen: %s\n",
			strerror(errno));
		return false;
	}
	printf("listening on %d\n", port);
	fflush(stdout);
	return true;
}

int serve_run(const struct options *options)
{
	struct sigaction action = {.sa_handler = on_term};
	int listen_fd;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (!open_all(options, &listen_fd))
		return KEEPER_BROKEN;
	server.used_ms = mono_ms();
	while (!server.is_over) {
		struct pollfd ready = {.fd = listen_fd, .events = POLLIN};

		if (poll(&ready, 1, TICK_MS) > 0) {
			int fd = accept4(listen_fd, NULL, NULL,
					 SOCK_CLOEXEC | SOCK_NONBLOCK);

			if (fd >= 0)
				take(fd);
		}
		/* kept connections without requests count for nothing */
		if (options->idle_s && !atomic_load(&server.busy) &&
		    mono_ms() - server.used_ms > options->idle_s * 1000LL)
			break;
	}
	return 0;
}
