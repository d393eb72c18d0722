/* SPDX-License-Identifier: MIT */
/*
 * Learning curves: twelve families of functions, fitted to the results of a
 * trial so far and combined into a forecast (Domhan, Springenberg, Hutter:
 * IJCAI 2015), with the choices of NNI (nni.md 7.16).
 */
#ifndef ENGINE_ASSESSOR_CURVES_H
#define ENGINE_ASSESSOR_CURVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CURVES_COUNT 12
#define CURVES_PARAMETERS_MAX 4

struct curve_family {
	const char *name;
	int count; /* of parameters */
	double start[CURVES_PARAMETERS_MAX];
	double (*value)(const double *parameters, double x);
};

extern const struct curve_family curve_families[CURVES_COUNT];

/* Fit by least squares to y at x = 1 .. n, beginning with all parameters 1
 * (MINPACK's lmdif, as SciPy calls it).  False when that does not converge:
 * ret_parameters are the family's start values then.  Thread: any. */
bool curve_fit(const struct curve_family *family, const double *y, size_t n,
	       double *ret_parameters);

/* What the results at x = 1 .. n let expect at x = target.  The weights of the
 * families are drawn by chance from `seed`.  False: fewer than four families
 * describe these results. */
bool curves_predict(const double *y, size_t n, double target, uint64_t seed,
		    double *ret_value);

#endif
