/* SPDX-License-Identifier: MIT */
/* An open-addressing hash set of final values. */
#include "engine/tuner/seen.h"

#include "base/mem.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Options of one choice that has equal ones among them; else both NULL. */
struct twins {
	uint32_t *first;    /* option -> the first that equals it */
	uint32_t *distinct; /* the options that are their own first */
	size_t distinct_count;
};

struct seen {
	const struct space *space;
	struct twins *twins; /* one per parameter */
	double *rows;	     /* count rows of space->count values */
	size_t count, capacity;
	uint32_t *slots; /* row + 1, 0 empty; a power of two of them */
	size_t slot_count;
	double *key; /* scratch row */
};

struct text {
	const char *json;
	uint32_t option;
};

static int compare_texts(const void *a, const void *b)
{
	const struct text *p = a;
	const struct text *q = b;
	int order = strcmp(p->json, q->json);

	return order ? order
		     : (p->option > q->option) - (p->option < q->option);
}

static void find_twins(const struct parameter *p, struct twins *twins)
{
	size_t count = p->option_count;
	struct text *texts;
	uint32_t first = 0;

	if (p->kind != PARAMETER_CHOICE || p->is_nested)
		return;
	texts = xcalloc(count, sizeof(*texts));
	twins->first = xcalloc(count, sizeof(*twins->first));
	twins->distinct = xcalloc(count, sizeof(*twins->distinct));
	for (uint32_t i = 0; i < count; i++)
		texts[i] = (struct text){p->options[i].json, i};
	qsort(texts, count, sizeof(*texts), compare_texts);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(texts[i - 1].json, texts[i].json))
			first = texts[i].option;
		twins->first[texts[i].option] = first;
	}
	for (uint32_t i = 0; i < count; i++)
		if (twins->first[i] == i)
			twins->distinct[twins->distinct_count++] = i;
	free(texts);
}

struct seen *seen_new(const struct space *space)
{
	struct seen *seen = xcalloc(1, sizeof(*seen));

	seen->space = space;
	seen->twins = xcalloc(space->count, sizeof(*seen->twins));
	seen->key = xcalloc(space->count, sizeof(*seen->key));
	for (size_t i = 0; i < space->count; i++)
		find_twins(&space->parameters[i], &seen->twins[i]);
	return seen;
}

void seen_free(struct seen *seen)
{
	if (!seen)
		return;
	for (size_t i = 0; i < seen->space->count; i++) {
		free(seen->twins[i].first);
		free(seen->twins[i].distinct);
	}
	free(seen->twins);
	free(seen->rows);
	free(seen->slots);
	free(seen->key);
	free(seen);
}

/* Fill seen->key: equal exactly when the trial would be given the same. */
static void make_key(const struct seen *seen, const double *point)
{
	for (size_t i = 0; i < seen->space->count; i++) {
		const struct parameter *p = &seen->space->parameters[i];
		double x = point[i];

		if (isnan(x))
			x = NAN; /* one bit pattern */
		else if (seen->twins[i].first)
			x = seen->twins[i].first[(size_t)x];
		else if (!parameter_is_categorical(p))
			x = parameter_final(p, x) + 0.0; /* no -0 */
		seen->key[i] = x;
	}
}

static uint64_t hash_key(const struct seen *seen)
{
	uint64_t hash = 0x9E3779B97F4A7C15u;

	for (size_t i = 0; i < seen->space->count; i++) {
		uint64_t bits;

		memcpy(&bits, &seen->key[i], sizeof(bits));
		hash = (hash ^ bits) * 0xFF51AFD7ED558CCDu;
		hash ^= hash >> 32;
	}
	return hash;
}

/* The slot that holds the key, or the empty one where it belongs. */
static size_t find_slot(const struct seen *seen)
{
	size_t width = seen->space->count;
	size_t mask = seen->slot_count - 1;
	size_t slot = hash_key(seen) & mask;

	for (; seen->slots[slot]; slot = (slot + 1) & mask)
		if (!memcmp(seen->rows + (seen->slots[slot] - 1) * width,
			    seen->key, width * sizeof(double)))
			break;
	return slot;
}

static void grow(struct seen *seen)
{
	size_t width = seen->space->count;

	seen->slot_count = seen->slot_count ? 2 * seen->slot_count : 64;
	free(seen->slots);
	seen->slots = xcalloc(seen->slot_count, sizeof(*seen->slots));
	for (size_t row = 0; row < seen->count; row++) {
		memcpy(seen->key, seen->rows + row * width,
		       width * sizeof(double));
		seen->slots[find_slot(seen)] = (uint32_t)(row + 1);
	}
}

void seen_add(struct seen *seen, const double *point)
{
	size_t width = seen->space->count;
	size_t slot;

	if (2 * (seen->count + 1) > seen->slot_count)
		grow(seen);
	make_key(seen, point);
	slot = find_slot(seen);
	if (seen->slots[slot])
		return;
	if (seen->count == seen->capacity) {
		seen->capacity = seen->capacity ? 2 * seen->capacity : 64;
		seen->rows = xrealloc(seen->rows,
				      seen->capacity * width * sizeof(double));
	}
	memcpy(seen->rows + seen->count * width, seen->key,
	       width * sizeof(double));
	seen->slots[slot] = (uint32_t)++seen->count;
}

bool seen_has(const struct seen *seen, const double *point)
{
	if (!seen->count)
		return false;
	make_key(seen, point);
	return seen->slots[find_slot(seen)] != 0;
}

size_t seen_option_count(const struct seen *seen, size_t parameter)
{
	const struct twins *twins = &seen->twins[parameter];

	return twins->first ? twins->distinct_count
			    : seen->space->parameters[parameter].option_count;
}

double seen_option(const struct seen *seen, size_t parameter, size_t k)
{
	const struct twins *twins = &seen->twins[parameter];

	return twins->first ? (double)twins->distinct[k] : (double)k;
}
