/* SPDX-License-Identifier: MIT */
/* Private to bridge.c (what is said) and bridge_life.c (the process). */
#ifndef ENGINE_BRIDGE_BRIDGE_PRIVATE_H
#define ENGINE_BRIDGE_BRIDGE_PRIVATE_H

#include "base/strbuf.h"
#include "engine/bridge/bridge.h"
#include "engine/bridge/channel.h"
#include "engine/bridge/process.h"
#include "engine/platform/local_child.h"

#include <sys/types.h>

#define PROBLEM_SIZE 400

enum bridge_state {
	BRIDGE_PAUSED,	 /* will be started by the timer */
	BRIDGE_STARTING, /* has not said its version */
	BRIDGE_GREETING, /* has been told the space */
	BRIDGE_UP,
	BRIDGE_DYING, /* of no use; its end is awaited */
	BRIDGE_FINISHING,
	BRIDGE_GIVEN_UP,
	BRIDGE_GONE,
};

struct bridge {
	struct bridge_callbacks user;
	struct loop *loop;
	char *noun, *python, *log_folder, *checkpoints, *log_path;
	char *params, *space, *log_level, *devices;
	bool is_resumed, has_intermediates, may_be_silent;
	int64_t patience_ms;

	enum bridge_state state;
	struct channel *channel;
	pid_t pid;
	struct local_child *child;
	int hello_fd;
	struct loop_watch *hello_watch;
	struct strbuf hello;
	struct process_hello said;
	struct loop_timer *timer; /* the state's own */
	struct loop_timer *pinging;
	int64_t started_ns;
	int64_t log_from; /* where its part of the log begins */
	bool is_killed;	  /* by us */
	int crashes;
	char problem[PROBLEM_SIZE]; /* what is known of the end so far */
	/* in which an answer is due; 0: none is */
	int64_t due_ns;
	uint64_t signs;	  /* of life, at the last look */
	int64_t signs_ns; /* when they changed, or nothing was to be sent */
	int asked;	  /* of the last request, unanswered */
};

/* ---- bridge_life.c ---- */
void bridge_start(void *bridge); /* a timer's function */
/* One timer at a time: what the state waits for. */
void bridge_set_timer(struct bridge *bridge, int64_t ms, loop_timer_fn *fn);
/* The first thing known of a failure is kept. */
void bridge_note_problem(struct bridge *bridge, const char *text);
/* Close all that comes from the process. */
void bridge_stop_hearing(struct bridge *bridge);
void bridge_kill_due(void *bridge); /* a timer's function */

/* ---- bridge.c: what the channel calls ---- */
void bridge_on_command(void *arg, const char *code, const char *payload,
		       size_t len);

#endif
