/* SPDX-License-Identifier: MIT */
/*
 * How trials, or experiments, differ: a table with a column for each of them.
 * For the screen and the command line.
 */
#ifndef TUI_DIFF_H
#define TUI_DIFF_H

#include "base/error.h"
#include "base/strbuf.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>

#define DIFF_COLUMNS_MAX 16
#define DIFF_ROWS_MAX 5000

struct diff_row {
	const char *section; /* "Parameters"; static */
	char *label;	     /* "layer.kernel"; owned, as the values */
	char *values[DIFF_COLUMNS_MAX]; /* NULL: it has none */
	bool is_same;
};

struct diff {
	size_t columns;
	char *names[DIFF_COLUMNS_MAX];
	struct diff_row *rows;
	size_t count, capacity;
};

/* By key; at least two, at most DIFF_COLUMNS_MAX.  Released on failure.  Texts
 * are as they are stored: make them safe. */
bool diff_trials(struct store *store, const int64_t *keys, size_t count,
		 struct diff *ret, struct error *err);
bool diff_experiments(struct store *store, const int64_t *keys, size_t count,
		      struct diff *ret, struct error *err);
void diff_release(struct diff *diff);

/* Walk it as lines of text of `cols` columns; with everything, or only what
 * differs.  Header lines have no row. */
typedef void diff_line_fn(const char *text, const struct diff_row *row,
			  void *arg);
void diff_each(const struct diff *diff, int cols, bool is_all, bool is_ascii,
	       diff_line_fn *fn, void *arg);

#endif
