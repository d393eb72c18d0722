/* SPDX-License-Identifier: MIT */
/*
 * Functions of two objectives: of Zitzler, Deb and Thiele (2000) in few
 * dimensions, and of Fonseca and Fleming (1995).  `best` is the volume that the
 * true front dominates, from integrals that the front's formula allows.
 */
#include "engine/sandbox/functions.h"

#include "base/mem.h"

#include <math.h>

#define WIDTH 5

static double distance(const double *x)
{
	double sum = 0;

	for (size_t i = 1; i < WIDTH; i++)
		sum += x[i];
	return 1 + 9 * sum / (WIDTH - 1);
}

static void zdt1(const struct sandbox_function *f, const double *x,
		 double budget, double *ret)
{
	double g = distance(x);

	(void)f;
	(void)budget;
	ret[0] = x[0];
	ret[1] = g * (1 - sqrt(x[0] / g));
}

static void zdt2(const struct sandbox_function *f, const double *x,
		 double budget, double *ret)
{
	double g = distance(x);

	(void)f;
	(void)budget;
	ret[0] = x[0];
	ret[1] = g * (1 - (x[0] / g) * (x[0] / g));
}

static void fonseca(const struct sandbox_function *f, const double *x,
		    double budget, double *ret)
{
	double to = 0, from = 0;

	(void)f;
	(void)budget;
	for (size_t i = 0; i < 3; i++) {
		to += (x[i] - 1 / sqrt(3)) * (x[i] - 1 / sqrt(3));
		from += (x[i] + 1 / sqrt(3)) * (x[i] + 1 / sqrt(3));
	}
	ret[0] = 1 - exp(-to);
	ret[1] = 1 - exp(-from);
}

#define ZDT_SPACE                                                              \
	"{" UNIFORM("a", "0", "1") "," UNIFORM("b", "0", "1") "," UNIFORM(     \
		"c", "0", "1") "," UNIFORM("d", "0",                           \
					   "1") "," UNIFORM("e", "0", "1") "}"

/* clang-format off */
const struct sandbox_function sandbox_fronts[] = {
	{
		.name = "zdt1",
		.help = "two objectives, a front that bends inwards",
		.group = SANDBOX_FRONT,
		.space = ZDT_SPACE,
		.evaluate = zdt1,
		.objectives = 2,
		.reference = {1.1, 5},
		.best = 4 + 2.0 / 3 + 0.5,
	},
	{
		.name = "zdt2",
		.help = "two objectives, a front that bends outwards",
		.group = SANDBOX_FRONT,
		.space = ZDT_SPACE,
		.evaluate = zdt2,
		.objectives = 2,
		.reference = {1.1, 5},
		.best = 4 + 1.0 / 3 + 0.5,
	},
	{
		.name = "fonseca",
		.help = "two objectives, a front within the space",
		.group = SANDBOX_FRONT,
		.is_held_out = true,
		.space = "{" UNIFORM("a", "-4", "4") ","
			UNIFORM("b", "-4", "4") ","
			UNIFORM("c", "-4", "4") "}",
		.evaluate = fonseca,
		.objectives = 2,
		.reference = {1.1, 1.1},
		.best = 0.5521155931,
	},
	{0},
};
