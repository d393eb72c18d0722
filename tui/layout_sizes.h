/* SPDX-License-Identifier: MIT */
/*
 * What a user made of the layouts: sizes of panes, and in what order they lie.
 *
 * Sizes are thousandths of what there is to share, so that they hold on a
 * larger terminal as well; 0 is the usual size.  The trials have what the
 * others leave.  Pure.
 */
#ifndef TUI_LAYOUT_SIZES_H
#define TUI_LAYOUT_SIZES_H

#include "base/strbuf.h"
#include "tui/layout.h"

#include <stdbool.h>

/* Where a border can be taken hold of: between two panes. */
struct layout_grip {
	bool is_column; /* it moves left and right, else up and down */
	enum pane before, after;
};

bool layout_grip_at(const struct layout *layout, int y, int x,
		    struct layout_grip *ret);
/* The border that makes a pane larger when it is moved by *ret_sign: the one
 * after it, or else the one before it. */
bool layout_grip_of(const struct layout *layout, enum pane pane, bool is_column,
		    struct layout_grip *ret, int *ret_sign);
/* Move a border.  layout is what layout_compute made of wish; wish->sizes may
 * be NULL.  The new sizes may give less than asked for: a pane stays usable. */
void layout_move(const struct layout_wish *wish, const struct layout *layout,
		 const struct layout_grip *grip, int by,
		 struct layout_sizes *sizes);
/* Exchange a pane with the one after it. */
void layout_exchange(const struct layout *layout, enum pane pane,
		     struct layout_sizes *sizes);

/* As words of one line, and back; false when it is none. */
void layout_sizes_format(const struct layout_sizes *sizes, struct strbuf *out);
bool layout_sizes_parse(const char *text, struct layout_sizes *ret);

#endif
