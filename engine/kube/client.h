/* SPDX-License-Identifier: MIT */
/*
 * The API server's client: requests on the loop's curl handle.
 *
 * One call is one answer: retries, back-off, rate limit and the wait for a
 * fresh credential happen inside.  GETs and DELETEs are repeated after any
 * fault that may pass; what else changes something is repeated only where the
 * server cannot have done it (401, 429, 503 with Retry-After, no connection).
 * So a create that timed out may have happened: names are deterministic, and
 * AlreadyExists says so.  It may also be answered to a create that was asked
 * for once: libcurl sends again what a kept connection lost before any answer.
 *
 * Faults of the server as a whole are told when they begin and when they are
 * over: at once when it cannot be reached, gives no answer, or does not accept
 * who we are (401); 429, 5xx and lost connections when they come three times in
 * a row, and not from calls with one try.  An answer such as 403 or 404 is the
 * call's own.  Thread: the loop's.
 */
#ifndef ENGINE_KUBE_CLIENT_H
#define ENGINE_KUBE_CLIENT_H

#include "base/error.h"
#include "engine/kube/config.h"
#include "engine/loop.h"

#include <stddef.h>
#include <stdint.h>

struct kube_client;
struct kube_call;

struct kube_client_options {
	struct loop *loop;
	struct kube_config *config; /* borrowed, outlives the client */
	double requests_per_s;	    /* 0: 200; streams do not count */
	int burst;		    /* 0: twice that */
	/* The server cannot be used at the moment, and why; NULL: it can.
	 * Told again while it lasts when it becomes another. */
	void (*fault)(void *arg, const char *text);
	void *arg;
};

bool kube_client_open(const struct kube_client_options *options,
		      struct kube_client **ret, struct error *err);
/* Cancels every call; nothing is called back any more.  NULL ok. */
void kube_client_close(struct kube_client *client);
struct loop *kube_client_loop(const struct kube_client *client);
const struct kube_config *kube_client_config(const struct kube_client *client);

enum kube_method { KUBE_GET, KUBE_POST, KUBE_PUT, KUBE_PATCH, KUBE_DELETE };

/* Everything is copied. */
struct kube_request {
	enum kube_method method;
	const char *path; /* with query, encoded: "/api/v1/nodes?limit=500" */
	const char *body; /* JSON, or NULL */
	size_t body_len;
	const char *content_type; /* NULL: application/json */
	int timeout_ms;		  /* for the answer; 0: 30 s */
	int give_up_ms;	  /* retries included; 0: never for GET, DELETE and
			   * whatever surely has not been done; -1: one try */
	size_t max_bytes; /* of the answer; 0: 16 MiB */
	/* Of the object in the answer metadata will do; servers before 1.15
	 * give all of it. */
	bool is_brief;
};

/* metav1.Status, as far as decisions need it; texts are bounded and safe. */
struct kube_status {
	int code;
	char reason[48]; /* "NotFound", "AlreadyExists", "Expired", ... */
	char message[1024];
	char cause[48];	 /* reason of the first cause: "NamespaceTerminating" */
	char field[128]; /* field of the first cause: "spec.template..." */
	int retry_after_s; /* 0: not said */
};

/* Read a Status object, or whatever a proxy answered in its place.  code is
 * HTTP's. */
void kube_status_read(struct kube_status *ret, int code, const char *body,
		      size_t len);
/* The error code callers decide by: 404 NOT_FOUND; 409 CONFLICT; 401, 403
 * DENIED; 408, 504 TIMEOUT; 429, 5xx UNAVAILABLE; else INVALID.  The text is
 * the server's message, causes appended. */
void kube_status_error(const struct kube_status *status, struct error *err);

/* Borrowed for the call of the callback. */
struct kube_reply {
	int code;	  /* HTTP's; 0: none came */
	const char *body; /* NUL-terminated */
	size_t len;
	struct kube_status status; /* when code is not 2xx */
	struct error err;	   /* ERROR_NONE when code is 2xx */
	const char
		*warning; /* texts of Warning headers, a line each, or NULL */
};

typedef void kube_reply_fn(const struct kube_reply *reply, void *arg);

/* The callback comes once, from the loop, never from inside this call. */
struct kube_call *kube_call(struct kube_client *client,
			    const struct kube_request *request,
			    kube_reply_fn *fn, void *arg);

/* An answer without end (a watch, a log that is followed).  Not retried, not
 * rate limited.  data gets the body as it comes, but first, with len 0, that
 * the server has accepted (2xx); returning false cuts it. */
struct kube_stream_request {
	const char *path;
	int silence_ms; /* cut when nothing comes for so long; 0: never */
	bool (*data)(void *arg, const char *data, size_t len);
	/* Over.  err ERROR_NONE: the server ended it, or data cut it; else as
	 * for calls (code 0: connection lost). */
	void (*ended)(void *arg, int code, const struct kube_status *status,
		      const struct error *err);
	void *arg;
};

struct kube_call *kube_stream(struct kube_client *client,
			      const struct kube_stream_request *request);
/* No callback any more; the call is gone.  NULL ok. */
void kube_cancel(struct kube_call *call);

/* Percent-encode for a path segment or a query value. */
void kube_encode(struct strbuf *out, const char *text);
/* Next delay after a failure: doubles from 800 ms to 30 s, with jitter. */
int kube_backoff_ms(int *failures);

struct kube_totals {
	int64_t requests, retries, streams; /* since open */
	int64_t limited_ms; /* calls' waits for their turn, added up */
};
void kube_client_totals(const struct kube_client *client,
			struct kube_totals *ret);

#endif
