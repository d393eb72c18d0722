/* SPDX-License-Identifier: MIT */
/*
 * What the console remembers of its user from one time to the next: which
 * hints were read, how the panes lie, layouts with names.
 *
 * A small text file beside other programs' state, a line a thing, written
 * whole; not the database, whose writer the console never waits for.  A line
 * that is not understood is left out.  Without a path nothing is kept.
 */
#ifndef TUI_REMEMBER_H
#define TUI_REMEMBER_H

#include "base/error.h"
#include "tui/layout_sizes.h"

#include <stdbool.h>

#define REMEMBER_NAME_MAX 31 /* bytes */
#define REMEMBER_LAYOUTS_MAX 16

struct remembered_layout {
	char name[REMEMBER_NAME_MAX + 1]; /* letters, digits, - and _ */
	struct layout_sizes sizes;
};

struct remembered {
	char *path;	/* owned; NULL: nothing is kept */
	unsigned hints; /* enum view_bit of those that were said */
	struct layout_sizes sizes;
	bool is_zoomed, is_chart;
	struct remembered_layout layouts[REMEMBER_LAYOUTS_MAX];
	int layout_count;
};

/* $XDG_STATE_HOME/trialdeck/console, else in ~/.local/state; caller frees. */
char *remember_path(void);
/* path may be NULL.  A file that cannot be read is as good as none. */
void remember_load(struct remembered *remembered, const char *path);
void remember_release(struct remembered *remembered);
/* False when it cannot be kept; true without a path. */
bool remember_save(const struct remembered *remembered, struct error *err);

bool remember_name_is_good(const char *name);
/* NULL: there is none. */
struct remembered_layout *remember_layout(struct remembered *remembered,
					  const char *name);
/* Keep, replace; sizes NULL: drop.  False: there are too many, or none. */
bool remember_set_layout(struct remembered *remembered, const char *name,
			 const struct layout_sizes *sizes);

#endif
