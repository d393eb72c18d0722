/* SPDX-License-Identifier: MIT */
/* The Gaussian process beside scikit-learn's (gp_reference.py says how the
 * numbers were made), its derivatives beside differences, and what is below it:
 * the normal distribution's tails, warping, factors that grow. */
#include "engine/tuner/gp_acquire.h"
#include "engine/tuner/gp_fit.h"
#include "engine/tuner/linalg.h"
#include "engine/tuner/normal.h"
#include "engine/tuner/warp.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REFERENCE_MAX 1000000 /* bytes of the file */
#define DIMENSIONS 5

static const bool all_numbers[DIMENSIONS];

static void assert_near(double got, double wanted, double tolerance)
{
	if (!(fabs(got - wanted) <= tolerance * (1 + fabs(wanted))))
		fail_msg("%.15g instead of %.15g", got, wanted);
}

/* --- scikit-learn's ------------------------------------------------------ */

static void read_numbers(char **text, double *ret, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *end;

		ret[i] = strtod(*text, &end);
		assert_true(end != *text);
		*text = end;
	}
}

static enum gp_smoothness smoothness_of(double nu)
{
	if (nu == 0.5)
		return GP_MATERN_1_2;
	return nu == 1.5 ? GP_MATERN_3_2 : GP_MATERN_5_2;
}

static void check_case(char **text)
{
	double head[4], scales[2], likelihood;
	double lengths[DIMENSIONS], *x, *y;
	struct gp_shape shape = {.is_category = all_numbers};
	struct gp_hyper hyper = {.lengths = lengths};
	size_t rows, width, queries;
	struct gp *gp;

	read_numbers(text, head, 4);
	rows = (size_t)head[1];
	width = shape.dimensions = (size_t)head[2];
	queries = (size_t)head[3];
	shape.smoothness = smoothness_of(head[0]);
	assert_true(width <= DIMENSIONS && rows && queries);
	read_numbers(text, lengths, width);
	read_numbers(text, scales, 2);
	hyper.signal = scales[0];
	hyper.noise = scales[1];
	x = xcalloc(rows * width, sizeof(*x));
	y = xcalloc(rows, sizeof(*y));
	for (size_t i = 0; i < rows; i++) {
		read_numbers(text, x + i * width, width);
		read_numbers(text, y + i, 1);
	}
	gp = gp_new(&shape, &hyper, x, y, rows, 0);
	assert_non_null(gp);
	for (size_t i = 0; i < queries; i++) {
		double at[DIMENSIONS], wanted[2], mean, variance;

		read_numbers(text, at, width);
		read_numbers(text, wanted, 2);
		gp_predict(gp, at, &mean, &variance);
		assert_near(mean, wanted[0], 1e-6);
		assert_near(sqrt(variance), wanted[1], 1e-6);
		gp_predict_many(gp, at, 1, &mean, &variance);
		assert_near(mean, wanted[0], 1e-6);
		assert_near(sqrt(variance), wanted[1], 1e-6);
	}
	read_numbers(text, &likelihood, 1);
	assert_near(gp_log_likelihood(&shape, x, y, rows, &hyper), likelihood,
		    1e-6);
	gp_free(gp);
	free(x);
	free(y);
}

static void believes_what_scikit_learn_does(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct error err;
	char *at;
	int cases = 0;

	(void)state;
	if (!fs_read_file(TRIALDECK_SOURCE_DIR
			  "/tests/unit/tuner/gp_posterior.txt",
			  REFERENCE_MAX, &text, &err))
		fail_msg("%s", err.text);
	at = strchr(text.data, '\n');
	while (at && at[strspn(at, " \n")]) {
		check_case(&at);
		cases++;
	}
	assert_int_equal(cases, 4);
	strbuf_release(&text);
}

/* --- derivatives --------------------------------------------------------- */

#define ROWS 30

struct sample {
	double x[ROWS * DIMENSIONS], y[ROWS];
	bool is_category[DIMENSIONS];
	struct gp_shape shape;
	double lengths[DIMENSIONS];
	struct gp_hyper hyper;
};

/* Four numbers and a choice among three. */
static void sample_init(struct sample *s, enum gp_smoothness smoothness)
{
	struct random random;

	*s = (struct sample){.is_category = {[4] = true}};
	random_seed(&random, 7, smoothness);
	for (size_t i = 0; i < ROWS; i++) {
		double *x = s->x + i * DIMENSIONS;

		for (size_t d = 0; d < 4; d++)
			x[d] = random_unit(&random);
		x[4] = (double)random_below(&random, 3);
		s->y[i] = sin(4 * x[0] + x[1]) + 0.3 * x[4] +
			  0.1 * random_normal(&random);
	}
	for (size_t d = 0; d < DIMENSIONS; d++)
		s->lengths[d] = 0.3 + 0.2 * (double)d;
	s->shape = (struct gp_shape){DIMENSIONS, s->is_category, smoothness};
	s->hyper = (struct gp_hyper){s->lengths, 1.3, 0.02, 0};
}

static double *hyper_at(struct sample *s, size_t i)
{
	if (i < DIMENSIONS)
		return &s->lengths[i];
	return i == DIMENSIONS ? &s->hyper.signal : &s->hyper.noise;
}

static double posterior(struct sample *s, double *gradient)
{
	return gp_log_posterior(&s->shape, s->x, s->y, ROWS, &s->hyper,
				gradient);
}

static void climbs_the_likelihood_the_right_way(void **state)
{
	static const enum gp_smoothness all[] = {GP_MATERN_1_2, GP_MATERN_3_2,
						 GP_MATERN_5_2};
	const double step = 1e-5;

	(void)state;
	for (size_t k = 0; k < COUNT_OF(all); k++) {
		double gradient[DIMENSIONS + 2];
		struct sample s;

		sample_init(&s, all[k]);
		posterior(&s, gradient);
		for (size_t i = 0; i < DIMENSIONS + 2; i++) {
			double *value = hyper_at(&s, i);
			double was = *value;
			double above, below;

			*value = was * exp(step);
			above = posterior(&s, NULL);
			*value = was * exp(-step);
			below = posterior(&s, NULL);
			*value = was;
			assert_near(gradient[i], (above - below) / (2 * step),
				    1e-5);
		}
	}
}

static void fits_what_made_the_data(void **state)
{
	enum { COUNT = 150 };
	double *x = xcalloc(COUNT * 2, sizeof(*x));
	double *y = xcalloc(COUNT, sizeof(*y));
	struct gp_shape shape = {2, all_numbers, GP_MATERN_5_2};
	struct gp_hyper hyper = gp_hyper_default(&shape);
	struct random random;
	double before, after;

	(void)state;
	random_seed(&random, 3, 1);
	for (size_t i = 0; i < COUNT; i++) {
		x[2 * i] = random_unit(&random);
		x[2 * i + 1] = random_unit(&random);
		y[i] = sin(12 * x[2 * i]) * 1.4 + 0.1 * random_normal(&random);
	}
	before = gp_log_posterior(&shape, x, y, COUNT, &hyper, NULL);
	after = gp_fit(&shape, x, y, COUNT, 1e-8, 60, &hyper);
	assert_true(after > before + 50);
	assert_near(gp_log_posterior(&shape, x, y, COUNT, &hyper, NULL), after,
		    1e-9);
	/* the noise is found, and which of the two numbers matters */
	assert_in_range((long)(hyper.noise * 1e4), 60, 160);
	assert_true(hyper.lengths[1] > 5 * hyper.lengths[0]);
	gp_hyper_release(&hyper);
	free(x);
	free(y);
}

static void check_acquisition(enum gp_utility utility, size_t versions)
{
	const double step = 1e-6;
	double normals[GP_FANTASIES_MAX] = {0, 0.4, -1, 1.7};
	double gradient[DIMENSIONS];
	struct gp_acquisition acquisition;
	struct sample s;
	struct gp *gp;

	sample_init(&s, GP_MATERN_5_2);
	gp = gp_new(&s.shape, &s.hyper, s.x, s.y, ROWS - 1, 1);
	gp_set_fantasies(gp, versions);
	gp_add_unknown(gp, s.x + (ROWS - 1) * DIMENSIONS, normals);
	gp_acquisition_init(&acquisition, gp, DIMENSIONS, versions, utility, 2,
			    0.1);
	for (size_t i = 0; i < ROWS; i++) {
		double at[DIMENSIONS] = {0.31, 0.17, 0.72, 0.5, 1};
		double value, many;

		at[0] = s.x[i * DIMENSIONS] * 0.999;
		value = gp_acquisition_at(&acquisition, at, gradient);
		gp_acquisition_many(&acquisition, at, 1, &many);
		assert_near(many, value, 1e-9);
		assert_true(gradient[4] == 0);
		for (size_t d = 0; d < 4; d++) {
			double was = at[d], above, below;

			at[d] = was + step;
			above = gp_acquisition_at(&acquisition, at, NULL);
			at[d] = was - step;
			below = gp_acquisition_at(&acquisition, at, NULL);
			at[d] = was;
			assert_near(gradient[d], (above - below) / (2 * step),
				    1e-4);
		}
	}
	gp_free(gp);
}

static void climbs_the_utility_the_right_way(void **state)
{
	(void)state;
	check_acquisition(GP_UTILITY_EI, 1);
	check_acquisition(GP_UTILITY_EI, 4);
	check_acquisition(GP_UTILITY_POI, 4);
	check_acquisition(GP_UTILITY_UCB, 4);
}

/* --- unknown outputs ----------------------------------------------------- */

static void grows_as_if_it_had_known_from_the_start(void **state)
{
	double at[DIMENSIONS] = {0.2, 0.9, 0.4, 0.1, 2};
	double normals[2] = {0, 0.7};
	double mean, variance, means[2], deviation, drawn, wanted[2];
	struct sample s;
	struct gp *gp, *whole;

	(void)state;
	sample_init(&s, GP_MATERN_5_2);
	gp = gp_new(&s.shape, &s.hyper, s.x, s.y, ROWS - 1, 1);
	gp_predict(gp, s.x + (ROWS - 1) * DIMENSIONS, &mean, &variance);
	deviation = sqrt(variance + s.hyper.noise);
	drawn = mean + 0.7 * deviation;
	gp_set_fantasies(gp, 2);
	gp_add_unknown(gp, s.x + (ROWS - 1) * DIMENSIONS, normals);
	gp_predict(gp, at, means, &variance);

	/* version 0: its output is its mean; version 1: as drawn */
	for (int m = 0; m < 2; m++) {
		double whole_variance;

		s.y[ROWS - 1] = m ? drawn : mean;
		whole = gp_new(&s.shape, &s.hyper, s.x, s.y, ROWS, 0);
		gp_predict(whole, at, &wanted[m], &whole_variance);
		assert_near(means[m], wanted[m], 1e-9);
		assert_near(variance, whole_variance, 1e-9);
		gp_free(whole);
	}
	gp_free(gp);
}

static void knows_what_does_not_fit(void **state)
{
	double off[ROWS], mean, variance;
	struct sample s;
	struct gp *gp, *others;

	(void)state;
	sample_init(&s, GP_MATERN_3_2);
	s.y[ROWS - 1] += 3;
	gp = gp_new(&s.shape, &s.hyper, s.x, s.y, ROWS, 0);
	others = gp_new(&s.shape, &s.hyper, s.x, s.y, ROWS - 1, 0);
	gp_left_out(gp, off);
	gp_predict(others, s.x + (ROWS - 1) * DIMENSIONS, &mean, &variance);
	assert_near(off[ROWS - 1],
		    (s.y[ROWS - 1] - mean) / sqrt(variance + s.hyper.noise),
		    1e-8);
	for (size_t i = 0; i < ROWS - 1; i++)
		assert_true(fabs(off[i]) < off[ROWS - 1]);
	gp_free(gp);
	gp_free(others);
}

static void survives_rows_that_are_the_same(void **state)
{
	double x[8] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
	double y[4] = {1, 1, 1, 1}, at = 0.5, mean, variance, normal = 0;
	double lengths[1] = {0.3};
	struct gp_shape shape = {1, all_numbers, GP_MATERN_5_2};
	struct gp_hyper hyper = {lengths, 1, 1e-18, 0};
	struct gp *gp = gp_new(&shape, &hyper, x, y, 4, 2);

	(void)state;
	assert_non_null(gp);
	gp_add_unknown(gp, x, &normal);
	gp_add_unknown(gp, x, &normal);
	gp_predict(gp, &at, &mean, &variance);
	assert_near(mean, 1, 1e-3);
	assert_true(variance > 0 && variance < 1e-3);
	gp_free(gp);
	lengths[0] = NAN;
	assert_null(gp_new(&shape, &hyper, x, y, 4, 0));
}

/* --- below it ------------------------------------------------------------ */

static void knows_the_tails(void **state)
{
	double slope;

	(void)state;
	/* mpmath with 50 digits: log(ncdf(z)), log(npdf(z) + z ncdf(z)) */
	assert_near(normal_log_cdf(-10, &slope), -53.231285150512470, 1e-12);
	assert_near(normal_log_cdf(-40, &slope), -804.60844201375379, 1e-12);
	assert_near(normal_log_gain(0, &slope), -0.91893853320467274, 1e-12);
	assert_near(normal_log_gain(-10, &slope), -55.553122036122356, 1e-10);
	assert_near(normal_log_gain(-40, &slope), -808.29856835661995, 1e-12);
	for (double z = -60; z < 5; z += 0.37) {
		double above = normal_log_gain(z + 1e-5, &slope);
		double below = normal_log_gain(z - 1e-5, &slope);

		normal_log_gain(z, &slope);
		assert_near(slope, (above - below) / 2e-5, 1e-5);
		above = normal_log_cdf(z + 1e-5, &slope);
		below = normal_log_cdf(z - 1e-5, &slope);
		normal_log_cdf(z, &slope);
		assert_near(slope, (above - below) / 2e-5, 1e-5);
	}
	for (double x = 1e-9; x < 1; x += 0.0101)
		assert_near(normal_cdf(normal_quantile(x)), x, 1e-12);
}

static void warps_in_order(void **state)
{
	double losses[200];
	double mean = 0, squares = 0;
	struct warp warp;
	struct random random;

	(void)state;
	random_seed(&random, 1, 1);
	for (size_t i = 0; i < COUNT_OF(losses); i++)
		losses[i] = exp(2 * random_normal(&random)) - 3;
	losses[17] = 1e100; /* it diverged */
	warp = warp_fit(losses, COUNT_OF(losses), false);
	for (size_t i = 0; i < COUNT_OF(losses); i++) {
		double w = warp_apply(&warp, losses[i]);

		mean += w / (double)COUNT_OF(losses);
		squares += w * w / (double)COUNT_OF(losses);
		assert_true(fabs(w) < 4);
		for (size_t k = 0; k < i; k++)
			if (losses[k] < losses[i])
				assert_true(warp_apply(&warp, losses[k]) <= w);
		/* the slope is that of a step; nothing is left of it above */
		if (losses[i] < 10)
			assert_near(exp(warp_log_slope(&warp, losses[i])),
				    (warp_apply(&warp, losses[i] + 1e-6) -
				     warp_apply(&warp, losses[i] - 1e-6)) /
					    2e-6,
				    1e-4);
		if (losses[i] < 10)
			assert_near(warp_invert(&warp, w), losses[i], 1e-8);
	}
	assert_near(mean, 0, 1e-9);
	assert_near(squares, 1, 1e-9);
	/* nothing to tell apart */
	losses[0] = losses[1] = 4;
	warp = warp_fit(losses, 2, false);
	assert_near(warp_apply(&warp, 4), 0, 0);
	warp = warp_fit(losses, 0, false);
	assert_true(isfinite(warp_apply(&warp, 4)));
}

static void solves_and_decomposes(void **state)
{
	enum { N = 12, STRIDE = 16 };
	double *a = linalg_alloc(N * STRIDE), *l = linalg_alloc(N * STRIDE);
	double *b = linalg_alloc(2 * STRIDE), *grown = linalg_alloc(N * STRIDE);
	double square[3 * 3] = {2, 0, 0, 1, 2, 0, 0, 0, 5}, values[3];
	struct random random;

	(void)state;
	random_seed(&random, 1, 2);
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j <= i; j++)
			a[i * STRIDE + j] = i == j ? 9 : random_unit(&random);
	assert_true(linalg_cholesky(a, l, N, STRIDE));
	for (size_t i = 0; i < N; i++)
		linalg_cholesky_grow(grown, i, STRIDE, a + i * STRIDE);
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j <= i; j++)
			assert_near(grown[i * STRIDE + j], l[i * STRIDE + j],
				    1e-12);
	/* A x = A (1, 2, ...)' for both right hand sides */
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < N; i++)
			for (size_t j = 0; j < N; j++)
				b[k * STRIDE + i] +=
					(double)(j + 1) *
					(i > j ? a[i * STRIDE + j]
					       : a[j * STRIDE + i]);
	linalg_solve_lower(l, N, STRIDE, b, 2, STRIDE);
	linalg_solve_upper(l, N, STRIDE, b, 2, STRIDE);
	for (size_t i = 0; i < N; i++) {
		assert_near(b[i], (double)(i + 1), 1e-10);
		assert_near(b[STRIDE + i], (double)(i + 1), 1e-10);
	}
	assert_true(linalg_eigen(square, 3, values));
	assert_near(values[0], 1, 1e-12);
	assert_near(values[1], 3, 1e-12);
	assert_near(values[2], 5, 1e-12);
	assert_near(fabs(square[0]), M_SQRT1_2, 1e-12);
	assert_near(square[0], -square[1], 1e-12);
	a[0] = NAN;
	assert_false(linalg_cholesky(a, l, N, STRIDE));
	free(a);
	free(l);
	free(b);
	free(grown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(believes_what_scikit_learn_does),
		cmocka_unit_test(climbs_the_likelihood_the_right_way),
		cmocka_unit_test(fits_what_made_the_data),
		cmocka_unit_test(climbs_the_utility_the_right_way),
		cmocka_unit_test(grows_as_if_it_had_known_from_the_start),
		cmocka_unit_test(knows_what_does_not_fit),
		cmocka_unit_test(survives_rows_that_are_the_same),
		cmocka_unit_test(knows_the_tails),
		cmocka_unit_test(warps_in_order),
		cmocka_unit_test(solves_and_decomposes),
	};

	return cmocka_run_group_tests_name("gp", tests, NULL, NULL);
}
