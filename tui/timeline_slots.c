/* SPDX-License-Identifier: MIT */
/* Two heaps: of places by when they become free, and of free places by their
 * number. */
#include "tui/timeline_slots.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct item {
	int64_t key;
	uint32_t slot;
};

struct heap {
	struct item *items;
	size_t count, capacity;
};

static void heap_push(struct heap *heap, int64_t key, uint32_t slot)
{
	size_t at = heap->count;

	ARRAY_RESERVE(heap->items, heap->count, heap->capacity);
	heap->count++;
	while (at > 0 && heap->items[(at - 1) / 2].key > key) {
		heap->items[at] = heap->items[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap->items[at] = (struct item){key, slot};
}

static struct item heap_pop(struct heap *heap)
{
	struct item top = heap->items[0];
	struct item last = heap->items[--heap->count];
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count &&
		    heap->items[child + 1].key < heap->items[child].key)
			child++;
		if (heap->items[child].key >= last.key)
			break;
		heap->items[at] = heap->items[child];
		at = child;
	}
	if (heap->count)
		heap->items[at] = last;
	return top;
}

void timeline_slots_release(struct timeline_slots *slots)
{
	free(slots->slots);
	memset(slots, 0, sizeof(*slots));
}

struct start {
	int64_t at_ns;
	uint32_t sequence;
};

static int compare_starts(const void *left, const void *right)
{
	const struct start *a = left, *b = right;

	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns ? -1 : 1;
	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

/* Trials in the order of their submission.  They are numbered in it but for
 * those that ran again, so sorting is rarely needed. */
static size_t list_starts(struct timeline_slots *slots,
			  const struct trial_index *index,
			  struct start *ret_starts)
{
	size_t count = 0;
	bool is_sorted = true;

	for (size_t i = 0; i < index->count; i++) {
		const struct trial_row *row = &index->rows[i];

		slots->slots[i] = TIMELINE_NO_SLOT;
		if (!(row->flags & ROW_LOADED) || !row->submitted_ns)
			continue;
		ret_starts[count] =
			(struct start){row->submitted_ns, (uint32_t)i};
		is_sorted &= !count ||
			     ret_starts[count - 1].at_ns <= row->submitted_ns;
		count++;
	}
	if (!is_sorted)
		qsort(ret_starts, count, sizeof(*ret_starts), compare_starts);
	return count;
}

void timeline_slots_assign(struct timeline_slots *slots,
			   const struct trial_index *index, int64_t now_ns)
{
	struct start *starts = xcalloc(index->count + 1, sizeof(*starts));
	struct heap busy = {0}, idle = {0};
	size_t count;

	if (index->count > slots->capacity) {
		slots->capacity = index->count + index->count / 8 + 64;
		slots->slots = xrealloc(
			slots->slots, slots->capacity * sizeof(*slots->slots));
	}
	slots->count = index->count;
	slots->slot_count = 0;
	slots->last_ns = slots->seen_ns = 0;
	count = list_starts(slots, index, starts);
	slots->first_ns = count ? starts[0].at_ns : now_ns;
	for (size_t i = 0; i < count; i++) {
		const struct trial_row *row = &index->rows[starts[i].sequence];
		int64_t end_ns = row->ended_ns ? row->ended_ns : INT64_MAX;
		uint32_t slot;

		while (busy.count && busy.items[0].key <= starts[i].at_ns) {
			slot = heap_pop(&busy).slot;
			heap_push(&idle, slot, slot);
		}
		slot = idle.count ? heap_pop(&idle).slot
				  : (uint32_t)slots->slot_count++;
		slots->slots[starts[i].sequence] = slot;
		heap_push(&busy, end_ns, slot);
		if (row->ended_ns > slots->last_ns)
			slots->last_ns = row->ended_ns;
		if (row->started_ns > slots->seen_ns)
			slots->seen_ns = row->started_ns;
		if (row->submitted_ns > slots->seen_ns)
			slots->seen_ns = row->submitted_ns;
	}
	if (slots->last_ns > slots->seen_ns)
		slots->seen_ns = slots->last_ns;
	free(starts);
	free(busy.items);
	free(idle.items);
}
