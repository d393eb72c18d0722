/* SPDX-License-Identifier: MIT */
/* Any bytes as a trial's log: every row that the pane would draw is printable,
 * fits, and measures what it says.  The first bytes choose size and mode. */
#include "tui/log_text.h"

#include "base/strbuf.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const struct log_row *row, int pane_cols, bool is_ascii)
{
	size_t len = strlen(row->text);
	int cols = utf8_width(row->text, len), end = 0;

	assert(cols == row->cols && cols <= pane_cols);
	for (size_t i = 0; i < len;) {
		uint32_t point;
		bool is_first = i == 0;

		i += utf8_decode(row->text + i, len - i, &point);
		assert(point != UTF8_INVALID);
		assert(point >= 0x20 && (point < 0x7f || point > 0x9f));
		assert(!is_first || utf8_point_width(point) > 0);
		assert(!is_ascii || point < 0x7f);
	}
	for (int i = 0; i < row->match_count; i++) {
		assert(row->matches[i].col >= end);
		assert(row->matches[i].cols > 0);
		end = row->matches[i].col + row->matches[i].cols;
		assert(end <= row->cols);
	}
}

static void check_rows(struct log_text *log, int rows, int cols, bool is_ascii)
{
	int count = log_text_row_count(log);

	assert(count <= rows);
	for (int i = 0; i < count; i++)
		check_row(log_text_row(log, i), cols, is_ascii);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[40];
	struct log_text *log;
	struct error err;
	int fd, rows, cols;
	bool is_ascii;

	if (size < 4)
		return 0;
	rows = data[0] % 20 + 1;
	cols = data[1] % 60 + 1;
	is_ascii = data[2] & 1;
	fd = memfd_create("log", MFD_CLOEXEC);
	assert(fd >= 0 && write(fd, data + 4, size - 4) == (ssize_t)size - 4);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	log = log_text_new(path, is_ascii);
	log_text_set_size(log, rows, cols);
	log_text_set_wrap(log, data[2] & 2);
	/* the last bytes of the log, if they are text, are what one seeks */
	if (size > 8 && !memchr(data + size - 3, '\0', 3)) {
		char pattern[4] = {(char)data[size - 3], (char)data[size - 2],
				   (char)data[size - 1], '\0'};

		log_text_set_pattern(log, pattern, data[2] & 4, &err);
	}
	if (data[2] & 16) {
		log_text_keep_marks(log, true);
		log_text_choose(log, data[2] & 32 ? "a" : NULL);
	}
	while (log_text_update(log) == LOG_TEXT_MORE)
		;
	check_rows(log, rows, cols, is_ascii);
	log_text_pan(log, data[3] % 64);
	log_text_scroll(log, -(int)data[3]);
	check_rows(log, rows, cols, is_ascii);
	log_text_search(log, data[2] & 8);
	while (log_text_update(log) == LOG_TEXT_MORE)
		;
	check_rows(log, rows, cols, is_ascii);
	if (data[2] & 16)
		log_text_choose(log, data[2] & 32 ? NULL : "a");
	check_rows(log, rows, cols, is_ascii);
	if (data[2] & 64) {
		char word[3] = {(char)data[0], (char)data[1], '\0'};

		log_text_set_filter(log, word, data[2] & 4, data[3] & 1,
				    data[3] % 4, &err);
		while (log_text_update(log) == LOG_TEXT_MORE)
			;
		check_rows(log, rows, cols, is_ascii);
		log_text_search(log, data[2] & 8);
		log_text_update(log);
	}
	log_text_top(log);
	for (int i = 0; i < 5; i++) {
		log_text_scroll(log, data[3] % 7);
		check_rows(log, rows, cols, is_ascii);
	}
	log_text_free(log);
	close(fd);
	return 0;
}
