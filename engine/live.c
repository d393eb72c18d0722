/* SPDX-License-Identifier: MIT */
/* The table of trials that are not over: found by key, walked in order. */
#include "engine/state.h"

#include "base/mem.h"

#include <stdlib.h>

static struct live **bucket(struct engine *engine, int64_t trial)
{
	return &engine->buckets[(uint64_t)trial % LIVE_BUCKETS];
}

struct live *live_add(struct engine *engine)
{
	struct live *live = xcalloc(1, sizeof(*live));

	live->number = -1;
	live->kill_as = TRIAL_UNKNOWN;
	live->earlier = engine->last;
	if (engine->last)
		engine->last->later = live;
	else
		engine->first = live;
	engine->last = live;
	return live;
}

void live_index(struct engine *engine, struct live *live)
{
	struct live **at = bucket(engine, live->trial.key);

	live->next = *at;
	*at = live;
}

struct live *live_find(struct engine *engine, int64_t trial)
{
	struct live *live = *bucket(engine, trial);

	while (live && live->trial.key != trial)
		live = live->next;
	return live;
}

void live_changed(struct engine *engine, struct live *live)
{
	live->has_row_changes = true;
	if (live->is_changed)
		return;
	live->is_changed = true;
	live->next_changed = engine->changed;
	engine->changed = live;
}

void live_summarized(struct engine *engine, struct live *live)
{
	if (live->has_summary_changes)
		return;
	live->has_summary_changes = true;
	ARRAY_RESERVE(engine->summarized, engine->summarized_count,
		      engine->summarized_capacity);
	engine->summarized[engine->summarized_count++] = live->trial.key;
}

static void forget_changed(struct engine *engine, struct live *live)
{
	struct live **at = &engine->changed;

	if (!live->is_changed)
		return;
	while (*at != live) /* those of one turn: few */
		at = &(*at)->next_changed;
	*at = live->next_changed;
}

void live_reset_metrics(struct live *live)
{
	live->history_count = 0;
	live->has_gap = false;
	live->has_complaint = false;
}

void live_remove(struct engine *engine, struct live *live)
{
	struct live **at = bucket(engine, live->trial.key);

	while (*at && *at != live)
		at = &(*at)->next;
	if (*at)
		*at = live->next;
	if (live->earlier)
		live->earlier->later = live->later;
	else
		engine->first = live->later;
	if (live->later)
		live->later->earlier = live->earlier;
	else
		engine->last = live->earlier;
	forget_changed(engine, live);
	live_reset_metrics(live);
	trial_release(&live->trial);
	attempt_release(&live->attempt);
	free(live->history);
	free(live->kills);
	free(live->file);
	free(live);
}

void live_remove_all(struct engine *engine)
{
	while (engine->first)
		live_remove(engine, engine->first);
	engine->summarized_count = engine->place_count = 0;
	engine->live_count = 0;
	engine->queued_count = 0;
}
