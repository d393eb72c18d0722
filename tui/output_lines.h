/* SPDX-License-Identifier: MIT */
/*
 * What a trial left behind, as lines of its page: state, how much, where it
 * lies, how to fetch it; and the code it started from, by its manifest's
 * digest.
 */
#ifndef TUI_OUTPUT_LINES_H
#define TUI_OUTPUT_LINES_H

#include "store/store.h"
#include "tui/pager.h"

/* Of the trial's newest attempt; nothing where nothing is on record. */
void output_lines_add(struct pager *pager, struct store *store,
		      const struct experiment *experiment,
		      const struct trial *trial, bool is_ascii);

#endif
