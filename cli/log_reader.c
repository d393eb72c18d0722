/* SPDX-License-Identifier: MIT */
/* Reading a log in chunks; nothing depends on how long its lines are. */
#include "cli/log_reader.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "cli/log_grep.h"
#include "cli/output.h"
#include "model/part.h"
#include "tui/log_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_BYTES 65536

void log_reader_init(struct log_reader *reader, const char *part)
{
	*reader = (struct log_reader){
		.fd = -1,
		.is_terminal = isatty(STDOUT_FILENO),
		.pending = STRBUF_INIT,
		.mark = part ? xasprintf("[%.*s] ", PART_MARK_NAME, part)
			     : NULL,
	};
}

/* ---- printing ------------------------------------------------------------ */

static void print_line(const char *text, size_t len)
{
	struct strbuf safe = STRBUF_INIT;

	utf8_sanitize(&safe, text, len, false);
	output_flush(&safe);
	strbuf_release(&safe);
}

static void print_bytes(struct log_reader *reader, const char *data, size_t len)
{
	struct strbuf *pending = &reader->pending;
	const char *end;

	if (reader->lines) {
		log_grep_feed(reader->lines, data, len, reader->at);
		return;
	}
	if (!reader->is_terminal) {
		fwrite(data, 1, len, stdout);
		return;
	}
	while ((end = memchr(data, '\n', len))) {
		strbuf_add(pending, data, (size_t)(end - data));
		print_line(pending->data, pending->len);
		putchar('\n');
		strbuf_clear(pending);
		len -= (size_t)(end - data) + 1;
		data = end + 1;
	}
	strbuf_add(pending, data, len);
	if (pending->len >= CHUNK_BYTES) {
		print_line(pending->data, pending->len);
		strbuf_clear(pending);
	}
}

void log_reader_release(struct log_reader *reader)
{
	if (reader->pending.len) {
		print_line(reader->pending.data, reader->pending.len);
		putchar('\n');
	}
	if (reader->fd >= 0)
		close(reader->fd);
	strbuf_release(&reader->pending);
	free(reader->mark);
}

/* ---- lines with the mark ------------------------------------------------- */

/* The next bytes that are in or out as a whole; returns how many. */
static size_t step(struct log_reader *reader, const char *data, size_t len)
{
	const char *end;

	if (reader->place == LOG_READER_HEAD) {
		if (*data != reader->mark[reader->matched])
			reader->place = LOG_READER_LEFT;
		else if (!reader->mark[++reader->matched])
			reader->place = LOG_READER_TAKEN;
		if (reader->place != LOG_READER_LEFT)
			return 1;
	}
	end = memchr(data, '\n', len);
	if (!end)
		return len;
	return (size_t)(end - data) + 1;
}

/* Did a line end with these bytes?  Then another begins. */
static void end_line(struct log_reader *reader, const char *data, size_t len)
{
	if (data[len - 1] != '\n')
		return;
	reader->place = LOG_READER_HEAD;
	reader->matched = 0;
}

static void print_marked(struct log_reader *reader, const char *data,
			 size_t len)
{
	while (len) {
		bool is_head = reader->place == LOG_READER_HEAD;
		size_t n = step(reader, data, len);

		if (reader->place == LOG_READER_TAKEN && !is_head)
			print_bytes(reader, data, n);
		end_line(reader, data, n);
		data += n;
		len -= n;
		reader->at += (int64_t)n;
	}
}

/* Read on; fn is called for each chunk until it answers false. */
typedef bool chunk_fn(struct log_reader *reader, const char *data, size_t len,
		      void *arg);

static bool read_chunks(struct log_reader *reader, chunk_fn *fn, void *arg,
			struct error *err)
{
	char *chunk = xmalloc(CHUNK_BYTES);
	ssize_t n;

	while ((n = read(reader->fd, chunk, CHUNK_BYTES)) > 0)
		if (!fn(reader, chunk, (size_t)n, arg))
			break;
	free(chunk);
	if (n < 0)
		return error_set_errno(err, "read log");
	return true;
}

struct count {
	int64_t marked; /* lines so far that begin with the mark */
	int64_t wanted; /* stop at this one; -1: never */
	off_t at;	/* of the chunk */
	off_t line;	/* where the line at hand starts */
};

static bool count_marked(struct log_reader *reader, const char *data,
			 size_t len, void *arg)
{
	struct count *count = arg;

	while (len) {
		bool is_head = reader->place == LOG_READER_HEAD;
		size_t n = step(reader, data, len);

		if (is_head && reader->place == LOG_READER_TAKEN &&
		    count->marked++ == count->wanted)
			return false;
		end_line(reader, data, n);
		count->at += (off_t)n;
		if (reader->place == LOG_READER_HEAD && !reader->matched)
			count->line = count->at;
		data += n;
		len -= n;
	}
	return true;
}

static bool rewind_to(struct log_reader *reader, off_t at, struct error *err)
{
	reader->place = LOG_READER_HEAD;
	reader->matched = 0;
	return lseek(reader->fd, at, SEEK_SET) >= 0 ||
	       error_set_errno(err, "read log");
}

/* Once to count them, once to find the first that is wanted. */
static bool seek_marked_tail(struct log_reader *reader, long lines,
			     struct error *err)
{
	struct count all = {.wanted = -1}, last = {0};

	if (!read_chunks(reader, count_marked, &all, err) ||
	    !rewind_to(reader, 0, err))
		return false;
	if (all.marked <= lines)
		return true;
	last.wanted = all.marked - lines;
	return read_chunks(reader, count_marked, &last, err) &&
	       rewind_to(reader, last.line, err);
}

/* ---- the file ------------------------------------------------------------ */

bool log_reader_seek_tail(struct log_reader *reader, long lines,
			  struct error *err)
{
	off_t at = lseek(reader->fd, 0, SEEK_END), end = at;
	char *chunk;

	if (reader->mark)
		return rewind_to(reader, 0, err) &&
		       seek_marked_tail(reader, lines, err);
	chunk = xmalloc(CHUNK_BYTES);
	while (at > 0) {
		size_t len = at < CHUNK_BYTES ? (size_t)at : CHUNK_BYTES;
		ssize_t n = pread(reader->fd, chunk, len, at - (off_t)len);

		if (n != (ssize_t)len)
			break;
		at -= (off_t)len;
		for (size_t i = len; i > 0; i--) {
			/* the newline that ends the file ends a line */
			if (chunk[i - 1] != '\n' || at + (off_t)i == end)
				continue;
			if (--lines == 0) {
				free(chunk);
				return rewind_to(reader, at + (off_t)i, err);
			}
		}
	}
	free(chunk);
	return rewind_to(reader, 0, err);
}

bool log_reader_seek_time(struct log_reader *reader, const char *path,
			  int64_t from_ns, struct error *err)
{
	struct log_times times;
	struct log_file file;
	int64_t offset, at_ns = 0;
	off_t now = lseek(reader->fd, 0, SEEK_CUR);

	log_times_init(&times, path);
	if (!log_times_refresh(&times)) {
		log_times_release(&times);
		return error_set(err, ERROR_NOT_FOUND,
				 "nothing says when the lines of this log "
				 "came: --tail has the last ones");
	}
	offset = log_times_find(&times, from_ns, &at_ns);
	log_times_release(&times);
	log_file_init(&file, path);
	log_file_refresh(&file);
	/* everything came before: what is to come is all */
	offset = at_ns < from_ns ? file.size : log_file_line_at(&file, offset);
	log_file_release(&file);
	return offset <= now || rewind_to(reader, offset, err);
}

static bool print_chunk(struct log_reader *reader, const char *data, size_t len,
			void *arg)
{
	(void)arg;
	if (reader->mark)
		print_marked(reader, data, len);
	else
		print_bytes(reader, data, len);
	if (!reader->mark)
		reader->at += (int64_t)len;
	return true;
}

bool log_reader_drain(struct log_reader *reader, struct error *err)
{
	bool ok;

	reader->at = lseek(reader->fd, 0, SEEK_CUR);
	ok = read_chunks(reader, print_chunk, NULL, err);

	fflush(stdout);
	return ok;
}
