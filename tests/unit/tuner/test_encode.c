/* SPDX-License-Identifier: MIT */
/* The space as a cube, the first points in it, and what trials taught. */
#include "engine/tuner/design.h"
#include "engine/tuner/encode.h"
#include "engine/tuner/trials.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char everything[] =
	"{\"u\":{\"_type\":\"uniform\",\"_value\":[-2,6]},"
	"\"l\":{\"_type\":\"loguniform\",\"_value\":[1e-4,1]},"
	"\"q\":{\"_type\":\"quniform\",\"_value\":[0,1,0.3]},"
	"\"ql\":{\"_type\":\"qloguniform\",\"_value\":[1,1000,5]},"
	"\"n\":{\"_type\":\"normal\",\"_value\":[3,2]},"
	"\"ln\":{\"_type\":\"lognormal\",\"_value\":[0,1]},"
	"\"qn\":{\"_type\":\"qnormal\",\"_value\":[0,10,2.5]},"
	"\"qln\":{\"_type\":\"qlognormal\",\"_value\":[0,1,1]},"
	"\"r\":{\"_type\":\"randint\",\"_value\":[-3,4]},"
	"\"c\":{\"_type\":\"choice\",\"_value\":[\"x\",\"y\"]},"
	"\"w\":{\"_type\":\"choice\",\"_value\":[64,16,256,32]},"
	"\"o\":{\"_type\":\"choice\",\"_value\":[{\"_name\":\"a\"},"
	"{\"_name\":\"b\",\"k\":{\"_type\":\"choice\",\"_value\":"
	"[{\"_name\":\"c\",\"z\":{\"_type\":\"uniform\",\"_value\":[0,1]}},"
	"{\"_name\":\"d\"}]}}]}}";
enum { U, L, Q, QL, N, LN, QN, QLN, R, C, W, O, K, Z, COUNT };

static struct space *parse(const char *json)
{
	struct space *space;
	struct error err;

	if (!space_parse(json, &space, NULL, &err))
		fail_msg("%s", err.text);
	return space;
}

static char *text_of(const struct space *space, const double *point)
{
	struct strbuf out = STRBUF_INIT;

	space_format(space, point, &out);
	return strbuf_detach(&out);
}

/* Whatever is drawn comes back as the same parameters, and the second time as
 * the same numbers. */
static void comes_back(void **state)
{
	struct space *space = parse(everything);
	struct encoding *encoding = encoding_new(space);
	double point[COUNT], back[COUNT], x[COUNT], again[COUNT], z[COUNT];
	struct random random;

	(void)state;
	assert_int_equal(space->count, COUNT);
	random_seed(&random, 1, 1);
	for (int i = 0; i < 2000; i++) {
		char *wanted, *got;

		space_sample(space, &random, point);
		encoding_encode(encoding, point, x);
		encoding_decode(encoding, x, back);
		wanted = text_of(space, point);
		got = text_of(space, back);
		/* reals are near, all else is the same */
		for (size_t k = 0; k < COUNT; k++) {
			double a, b;

			assert_int_equal(isnan(point[k]), isnan(back[k]));
			assert_int_equal(isnan(point[k]), isnan(x[k]));
			if (isnan(point[k]) || k == C || k == W || k >= O) {
				assert_true(isnan(point[k]) || k == Z ||
					    point[k] == back[k]);
				continue;
			}
			assert_true(x[k] >= 0 && x[k] <= 1);
			a = parameter_final(&space->parameters[k], point[k]);
			b = parameter_final(&space->parameters[k], back[k]);
			assert_true(fabs(a - b) <= 1e-6 * (1 + fabs(a)));
		}
		encoding_encode(encoding, back, again);
		encoding_impute(encoding, x, z);
		for (size_t k = 0; k < COUNT; k++) {
			assert_true(isnan(x[k]) ||
				    fabs(x[k] - again[k]) < 1e-9);
			assert_false(isnan(z[k]));
			if (!isnan(x[k]) && k != L && k != U)
				assert_true(
					fabs(encoding_snap(encoding, k, x[k]) -
					     x[k]) < 1e-9);
		}
		free(wanted);
		free(got);
	}
	encoding_free(encoding);
	space_free(space);
}

static void knows_kinds_and_order(void **state)
{
	struct space *space = parse(everything);
	struct encoding *encoding = encoding_new(space);
	const struct encoding_dimension *d = encoding->dimensions;
	double point[COUNT], x[COUNT];
	struct random random;

	(void)state;
	random_seed(&random, 1, 1);
	space_sample(space, &random, point);
	assert_int_equal(d[U].kind, ENCODING_REAL);
	assert_int_equal(d[QN].kind, ENCODING_STEPS);
	assert_int_equal(d[R].kind, ENCODING_STEPS);
	assert_int_equal(d[R].levels, 7);
	assert_int_equal(d[C].kind, ENCODING_CATEGORY);
	assert_int_equal(d[W].kind, ENCODING_STEPS);
	assert_int_equal(d[O].kind, ENCODING_CATEGORY);
	/* 64, 16, 256, 32: third, first, last, second */
	point[W] = 0;
	encoding_encode(encoding, point, x);
	assert_true(x[W] == 2.5 / 4);
	x[W] = encoding_step(encoding, W, x[W], -2);
	assert_true(x[W] == 0.5 / 4);
	assert_true(encoding_step(encoding, W, x[W], -1) == x[W]);
	encoding_decode(encoding, x, point);
	assert_true(point[W] == 1);
	/* the middle of a logarithm's range, of a distribution */
	point[L] = log(1e-2);
	point[N] = 3;
	point[QN] = 4.9;
	encoding_encode(encoding, point, x);
	assert_true(fabs(x[L] - 0.5) < 1e-12);
	assert_true(fabs(x[N] - 0.5) < 1e-12);
	x[QN] = encoding_step(encoding, QN, x[QN], -3);
	encoding_decode(encoding, x, point);
	assert_true(parameter_final(&space->parameters[QN], point[QN]) == -2.5);
	encoding_free(encoding);
	space_free(space);
}

static void keeps_conditions(void **state)
{
	struct space *space = parse(everything);
	struct encoding *encoding = encoding_new(space);
	double x[COUNT];
	struct random random;

	(void)state;
	random_seed(&random, 1, 1);
	for (int i = 0; i < 300; i++) {
		design_draw(encoding, 1, i, 10, &random, x);
		x[O] = i % 2;
		encoding_repair(encoding, &random, x);
		assert_int_equal(isnan(x[K]), i % 2 == 0);
		assert_int_equal(isnan(x[Z]), isnan(x[K]) || x[K] == 1);
	}
	encoding_free(encoding);
	space_free(space);
}

/* Of each ten points every tenth of every parameter has one. */
static void begins_evenly(void **state)
{
	struct space *space = parse(everything);
	struct encoding *encoding = encoding_new(space);
	double x[COUNT];
	struct random random;

	(void)state;
	for (int block = 0; block < 3; block++) {
		int tenths = 0, options = 0;

		for (int i = 0; i < 10; i++) {
			random_seed(&random, 5, (uint64_t)(10 * block + i));
			design_draw(encoding, 5, 10 * block + i, 10, &random,
				    x);
			tenths |= 1 << (int)(10 * x[U]);
			options += x[C] == 1;
		}
		assert_int_equal(tenths, 1023);
		assert_int_equal(options, 5);
	}
	encoding_free(encoding);
	space_free(space);
}

/* --- trials -------------------------------------------------------------- */

static void tells_ends_apart(void **state)
{
	struct space *space =
		parse("{\"x\":{\"_type\":\"uniform\",\"_value\":[0,1]}}");
	double x[] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7}, losses[8];
	struct trials trials;

	(void)state;
	trials_init(&trials,
		    &(struct tuner_context){.space = space,
					    .objective = OBJECTIVE_MAXIMIZE});
	for (int i = 0; i < 6; i++)
		trials_adopt(&trials, 10 - i, &x[i]);
	assert_int_equal(trials.running_count, 6);
	trials_observe(&trials, 10,
		       &(struct tuner_result){.values = &(double){5},
					      .count = 1,
					      .violation = 0});
	trials_observe(&trials, 9,
		       &(struct tuner_result){.values = &(double){-2},
					      .count = 1,
					      .violation = 0});
	trials_ended(&trials, 9, TRIAL_SUCCEEDED);
	trials_ended(&trials, 8, TRIAL_FAILED);
	trials_ended(&trials, 7, TRIAL_USER_CANCELED);
	trials_observe(&trials, 6,
		       &(struct tuner_result){
			       .values = &(double){100},
			       .count = 1,
			       .violation = 3}); /* good, but not allowed */
	trials_observe(&trials, 77,
		       &(struct tuner_result){.values = &(double){1},
					      .count = 1,
					      .violation = 0}); /* nobody's */
	trials_import(&trials, &x[6],
		      &(struct tuner_result){.values = &(double){1},
					     .count = 1,
					     .violation = 0});
	assert_int_equal(trials.running_count, 1);
	assert_true(*trials_point(&trials, trials.running[0]) == 0.6);
	assert_int_equal(trials.learnt_count, 5);
	assert_int_equal(trials.finite_count, 4);
	trials_losses(&trials, 5, losses);
	assert_true(losses[0] == -5 && losses[1] == 2 && losses[4] == -1);
	assert_true(losses[3] > losses[1] && losses[2] >= losses[3]);

	/* run once more: its newest result counts */
	assert_int_equal(trials.revision, 0);
	trials_adopt(&trials, 8, &x[2]);
	trials_observe(&trials, 8,
		       &(struct tuner_result){.values = &(double){7},
					      .count = 1,
					      .violation = 0});
	assert_int_equal(trials.revision, 1);
	trials_losses(&trials, 5, losses);
	assert_true(losses[2] == -7);
	trials_release(&trials);

	/* nothing but failures */
	trials_init(&trials,
		    &(struct tuner_context){.space = space,
					    .objective = OBJECTIVE_MINIMIZE});
	trials_adopt(&trials, 0, x);
	trials_observe(&trials, 0,
		       &(struct tuner_result){.values = &(double){NAN},
					      .count = 1,
					      .violation = 0});
	assert_int_equal(trials.finite_count, 0);
	trials_losses(&trials, 1, losses);
	assert_true(isfinite(losses[0]));
	trials_release(&trials);
	space_free(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(knows_kinds_and_order),
		cmocka_unit_test(keeps_conditions),
		cmocka_unit_test(begins_evenly),
		cmocka_unit_test(tells_ends_apart),
	};

	return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
