/* SPDX-License-Identifier: MIT */
/* Lists of an attempt's parts. */
#include "model/part.h"

#include "base/mem.h"

#include <stdlib.h>

struct trial_part *part_list_add(struct part_list *list)
{
	struct trial_part *part;

	if (list->count == PARTS_MAX) {
		list->omitted++;
		return NULL;
	}
	if (list->count == list->capacity) {
		list->capacity = list->capacity ? 2 * list->capacity : 8;
		list->items = xrealloc(list->items,
				       list->capacity * sizeof(*list->items));
	}
	part = &list->items[list->count++];
	*part = (struct trial_part){.exit_code = -1};
	return part;
}

void part_list_release(struct part_list *list)
{
	free(list->items);
	*list = (struct part_list){0};
}

const char *part_state_name(enum part_state state)
{
	static const char *const names[PART_STATE_COUNT] = {
		[PART_WAITING] = "waiting",	[PART_RUNNING] = "running",
		[PART_SUCCEEDED] = "succeeded", [PART_FAILED] = "failed",
		[PART_SKIPPED] = "skipped",	[PART_SUSPENDED] = "suspended",
	};

	return names[state];
}
