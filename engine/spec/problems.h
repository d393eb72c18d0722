/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with an experiment file: collected, put in the file's order,
 * and written one line each.
 */
#ifndef ENGINE_SPEC_PROBLEMS_H
#define ENGINE_SPEC_PROBLEMS_H

#include "base/error.h"
#include "base/strbuf.h"
#include "engine/spec/node.h"

#include <stddef.h>

struct problem {
	int file; /* 0 the experiment file, 1 the search space's, 2 a manifest's
		   */
	struct mark mark;
	char *text; /* the whole line, safe to print */
};

struct problems {
	struct problem *items;
	size_t count, capacity;
};

/* Add one: "name:line:column: path: text".  An empty path is left out. */
void problems_add(struct problems *problems, int file, const char *name,
		  struct mark mark, const char *path, const char *text);
/* Sort, append at most SPEC_PROBLEMS_MAX lines to out (may be NULL), and put
 * the first into err.  Always returns false; there must be a problem. */
bool problems_report(struct problems *problems, struct strbuf *out,
		     struct error *err);
void problems_release(struct problems *problems);

#endif
