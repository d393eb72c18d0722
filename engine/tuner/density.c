/* SPDX-License-Identifier: MIT */
/* Kernel densities by direct summation; groups are of hundreds. */
#include "engine/tuner/density.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of trials above this number the newest count. */
#define MEMBERS_MAX 1000
#define BANDWIDTH_LEAST 0.02
/* Of an option's weight the part that goes to the others. */
#define OTHERS 0.2
#define LOG_SQRT_2PI 0.91893853320467274178

struct density {
	size_t width, count;
	double *rows;	   /* imputed points */
	double *weights;   /* numbers: 1 / (2 bandwidth^2); categories: */
	double *constants; /* minus the logarithm for another option */
	bool *is_category;
};

static int compare(const void *a, const void *b)
{
	const double *p = a;
	const double *q = b;

	return (*p > *q) - (*p < *q);
}

double density_quantile(const double *values, size_t count, double share)
{
	double *sorted = xcalloc(count + 1, sizeof(*sorted));
	size_t at = (size_t)((double)count * share);
	double value;

	memcpy(sorted, values, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare);
	value = sorted[at ? at - 1 : 0];
	free(sorted);
	return value;
}

static void set_number(struct density *density, size_t i)
{
	double mean = 0, squares = 0, bandwidth;
	double n = (double)density->count;

	for (size_t k = 0; k < density->count; k++)
		mean += density->rows[k * density->width + i] / n;
	for (size_t k = 0; k < density->count; k++) {
		double d = density->rows[k * density->width + i] - mean;

		squares += d * d / n;
	}
	bandwidth = sqrt(squares) *
		    pow(fmax(n, 1), -1 / ((double)density->width + 4));
	bandwidth = fmax(bandwidth, BANDWIDTH_LEAST);
	density->weights[i] = 1 / (2 * bandwidth * bandwidth);
	density->constants[i] = log(bandwidth) + LOG_SQRT_2PI;
}

static void set_category(struct density *density, size_t i, size_t levels)
{
	double others = levels > 1 ? OTHERS / (double)(levels - 1) : OTHERS;

	density->weights[i] = log((1 - OTHERS) / others);
	density->constants[i] = -log(1 - OTHERS);
}

struct density *density_new(const struct encoding *encoding,
			    const struct trials *trials, const double *losses,
			    double border, bool is_good)
{
	struct density *density = xcalloc(1, sizeof(*density));
	size_t width = encoding->count;
	double *x = xcalloc(width, sizeof(*x));

	density->width = width;
	density->rows = xcalloc(MEMBERS_MAX * width, sizeof(*density->rows));
	density->weights = xcalloc(width, sizeof(*density->weights));
	density->constants = xcalloc(width, sizeof(*density->constants));
	density->is_category = xcalloc(width, sizeof(*density->is_category));
	for (size_t k = trials->learnt_count;
	     k-- > 0 && density->count < MEMBERS_MAX;) {
		if ((losses[k] <= border) != is_good)
			continue;
		encoding_encode(encoding,
				trials_point(trials, trials->learnt[k]), x);
		encoding_impute(encoding, x,
				density->rows + density->count++ * width);
	}
	for (size_t i = 0; i < width; i++) {
		const struct encoding_dimension *d = &encoding->dimensions[i];

		density->is_category[i] = d->kind == ENCODING_CATEGORY;
		if (density->is_category[i])
			set_category(density, i, d->levels);
		else
			set_number(density, i);
	}
	free(x);
	return density;
}

void density_free(struct density *density)
{
	if (!density)
		return;
	free(density->rows);
	free(density->weights);
	free(density->constants);
	free(density->is_category);
	free(density);
}

size_t density_width(const struct density *density)
{
	return density->width;
}

double density_log(const struct density *density, const double *z)
{
	double constant = 0, most, sum = 1;

	for (size_t i = 0; i < density->width; i++)
		constant += density->constants[i];
	/* one member is the whole space */
	most = constant;
	for (size_t k = 0; k < density->count; k++) {
		const double *row = density->rows + k * density->width;
		double at = 0;

		for (size_t i = 0; i < density->width; i++) {
			double d = z[i] - row[i];

			if (density->is_category[i])
				d = d != 0;
			at -= d * d * density->weights[i];
		}
		if (at > most) {
			sum = sum * exp(most - at) + 1;
			most = at;
		} else {
			sum += exp(at - most);
		}
	}
	return most + log(sum / (double)(density->count + 1)) - constant;
}
