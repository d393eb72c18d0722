/* SPDX-License-Identifier: MIT */
/* Non-dominated sorting and hypervolume. */
#include "model/pareto.h"

#include "base/mem.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static double loss_of(double value)
{
	return isnan(value) ? INFINITY : value;
}

bool pareto_dominates(const double *a, const double *b, size_t width)
{
	bool is_better = false;

	for (size_t i = 0; i < width; i++) {
		double left = loss_of(a[i]), right = loss_of(b[i]);

		if (left > right)
			return false;
		is_better |= left < right;
	}
	return is_better;
}

/* ---- fronts ----------------------------------------------------------------
 */

struct pair {
	double first, second;
	size_t row;
};

static int compare_pairs(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->second != b->second)
		return a->second < b->second ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

static int compare_rows(const void *left, const void *right)
{
	const size_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* Of two objectives, by a walk along the first: only what has less of the
 * second than all before is in the front, and what equals it. */
static size_t front_of_pairs(const double *losses, size_t count,
			     size_t *ret_rows)
{
	struct pair *pairs = xcalloc(count + 1, sizeof(*pairs));
	const struct pair *last = NULL;
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		pairs[i] = (struct pair){loss_of(losses[2 * i]),
					 loss_of(losses[2 * i + 1]), i};
	qsort(pairs, count, sizeof(*pairs), compare_pairs);
	for (size_t i = 0; i < count; i++) {
		if (last && pairs[i].second >= last->second &&
		    (pairs[i].first != last->first ||
		     pairs[i].second != last->second))
			continue;
		last = &pairs[i];
		ret_rows[used++] = pairs[i].row;
	}
	qsort(ret_rows, used, sizeof(*ret_rows), compare_rows);
	free(pairs);
	return used;
}

size_t pareto_front(const double *losses, size_t count, size_t width,
		    size_t *ret_rows)
{
	size_t used = 0;

	if (width == 2)
		return front_of_pairs(losses, count, ret_rows);
	for (size_t i = 0; i < count; i++) {
		const double *row = losses + i * width;
		bool is_beaten = false;
		size_t kept = 0;

		for (size_t j = 0; j < used && !is_beaten; j++)
			is_beaten = pareto_dominates(
				losses + ret_rows[j] * width, row, width);
		if (is_beaten)
			continue;
		for (size_t j = 0; j < used; j++)
			if (!pareto_dominates(row, losses + ret_rows[j] * width,
					      width))
				ret_rows[kept++] = ret_rows[j];
		ret_rows[kept++] = i;
		used = kept;
	}
	return used;
}

size_t pareto_ranks(const double *losses, size_t count, size_t width,
		    size_t *ret_ranks)
{
	size_t left = count, best = 0;

	for (size_t i = 0; i < count; i++)
		ret_ranks[i] = SIZE_MAX;
	for (size_t rank = 0; left; rank++) {
		for (size_t i = 0; i < count; i++) {
			bool is_free = ret_ranks[i] == SIZE_MAX;

			/* those of this rank still count as left */
			for (size_t j = 0; is_free && j < count; j++)
				is_free = ret_ranks[j] < rank ||
					  !pareto_dominates(losses + j * width,
							    losses + i * width,
							    width);
			if (!is_free)
				continue;
			ret_ranks[i] = rank;
			left--;
			best += !rank;
		}
	}
	return best;
}

/* ---- hypervolume ---------------------------------------------------------
 */

/* The order of pointers to rows by one column. */
static void sort_by(const double **rows, size_t count, size_t column)
{
	for (size_t gap = count / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (size_t i = gap; i < count; i++) {
			const double *row = rows[i];
			size_t j = i;

			for (; j >= gap && rows[j - gap][column] > row[column];
			     j -= gap)
				rows[j] = rows[j - gap];
			rows[j] = row;
		}
}

/* rows, sorted by the last column of those looked at, are overwritten. */
static double sweep(const double **rows, size_t count, size_t width,
		    const double *reference)
{
	size_t last = width - 1;
	const double **slice;
	double sum = 0;

	if (!count)
		return 0;
	sort_by(rows, count, last);
	if (width == 1)
		return reference[0] - rows[0][0];
	if (width == 2) {
		double least = reference[0];

		for (size_t i = 0; i < count; i++) {
			double next =
				i + 1 < count ? rows[i + 1][1] : reference[1];

			least = fmin(least, rows[i][0]);
			sum += (reference[0] - least) * (next - rows[i][1]);
		}
		return sum;
	}
	slice = xcalloc(count, sizeof(const double *));
	for (size_t i = 0; i < count; i++) {
		double next =
			i + 1 < count ? rows[i + 1][last] : reference[last];

		if (next <= rows[i][last])
			continue; /* it comes in with the next one */
		memcpy((void *)slice, (const void *)rows,
		       (i + 1) * sizeof(const double *));
		sum += sweep(slice, i + 1, last, reference) *
		       (next - rows[i][last]);
	}
	free((void *)slice);
	return sum;
}

double pareto_hypervolume(const double *losses, size_t count, size_t width,
			  const double *reference)
{
	const double **rows = xcalloc(count + 1, sizeof(const double *));
	size_t used = 0;
	double volume;

	for (size_t i = 0; i < count; i++) {
		bool is_inside = true;

		for (size_t k = 0; k < width; k++)
			is_inside &= losses[i * width + k] < reference[k];
		if (is_inside)
			rows[used++] = losses + i * width;
	}
	volume = width ? sweep(rows, used, width, reference) : 0;
	free((void *)rows);
	return volume;
}
