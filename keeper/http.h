/* SPDX-License-Identifier: MIT */
/*
 * A client for one thing: POST a body to the side port, keep the connection.
 * Plain HTTP/1.1, blocking with time limits, answers read only as far as the
 * next request needs.
 */
#ifndef KEEPER_HTTP_H
#define KEEPER_HTTP_H

#include <stdbool.h>
#include <stddef.h>

struct http {
	int fd; /* -1: not connected */
	char host[256], port[8], prefix[256];
};

void http_init(struct http *http);
void http_close(struct http *http);
/* Take "http://host[:port][/prefix]" apart; closes a connection to elsewhere.
 * False when it is no such address. */
bool http_set_url(struct http *http, const char *url);
/* Status of the answer, or -1 when none came (the connection is closed then).
 * timeout_ms limits every single wait: connecting, sending, each read. */
int http_post(struct http *http, const char *path, const char *token,
	      const char *type, const char *body, size_t len, int timeout_ms);

#endif
