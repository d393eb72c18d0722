/* SPDX-License-Identifier: MIT */
/*
 * Passes over all trials for what rows do not hold: whole rows, places,
 * metrics; and keeping up with what changes afterwards.
 *
 * A pass goes downwards like the reading of rows, a slice at a time.  Trials
 * whose summary changed are noted, so that the metrics that are asked for are
 * read again for them alone.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "tui/trial_index.h"
#include "tui/trial_source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_PAGE 200	/* whole rows cost more than brief ones */
#define PLACE_PAGE 2000 /* many trials have none */
/* of metrics all reports are read: how many trials at once, by time taken */
#define METRIC_PAGE 250
#define METRIC_PAGE_MAX 4000
#define METRIC_SLICE_NS (3 * NS_PER_MS)

void trial_index_take_text(struct trial_index *index, struct trial_row *row,
			   const struct trial *trial)
{
	struct trial_asked asked = {.index = index,
				    .row = row,
				    .sequence = trial->sequence,
				    .now_ns = clock_wall_ns(),
				    .trial = trial,
				    .cell = STRBUF_INIT};
	struct field_source source;

	trial_cache_put_trial(&index->cache, trial);
	row->flags |= ROW_TEXT_KNOWN;
	row->flags &= (uint8_t)~ROW_TEXT_MATCH;
	if (!index->is_on_disk)
		return;
	source = trial_source(&asked);
	if (filter_match(index->filter, &source))
		row->flags |= ROW_TEXT_MATCH;
	strbuf_release(&asked.cell);
}

static bool is_metric(const struct cache_column *column)
{
	return column->field.kind == FIELD_METRIC && column->is_used;
}

static bool has_metrics(const struct trial_index *index)
{
	size_t i;

	for (i = 0; i < index->cache.count; i++)
		if (is_metric(index->cache.columns[i]))
			return true;
	return false;
}

void trial_index_pass_again(struct trial_index *index)
{
	size_t i;

	index->text_below = INT64_MAX;
	if (index->has_places)
		index->place_below = INT64_MAX;
	for (i = 0; i < index->cache.count; i++)
		if (index->cache.columns[i]->field.kind == FIELD_METRIC)
			index->cache.columns[i]->below = INT64_MAX;
	index->dirty_count = 0;
}

void trial_index_note_news(struct trial_index *index, int64_t sequence)
{
	size_t i;

	if (!has_metrics(index))
		return;
	for (i = 0; i < index->dirty_count && i < 64; i++)
		if (index->dirty[index->dirty_count - 1 - i] == sequence)
			return;
	if (index->dirty_count < TRIAL_DIRTY_MAX) {
		index->dirty[index->dirty_count++] = (uint32_t)sequence;
		return;
	}
	index->dirty_count = 0;
	for (i = 0; i < index->cache.count; i++)
		if (index->cache.columns[i]->field.kind == FIELD_METRIC)
			index->cache.columns[i]->below = INT64_MAX;
}

/* ---- what is asked for ----------------------------------------------------
 */

static void want(struct trial_index *index, const struct trial_field *field)
{
	unsigned needs = trial_field_needs(field);
	struct cache_column *column;
	bool is_new;

	if (!needs || field->kind == FIELD_PARAMETERS)
		return;
	column = trial_cache_want(&index->cache, field, &is_new);
	column->is_used = true;
	if (!is_new)
		return;
	if (needs & NEED_TEXT)
		index->text_below = INT64_MAX;
	if (needs & NEED_PLACE)
		index->place_below = INT64_MAX;
	if (needs & NEED_METRIC)
		column->below = INT64_MAX;
}

static bool asks_for_json(const struct trial_index *index)
{
	const struct trial_field *field;
	size_t i;

	for (i = 0; (field = filter_field_at(index->filter, i)); i++)
		if (field->kind == FIELD_PARAMETERS)
			return true;
	return filter_has_words(index->filter);
}

void trial_index_want_fields(struct trial_index *index)
{
	const struct trial_field *field;
	struct trial_cache *cache = &index->cache;
	size_t i;

	for (i = 0; i < cache->count; i++)
		cache->columns[i]->is_used = false;
	/* those that stay first, so that none of them makes room */
	for (i = 0; (field = filter_field_at(index->filter, i)); i++) {
		struct cache_column *column = trial_cache_find(cache, field);

		if (column)
			column->is_used = true;
	}
	for (i = 0; i < index->sort_count; i++)
		want(index, &index->sorts[i].field);
	for (i = 0; (field = filter_field_at(index->filter, i)); i++)
		want(index, field);
	index->has_places = false;
	for (i = 0; i < cache->count; i++)
		if (trial_field_needs(&cache->columns[i]->field) & NEED_PLACE)
			index->has_places = true;
	index->is_on_disk = !cache->has_texts && asks_for_json(index);
	if (index->is_on_disk) {
		for (i = 0; i < index->count; i++)
			index->rows[i].flags &=
				(uint8_t) ~(ROW_TEXT_KNOWN | ROW_TEXT_MATCH);
		index->text_below = INT64_MAX;
	}
}

bool trial_index_is_reading(const struct trial_index *index)
{
	unsigned needs = filter_needs(index->filter);
	size_t i;

	for (i = 0; i < index->sort_count; i++)
		needs |= trial_field_needs(&index->sorts[i].field);
	if ((needs & NEED_TEXT && index->text_below > 0) ||
	    (needs & NEED_PLACE && index->place_below > 0) ||
	    (index->load_below > 0 && index->filter))
		return true;
	for (i = 0; i < index->cache.count; i++)
		if (is_metric(index->cache.columns[i]) &&
		    index->cache.columns[i]->below > 0)
			return true;
	return false;
}

bool trial_index_is_loading(const struct trial_index *index)
{
	return index->load_below > 0 || index->text_below > 0 ||
	       index->dirty_count > 0 ||
	       (index->has_places && index->place_below > 0) ||
	       trial_index_is_reading(index);
}

/* ---- whole rows -----------------------------------------------------------
 */

struct reading {
	struct trial_index *index;
	int64_t lowest;
	int rows;
};

static bool read_whole(const struct trial *trial, void *arg)
{
	struct reading *reading = arg;
	struct trial_row *row;

	reading->rows++;
	reading->lowest = trial->sequence;
	/* rows that were known already are not news, their texts may be */
	row = trial_index_find(reading->index, trial->sequence);
	if (row && row->version <= trial->version)
		row->flags &= (uint8_t)~ROW_TEXT_KNOWN;
	trial_index_take(reading->index, trial, true);
	return true;
}

static void pass_texts(struct trial_index *index, struct store *store,
		       int64_t experiment)
{
	struct reading reading = {.index = index};
	bool had_texts = index->cache.has_texts;
	struct error ignored;

	if (!store_trials_page(store, experiment, index->text_below, TEXT_PAGE,
			       STORE_TRIAL_WHOLE, read_whole, &reading,
			       &ignored) ||
	    reading.rows == 0)
		index->text_below = 0;
	else
		index->text_below = reading.lowest;
	if (filter_needs(index->filter) & NEED_TEXT || index->sort_count)
		index->is_order_stale = true;
	if (had_texts && !index->cache.has_texts)
		trial_index_want_fields(index); /* too many to be kept */
}

/* ---- places ---------------------------------------------------------------
 */

static void put_place(struct trial_cache *cache, struct cache_column *column,
		      int64_t sequence, const struct trial_place *place)
{
	int64_t amount = -1;
	double scale = 1;

	switch (column->field.kind) {
	case FIELD_NODE:
		trial_cache_put_text(cache, column, sequence,
				     place ? place->node : NULL);
		return;
	case FIELD_POD:
		trial_cache_put_text(cache, column, sequence,
				     place ? place->pod : NULL);
		return;
	case FIELD_RESTARTS:
		amount = place ? place->restarts : -1;
		break;
	case FIELD_CPU:
		amount = place ? place->requested.cpu_milli : -1;
		scale = 1000;
		break;
	case FIELD_MEMORY:
		amount = place ? place->requested.memory_bytes : -1;
		break;
	case FIELD_GPUS:
		amount = place ? place->requested.gpus : -1;
		break;
	case FIELD_CPU_USED:
		amount = place ? place->used.cpu_milli : -1;
		scale = 1000;
		break;
	case FIELD_MEMORY_USED:
		amount = place ? place->used.memory_bytes : -1;
		break;
	default:
		return;
	}
	trial_cache_put(cache, column, sequence, amount >= 0,
			(double)amount / scale);
}

static void put_places(struct trial_index *index, int64_t sequence,
		       const struct trial_place *place)
{
	size_t i;

	for (i = 0; i < index->cache.count; i++)
		if (trial_field_needs(&index->cache.columns[i]->field) &
		    NEED_PLACE)
			put_place(&index->cache, index->cache.columns[i],
				  sequence, place);
}

static bool read_place(const struct trial_place *place, void *arg)
{
	put_places(arg, place->trial & 0xffffffff, place);
	return true;
}

static void pass_places(struct trial_index *index, struct store *store,
			int64_t experiment)
{
	int64_t top = index->place_below > (int64_t)index->count
			      ? (int64_t)index->count
			      : index->place_below;
	int64_t low = top > PLACE_PAGE ? top - PLACE_PAGE : 0, i;
	struct error ignored;

	for (i = low; i < top; i++)
		put_places(index, i, NULL);
	if (!store_places_between(store, experiment, low, top - low, read_place,
				  index, &ignored))
		low = 0;
	index->place_below = low;
	index->is_order_stale = true;
}

void trial_index_refresh_places(struct trial_index *index, struct store *store,
				int64_t experiment)
{
	struct error ignored;

	store_places_each(store, experiment, read_place, index, &ignored);
	index->is_order_stale = true;
}

/* ---- metrics --------------------------------------------------------------
 */

struct summing {
	struct trial_index *index;
	struct cache_column *column;
};

static bool read_stats(int64_t trial, int attempt,
		       const struct metric_stats *stats, void *arg)
{
	struct summing *summing = arg;
	struct cache_column *column = summing->column;
	int64_t sequence = trial & 0xffffffff;
	const struct trial_row *row =
		trial_index_find(summing->index, sequence);
	double value = stats->values[column->field.stat];

	/* an older attempt's are not the trial's any more */
	if (row && row->attempt == attempt)
		trial_cache_put(&summing->index->cache, column, sequence,
				stats->values[STAT_COUNT] > 0 ||
					!isnan(stats->values[STAT_FINAL]),
				value);
	return true;
}

static bool sum_up(struct trial_index *index, struct store *store,
		   int64_t experiment, struct cache_column *column, int64_t low,
		   int64_t top)
{
	struct summing summing = {index, column};
	struct error ignored;
	int64_t i;

	for (i = low; i < top; i++)
		trial_cache_put(&index->cache, column, i, false, 0);
	index->is_order_stale = true;
	return store_metric_stats_each(store, experiment, column->field.metric,
				       low, (size_t)(top - low), read_stats,
				       &summing, &ignored);
}

static void pass_metric(struct trial_index *index, struct store *store,
			int64_t experiment, struct cache_column *column)
{
	int64_t top = column->below > (int64_t)index->count
			      ? (int64_t)index->count
			      : column->below;
	int64_t page = index->metric_page ? index->metric_page : METRIC_PAGE;
	int64_t low = top > page ? top - page : 0;
	int64_t start_ns = clock_mono_ns(), took_ns;

	column->below =
		sum_up(index, store, experiment, column, low, top) ? low : 0;
	took_ns = clock_mono_ns() - start_ns;
	if (took_ns > METRIC_SLICE_NS && page > 1)
		page /= 2;
	else if (took_ns < METRIC_SLICE_NS / 3 && page < METRIC_PAGE_MAX)
		page *= 2;
	index->metric_page = page;
}

static void read_dirty(struct trial_index *index, struct store *store,
		       int64_t experiment)
{
	int64_t sequence = index->dirty[--index->dirty_count];
	size_t i;

	for (i = 0; i < index->cache.count; i++)
		if (is_metric(index->cache.columns[i]))
			sum_up(index, store, experiment,
			       index->cache.columns[i], sequence, sequence + 1);
}

bool trial_index_pass(struct trial_index *index, struct store *store,
		      int64_t experiment)
{
	size_t i;

	for (i = 0; i < index->cache.count; i++) {
		struct cache_column *column = index->cache.columns[i];

		if (is_metric(column) && column->below > 0) {
			pass_metric(index, store, experiment, column);
			return true;
		}
	}
	if (index->has_places && index->place_below > 0)
		pass_places(index, store, experiment);
	else if (index->dirty_count > 0)
		read_dirty(index, store, experiment);
	else if (index->text_below > 0)
		pass_texts(index, store, experiment);
	else
		return false;
	return true;
}
