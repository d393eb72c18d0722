/* SPDX-License-Identifier: MIT */
/* Timers in a binary heap. */
#include "engine/timers.h"

#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>

static bool is_before(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->at_ns < b->at_ns ||
	       (a->at_ns == b->at_ns && a->number < b->number);
}

static void put(struct timers *timers, size_t place, struct loop_timer *timer)
{
	timers->heap[place] = timer;
	timer->place = place;
}

static void sift_up(struct timers *timers, size_t place,
		    struct loop_timer *timer)
{
	while (place) {
		size_t parent = (place - 1) / 2;

		if (!is_before(timer, timers->heap[parent]))
			break;
		put(timers, place, timers->heap[parent]);
		place = parent;
	}
	put(timers, place, timer);
}

static void sift_down(struct timers *timers, size_t place,
		      struct loop_timer *timer)
{
	for (;;) {
		size_t child = 2 * place + 1;

		if (child >= timers->count)
			break;
		if (child + 1 < timers->count &&
		    is_before(timers->heap[child + 1], timers->heap[child]))
			child++;
		if (!is_before(timers->heap[child], timer))
			break;
		put(timers, place, timers->heap[child]);
		place = child;
	}
	put(timers, place, timer);
}

struct loop_timer *timers_add(struct timers *timers, int64_t at_ns,
			      void (*fn)(void *arg), void *arg)
{
	struct loop_timer *timer = xcalloc(1, sizeof(*timer));

	timer->at_ns = at_ns;
	timer->number = timers->next_number++;
	timer->fn = fn;
	timer->arg = arg;
	ARRAY_RESERVE(timers->heap, timers->count, timers->capacity);
	sift_up(timers, timers->count++, timer);
	return timer;
}

void timers_remove(struct timers *timers, struct loop_timer *timer)
{
	size_t place = timer->place;
	struct loop_timer *last;

	if (place == TIMER_OUT)
		return;
	timer->place = TIMER_OUT;
	last = timers->heap[--timers->count];
	if (last == timer)
		return;
	if (is_before(last, timer))
		sift_up(timers, place, last);
	else
		sift_down(timers, place, last);
}

struct loop_timer *timers_first(const struct timers *timers)
{
	return timers->count ? timers->heap[0] : NULL;
}

void timers_release(struct timers *timers)
{
	for (size_t i = 0; i < timers->count; i++)
		free(timers->heap[i]);
	free(timers->heap);
	*timers = (struct timers){0};
}
