/* SPDX-License-Identifier: MIT */
/*
 * What the files of the trials pane tell each other.
 *
 *   view_trials.c     rows on the screen, the cursor, marks
 *   trials_cell.c     a field of a trial as the text of a cell
 *   trials_columns.c  which columns there are, how wide, in what order
 *   trials_sort.c     the order of the rows, its menu
 *   trials_filter.c   the filter, its faults, what it marks
 *   trials_views.c    filter, order and columns by name; what is remembered
 *   view_columns.c    the dialog that chooses columns
 */
#ifndef TUI_VIEW_TRIALS_H
#define TUI_VIEW_TRIALS_H

#include "tui/console.h"

/* ---- trials_cell.c ------------------------------------------------------ */

/* The texts of a row, read when needed. */
const struct trial_text *trials_text_of(struct console *console,
					const struct trial_row *row);
/* Append a field of a row as it fits cols columns; *role may be changed. */
void trials_format_cell(struct console *console, const struct trial_row *row,
			int64_t sequence, const struct trial_field *field,
			int cols, struct strbuf *out, enum role *role);

/* ---- trials_columns.c --------------------------------------------------- */

/* Make the columns for the shown experiment, if that is not done. */
void trials_make_columns(struct console *console);
/* Give them their widths, without what is not wanted now: scrolled out, not
 * chosen, empty. */
void trials_fit_columns(struct console *console, int cols);
/* The field of a column of the list. */
const struct trial_field *trials_column_field(const struct console *console,
					      const struct list_column *column);
/* Columns as they are now, the usual ones where none were chosen. */
size_t trials_columns_now(struct console *console,
			  struct trial_column ret[TRIAL_COLUMNS_MAX]);
/* Choose; count 0: the usual ones. */
void trials_choose(struct console *console, const struct trial_column *columns,
		   size_t count);
/* Move or size the column sorted by. */
bool trials_column_action(struct console *console, enum action_id action);
/* A column's name over its cells. */
void trials_column_title(const struct console *console,
			 const struct trial_field *field, struct strbuf *out);
/* How wide it is when nobody says. */
int trials_column_cols(const struct console *console,
		       const struct trial_field *field);

/* ---- trials_sort.c ------------------------------------------------------ */

/* The actions that sort; false for others. */
bool trials_sort_action(struct console *console, enum action_id action);
/* Place of a field in the order: 0 the first; -1: not sorted by. */
int trials_sort_place(const struct console *console,
		      const struct trial_field *field);

#endif
