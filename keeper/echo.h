/* SPDX-License-Identifier: MIT */
/*
 * Markers: metrics by way of the pod's log, for when the side port cannot be
 * reached.  The console reads them there:
 *
 *     @trialdeck:metric {"name":"loss",...}     one line of the spool
 *     @trialdeck:more {"name":"long","va        first pieces of a long one,
 *     @trialdeck:metric lue":...}               and its last
 *     @trialdeck:end {"code":0}                 nothing comes after this
 *
 * Metrics are numbered, so one that comes this way and through the side port
 * counts once.  Everything is read back from the spool: nothing is lost
 * between the two ways, and little is kept in memory.  Thread: main.
 */
#ifndef KEEPER_ECHO_H
#define KEEPER_ECHO_H

#include "keeper/deliver.h"
#include "keeper/spool.h"
#include "keeper/tee.h"

enum echo_mode {
	ECHO_NEVER,
	ECHO_AUTO,   /* while delivery fails */
	ECHO_ALWAYS, /* every line, at once */
};

/* Runtimes split lines at 16 KiB. */
#define ECHO_PIECE_MAX (12U << 10)

struct echo {
	enum echo_mode mode;
	struct spool *spool;
	struct deliver *deliver;
	struct tee *tee;
	int64_t offset; /* of the spool, echoed up to here */
	struct buffer lines;
};

void echo_init(struct echo *echo, enum echo_mode mode, struct spool *spool,
	       struct deliver *deliver, struct tee *tee);
/* Echo what is due and finds room.  False when nothing is left that is due. */
bool echo_pump(struct echo *echo);
/* The last words, once delivery has ended: whatever has not been delivered is
 * due.  Call while it returns true, with tee_drain between. */
bool echo_finish(struct echo *echo);
/* The last line, if one is due. */
void echo_end(struct echo *echo, int code);

#endif
