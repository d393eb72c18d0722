/* SPDX-License-Identifier: MIT */
/* The two clocks.  Thread: any. */
#ifndef KEEPER_CLOCK_H
#define KEEPER_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Milliseconds since some start, for waiting. */
static inline int64_t mono_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

#endif
