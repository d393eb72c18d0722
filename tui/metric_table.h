/* SPDX-License-Identifier: MIT */
/*
 * The metrics of a trial's newest attempt as a table: one line a name, with
 * count, last, lowest, highest and final value.  Takes at most 50 ms; what it
 * did not get to is said.  Thread: ui.
 */
#ifndef TUI_METRIC_TABLE_H
#define TUI_METRIC_TABLE_H

#include "store/store.h"
#include "tui/pager.h"

/* Append heading and lines. */
void metric_table_add(struct pager *pager, struct store *store,
		      const struct trial *trial, bool is_ascii);

#endif
