/* SPDX-License-Identifier: MIT */
/*
 * Events and commands: what happened, and what somebody asked for.
 * An event is one line of an experiment's journal.  A command is a request
 * with exactly one recorded outcome.
 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum event_level { EVENT_INFO, EVENT_WARNING, EVENT_ERROR };

/* Owns its char pointers. */
struct event {
	int64_t key;
	int64_t experiment;
	int64_t trial; /* key, or 0 */
	int attempt;   /* or 0 */
	int64_t at_ns;
	enum event_level level;
	char kind[24]; /* "trial-started", "command", "fault", ... */
	char *text;    /* one line, made safe */
};

void event_release(struct event *event);

enum command_verb {
	COMMAND_KILL,	 /* trial; 0 means every live trial */
	COMMAND_RESTART, /* trial; 0 means every failed trial */
	COMMAND_PAUSE,
	COMMAND_RESUME, /* of a paused experiment */
	/* end as STOPPED: cancel what runs, or with argument
	 * COMMAND_STOP_LEAVE let it finish */
	COMMAND_STOP,
	COMMAND_SET,	   /* argument "concurrency=4" and the like */
	COMMAND_ADD_TRIAL, /* argument: parameters JSON */
	COMMAND_ACT,	   /* trial; argument: model/action.h */
	/* argument: {"searchSpace": {...}, "classArgs": {...}}, either or both;
	 * a class argument that is null goes back to what the tuner has */
	COMMAND_CHANGE,
	COMMAND_VERB_COUNT
};

#define COMMAND_STOP_LEAVE "leave"

enum command_state { COMMAND_PENDING, COMMAND_DONE, COMMAND_REFUSED };

/* Owns its char pointers. */
struct command {
	int64_t key;
	int64_t experiment;
	int64_t trial;
	enum command_verb verb;
	char *argument;
	char *asked_by; /* "user@host pid 123 (console)" */
	int64_t asked_ns;
	enum command_state state;
	char *outcome; /* what was done, or why not */
	int64_t answered_ns;
};

void command_release(struct command *command);
/* "unknown" for COMMAND_VERB_COUNT. */
const char *command_verb_name(enum command_verb verb);
bool command_verb_parse(const char *name, enum command_verb *ret_verb);

/* The knobs COMMAND_SET knows: "concurrency", "max-trials", "max-duration",
 * "max-trial-duration", "max-retries".  Checks name and value; durations take
 * NNI's forms ("1.5h", seconds).  *ret_value in the knob's unit (seconds for
 * durations; 0 for "none"). */
bool knob_parse(const char *assignment, char *ret_name, size_t name_size,
		int64_t *ret_value, struct error *err);
/* NNI's durations: number plus s m h d, or whole seconds; rounded up. */
bool duration_parse(const char *text, int64_t *ret_seconds, struct error *err);

#endif
