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
 * What rows do not hold (parameters, reasons, tags, places, metrics) is read in
 * passes over all trials, in slices as well, into a cache (trial_cache.h):
 * texts and parameters always, the others once a filter or an order asks for
 * them. What is not read yet is not shown by a filter.  Only bare words over
 * more parameters than the cache takes need the disk at each change of the
 * filter. Thread: ui.
 */
#ifndef TUI_TRIAL_INDEX_H
#define TUI_TRIAL_INDEX_H

#include "base/error.h"
#include "model/experiment.h"
#include "model/filter.h"
#include "model/space.h"
#include "model/trial_view.h"
#include "store/store.h"
#include "tui/trial_cache.h"

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
	ROW_TEXT_MATCH = 1 << 6, /* ... and the filter holds (is_on_disk) */
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

#define TRIAL_PINS_MAX 10
#define TRIAL_DIRTY_MAX 1024

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

	struct trial_sort sorts[TRIAL_SORTS_MAX];
	size_t sort_count;	   /* 0: by number, newest first */
	struct filter *filter;	   /* owned; NULL: all */
	const struct space *space; /* borrowed; may be NULL */
	bool is_maximized;	   /* the objective: for pins */
	int64_t best_sequence;	   /* for is:best; -1: none */
	int64_t kept_sequence;	   /* shown whatever the filter says; -1 */

	struct trial_cache cache;
	int64_t text_below;  /* the pass over whole rows: as load_below */
	int64_t place_below; /* the pass over places */
	bool has_places;     /* places are asked for */
	int64_t metric_page; /* trials whose metrics are read at once */
	bool is_on_disk;     /* the filter looks where the cache does not */
	uint32_t dirty[TRIAL_DIRTY_MAX]; /* rows whose metrics are news */
	size_t dirty_count;

	uint32_t *order; /* sequences as shown; NULL: all, newest first (or
			  * oldest first when not descending) */
	size_t shown;
	bool is_order_stale;
	struct trial_keyed *sort_items; /* room to sort in; owned */
	size_t sort_room;
	size_t pins_wanted; /* best trials to be known: 0 to TRIAL_PINS_MAX */
	uint32_t pins[TRIAL_PINS_MAX]; /* sequences, the best first */
	size_t pin_count;
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
/* Is something not read yet that the filter or the order asks for? */
bool trial_index_is_reading(const struct trial_index *index);
bool trial_index_is_loading(const struct trial_index *index);
/* Make sure that the rows at positions [first, first + n) are there. */
void trial_index_want(struct trial_index *index, struct store *store,
		      int64_t experiment, size_t first, size_t n);

void trial_index_set_sorts(struct trial_index *index,
			   const struct trial_sort *sorts, size_t count);
/* The first of them, also when none is set. */
struct trial_sort trial_index_sort(const struct trial_index *index);
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

/* ---- between the files of the index ------------------------------------- */

/* trial_passes.c: a row was read; a row's metrics are news; the columns that
 * filter and order ask for; everything again. */
void trial_index_take_text(struct trial_index *index, struct trial_row *row,
			   const struct trial *trial);
void trial_index_note_news(struct trial_index *index, int64_t sequence);
void trial_index_want_fields(struct trial_index *index);
void trial_index_pass_again(struct trial_index *index);
void trial_index_refresh_places(struct trial_index *index, struct store *store,
				int64_t experiment);
/* One slice of a pass; false when there is none to do. */
bool trial_index_pass(struct trial_index *index, struct store *store,
		      int64_t experiment);
/* trial_index.c: one trial, for walks over rows. */
bool trial_index_take(struct trial_index *index, const struct trial *trial,
		      bool is_whole);

#endif
