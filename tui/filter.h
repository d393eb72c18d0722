/* SPDX-License-Identifier: MIT */
/*
 * The filter language of the trials table.
 *
 *     state:failed lr>0.01 !reason:oom
 *
 * Terms are separated by blanks and must all hold; '!' negates one.  A term is
 * `field OP value` with OP one of : = != < <= > >=, or a word that is looked
 * for in id, state, parameters and reason.  Fields are the columns (state, id,
 * number, final, best, last, steps, try, exit, time in seconds, reason, is)
 * and every parameter of the search space.  ':' asks whether text contains the
 * value, case ignored.  Quotes hold blanks together.  A term that is still
 * being typed ("lr>") holds always.  Pure.
 */
#ifndef TUI_FILTER_H
#define TUI_FILTER_H

#include "base/error.h"
#include "model/space.h"
#include "model/trial.h"

#include <stdbool.h>

#define FILTER_TERMS_MAX 32
#define FILTER_TEXT_MAX 1024

struct filter;
struct trial_row;

/* Read a filter.  ret is NULL for an empty one.  space may be NULL. */
bool filter_parse(const char *text, const struct space *space,
		  struct filter **ret, struct error *err);
void filter_free(struct filter *filter);
/* Does any term need parameters or reason? */
bool filter_needs_text(const struct filter *filter);
/* The terms that a row alone can answer. */
bool filter_match_row(const struct filter *filter, const struct trial_row *row,
		      int64_t sequence, int64_t now_ns);
/* The terms that need the whole trial. */
bool filter_match_text(const struct filter *filter, const struct space *space,
		       const struct trial *trial);

/* Fields for completion: the i-th name, NULL at the end. */
const char *filter_field(size_t i);

#endif
