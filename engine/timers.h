/* SPDX-License-Identifier: MIT */
/*
 * The loop's timers: a binary heap, so that thousands of calls that wait for
 * their next try cost nothing to those that do not.  Timers of the same moment
 * keep the order they were set in.  Thread: the loop's.
 */
#ifndef ENGINE_TIMERS_H
#define ENGINE_TIMERS_H

#include <stddef.h>
#include <stdint.h>

struct loop_timer {
	int64_t at_ns;	 /* monotonic */
	uint64_t number; /* order of those that are due together */
	size_t place;	 /* in the heap; TIMER_OUT: not there any more */
	void (*fn)(void *arg);
	void *arg;
};

#define TIMER_OUT SIZE_MAX

/* Zeroed: empty. */
struct timers {
	struct loop_timer **heap; /* earliest first */
	size_t count, capacity;
	uint64_t next_number;
};

/* Owned by the heap until removed; then the caller's to free. */
struct loop_timer *timers_add(struct timers *timers, int64_t at_ns,
			      void (*fn)(void *arg), void *arg);
/* Takes it out if it is in. */
void timers_remove(struct timers *timers, struct loop_timer *timer);
/* The earliest, or NULL.  Stays in. */
struct loop_timer *timers_first(const struct timers *timers);
/* Frees all that are in. */
void timers_release(struct timers *timers);

#endif
