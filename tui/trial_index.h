/* SPDX-License-Identifier: MIT */
/*
 * What the screen keeps in memory of an experiment's trials: one small row a
 * trial, without any text, and the order they are shown in.
 *
 * Rows are found by sequence number, which is also a trial's identity for
 * selection and marks.  The newest page is read first, so that there is
 * something to show at once; the rest follows in slices between keys
 * (trial_index_load).  After that only rows with a newer version are read.
 *
 * Filtering and sorting by what rows hold is done here.  What they do not hold
 * (parameters, reasons) takes a pass over the whole rows, in slices as well:
 * each row keeps one bit of answer and, for sorting, one number.
 * Thread: ui.
 */
#ifndef TUI_TRIAL_INDEX_H
#define TUI_TRIAL_INDEX_H

#include "base/error.h"
#include "model/experiment.h"
#include "model/filter.h"
#include "model/space.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRIAL_INDEX_MAX 20000000 /* rows; what lies above is not shown */

enum trial_row_flag {
	ROW_LOADED = 1 << 0,
	ROW_MARKED = 1 << 1,
	ROW_HAS_FINAL = 1 << 2,
	ROW_HAS_LAST = 1 << 3,
	ROW_HAS_BEST = 1 << 4,
	ROW_TEXT_KNOWN = 1 << 5, /* the pass over texts has seen it */
	ROW_TEXT_MATCH = 1 << 6, /* ... and the filter holds */
};

struct trial_row {
	int64_t key;
	int64_t version;
	int64_t submitted_ns, started_ns, ended_ns;
	double final, last, best;
	int32_t intermediates;
	int16_t attempt;
	int16_t exit_code;
	uint8_t state; /* enum trial_state */
	uint8_t flags;
	char source;
	char id[TRIAL_ID_SIZE];
};

enum trial_sort {
	SORT_NUMBER,
	SORT_ID,
	SORT_STATE,
	SORT_ATTEMPT,
	SORT_FINAL,
	SORT_BEST,
	SORT_LAST,
	SORT_STEPS,
	SORT_TIME,
	SORT_STARTED,
	SORT_PARAMETER, /* parameter number sort_parameter */
	SORT_COUNT
};

/* A row on its way through the sort. */
struct trial_keyed {
	uint64_t key;
	uint32_t sequence;
};

struct trial_index {
	struct trial_row *rows; /* by sequence number */
	size_t count, capacity;
	int64_t seen_version;
	int64_t load_below; /* sequences below this are still to be read; 0:
			     * all is here */

	enum trial_sort sort;
	size_t sort_parameter;
	bool is_descending;
	struct filter *filter;	   /* owned; NULL: all */
	const struct space *space; /* borrowed; may be NULL */

	double *values;	    /* sort by parameter: one a row; owned */
	int64_t pass_below; /* the pass over texts: as load_below */

	uint32_t *order; /* sequences as shown; NULL: all, newest first (or
			  * oldest first when not descending) */
	size_t shown;
	bool is_order_stale;
	struct trial_keyed *sort_items; /* room to sort in; owned */
	size_t sort_room;
	size_t marked;
	size_t retried; /* trials with more than one attempt */
};

void trial_index_init(struct trial_index *index);
void trial_index_release(struct trial_index *index);

/* Begin with an experiment: read the newest `page` trials. */
bool trial_index_open(struct trial_index *index, struct store *store,
		      const struct experiment *experiment, int page,
		      struct error *err);
/* Read what changed since.  *ret_changed is set when anything did.  A change
 * too large for one slice turns into loading again. */
bool trial_index_refresh(struct trial_index *index, struct store *store,
			 const struct experiment *experiment, bool *ret_changed,
			 struct error *err);
/* Go on reading for at most budget_ns.  False when all is done. */
bool trial_index_load(struct trial_index *index, struct store *store,
		      int64_t experiment, int64_t budget_ns);
/* Does the filter or the order need what rows do not hold? */
bool trial_index_needs_pass(const struct trial_index *index);
bool trial_index_is_loading(const struct trial_index *index);
/* Make sure that the rows at positions [first, first + n) are there. */
void trial_index_want(struct trial_index *index, struct store *store,
		      int64_t experiment, size_t first, size_t n);

void trial_index_set_sort(struct trial_index *index, enum trial_sort sort,
			  size_t parameter, bool is_descending);
/* Takes the filter (NULL: none). */
void trial_index_set_filter(struct trial_index *index, struct filter *filter);
/* Sort and filter again if anything asks for it.  True when it did. */
bool trial_index_arrange(struct trial_index *index);

/* The row at a position of the shown order. */
struct trial_row *trial_index_at(const struct trial_index *index, size_t at);
int64_t trial_index_sequence(const struct trial_index *index, size_t at);
/* Position of a sequence number in the shown order, or -1. */
int64_t trial_index_position(const struct trial_index *index, int64_t sequence);
/* The row of a sequence number, or NULL while it is not here. */
struct trial_row *trial_index_find(const struct trial_index *index,
				   int64_t sequence);
int64_t trial_row_sequence(const struct trial_index *index,
			   const struct trial_row *row);
void trial_index_mark(struct trial_index *index, struct trial_row *row,
		      bool is_marked);
void trial_index_unmark_all(struct trial_index *index);
/* How long it ran, or has run by now_ns; -1: not yet. */
int64_t trial_row_duration_ns(const struct trial_row *row, int64_t now_ns);

#endif
