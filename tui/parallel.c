/* SPDX-License-Identifier: MIT */
/* Levels of trials, and which of them pass under the cursor. */
#include "tui/parallel.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

static const struct parallel *sorting; /* qsort has no argument; one thread */

static double loss_of(const struct parallel *p, size_t row)
{
	double value = p->values[p->sample->sequences[row]];

	return p->is_minimized ? value : -value;
}

static int compare_rows(const void *left, const void *right)
{
	size_t a = *(const size_t *)left, b = *(const size_t *)right;
	double x = loss_of(sorting, a), y = loss_of(sorting, b);

	if (x != y)
		return x < y ? -1 : 1;
	return (a > b) - (a < b);
}

/* Does the trials' filter let a trial through?  A bit a trial. */
static unsigned char *filtered(const struct trial_index *index)
{
	unsigned char *bits;

	if (!index->filter || !index->order)
		return NULL;
	bits = xcalloc(index->count / 8 + 1, 1);
	for (size_t i = 0; i < index->shown; i++)
		bits[index->order[i] / 8] |=
			(unsigned char)(1u << index->order[i] % 8);
	return bits;
}

void parallel_rank(struct parallel *p, const struct trial_index *index)
{
	size_t count = p->sample->count, place = 0;
	unsigned char *bits = filtered(index);

	p->levels = xrealloc(p->levels, count + 1);
	p->order = xrealloc(p->order, (count + 1) * sizeof(*p->order));
	p->inside = 0;
	for (size_t i = 0; i < count; i++) {
		int64_t sequence = p->sample->sequences[i];
		bool is_in = !bits || (bits[sequence / 8] >> sequence % 8 & 1);

		p->order[i] = i;
		p->levels[i] = is_in ? 0 : -1;
		p->inside += is_in;
	}
	free(bits);
	sorting = p;
	qsort(p->order, count, sizeof(*p->order), compare_rows);
	for (size_t i = 0; i < count; i++) {
		size_t row = p->order[i];

		if (p->levels[row] < 0)
			continue;
		p->levels[row] = (signed char)(place * 10 < p->inside  ? 0
					       : place * 4 < p->inside ? 1
					       : place * 2 < p->inside ? 2
								       : 3);
		place++;
	}
}

void parallel_range(const struct parallel *p, double *ret_from, double *ret_to)
{
	int other = p->brush >= 0 ? p->brush : p->row;
	int top = other < p->row ? other : p->row;
	int bottom = other < p->row ? p->row : other;

	*ret_to = 1 - (double)top / p->plot_rows;
	*ret_from = 1 - (double)(bottom + 1) / p->plot_rows;
	if (bottom == p->plot_rows - 1)
		*ret_from = 0;
}

/* Row of the plot that a place of an axis lies in. */
static int row_of(const struct parallel *p, double place)
{
	return (int)lround((1 - place) * (4 * p->plot_rows - 1)) / 4;
}

size_t parallel_passing(const struct parallel *p, size_t *ret_best)
{
	int other = p->brush >= 0 ? p->brush : p->row;
	size_t n = 0;

	*ret_best = p->sample->count;
	for (size_t i = 0; i < p->sample->count; i++) {
		size_t row = p->order[i];
		double place = parallel_place(&p->axes, p->axis, p->sample,
					      p->values, row);
		int at = isfinite(place) ? row_of(p, place) : -1;

		if (p->levels[row] < 0 || at < 0 ||
		    at < (other < p->row ? other : p->row) ||
		    at > (other < p->row ? p->row : other))
			continue;
		if (!n++)
			*ret_best = row;
	}
	return n;
}
