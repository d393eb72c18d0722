/* SPDX-License-Identifier: MIT */
/*
 * Requests of the player, on the loop.  Thread: the loop's.
 *
 * Deliberately not the engine's client: what plays the cluster should not
 * share the faults of what is measured.
 */
#ifndef TESTS_CLUSTER_PLAYER_HTTP_H
#define TESTS_CLUSTER_PLAYER_HTTP_H

#include "engine/loop.h"

#include <cjson/cJSON.h>

struct http {
	struct loop *loop;
	const char *server; /* "https://127.0.0.1:6543" */
	const char *pki;    /* folder with ca.crt, admin.crt, admin.key */
	int64_t requests, failures;
};

/* code 0: no answer.  body is NUL-terminated, borrowed. */
typedef void http_fn(int code, const char *body, void *arg);

/* method's body may be NULL; content_type NULL: application/json.  fn may be
 * NULL.  path that begins with "http": a URL of its own, without our
 * certificate, with token as its bearer, over a connection that is_last ends.
 */
struct http_request {
	const char *method, *path, *content_type, *token;
	const char *body;
	bool is_last;
	http_fn *fn;
	void *arg;
};

void http_send(struct http *http, const struct http_request *request);

/* Watch a collection for ever; fn gets every event, "ADDED" for what is there,
 * and nothing about what vanished while a connection was lost.  query may be
 * "" or begin with '&'; both must outlive the watch. */
struct http_watch;
typedef void http_event_fn(const char *type, const cJSON *object, void *arg);
struct http_watch *http_watch(struct http *http, const char *path,
			      const char *query, http_event_fn *fn, void *arg);

#endif
