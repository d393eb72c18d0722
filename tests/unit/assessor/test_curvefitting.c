/* SPDX-License-Identifier: MIT */
/*
 * Curvefitting: the families fit as SciPy's curve_fit fits them, and trials are
 * judged by where their curve leads.
 *
 * The figures are SciPy 1.17's for curve_fit(family, 1..10, RESULTS), method
 * "lm", from all ones; ilog2 is not defined at 1, and SciPy finds no better
 * than infinite residuals.
 */
#include "engine/assessor/assessor.h"
#include "engine/assessor/curves.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const double RESULTS[] = {0.31,	0.45, 0.53, 0.58,  0.625,
				 0.655, 0.68, 0.70, 0.715, 0.728};
#define COUNT (sizeof(RESULTS) / sizeof(*RESULTS))

struct reference {
	const char *name;
	double squares; /* sum of squared residuals */
	double then;	/* value at x = 20 */
};

static const struct reference REFERENCES[] = {
	{"vap", 0.000109098, 0.841349},
	{"pow3", 8.1656e-05, 0.831587},
	{"linear", 0.0214885, 1.194612},
	{"logx_linear", 0.000624999, 0.868193},
	{"dr_hill_zero_background", 3.06614e-05, 0.800224},
	{"log_power", 3.06614e-05, 0.800224},
	{"pow4", 2.77432e-05, 0.807972},
	{"mmf", 2.59255e-05, 0.806141},
	{"exp4", 2.20127e-05, 0.798137},
	{"weibull", 2.20127e-05, 0.798137},
	{"janoschek", 2.20127e-05, 0.798137},
};

static const struct curve_family *family_of(const char *name)
{
	for (int i = 0; i < CURVES_COUNT; i++)
		if (!strcmp(curve_families[i].name, name))
			return &curve_families[i];
	fail_msg("no family %s", name);
	return NULL;
}

static void fits_as_scipy_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(REFERENCES) / sizeof(*REFERENCES); i++) {
		const struct reference *wanted = &REFERENCES[i];
		const struct curve_family *family = family_of(wanted->name);
		double p[CURVES_PARAMETERS_MAX], squares = 0, then;

		if (!curve_fit(family, RESULTS, COUNT, p))
			fail_msg("%s: does not converge", wanted->name);
		for (size_t k = 0; k < COUNT; k++) {
			double residual =
				family->value(p, (double)(k + 1)) - RESULTS[k];

			squares += residual * residual;
		}
		then = family->value(p, 20);
		if (fabs(squares / wanted->squares - 1) > 1e-3 ||
		    fabs(then - wanted->then) > 2e-4)
			fail_msg("%s: %g at 20, squares %g", wanted->name, then,
				 squares);
	}
}

static void keeps_start_values_of_what_does_not_fit(void **state)
{
	const struct curve_family *family = family_of("ilog2");
	double p[CURVES_PARAMETERS_MAX];

	(void)state;
	assert_false(curve_fit(family, RESULTS, COUNT, p));
	assert_true(p[0] == family->start[0] && p[1] == family->start[1]);
	/* fewer results than parameters */
	assert_false(curve_fit(family_of("mmf"), RESULTS, 3, p));
}

/* A curve that has almost arrived. */
static void saturate(double *history, size_t count, double scale)
{
	for (size_t i = 0; i < count; i++)
		history[i] = scale * (0.7 - 0.4 * pow(0.5, (double)(i + 1)));
}

/* What NNI 3.0's CurveModel(20).predict gives in a process of its own, on
 * average over 20 seeds: its weights are drawn by chance, as ours are. */
static void predicts_as_nni_does(void **state)
{
	static const struct {
		size_t count;
		double value;
	} table[] = {{4, 0.704099},  {6, 0.720857},  {8, 0.712071},
		     {10, 0.716022}, {12, 0.711763}, {14, 0.717247},
		     {16, 0.712511}, {18, 0.709179}};
	double history[20], value, again;

	(void)state;
	saturate(history, 20, 1);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		size_t count = table[i].count;

		assert_true(curves_predict(history, count, 20, 7, &value));
		assert_true(fabs(value - table[i].value) < 3e-4);
		assert_true(curves_predict(history, count, 20, 7, &again));
		assert_true(value == again);
	}
	/* families that disagree too much about where it leads */
	assert_false(curves_predict(RESULTS, COUNT, 20, 7, &value));
}

static struct assessor *open_with(const char *args)
{
	struct assessor_context context = {.class_args = args,
					   .objective = OBJECTIVE_MAXIMIZE};
	struct error err;
	struct assessor *assessor =
		assessor_open(assessor_find("curvefitting"), &context, &err);

	if (!assessor)
		fail_msg("%s", err.text);
	return assessor;
}

static bool assess(struct assessor *assessor, int64_t trial, double scale,
		   size_t count, char *reason)
{
	double history[20];

	saturate(history, count, scale);
	return assessor_assess(assessor, trial, history, count, reason, 200);
}

static void stops_what_leads_nowhere(void **state)
{
	struct assessor *assessor = open_with("{\"epoch_num\":20,\"gap\":2}");
	const double whole[] = {0.5, 0.7, 0.8};
	char reason[200];

	(void)state;
	/* nobody has ended yet */
	assert_true(assess(assessor, 1, 0.1, 12, reason));
	assessor_ended(assessor, 2, false, whole, 3);
	assert_true(assess(assessor, 1, 0.1, 12, reason));
	assessor_ended(assessor, 3, true, whole, 3);
	/* too early; then expected 0.56 of 0.8, and too soon after that */
	assert_true(assess(assessor, 4, 0.8, 5, reason));
	assert_false(assess(assessor, 4, 0.8, 10, reason));
	assert_non_null(strstr(reason, "of the best trial's 0.8"));
	assert_true(assess(assessor, 4, 0.8, 11, reason));
	assert_false(assess(assessor, 4, 0.8, 12, reason));
	/* one that leads above it */
	assert_true(assess(assessor, 5, 1.2, 12, reason));
	assessor_close(assessor);
}

static void refuses_what_falls(void **state)
{
	struct assessor_context context = {.objective = OBJECTIVE_MINIMIZE};
	struct error err;

	(void)state;
	assert_false(assessor_validate(assessor_find("Curvefitting"), &context,
				       &err));
	assert_non_null(strstr(err.text, "use Medianstop"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_as_scipy_does),
		cmocka_unit_test(keeps_start_values_of_what_does_not_fit),
		cmocka_unit_test(predicts_as_nni_does),
		cmocka_unit_test(stops_what_leads_nowhere),
		cmocka_unit_test(refuses_what_falls),
	};

	return cmocka_run_group_tests_name("curvefitting", tests, NULL, NULL);
}
