/* SPDX-License-Identifier: MIT */
/* The index of marks, and walks along one part's lines. */
#include "tui/log_marks.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/part.h"

#include <stdlib.h>
#include <string.h>

#define BLOCKS_MAX (1 << 20) /* 16 GiB of log */
#define LINES_PER_LOOK 64    /* at the clock */

void log_marks_reset(struct log_marks *marks)
{
	marks->count = 0;
	marks->scanned = marks->limit = 0;
	marks->first = -1;
}

void log_marks_release(struct log_marks *marks)
{
	free(marks->blocks);
	free(marks->chosen);
	memset(marks, 0, sizeof(*marks));
}

/* FNV-1a, of which six bits are used. */
static uint64_t bit_of(const char *mark, size_t len)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++) {
		hash ^= (unsigned char)mark[i];
		hash *= UINT64_C(1099511628211);
	}
	return UINT64_C(1) << (hash >> 58);
}

void log_marks_choose(struct log_marks *marks, const char *part)
{
	free(marks->chosen);
	marks->first = -1;
	marks->chosen = part ? xasprintf("[%s] ", part) : NULL;
	marks->chosen_len = part ? strlen(marks->chosen) : 0;
	/* as the index has it, whatever the name has in it */
	marks->chosen_bit =
		bit_of(marks->chosen,
		       marks->chosen ? part_mark_length(marks->chosen,
							marks->chosen_len)
				     : 0);
}

/* The beginning of a line, in one piece: *ret_len bytes of it and perhaps of
 * what follows. */
static const char *line_head(struct log_file *file, int64_t start, char *copy,
			     size_t *ret_len)
{
	const char *data = log_file_read(file, start, ret_len), *more;
	size_t len = *ret_len, rest;

	if (!len || len >= PART_MARK_MAX)
		return data;
	memcpy(copy, data, len);
	more = log_file_read(file, start + (int64_t)len, &rest);
	if (rest > PART_MARK_MAX - len)
		rest = PART_MARK_MAX - len;
	memcpy(copy + len, more, rest);
	*ret_len = len + rest;
	return copy;
}

static bool note_line(struct log_marks *marks, struct log_file *file,
		      int64_t start)
{
	size_t block = (size_t)(start / LOG_MARKS_BLOCK), len, mark;
	char copy[PART_MARK_MAX];
	const char *head;

	if (block >= BLOCKS_MAX)
		return false;
	while (marks->count <= block) {
		ARRAY_RESERVE(marks->blocks, marks->count, marks->capacity);
		marks->blocks[marks->count++] =
			(struct log_marks_block){.first = -1};
	}
	if (marks->blocks[block].first < 0)
		marks->blocks[block].first = (int32_t)(start % LOG_MARKS_BLOCK);
	head = line_head(file, start, copy, &len);
	mark = part_mark_length(head, len);
	if (mark)
		marks->blocks[block].names |= bit_of(head, mark);
	return true;
}

static bool ends_with_newline(struct log_file *file, int64_t end)
{
	size_t len;
	const char *last = log_file_read(file, end - 1, &len);

	return len && *last == '\n';
}

bool log_marks_scan(struct log_marks *marks, struct log_file *file,
		    int64_t until_ns)
{
	for (int lines = 1; marks->scanned < file->size; lines++) {
		int64_t end = log_file_line_end(file, marks->scanned);

		if (end <= marks->scanned ||
		    !note_line(marks, file, marks->scanned))
			return false;
		marks->limit = end;
		/* it may go on: looked at again then */
		if (end >= file->size && !ends_with_newline(file, end))
			return false;
		marks->scanned = end;
		if (lines % LINES_PER_LOOK == 0 && clock_mono_ns() >= until_ns)
			return marks->scanned < file->size;
	}
	return false;
}

static bool is_chosen(const struct log_marks *marks, struct log_file *file,
		      int64_t start)
{
	char copy[PART_MARK_MAX];
	size_t len;
	const char *head = line_head(file, start, copy, &len);

	return len >= marks->chosen_len &&
	       !memcmp(head, marks->chosen, marks->chosen_len);
}

static bool has_chosen(const struct log_marks *marks, size_t block)
{
	return marks->blocks[block].names & marks->chosen_bit;
}

/* Where the first line starts from this block on; the limit for none. */
static int64_t first_from(const struct log_marks *marks, size_t block)
{
	while (block < marks->count && marks->blocks[block].first < 0)
		block++;
	return block < marks->count ? (int64_t)block * LOG_MARKS_BLOCK +
					      marks->blocks[block].first
				    : marks->limit;
}

int64_t log_marks_seek(const struct log_marks *marks, struct log_file *file,
		       int64_t at)
{
	while (at < marks->limit) {
		size_t block = (size_t)(at / LOG_MARKS_BLOCK);
		int64_t end;

		if (block >= marks->count)
			break;
		if (!has_chosen(marks, block)) {
			while (++block < marks->count &&
			       !has_chosen(marks, block))
				;
			at = first_from(marks, block);
			continue;
		}
		if (is_chosen(marks, file, at))
			return at;
		end = log_file_line_end(file, at);
		if (end <= at) /* cut short meanwhile */
			break;
		at = end;
	}
	return marks->limit;
}

int64_t log_marks_first(struct log_marks *marks, struct log_file *file)
{
	int64_t first = marks->first;

	if (first < 0)
		first = log_marks_seek(marks, file, 0);
	if (first < marks->limit)
		marks->first = first;
	return first;
}

int64_t log_marks_before(const struct log_marks *marks, struct log_file *file,
			 int64_t at)
{
	if (at > marks->limit)
		at = marks->limit;
	while (at > 0) {
		int64_t start = log_file_line_before(file, at);
		size_t block = (size_t)(start / LOG_MARKS_BLOCK);

		if (block >= marks->count)
			return -1; /* cut short meanwhile */
		at = start;
		if (has_chosen(marks, block)) {
			if (is_chosen(marks, file, start))
				return start;
			continue;
		}
		while (block > 0 && !has_chosen(marks, block - 1))
			block--;
		if (block == 0)
			return -1;
		start = first_from(marks, block);
		at = start < at ? start : at;
	}
	return -1;
}
