/* SPDX-License-Identifier: MIT */
/* A connection with time limits. */
#include "keeper/wire.h"

#include "keeper/clock.h"
#include "keeper/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void wire_init(struct wire *wire)
{
	memset(wire, 0, sizeof(*wire));
	wire->fd = -1;
}

void wire_close(struct wire *wire)
{
	tls_free(wire->tls);
	wire->tls = NULL;
	if (wire->fd >= 0)
		close(wire->fd);
	wire->fd = -1;
}

/* False with errno. */
static bool wait_for(const struct wire *wire, int fd, short events,
		     int timeout_ms)
{
	struct pollfd ready = {.fd = fd, .events = events};
	int n;

	if (wire->deadline_ms) {
		int64_t left = wire->deadline_ms - mono_ms();

		if (left < timeout_ms)
			timeout_ms = left > 0 ? (int)left : 0;
	}
	do
		n = poll(&ready, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0;
}

/* -1 with errno. */
static int connect_one(const struct wire *wire, const struct addrinfo *address)
{
	socklen_t len = sizeof(int);
	int fd, failure = 0, on = 1;

	fd = socket(address->ai_family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0)
		failure = errno;
	if (failure == EINPROGRESS) {
		failure = 0;
		if (!wait_for(wire, fd, POLLOUT, WIRE_CONNECT_MS) ||
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) < 0)
			failure = errno;
	}
	if (failure) {
		close(fd);
		errno = failure;
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static bool connect_any(struct wire *wire, const char *host, const char *port,
			char *why, size_t size)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list;
	int status = getaddrinfo(host, port, &hints, &list);

	if (status != 0) {
		snprintf(why, size, "look up %s: %s", host,
			 gai_strerror(status));
		return false;
	}
	for (struct addrinfo *at = list; at && wire->fd < 0; at = at->ai_next)
		wire->fd = connect_one(wire, at);
	if (wire->fd < 0)
		snprintf(why, size, "connect: %s", strerror(errno));
	freeaddrinfo(list);
	return wire->fd >= 0;
}

static bool socket_send(void *arg, const char *data, size_t len)
{
	const struct wire *wire = arg;

	while (len) {
		ssize_t n = send(wire->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (!wait_for(wire, wire->fd, POLLOUT, WIRE_WAIT_MS))
				return false;
			continue;
		}
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static ssize_t socket_receive(void *arg, char *data, size_t size)
{
	const struct wire *wire = arg;

	for (;;) {
		ssize_t n;

		/* a peer that sends a byte now and then must not outlast it */
		if (wire->deadline_ms && mono_ms() >= wire->deadline_ms) {
			errno = ETIMEDOUT;
			return -1;
		}
		n = recv(wire->fd, data, size, 0);
		if (n >= 0)
			return n;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN ||
		    !wait_for(wire, wire->fd, POLLIN, WIRE_WAIT_MS))
			return -1;
	}
}

bool wire_connect(struct wire *wire, const char *host, const char *port,
		  const char *pin, char *why, size_t size)
{
	const struct tls_wire bare = {
		.send = socket_send, .receive = socket_receive, .arg = wire};

	if (!connect_any(wire, host, port, why, size))
		return false;
	if (!pin)
		return true;
	wire->tls = tls_open(&bare, host, pin, why, size);
	if (!wire->tls)
		wire_close(wire);
	return wire->tls != NULL;
}

bool wire_send(struct wire *wire, const char *data, size_t len)
{
	if (!len)
		return true;
	return wire->tls ? tls_send(wire->tls, data, len)
			 : socket_send(wire, data, len);
}

ssize_t wire_receive(struct wire *wire, char *data, size_t size)
{
	return wire->tls ? tls_receive(wire->tls, data, size)
			 : socket_receive(wire, data, size);
}
