/* SPDX-License-Identifier: MIT */
/*
 * Whose lines they are: the log of an attempt with several parts has each line
 * behind the name of the part that wrote it (model/part.h), and one part's
 * lines can be walked as if they were the whole log.
 *
 * What a part wrote is found by an index of blocks: which names begin lines in
 * a block, as bits of a hash (a bit too many costs looking at the block, no
 * more), and where its first line starts.  It grows from the beginning of the
 * file, a slice of time at a time, and costs a thousandth of the log's size.
 * Walks keep to what it covers.
 *
 * Private to tui/log_text, tui/log_view and tui/log_search.
 */
#ifndef TUI_LOG_MARKS_H
#define TUI_LOG_MARKS_H

#include "tui/log_file.h"

#define LOG_MARKS_BLOCK (1 << 14)

struct log_marks_block {
	uint64_t names; /* bits of those that begin a line in it */
	int32_t first;	/* where its first line starts; -1: it has none */
};

struct log_marks {
	bool is_kept; /* lines have marks, and an index is wanted */
	struct log_marks_block *blocks;
	size_t count, capacity;
	int64_t scanned; /* lines before it are in the index for good */
	int64_t limit;	 /* ... and those before it, as far as they go */
	int64_t first;	 /* the chosen part's first line; -1: not known */
	char *chosen;	 /* mark of the part whose lines are walked, or NULL */
	size_t chosen_len;
	uint64_t chosen_bit;
};

void log_marks_release(struct log_marks *marks);
/* The file is another one: forget the index. */
void log_marks_reset(struct log_marks *marks);
/* Walk the lines of this part alone; NULL: all. */
void log_marks_choose(struct log_marks *marks, const char *part);

/* Index further, up to a moment (monotonic).  Is there more to do? */
bool log_marks_scan(struct log_marks *marks, struct log_file *file,
		    int64_t until_ns);

/* The chosen part's first line; marks->limit when there is none yet. */
int64_t log_marks_first(struct log_marks *marks, struct log_file *file);
/* The first line of the chosen part that starts at or after the line start
 * `at`; marks->limit when there is none. */
int64_t log_marks_seek(const struct log_marks *marks, struct log_file *file,
		       int64_t at);
/* The last one that starts before `at`; -1 when there is none. */
int64_t log_marks_before(const struct log_marks *marks, struct log_file *file,
			 int64_t at);

#endif
