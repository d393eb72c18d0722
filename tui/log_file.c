/* SPDX-License-Identifier: MIT */
/* Blocks of a file that somebody else is writing.  pread, never mmap: a file
 * cut short under a mapping is a SIGBUS, under pread it is a short answer. */
#include "tui/log_file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void forget(struct log_file *file)
{
	for (int i = 0; i < LOG_FILE_BLOCKS; i++)
		file->blocks[i].start = -1;
	for (int i = 0; i < LOG_FILE_LINES; i++)
		file->by_start[i].start = file->by_end[i].start = -1;
}

void log_file_init(struct log_file *file, const char *path)
{
	memset(file, 0, sizeof(*file));
	file->path = xstrdup(path);
	file->fd = -1;
	forget(file);
}

static void close_file(struct log_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	file->size = 0;
	forget(file);
}

void log_file_release(struct log_file *file)
{
	close_file(file);
	for (int i = 0; i < LOG_FILE_BLOCKS; i++)
		free(file->blocks[i].data);
	free(file->path);
	memset(file, 0, sizeof(*file));
	file->fd = -1;
}

static enum log_file_change
become(struct log_file *file, enum log_file_state state, const char *problem)
{
	bool is_same = file->state == state && file->fd < 0 &&
		       !strcmp(file->problem, problem);

	close_file(file);
	file->state = state;
	snprintf(file->problem, sizeof(file->problem), "%s", problem);
	return is_same ? LOG_FILE_SAME : LOG_FILE_RESTARTED;
}

static enum log_file_change open_file(struct log_file *file)
{
	struct stat status;
	/* non-blocking: a FIFO of this name must not hold us up */
	int fd = open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return become(file, LOG_FILE_MISSING, "");
	if (fd < 0)
		return become(file, LOG_FILE_UNREADABLE, strerror(errno));
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return become(file, LOG_FILE_UNREADABLE, "not a regular file");
	}
	become(file, LOG_FILE_OPEN, "");
	file->fd = fd;
	file->device = status.st_dev;
	file->inode = status.st_ino;
	file->size = status.st_size;
	return LOG_FILE_RESTARTED;
}

enum log_file_change log_file_refresh(struct log_file *file)
{
	struct stat status;

	/* The name first: a log that was rotated or removed is over. */
	if (file->fd < 0)
		return open_file(file);
	if (stat(file->path, &status) < 0 || status.st_dev != file->device ||
	    status.st_ino != file->inode || status.st_size < file->size)
		return open_file(file);
	if (status.st_size == file->size)
		return LOG_FILE_SAME;
	file->size = status.st_size;
	return LOG_FILE_GREW;
}

const char *log_file_read(struct log_file *file, int64_t at, size_t *ret_len)
{
	int64_t start = at - at % LOG_FILE_BLOCK;
	struct log_file_block *block =
		&file->blocks[at / LOG_FILE_BLOCK % LOG_FILE_BLOCKS];
	size_t inside = (size_t)(at - start), wanted = LOG_FILE_BLOCK;

	*ret_len = 0;
	if (at >= file->size)
		return "";
	if (start + LOG_FILE_BLOCK > file->size)
		wanted = (size_t)(file->size - start);
	if (block->start != start || block->len < wanted) {
		ssize_t got;

		if (!block->data)
			block->data = xmalloc(LOG_FILE_BLOCK);
		got = pread(file->fd, block->data, wanted, start);
		block->start = start;
		block->len = got > 0 ? (size_t)got : 0;
	}
	if (inside >= block->len)
		return "";
	*ret_len = block->len - inside;
	return block->data + inside;
}

static size_t slot_of(int64_t offset)
{
	return (size_t)((uint64_t)offset * 0x9E3779B97F4A7C15u >> 32) %
	       LOG_FILE_LINES;
}

static void remember(struct log_file *file, int64_t start, int64_t end)
{
	struct log_file_line line = {start, end};

	file->by_start[slot_of(start)] = line;
	file->by_end[slot_of(end)] = line;
}

static int64_t round_up(int64_t offset)
{
	return (offset + LOG_FILE_SPAN - 1) / LOG_FILE_SPAN * LOG_FILE_SPAN;
}

int64_t log_file_line_end(struct log_file *file, int64_t start)
{
	struct log_file_line *known = &file->by_start[slot_of(start)];
	int64_t forced = round_up(start) + LOG_FILE_SPAN, at = start;

	if (known->start == start)
		return known->end;
	while (at < file->size && at < forced) {
		size_t len;
		const char *data = log_file_read(file, at, &len), *newline;

		if (!len)
			return file->size; /* cut short meanwhile */
		if ((int64_t)len > forced - at)
			len = (size_t)(forced - at);
		newline = memchr(data, '\n', len);
		if (newline) {
			at += newline - data + 1;
			remember(file, start, at);
			return at;
		}
		at += (int64_t)len;
	}
	if (at == forced)
		remember(file, start, at);
	return at;
}

/* The last newline in [from, to), or -1. */
static int64_t newline_before(struct log_file *file, int64_t from, int64_t to)
{
	while (to > from) {
		int64_t start = (to - 1) / LOG_FILE_BLOCK * LOG_FILE_BLOCK;
		size_t len;
		const char *data, *newline;

		if (start < from)
			start = from;
		data = log_file_read(file, start, &len);
		if ((int64_t)len > to - start)
			len = (size_t)(to - start);
		newline = len ? memrchr(data, '\n', len) : NULL;
		if (newline)
			return start + (newline - data);
		to = start;
	}
	return -1;
}

int64_t log_file_line_before(struct log_file *file, int64_t start)
{
	struct log_file_line *known = &file->by_end[slot_of(start)];
	int64_t end = start, span, newline;
	size_t len;
	const char *last;

	if (start <= 0)
		return 0;
	if (known->start >= 0 && known->end == start)
		return known->start;
	last = log_file_read(file, start - 1, &len);
	if (len && *last == '\n')
		end--;
	/* the last multiple before `start` starts a line unless a newline
	 * follows it, or lies in the span before it */
	span = (start - 1) / LOG_FILE_SPAN * LOG_FILE_SPAN;
	newline = newline_before(file, span, end);
	if (newline < 0 && span > 0) {
		newline = newline_before(file, span - LOG_FILE_SPAN,
					 span < end ? span : end);
		if (newline < 0)
			newline = span - 1;
	}
	if (newline + 1 >= start)
		newline = start - 2; /* rewritten between two reads */
	if (start < file->size || end < start)
		remember(file, newline + 1, start);
	return newline + 1;
}

int64_t log_file_line_at(struct log_file *file, int64_t offset)
{
	int64_t span = offset / LOG_FILE_SPAN * LOG_FILE_SPAN;
	int64_t from = span - LOG_FILE_SPAN, newline;

	if (offset <= 0)
		return 0;
	newline = newline_before(file, from > 0 ? from : 0, offset);
	/* as the header says: a multiple with no newline in the span before */
	if (newline < 0 && span > 0)
		return span;
	return newline + 1;
}

static void add_bytes(struct log_file *file, int64_t from, int64_t to,
		      struct strbuf *out)
{
	while (from < to) {
		size_t len;
		const char *data = log_file_read(file, from, &len);

		if (!len)
			return;
		if ((int64_t)len > to - from)
			len = (size_t)(to - from);
		strbuf_add(out, data, len);
		from += (int64_t)len;
	}
}

void log_file_add_line(struct log_file *file, int64_t start, int64_t end,
		       size_t max, struct strbuf *out, int64_t *ret_left)
{
	size_t before = out->len, len;
	const char *cr;

	*ret_left = 0;
	if (end - start <= (int64_t)max + 1) {
		add_bytes(file, start, end, out);
		if (out->len > before && out->data[out->len - 1] == '\n')
			strbuf_truncate(out, out->len - 1);
		return;
	}
	/* is its end the last state of a progress bar? */
	add_bytes(file, end - (int64_t)max, end, out);
	len = out->len;
	while (len > before &&
	       (out->data[len - 1] == '\n' || out->data[len - 1] == '\r'))
		len--;
	cr = len > before ? memrchr(out->data + before, '\r', len - before)
			  : NULL;
	if (cr) {
		strbuf_truncate(out, len);
		return;
	}
	strbuf_truncate(out, before);
	add_bytes(file, start, start + (int64_t)max, out);
	/* not in the middle of a character */
	for (int i = 0; i < 3 && out->len > before &&
			((unsigned char)out->data[out->len - 1] & 0xC0) == 0x80;
	     i++)
		strbuf_truncate(out, out->len - 1);
	if (out->len > before && (unsigned char)out->data[out->len - 1] >= 0xC0)
		strbuf_truncate(out, out->len - 1);
	*ret_left = end - start - (int64_t)max;
}
