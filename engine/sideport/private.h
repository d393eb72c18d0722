/* SPDX-License-Identifier: MIT */
/*
 * What the side port's files share.  Private to engine/sideport.
 *
 *   sideport.c  start, stop, the queue between HTTP threads and the engine
 *   table.c     which attempts may report, by token and by trial id
 *   client.c    one record a connection, and the clock that cuts slow ones
 *   request.c   libmicrohttpd's callback: one request from header to answer
 *   route.c     the native endpoints       nni.c  NNI's
 *   code.c      the archive of code, sent piece by piece
 *   output.c    what trials leave behind, taken in piece by piece (output.h)
 *   answer.c    what is sent back
 */
#ifndef ENGINE_SIDEPORT_PRIVATE_H
#define ENGINE_SIDEPORT_PRIVATE_H

#include "base/strbuf.h"
#include "engine/sideport/sideport.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#define SIDEPORT_BODY_MAX (8u << 20)
#define SIDEPORT_HEADER_MAX (8u << 10)
#define SIDEPORT_CLIENTS_MAX 1024
#define SIDEPORT_QUEUE_MAX (64u << 20)
#define SIDEPORT_REQUEST_MS 15000
#define STATUS_TOO_LARGE 413 /* its macro differs between versions */
/* A body that is refused is still read, so that the answer arrives: a client
 * that writes first and reads later would only see a reset. */
#define SIDEPORT_DRAIN_MAX (64u << 20)

/* ---- table.c ---------------------------------------------------------- */

/* Who is reporting: a copy, so it stays valid when the attempt is forbidden. */
struct caller {
	int64_t trial;
	int attempt;
	char trial_id[16];
};

struct table_entry;

struct table {
	pthread_rwlock_t lock;
	/* size buckets each */
	struct table_entry **by_token, **by_trial, **by_key;
	size_t size, count;
	uint64_t seed; /* so that nobody can aim at one bucket */
};

void table_init(struct table *table);
void table_release(struct table *table);
void table_allow(struct table *table, const struct caller *caller,
		 const char *token, const char *parameters, bool allow_nni);
void table_forbid(struct table *table, int64_t trial, int attempt);
bool table_find_token(struct table *table, const char *token,
		      struct caller *ret);
/* The newest attempt of a trial that may speak NNI's protocol. */
bool table_find_trial(struct table *table, const char *trial_id, size_t len,
		      struct caller *ret);
/* Its parameters; NULL when it has been forbidden.  Caller frees. */
char *table_parameters(struct table *table, const struct caller *caller);

/* ---- client.c --------------------------------------------------------- */

enum stage {
	STAGE_FIRST,  /* connected, no whole header yet */
	STAGE_IDLE,   /* between two requests */
	STAGE_BODY,   /* header is here, body on its way */
	STAGE_ENGINE, /* suspended: the engine has the report */
	STAGE_ANSWER, /* the answer is on its way */
};

struct endpoint;

/* One connection, and the one request it may have under way.  Everything but
 * deadline and stage belongs to the connection's HTTP thread, and to the
 * engine while the connection is suspended. */
struct client {
	struct client *next, *previous; /* in sideport->clients */
	struct sideport *sideport;
	struct MHD_Connection *connection;
	int fd;
	_Atomic int64_t deadline_ns; /* monotonic; CLIENT_NO_DEADLINE */
	_Atomic int stage;
	atomic_bool is_waiting; /* its report has not been answered */
	bool is_busy;		/* counted in sideport->busy */
	bool is_nni;
	const struct endpoint *endpoint;
	const char *method; /* libmicrohttpd's, for the request */
	struct caller caller;
	struct output_upload *upload; /* PUT /v1/output, or NULL */
	struct strbuf body;
	size_t drained;	     /* bytes read but not kept */
	int status;	     /* of the answer; 0 while all is well */
	const char *allow;   /* 405: the methods that work */
	struct strbuf error; /* text of a failed answer */
	size_t queued_bytes;
	struct report report; /* reused, so a request allocates nothing */
};

#define CLIENT_NO_DEADLINE INT64_MAX

void client_set_deadline(struct client *client);
/* The same, but no later than latest_ns. */
void client_extend_deadline(struct client *client, int64_t latest_ns);
/* MHD_NotifyConnectionCallback; cls is the side port. */
void client_notify(void *cls, struct MHD_Connection *connection,
		   void **socket_context,
		   enum MHD_ConnectionNotificationCode code);
struct client *client_of(struct MHD_Connection *connection);
/* Forget the finished request; keep modest buffers. */
void client_reset(struct client *client);
/* Body of the thread that cuts connections whose time is up. */
void *client_watch(void *sideport);

/* ---- request.c, route.c, nni.c, code.c -------------------------------- */

enum outcome {
	OUTCOME_OK,	/* nothing for the engine: 200 */
	OUTCOME_FAILED, /* status and error are set */
	OUTCOME_SUBMIT, /* report is filled: the engine answers */
	OUTCOME_SENT,	/* an answer has been queued */
};

struct endpoint {
	const char *path;
	const char *methods; /* for Allow */
	bool needs_token;
	enum outcome (*handle)(struct client *client);
	/* Of those that take a body piece by piece; else NULL.  begin may be
	 * refused; take is called while client->status is 0. */
	enum outcome (*begin)(struct client *client);
	enum outcome (*take)(struct client *client, const char *data,
			     size_t len);
};

enum MHD_Result request_handle(void *cls, struct MHD_Connection *connection,
			       const char *url, const char *method,
			       const char *version, const char *upload_data,
			       size_t *upload_data_size, void **req_cls);
void request_completed(void *cls, struct MHD_Connection *connection,
		       void **req_cls, enum MHD_RequestTerminationCode code);

/* Find the endpoint, check the method and who asks. */
enum outcome route_find(struct client *client, const char *url,
			const char *method);
/* url is behind NNI_ROOT. */
enum outcome nni_find(struct client *client, const char *url,
		      const char *method);
#define NNI_ROOT "/api/v1/nni-pai/"

enum outcome code_get(struct client *client);

/* ---- output.c */
enum outcome output_begin(struct client *client);
enum outcome output_take(struct client *client, const char *data, size_t len);
enum outcome output_handle(struct client *client);
/* The request is over, and its file is not. */
void output_drop(struct client *client);

/* Put the request's body into the report's text. */
void client_take_body(struct client *client);

/* Hand the filled report to the engine; the connection is suspended. */
void sideport_submit(struct client *client);

/* ---- answer.c --------------------------------------------------------- */

enum outcome client_fail(struct client *client, int status, const char *format,
			 ...) __attribute__((format(printf, 3, 4)));
/* 413 for what is too big, 400 for what is wrong, 500 for NNI. */
enum outcome client_fail_error(struct client *client, const struct error *err);

struct answers {
	struct MHD_Response *ok, *ok_nni, *health;
};

bool answers_init(struct answers *answers, struct error *err);
void answers_release(struct answers *answers);
/* client->status 200 or a failure. */
enum MHD_Result answer_send(struct client *client);
/* Takes body (malloc'd). */
enum outcome answer_send_text(struct client *client, const char *type,
			      char *body);
enum outcome answer_send_static(struct client *client,
				struct MHD_Response *response);
/* A complete response for a connection that is cut. */
extern const char answer_timeout[];

/* ---- the whole -------------------------------------------------------- */

struct output_account;
struct output_upload;

struct outputs {
	pthread_mutex_t mutex;
	char *folder; /* NULL: none are taken */
	int64_t limit_bytes;
	struct output_account *accounts;
	struct output_upload *uploads; /* under way */
	char fault[300];	       /* "": none */
	bool is_fault_new;
	atomic_bool is_reading; /* a thread reads a whole file */
};

struct sideport {
	struct MHD_Daemon *daemon;
	int listen_fd;
	uint16_t port;
	int request_ms;
	bool is_tls;
	char *cert_pem, *key_pem; /* libmicrohttpd does not copy them */
	char *experiment_id;
	void (*wake)(void *arg);
	void *wake_arg;
	struct table table;
	struct answers answers;
	struct outputs outputs;

	pthread_mutex_t mutex; /* the queue, prometheus, code, is_stopping */
	struct report *first, **last;
	struct MHD_Response *prometheus;
	char *code_path; /* NULL: none */
	bool is_stopping;
	pthread_cond_t idle;  /* busy has become 0 */
	atomic_bool is_ready; /* the engine has looked once */
	_Atomic size_t queued_bytes;
	_Atomic int busy; /* whole requests not yet answered */

	pthread_mutex_t clients_mutex;
	struct client *clients;
	pthread_cond_t clients_changed; /* the first came, or is_closing */
	bool is_closing;
	pthread_t watcher;
};

#endif
