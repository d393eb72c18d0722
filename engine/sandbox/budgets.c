/* SPDX-License-Identifier: MIT */
/* Functions whose results get better, and truer, with a budget. */
#include "engine/sandbox/functions.h"

#include "base/mem.h"
#include "engine/sandbox/tables.h"

#include <math.h>

/* With less than all the optimum lies elsewhere. */
static void branin(const struct sandbox_function *f, const double *x,
		   double budget, double *ret)
{
	double lack = 1 - budget;

	(void)f;
	*ret = sandbox_branin(x[0] + 0.8 * lack, x[1] - 0.6 * lack) +
	       15 * lack * lack;
}

static void hartmann6(const struct sandbox_function *f, const double *x,
		      double budget, double *ret)
{
	double lack = 1 - budget;
	double y[6];

	(void)f;
	for (size_t i = 0; i < COUNT_OF(y); i++)
		y[i] = x[i] + 0.05 * lack * (i % 2 ? 1 : -1);
	*ret = sandbox_hartmann6(y) * (1 - 0.4 * lack);
}

/* A curve of learning: low rates and large widths take longer. */
static void network(const struct sandbox_function *f, const double *x,
		    double budget, double *ret)
{
	double speed = 9 + 2 * log10(x[0]) - 0.4 * (log2(x[2]) - 6);
	double left = exp(-fmax(speed, 0.5) * budget * 3);

	sandbox_network(f, x, 1, ret);
	*ret += (0.9 - *ret) * left;
}

/* clang-format off */
const struct sandbox_function sandbox_budgets[] = {
	{
		.name = "branin-budget",
		.help = "branin, shifted and raised where the budget is low",
		.group = SANDBOX_BUDGET,
		.space = "{" UNIFORM("x", "-5", "10") ","
			UNIFORM("y", "0", "15") "}",
		.evaluate = branin,
		.best = SANDBOX_BRANIN_BEST,
		.most_budget = 27,
	},
	{
		.name = "hartmann6-budget",
		.help = "hartmann6, shifted and flat where the budget is low",
		.group = SANDBOX_BUDGET,
		.space = "{" UNIFORM("a", "0", "1") ","
			UNIFORM("b", "0", "1") ","
			UNIFORM("c", "0", "1") ","
			UNIFORM("d", "0", "1") ","
			UNIFORM("e", "0", "1") ","
			UNIFORM("f", "0", "1") "}",
		.evaluate = hartmann6,
		.best = SANDBOX_HARTMANN6_BEST,
		.most_budget = 27,
	},
	{
		.name = "network-budget",
		.help = "network, learning with its budget",
		.group = SANDBOX_BUDGET,
		.space = SANDBOX_NETWORK_SPACE,
		.evaluate = network,
		.best = SANDBOX_NETWORK_BEST,
		.most_budget = 27,
	},
	{
		.name = "net-digits-budget",
		.help = "a network on digits after 1, 3, 9 and 27 passes",
		.group = SANDBOX_BUDGET,
		.space = SANDBOX_NET_DIGITS_SPACE,
		.evaluate = sandbox_table_evaluate,
		.most_budget = 27,
		.table = &sandbox_net_digits_table,
	},
	{0},
};
