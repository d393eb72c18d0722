/* SPDX-License-Identifier: MIT */
/*
 * A row of the index as filters ask it: what the row holds, and the rest from
 * the whole trial where that is at hand.  Thread: ui.
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
	const struct trial *trial; /* its texts; NULL: not at hand */
	struct strbuf cell;	   /* to be released by the caller */
};

/* A source that answers about asked; it stays valid as long as that does. */
struct field_source trial_source(struct trial_asked *asked);

#endif
