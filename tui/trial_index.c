/* SPDX-License-Identifier: MIT */
/*
 * The rows of the shown experiment: reading them in and keeping up.
 *
 * Reading goes downwards from the newest trial, a page at a time, so it can
 * stop and go on anywhere.  Each row carries its version; an older copy never
 * replaces a newer one, in whatever order the pages and the changes come.
 * Sorting and filtering live in trial_order.c.
 */
#include "tui/trial_index.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define LOAD_PAGE 1000 /* rows read without looking at the clock */
#define REFRESH_BUDGET_NS (10 * NS_PER_MS)

void trial_index_init(struct trial_index *index)
{
	memset(index, 0, sizeof(*index));
	index->best_sequence = index->kept_sequence = -1;
	trial_cache_init(&index->cache);
}

void trial_index_release(struct trial_index *index)
{
	free(index->rows);
	trial_cache_release(&index->cache);
	free(index->order);
	free(index->sort_items);
	filter_free(index->filter);
	memset(index, 0, sizeof(*index));
}

static bool grow(struct trial_index *index, size_t count)
{
	size_t capacity = index->capacity ? index->capacity : 64;

	if (count <= index->count)
		return true;
	if (count > TRIAL_INDEX_MAX)
		return false;
	if (count > index->capacity) {
		/* by a quarter: large tables should not waste half */
		while (capacity < count)
			capacity += capacity / 4 + 64;
		index->rows =
			xrealloc(index->rows, capacity * sizeof(*index->rows));
		index->capacity = capacity;
		trial_cache_grow(&index->cache, capacity);
	}
	memset(index->rows + index->count, 0,
	       (count - index->count) * sizeof(*index->rows));
	index->count = count;
	return true;
}

/* Copy one trial in.  Returns whether it was news. */
bool trial_index_take(struct trial_index *index, const struct trial *trial,
		      bool is_whole)
{
	struct trial_row *row;
	uint8_t flags;

	if (trial->sequence < 0 || !grow(index, (size_t)trial->sequence + 1))
		return false;
	row = &index->rows[trial->sequence];
	if ((row->flags & ROW_LOADED) && row->version >= trial->version) {
		if (is_whole && row->version == trial->version &&
		    !(row->flags & ROW_TEXT_KNOWN)) {
			trial_index_take_text(index, row, trial);
			index->is_order_stale = true;
		}
		return false;
	}
	if (row->flags & ROW_LOADED)
		index->retried -= row->attempt > 1;
	flags = (row->flags & ROW_MARKED) | ROW_LOADED;
	flags |= trial->final.is_set ? ROW_HAS_FINAL : 0;
	flags |= trial->last.is_set ? ROW_HAS_LAST : 0;
	flags |= trial->best.is_set ? ROW_HAS_BEST : 0;
	row->key = trial->key;
	row->version = trial->version;
	row->submitted_ns = trial->submitted_ns;
	row->started_ns = trial->started_ns;
	row->ended_ns = trial->ended_ns;
	row->final = trial->final.number;
	row->last = trial->last.number;
	row->best = trial->best.number;
	row->intermediates = trial->intermediates > INT32_MAX
				     ? INT32_MAX
				     : (int32_t)trial->intermediates;
	row->attempt = (int16_t)trial->attempt;
	row->exit_code = (int16_t)trial->exit_code;
	row->state = (uint8_t)trial->state;
	row->flags = flags;
	row->source = trial->source;
	memcpy(row->id, trial->id, sizeof(row->id));
	index->retried += row->attempt > 1;
	if (is_whole)
		trial_index_take_text(index, row, trial);
	trial_index_note_news(index, trial->sequence);
	index->is_order_stale = true;
	return true;
}

struct reading {
	struct trial_index *index;
	bool is_whole;
	bool has_changed;
	int64_t deadline_ns; /* 0: none */
	int64_t lowest;
	int rows;
};

static bool read_one(const struct trial *trial, void *arg)
{
	struct reading *reading = arg;

	reading->rows++;
	reading->lowest = trial->sequence;
	if (trial_index_take(reading->index, trial, reading->is_whole))
		reading->has_changed = true;
	return !reading->deadline_ns || reading->rows % 64 ||
	       clock_mono_ns() < reading->deadline_ns;
}

bool trial_index_open(struct trial_index *index, struct store *store,
		      const struct experiment *experiment, int page,
		      struct error *err)
{
	struct reading reading = {.index = index};
	int64_t version;

	trial_cache_begin(&index->cache, index->space,
			  experiment->next_sequence > 0
				  ? (size_t)experiment->next_sequence
				  : 0);
	if (!store_version(store, &version, err) ||
	    !store_trials_page(store, experiment->key, INT64_MAX, page,
			       STORE_TRIAL_BRIEF, read_one, &reading, err))
		return false;
	index->seen_version = version;
	index->load_below = reading.rows ? reading.lowest : 0;
	index->text_below = INT64_MAX;
	grow(index, experiment->next_sequence > 0
			    ? (size_t)experiment->next_sequence
			    : 0);
	index->is_order_stale = true;
	return true;
}

bool trial_index_refresh(struct trial_index *index, struct store *store,
			 const struct experiment *experiment, bool *ret_changed,
			 struct error *err)
{
	struct reading reading = {.index = index,
				  .is_whole = true,
				  .deadline_ns =
					  clock_mono_ns() + REFRESH_BUDGET_NS};
	int64_t version;

	if (!store_version(store, &version, err))
		return false;
	if (version <= index->seen_version)
		return true;
	if (!store_trials_each(store, experiment->key, index->seen_version,
			       STORE_TRIAL_WHOLE, read_one, &reading, err))
		return false;
	if (clock_mono_ns() >= reading.deadline_ns) {
		/* a flood of news: read everything again, bit by bit */
		index->load_below = INT64_MAX;
		trial_index_pass_again(index);
	}
	if (index->has_places)
		trial_index_refresh_places(index, store, experiment->key);
	index->seen_version = version;
	if (reading.has_changed)
		*ret_changed = true;
	return true;
}

static void load_rows(struct trial_index *index, struct store *store,
		      int64_t experiment)
{
	struct reading reading = {.index = index};
	struct error ignored;

	/* trouble is reported by the next refresh: here just stop */
	if (!store_trials_page(store, experiment, index->load_below, LOAD_PAGE,
			       STORE_TRIAL_BRIEF, read_one, &reading,
			       &ignored) ||
	    reading.rows == 0)
		index->load_below = 0;
	else
		index->load_below = reading.lowest;
}

bool trial_index_load(struct trial_index *index, struct store *store,
		      int64_t experiment, int64_t budget_ns)
{
	int64_t deadline_ns = clock_mono_ns() + budget_ns;

	while (clock_mono_ns() < deadline_ns) {
		if (index->load_below > 0)
			load_rows(index, store, experiment);
		else if (!trial_index_pass(index, store, experiment))
			break;
	}
	return trial_index_is_loading(index);
}

void trial_index_want(struct trial_index *index, struct store *store,
		      int64_t experiment, size_t first, size_t n)
{
	int64_t highest = -1, lowest = INT64_MAX;
	struct reading reading = {.index = index};
	struct error ignored;
	size_t i;

	for (i = first; i < first + n && i < index->shown; i++) {
		int64_t sequence = trial_index_sequence(index, i);

		if (index->rows[sequence].flags & ROW_LOADED)
			continue;
		if (sequence > highest)
			highest = sequence;
		if (sequence < lowest)
			lowest = sequence;
	}
	if (highest >= 0 && highest - lowest < 1000)
		store_trials_page(store, experiment, highest + 1,
				  (int)(highest - lowest) + 1,
				  STORE_TRIAL_BRIEF, read_one, &reading,
				  &ignored);
}

struct trial_row *trial_index_find(const struct trial_index *index,
				   int64_t sequence)
{
	if (sequence < 0 || (size_t)sequence >= index->count ||
	    !(index->rows[sequence].flags & ROW_LOADED))
		return NULL;
	return &index->rows[sequence];
}

int64_t trial_row_sequence(const struct trial_index *index,
			   const struct trial_row *row)
{
	return row - index->rows;
}

void trial_index_mark(struct trial_index *index, struct trial_row *row,
		      bool is_marked)
{
	if (!(row->flags & ROW_LOADED) ||
	    !!(row->flags & ROW_MARKED) == is_marked)
		return;
	row->flags ^= ROW_MARKED;
	index->marked += is_marked ? 1 : (size_t)-1;
}

void trial_index_unmark_all(struct trial_index *index)
{
	size_t i;

	for (i = 0; i < index->count; i++)
		index->rows[i].flags &= (uint8_t)~ROW_MARKED;
	index->marked = 0;
}

int64_t trial_row_duration_ns(const struct trial_row *row, int64_t now_ns)
{
	int64_t end_ns = row->ended_ns ? row->ended_ns : now_ns;

	if (!row->started_ns)
		return -1;
	return end_ns > row->started_ns ? end_ns - row->started_ns : 0;
}
