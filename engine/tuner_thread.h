/* SPDX-License-Identifier: MIT */
/*
 * A tuner that may take long, on a thread of its own.
 *
 * What the engine tells it is queued and told in that order; the engine never
 * waits.  Proposals are asked for and come back later, with a count that says
 * how much the tuner knew when it made them:
 *
 *     tuner_thread_observe(thread, 3, &result);
 *     tuner_thread_ask(thread, 4);
 *     ...woken...
 *     if (tuner_thread_take(thread, &proposal))
 *             is_fresh = proposal.knows == tuner_thread_calls(thread);
 *
 * All functions are the engine thread's; `wake` is called on the tuner's.
 */
#ifndef ENGINE_TUNER_THREAD_H
#define ENGINE_TUNER_THREAD_H

#include "base/error.h"
#include "engine/tuner/tuner.h"

#include <stdint.h>

struct tuner_thread;

/* What it proposed for a number.  Owns what it points at. */
struct tuner_proposal {
	int64_t number;
	enum tuner_outcome outcome;
	struct error err; /* TUNER_FAILED */
	struct tuner_suggestion suggestion;
	char *state;	/* what describe said just then, or NULL */
	uint64_t knows; /* of the calls below, so many were made before */
};

void tuner_proposal_release(struct tuner_proposal *proposal);

/* The tuner is the thread's from here on, on failure, too (it is closed then).
 * width: the space's count. */
struct tuner_thread *tuner_thread_start(struct tuner *tuner, size_t width,
					void (*wake)(void *arg), void *arg,
					struct error *err);
/* Waits for the call under way, forgets those queued, closes the tuner.  NULL
 * is fine. */
void tuner_thread_stop(struct tuner_thread *thread);

/* The tuner's calls (tuner.h).  What they point at is copied. */
void tuner_thread_adopt(struct tuner_thread *thread, int64_t number,
			const double *point);
void tuner_thread_observe(struct tuner_thread *thread, int64_t number,
			  const struct tuner_result *result);
void tuner_thread_ended(struct tuner_thread *thread, int64_t number,
			enum trial_state state);
void tuner_thread_import(struct tuner_thread *thread, const double *point,
			 const struct tuner_result *result);
/* How many of these there were. */
uint64_t tuner_thread_calls(const struct tuner_thread *thread);

/* Propose suggestion `number`, knowing all calls so far.  What was asked before
 * and has not begun is forgotten: this is newer. */
void tuner_thread_ask(struct tuner_thread *thread, int64_t number);
/* The newest proposal that was not taken yet.  False: there is none. */
bool tuner_thread_take(struct tuner_thread *thread, struct tuner_proposal *ret);

#endif
