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

#include <stdint.h>

/* Batches are whole lines, at least one, together at most about this. */
#define DELIVER_BATCH_BYTES (1U << 20)
#define DELIVER_BACKOFF_MIN_MS 200
#define DELIVER_BACKOFF_MAX_MS 10000
#define DELIVER_BACKOFF_LAST_MS 500 /* once the command has ended */
/* How long it goes on after the command's end, unless told otherwise. */
#define DELIVER_LINGER_S 10

struct deliver {
	struct spool *spool;
	const char *url;      /* fixed address, or NULL */
	const char *url_file; /* file that holds the address, or NULL */
	const char *token;
	int offset_fd; /* spool.offset */
	struct http http;
	struct buffer batch;
	int64_t offset;	      /* delivered (or given up) up to here */
	bool has_address;     /* the last look for one found something */
	int64_t single_until; /* lines up to here go one by one */
	/* guarded by spool->mutex */
	bool is_finishing; /* the command has ended: exit_code is set */
	bool is_done;
	int exit_code;
	pthread_cond_t done;
	pthread_t thread;
	bool has_thread;
};

/* Without an address nothing is started and deliver_finish returns at once. */
void deliver_start(struct deliver *deliver, struct spool *spool, int dir_fd,
		   const char *url, const char *url_file, const char *token);
/* Tell the exit code, deliver the rest, wait at most linger_s seconds; not at
 * all when there is no address to be found. */
void deliver_finish(struct deliver *deliver, int exit_code, int linger_s);

#endif
