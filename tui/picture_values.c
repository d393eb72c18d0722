/* SPDX-License-Identifier: MIT */
/* Final results of any metric: which are missing, and reading them. */
#include "tui/picture_values.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 500 /* trials asked for without looking at the clock */

static void release_column(struct picture_column *column)
{
	free(column->values);
	free(column->attempts);
	memset(column, 0, sizeof(*column));
}

void picture_values_release(struct picture_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		release_column(&values->columns[i]);
	values->count = 0;
}

void picture_values_trim(struct picture_values *values, size_t keep)
{
	if (values->count > keep)
		picture_values_release(values);
	for (size_t i = 0; i < values->count; i++)
		values->columns[i].is_wanted = false;
}

struct picture_column *picture_values_want(struct picture_values *values,
					   const char *metric)
{
	struct picture_column *column;

	for (size_t i = 0; i < values->count; i++) {
		column = &values->columns[i];
		if (strcmp(column->metric, metric) == 0) {
			column->is_wanted = true;
			return column;
		}
	}
	if (values->count == PICTURE_COLUMNS_MAX)
		return NULL;
	column = &values->columns[values->count++];
	*column = (struct picture_column){.is_wanted = true};
	snprintf(column->metric, sizeof(column->metric), "%s", metric);
	column->is_objective = strcmp(metric, METRIC_OBJECTIVE) == 0;
	return column;
}

double picture_column_at(const struct picture_column *column,
			 const struct trial_index *index, int64_t sequence)
{
	const struct trial_row *row = trial_index_find(index, sequence);

	if (!row)
		return NAN;
	if (column->is_objective)
		return row->flags & ROW_HAS_FINAL ? row->final : NAN;
	return (size_t)sequence < column->count &&
			       column->attempts[sequence] == row->attempt
		       ? column->values[sequence]
		       : NAN;
}

static void grow(struct picture_column *column, size_t count)
{
	if (count <= column->count)
		return;
	column->values =
		xrealloc(column->values, count * sizeof(*column->values));
	column->attempts =
		xrealloc(column->attempts, count * sizeof(*column->attempts));
	memset(column->attempts + column->count, 0,
	       (count - column->count) * sizeof(*column->attempts));
	column->count = count;
}

static bool is_missing(const struct picture_column *column,
		       const struct trial_row *row, size_t sequence)
{
	return (row->flags & ROW_LOADED) && row->attempt > 0 &&
	       trial_state_is_terminal((enum trial_state)row->state) &&
	       (sequence >= column->count ||
		column->attempts[sequence] != row->attempt);
}

bool picture_values_look(struct picture_values *values,
			 const struct trial_index *index)
{
	bool is_any = false;

	for (size_t i = 0; i < values->count; i++) {
		struct picture_column *column = &values->columns[i];

		column->missing = 0;
		if (column->is_objective || !column->is_wanted)
			continue;
		for (size_t k = 0; k < index->count; k++)
			column->missing +=
				is_missing(column, &index->rows[k], k);
		is_any |= column->missing > 0;
	}
	return is_any;
}

static bool take(int64_t sequence, int attempt, double value, void *arg)
{
	struct picture_column *column = arg;

	if (sequence >= 0 && (size_t)sequence < column->count &&
	    column->attempts[sequence] == attempt &&
	    isnan(column->values[sequence]))
		column->values[sequence] = value;
	return true;
}

/* Read the highest trials that are missing: at most a page of them. */
static bool load_page(struct picture_column *column,
		      const struct trial_index *index, struct store *store,
		      int64_t experiment)
{
	size_t below = index->count, from;
	struct error ignored;

	while (below > 0 &&
	       !is_missing(column, &index->rows[below - 1], below - 1))
		below--;
	if (!below)
		return false;
	from = below > PAGE ? below - PAGE : 0;
	grow(column, index->count);
	for (size_t k = from; k < below; k++) {
		if (!is_missing(column, &index->rows[k], k))
			continue;
		column->attempts[k] = index->rows[k].attempt;
		column->values[k] = NAN;
		column->missing -= column->missing > 0;
	}
	/* trouble is told by the next look at the trials */
	store_finals_each(store, experiment, column->metric, (int64_t)from,
			  (int64_t)below, take, column, &ignored);
	return true;
}

bool picture_values_load(struct picture_values *values,
			 const struct trial_index *index, struct store *store,
			 int64_t experiment, int64_t budget_ns)
{
	int64_t deadline_ns = clock_mono_ns() + budget_ns;
	bool has_news = false;

	for (size_t i = 0; i < values->count; i++) {
		struct picture_column *column = &values->columns[i];

		while (column->is_wanted && !column->is_objective &&
		       column->missing > 0 && clock_mono_ns() < deadline_ns) {
			if (!load_page(column, index, store, experiment))
				column->missing = 0;
			else
				has_news = true;
		}
	}
	return has_news;
}
