/* SPDX-License-Identifier: MIT */
/*
 * Sorting and filtering the index.
 *
 * Every column is turned into one 64-bit key whose unsigned order is the order
 * shown, and the keys are sorted by a radix sort: no comparisons, no worst
 * case, about three milliseconds for 100,000 rows, and stable, so that equal
 * rows stay in the order of their numbers.  What has no value always comes
 * last, NaN right before it.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "tui/trial_index.h"
#include "tui/trial_source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KEY_NONE UINT64_MAX
#define KEY_NAN (UINT64_MAX - 1)

/* Doubles in the order of unsigned numbers. */
static uint64_t key_of_double(double value, bool is_descending)
{
	uint64_t bits;

	if (isnan(value))
		return KEY_NAN;
	if (value == 0)
		value = 0;
	memcpy(&bits, &value, sizeof(bits));
	bits = bits >> 63 ? ~bits : bits | 1ULL << 63;
	return is_descending ? ~bits : bits;
}

/* How the cells of one column turn into keys. */
struct keying {
	const struct trial_sort *sort;
	const struct cache_column *column; /* or NULL: the row knows */
	double *ranks;			   /* of words, owned; or NULL */
	size_t capacity;		   /* cells */
};

static uint64_t key_of_id(const struct trial_row *row, bool is_descending)
{
	uint64_t key = 0;
	int i;

	for (i = 0; i < TRIAL_ID_LENGTH; i++)
		key = key << 8 | (uint8_t)row->id[i];
	return is_descending ? ~key : key;
}

static uint64_t key_of_cell(const struct keying *keying, size_t sequence)
{
	bool is_descending = keying->sort->is_descending;
	uint32_t word = 0;
	double cell;

	if (sequence >= keying->capacity)
		return KEY_NONE;
	cell = keying->column->values[sequence];
	switch (trial_cell_kind(cell, &word)) {
	case CELL_NUMBER:
		return key_of_double(cell, is_descending);
	case CELL_WORD:
		return key_of_double(keying->ranks[word], is_descending);
	default:
		return KEY_NONE;
	}
}

static uint64_t sort_key(const struct trial_index *index,
			 const struct keying *keying, size_t sequence,
			 int64_t now_ns)
{
	const struct trial_row *row = &index->rows[sequence];
	bool is_descending = keying->sort->is_descending;
	const struct trial_field *field = &keying->sort->field;
	struct trial_asked asked = {.index = index,
				    .row = row,
				    .sequence = (int64_t)sequence,
				    .now_ns = now_ns};
	const struct field_source source = trial_source(&asked);
	double value;

	if (keying->column)
		return key_of_cell(keying, sequence);
	if (field->kind == FIELD_ID)
		return key_of_id(row, is_descending);
	if (field->kind == FIELD_STATE)
		return key_of_double(trial_state_rank(row->state),
				     is_descending);
	if (field->kind == FIELD_SOURCE)
		return key_of_double(row->source, is_descending);
	if (!source.number(source.arg, field, &value))
		return KEY_NONE;
	return key_of_double(value, is_descending);
}

/* Words in the order of the alphabet, a parameter's in that of the file. */
static void begin_keys(const struct trial_index *index,
		       const struct trial_sort *sort, struct keying *keying)
{
	const struct trial_cache *cache = &index->cache;
	const struct parameter *p;
	uint32_t word;
	size_t i;

	*keying = (struct keying){.sort = sort, .capacity = cache->capacity};
	if (!trial_field_needs(&sort->field))
		return;
	keying->column = trial_cache_find(cache, &sort->field);
	if (!keying->column)
		return;
	keying->ranks = words_rank(&cache->words);
	if (sort->field.kind != FIELD_PARAMETER || !index->space)
		return;
	p = &index->space->parameters[sort->field.parameter];
	for (i = 0; p->options && i < p->option_count; i++)
		if (words_find(&cache->words, p->options[i].name, &word))
			keying->ranks[word] = (double)i;
}

#define DIGIT_BITS 11
#define DIGITS ((64 + DIGIT_BITS - 1) / DIGIT_BITS)
#define DIGIT_VALUES (1 << DIGIT_BITS)

static size_t digit_of(uint64_t key, int digit)
{
	return key >> (digit * DIGIT_BITS) & (DIGIT_VALUES - 1);
}

/* Returns the array the result is in: items or spare. */
static struct trial_keyed *radix_sort(struct trial_keyed *items,
				      struct trial_keyed *spare, size_t count)
{
	static uint32_t counts[DIGITS][DIGIT_VALUES]; /* thread: ui */
	int digit;
	size_t i;

	memset(counts, 0, sizeof(counts));
	for (i = 0; i < count; i++)
		for (digit = 0; digit < DIGITS; digit++)
			counts[digit][digit_of(items[i].key, digit)]++;
	for (digit = 0; count > 0 && digit < DIGITS; digit++) {
		uint32_t *starts = counts[digit], sum = 0;
		struct trial_keyed *swap;

		if (starts[digit_of(items[0].key, digit)] == count)
			continue; /* this digit is the same everywhere */
		for (i = 0; i < DIGIT_VALUES; i++) {
			uint32_t n = starts[i];

			starts[i] = sum;
			sum += n;
		}
		for (i = 0; i < count; i++)
			spare[starts[digit_of(items[i].key, digit)]++] =
				items[i];
		swap = items;
		items = spare;
		spare = swap;
	}
	return items;
}

static bool is_shown(const struct trial_index *index, struct trial_asked *asked,
		     const struct field_source *source, size_t sequence)
{
	const struct trial_row *row = &index->rows[sequence];

	if (!(row->flags & ROW_LOADED))
		return false;
	if (!index->filter || (int64_t)sequence == index->kept_sequence)
		return true;
	if (index->is_on_disk)
		return (row->flags & (ROW_TEXT_KNOWN | ROW_TEXT_MATCH)) ==
		       (ROW_TEXT_KNOWN | ROW_TEXT_MATCH);
	asked->row = row;
	asked->sequence = (int64_t)sequence;
	asked->is_unknown = false;
	return filter_match(index->filter, source) && !asked->is_unknown;
}

/* Is a's final result better than b's? */
static bool is_better(const struct trial_index *index, size_t a, size_t b)
{
	double x = index->rows[a].final, y = index->rows[b].final;

	return index->is_maximized ? x > y : x < y;
}

static void find_pins(struct trial_index *index)
{
	size_t i, at;

	index->pin_count = 0;
	for (i = 0; index->pins_wanted && i < index->count; i++) {
		const struct trial_row *row = &index->rows[i];

		if (!(row->flags & ROW_LOADED) ||
		    !(row->flags & ROW_HAS_FINAL) || isnan(row->final))
			continue;
		at = index->pin_count;
		if (at == index->pins_wanted &&
		    !is_better(index, i, index->pins[at - 1]))
			continue;
		if (at < index->pins_wanted)
			index->pin_count++;
		else
			at--;
		for (; at > 0 && is_better(index, i, index->pins[at - 1]); at--)
			index->pins[at] = index->pins[at - 1];
		index->pins[at] = (uint32_t)i;
	}
}

static void make_room(struct trial_index *index)
{
	if (index->sort_room >= index->count)
		return;
	free(index->sort_items);
	index->sort_room = index->count + index->count / 4;
	index->sort_items =
		xmalloc(2 * index->sort_room * sizeof(*index->sort_items));
}

/* The last column first: a stable sort by the others keeps its order. */
static struct trial_keyed *sort_all(struct trial_index *index, size_t n,
				    int64_t now_ns)
{
	struct trial_sort first = trial_index_sort(index);
	const struct trial_sort *sorts =
		index->sort_count ? index->sorts : &first;
	struct trial_keyed *items = index->sort_items, *spare, *sorted;
	struct keying keying;
	size_t k, i;

	spare = items + index->sort_room;
	for (k = index->sort_count ? index->sort_count : 1; k-- > 0;) {
		begin_keys(index, &sorts[k], &keying);
		for (i = 0; i < n; i++)
			items[i].key = sort_key(index, &keying,
						items[i].sequence, now_ns);
		free(keying.ranks);
		sorted = radix_sort(items, spare, n);
		if (sorted == spare) {
			spare = items;
			items = sorted;
		}
	}
	return items;
}

static bool is_natural(const struct trial_index *index)
{
	return !index->filter && index->sort_count <= 1 &&
	       trial_index_sort(index).field.kind == FIELD_NUMBER;
}

bool trial_index_arrange(struct trial_index *index)
{
	int64_t now_ns = clock_wall_ns();
	struct trial_asked asked = {
		.index = index, .now_ns = now_ns, .cell = STRBUF_INIT};
	const struct field_source source = trial_source(&asked);
	struct trial_keyed *items;
	size_t i, n = 0;

	if (!index->is_order_stale)
		return false;
	index->is_order_stale = false;
	find_pins(index);
	if (is_natural(index)) {
		free(index->order);
		index->order = NULL;
		index->shown = index->count;
		return true;
	}
	make_room(index);
	items = index->sort_items;
	for (i = index->count; i-- > 0;)
		if (is_shown(index, &asked, &source, i))
			items[n++].sequence = (uint32_t)i;
	strbuf_release(&asked.cell);
	items = sort_all(index, n, now_ns);
	index->order = xrealloc(index->order, (n + 1) * sizeof(*index->order));
	for (i = 0; i < n; i++)
		index->order[i] = items[i].sequence;
	index->shown = n;
	return true;
}

struct trial_sort trial_index_sort(const struct trial_index *index)
{
	static const struct trial_sort newest = {{.kind = FIELD_NUMBER}, true};

	return index->sort_count ? index->sorts[0] : newest;
}

static bool is_downwards(const struct trial_index *index)
{
	return trial_index_sort(index).is_descending;
}

int64_t trial_index_sequence(const struct trial_index *index, size_t at)
{
	if (index->order)
		return index->order[at];
	return (int64_t)(is_downwards(index) ? index->count - 1 - at : at);
}

struct trial_row *trial_index_at(const struct trial_index *index, size_t at)
{
	return &index->rows[trial_index_sequence(index, at)];
}

int64_t trial_index_position(const struct trial_index *index, int64_t sequence)
{
	size_t i;

	if (sequence < 0 || (size_t)sequence >= index->count)
		return -1;
	if (!index->order)
		return is_downwards(index)
			       ? (int64_t)index->count - 1 - sequence
			       : sequence;
	for (i = 0; i < index->shown; i++)
		if (index->order[i] == sequence)
			return (int64_t)i;
	return -1;
}

void trial_index_set_sorts(struct trial_index *index,
			   const struct trial_sort *sorts, size_t count)
{
	memcpy(index->sorts, sorts, count * sizeof(*sorts));
	index->sort_count = count;
	index->is_order_stale = true;
	trial_index_want_fields(index);
}

void trial_index_set_filter(struct trial_index *index, struct filter *filter)
{
	filter_free(index->filter);
	index->filter = filter;
	index->is_order_stale = true;
	trial_index_want_fields(index);
}
