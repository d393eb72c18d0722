/* SPDX-License-Identifier: MIT */
/* An array of texts, and a hash table of their numbers. */
#include "tui/words.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OVERHEAD 32 /* bytes a text takes beside itself, about */

void words_release(struct words *words)
{
	while (words->count > 0)
		free(words->items[--words->count]);
	free(words->items);
	free(words->slots);
	memset(words, 0, sizeof(*words));
}

static size_t cut_length(const char *text)
{
	size_t len = strnlen(text, WORDS_TEXT_MAX);

	/* not within a character */
	while (len == WORDS_TEXT_MAX && len > 0 && (text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static uint32_t *slot_of(const struct words *words, const char *text,
			 size_t len)
{
	size_t mask = words->slot_count - 1, i, at;
	uint64_t hash = 0xcbf29ce484222325u;

	for (i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
	for (at = (hash ^ hash >> 32) & mask;; at = (at + 1) & mask) {
		uint32_t id = words->slots[at];

		if (!id || (strncmp(words->items[id - 1], text, len) == 0 &&
			    words->items[id - 1][len] == '\0'))
			return &words->slots[at];
	}
}

static void grow(struct words *words)
{
	size_t i;

	if (2 * words->count < words->slot_count)
		return;
	free(words->slots);
	words->slot_count = words->slot_count ? 2 * words->slot_count : 64;
	words->slots = xcalloc(words->slot_count, sizeof(*words->slots));
	for (i = 0; i < words->count; i++)
		*slot_of(words, words->items[i], strlen(words->items[i])) =
			(uint32_t)i + 1;
}

bool words_find(const struct words *words, const char *text, uint32_t *ret_id)
{
	uint32_t id =
		words->slot_count ? *slot_of(words, text, cut_length(text)) : 0;

	*ret_id = id - 1;
	return id != 0;
}

bool words_add(struct words *words, const char *text, size_t most,
	       uint32_t *ret_id)
{
	size_t len = cut_length(text);
	uint32_t *slot;

	grow(words);
	slot = slot_of(words, text, len);
	if (!*slot) {
		if (words->bytes + len + OVERHEAD > most)
			return false;
		ARRAY_RESERVE(words->items, words->count, words->capacity);
		words->items[words->count++] = xstrndup(text, len);
		words->bytes += len + OVERHEAD;
		*slot = (uint32_t)words->count;
	}
	*ret_id = *slot - 1;
	return true;
}

static int compare(const void *a, const void *b)
{
	return strcasecmp(**(char ***)(uintptr_t)a, **(char ***)(uintptr_t)b);
}

double *words_rank(const struct words *words)
{
	double *ranks = xcalloc(words->count + 1, sizeof(*ranks));
	char ***sorted = xcalloc(words->count + 1, sizeof(*sorted));
	size_t i;

	for (i = 0; i < words->count; i++)
		sorted[i] = &words->items[i];
	if (words->count)
		qsort(sorted, words->count, sizeof(*sorted), compare);
	for (i = 0; i < words->count; i++)
		ranks[sorted[i] - words->items] = (double)i;
	free(sorted);
	return ranks;
}
