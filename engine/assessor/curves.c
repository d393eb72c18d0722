/* SPDX-License-Identifier: MIT */
/* The families of curves, and their least squares. */
#include "engine/assessor/curves.h"

#include "base/mem.h"

#include <cminpack.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the families ----------------------------------------------------------
 */

static double vap(const double *p, double x)
{
	return exp(p[0] + p[1] / x + p[2] * log(x));
}

static double pow3(const double *p, double x)
{
	return p[0] - p[1] * pow(x, -p[2]);
}

static double linear(const double *p, double x)
{
	return p[0] * x + p[1];
}

static double logx_linear(const double *p, double x)
{
	return p[0] * log(x) + p[1];
}

static double dr_hill(const double *p, double x)
{
	return p[0] * pow(x, p[1]) / (pow(p[2], p[1]) + pow(x, p[1]));
}

static double log_power(const double *p, double x)
{
	return p[0] / (1 + pow(x / exp(p[1]), p[2]));
}

static double pow4(const double *p, double x)
{
	return p[3] - pow(p[1] * x + p[2], -p[0]);
}

static double mmf(const double *p, double x)
{
	return p[0] - (p[0] - p[1]) / (1 + pow(p[2] * x, p[3]));
}

static double exp4(const double *p, double x)
{
	return p[0] - exp(-p[1] * pow(x, p[3]) + p[2]);
}

static double ilog2(const double *p, double x)
{
	return p[0] - p[1] / log(x);
}

static double weibull(const double *p, double x)
{
	return p[0] - (p[0] - p[1]) * exp(-pow(p[2] * x, p[3]));
}

static double janoschek(const double *p, double x)
{
	return p[0] - (p[0] - p[1]) * exp(-p[2] * pow(x, p[3]));
}

/* The start values are NNI's. */
const struct curve_family curve_families[CURVES_COUNT] = {
	{"vap", 3, {-0.622028, -0.470050, 0.042322}, vap},
	{"pow3", 3, {0.84, 0.52, 0.01}, pow3},
	{"linear", 2, {1, 0}, linear},
	{"logx_linear", 2, {0.378106, 0.046506}, logx_linear},
	{"dr_hill_zero_background", 3, {0.772320, 0.586449, 2.460843}, dr_hill},
	{"log_power", 3, {0.77, 2.98, -0.51}, log_power},
	{"pow4", 4, {0.1, 200, 0, 0.8}, pow4},
	{"mmf", 4, {0.7, 0.1, 0.01, 5}, mmf},
	{"exp4", 4, {0.7, 0.8, -0.8, 0.3}, exp4},
	{"ilog2", 2, {0.78, 0.43}, ilog2},
	{"weibull", 4, {0.7, 0.1, 0.01, 1}, weibull},
	{"janoschek", 4, {0.73, 0.07, 0.355, 0.46}, janoschek},
};

/* ---- least squares ---------------------------------------------------------
 */

/* SciPy's tolerances for curve_fit. */
#define TOLERANCE 1.49012e-8
#define STEP_FACTOR 100.0
#define CALLS_PER_PARAMETER 200

struct fitting {
	const struct curve_family *family;
	const double *y;
};

static int residuals(void *arg, int m, int n, const double *parameters,
		     double *ret, int flag)
{
	const struct fitting *fitting = arg;

	(void)n;
	(void)flag;
	/* not finite where the family is not defined: MINPACK turns back
	 * there, or ends */
	for (int i = 0; i < m; i++)
		ret[i] = fitting->family->value(parameters, i + 1) -
			 fitting->y[i];
	return 0;
}

bool curve_fit(const struct curve_family *family, const double *y, size_t n,
	       double *ret_parameters)
{
	struct fitting fitting = {family, y};
	double x[CURVES_PARAMETERS_MAX], scale[CURVES_PARAMETERS_MAX];
	double qtf[CURVES_PARAMETERS_MAX], wa1[CURVES_PARAMETERS_MAX];
	double wa2[CURVES_PARAMETERS_MAX], wa3[CURVES_PARAMETERS_MAX];
	int order[CURVES_PARAMETERS_MAX];
	int count = family->count, info = 0, calls;
	double *memory;

	memcpy(ret_parameters, family->start, sizeof(family->start));
	if (n < (size_t)count)
		return false;
	for (int i = 0; i < count; i++)
		x[i] = 1;
	/* residuals, their Jacobian, and lmdif's fourth work array */
	memory = xcalloc(n * (size_t)(count + 2), sizeof(*memory));
	info = lmdif(residuals, &fitting, (int)n, count, x, memory, TOLERANCE,
		     TOLERANCE, 0, CALLS_PER_PARAMETER * (count + 1),
		     DBL_EPSILON, scale, 1, STEP_FACTOR, 0, &calls, memory + n,
		     (int)n, order, qtf, wa1, wa2, wa3,
		     memory + n * (size_t)(count + 1));
	free(memory);
	if (info < 1 || info > 4)
		return false;
	memcpy(ret_parameters, x, (size_t)count * sizeof(*x));
	return true;
}
