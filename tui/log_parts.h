/* SPDX-License-Identifier: MIT */
/*
 * Names of the parts whose lines stand in an attempt's log: what the log pane
 * can be asked to show alone.  Thread: ui.
 */
#ifndef TUI_LOG_PARTS_H
#define TUI_LOG_PARTS_H

#include "model/part.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>

struct log_parts {
	char (*names)[PART_MARK_NAME + 1];
	size_t count, capacity; /* none: lines have no marks */
};

void log_parts_release(struct log_parts *parts);
/* Read them anew; none when they cannot be read.  Did they change? */
bool log_parts_read(struct log_parts *parts, struct store *store, int64_t trial,
		    int attempt);
/* Which one it is, or -1. */
int log_parts_find(const struct log_parts *parts, const char *name, size_t len);

#endif
