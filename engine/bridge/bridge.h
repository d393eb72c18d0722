/* SPDX-License-Identifier: MIT */
/*
 * NNI's tuners, assessors and advisors in Python, driven as they are: one
 * dispatcher process and the conversation with it (nni.md 6).
 *
 * Everything happens on the loop; nothing waits for Python.  A process that
 * ends, breaks the protocol or does not answer in time is started again, with
 * growing pauses, and told its history anew (`ready`); one that keeps ending
 * soon after its start is given up until bridge_go_on.
 *
 * All versions run as they are released, each with its own framing
 * (message.h): the process says its version before anything else.
 */
#ifndef ENGINE_BRIDGE_BRIDGE_H
#define ENGINE_BRIDGE_BRIDGE_H

#include "engine/loop.h"

#include <stdbool.h>
#include <stddef.h>

#define BRIDGE_PATIENCE_MS (10 * 60 * 1000) /* for an answer, unless said */

struct bridge;

struct bridge_options {
	struct loop *loop;
	const char *noun;   /* for messages: "tuner TPE" */
	const char *python; /* pythonPath, or NULL */
	/* the experiment's folder; log_folder and checkpoint/ are made in it */
	const char *folder;
	const char *log_folder; /* "log": for its dispatcher.log */
	/* {"tuner": {...}} and so on, NNI's second form; an advisor under
	 * "advisor" */
	const char *params;
	const char *space; /* JSON; "{}" for none */
	const char *log_level;
	const char *devices; /* CUDA_VISIBLE_DEVICES; "" */
	bool is_resumed;
	bool has_intermediates;
	bool may_be_silent; /* advisors need not answer requests */
	int64_t patience_ms;
};

/* All from the loop, never from inside a call of bridge_*. */
struct bridge_callbacks {
	/* It has taken the search space and knows nothing else yet.  version:
	 * of nni. */
	void (*ready)(void *arg, const char *version);
	/* A trial's parameter.cfg (TR), borrowed. */
	void (*trial)(void *arg, const char *text, size_t len);
	/* missing: how many of those asked for. */
	void (*no_more)(void *arg, int missing);
	void (*stop)(void *arg, const char *trial); /* KI */
	/* It is down; everything asked of it is forgotten.  gives_up: it is not
	 * started again before bridge_go_on. */
	void (*down)(void *arg, const char *problem, bool gives_up);
	/* Worth an event. */
	void (*notice)(void *arg, const char *text);
	/* After bridge_finish: its process is gone. */
	void (*gone)(void *arg);
	void *arg;
};

/* Starts with the loop's next turn. */
struct bridge *bridge_new(const struct bridge_options *options,
			  const struct bridge_callbacks *callbacks);
/* Is it up, and told its history? */
bool bridge_is_up(const struct bridge *bridge);
/* Send a command; of one that is not up nothing is kept. */
void bridge_send(struct bridge *bridge, const char *code, const char *text);
/* Another search space: told to it (SS), and to every process that is started
 * from now on. */
void bridge_set_space(struct bridge *bridge, const char *space);
/* Ask for trials (GE); answers are `trial` and `no_more`. */
void bridge_ask(struct bridge *bridge, int count);
/* So many of those asked for have neither come nor been refused. */
int bridge_asked(const struct bridge *bridge);
/* Whoever gave up tries again, at once. */
void bridge_go_on(struct bridge *bridge);
/* TE, and 30 s for the process to end; then it is killed.  `gone` follows. */
void bridge_finish(struct bridge *bridge);
bool bridge_is_gone(const struct bridge *bridge);
/* At once: TE, at most wait_ms for it to end (this call waits), then KILL. */
void bridge_free(struct bridge *bridge, int wait_ms);

#endif
