/* SPDX-License-Identifier: MIT */
/*
 * Final results of any metric, one number a trial, read in slices.
 *
 * The trial index holds the objective's.  Those of other metrics are asked of
 * the store a range of trials at a time, newest first, and remembered by trial
 * and attempt: what has ended is read once.  A column takes 10 bytes a trial;
 * the console keeps a few of those that were looked at (picture_values_trim).
 * Thread: ui.
 */
#ifndef TUI_PICTURE_VALUES_H
#define TUI_PICTURE_VALUES_H

#include "model/metric.h"
#include "tui/trial_index.h"

#define PICTURE_COLUMNS_MAX 25 /* all objectives, constraints, one more */

struct picture_column {
	char metric[METRIC_NAME_MAX + 1];
	bool is_objective; /* the index has it; nothing here */
	double *values;	   /* by sequence; NaN: none; owned */
	int16_t *attempts; /* of which they are; 0: not read; owned */
	size_t count;
	size_t missing; /* ended trials not read yet, when last looked */
	bool is_wanted; /* by the picture that is shown */
};

struct picture_values {
	struct picture_column columns[PICTURE_COLUMNS_MAX];
	size_t count;
};

void picture_values_release(struct picture_values *values);
/* Nothing is wanted any more; forget all columns when there are more than
 * `keep`. */
void picture_values_trim(struct picture_values *values, size_t keep);
/* The column of a metric, made if need be; NULL: there are too many. */
struct picture_column *picture_values_want(struct picture_values *values,
					   const char *metric);
/* A trial's value, NaN when it has none or it is not read yet. */
double picture_column_at(const struct picture_column *column,
			 const struct trial_index *index, int64_t sequence);
/* Count what is missing of the wanted ones; true when anything is. */
bool picture_values_look(struct picture_values *values,
			 const struct trial_index *index);
/* Read for at most budget_ns.  True when anything new came. */
bool picture_values_load(struct picture_values *values,
			 const struct trial_index *index, struct store *store,
			 int64_t experiment, int64_t budget_ns);

#endif
