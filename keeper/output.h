/* SPDX-License-Identifier: MIT */
/*
 * One output stream of the command: a pipe in, a bounded file and perhaps the
 * container's own output out, and lines shown to whoever wants them on the way.
 */
#ifndef KEEPER_OUTPUT_H
#define KEEPER_OUTPUT_H

#include "keeper/buffer.h"
#include "keeper/tee.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUT_FILE_MAX_BYTES (256LL << 20)
/* Longer lines reach the file but are not looked at. */
#define OUTPUT_LINE_MAX_BYTES (1U << 20)

typedef void output_line_fn(const char *line, size_t len, void *arg);

/* Cuts a stream of bytes into lines. */
struct splitter {
	struct buffer line;
	bool is_skipping; /* inside a line that is too long */
	output_line_fn *fn;
	void *arg;
};

void splitter_feed(struct splitter *splitter, const char *data, size_t len);
/* The stream has ended: an unfinished line counts as a line. */
void splitter_end(struct splitter *splitter);

struct output {
	const char *name; /* of the file: "stdout" */
	int pipe_fd;	  /* our end, non-blocking; -1 after its end */
	int file_fd;
	int64_t written;	 /* bytes in the file */
	int dir_fd;		 /* where it lies; borrowed */
	int times_fd;		 /* "stdout.times" (model/log_time.h); or -1 */
	int64_t times, timed_ns; /* records in it, and when the last was made */
	bool is_full;		 /* over the limit: noted */
	bool has_failed;	 /* the last write failed: noted */
	bool has_lines;		 /* splitter.fn is wanted */
	struct splitter splitter;
	struct tee *tee; /* or NULL */
	int tee_stream;
};

/* Create the file and a pipe.  *ret_write_fd is the command's end. */
bool output_open(struct output *output, int dir_fd, const char *name,
		 output_line_fn *fn, void *arg, int *ret_write_fd);
/* Pass everything on to this as well. */
void output_set_tee(struct output *output, struct tee *tee, int tee_stream);
/* What to poll for input: -1 when there is nothing to wait for, at the stream's
 * end or while the tee has no room. */
int output_fd(const struct output *output);
/* Take in what is ready and finds room, at most 1 MiB.  False when nothing
 * was. */
bool output_pump(struct output *output);
/* Take in what is left, close. */
void output_close(struct output *output);

#endif
