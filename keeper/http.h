/* SPDX-License-Identifier: MIT */
/*
 * A client for one thing: requests to the side port, over one connection that
 * is kept.  HTTP/1.1, blocking with time limits.  An answer's body is read only
 * as far as the next request needs, unless somebody wants it.
 */
#ifndef KEEPER_HTTP_H
#define KEEPER_HTTP_H

#include "keeper/wire.h"

#include <stdbool.h>
#include <stddef.h>

struct http {
	struct wire wire;
	bool is_tls;
	char pin[65]; /* of the certificate for https; "": none known */
	char host[256], port[8], prefix[256];
	char why[128]; /* no answer came: what went wrong */
};

struct http_request {
	const char *method, *path;
	const char *token; /* or NULL */
	const char *type;  /* of the body; NULL: there is none */
	const char *body;
	size_t len;
	/* Instead of them part of a file; asked for before it is sent ("Expect:
	 * 100-continue"), so that a refusal costs no more than the question. */
	bool has_file;
	int file_fd;
	int64_t file_at, file_len;
	_Atomic int64_t *moved; /* grows by what was sent; or NULL */
	/* Gets the body of a 200, in pieces; false ends the request.  Such a
	 * request is made on a connection of its own. */
	bool (*sink)(void *arg, const char *data, size_t len);
	void *arg;
	/* Instead of it: the body of a 200 as text, if it fits. */
	char *reply;
	size_t reply_size;
};

void http_init(struct http *http);
void http_close(struct http *http);
/* Take "http://host[:port][/prefix]" or https apart; closes a connection to
 * elsewhere.  False when it is no such address.  IPv6 addresses stand in
 * brackets. */
bool http_set_url(struct http *http, const char *url);
/* The certificate that is trusted, 64 hexadecimal digits or "". */
void http_set_pin(struct http *http, const char *pin);
/* Status of the answer, or -1 when none came or the body for the sink was cut
 * short (the connection is closed then, and http->why says why). */
int http_send(struct http *http, const struct http_request *request);

#endif
