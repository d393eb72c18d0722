/* SPDX-License-Identifier: MIT */
/*
 * The delivering thread: from the spool to the side port.
 *
 * It owns the connection and spool.offset.  A batch is answered with 200 only
 * when it is on the console's disk; everything else is tried again, or given
 * up where trying again cannot help.  Giving up loses nothing on this machine:
 * the console reads the whole spool when the attempt has ended.
 */
#ifndef KEEPER_DELIVER_H
#define KEEPER_DELIVER_H

#include "keeper/http.h"
#include "keeper/spool.h"
#include "keeper/target.h"
#include "keeper/upload.h"

#include <stdint.h>

/* Batches are whole lines, at least one, together at most about this. */
#define DELIVER_BATCH_BYTES (1U << 20)
#define DELIVER_BACKOFF_MIN_MS 200
#define DELIVER_BACKOFF_MAX_MS 10000
#define DELIVER_BACKOFF_LAST_MS 500 /* once the command has ended */
/* With files that wait for somebody who takes them, after so many tries. */
#define DELIVER_BACKOFF_AWAY_MS 5000
#define DELIVER_AWAY_ATTEMPTS 20
/* How long it goes on after the command's end, unless told otherwise. */
#define DELIVER_LINGER_S 10
/* Failures in a row after which the pod's log has to do, once the command has
 * ended. */
#define DELIVER_ECHO_ATTEMPTS 3

struct deliver_options {
	struct spool *spool;
	int dir_fd; /* spool.offset is kept there */
	struct target target;
	const char *token; /* or NULL */
	const char *pod;   /* name of the one it runs in, or NULL */
	bool has_echo;	   /* metrics have a second way, the pod's log */
};

/* What others see of it. */
struct deliver_state {
	int64_t delivered; /* the spool has been delivered up to here */
	bool is_failing;   /* the last attempt failed, or there is none */
	bool is_done;	   /* it will not try any more */
	bool is_complete;  /* every metric and then the status were taken */
	bool has_outputs;  /* files are left to be sent */
	int64_t moved;	   /* grows while outputs move */
};

struct deliver {
	struct deliver_options options;
	int wake_fd;   /* readable: state has changed; the main thread's */
	int offset_fd; /* spool.offset */
	struct http http;
	struct buffer batch;
	int64_t offset;	      /* delivered (or given up) up to here */
	bool has_address;     /* the last look for one found something */
	int64_t single_until; /* lines up to here go one by one */
	int failures;	      /* in a row */
	/* guarded by spool->mutex */
	struct deliver_state state;
	bool is_finishing; /* the command has ended: exit_code is set */
	bool has_outputs;  /* files are left to be sent: worth waiting */
	bool may_post_status;
	int exit_code;
	struct upload upload; /* the main thread's until is_finishing */
	_Atomic int64_t moved;
	pthread_t thread;
	bool has_thread;
};

/* Without an address no thread is started. */
void deliver_start(struct deliver *deliver,
		   const struct deliver_options *options);
struct deliver_state deliver_state(struct deliver *deliver);
/* The command has ended: deliver the rest, then what it left behind, then the
 * exit code as the proof that nothing is missing; is_whole unset: something
 * is, it did not even get into the spool.  Does not wait: wake_fd tells when
 * it is done. */
void deliver_finish(struct deliver *deliver, int exit_code, bool is_whole,
		    const struct upload_options *outputs);

#endif
