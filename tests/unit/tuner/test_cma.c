/* SPDX-License-Identifier: MIT */
/* CMA-ES: what defines it (it learns any ellipsoid, turned or not), its margin,
 * and what the tuner makes of an experiment. */
#include "engine/tuner/chances.h"
#include "engine/tuner/cma.h"
#include "engine/tuner/normal.h"
#include "tests/unit/tuner/model_rig.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N 8

static double turn[N * N]; /* rows orthonormal */
static const double *sort_losses;

static void make_turn(bool is_turned)
{
	struct random random;

	random_seed(&random, 4, 4);
	for (size_t i = 0; i < N; i++) {
		double *row = turn + i * N;
		double length = 0;

		for (size_t k = 0; k < N; k++)
			row[k] = is_turned ? random_normal(&random) : i == k;
		for (size_t j = 0; j < i; j++) {
			double along = 0;

			for (size_t k = 0; k < N; k++)
				along += row[k] * turn[j * N + k];
			for (size_t k = 0; k < N; k++)
				row[k] -= along * turn[j * N + k];
		}
		for (size_t k = 0; k < N; k++)
			length += row[k] * row[k];
		for (size_t k = 0; k < N; k++)
			row[k] /= sqrt(length);
	}
}

/* Axes from 1 to 1000 along the rows of the turn, least at 3, ..., 3. */
static double ellipsoid(const double *x)
{
	double sum = 0;

	for (size_t i = 0; i < N; i++) {
		double along = 0;

		for (size_t k = 0; k < N; k++)
			along += turn[i * N + k] * (x[k] - 3);
		sum += pow(1e6, (double)i / (N - 1)) * along * along;
	}
	return sum;
}

static int compare_losses(const void *a, const void *b)
{
	double p = sort_losses[*(const size_t *)a];
	double q = sort_losses[*(const size_t *)b];

	return (p > q) - (p < q);
}

/* Evaluations until the ellipsoid is below 1e-9. */
static int descend(struct cma *cma, uint64_t seed)
{
	double points[64 * N], ordered[64 * N], losses[64];
	size_t order[64];
	struct random random;
	int evaluations = 0;

	random_seed(&random, seed, 0);
	for (;;) {
		for (size_t k = 0; k < cma->lambda; k++) {
			cma_sample(cma, &random, points + k * N);
			losses[k] = ellipsoid(points + k * N);
			order[k] = k;
		}
		evaluations += (int)cma->lambda;
		sort_losses = losses;
		qsort(order, cma->lambda, sizeof(*order), compare_losses);
		if (losses[order[0]] < 1e-9 || evaluations > 30000)
			return evaluations;
		for (size_t k = 0; k < cma->lambda; k++)
			memcpy(ordered + k * N, points + order[k] * N,
			       N * sizeof(double));
		cma_update(cma, ordered);
	}
}

static void learns_turned_ellipsoids_as_fast(void **state)
{
	int evaluations[2] = {0};

	(void)state;
	for (int is_turned = 0; is_turned < 2; is_turned++) {
		make_turn(is_turned);
		for (uint64_t seed = 0; seed < 5; seed++) {
			double mean[N] = {0}, worst = 0;
			struct cma cma;

			cma_init(&cma, N, cma_default_lambda(N), mean, 1);
			evaluations[is_turned] += descend(&cma, seed);
			/* its axes are those of the ellipsoid: 1 to 1000 */
			assert_in_range(
				(long)(cma.lengths[N - 1] / cma.lengths[0]),
				400, 2500);
			for (size_t k = 0; k < N; k++) {
				double cosine = 0;

				for (size_t i = 0; i < N; i++)
					cosine += cma.axes[k * N + i] *
						  turn[(N - 1 - k) * N + i];
				worst = fmax(worst, 1 - fabs(cosine));
			}
			assert_true(worst < 0.2);
			cma_release(&cma);
		}
	}
	/* Without learning it takes more than a million.  Hansen's tutorial
	 * code needs some 3,300. */
	assert_in_range(evaluations[0] / 5, 1000, 4500);
	assert_in_range(evaluations[1] / 5, 1000, 4500);
	assert_in_range(100 * evaluations[1] / evaluations[0], 75, 133);
}

static void bears_points_from_far_away(void **state)
{
	double mean[N] = {0}, points[16 * N];
	struct cma cma;

	(void)state;
	cma_init(&cma, N, 8, mean, 1);
	for (size_t i = 0; i < 8 * N; i++)
		points[i] = i < N ? 1e12 : 0.1 * (double)(i % 7);
	for (int i = 0; i < 20; i++)
		cma_update(&cma, points);
	for (size_t i = 0; i < N; i++) {
		assert_true(isfinite(cma.mean[i]));
		assert_true(fabs(cma.mean[i]) < 1e9);
		assert_true(isfinite(cma_deviation(&cma, i)));
	}
	cma_release(&cma);
}

static double probability_beyond(const struct cma *cma, double low, double high)
{
	double deviation = cma_deviation(cma, 0);

	return normal_cdf((low - cma->mean[0]) / deviation) +
	       normal_cdf((cma->mean[0] - high) / deviation);
}

static void margin_keeps_other_values_possible(void **state)
{
	static const double means[] = {0.21, 0.25, 0.29, 0.5};
	struct cma cma;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(means); i++) {
		double least = 0.02;

		cma_init(&cma, 1, 6, &means[i], 0.001);
		cma_keep_margin(&cma, 0, 0.2, 0.6, least);
		assert_true(probability_beyond(&cma, 0.2, 0.6) > least * 0.9);
		assert_true(probability_beyond(&cma, 0.2, 0.6) < 0.2);
		assert_true(cma.mean[0] > 0.2 && cma.mean[0] < 0.6);
		cma_release(&cma);
		/* at either end */
		cma_init(&cma, 1, 6, &means[i], 0.001);
		cma_keep_margin(&cma, 0, -INFINITY, 0.6, least);
		assert_true(fabs(probability_beyond(&cma, -INFINITY, 0.6) -
				 least) < 1e-6);
		cma_keep_margin(&cma, 0, 0.2, INFINITY, least);
		assert_true(probability_beyond(&cma, 0.2, INFINITY) >
			    least * 0.99);
		cma_release(&cma);
	}
	/* wide enough as it is */
	cma_init(&cma, 1, 6, &means[3], 1);
	cma_keep_margin(&cma, 0, 0.2, 0.6, 0.02);
	assert_true(cma.mean[0] == 0.5 && cma.scales[0] == 1);
	cma_release(&cma);
}

static void chances_follow_and_never_die(void **state)
{
	double chances[5], options[3] = {2, 2, 4};
	double sum = 0;

	(void)state;
	chances_even(chances, 5);
	for (int i = 0; i < 100; i++)
		chances_learn(chances, 5, options, 6);
	assert_true(chances[2] > 0.6 && chances[4] > 0.1);
	for (int k = 0; k < 5; k++) {
		assert_true(chances[k] > 0.02);
		sum += chances[k];
	}
	assert_true(fabs(sum - 1) < 1e-9);
	options[0] = options[1] = options[2] = NAN;
	sum = chances[2];
	chances_learn(chances, 5, options, 6);
	assert_true(fabs(chances[2] - sum) < 0.01);
}

/* --- the tuner ----------------------------------------------------------- */

static struct rig rig;

static void finds_the_least_of_branin(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 3; seed++) {
		rig_open(&rig, "cmaes", rig_branin_space, NULL,
			 OBJECTIVE_MINIMIZE, seed);
		assert_true(rig_run(&rig, rig_branin, 300) < 1e-3);
		rig_close(&rig);
	}
}

static const char mixed_space[] =
	"{\"a\":{\"_type\":\"randint\",\"_value\":[0,50]},"
	"\"b\":{\"_type\":\"randint\",\"_value\":[0,2]},"
	"\"c\":{\"_type\":\"choice\",\"_value\":[\"x\",\"y\",\"z\"]},"
	"\"d\":{\"_type\":\"quniform\",\"_value\":[0,10,0.5]},"
	"\"e\":{\"_type\":\"uniform\",\"_value\":[0,1]}}";

/* The second value of b is good only near the right a. */
static double mixed(const double *p)
{
	double loss = pow((p[0] - 41) / 10, 2) + pow(p[3] - 7.5, 2) / 4 +
		      pow(p[4] - 0.2, 2);

	loss += p[1] == 1 ? 0.2 * fabs(p[0] - 41) : 0.3;
	return loss + (p[2] == 1 ? 0 : 0.5);
}

static double mixed_of(const double *point)
{
	double p[5];

	memcpy(p, point, sizeof(p));
	p[3] = fmin(rint(p[3] / 0.5) * 0.5, 10);
	return mixed(p);
}

static void finds_among_steps_and_choices(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 3; seed++) {
		rig_open(&rig, "CMA-ES", mixed_space, NULL, OBJECTIVE_MINIMIZE,
			 seed);
		assert_true(rig_run(&rig, mixed_of, 500) < 0.01);
		rig_close(&rig);
	}
}

static void maximises_what_it_would_minimise_negated(void **state)
{
	(void)state;
	rig_check_modes("CMA-ES", mixed_space, mixed, 100);
}

/* Sixteen at once, ending in any order, some failing. */
static void works_side_by_side(void **state)
{
	int64_t running[16];
	double least = INFINITY;
	int live = 0;
	struct random random;

	(void)state;
	random_seed(&random, 1, 1);
	rig_open(&rig, "CMA-ES", rig_branin_space, NULL, OBJECTIVE_MINIMIZE, 1);
	while (rig.next < 450) {
		size_t at;

		while (live < 16)
			running[live++] = rig_suggest(&rig);
		at = (size_t)random_below(&random, 16);
		if (random_below(&random, 10) == 0) {
			tuner_ended(rig.tuner, running[at], TRIAL_FAILED);
		} else {
			double value = rig_branin(rig.points[running[at]]);

			rig_finish(&rig, running[at], value);
			least = fmin(least, value);
		}
		running[at] = running[--live];
	}
	assert_true(least < 0.01);
	rig_close(&rig);
}

static double rastrigin(const double *p)
{
	double sum = 0;

	for (int i = 0; i < 2; i++)
		sum += p[i] * p[i] + 10 - 10 * cos(2 * M_PI * p[i]);
	return sum;
}

static void begins_again_when_it_is_done(void **state)
{
	struct strbuf json = STRBUF_INIT;

	(void)state;
	rig_open(&rig, "CMA-ES",
		 "{\"a\":{\"_type\":\"uniform\",\"_value\":[-3,5]},"
		 "\"b\":{\"_type\":\"uniform\",\"_value\":[-3,5]}}",
		 "{\"population_size\":6,\"sigma0\":0.1}", OBJECTIVE_MINIMIZE,
		 1);
	assert_true(tuner_describe(rig.tuner, &json));
	assert_non_null(strstr(json.data, "\"run\":0,\"population\":6"));
	rig_run(&rig, rastrigin, 511);
	strbuf_clear(&json);
	assert_true(tuner_describe(rig.tuner, &json));
	assert_null(strstr(json.data, "\"run\":0"));
	strbuf_release(&json);
	rig_close(&rig);
}

static void begins_at_the_best_import(void **state)
{
	double near[2] = {9.4, 2.5}, far[2] = {-4, 1}, sum[2] = {0};

	(void)state;
	for (int k = 0; k < 2; k++) {
		rig_open(&rig, "CMA-ES", rig_branin_space, "{\"sigma0\":0.05}",
			 OBJECTIVE_MINIMIZE, 1);
		if (k) {
			tuner_import_value(rig.tuner, near, rig_branin(near));
			tuner_import_value(rig.tuner, far, rig_branin(far));
		}
		for (int i = 0; i < 6; i++)
			sum[k] += rig_branin(rig.points[rig_suggest(&rig)]);
		rig_close(&rig);
	}
	assert_true(sum[1] < sum[0] / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learns_turned_ellipsoids_as_fast),
		cmocka_unit_test(bears_points_from_far_away),
		cmocka_unit_test(margin_keeps_other_values_possible),
		cmocka_unit_test(chances_follow_and_never_die),
		cmocka_unit_test(finds_the_least_of_branin),
		cmocka_unit_test(finds_among_steps_and_choices),
		cmocka_unit_test(maximises_what_it_would_minimise_negated),
		cmocka_unit_test(works_side_by_side),
		cmocka_unit_test(begins_again_when_it_is_done),
		cmocka_unit_test(begins_at_the_best_import),
	};

	return cmocka_run_group_tests_name("cma", tests, NULL, NULL);
}
