/* SPDX-License-Identifier: MIT */
/* Functions of numbers alone, most of them smooth. */
#include "engine/sandbox/functions.h"

#include "base/mem.h"

#include <math.h>

/* --- formulas ------------------------------------------------------------ */

double sandbox_branin(double x, double y)
{
	double b = 5.1 / (4 * M_PI * M_PI);
	double t = 1 / (8 * M_PI);
	double curve = y - b * x * x + 5 / M_PI * x - 6;

	return curve * curve + 10 * (1 - t) * cos(x) + 10;
}

static double hartmann(const double *a, const double *p, const double *x,
		       size_t n)
{
	static const double alpha[] = {1, 1.2, 3, 3.2};
	double sum = 0;

	for (size_t i = 0; i < COUNT_OF(alpha); i++) {
		double inner = 0;

		for (size_t k = 0; k < n; k++) {
			double d = x[k] - p[i * n + k];

			inner += a[i * n + k] * d * d;
		}
		sum -= alpha[i] * exp(-inner);
	}
	return sum;
}

double sandbox_hartmann3(const double *x)
{
	static const double a[] = {3, 10, 30, 0.1, 10, 35,
				   3, 10, 30, 0.1, 10, 35};
	static const double p[] = {0.3689, 0.1170, 0.2673, 0.4699,
				   0.4387, 0.7470, 0.1091, 0.8732,
				   0.5547, 0.0381, 0.5743, 0.8828};

	return hartmann(a, p, x, 3);
}

double sandbox_hartmann6(const double *x)
{
	static const double a[] = {10, 3,   17, 3.5, 1.7,  8,	0.05, 10,
				   17, 0.1, 8,	14,  3,	   3.5, 1.7,  10,
				   17, 8,   17, 8,   0.05, 10,	0.1,  14};
	static const double p[] = {
		0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886, 0.2329, 0.4135,
		0.8307, 0.3736, 0.1004, 0.9991, 0.2348, 0.1451, 0.3522, 0.2883,
		0.3047, 0.6650, 0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381};

	return hartmann(a, p, x, 6);
}

double sandbox_ackley(const double *x, size_t n)
{
	double squares = 0, waves = 0;

	for (size_t i = 0; i < n; i++) {
		squares += x[i] * x[i];
		waves += cos(2 * M_PI * x[i]);
	}
	return -20 * exp(-0.2 * sqrt(squares / (double)n)) -
	       exp(waves / (double)n) + 20 + M_E;
}

double sandbox_levy(const double *x, size_t n)
{
	double last = 1 + (x[n - 1] - 1) / 4;
	double first = sin(M_PI * (1 + (x[0] - 1) / 4));
	double end = sin(2 * M_PI * last);
	double sum = first * first + (last - 1) * (last - 1) * (1 + end * end);

	for (size_t i = 0; i + 1 < n; i++) {
		double w = 1 + (x[i] - 1) / 4;
		double s = sin(M_PI * w + 1);

		sum += (w - 1) * (w - 1) * (1 + 10 * s * s);
	}
	return sum;
}

double sandbox_rosenbrock(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i + 1 < n; i++) {
		double curve = x[i + 1] - x[i] * x[i];

		sum += 100 * curve * curve + (1 - x[i]) * (1 - x[i]);
	}
	return sum;
}

/* --- functions ----------------------------------------------------------- */

static void branin(const struct sandbox_function *f, const double *x,
		   double budget, double *ret)
{
	(void)f;
	(void)budget;
	*ret = sandbox_branin(x[0], x[1]);
}

static void hartmann3(const struct sandbox_function *f, const double *x,
		      double budget, double *ret)
{
	(void)f;
	(void)budget;
	*ret = sandbox_hartmann3(x);
}

static void hartmann6(const struct sandbox_function *f, const double *x,
		      double budget, double *ret)
{
	(void)f;
	(void)budget;
	*ret = sandbox_hartmann6(x);
}

static void ackley5(const struct sandbox_function *f, const double *x,
		    double budget, double *ret)
{
	(void)f;
	(void)budget;
	*ret = sandbox_ackley(x, 5);
}

static void levy6(const struct sandbox_function *f, const double *x,
		  double budget, double *ret)
{
	(void)f;
	(void)budget;
	*ret = sandbox_levy(x, 6);
}

/* Its logarithm: a valley that ends matters less than finding its floor. */
static void rosenbrock4(const struct sandbox_function *f, const double *x,
			double budget, double *ret)
{
	(void)f;
	(void)budget;
	*ret = log1p(sandbox_rosenbrock(x, 4));
}

static void rosenbrock8(const struct sandbox_function *f, const double *x,
			double budget, double *ret)
{
	(void)f;
	(void)budget;
	*ret = log1p(sandbox_rosenbrock(x, 8));
}

static void styblinski(const struct sandbox_function *f, const double *x,
		       double budget, double *ret)
{
	double sum = 0;

	(void)f;
	(void)budget;
	for (size_t i = 0; i < 4; i++)
		sum += pow(x[i], 4) - 16 * x[i] * x[i] + 5 * x[i];
	*ret = sum / 2;
}

static void michalewicz(const struct sandbox_function *f, const double *x,
			double budget, double *ret)
{
	double sum = 0;

	(void)f;
	(void)budget;
	for (size_t i = 0; i < 5; i++)
		sum -= sin(x[i]) *
		       pow(sin((double)(i + 1) * x[i] * x[i] / M_PI), 20);
	*ret = sum;
}

static void ackley10(const struct sandbox_function *f, const double *x,
		     double budget, double *ret)
{
	(void)f;
	(void)budget;
	*ret = sandbox_ackley(x, 10);
}

/* Hartmann's function with the sides of its cube turned and moved. */
static void hartmann6_turned(const struct sandbox_function *f, const double *x,
			     double budget, double *ret)
{
	double y[6];

	(void)f;
	(void)budget;
	for (size_t i = 0; i < 3; i++) {
		double a = x[i] - 0.45, b = x[i + 3] - 0.45;

		y[i] = 0.45 + 0.8 * a - 0.6 * b;
		y[i + 3] = 0.45 + 0.6 * a + 0.8 * b;
	}
	*ret = sandbox_hartmann6(y);
}

/* Scales that differ, two of which hardly matter: as of learning rates. */
static void logs(const struct sandbox_function *f, const double *x,
		 double budget, double *ret)
{
	double rate = log10(x[0]) + 2.7;
	double decay = log10(x[1]) + 5.2;
	double together = rate + 0.5 * decay;

	(void)f;
	(void)budget;
	*ret = log1p(3 * rate * rate + 0.3 * decay * decay +
		     2 * together * together +
		     20 * (x[2] - 0.83) * (x[2] - 0.83) +
		     0.05 * (x[3] - 0.2) * (x[3] - 0.2) +
		     0.02 * pow(log10(x[4]) + 7, 2));
}

/* clang-format off */
const struct sandbox_function sandbox_smooth[] = {
	{
		.name = "branin",
		.help = "2 numbers, three optima",
		.group = SANDBOX_SMOOTH,
		.space = "{" UNIFORM("x", "-5", "10") ","
			UNIFORM("y", "0", "15") "}",
		.evaluate = branin,
		.best = SANDBOX_BRANIN_BEST,
	},
	{
		.name = "hartmann3",
		.help = "3 numbers",
		.group = SANDBOX_SMOOTH,
		.space = "{" UNIFORM("a", "0", "1") ","
			UNIFORM("b", "0", "1") ","
			UNIFORM("c", "0", "1") "}",
		.evaluate = hartmann3,
		.best = SANDBOX_HARTMANN3_BEST,
	},
	{
		.name = "hartmann6",
		.help = "6 numbers",
		.group = SANDBOX_SMOOTH,
		.space = "{" UNIFORM("a", "0", "1") ","
			UNIFORM("b", "0", "1") ","
			UNIFORM("c", "0", "1") ","
			UNIFORM("d", "0", "1") ","
			UNIFORM("e", "0", "1") ","
			UNIFORM("f", "0", "1") "}",
		.evaluate = hartmann6,
		.best = SANDBOX_HARTMANN6_BEST,
	},
	{
		.name = "ackley5",
		.help = "5 numbers, many local optima around one funnel",
		.group = SANDBOX_SMOOTH,
		.space = "{" UNIFORM("a", "-14", "25") ","
			UNIFORM("b", "-21", "11") ","
			UNIFORM("c", "-9", "31") ","
			UNIFORM("d", "-28", "17") ","
			UNIFORM("e", "-12", "20") "}",
		.evaluate = ackley5,
		.best = 0,
	},
	{
		.name = "levy6",
		.help = "6 numbers, wavy",
		.group = SANDBOX_SMOOTH,
		.space = "{" UNIFORM("a", "-10", "7") ","
			UNIFORM("b", "-4", "10") ","
			UNIFORM("c", "-10", "10") ","
			UNIFORM("d", "-8", "5") ","
			UNIFORM("e", "-3", "10") ","
			UNIFORM("f", "-10", "6") "}",
		.evaluate = levy6,
		.best = 0,
	},
	{
		.name = "rosenbrock4",
		.help = "4 numbers, a curved valley; its logarithm",
		.group = SANDBOX_SMOOTH,
		.space = "{" UNIFORM("a", "-5", "10") ","
			UNIFORM("b", "-5", "10") ","
			UNIFORM("c", "-5", "10") ","
			UNIFORM("d", "-5", "10") "}",
		.evaluate = rosenbrock4,
		.best = 0,
	},
	{
		.name = "logs5",
		.help = "5 numbers, three of them logarithmic, two hardly matter",
		.group = SANDBOX_SMOOTH,
		.space = "{" LOGUNIFORM("rate", "1e-6", "1") ","
			LOGUNIFORM("decay", "1e-9", "1e-1") ","
			UNIFORM("momentum", "0", "1") ","
			UNIFORM("warmup", "0", "1") ","
			LOGUNIFORM("epsilon", "1e-10", "1e-2") "}",
		.evaluate = logs,
		.best = 0,
	},
	{
		.name = "styblinski4",
		.help = "4 numbers, sixteen basins",
		.group = SANDBOX_SMOOTH,
		.is_held_out = true,
		.space = "{" UNIFORM("a", "-5", "5") ","
			UNIFORM("b", "-5", "5") ","
			UNIFORM("c", "-5", "5") ","
			UNIFORM("d", "-5", "5") "}",
		.evaluate = styblinski,
		.best = -156.66466281508574,
	},
	{
		.name = "michalewicz5",
		.help = "5 numbers, steep ravines",
		.group = SANDBOX_SMOOTH,
		.is_held_out = true,
		.space = "{" UNIFORM("a", "0", "3.141592653589793") ","
			UNIFORM("b", "0", "3.141592653589793") ","
			UNIFORM("c", "0", "3.141592653589793") ","
			UNIFORM("d", "0", "3.141592653589793") ","
			UNIFORM("e", "0", "3.141592653589793") "}",
		.evaluate = michalewicz,
		.best = -4.687658179088148,
	},
	{
		.name = "hartmann6-turned",
		.help = "hartmann6 with its axes turned in pairs",
		.group = SANDBOX_SMOOTH,
		.is_held_out = true,
		.space = "{" UNIFORM("a", "0", "1") ","
			UNIFORM("b", "0", "1") ","
			UNIFORM("c", "0", "1") ","
			UNIFORM("d", "0", "1") ","
			UNIFORM("e", "0", "1") ","
			UNIFORM("f", "0", "1") "}",
		.evaluate = hartmann6_turned,
		.best = SANDBOX_HARTMANN6_BEST,
	},
	{
		.name = "ackley10",
		.help = "10 numbers, many local optima around one funnel",
		.group = SANDBOX_SMOOTH,
		.is_held_out = true,
		.space = "{" UNIFORM("a", "-20", "9") ","
			UNIFORM("b", "-7", "30") ","
			UNIFORM("c", "-25", "13") ","
			UNIFORM("d", "-11", "22") ","
			UNIFORM("e", "-30", "15") ","
			UNIFORM("f", "-8", "19") ","
			UNIFORM("g", "-17", "28") ","
			UNIFORM("h", "-23", "6") ","
			UNIFORM("i", "-13", "26") ","
			UNIFORM("j", "-29", "10") "}",
		.evaluate = ackley10,
		.best = 0,
	},
	{
		.name = "rosenbrock8",
		.help = "8 numbers, a curved valley; its logarithm",
		.group = SANDBOX_SMOOTH,
		.is_held_out = true,
		.space = "{" UNIFORM("a", "-5", "10") ","
			UNIFORM("b", "-5", "10") ","
			UNIFORM("c", "-5", "10") ","
			UNIFORM("d", "-5", "10") ","
			UNIFORM("e", "-5", "10") ","
			UNIFORM("f", "-5", "10") ","
			UNIFORM("g", "-5", "10") ","
			UNIFORM("h", "-5", "10") "}",
		.evaluate = rosenbrock8,
		.best = 0,
	},
	{0},
};
