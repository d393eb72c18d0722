/* SPDX-License-Identifier: MIT */
/*
 * Lines out of a stream that is cut wherever the network likes.
 *
 * What is not ended by a newline when the stream ends is no line: forget it.
 */
#ifndef ENGINE_KUBE_WATCH_LINES_H
#define ENGINE_KUBE_WATCH_LINES_H

#include "base/strbuf.h"

struct watch_lines {
	struct strbuf held; /* the beginning of a line */
	size_t max;	    /* bytes of a line */
	bool is_skipping;   /* the rest of one that is longer */
};

/* A whole line without its newline; or NULL: one that was longer than max,
 * told when its end came.  False: no more lines are wanted. */
typedef bool watch_line_fn(void *arg, const char *line, size_t len);

void watch_lines_init(struct watch_lines *lines, size_t max);
void watch_lines_release(struct watch_lines *lines);
void watch_lines_forget(struct watch_lines *lines);
/* False when fn said so; the rest of data is lost then. */
bool watch_lines_feed(struct watch_lines *lines, const char *data, size_t len,
		      watch_line_fn *fn, void *arg);

#endif
