/* SPDX-License-Identifier: MIT */
/* Adding up what time went to. */
#include "tui/timeline_cells.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *cell_at(struct timeline *t, int row, int col)
{
	return t->cells + (size_t)(row * t->plot_cols + col) * USES;
}

double timeline_ns_per_col(const struct timeline *t)
{
	return (double)(t->to_ns - t->from_ns) / t->plot_cols;
}

/* Spread a piece of time over the columns it lies in. */
static void add_time(struct timeline *t, int row, int64_t from_ns,
		     int64_t to_ns, enum timeline_use use)
{
	double width = timeline_ns_per_col(t);
	double from = (double)(from_ns - t->from_ns) / width;
	double to = (double)(to_ns - t->from_ns) / width;
	int col;

	from = fmax(from, 0);
	to = fmin(to, t->plot_cols);
	for (col = (int)from; col < to && col < t->plot_cols; col++) {
		double begin = fmax(from, col), end = fmin(to, col + 1);

		if (end > begin)
			cell_at(t, row, col)[use] += (end - begin) * width;
	}
}

int timeline_row(const struct timeline *t, size_t slot)
{
	return (int)(slot / t->per_row);
}

bool timeline_is_pulled(const struct timeline *t, int64_t sequence)
{
	for (size_t i = 0; i < t->pulled_count; i++)
		if (t->pulled[i] == sequence)
			return true;
	return false;
}

static void add_trial(struct timeline *t, const struct trial_row *row,
		      int64_t sequence, int slot_row)
{
	int64_t end_ns = row->ended_ns ? row->ended_ns : t->now_ns;
	int64_t start_ns = row->started_ns ? row->started_ns : end_ns;
	int col;

	add_time(t, slot_row, row->submitted_ns, start_ns,
		 timeline_is_pulled(t, sequence) ? USE_PULLING : USE_WAITING);
	if (row->started_ns)
		add_time(t, slot_row, start_ns, end_ns, USE_RUNNING);
	if (!row->ended_ns || row->state == TRIAL_SUCCEEDED)
		return;
	col = (int)((double)(end_ns - t->from_ns) / timeline_ns_per_col(t));
	if (col == t->plot_cols)
		col--;
	if (end_ns >= t->from_ns && col >= 0 && col < t->plot_cols)
		t->ends[slot_row * t->plot_cols + col] =
			(unsigned char)(row->state + 1);
}

void timeline_fill(struct timeline *t, const struct trial_index *index)
{
	size_t cells = (size_t)t->plot_rows * (size_t)t->plot_cols;
	double running = 0;

	t->cells = xrealloc(t->cells, (cells * USES + 1) * sizeof(double));
	t->ends = xrealloc(t->ends, cells + 1);
	memset(t->cells, 0, cells * USES * sizeof(double));
	memset(t->ends, 0, cells);
	for (size_t i = 0; i < index->count && i < t->slots.count; i++) {
		const struct trial_row *row = &index->rows[i];
		int slot_row;

		if (t->slots.slots[i] == TIMELINE_NO_SLOT)
			continue;
		slot_row = timeline_row(t, t->slots.slots[i]);
		if (slot_row >= 0 && slot_row < t->plot_rows)
			add_trial(t, row, (int64_t)i, slot_row);
	}
	for (size_t i = 0; i < cells; i++)
		running += t->cells[i * USES + USE_RUNNING];
	t->busy = running / ((double)(t->to_ns - t->from_ns) *
			     fmin((double)t->slots.slot_count,
				  (double)t->plot_rows * (double)t->per_row));
}

const double *timeline_cell(const struct timeline *t, int row, int col)
{
	return t->cells + (size_t)(row * t->plot_cols + col) * USES;
}
