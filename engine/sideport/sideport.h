/* SPDX-License-Identifier: MIT */
/*
 * The side port: where trials, keepers and NNI's trial_keeper report.
 *
 * libmicrohttpd's threads accept, limit, authenticate and parse; a finished
 * report waits in a queue (and its connection is suspended) until the engine
 * takes it, commits, and answers.  So a 200 means: on disk.
 */
#ifndef ENGINE_SIDEPORT_SIDEPORT_H
#define ENGINE_SIDEPORT_SIDEPORT_H

#include "base/error.h"
#include "model/metric.h"

#include <stdint.h>

struct sideport;

enum report_kind {
	REPORT_METRICS, /* metrics to store */
	REPORT_LOG,	/* text: bytes for role's log */
	REPORT_STATUS,	/* the keeper's final word: exit code */
	REPORT_VERSION, /* NNI's version check: text is its tag or message */
};

/* What a keeper says of the files its command left. */
struct report_outputs {
	bool is_said;
	int64_t files, bytes; /* that it sent */
	int64_t left_out;     /* that it did not */
	int64_t waited_s;     /* until somebody took them */
	char note[200];	      /* why, of the first; not safe for a screen */
};

/* One request, parsed; made on an HTTP thread, owned by the engine from
 * sideport_take to sideport_answer. */
struct report {
	struct report *next;
	enum report_kind kind;
	int64_t trial; /* key */
	int attempt;
	struct metrics metrics;
	char *text; /* LOG, VERSION: owned, NUL-terminated */
	size_t len;
	char role[32];	/* LOG: "stdout", "stderr", "keeper" */
	int64_t offset; /* LOG: position of the first byte, -1 unknown */
	int exit_code;	/* STATUS */
	char pod[254];	/* STATUS: the keeper's; "": it is in none */
	struct report_outputs outputs; /* STATUS */
	bool is_nni;	  /* came by NNI's protocol: sequence per NNI */
	void *connection; /* the suspended connection; the side port's */
};

struct sideport_options {
	/* "127.0.0.1" (NULL too), "0.0.0.0", "::" (IPv4 too), or "*": all of
	 * IPv4 and, where the kernel has it, of IPv6 */
	const char *bind;
	uint16_t port;		   /* 0: any free one */
	const char *experiment_id; /* in NNI's paths */
	int threads;		   /* HTTP threads, 0: 2 */
	int request_ms;		   /* time for a request to arrive, 0: 15 s */
	int connections; /* at once, 0: 1024, or what open files allow */
	/* Both or none, in PEM: HTTPS only (TLS 1.2 and 1.3, with forward
	 * secrecy).  See certificate.h. */
	const char *cert_pem, *key_pem;
	/* Called on an HTTP thread when the queue turns non-empty. */
	void (*wake)(void *arg);
	void *wake_arg;
};

/* Limits (all answered with a clear status, never by growing):
 * body 8 MiB (413), header 8 KiB (431), 1024 connections, 15 s for a request
 * to arrive whole (with TLS a connection is closed then, without words; an
 * archive of code has longer to leave, while it moves), 64 MiB waiting in the
 * queue (503 with Retry-After). */
bool sideport_start(const struct sideport_options *options,
		    struct sideport **ret, struct error *err);
/* Answers whatever waits with 503 and frees.  The caller has answered every
 * report it has taken.  wake may be called until this returns. */
void sideport_stop(struct sideport *sideport);
uint16_t sideport_port(const struct sideport *sideport);

/* Let an attempt report from now on.  Native endpoints need the token; NNI's
 * endpoints name the trial by id and have none (nni.md 5.1), so they are
 * accepted only while allow_nni is set and, from other hosts, never wrong by
 * more than that trial.  parameters is what GET /v1/parameters answers.
 * Thread: engine.  Copies everything. */
void sideport_allow(struct sideport *sideport, int64_t trial, int attempt,
		    const char *trial_id, const char *token,
		    const char *parameters, bool allow_nni);
void sideport_forbid(struct sideport *sideport, int64_t trial, int attempt);

/* The file that GET /v1/code answers (with a token), NULL: none, 404.  Opened
 * for each request; replace it by renaming only.  Copies.  Thread: engine. */
void sideport_set_code(struct sideport *sideport, const char *path);

/* Where PUT /v1/output puts what trials leave behind: in this folder, made when
 * it is needed, in <trial>[-<attempt>]/, at most limit_bytes of each attempt.
 * NULL: nowhere, 404.  Copies.  Thread: engine. */
void sideport_set_outputs(struct sideport *sideport, const char *folder,
			  int64_t limit_bytes);
/* Why outputs cannot be stored at the moment; "": they can.  True when that has
 * changed since the last call (wake was called then).  Thread: any. */
bool sideport_outputs_fault(struct sideport *sideport, char *ret, size_t size);

/* Take everything that waits, oldest first.  Thread: engine.
 * Until the first call unknown tokens and trials are answered 503 instead of
 * 401 and 404, since the engine may not have allowed them yet. */
struct report *sideport_take(struct sideport *sideport);
/* Answer one report, which is gone afterwards: 200 when status is 200, else
 * that status with err's text as {"error": "..."} (retry after 1 s for 503). */
void sideport_answer(struct sideport *sideport, struct report *report,
		     int status, const char *error_text);

/* Replace the text that GET /metrics answers (Prometheus exposition format,
 * complete).  Copies.  Thread: engine. */
void sideport_set_prometheus(struct sideport *sideport, const char *text);

#endif
