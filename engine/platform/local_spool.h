/* SPDX-License-Identifier: MIT */
/*
 * Reading a keeper's spool after the fact.  The file lies where the trial can
 * write, and a crash may have torn its last line, so nothing in it is trusted:
 * lines come out one by one, bounded, and whoever takes them checks each.
 */
#ifndef ENGINE_PLATFORM_LOCAL_SPOOL_H
#define ENGINE_PLATFORM_LOCAL_SPOOL_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOCAL_SPOOL_LINE_MAX (1100000U) /* longer ones are passed over */
#define LOCAL_SPOOL_SLICE 262144U	/* bytes read at once */

typedef void local_spool_fn(const char *json, size_t len, void *arg);

struct local_spool {
	int fd;
	struct strbuf rest; /* an unfinished line */
	bool is_skipping;   /* inside a line that is too long */
};

/* False when there is no spool; nothing needs closing then. */
bool local_spool_open(struct local_spool *spool, const char *directory);
void local_spool_close(struct local_spool *spool);
/* Hand one slice's lines to fn.  False when the end was reached. */
bool local_spool_read(struct local_spool *spool, local_spool_fn *fn, void *arg);
/* The same for bytes in memory. */
void local_spool_feed(struct local_spool *spool, const char *data, size_t len,
		      local_spool_fn *fn, void *arg);

#endif
