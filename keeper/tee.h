/* SPDX-License-Identifier: MIT */
/*
 * The container's own output: what the command writes, and marker lines.
 *
 * In a pod descriptors 1 and 2 are pipes that the container runtime reads;
 * what goes there is the pod's log.  The command's output is passed on in
 * whole lines, so that a marker (echo.h) never lands inside one:
 *
 *  - an unfinished line is held back for TEE_PARTIAL_MS or TEE_PARTIAL_MAX
 *    bytes, then passed on as it is; a marker that comes before its end ends
 *    that line first;
 *  - a line of the command that begins like a marker ("@trialdeck:") gets a
 *    blank in front: only the keeper writes markers.
 *
 * Descriptors never block.  While the runtime reads slowly the command waits,
 * as it would with any pipe (tee_has_room); when it has not read anything for
 * TEE_STALL_MS the command goes on and its output is left out here, with a line
 * that says how much.  The files of the attempt have all of it.  A closed
 * descriptor swallows everything.  Thread: main.
 */
#ifndef KEEPER_TEE_H
#define KEEPER_TEE_H

#include "keeper/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEE_MARK "@trialdeck:"
#define TEE_PARTIAL_MS 200
#define TEE_PARTIAL_MAX 16384
#define TEE_ROOM_BYTES (256U << 10)
#define TEE_STALL_MS 10000
/* How long the last lines may take at the end. */
#define TEE_DRAIN_MS 5000

struct tee_stream {
	int fd;		       /* -1: closed over there, or no tee at all */
	struct buffer queue;   /* to be written */
	struct buffer partial; /* a line that has not ended yet */
	int64_t partial_ms;    /* when its first byte came */
	bool is_mid_line;      /* the queue's last byte is inside a line */
	int64_t progress_ms;   /* something was written, or the queue empty */
	bool is_stalled;
	int64_t left_out; /* bytes, since it stalled */
};

struct tee {
	struct tee_stream streams[2]; /* 0: stdout, 1: stderr */
};

/* Take the two descriptors over; -1 or a closed one: nothing is passed on. */
void tee_init(struct tee *tee, int stdout_fd, int stderr_fd);
/* Pass on what the command wrote to stream 0 or 1. */
void tee_feed(struct tee *tee, int stream, const char *data, size_t len);
/* The command writes no more: an unfinished line is one. */
void tee_end(struct tee *tee, int stream);
/* A line of our own on stdout.  The caller asks tee_takes_marker first. */
void tee_marker(struct tee *tee, const char *text, size_t len);
bool tee_takes_marker(const struct tee *tee);
/* May more be read from the command?  Always, while stalled. */
bool tee_has_room(const struct tee *tee, int stream);
/* Write what can be written now, let go of old unfinished lines. */
void tee_pump(struct tee *tee);
/* What to poll for output: -1 when nothing waits to be written. */
int tee_fd(const struct tee *tee, int stream);
/* Write everything.  False when nothing moved for TEE_DRAIN_MS. */
bool tee_drain(struct tee *tee);

#endif
