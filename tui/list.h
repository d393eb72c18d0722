/* SPDX-License-Identifier: MIT */
/*
 * A list in a pane: cursor, scrolling, and columns that fit the width.
 *
 * Columns have a priority and a least width; a narrow pane drops the least
 * important first.  Widths only ever grow while the same thing is shown, so
 * that a changing number does not make the whole table jump (and be sent
 * again).
 */
#ifndef TUI_LIST_H
#define TUI_LIST_H

#include "base/strbuf.h"
#include "tui/draw.h"
#include "tui/theme.h"

#include <stdbool.h>
#include <stddef.h>

#define LIST_COLUMNS_MAX 64
#define LIST_GAP 1

struct list_column {
	int id;		   /* the view's own */
	const char *title; /* borrowed */
	int least_cols;
	int most_cols;
	int priority;	   /* 0: always there; the highest is dropped first */
	bool is_right;	   /* numbers */
	bool is_hidden;	   /* not wanted at all at the moment */
	bool is_stretched; /* takes what room the others leave */
	/* worked out */
	int want_cols; /* widest text so far */
	int cols;      /* 0: dropped */
	int x;	       /* relative to the pane */
};

struct list {
	size_t count;
	size_t top, cursor;
	int rows; /* visible lines */
	struct list_column columns[LIST_COLUMNS_MAX];
	int column_count;
	int dropped; /* columns for which there was no room */
};

void list_clear_columns(struct list *list);
struct list_column *list_add_column(struct list *list, int id,
				    const char *title, int least_cols,
				    int most_cols, int priority, bool is_right);
/* Text of a column was this wide somewhere. */
void list_measure(struct list_column *column, int cols);
/* Choose the columns for a width. */
void list_fit(struct list *list, int cols);

/* Keep cursor and top inside; call after count or rows changed. */
void list_clamp(struct list *list);
/* The rows moved: put the cursor at `at`, where its identity now is, and keep
 * it on its line of the screen when the list was scrolled. */
void list_follow(struct list *list, size_t at);
void list_move(struct list *list, long delta);
void list_go(struct list *list, size_t at);

/* Movement actions that all lists share; false for others. */
bool list_on_action(struct list *list, int action);

#endif
