/* SPDX-License-Identifier: MIT */
/* The functions, for the registry in function.c alone; and the formulas that
 * several of them use. */
#ifndef ENGINE_SANDBOX_FUNCTIONS_H
#define ENGINE_SANDBOX_FUNCTIONS_H

#include "engine/sandbox/function.h"

/* Each ends with a name of NULL. */
extern const struct sandbox_function sandbox_smooth[];
extern const struct sandbox_function sandbox_mixed[];
extern const struct sandbox_function sandbox_conditional[];
extern const struct sandbox_function sandbox_noisy[];
extern const struct sandbox_function sandbox_tables[];
extern const struct sandbox_function sandbox_budgets[];
extern const struct sandbox_function sandbox_fronts[];

/* smooth.c */
double sandbox_branin(double x, double y);	      /* [-5, 10] x [0, 15] */
double sandbox_hartmann3(const double *x);	      /* [0, 1]^3 */
double sandbox_hartmann6(const double *x);	      /* [0, 1]^6 */
double sandbox_ackley(const double *x, size_t n);     /* least at 0 */
double sandbox_levy(const double *x, size_t n);	      /* least at 1 */
double sandbox_rosenbrock(const double *x, size_t n); /* least at 1 */

/* A parameter, as its space writes it. */
#define PARAMETER(name, kind, value)                                           \
	"\"" name "\":{\"_type\":\"" kind "\",\"_value\":[" value "]}"
#define UNIFORM(name, low, high) PARAMETER(name, "uniform", low "," high)
#define LOGUNIFORM(name, low, high) PARAMETER(name, "loguniform", low "," high)
#define QUNIFORM(name, low, high, q)                                           \
	PARAMETER(name, "quniform", low "," high "," q)
#define RANDINT(name, low, high) PARAMETER(name, "randint", low "," high)
#define CHOICE(name, options) PARAMETER(name, "choice", options)

#define SANDBOX_BRANIN_BEST 0.39788735772973816
#define SANDBOX_HARTMANN3_BEST (-3.8627797869493365)
#define SANDBOX_HARTMANN6_BEST (-3.3223680114155147)

/* mixed.c: the error of something like a network */
void sandbox_network(const struct sandbox_function *function, const double *x,
		     double budget, double *ret);

#define SANDBOX_NETWORK_BEST 0.043441102549947885 /* 0.03 + 0.2 exp(-2.7) */
/* clang-format off */
#define SANDBOX_NETWORK_SPACE \
	"{" LOGUNIFORM("rate", "1e-5", "1") "," \
	PARAMETER("batch", "qloguniform", "16,256,16") "," \
	PARAMETER("width", "qloguniform", "8,512,8") "," \
	UNIFORM("dropout", "0", "0.8") "," \
	CHOICE("activation", \
	       "\"relu\",\"tanh\",\"gelu\",\"sigmoid\"") "," \
	RANDINT("depth", "1", "9") "}"
/* clang-format on */

#endif
