/* SPDX-License-Identifier: MIT */
/*
 * Which place each trial had, as far as times tell: the lowest that is free
 * when it is submitted, so that as many places are needed as trials were there
 * at once.  Pure; of order n log n, on nearly sorted times n log places.
 */
#ifndef TUI_TIMELINE_SLOTS_H
#define TUI_TIMELINE_SLOTS_H

#include "tui/trial_index.h"

#include <stdint.h>

#define TIMELINE_NO_SLOT UINT32_MAX /* was not submitted yet */

struct timeline_slots {
	uint32_t *slots; /* by sequence; owned */
	size_t count, capacity;
	size_t slot_count;
	int64_t first_ns, last_ns; /* earliest submission, latest end */
	int64_t seen_ns;	   /* latest of all times; 0: none */
};

void timeline_slots_release(struct timeline_slots *slots);
void timeline_slots_assign(struct timeline_slots *slots,
			   const struct trial_index *index, int64_t now_ns);

#endif
