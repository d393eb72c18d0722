/* SPDX-License-Identifier: MIT */
/* A sorted set of offsets, by blocks. */
#include "tui/log_hits.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define BLOCKS_MAX (1 << 20) /* 16 GiB of log */

void log_hits_release(struct log_hits *hits)
{
	free(hits->starts);
	free(hits->blocks);
	memset(hits, 0, sizeof(*hits));
	hits->last = -1;
}

void log_hits_reset(struct log_hits *hits)
{
	hits->count = hits->block_count = 0;
	hits->scanned = hits->limit = 0;
	hits->last = -1;
	hits->is_full = false;
}

void log_hits_add(struct log_hits *hits, int64_t start)
{
	size_t block = (size_t)(start / LOG_HITS_BLOCK);

	if (hits->count >= LOG_HITS_MAX || block >= BLOCKS_MAX) {
		hits->is_full = true;
		return;
	}
	while (hits->block_count <= block) {
		ARRAY_RESERVE(hits->blocks, hits->block_count,
			      hits->block_capacity);
		hits->blocks[hits->block_count++] = (uint32_t)hits->count;
	}
	ARRAY_RESERVE(hits->starts, hits->count, hits->capacity);
	hits->starts[hits->count++] = (uint16_t)(start % LOG_HITS_BLOCK);
}

/* Index of the first one at or after `at`, without the last line. */
static size_t index_of(const struct log_hits *hits, int64_t at)
{
	size_t block = (size_t)(at / LOG_HITS_BLOCK), low, high;

	if (at <= 0)
		return 0;
	if (block >= hits->block_count)
		return hits->count;
	low = hits->blocks[block];
	high = block + 1 < hits->block_count ? hits->blocks[block + 1]
					     : hits->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (hits->starts[middle] < at % LOG_HITS_BLOCK)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int64_t start_of(const struct log_hits *hits, size_t index)
{
	size_t low = 0, high = hits->block_count;

	/* the last block that begins at or before it */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (hits->blocks[middle] <= index)
			low = middle;
		else
			high = middle;
	}
	return (int64_t)low * LOG_HITS_BLOCK + hits->starts[index];
}

int64_t log_hits_total(const struct log_hits *hits)
{
	return (int64_t)hits->count + (hits->last >= 0);
}

int64_t log_hits_rank(const struct log_hits *hits, int64_t at)
{
	return (int64_t)index_of(hits, at) +
	       (hits->last >= 0 && hits->last < at);
}

int64_t log_hits_seek(const struct log_hits *hits, int64_t at)
{
	size_t index = index_of(hits, at);

	if (index < hits->count)
		return start_of(hits, index);
	return hits->last >= at ? hits->last : hits->limit;
}

int64_t log_hits_before(const struct log_hits *hits, int64_t at)
{
	size_t index;

	if (hits->last >= 0 && hits->last < at)
		return hits->last;
	index = index_of(hits, at);
	return index > 0 ? start_of(hits, index - 1) : -1;
}
