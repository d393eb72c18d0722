/* SPDX-License-Identifier: MIT */
/*
 * The trials that a command is about: filtered, sorted, the first so many of
 * them, with the columns that were asked for; or all that by a view's name.
 */
#ifndef CLI_SELECTION_H
#define CLI_SELECTION_H

#include "cli/command.h"
#include "cli/find.h"
#include "cli/trial_facts.h"
#include "model/trial_view.h"

/* What the command line says; all may be NULL, limit 0. */
struct selection_wish {
	const char *filter, *sort, *columns, *view;
	long limit;
	unsigned states; /* one bit each; 0: all */
};

struct selection {
	struct trial_facts facts;
	struct filter *filter, *view_filter;
	struct trial_view view; /* order and columns, whoever said them */
	long limit;
	unsigned states;
};

/* Read it; on failure the sentence has been printed, a filter's with carets
 * under the place, and the exit status is returned; else CLI_DONE. */
int selection_open(struct selection *selection, const struct found *found,
		   const struct selection_wish *wish);
void selection_close(struct selection *selection);

/* Each whole trial, in order.  The selection's facts are about it meanwhile. */
typedef bool selection_fn(const struct trial *trial, void *arg);
bool selection_each(struct selection *selection, selection_fn *fn, void *arg,
		    struct error *err);

#endif
