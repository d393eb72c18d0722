/* SPDX-License-Identifier: MIT */
/*
 * The engine: one thread that runs one experiment.
 *
 * It alone writes the store (but for appended commands).  It is told what to
 * do by commands in the store; engine_wake says "look now".  It says "look
 * now" to the screen through a descriptor.  Killing it at any moment loses
 * nothing: engine_start on the same experiment takes it up again.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct engine;

struct engine_options {
	const char *db_path;
	int64_t experiment; /* key */
	int side_port;	    /* wanted port, 0: any free one */
	bool keep_open; /* stay for commands after the experiment has ended */
};

/* Take the experiment's lock, recover, start the thread.  ERROR_CONFLICT when
 * another process runs it. */
bool engine_start(const struct engine_options *options,
		  struct engine **ret_engine, struct error *err);
/* A command was appended.  Thread: any. */
void engine_wake(struct engine *engine);
/* Becomes readable after commits; drain with wake_drain.  Thread: any. */
int engine_notice_fd(const struct engine *engine);
/* Has its thread ended by itself (experiment over, keep_open false)? */
bool engine_is_finished(const struct engine *engine);
/* Nobody will ask for more: end by itself from now on, as with keep_open
 * false.  Thread: any. */
void engine_let_end(struct engine *engine);
/* Wait until it has ended by itself. */
void engine_wait(struct engine *engine);
/* The fault that keeps the engine from writing (a full disk, ...), and since
 * when (wall ns); false when there is none.  Thread: any. */
bool engine_fault(struct engine *engine, char *text, size_t size,
		  int64_t *ret_since_ns);
/* Leave the experiment as it is, its trials running, and end the thread: the
 * next engine_start adopts them.  Frees. */
void engine_leave(struct engine *engine);

#endif
