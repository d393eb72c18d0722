/* SPDX-License-Identifier: MIT */
/*
 * Lines of a container's log, as they come with timestamps=true.
 *
 * A container runtime cuts lines longer than 16 KiB (8 KiB with CRI-O) into
 * fragments, each with a timestamp of its own.  Kubelets before 1.22 write that
 * timestamp in front of every fragment, so in the middle of the line: "T1
 * first 16384 bytesT2 the rest".  Seen on 1.20 with containerd; put right
 * here.  A program that writes such a timestamp itself keeps it, unless it
 * stands exactly where a fragment may begin and is not older than the line's.
 */
#ifndef ENGINE_KUBE_LOG_LINES_H
#define ENGINE_KUBE_LOG_LINES_H

#include "base/strbuf.h"

#include <stdint.h>

#define LOG_TIMESTAMP_MAX 40
#define LOG_PART_BYTES (1u << 20)

struct log_lines {
	struct strbuf raw;  /* what came of a line and is not told yet */
	struct strbuf text; /* scratch */
	bool is_begun;	    /* its timestamp has been read */
	char timestamp[LOG_TIMESTAMP_MAX]; /* of its first fragment; or "" */
	int64_t at_ns;
	int64_t fragment_ns;   /* of the latest fragment */
	size_t fragment_bytes; /* that have come of it */
};

/* Borrowed for the call. */
struct log_line {
	const char *text; /* without timestamp and newline */
	size_t len;
	const char *timestamp; /* "": the line has none, so it is no line of
				* the container, but what a kubelet says */
	int64_t at_ns;	       /* the same */
	bool is_part;	       /* more of this line follows */
};

/* False: no more lines are wanted. */
typedef bool log_line_fn(void *arg, const struct log_line *line);

void log_lines_init(struct log_lines *lines);
void log_lines_release(struct log_lines *lines);
/* The connection is lost: what has not ended comes again. */
void log_lines_forget(struct log_lines *lines);
/* Both false when fn said so. */
bool log_lines_feed(struct log_lines *lines, const char *data, size_t len,
		    log_line_fn *fn, void *arg);
/* The log has ended: a last line without newline is a line. */
bool log_lines_end(struct log_lines *lines, log_line_fn *fn, void *arg);

#endif
