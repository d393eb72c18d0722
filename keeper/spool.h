/* SPDX-License-Identifier: MIT */
/*
 * spool.ndjson: every metric of the attempt, one JSON object a line, written
 * before anything is sent.  The main thread appends; the delivering thread
 * syncs and reads.  While the disk is full, lines wait in memory (bounded).
 */
#ifndef KEEPER_SPOOL_H
#define KEEPER_SPOOL_H

#include "keeper/buffer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define SPOOL_MAX_BYTES (256LL << 20)
/* One NNI object of a megabyte and its wrapping must fit. */
#define SPOOL_PENDING_MAX_BYTES (4U << 20)

struct spool {
	int fd;
	bool is_full;	       /* over SPOOL_MAX_BYTES: noted once */
	bool has_failed;       /* the last write failed: noted once */
	struct buffer pending; /* main thread: lines not yet in the file */
	pthread_mutex_t mutex; /* guards size */
	pthread_cond_t grown;  /* CLOCK_MONOTONIC */
	int64_t size;	       /* bytes of whole lines in the file */
};

bool spool_open(struct spool *spool, int dir_fd);
/* Write what is pending.  Thread: main. */
void spool_flush(struct spool *spool);

#endif
