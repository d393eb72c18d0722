/* SPDX-License-Identifier: MIT */
/* Functions of numbers and choices together. */
#include "engine/sandbox/functions.h"

#include "base/mem.h"

#include <math.h>

/* Ackley's function, two of whose five coordinates are given by choices: the
 * options stand for numbers in no order. */
static void ackley_mixed(const struct sandbox_function *f, const double *x,
			 double budget, double *ret)
{
	static const double coarse[] = {11, -6, 0, 19, -13, 4};
	static const double fine[] = {2, 0, -1, 3};
	double y[] = {x[0], x[1], x[2], coarse[(int)x[3]], fine[(int)x[4]]};

	(void)f;
	(void)budget;
	*ret = sandbox_ackley(y, COUNT_OF(y));
}

/* Like the error of a network: a rate whose best value depends on the size of
 * the batch and the activation, a size that is worth less and less, and a
 * share to drop that should grow with the size. */
void sandbox_network(const struct sandbox_function *f, const double *x,
		     double budget, double *ret)
{
	static const double floor_of[] = {0.042, 0.05, 0.03, 0.09};
	static const double rate_of[] = {-2.6, -2.2, -3.1, -1.6};
	double rate = log10(x[0]) - rate_of[(int)x[4]] -
		      0.5 * (log2(x[1]) - 6) * 0.301;
	double width = log2(x[2]);
	double drop = x[3] - 0.06 * (width - 4);
	double depth = x[5] - 3;

	(void)f;
	(void)budget;
	*ret = floor_of[(int)x[4]] + 0.35 * (1 - exp(-0.6 * rate * rate)) +
	       0.2 * exp(-0.45 * (width - 3)) + 0.5 * drop * drop +
	       0.006 * depth * depth;
}

/* Five choices, of which neighbours have to fit. */
static void choices(const struct sandbox_function *f, const double *x,
		    double budget, double *ret)
{
	static const int wanted[] = {3, 1, 4, 0, 2};
	double sum = 0;

	(void)f;
	(void)budget;
	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		bool fits = (int)x[i] == wanted[i];
		bool next = (int)x[(i + 1) % 5] == wanted[(i + 1) % 5];

		sum += fits ? 0 : 1 + 0.1 * fabs(x[i] - 2);
		sum += fits == next ? 0 : 0.4;
	}
	*ret = sum;
}

/* Whole numbers and steps: a bowl whose axes are not the parameters'. */
static void steps(const struct sandbox_function *f, const double *x,
		  double budget, double *ret)
{
	double a = (x[0] - 23) / 50, b = (x[1] - 1.7) / 5;
	double c = (x[2] - 9) / 16, d = (log2(x[3]) - 7) / 6;

	(void)f;
	(void)budget;
	*ret = log1p(20 * ((a + b) * (a + b) + 0.3 * (a - b) * (a - b) +
			   (c - d) * (c - d) + 0.5 * c * c + 0.5 * d * d));
}

/* Branin's, moved and scaled differently by a choice of six. */
static void branin_mixed(const struct sandbox_function *f, const double *x,
			 double budget, double *ret)
{
	static const double offset[] = {9, 3, 14, 0, 6, 20};
	static const double moved[] = {0, 1.5, -1, 0.5, -2, 2};
	int option = (int)x[2];

	(void)f;
	(void)budget;
	*ret = offset[option] +
	       sandbox_branin(x[0] + moved[option], x[1] - moved[option]);
}

/* clang-format off */
const struct sandbox_function sandbox_mixed[] = {
	{
		.name = "ackley-mixed",
		.help = "3 numbers and 2 choices in no order",
		.group = SANDBOX_MIXED,
		.space = "{" UNIFORM("a", "-14", "25") ","
			UNIFORM("b", "-21", "11") ","
			UNIFORM("c", "-9", "31") ","
			CHOICE("d", "\"p\",\"q\",\"r\",\"s\",\"t\",\"u\"") ","
			CHOICE("e", "\"k\",\"l\",\"m\",\"n\"") "}",
		.evaluate = ackley_mixed,
		.best = 0,
	},
	{
		.name = "network",
		.help = "a rate, sizes, a share and an activation",
		.group = SANDBOX_MIXED,
		.space = SANDBOX_NETWORK_SPACE,
		.evaluate = sandbox_network,
		.best = SANDBOX_NETWORK_BEST,
	},
	{
		.name = "choices5",
		.help = "5 choices of five options whose neighbours have to fit",
		.group = SANDBOX_MIXED,
		.space = "{" CHOICE("a", "\"p\",\"q\",\"r\",\"s\",\"t\"") ","
			CHOICE("b", "\"p\",\"q\",\"r\",\"s\",\"t\"") ","
			CHOICE("c", "\"p\",\"q\",\"r\",\"s\",\"t\"") ","
			CHOICE("d", "\"p\",\"q\",\"r\",\"s\",\"t\"") ","
			CHOICE("e", "\"p\",\"q\",\"r\",\"s\",\"t\"") "}",
		.evaluate = choices,
		.best = 0,
	},
	{
		.name = "steps4",
		.help = "4 whole or stepped numbers",
		.group = SANDBOX_MIXED,
		.is_held_out = true,
		.space = "{" QUNIFORM("a", "0", "100", "1") ","
			QUNIFORM("b", "0", "10", "0.1") ","
			QUNIFORM("c", "1", "32", "1") ","
			PARAMETER("d", "qloguniform", "8,1024,8") "}",
		.evaluate = steps,
		.best = 0,
	},
	{
		.name = "branin-mixed",
		.help = "2 numbers, moved by a choice of six",
		.group = SANDBOX_MIXED,
		.is_held_out = true,
		.space = "{" UNIFORM("x", "-5", "10") ","
			UNIFORM("y", "0", "15") ","
			CHOICE("c", "\"p\",\"q\",\"r\",\"s\",\"t\",\"u\"") "}",
		.evaluate = branin_mixed,
		.best = SANDBOX_BRANIN_BEST,
	},
	{0},
};
