/* SPDX-License-Identifier: MIT */
/* Lists of an attempt's parts. */
#include "model/part.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static bool is_open(enum part_state state)
{
	return state == PART_RUNNING || state == PART_WAITING ||
	       state == PART_SUSPENDED;
}

/* Is anything under it not over? */
static bool has_open(const struct part_list *list, size_t index)
{
	for (size_t i = index + 1;
	     i < list->count && list->items[i].depth > list->items[index].depth;
	     i++)
		if (is_open(list->items[i].state))
			return true;
	return false;
}

bool part_list_settle(struct part_list *list, enum part_state state,
		      int64_t ended_ns, const char *reason)
{
	bool has_changed = false;

	for (size_t i = 0; i < list->count; i++) {
		struct trial_part *part = &list->items[i];
		/* of these it says how the ones below are doing */
		bool is_head = !part_list_is_leaf(list, i);

		if (!is_open(part->state) && !(is_head && has_open(list, i)))
			continue;
		has_changed = true;
		if (part->state == PART_RUNNING)
			part->state = state;
		else if (is_open(part->state))
			part->state = PART_SKIPPED;
		if (part->started_ns && !part->ended_ns)
			part->ended_ns = ended_ns;
		if (is_head || !*part->reason)
			snprintf(part->reason, sizeof(part->reason), "%s",
				 reason);
	}
	return has_changed;
}

bool part_is_same(const struct trial_part *a, const struct trial_part *b)
{
	return a->depth == b->depth && a->state == b->state &&
	       a->is_leader == b->is_leader && a->restarts == b->restarts &&
	       a->exit_code == b->exit_code && a->started_ns == b->started_ns &&
	       a->ended_ns == b->ended_ns && !strcmp(a->name, b->name) &&
	       !strcmp(a->sort, b->sort) && !strcmp(a->pod, b->pod) &&
	       !strcmp(a->node, b->node) && !strcmp(a->reason, b->reason);
}

bool part_list_is_leaf(const struct part_list *list, size_t index)
{
	return index + 1 >= list->count ||
	       list->items[index + 1].depth <= list->items[index].depth;
}

bool part_has_log(const struct part_list *list, size_t index)
{
	return *list->items[index].pod && part_list_is_leaf(list, index);
}

bool part_list_has_steps(const struct part_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].sort, "pod") != 0 &&
		    strcmp(list->items[i].sort, "role") != 0)
			return true;
	return false;
}

static const char *const state_names[PART_STATE_COUNT] = {
	[PART_WAITING] = "waiting",	[PART_RUNNING] = "running",
	[PART_SUCCEEDED] = "succeeded", [PART_FAILED] = "failed",
	[PART_SKIPPED] = "skipped",	[PART_SUSPENDED] = "suspended",
};

const char *part_state_name(enum part_state state)
{
	return state_names[state];
}

bool part_state_parse(const char *name, enum part_state *ret)
{
	for (int i = 0; i < PART_STATE_COUNT; i++) {
		if (strcmp(state_names[i], name) != 0)
			continue;
		*ret = (enum part_state)i;
		return true;
	}
	return false;
}

void part_list_count(const struct part_list *list, struct part_counts *ret)
{
	*ret = (struct part_counts){.total = (int)list->omitted};
	for (size_t i = 0; i < list->count; i++) {
		enum part_state state = list->items[i].state;

		if (!part_list_is_leaf(list, i))
			continue;
		ret->states[state]++;
		ret->total += state != PART_SKIPPED;
	}
}

size_t part_mark_length(const char *line, size_t len)
{
	const char *end;

	if (len < 4 || line[0] != '[' || line[1] == ' ')
		return 0;
	if (len > PART_MARK_MAX)
		len = PART_MARK_MAX;
	/* names may have brackets in them, but no "] " */
	end = memmem(line, len, "] ", 2);
	return end && end > line + 1 ? (size_t)(end - line) + 2 : 0;
}
