/* SPDX-License-Identifier: MIT */
/*
 * Which lines of a log are wanted: a set of the places where lines start, two
 * bytes each, added to in the order of the file while it is looked through.
 * What a filter shows, and what a search has found and counts.
 *
 * The last line of a log may go on: it is kept apart, and looked at again.
 * Private to tui/log_text, tui/log_view, tui/log_filter and tui/log_search.
 */
#ifndef TUI_LOG_HITS_H
#define TUI_LOG_HITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_HITS_BLOCK (1 << 14)
#define LOG_HITS_MAX (8u << 20) /* lines: 16 MiB of memory */

/* Zero-initialised: empty. */
struct log_hits {
	uint16_t *starts; /* within their blocks */
	size_t count, capacity;
	uint32_t *blocks; /* index of each block's first one in starts */
	size_t block_count, block_capacity;
	int64_t scanned; /* lines before it are decided for good */
	int64_t limit;	 /* ... and those before it, as far as they go */
	int64_t last; /* start of the unfinished last line when wanted, or -1 */
	bool is_full; /* further ones are not noted */
};

void log_hits_release(struct log_hits *hits);
/* Forget all of them, keeping the memory. */
void log_hits_reset(struct log_hits *hits);
/* start is above all that are in it. */
void log_hits_add(struct log_hits *hits, int64_t start);

/* How many there are. */
int64_t log_hits_total(const struct log_hits *hits);
/* How many lie before `at`. */
int64_t log_hits_rank(const struct log_hits *hits, int64_t at);
/* The first at or after `at`; hits->limit when there is none. */
int64_t log_hits_seek(const struct log_hits *hits, int64_t at);
/* The last before `at`; -1 when there is none. */
int64_t log_hits_before(const struct log_hits *hits, int64_t at);

#endif
