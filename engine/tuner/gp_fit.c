/* SPDX-License-Identifier: MIT */
/*
 * The likelihood and its derivatives (Rasmussen and Williams, 5.9), climbed by
 * NLopt's L-BFGS between bounds.
 */
#include "engine/tuner/gp_fit.h"

#include "base/mem.h"
#include "engine/tuner/linalg.h"

#include <math.h>
#include <nlopt.h>
#include <stdlib.h>
#include <string.h>

#define LOG_2PI 1.83787706640934548356
#define LENGTH_LEAST 0.005
#define LENGTH_MOST 200.0
#define NOISE_MEDIAN 1e-5
#define NOISE_DEVIATION 4.0

struct problem {
	const struct gp_shape *shape;
	const double *x, *y;
	size_t count, stride;
	double *columns;    /* x by dimensions */
	double *k, *factor; /* stride apart */
	double *slopes;	    /* derivatives of the correlation by r^2 */
	double *residual;   /* y - mean */
	double *solved, *ones;
	struct gp_hyper hyper; /* scratch of the climb */
	bool has_prior;

	double best_value;
	double *best; /* logarithms */
};

struct gp_hyper gp_hyper_default(const struct gp_shape *shape)
{
	struct gp_hyper hyper = {linalg_alloc(shape->dimensions), 1, 1e-4, 0};

	for (size_t d = 0; d < shape->dimensions; d++)
		hyper.lengths[d] =
			fmin(0.35 * sqrt((double)shape->dimensions), 4);
	return hyper;
}

void gp_hyper_copy(struct gp_hyper *to, const struct gp_hyper *from,
		   size_t dimensions)
{
	double *lengths = to->lengths ? to->lengths : linalg_alloc(dimensions);

	memcpy(lengths, from->lengths, dimensions * sizeof(*lengths));
	*to = *from;
	to->lengths = lengths;
}

void gp_hyper_release(struct gp_hyper *hyper)
{
	free(hyper->lengths);
	*hyper = (struct gp_hyper){0};
}

static void problem_init(struct problem *problem, const struct gp_shape *shape,
			 const double *x, const double *y, size_t count)
{
	size_t stride = (count + 7) / 8 * 8;

	*problem = (struct problem){.shape = shape,
				    .x = x,
				    .y = y,
				    .count = count,
				    .stride = stride,
				    .has_prior = true,
				    .best_value = -INFINITY};
	problem->columns = linalg_alloc(shape->dimensions * stride);
	for (size_t i = 0; i < count; i++)
		for (size_t d = 0; d < shape->dimensions; d++)
			problem->columns[d * stride + i] =
				x[i * shape->dimensions + d];
	problem->k = linalg_alloc(stride * stride);
	problem->factor = linalg_alloc(stride * stride);
	problem->slopes = linalg_alloc(stride * stride);
	problem->residual = linalg_alloc(stride);
	problem->solved = linalg_alloc(stride);
	problem->ones = linalg_alloc(stride);
	problem->best = linalg_alloc(shape->dimensions + 2);
	problem->hyper.lengths = linalg_alloc(shape->dimensions);
}

static void problem_release(struct problem *problem)
{
	free(problem->columns);
	free(problem->k);
	free(problem->factor);
	free(problem->slopes);
	free(problem->residual);
	free(problem->solved);
	free(problem->ones);
	free(problem->best);
	gp_hyper_release(&problem->hyper);
}

__attribute__((optimize("O3"))) static void
distances(const struct problem *p, const struct gp_hyper *hyper, size_t row,
	  double *restrict ret)
{
	memset(ret, 0, row * sizeof(*ret));
	for (size_t d = 0; d < p->shape->dimensions; d++) {
		const double *restrict x = p->columns + d * p->stride;
		double weight = 1 / (hyper->lengths[d] * hyper->lengths[d]);
		double at = x[row];

		if (p->shape->is_category[d]) {
			for (size_t i = 0; i < row; i++)
				ret[i] += x[i] != at ? weight : 0;
			continue;
		}
		for (size_t i = 0; i < row; i++)
			ret[i] += weight * (x[i] - at) * (x[i] - at);
	}
}

static bool factorise(struct problem *p, const struct gp_hyper *hyper)
{
	for (size_t i = 0; i < p->count; i++) {
		double *row = p->k + i * p->stride;
		double *slopes = p->slopes + i * p->stride;

		distances(p, hyper, i, row);
		for (size_t j = 0; j < i; j++)
			row[j] = hyper->signal *
				 gp_correlation(p->shape->smoothness, row[j],
						&slopes[j]);
		row[i] = hyper->signal + hyper->noise;
	}
	return linalg_cholesky(p->k, p->factor, p->count, p->stride);
}

/* The mean that serves likelihood and its own prior best. */
static double best_mean(struct problem *p)
{
	size_t n = p->count;
	double by_outputs;

	for (size_t i = 0; i < n; i++)
		p->ones[i] = 1;
	memcpy(p->solved, p->y, n * sizeof(double));
	linalg_solve_lower(p->factor, n, p->stride, p->ones, 1, p->stride);
	linalg_solve_lower(p->factor, n, p->stride, p->solved, 1, p->stride);
	by_outputs = linalg_dot(p->ones, p->solved, n);
	return by_outputs / (linalg_dot(p->ones, p->ones, n) + 1);
}

/* Log density of a log-normal value and its derivative by the logarithm. */
static double log_normal(double log_value, double log_median, double deviation,
			 double *ret_slope)
{
	double z = (log_value - log_median) / deviation;

	*ret_slope = -1 - z / deviation;
	return -log_value - z * z / 2;
}

static double add_prior(const struct problem *p, const struct gp_hyper *hyper,
			double *gradient)
{
	size_t dimensions = p->shape->dimensions;
	double log_median = M_SQRT2 + log((double)dimensions) / 2;
	double sum = -hyper->mean * hyper->mean / 2;
	double slope;

	for (size_t d = 0; d < dimensions; d++) {
		sum += log_normal(log(hyper->lengths[d]), log_median, sqrt(3),
				  &slope);
		if (gradient)
			gradient[d] += slope;
	}
	sum += log_normal(log(hyper->signal), 1, 1, &slope);
	if (gradient)
		gradient[dimensions] += slope;
	/* over the logarithm itself, so that its mode is the median */
	slope = (log(hyper->noise) - log(NOISE_MEDIAN)) / NOISE_DEVIATION;
	sum -= slope * slope / 2;
	if (gradient)
		gradient[dimensions + 1] -= slope / NOISE_DEVIATION;
	return sum;
}

/* dL/dtheta = sum over pairs of (alpha alpha' - K^-1) dK/dtheta, halves by
 * symmetry.  On entry factor holds the inverse, solved alpha. */
static void add_gradient(struct problem *p, const struct gp_hyper *hyper,
			 double *gradient)
{
	size_t dimensions = p->shape->dimensions;
	double by_signal = 0, by_noise = 0;

	for (size_t i = 0; i < p->count; i++) {
		const double *inverse = p->factor + i * p->stride;
		const double *k = p->k + i * p->stride;
		double *by = p->slopes + i * p->stride;
		double own = p->solved[i] * p->solved[i] - inverse[i];

		by_noise += own / 2;
		by_signal += own / 2;
		for (size_t j = 0; j < i; j++) {
			double w = p->solved[i] * p->solved[j] - inverse[j];

			by_signal += w * k[j] / hyper->signal;
			by[j] *= w;
		}
		for (size_t d = 0; d < dimensions; d++) {
			const double *x = p->columns + d * p->stride;
			double sum = 0;

			if (p->shape->is_category[d])
				for (size_t j = 0; j < i; j++)
					sum += x[j] != x[i] ? by[j] : 0;
			else
				for (size_t j = 0; j < i; j++)
					sum += by[j] * (x[j] - x[i]) *
					       (x[j] - x[i]);
			gradient[d] -= 2 * hyper->signal * sum /
				       (hyper->lengths[d] * hyper->lengths[d]);
		}
	}
	gradient[dimensions] += by_signal * hyper->signal;
	gradient[dimensions + 1] += by_noise * hyper->noise;
}

static double evaluate(struct problem *p, struct gp_hyper *hyper,
		       double *gradient)
{
	size_t n = p->count;
	double value;

	if (gradient)
		memset(gradient, 0,
		       (p->shape->dimensions + 2) * sizeof(*gradient));
	if (!factorise(p, hyper))
		return -INFINITY;
	if (p->has_prior)
		hyper->mean = best_mean(p);
	for (size_t i = 0; i < n; i++)
		p->solved[i] = p->y[i] - hyper->mean;
	linalg_solve_lower(p->factor, n, p->stride, p->solved, 1, p->stride);
	value = -linalg_dot(p->solved, p->solved, n) / 2 -
		linalg_log_det(p->factor, n, p->stride) / 2 -
		(double)n * LOG_2PI / 2;
	if (gradient) {
		linalg_solve_upper(p->factor, n, p->stride, p->solved, 1,
				   p->stride);
		linalg_invert(p->factor, n, p->stride);
		add_gradient(p, hyper, gradient);
	}
	if (p->has_prior)
		value += add_prior(p, hyper, gradient);
	return isfinite(value) ? value : -INFINITY;
}

static double climb(unsigned count, const double *logs, double *gradient,
		    void *data)
{
	struct problem *p = data;
	size_t dimensions = p->shape->dimensions;
	double value, scale;

	for (size_t d = 0; d < dimensions; d++)
		p->hyper.lengths[d] = exp(logs[d]);
	p->hyper.signal = exp(logs[dimensions]);
	p->hyper.noise = exp(logs[dimensions + 1]);
	value = evaluate(p, &p->hyper, gradient);
	if (value > p->best_value) {
		p->best_value = value;
		memcpy(p->best, logs, count * sizeof(*logs));
	}
	/* The first step is as long as the gradient: a sum over all
	 * observations would leap to where everything is noise, and stay. */
	scale = 1 / (double)p->count;
	for (unsigned i = 0; gradient && i < count; i++)
		gradient[i] *= scale;
	return value * scale;
}

double gp_fit(const struct gp_shape *shape, const double *x, const double *y,
	      size_t count, double least_noise, int evaluations,
	      struct gp_hyper *hyper)
{
	size_t dimensions = shape->dimensions;
	unsigned unknowns = (unsigned)dimensions + 2;
	double *logs = linalg_alloc(unknowns);
	double *low = linalg_alloc(unknowns);
	double *high = linalg_alloc(unknowns);
	struct problem problem;
	double reached, unused;
	nlopt_opt opt;

	problem_init(&problem, shape, x, y, count);
	for (size_t d = 0; d < dimensions; d++) {
		logs[d] = log(hyper->lengths[d]);
		low[d] = log(LENGTH_LEAST);
		high[d] = log(LENGTH_MOST);
	}
	logs[dimensions] = log(hyper->signal);
	low[dimensions] = log(0.01);
	high[dimensions] = log(100);
	logs[dimensions + 1] = log(hyper->noise);
	low[dimensions + 1] = log(least_noise);
	high[dimensions + 1] = log(fmax(2, 2 * least_noise));
	for (unsigned i = 0; i < unknowns; i++)
		logs[i] = fmin(fmax(logs[i], low[i]), high[i]);

	opt = nlopt_create(NLOPT_LD_LBFGS, unknowns);
	nlopt_set_max_objective(opt, climb, &problem);
	nlopt_set_lower_bounds(opt, low);
	nlopt_set_upper_bounds(opt, high);
	nlopt_set_maxeval(opt, evaluations);
	nlopt_set_ftol_abs(opt, 1e-3 / (double)count);
	/* It says "failure" where it can climb no further; what it saw counts.
	 */
	nlopt_optimize(opt, logs, &reached);
	nlopt_destroy(opt);

	reached = problem.best_value;
	if (isfinite(reached)) {
		for (size_t d = 0; d < dimensions; d++)
			hyper->lengths[d] = exp(problem.best[d]);
		hyper->signal = exp(problem.best[dimensions]);
		hyper->noise = exp(problem.best[dimensions + 1]);
		unused = evaluate(&problem, hyper, NULL); /* sets the mean */
		(void)unused;
	}
	problem_release(&problem);
	free(logs);
	free(low);
	free(high);
	return reached;
}

double gp_log_posterior(const struct gp_shape *shape, const double *x,
			const double *y, size_t count, struct gp_hyper *hyper,
			double *ret_gradient)
{
	struct problem problem;
	double value;

	problem_init(&problem, shape, x, y, count);
	value = evaluate(&problem, hyper, ret_gradient);
	problem_release(&problem);
	return value;
}

double gp_log_likelihood(const struct gp_shape *shape, const double *x,
			 const double *y, size_t count,
			 const struct gp_hyper *hyper)
{
	struct gp_hyper copy = {0};
	struct problem problem;
	double value;

	gp_hyper_copy(&copy, hyper, shape->dimensions);
	problem_init(&problem, shape, x, y, count);
	problem.has_prior = false;
	value = evaluate(&problem, &copy, NULL);
	problem_release(&problem);
	gp_hyper_release(&copy);
	return value;
}
