/* SPDX-License-Identifier: MIT */
/* Columns of cells. */
#include "tui/trial_cache.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Quiet NaNs that no arithmetic makes: the sign bit is theirs. */
#define BITS_WORD 0xfffa000000000000u
#define BITS_NONE 0xfffb000000000000u
#define BITS_UNKNOWN 0xfffc000000000000u
#define BITS_KIND 0xffff000000000000u
#define TEXT_MAX 65536 /* bytes of one trial's parameters */

static double cell_of(uint64_t bits)
{
	double cell;

	memcpy(&cell, &bits, sizeof(cell));
	return cell;
}

enum cell_kind trial_cell_kind(double cell, uint32_t *ret_word)
{
	uint64_t bits;

	if (!isnan(cell))
		return CELL_NUMBER;
	memcpy(&bits, &cell, sizeof(bits));
	*ret_word = (uint32_t)bits;
	switch (bits & BITS_KIND) {
	case BITS_WORD:
		return CELL_WORD;
	case BITS_NONE:
		return CELL_NONE;
	case BITS_UNKNOWN:
		return CELL_UNKNOWN;
	default:
		return CELL_NUMBER;
	}
}

void trial_cache_init(struct trial_cache *cache)
{
	memset(cache, 0, sizeof(*cache));
}

static void free_column(struct cache_column *column)
{
	free(column->values);
	free(column);
}

void trial_cache_release(struct trial_cache *cache)
{
	while (cache->count > 0)
		free_column(cache->columns[--cache->count]);
	free(cache->columns);
	words_release(&cache->words);
	free(cache->texts);
	free(cache->text_at);
	memset(cache, 0, sizeof(*cache));
}

static void drop_texts(struct trial_cache *cache)
{
	free(cache->texts);
	free(cache->text_at);
	cache->texts = NULL;
	cache->text_at = NULL;
	cache->text_len = cache->text_capacity = 0;
	cache->has_texts = false;
}

struct cache_column *trial_cache_find(const struct trial_cache *cache,
				      const struct trial_field *field)
{
	size_t i;

	for (i = 0; i < cache->count; i++)
		if (trial_field_is_same(&cache->columns[i]->field, field))
			return cache->columns[i];
	return NULL;
}

/* A metric's column that nobody uses, when there are many. */
static struct cache_column *spare_column(struct trial_cache *cache)
{
	struct cache_column *spare = NULL;
	size_t i, metrics = 0;

	for (i = 0; i < cache->count; i++) {
		if (cache->columns[i]->field.kind != FIELD_METRIC)
			continue;
		metrics++;
		if (!cache->columns[i]->is_used && !spare)
			spare = cache->columns[i];
	}
	return metrics >= CACHE_METRICS_MAX ? spare : NULL;
}

struct cache_column *trial_cache_want(struct trial_cache *cache,
				      const struct trial_field *field,
				      bool *ret_is_new)
{
	struct cache_column *column = trial_cache_find(cache, field);
	size_t i;

	*ret_is_new = !column;
	if (column)
		return column;
	if (field->kind == FIELD_METRIC)
		column = spare_column(cache);
	if (!column) {
		cache->columns =
			xrealloc(cache->columns,
				 (cache->count + 1) * sizeof(*cache->columns));
		column = xcalloc(1, sizeof(*column));
		cache->columns[cache->count++] = column;
		column->values = xcalloc(cache->capacity + 1, sizeof(double));
	}
	column->field = *field;
	column->is_used = false;
	column->below = 0;
	for (i = 0; i < cache->capacity; i++)
		column->values[i] = cell_of(BITS_UNKNOWN);
	return column;
}

void trial_cache_begin(struct trial_cache *cache, const struct space *space,
		       size_t rows)
{
	static const enum trial_field_kind texts[] = {FIELD_REASON, FIELD_TAGS,
						      FIELD_NOTE};
	size_t parameters = space ? space->count : 0, i;
	struct trial_field field = {0};
	bool ignored;

	cache->space = space;
	cache->has_texts = true;
	for (i = 0; i < COUNT_OF(texts); i++) {
		field.kind = texts[i];
		trial_cache_want(cache, &field, &ignored);
	}
	field.kind = FIELD_PARAMETER;
	if (rows * (parameters + COUNT_OF(texts)) * sizeof(double) >
	    CACHE_COLUMNS_BYTES)
		return;
	for (i = 0; i < parameters; i++) {
		field.parameter = (int)i;
		trial_cache_want(cache, &field, &ignored);
	}
}

void trial_cache_grow(struct trial_cache *cache, size_t capacity)
{
	size_t i, k;

	if (capacity <= cache->capacity)
		return;
	for (i = 0; i < cache->count; i++) {
		struct cache_column *column = cache->columns[i];

		column->values = xrealloc(column->values,
					  (capacity + 1) * sizeof(double));
		for (k = cache->capacity; k < capacity; k++)
			column->values[k] = cell_of(BITS_UNKNOWN);
	}
	if (cache->has_texts) {
		cache->text_at = xrealloc(cache->text_at,
					  capacity * sizeof(*cache->text_at));
		memset(cache->text_at + cache->capacity, 0,
		       (capacity - cache->capacity) * sizeof(*cache->text_at));
	}
	cache->capacity = capacity;
}

void trial_cache_put(struct trial_cache *cache, struct cache_column *column,
		     int64_t sequence, bool has, double number)
{
	if (sequence < 0 || (size_t)sequence >= cache->capacity)
		return;
	column->values[sequence] = !has		   ? cell_of(BITS_NONE)
				   : isnan(number) ? (double)NAN
						   : number;
}

void trial_cache_put_text(struct trial_cache *cache,
			  struct cache_column *column, int64_t sequence,
			  const char *text)
{
	uint32_t id;

	if (sequence < 0 || (size_t)sequence >= cache->capacity)
		return;
	if (!text || !*text) {
		column->values[sequence] = cell_of(BITS_NONE);
	} else if (words_add(&cache->words, text, CACHE_WORDS_BYTES, &id)) {
		column->values[sequence] = cell_of(BITS_WORD | id);
	} else {
		column->values[sequence] = cell_of(BITS_NONE);
		cache->is_partial = true;
	}
}

static void put_json(struct trial_cache *cache, int64_t sequence,
		     const char *json)
{
	size_t len = json ? strnlen(json, TEXT_MAX) : 0;

	/* parameters never change */
	if (!cache->has_texts || len == 0 || cache->text_at[sequence])
		return;
	if (cache->text_len + len + 1 > CACHE_TEXT_BYTES) {
		drop_texts(cache);
		return;
	}
	while (cache->text_len + len + 1 > cache->text_capacity) {
		cache->text_capacity += cache->text_capacity / 4 + 65536;
		cache->texts = xrealloc(cache->texts, cache->text_capacity);
	}
	cache->text_at[sequence] = (uint32_t)cache->text_len + 1;
	memcpy(cache->texts + cache->text_len, json, len);
	cache->texts[cache->text_len + len] = '\0';
	cache->text_len += len + 1;
}

static void put_parameter(struct trial_cache *cache,
			  struct cache_column *column,
			  const struct trial *trial, struct strbuf *cell)
{
	double number;
	char *end;

	strbuf_clear(cell);
	if (cache->space && trial->parameters)
		space_format_cell(cache->space, trial->parameters,
				  (size_t)column->field.parameter, cell);
	number = strtod(cell->data, &end);
	if (cell->len > 0 && !*end)
		trial_cache_put(cache, column, trial->sequence, true, number);
	else
		trial_cache_put_text(cache, column, trial->sequence,
				     cell->data);
}

void trial_cache_put_trial(struct trial_cache *cache, const struct trial *trial)
{
	struct strbuf cell = STRBUF_INIT;
	size_t i;

	if (trial->sequence < 0 || (size_t)trial->sequence >= cache->capacity)
		return;
	for (i = 0; i < cache->count; i++) {
		struct cache_column *column = cache->columns[i];

		switch (column->field.kind) {
		case FIELD_REASON:
			trial_cache_put_text(cache, column, trial->sequence,
					     trial->reason);
			break;
		case FIELD_TAGS:
			trial_cache_put_text(cache, column, trial->sequence,
					     trial->tags);
			break;
		case FIELD_NOTE:
			trial_cache_put_text(cache, column, trial->sequence,
					     trial->note);
			break;
		case FIELD_PARAMETER:
			put_parameter(cache, column, trial, &cell);
			break;
		default:
			break;
		}
	}
	put_json(cache, trial->sequence, trial->parameters);
	strbuf_release(&cell);
}

const char *trial_cache_json(const struct trial_cache *cache, int64_t sequence)
{
	if (!cache->has_texts || sequence < 0 ||
	    (size_t)sequence >= cache->capacity || !cache->text_at[sequence])
		return NULL;
	return cache->texts + cache->text_at[sequence] - 1;
}
