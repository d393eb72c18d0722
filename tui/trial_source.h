/* SPDX-License-Identifier: MIT */
/*
 * A row of the index as filters and orders ask it: what the row holds, and the
 * rest from the cache.  Thread: ui.
 */
#ifndef TUI_TRIAL_SOURCE_H
#define TUI_TRIAL_SOURCE_H

#include "base/strbuf.h"
#include "model/filter.h"
#include "tui/trial_index.h"

struct trial_asked {
	const struct trial_index *index;
	const struct trial_row *row;
	int64_t sequence;
	int64_t now_ns;
	const struct trial *trial; /* whole; NULL: not at hand */
	struct strbuf cell;	   /* to be released by the caller */
	bool is_unknown;	   /* set: something was not read yet */
	/* the field asked for last, and its column */
	const struct trial_field *field;
	const struct cache_column *column;
};

/* A source that answers about asked; it stays valid as long as that does. */
struct field_source trial_source(struct trial_asked *asked);

#endif
