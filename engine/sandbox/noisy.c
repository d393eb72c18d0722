/* SPDX-License-Identifier: MIT */
/* Functions that never tell the truth: what is told has noise on it, what
 * counts has not. */
#include "engine/sandbox/functions.h"

#include "base/mem.h"

static void branin(const struct sandbox_function *f, const double *x,
		   double budget, double *ret)
{
	(void)f;
	(void)budget;
	*ret = sandbox_branin(x[0], x[1]);
}

static void hartmann6(const struct sandbox_function *f, const double *x,
		      double budget, double *ret)
{
	(void)f;
	(void)budget;
	*ret = sandbox_hartmann6(x);
}

static void levy4(const struct sandbox_function *f, const double *x,
		  double budget, double *ret)
{
	(void)f;
	(void)budget;
	*ret = sandbox_levy(x, 4);
}

/* clang-format off */
const struct sandbox_function sandbox_noisy[] = {
	{
		.name = "branin-noisy",
		.help = "branin with noise of deviation 3",
		.group = SANDBOX_NOISY,
		.space = "{" UNIFORM("x", "-5", "10") ","
			UNIFORM("y", "0", "15") "}",
		.evaluate = branin,
		.best = SANDBOX_BRANIN_BEST,
		.noise = 3,
	},
	{
		.name = "hartmann6-noisy",
		.help = "hartmann6 with noise of deviation 0.2",
		.group = SANDBOX_NOISY,
		.space = "{" UNIFORM("a", "0", "1") ","
			UNIFORM("b", "0", "1") ","
			UNIFORM("c", "0", "1") ","
			UNIFORM("d", "0", "1") ","
			UNIFORM("e", "0", "1") ","
			UNIFORM("f", "0", "1") "}",
		.evaluate = hartmann6,
		.best = SANDBOX_HARTMANN6_BEST,
		.noise = 0.2,
	},
	{
		.name = "network-noisy",
		.help = "network with noise of deviation 0.01",
		.group = SANDBOX_NOISY,
		.space = SANDBOX_NETWORK_SPACE,
		.evaluate = sandbox_network,
		.best = SANDBOX_NETWORK_BEST,
		.noise = 0.01,
	},
	{
		.name = "levy4-noisy",
		.help = "4 numbers, wavy, with noise of deviation 2",
		.group = SANDBOX_NOISY,
		.is_held_out = true,
		.space = "{" UNIFORM("a", "-10", "7") ","
			UNIFORM("b", "-4", "10") ","
			UNIFORM("c", "-8", "5") ","
			UNIFORM("d", "-3", "10") "}",
		.evaluate = levy4,
		.best = 0,
		.noise = 2,
	},
	{0},
};
