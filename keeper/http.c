/* SPDX-License-Identifier: MIT */
/* POST to the side port. */
#include "keeper/http.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 16384
#define ANSWER_BODY_MAX 65536

void http_init(struct http *http)
{
	memset(http, 0, sizeof(*http));
	http->fd = -1;
}

void http_close(struct http *http)
{
	if (http->fd >= 0)
		close(http->fd);
	http->fd = -1;
}

static bool copy_part(char *out, size_t size, const char *from, size_t len)
{
	if (len >= size)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)from[i] <= ' ' || from[i] == 0x7f)
			return false;
	memcpy(out, from, len);
	out[len] = '\0';
	return true;
}

bool http_set_url(struct http *http, const char *url)
{
	static const char scheme[] = "http://";
	struct http next = {.fd = -1};
	size_t host_len, rest_len;
	const char *host;

	if (strncasecmp(url, scheme, sizeof(scheme) - 1) != 0)
		return false;
	host = url + sizeof(scheme) - 1;
	if (*host == '[') { /* IPv6 */
		host_len = strcspn(++host, "]");
		if (host[host_len] != ']')
			return false;
		url = host + host_len + 1;
	} else {
		host_len = strcspn(host, ":/");
		url = host + host_len;
	}
	if (!host_len ||
	    !copy_part(next.host, sizeof(next.host), host, host_len))
		return false;
	snprintf(next.port, sizeof(next.port), "80");
	if (*url == ':') {
		size_t len = strspn(++url, "0123456789");

		if (!len || !copy_part(next.port, sizeof(next.port), url, len))
			return false;
		url += len;
	}
	rest_len = strlen(url);
	while (rest_len && url[rest_len - 1] == '/')
		rest_len--;
	if ((rest_len && *url != '/') ||
	    !copy_part(next.prefix, sizeof(next.prefix), url, rest_len))
		return false;
	if (!strcmp(next.host, http->host) && !strcmp(next.port, http->port) &&
	    !strcmp(next.prefix, http->prefix))
		return true;
	http_close(http);
	*http = next;
	return true;
}

static bool wait_for(int fd, short events, int timeout_ms)
{
	struct pollfd ready = {.fd = fd, .events = events};
	int n;

	do
		n = poll(&ready, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static int connect_one(const struct addrinfo *address, int timeout_ms)
{
	socklen_t len = sizeof(int);
	int fd, failure = 0, on = 1;

	fd = socket(address->ai_family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0) {
		if (errno != EINPROGRESS ||
		    !wait_for(fd, POLLOUT, timeout_ms) ||
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) < 0 ||
		    failure) {
			close(fd);
			return -1;
		}
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static bool connect_any(struct http *http, int timeout_ms)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list;

	if (getaddrinfo(http->host, http->port, &hints, &list) != 0)
		return false;
	for (struct addrinfo *at = list; at && http->fd < 0; at = at->ai_next)
		http->fd = connect_one(at, timeout_ms);
	freeaddrinfo(list);
	return http->fd >= 0;
}

static bool send_all(int fd, const char *data, size_t len, int timeout_ms)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (!wait_for(fd, POLLOUT, timeout_ms))
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

static ssize_t receive(int fd, char *data, size_t size, int timeout_ms)
{
	for (;;) {
		ssize_t n = recv(fd, data, size, 0);

		if (n >= 0)
			return n;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN || !wait_for(fd, POLLIN, timeout_ms))
			return -1;
	}
}

/* Value of a header line, or NULL; text ends with the header's blank line. */
static const char *header_find(const char *text, const char *name)
{
	size_t len = strlen(name);

	while ((text = strstr(text, "\r\n"))) {
		text += 2;
		if (!strncasecmp(text, name, len) && text[len] == ':')
			return text + len + 1 + strspn(text + len + 1, " \t");
	}
	return NULL;
}

/* Read the answer.  *ret_keep: the connection may carry another request. */
static int read_answer(int fd, int timeout_ms, bool *ret_keep)
{
	char text[ANSWER_MAX + 1], waste[4096];
	const char *value;
	char *body;
	size_t len = 0;
	long long left;
	int status;

	*ret_keep = false;
	for (;;) {
		ssize_t n =
			receive(fd, text + len, ANSWER_MAX - len, timeout_ms);

		if (n <= 0)
			return -1;
		len += (size_t)n;
		text[len] = '\0';
		body = strstr(text, "\r\n\r\n");
		if (body)
			break;
		if (len == ANSWER_MAX)
			return -1;
	}
	body[2] = '\0';
	body += 4;
	if (sscanf(text, "HTTP/1.%*d %d", &status) != 1 || status < 200 ||
	    status > 599)
		return -1;
	value = header_find(text, "Content-Length");
	if (!value || header_find(text, "Transfer-Encoding"))
		return status; /* such a body is not read: reconnect */
	left = strtoll(value, NULL, 10) - (text + len - body);
	if (left < 0 || left > ANSWER_BODY_MAX)
		return status;
	while (left > 0) {
		ssize_t n =
			receive(fd, waste,
				left < (long long)sizeof(waste) ? (size_t)left
								: sizeof(waste),
				timeout_ms);

		if (n <= 0)
			return status;
		left -= n;
	}
	value = header_find(text, "Connection");
	*ret_keep = !value || strncasecmp(value, "close", 5) != 0;
	return status;
}

int http_post(struct http *http, const char *path, const char *token,
	      const char *type, const char *body, size_t len, int timeout_ms)
{
	bool was_open = http->fd >= 0, keep = false;
	char head[1024];
	int n, status = -1;

	n = snprintf(head, sizeof(head),
		     "POST %s%s HTTP/1.1\r\nHost: %s:%s\r\n"
		     "Authorization: Bearer %s\r\nContent-Type: %s\r\n"
		     "Content-Length: %zu\r\n\r\n",
		     http->prefix, path, http->host, http->port, token, type,
		     len);
	if (n < 0 || n >= (int)sizeof(head))
		return -1;
	if (!was_open && !connect_any(http, timeout_ms))
		return -1;
	if (send_all(http->fd, head, (size_t)n, timeout_ms) &&
	    send_all(http->fd, body, len, timeout_ms))
		status = read_answer(http->fd, timeout_ms, &keep);
	if (!keep)
		http_close(http);
	/* a kept connection may have been closed over there meanwhile: that is
	 * no failure of the server; sending twice is harmless by numbering */
	if (status < 0 && was_open)
		return http_post(http, path, token, type, body, len,
				 timeout_ms);
	return status;
}
