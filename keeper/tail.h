/* SPDX-License-Identifier: MIT */
/*
 * Two files a command may write metrics to, followed as they grow: lines
 * appended to $TRIALDECK_METRICS, and NNI's records in .nni/metrics: "ME", six
 * decimal digits, that many bytes of JSON, back to back (nni.md 5.5).
 * A file that gets shorter was started anew and is read from its beginning.
 */
#ifndef KEEPER_TAIL_H
#define KEEPER_TAIL_H

#include "keeper/output.h"

struct tail {
	const char *path; /* NULL: there is none */
	bool is_nni;
	int64_t offset;		  /* read up to here */
	struct splitter splitter; /* of lines; calls fn */
	struct buffer record;	  /* NNI: bytes not yet a whole record */
	bool has_garbage;	  /* noted */
};

/* fn gets every line or record.  path is borrowed. */
void tail_init(struct tail *tail, const char *path, bool is_nni,
	       output_line_fn *fn, void *arg);
/* Read what has been added, at most 4 MiB.  False when nothing was. */
bool tail_poll(struct tail *tail);
/* Read the rest; an unfinished last line counts, an unfinished record not. */
void tail_end(struct tail *tail);

#endif
