/* SPDX-License-Identifier: MIT */
/* Requests to the side port. */
#include "keeper/http.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define ANSWER_MAX 16384
#define ANSWER_BODY_MAX 65536
#define HEAD_MAX 8192 /* the side port takes no longer one either */

void http_init(struct http *http)
{
	memset(http, 0, sizeof(*http));
	wire_init(&http->wire);
}

void http_close(struct http *http)
{
	wire_close(&http->wire);
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
	struct http next;
	size_t host_len, rest_len;
	const char *host;

	http_init(&next);
	next.is_tls = !strncasecmp(url, "https://", 8);
	if (!next.is_tls && strncasecmp(url, "http://", 7) != 0)
		return false;
	host = url + (next.is_tls ? 8 : 7);
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
	snprintf(next.port, sizeof(next.port), next.is_tls ? "443" : "80");
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
	if (next.is_tls == http->is_tls && !strcmp(next.host, http->host) &&
	    !strcmp(next.port, http->port) &&
	    !strcmp(next.prefix, http->prefix))
		return true;
	memcpy(next.pin, http->pin, sizeof(next.pin));
	next.wire.deadline_ms = http->wire.deadline_ms;
	http_close(http);
	*http = next;
	return true;
}

void http_set_pin(struct http *http, const char *pin)
{
	if (!strcmp(http->pin, pin))
		return;
	http_close(http);
	snprintf(http->pin, sizeof(http->pin), "%s", pin);
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

/* An answer on its way: its head, and what came with it of its body. */
struct answer {
	char text[ANSWER_MAX + 1];
	const char *body;
	size_t body_len; /* bytes that are here */
	int status;
	long long left; /* bytes of the body to come; -1: until the end */
	bool may_keep;	/* another request may follow */
};

static bool fail(struct http *http, const char *why)
{
	snprintf(http->why, sizeof(http->why), "%s", why);
	return false;
}

/* "HTTP/1.1 200 OK", or 100.  0 when it is none. */
static int status_of(const char *text)
{
	long status;

	if (strncmp(text, "HTTP/1.", 7) != 0 || !text[7] || text[8] != ' ')
		return 0;
	status = strtol(text + 9, NULL, 10);
	return status == 100 || (status >= 200 && status <= 599) ? (int)status
								 : 0;
}

static bool read_head(struct http *http, struct answer *answer)
{
	size_t len = 0;
	char *body;

	for (;;) {
		ssize_t n = wire_receive(&http->wire, answer->text + len,
					 ANSWER_MAX - len);

		if (n < 0)
			return fail(http, strerror(errno));
		if (n == 0)
			return fail(http, "the connection was closed");
		len += (size_t)n;
		answer->text[len] = '\0';
		body = strstr(answer->text, "\r\n\r\n");
		if (body)
			break;
		if (len == ANSWER_MAX)
			return fail(http, "the answer's header is too long");
	}
	body[2] = '\0';
	answer->body = body + 4;
	answer->body_len = len - (size_t)(body + 4 - answer->text);
	answer->status = status_of(answer->text);
	return answer->status || fail(http, "the answer is not HTTP");
}

static bool read_headers(struct http *http, struct answer *answer)
{
	const char *length = header_find(answer->text, "Content-Length");
	const char *connection = header_find(answer->text, "Connection");

	answer->may_keep =
		!connection || strncasecmp(connection, "close", 5) != 0;
	if (header_find(answer->text, "Transfer-Encoding"))
		return fail(http, "the answer comes in chunks");
	answer->left = -1;
	if (!length)
		return true;
	answer->left = strtoll(length, NULL, 10);
	if (answer->left < (long long)answer->body_len)
		return fail(http, "the answer's length is wrong");
	answer->left -= (long long)answer->body_len;
	return true;
}

static bool is_wanted(const struct http_request *request,
		      const struct answer *answer)
{
	return (request->sink || request->reply) && answer->status == 200;
}

static bool give(const struct http_request *request, const char *data,
		 size_t len)
{
	size_t at;

	if (request->sink)
		return request->sink(request->arg, data, len);
	at = strlen(request->reply);
	if (len >= request->reply_size - at)
		return false;
	memcpy(request->reply + at, data, len);
	request->reply[at + len] = '\0';
	return true;
}

/* Read the body to its end, and give it to the sink if there is one. */
static bool read_body(struct http *http, const struct http_request *request,
		      struct answer *answer)
{
	bool wanted = is_wanted(request, answer);
	char data[16384];

	if (wanted && request->reply)
		*request->reply = '\0';
	if (!wanted && (answer->left < 0 || answer->left > ANSWER_BODY_MAX))
		return false; /* rather connect again */
	if (wanted && answer->body_len &&
	    !give(request, answer->body, answer->body_len))
		return fail(http, "given up");
	while (answer->left) {
		size_t want = sizeof(data);
		ssize_t n;

		if (answer->left >= 0 && answer->left < (long long)want)
			want = (size_t)answer->left;
		n = wire_receive(&http->wire, data, want);
		if (n == 0 && answer->left < 0)
			break;
		if (n <= 0)
			return fail(http, n ? strerror(errno)
					    : "the answer was cut short");
		if (answer->left > 0)
			answer->left -= n;
		if (wanted && !give(request, data, (size_t)n))
			return fail(http, "given up");
	}
	return answer->left == 0;
}

/* Send the file's part once it is wanted.  False: no answer came, or the last
 * one has come already and is in *ret. */
static bool send_file(struct http *http, const struct http_request *request,
		      struct answer *ret)
{
	static char data[65536]; /* one thread sends files */
	int64_t at = request->file_at, end = at + request->file_len;

	if (request->file_len && (!read_head(http, ret) || ret->status != 100))
		return false;
	ret->status = 0;
	while (at < end) {
		size_t want = end - at < (int64_t)sizeof(data)
				      ? (size_t)(end - at)
				      : sizeof(data);
		ssize_t n = pread(request->file_fd, data, want, at);

		if (n <= 0)
			return fail(http, "the file became shorter");
		if (!wire_send(&http->wire, data, (size_t)n))
			return fail(http, strerror(errno));
		at += n;
		if (request->moved)
			atomic_fetch_add(request->moved, n);
	}
	return true;
}

/* Status of the answer, or -1.  Closes what cannot be used again. */
static int read_answer(struct http *http, const struct http_request *request)
{
	struct answer answer = {.status = 0};
	int status = -1;
	bool may_keep = false;
	bool ok = !request->has_file || send_file(http, request, &answer);

	if (answer.status > 100 || (ok && read_head(http, &answer))) {
		bool wanted = is_wanted(request, &answer);
		bool is_whole = read_headers(http, &answer) &&
				read_body(http, request, &answer);

		may_keep = is_whole && answer.may_keep && ok;
		/* without a length nobody knows whether it was all */
		if ((is_whole || !wanted) && answer.status >= 200)
			status = answer.status;
	}
	if (!may_keep)
		http_close(http);
	return status;
}

static int write_head(const struct http *http,
		      const struct http_request *request, char *head,
		      size_t size)
{
	bool is_ipv6 = strchr(http->host, ':') != NULL;
	char type[128] = "", token[512] = "";

	if (request->token)
		snprintf(token, sizeof(token), "Authorization: Bearer %s\r\n",
			 request->token);
	if (request->type)
		snprintf(type, sizeof(type),
			 "Content-Type: %s\r\nContent-Length: %zu\r\n",
			 request->type, request->len);
	if (request->has_file)
		snprintf(type, sizeof(type),
			 "Content-Type: application/octet-stream\r\n"
			 "Content-Length: %lld\r\n%s",
			 (long long)request->file_len,
			 request->file_len ? "Expect: 100-continue\r\n" : "");
	return snprintf(head, size,
			"%s %s%s HTTP/1.1\r\n"
			"Host: %s%s%s:%s\r\n%s%s\r\n",
			request->method, http->prefix, request->path,
			is_ipv6 ? "[" : "", http->host, is_ipv6 ? "]" : "",
			http->port, token, type);
}

int http_send(struct http *http, const struct http_request *request)
{
	bool was_open = http->wire.fd >= 0;
	char head[HEAD_MAX];
	int n, status = -1;

	if (was_open && request->sink) {
		http_close(http);
		was_open = false;
	}
	n = write_head(http, request, head, sizeof(head));
	if (n < 0 || n >= (int)sizeof(head)) {
		fail(http, "the address is too long");
		return -1;
	}
	if (!was_open && http->is_tls && !*http->pin) {
		fail(http, "https needs a pinned certificate");
		return -1;
	}
	if (!was_open && !wire_connect(&http->wire, http->host, http->port,
				       http->is_tls ? http->pin : NULL,
				       http->why, sizeof(http->why)))
		return -1;
	if (wire_send(&http->wire, head, (size_t)n) &&
	    (request->has_file ||
	     wire_send(&http->wire, request->body, request->len))) {
		status = read_answer(http, request);
	} else {
		fail(http, strerror(errno));
		http_close(http);
	}
	/* a kept connection may have been closed over there meanwhile: that is
	 * no failure of the server; sending twice is harmless by numbering */
	if (status < 0 && was_open)
		return http_send(http, request);
	return status;
}
