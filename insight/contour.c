/* SPDX-License-Identifier: MIT */
/* Local averages over a grid of two parameters. */
#include "insight/contour.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHT_LEAST 0.5
#define REACH_MAX 20.0
/* What contour_reach gives: beyond that what is seen is the averaging. */
#define REACH_LEAST 0.7
#define REACH_MOST 3.0

/* Few values are a cell each. */
static size_t side_of(const struct axis *axis, size_t wanted)
{
	if (wanted > CONTOUR_SIDE_MAX)
		wanted = CONTOUR_SIDE_MAX;
	if (wanted < 1)
		wanted = 1;
	if ((axis->is_categorical || axis->cells < AXIS_CELLS) &&
	    axis->cells < wanted)
		wanted = axis->cells;
	return wanted;
}

static size_t place_of(const struct axis *axis, uint16_t level, size_t side)
{
	size_t at;

	if (axis->cells == side)
		return axis_cell(axis, level);
	at = (size_t)(axis_place(axis, level) * (double)side);
	return at < side ? at : side - 1;
}

/* Blur `count` values that lie `step` apart; far: weights by distance. */
static void blur_line(double *values, size_t count, size_t step,
		      const double *far, size_t reach, double *line)
{
	for (size_t i = 0; i < count; i++)
		line[i] = values[i * step];
	for (size_t i = 0; i < count; i++) {
		size_t from = i > reach ? i - reach : 0;
		size_t to = i + reach < count ? i + reach : count - 1;
		double sum = 0;

		for (size_t k = from; k <= to; k++)
			sum += line[k] * far[k > i ? k - i : i - k];
		values[i * step] = sum;
	}
}

static void blur(double *values, const struct contour *grid, double reach,
		 bool along_cols, bool along_rows)
{
	size_t wide = (size_t)ceil(3 * reach);
	double *far = xcalloc(wide + 1, sizeof(*far));
	double *line = xcalloc(CONTOUR_SIDE_MAX, sizeof(*line));

	for (size_t i = 0; i <= wide; i++)
		far[i] = exp(-0.5 * (double)(i * i) / (reach * reach));
	for (size_t row = 0; along_cols && row < grid->rows; row++)
		blur_line(values + row * grid->cols, grid->cols, 1, far, wide,
			  line);
	for (size_t col = 0; along_rows && col < grid->cols; col++)
		blur_line(values + col, grid->rows, grid->cols, far, wide,
			  line);
	free(far);
	free(line);
}

static void finish(struct contour *grid, const double *weights)
{
	grid->low = grid->high = NAN;
	for (size_t i = 0; i < grid->rows * grid->cols; i++) {
		double *mean = &grid->means[i];

		if (weights[i] < WEIGHT_LEAST) {
			*mean = NAN;
			continue;
		}
		*mean /= weights[i];
		if (!(grid->low <= *mean))
			grid->low = *mean;
		if (!(grid->high >= *mean))
			grid->high = *mean;
	}
}

size_t contour_cell(const struct contour *grid, const struct observations *all,
		    size_t row, size_t a, size_t b)
{
	uint16_t at = observations_level(all, row, a);
	uint16_t up = observations_level(all, row, b);

	if (at == LEVEL_NONE || up == LEVEL_NONE || !isfinite(all->values[row]))
		return grid->cols * grid->rows;
	return place_of(&all->axes[b], up, grid->rows) * grid->cols +
	       place_of(&all->axes[a], at, grid->cols);
}

double contour_reach(size_t cols, size_t rows, size_t trials)
{
	double each =
		sqrt((double)(cols * rows) / (double)(trials ? trials : 1));

	return fmin(fmax(each, REACH_LEAST), REACH_MOST);
}

void contour_compute(const struct observations *all, size_t a, size_t b,
		     size_t cols, size_t rows, double reach,
		     struct contour *ret)
{
	const struct axis *x = &all->axes[a], *y = &all->axes[b];
	double *weights;
	size_t cells;

	memset(ret, 0, sizeof(*ret));
	ret->cols = side_of(x, cols);
	ret->rows = side_of(y, rows);
	cells = ret->cols * ret->rows;
	ret->means = xcalloc(cells, sizeof(double));
	ret->counts = xcalloc(cells, sizeof(uint32_t));
	weights = xcalloc(cells, sizeof(double));
	for (size_t row = 0; row < all->count; row++) {
		size_t cell = contour_cell(ret, all, row, a, b);

		if (cell == cells)
			continue;
		ret->means[cell] += all->values[row];
		ret->counts[cell]++;
		weights[cell]++;
		ret->usable++;
	}
	if (reach > REACH_MAX)
		reach = REACH_MAX;
	if (reach > 0) {
		blur(ret->means, ret, reach, !x->is_categorical,
		     !y->is_categorical);
		blur(weights, ret, reach, !x->is_categorical,
		     !y->is_categorical);
	}
	finish(ret, weights);
	free(weights);
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double *contour_ranks(const struct contour *grid, bool is_minimized)
{
	size_t cells = grid->cols * grid->rows, count = 0;
	double *sorted = xcalloc(cells + 1, sizeof(*sorted));
	double *ranks = xcalloc(cells + 1, sizeof(*ranks));

	for (size_t i = 0; i < cells; i++)
		if (!isnan(grid->means[i]))
			sorted[count++] = grid->means[i];
	qsort(sorted, count, sizeof(*sorted), by_number);
	for (size_t i = 0; i < cells; i++) {
		size_t low = 0, high = count;
		double part;

		ranks[i] = NAN;
		if (isnan(grid->means[i]))
			continue;
		while (low < high) {
			size_t middle = (low + high) / 2;

			if (sorted[middle] < grid->means[i])
				low = middle + 1;
			else
				high = middle;
		}
		part = count > 1 ? (double)low / (double)(count - 1) : 0.5;
		ranks[i] = is_minimized ? 1 - part : part;
	}
	free(sorted);
	return ranks;
}

void contour_release(struct contour *contour)
{
	free(contour->means);
	free(contour->counts);
	memset(contour, 0, sizeof(*contour));
}
