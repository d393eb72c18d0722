/* SPDX-License-Identifier: MIT */
/* Kernel densities by direct summation; rows are hundreds. */
#include "engine/tuner/kde.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOG_SQRT_2PI 0.91893853320467274178

static int compare(const void *a, const void *b)
{
	const double *p = a;
	const double *q = b;

	return (*p > *q) - (*p < *q);
}

/* Overwrites the values. */
static double spread_of_category(double *values, size_t count, size_t levels)
{
	double prior = 1 / (double)levels, n = (double)count + 1;
	double squares = (double)levels * prior * prior;
	size_t from = 0;

	qsort(values, count, sizeof(*values), compare);
	for (size_t i = 1; i <= count; i++) {
		double rows = (double)(i - from);

		if (i < count && values[i] == values[from])
			continue;
		squares += rows * (rows + 2 * prior);
		from = i;
	}
	return sqrt(fmax(1 - squares / (n * n), 0));
}

static double spread_of_number(const double *values, size_t count)
{
	double n = (double)count + 1, mean = 0.5 / n, squares;

	for (size_t i = 0; i < count; i++)
		mean += values[i] / n;
	/* of the row that is spread over [0, 1] */
	squares = 1.0 / 12 + (0.5 - mean) * (0.5 - mean);
	for (size_t i = 0; i < count; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	return sqrt(squares / n);
}

static void set_dimension(struct kde *kde, size_t i, double scale, double least,
			  double *values)
{
	size_t levels = kde->levels[i];
	double h;

	for (size_t k = 0; k < kde->count; k++)
		values[k] = kde->rows[k * kde->width + i];
	if (!levels) {
		h = fmax(scale * spread_of_number(values, kde->count), least);
		kde->bandwidths[i] = h;
		kde->constants[i] = -log(h) - LOG_SQRT_2PI;
		kde->weights[i] = 1 / (2 * h * h);
		return;
	}
	h = fmax(scale * spread_of_category(values, kde->count, levels), least);
	h = fmin(h, (double)(levels - 1) / (double)levels);
	kde->bandwidths[i] = h;
	kde->constants[i] = log1p(-h);
	if (levels > 1)
		kde->weights[i] = log1p(-h) - log(h / (double)(levels - 1));
}

void kde_init(struct kde *kde, size_t width, const size_t *levels,
	      const double *rows, size_t count, double least)
{
	double scale = 1.06 * pow((double)count, -1 / (4 + (double)width));
	double *values = xcalloc(count + 1, sizeof(*values));

	*kde = (struct kde){
		.width = width,
		.count = count,
		.rows = rows,
		.levels = levels,
		.bandwidths = xcalloc(width + 1, sizeof(double)),
		.constants = xcalloc(width + 1, sizeof(double)),
		.weights = xcalloc(width + 1, sizeof(double)),
	};
	for (size_t i = 0; i < width; i++)
		set_dimension(kde, i, scale, least, values);
	free(values);
}

void kde_release(struct kde *kde)
{
	free(kde->bandwidths);
	free(kde->constants);
	free(kde->weights);
	*kde = (struct kde){0};
}

double kde_log(const struct kde *kde, const double *point)
{
	double constant = 0, most = -INFINITY, sum = 0;

	for (size_t i = 0; i < kde->width; i++)
		constant += kde->constants[i];
	for (size_t k = 0; k < kde->count; k++) {
		const double *row = kde->rows + k * kde->width;
		double at = 0;

		for (size_t i = 0; i < kde->width; i++) {
			double d = point[i] - row[i];

			if (kde->levels[i])
				d = d != 0;
			at -= d * d * kde->weights[i];
		}
		if (at > most) {
			sum = sum * exp(most - at) + 1;
			most = at;
		} else {
			sum += exp(at - most);
		}
	}
	return constant + most + log(sum / (double)kde->count);
}
