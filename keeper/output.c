/* SPDX-License-Identifier: MIT */
/* One output stream of the command. */
#include "keeper/output.h"

#include "keeper/clock.h"
#include "keeper/note.h"
#include "model/log_time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_BYTES 65536
#define CHUNKS_A_TURN 16

void splitter_feed(struct splitter *splitter, const char *data, size_t len)
{
	struct buffer *line = &splitter->line;

	line->max = OUTPUT_LINE_MAX_BYTES;
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t part = end ? (size_t)(end - data) : len;

		if (!splitter->is_skipping && end && !line->len) {
			/* the usual case: a whole line, no copying */
			if (part <= OUTPUT_LINE_MAX_BYTES)
				splitter->fn(data, part, splitter->arg);
		} else if (!splitter->is_skipping) {
			if (!buffer_add(line, data, part))
				splitter->is_skipping = true;
			else if (end)
				splitter->fn(line->data, line->len,
					     splitter->arg);
		}
		if (end) {
			splitter->is_skipping = false;
			line->len = 0;
			part++;
		}
		data += part;
		len -= part;
	}
}

void splitter_end(struct splitter *splitter)
{
	if (!splitter->is_skipping && splitter->line.len)
		splitter->fn(splitter->line.data, splitter->line.len,
			     splitter->arg);
	splitter->is_skipping = false;
	buffer_release(&splitter->line);
}

bool output_open(struct output *output, int dir_fd, const char *name,
		 output_line_fn *fn, void *arg, int *ret_write_fd)
{
	int ends[2];

	memset(output, 0, sizeof(*output));
	output->name = name;
	output->dir_fd = dir_fd;
	output->times_fd = -1;
	output->has_lines = fn != NULL;
	output->splitter.fn = fn;
	output->splitter.arg = arg;
	output->file_fd = openat(
		dir_fd, name,
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (output->file_fd < 0)
		note("%s: %s; the output is not kept", name, strerror(errno));
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	output->pipe_fd = ends[0];
	*ret_write_fd = ends[1];
	return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

static bool write_file(struct output *output, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(output->file_fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		output->written += n;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* When what comes next came.  Without this file the log is whole all the same:
 * no failure is told. */
static void keep_time(struct output *output)
{
	struct log_time time = {output->written, wall_ns()};
	unsigned char record[LOG_TIME_BYTES];
	char name[64];

	if (!log_time_is_due(output->times, output->timed_ns, time.at_ns))
		return;
	if (output->times_fd < 0) {
		snprintf(name, sizeof(name), "%s" LOG_TIME_SUFFIX,
			 output->name);
		output->times_fd = openat(output->dir_fd, name,
					  O_WRONLY | O_CREAT | O_APPEND |
						  O_CLOEXEC | O_NOFOLLOW,
					  0600);
	}
	log_time_encode(&time, record);
	if (output->times_fd < 0 ||
	    write(output->times_fd, record, sizeof(record)) !=
		    (ssize_t)sizeof(record))
		return;
	output->times++;
	output->timed_ns = time.at_ns;
}

static void keep(struct output *output, const char *data, size_t len)
{
	char text[96];
	int n;

	if (output->file_fd < 0 || output->is_full)
		return;
	if (output->written + (int64_t)len > OUTPUT_FILE_MAX_BYTES) {
		output->is_full = true;
		note("%s: over %lld bytes; the rest is not kept", output->name,
		     (long long)OUTPUT_FILE_MAX_BYTES);
		n = snprintf(text, sizeof(text),
			     "\n[cut here: the limit of %lld bytes is "
			     "reached]\n",
			     (long long)OUTPUT_FILE_MAX_BYTES);
		write_file(output, text, (size_t)n);
		return;
	}
	keep_time(output);
	if (write_file(output, data, len)) {
		if (output->has_failed)
			note("%s: writing works again", output->name);
		output->has_failed = false;
		return;
	}
	if (!output->has_failed)
		note("%s: %s; output is being lost", output->name,
		     strerror(errno));
	output->has_failed = true;
}

void output_set_tee(struct output *output, struct tee *tee, int tee_stream)
{
	output->tee = tee;
	output->tee_stream = tee_stream;
}

int output_fd(const struct output *output)
{
	if (output->tee && !tee_has_room(output->tee, output->tee_stream))
		return -1;
	return output->pipe_fd;
}

/* False: nothing is there, or nothing more will come. */
static bool take(struct output *output)
{
	char data[CHUNK_BYTES];
	ssize_t n;

	do
		n = read(output->pipe_fd, data, sizeof(data));
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		close(output->pipe_fd);
		output->pipe_fd = -1;
		return false;
	}
	keep(output, data, (size_t)n);
	if (output->has_lines)
		splitter_feed(&output->splitter, data, (size_t)n);
	if (output->tee)
		tee_feed(output->tee, output->tee_stream, data, (size_t)n);
	return true;
}

bool output_pump(struct output *output)
{
	bool any = false;

	for (int i = 0; i < CHUNKS_A_TURN && output_fd(output) >= 0; i++) {
		if (!take(output))
			break;
		any = true;
	}
	return any;
}

void output_close(struct output *output)
{
	/* a stranger that got hold of the pipe may write for ever: what fits
	 * into the pipe now is the last that belongs to the command */
	for (int i = 0; i < 2 * CHUNKS_A_TURN && output->pipe_fd >= 0; i++)
		if (!take(output))
			break;
	if (output->has_lines)
		splitter_end(&output->splitter);
	if (output->tee)
		tee_end(output->tee, output->tee_stream);
	if (output->pipe_fd >= 0)
		close(output->pipe_fd);
	output->pipe_fd = -1;
	if (output->file_fd >= 0)
		close(output->file_fd);
	output->file_fd = -1;
	if (output->times_fd >= 0)
		close(output->times_fd);
	output->times_fd = -1;
}
