/* SPDX-License-Identifier: MIT */
/*
 * The posterior.  Rows lie dimension by dimension, numbers divided by their
 * length, so that distances are sums over plain arrays.
 */
#include "engine/tuner/gp.h"

#include "base/mem.h"
#include "engine/tuner/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SQRT_3 1.73205080756887729353
#define SQRT_5 2.23606797749978969641

struct gp {
	struct gp_shape shape;
	double *weights; /* 1 / length^2 */
	double signal, noise, mean;

	size_t rows, capacity;
	double *x; /* x[dimension * capacity + row] */
	double *factor;
	size_t versions;
	double *white; /* a row per version: factor^-1 (outputs - mean) */
	double *alpha; /* a row per version: factor^-T white */
	bool is_stale; /* alpha does not know the newest rows */

	/* of the last prediction */
	double *correlations, *slopes, *solved;
	double *scaled; /* one point, divided by lengths */
	double *row;
};

double gp_correlation(enum gp_smoothness smoothness, double q,
		      double *ret_slope)
{
	double r = sqrt(q);
	double e;

	switch (smoothness) {
	case GP_MATERN_5_2:
		e = exp(-SQRT_5 * r);
		*ret_slope = -5.0 / 6 * (1 + SQRT_5 * r) * e;
		return (1 + SQRT_5 * r + 5.0 / 3 * q) * e;
	case GP_MATERN_3_2:
		e = exp(-SQRT_3 * r);
		*ret_slope = -1.5 * e;
		return (1 + SQRT_3 * r) * e;
	default:
		e = exp(-r);
		/* has none at 0, where nobody needs one */
		*ret_slope = r > 1e-12 ? -e / (2 * r) : 0;
		return e;
	}
}

static void scale_point(struct gp *gp, const double *x)
{
	for (size_t d = 0; d < gp->shape.dimensions; d++)
		gp->scaled[d] = gp->shape.is_category[d]
					? x[d]
					: x[d] * sqrt(gp->weights[d]);
}

/* Squared distances of the scaled point to the first `count` rows. */
__attribute__((optimize("O3"))) static void
distances(const struct gp *gp, size_t count, double *restrict ret)
{
	memset(ret, 0, count * sizeof(*ret));
	for (size_t d = 0; d < gp->shape.dimensions; d++) {
		const double *restrict rows = gp->x + d * gp->capacity;
		double at = gp->scaled[d];
		double weight = gp->weights[d];

		if (gp->shape.is_category[d]) {
			for (size_t i = 0; i < count; i++)
				ret[i] += rows[i] != at ? weight : 0;
			continue;
		}
		for (size_t i = 0; i < count; i++)
			ret[i] += (rows[i] - at) * (rows[i] - at);
	}
}

/* Covariances of the scaled point with the first `count` rows. */
static void covariances(const struct gp *gp, size_t count, double *ret)
{
	double slope;

	distances(gp, count, ret);
	for (size_t i = 0; i < count; i++)
		ret[i] = gp->signal *
			 gp_correlation(gp->shape.smoothness, ret[i], &slope);
}

static void append_row(struct gp *gp)
{
	for (size_t d = 0; d < gp->shape.dimensions; d++)
		gp->x[d * gp->capacity + gp->rows] = gp->scaled[d];
	gp->rows++;
}

/* The rows of x become ours, and `factor` that of their covariance. */
static bool take_rows(struct gp *gp, const double *x, size_t count)
{
	double *k = linalg_alloc(count * gp->capacity);
	bool ok;

	for (size_t i = 0; i < count; i++) {
		scale_point(gp, x + i * gp->shape.dimensions);
		covariances(gp, i, k + i * gp->capacity);
		k[i * gp->capacity + i] = gp->signal + gp->noise;
		append_row(gp);
	}
	ok = linalg_cholesky(k, gp->factor, count, gp->capacity);
	free(k);
	return ok;
}

static struct gp *allocate(const struct gp_shape *shape, size_t capacity)
{
	struct gp *gp = xcalloc(1, sizeof(*gp));

	gp->shape = *shape;
	gp->capacity = (capacity + 7) / 8 * 8;
	gp->weights = linalg_alloc(shape->dimensions);
	gp->scaled = linalg_alloc(shape->dimensions);
	gp->x = linalg_alloc(shape->dimensions * gp->capacity);
	gp->factor = linalg_alloc(gp->capacity * gp->capacity);
	gp->white = linalg_alloc(GP_FANTASIES_MAX * gp->capacity);
	gp->alpha = linalg_alloc(GP_FANTASIES_MAX * gp->capacity);
	gp->correlations = linalg_alloc(gp->capacity);
	gp->slopes = linalg_alloc(gp->capacity);
	gp->solved = linalg_alloc(gp->capacity);
	gp->row = linalg_alloc(gp->capacity + 1);
	gp->versions = 1;
	gp->is_stale = true;
	return gp;
}

struct gp *gp_copy(const struct gp *gp)
{
	struct gp *copy = allocate(&gp->shape, gp->rows + 1);
	size_t bytes = gp->rows * sizeof(double);

	copy->signal = gp->signal;
	copy->noise = gp->noise;
	copy->mean = gp->mean;
	copy->rows = gp->rows;
	copy->versions = gp->versions;
	for (size_t d = 0; d < gp->shape.dimensions; d++) {
		copy->weights[d] = gp->weights[d];
		memcpy(copy->x + d * copy->capacity, gp->x + d * gp->capacity,
		       bytes);
	}
	for (size_t i = 0; i < gp->rows; i++)
		memcpy(copy->factor + i * copy->capacity,
		       gp->factor + i * gp->capacity, bytes);
	for (size_t m = 0; m < gp->versions; m++)
		memcpy(copy->white + m * copy->capacity,
		       gp->white + m * gp->capacity, bytes);
	return copy;
}

struct gp *gp_new(const struct gp_shape *shape, const struct gp_hyper *hyper,
		  const double *x, const double *y, size_t count, size_t room)
{
	struct gp *gp = allocate(shape, count + room);

	gp->signal = hyper->signal;
	gp->noise = hyper->noise;
	gp->mean = hyper->mean;
	for (size_t d = 0; d < shape->dimensions; d++)
		gp->weights[d] = 1 / (hyper->lengths[d] * hyper->lengths[d]);
	if (!take_rows(gp, x, count)) {
		gp_free(gp);
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		gp->white[i] = y[i] - gp->mean;
	linalg_solve_lower(gp->factor, count, gp->capacity, gp->white, 1,
			   gp->capacity);
	return gp;
}

void gp_free(struct gp *gp)
{
	if (!gp)
		return;
	free(gp->weights);
	free(gp->scaled);
	free(gp->x);
	free(gp->factor);
	free(gp->white);
	free(gp->alpha);
	free(gp->correlations);
	free(gp->slopes);
	free(gp->solved);
	free(gp->row);
	free(gp);
}

void gp_set_fantasies(struct gp *gp, size_t count)
{
	for (size_t m = 1; m < count; m++)
		memcpy(gp->white + m * gp->capacity, gp->white,
		       gp->rows * sizeof(double));
	gp->versions = count;
	gp->is_stale = true;
}

/* In whitened form an unknown output is one more standard normal number, given
 * those before it: no matter which deviation and covariances it has. */
void gp_add_unknown(struct gp *gp, const double *x, const double *normals)
{
	scale_point(gp, x);
	covariances(gp, gp->rows, gp->row);
	gp->row[gp->rows] = gp->signal + gp->noise;
	linalg_cholesky_grow(gp->factor, gp->rows, gp->capacity, gp->row);
	for (size_t m = 0; m < gp->versions; m++)
		gp->white[m * gp->capacity + gp->rows] = m ? normals[m] : 0;
	append_row(gp);
	gp->is_stale = true;
}

size_t gp_rows(const struct gp *gp)
{
	return gp->rows;
}

double gp_noise(const struct gp *gp)
{
	return gp->noise;
}

static void refresh(struct gp *gp)
{
	if (!gp->is_stale)
		return;
	memcpy(gp->alpha, gp->white,
	       gp->versions * gp->capacity * sizeof(double));
	linalg_solve_upper(gp->factor, gp->rows, gp->capacity, gp->alpha,
			   gp->versions, gp->capacity);
	gp->is_stale = false;
}

/* K_f alpha = y - mean - noise alpha, with y - mean = L white */
void gp_means_at_rows(const struct gp *gp, size_t m, double *ret)
{
	const double *white = gp->white + m * gp->capacity;

	refresh((struct gp *)gp);
	for (size_t i = 0; i < gp->rows; i++)
		ret[i] = gp->mean +
			 linalg_dot(gp->factor + i * gp->capacity, white,
				    i + 1) -
			 gp->noise * gp->alpha[m * gp->capacity + i];
}

/* Rasmussen and Williams, 5.12 */
void gp_left_out(const struct gp *gp, double *ret)
{
	size_t n = gp->rows, stride = gp->capacity;
	double *inverse = linalg_alloc(n * stride);

	refresh((struct gp *)gp);
	memcpy(inverse, gp->factor, n * stride * sizeof(*inverse));
	linalg_invert(inverse, n, stride);
	for (size_t i = 0; i < n; i++)
		ret[i] = gp->alpha[i] / sqrt(inverse[i * stride + i]);
	free(inverse);
}

void gp_predict(struct gp *gp, const double *x, double *ret_means,
		double *ret_variance)
{
	size_t n = gp->rows;

	refresh(gp);
	scale_point(gp, x);
	distances(gp, n, gp->correlations);
	for (size_t i = 0; i < n; i++)
		gp->correlations[i] =
			gp->signal * gp_correlation(gp->shape.smoothness,
						    gp->correlations[i],
						    &gp->slopes[i]);
	for (size_t m = 0; m < gp->versions; m++)
		ret_means[m] =
			gp->mean + linalg_dot(gp->correlations,
					      gp->alpha + m * gp->capacity, n);
	memcpy(gp->solved, gp->correlations, n * sizeof(double));
	linalg_solve_lower(gp->factor, n, gp->capacity, gp->solved, 1,
			   gp->capacity);
	*ret_variance = fmax(gp->signal - linalg_dot(gp->solved, gp->solved, n),
			     gp->signal * 1e-14);
}

void gp_gradient(struct gp *gp, const double *x, const double *by_mean,
		 double by_variance, double *ret_gradient)
{
	size_t n = gp->rows;
	double *weights = gp->correlations; /* no longer needed */

	scale_point(gp, x);
	linalg_solve_upper(gp->factor, n, gp->capacity, gp->solved, 1,
			   gp->capacity);
	for (size_t i = 0; i < n; i++) {
		double by = -2 * by_variance * gp->solved[i];

		for (size_t m = 0; m < gp->versions; m++)
			by += by_mean[m] * gp->alpha[m * gp->capacity + i];
		weights[i] = 2 * by * gp->signal * gp->slopes[i];
	}
	for (size_t d = 0; d < gp->shape.dimensions; d++) {
		const double *rows = gp->x + d * gp->capacity;
		double sum = 0;

		ret_gradient[d] = 0;
		if (gp->shape.is_category[d])
			continue;
		for (size_t i = 0; i < n; i++)
			sum += weights[i] * (gp->scaled[d] - rows[i]);
		ret_gradient[d] = sum * sqrt(gp->weights[d]);
	}
}

void gp_predict_many(struct gp *gp, const double *x, size_t count,
		     double *ret_means, double *ret_variances)
{
	size_t n = gp->rows;
	double *k = linalg_alloc(count * gp->capacity);

	refresh(gp);
	for (size_t i = 0; i < count; i++) {
		double *row = k + i * gp->capacity;

		scale_point(gp, x + i * gp->shape.dimensions);
		covariances(gp, n, row);
		for (size_t m = 0; m < gp->versions; m++)
			ret_means[i * gp->versions + m] =
				gp->mean +
				linalg_dot(row, gp->alpha + m * gp->capacity,
					   n);
	}
	linalg_solve_lower(gp->factor, n, gp->capacity, k, count, gp->capacity);
	for (size_t i = 0; i < count; i++) {
		const double *row = k + i * gp->capacity;

		ret_variances[i] = fmax(gp->signal - linalg_dot(row, row, n),
					gp->signal * 1e-14);
	}
	free(k);
}
