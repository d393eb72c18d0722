/* SPDX-License-Identifier: MIT */
/*
 * Requests to a storage server, one after the other on kept connections.
 *
 * Everything blocks, is bounded, and ends soon after the watch is cancelled
 * (within a second).  Bodies stream from and to descriptors; in memory is only
 * what answers say about themselves.
 *
 * A request that got any answer has worked: what its code means is the
 * caller's to say.  Failures here are of the way there: a server that cannot be
 * reached (ERROR_UNAVAILABLE), that says nothing for 30 s (ERROR_TIMEOUT), a
 * certificate nobody trusts (ERROR_DENIED), a cancelled watch (ERROR_CANCELED),
 * a file of ours that cannot be read or written (ERROR_SYSTEM).  They name the
 * server, never the URL: that may hold a token.
 *
 * Proxies are libcurl's: https_proxy, no_proxy, ...
 *
 * Thread: one at a time for each session.
 */
#ifndef ENGINE_STORAGE_HTTP_H
#define ENGINE_STORAGE_HTTP_H

#include "base/error.h"
#include "base/strbuf.h"
#include "engine/storage/storage.h"

#include <stdbool.h>
#include <stdint.h>

#define HTTP_ANSWER_MAX (8u << 20) /* bytes of an answer kept in memory */

struct http_session;

struct http_options {
	const char *server;  /* as sentences name it: "minio.example:9000" */
	const char *ca_file; /* besides the system's; NULL: none */
	struct storage_watch *watch; /* progress, cancel; or NULL */
	int silence_ms;		     /* 0: STORAGE_SILENCE_MS */
};

/* What is sent: size bytes of data, or of the file fd from offset on. */
struct http_source {
	const void *data; /* NULL: fd */
	int fd;
	int64_t offset, size;
};

/* Where the body of an answer goes that has this code. */
struct http_sink {
	int code;
	int fd;		 /* written where it stands; may be a pipe */
	int64_t offset;	 /* on the server; moves on */
	int64_t written; /* bytes, by this request and those before */
};

struct http_request {
	const char *method;
	const char *url;
	const char *headers;		  /* lines "Name: value\n"; or NULL */
	const struct http_source *source; /* NULL: no body */
	struct http_sink *sink; /* NULL: all answers are kept in memory */
	bool is_cleanup; /* goes on when cancelled, but for 10 s at most */
};

struct http_answer {
	int code;
	struct strbuf body;
	struct strbuf headers; /* of the last head, at most 32 KiB */
};

bool http_open(const struct http_options *options, struct http_session **ret,
	       struct error *err);
void http_close(struct http_session *session); /* NULL ok */

/* answer is emptied first; the caller releases it, whatever happens. */
bool http_perform(struct http_session *session,
		  const struct http_request *request,
		  struct http_answer *answer, struct error *err);

void http_answer_init(struct http_answer *answer);
void http_answer_release(struct http_answer *answer);

/* The value of a header of the answer, cut to size; false, and empty text: it
 * is not there. */
bool http_header(const struct http_answer *answer, const char *name,
		 char *value, size_t size);
/* Content-Length; -1: not said. */
int64_t http_length(const struct http_answer *answer);
/* Seconds of Retry-After, at most an hour; 0: not said. */
int http_retry_after(const struct http_answer *answer);
/* A date in one of HTTP's forms or ISO 8601, as wall time; 0: it is none. */
int64_t http_time(const char *text);

/* Did the watch ask to stop? */
bool http_is_cancelled(const struct http_session *session);
/* Wait, longer where the server asked for it, but not beyond the watch's
 * cancel: then false with ERROR_CANCELED. */
bool http_pause(struct http_session *session, int64_t delay_ms,
		struct error *err);

#endif
