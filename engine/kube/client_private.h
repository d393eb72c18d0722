/* SPDX-License-Identifier: MIT */
/*
 * The client's inside.
 *
 * A call waits in the client's queue for a token of the rate limit (QUEUED),
 * perhaps for a credential (AUTH), is with curl (RUNNING), and either ends or
 * waits for its next try (PAUSED).  It is always in the client's list until it
 * is over.
 *
 * Nothing of the user's is called from inside curl's callbacks or from inside
 * our own functions: data is gathered while curl runs and handed on by a timer
 * of 0 ms; what fails while it is started fails by such a timer too.  So users
 * may cancel, start and close whatever they like wherever they are called.
 */
#ifndef ENGINE_KUBE_CLIENT_PRIVATE_H
#define ENGINE_KUBE_CLIENT_PRIVATE_H

#include "base/strbuf.h"
#include "engine/kube/auth.h"
#include "engine/kube/client.h"
#include "engine/kube/limit.h"

#include <curl/curl.h>

#define SPARE_HANDLES 32

enum call_state {
	CALL_QUEUED,
	CALL_AUTH,
	CALL_RUNNING,
	CALL_PAUSED,
	CALL_ENDING, /* its result waits for a timer of 0 ms */
	CALL_OVER,   /* its end is being told, or it was cancelled */
};

struct kube_call {
	struct kube_client *client;
	struct kube_call *next, *previous;	   /* all */
	struct kube_call *queue_next, *queue_prev; /* those that are QUEUED */
	enum call_state state;

	/* what is asked */
	bool is_stream;
	enum kube_method method;
	char *path;
	char *body; /* or NULL */
	size_t body_len;
	char *content_type;
	int timeout_ms;
	int64_t deadline_ns; /* monotonic; 0: none */
	bool is_single;	     /* one try */
	bool is_brief;
	size_t max_bytes;
	kube_reply_fn *fn;
	struct kube_stream_request stream; /* path is not used */
	void *arg;

	/* how it goes */
	int failures;
	bool is_counted;  /* among the client's running ones */
	bool was_refused; /* 401, and the credential was renewed */
	bool was_asked;	  /* to wait: by Retry-After */
	bool is_calling;  /* the user's data function runs */
	int64_t queued_ns;
	struct loop_timer *timer; /* next try, silence, deferred end */
	struct loop_timer *limit; /* give_up_ms is over */
	struct error last;	  /* of the latest try */

	/* with curl */
	CURL *easy;
	struct loop_transfer *transfer;
	struct curl_slist *headers;
	char curl_error[CURL_ERROR_SIZE];
	int code; /* HTTP's, 0: none yet */
	int retry_after_s;
	bool is_too_large;
	bool was_accepted;   /* a stream's data function knows of the 2xx */
	struct strbuf reply; /* of a stream: what a refusal said */
	struct strbuf warnings;
	struct strbuf pending;	  /* of a stream: not handed on yet */
	struct loop_timer *drain; /* hands it on */
	int64_t heard_ns; /* monotonic, when a stream last said a thing */
};

/* Somebody outside of the client who waits for his next try. */
struct kube_waiter {
	struct kube_waiter *next, *previous;
	bool is_waiting;
	/* The server is back.  May only set timers. */
	void (*hurry)(void *arg);
	void *arg;
};

struct kube_client {
	struct loop *loop;
	struct kube_config *config;
	struct kube_auth *auth;
	void (*fault)(void *arg, const char *text);
	void *arg;
	struct limit limit;
	struct kube_call *calls;
	struct kube_call *queue_head, *queue_tail;
	int running;		 /* calls with curl, streams not counted */
	struct loop_timer *pump; /* when the limit has a token again */
	CURL *spares[SPARE_HANDLES];
	size_t spare_count;
	bool is_http2;
	unsigned int auth_generation;
	unsigned int pool; /* which connections may be used again */
	/* faults */
	int doubts; /* answers in a row that speak against the server */
	char trouble[512];
	int trouble_code;
	char told[512];
	struct loop_timer *telling;
	struct kube_waiter *waiters;
	struct kube_totals totals;
};

/* client.c */
void kube_client_pump(struct kube_client *client);
void kube_client_enqueue(struct kube_call *call);
/* The server cannot be used.  When is_sure is not set it takes three such
 * answers in a row before anybody hears of it.  code: HTTP's, 0: no answer; the
 * text stays what it is while the code does. */
void kube_client_trouble(struct kube_client *client, bool is_sure, int code,
			 const char *text);
void kube_client_good(struct kube_client *client);
/* Enter and leave the list of those who wait; twice is as good as once. */
void kube_client_wait(struct kube_client *client, struct kube_waiter *waiter);
void kube_client_unwait(struct kube_client *client, struct kube_waiter *waiter);

/* call.c */
void kube_call_start(struct kube_call *call);
void kube_call_discard(struct kube_call *call);
void kube_call_drain(struct kube_call *call);
/* The server is back: no need to wait longer for the next try. */
void kube_call_hurry(struct kube_call *call);

/* transfer.c: a call's easy handle */
enum kube_auth_outcome kube_transfer_start(struct kube_call *call,
					   loop_transfer_fn *done,
					   struct error *err);
/* Give the handle back, finished or not. */
void kube_transfer_end(struct kube_call *call);
bool kube_curl_not_sent(CURL *easy);

/* outcome.c: what came of a try */
struct kube_outcome {
	int code; /* HTTP's; 0: no answer, or not all of it */
	struct kube_status status;
	struct error err;
	bool is_untouched; /* the server cannot have done it */
	bool may_pass;	   /* worth another try, for what may be repeated */
	bool is_connection_dead;
};
void kube_outcome_read(const struct kube_call *call, int result,
		       struct kube_outcome *ret);
/* Tell the client what the outcome says about the server. */
void kube_outcome_judge(const struct kube_call *call,
			const struct kube_outcome *outcome);

#endif
