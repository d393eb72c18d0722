/* SPDX-License-Identifier: MIT */
/*
 * The order of what waits to be written to a log, and when it came: lines of
 * several pods are put in the order of their times, which the kubelets gave
 * them, and the times go to a file beside the log (model/log_time.h).
 */
#include "engine/platform/kubernetes/logfile_private.h"

#include "base/mem.h"
#include "model/log_time.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void logfile_note_line(struct logfile *file, int64_t at_ns)
{
	ARRAY_RESERVE(file->lines, file->line_count, file->line_capacity);
	file->lines[file->line_count++] = (struct logfile_line){
		.at_ns = at_ns, .start = file->pending.len};
}

static int compare_lines(const void *a, const void *b)
{
	const struct logfile_line *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

static bool is_in_order(const struct logfile *file)
{
	for (size_t i = 1; i < file->line_count; i++)
		if (file->lines[i].at_ns < file->lines[i - 1].at_ns)
			return false;
	return true;
}

static void sort_lines(struct logfile *file)
{
	struct strbuf sorted = STRBUF_INIT;
	size_t from = file->lines[0].start;

	for (size_t i = 0; i < file->line_count; i++)
		file->lines[i].len =
			(i + 1 < file->line_count ? file->lines[i + 1].start
						  : file->pending.len) -
			file->lines[i].start;
	qsort(file->lines, file->line_count, sizeof(*file->lines),
	      compare_lines);
	for (size_t i = 0; i < file->line_count; i++) {
		struct logfile_line *line = &file->lines[i];
		size_t start = from + sorted.len;

		strbuf_add(&sorted, file->pending.data + line->start,
			   line->len);
		line->start = start;
	}
	strbuf_truncate(&file->pending, from);
	strbuf_add(&file->pending, sorted.data, sorted.len);
	strbuf_release(&sorted);
}

void logfile_arrange(struct logfile *file)
{
	unsigned char record[LOG_TIME_BYTES];

	if (!file->line_count)
		return;
	if (!is_in_order(file))
		sort_lines(file);
	for (size_t i = 0; i < file->line_count; i++) {
		struct log_time time = {
			.offset = file->size + (int64_t)file->lines[i].start,
			.at_ns = file->lines[i].at_ns,
		};

		if (!time.at_ns || !log_time_is_due(file->times_count,
						    file->timed_ns, time.at_ns))
			continue;
		log_time_encode(&time, record);
		strbuf_add(&file->times, (const char *)record, sizeof(record));
		file->times_count++;
		file->timed_ns = time.at_ns;
	}
	file->line_count = 0;
}

/* Records of what the log does not have (any more). */
static void cut_times(struct logfile *file)
{
	unsigned char record[LOG_TIME_BYTES];
	struct stat st;
	int64_t low = 0, high;

	if (fstat(file->times_fd, &st) < 0)
		return;
	high = st.st_size / LOG_TIME_BYTES;
	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (pread(file->times_fd, record, sizeof(record),
			  middle * LOG_TIME_BYTES) == (ssize_t)sizeof(record) &&
		    log_time_decode(record).offset < file->size)
			low = middle + 1;
		else
			high = middle;
	}
	if (low * LOG_TIME_BYTES != st.st_size &&
	    ftruncate(file->times_fd, low * LOG_TIME_BYTES) < 0) {
		close(file->times_fd);
		file->times_fd = -1;
	}
	file->times_count = low;
}

void logfile_open_times(struct logfile *file)
{
	file->times_fd = open(file->times_path,
			      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
				      O_NONBLOCK | O_APPEND,
			      0600);
	if (file->times_fd >= 0)
		cut_times(file);
}

void logfile_write_times(struct logfile *file)
{
	/* a log without times is whole all the same: no failure is told */
	if (file->times.len && file->times_fd >= 0 &&
	    write(file->times_fd, file->times.data, file->times.len) !=
		    (ssize_t)file->times.len) {
		close(file->times_fd);
		file->times_fd = -1;
	}
	strbuf_clear(&file->times);
}

void logfile_release_times(struct logfile *file)
{
	if (file->times_fd >= 0)
		close(file->times_fd);
	strbuf_release(&file->times);
	free(file->times_path);
	free(file->lines);
}
