/* SPDX-License-Identifier: MIT */
/*
 * Where the panes lie: rectangles from the screen's size, nothing else.
 *
 *   wide (160 columns)      experiments | trials | chart over log
 *   tall (40 rows)          experiments / trials / chart / log
 *   ordinary (80x24)        experiments / trials / log or chart
 *   small                   one pane at a time
 *   below 40x10             nothing fits: say so
 *
 * A pane that is not shown has no rows.  Pure.
 */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include "tui/draw.h"

#include <stdbool.h>

#define LAYOUT_LEAST_COLS 40
#define LAYOUT_LEAST_ROWS 10

enum pane { PANE_EXPERIMENTS, PANE_TRIALS, PANE_LOG, PANE_CHART, PANE_COUNT };

/* Thousandths of what there is to share (columns less the borders; rows of the
 * body); 0: the usual.  layout_sizes.h changes them. */
struct layout_sizes {
	short wide_left, wide_right; /* columns: experiments; log and chart */
	short wide_chart;	     /* rows, of those two */
	short tall_top, tall_log, tall_chart;
	short stack_top, stack_log;	 /* log: or chart, in its place */
	unsigned char order[PANE_COUNT]; /* panes from the left, or the top */
};

struct layout_wish {
	int rows, cols;
	enum pane focus; /* shown whatever happens */
	bool is_zoomed;	 /* focus alone */
	bool is_chart;	 /* in the third pane, where log and chart share it */
	int experiments; /* lines the experiments would like */
	const struct layout_sizes *sizes; /* NULL: all as usual */
};

struct layout {
	bool is_too_small;
	bool is_single;		       /* one pane at a time */
	bool is_wide;		       /* columns beside each other */
	struct rect panes[PANE_COUNT]; /* title line included */
	struct rect body; /* all of them together: for whole views */
	int status_row, bar_row;
};

/* The usual sizes and order. */
void layout_sizes_init(struct layout_sizes *sizes);
void layout_compute(const struct layout_wish *wish, struct layout *ret);
/* The pane after (or before) `from` that can have the keys. */
enum pane layout_next(const struct layout *layout, enum pane from, bool back);

#endif
