/* SPDX-License-Identifier: MIT */
/* Functions whose parameters depend on what others chose. */
#include "engine/sandbox/functions.h"

#include "base/mem.h"

#include <math.h>

/* Which family of models, each with parameters of its own. */
static void models(const struct sandbox_function *f, const double *x,
		   double budget, double *ret)
{
	(void)f;
	(void)budget;
	if (x[0] == 0) { /* support vectors: a ridge of C and gamma */
		double c = log10(x[1]) - 1, gamma = log10(x[2]) + 2;
		double ridge = c + gamma, along = c - gamma;

		*ret = 0.06 +
		       0.12 * (1 - exp(-0.4 * ridge * ridge -
				       0.05 * along * along)) +
		       (x[3] == 0 ? 0 : 0.02 * x[3]);
	} else if (x[0] == 1) { /* a forest: robust, a little worse */
		double share = x[5] - 0.35;

		*ret = 0.072 + 0.1 * exp(-0.35 * x[4]) + 0.05 * share * share;
	} else { /* a network: the best, where the rate fits */
		double rate = log10(x[6]) + 2.9 + 0.4 * (log2(x[7]) - 6);
		double width = log2(x[7]) - 7;

		*ret = 0.05 + 0.25 * (1 - exp(-1.2 * rate * rate)) +
		       0.004 * width * width;
	}
}

/* Three functions of different dimension behind one choice, made alike. */
static void branches(const struct sandbox_function *f, const double *x,
		     double budget, double *ret)
{
	double all = x[6] - 0.3;

	(void)f;
	(void)budget;
	if (x[0] == 0)
		*ret = 0.2 +
		       (sandbox_branin(x[1], x[2]) - SANDBOX_BRANIN_BEST) / 50;
	else if (x[0] == 1)
		*ret = (sandbox_hartmann3(x + 3) - SANDBOX_HARTMANN3_BEST) / 3;
	else
		*ret = 0.5;
	*ret += all * all;
}

/* Optimisers, of which one comes with a schedule or without. */
static void optimisers(const struct sandbox_function *f, const double *x,
		       double budget, double *ret)
{
	double width = log2(x[8]) - 6.5;
	double sum = 0.01 * width * width;

	(void)f;
	(void)budget;
	if (x[0] == 2) { /* adam */
		double rate = log10(x[6]) + 3;

		sum += 0.11 + 0.3 * (1 - exp(-rate * rate));
	} else if (x[0] == 3) {
		sum += 0.3 + 0.05 * fabs(x[7] - 4);
	} else {
		const double *own = x + (x[0] == 0 ? 1 : 3);
		double momentum = own[1] - 0.9;
		double rate = log10(own[0]) + 1 + 2 * momentum;

		sum += 0.15 + 0.3 * (1 - exp(-rate * rate)) +
		       0.2 * momentum * momentum;
		if (x[0] == 1) /* in steps by this factor */
			sum += 0.2 * (own[2] - 0.6) * (own[2] - 0.6) - 0.06;
	}
	*ret = sum;
}

/* clang-format off */
const struct sandbox_function sandbox_conditional[] = {
	{
		.name = "models",
		.help = "three families of models with parameters of their own",
		.group = SANDBOX_CONDITIONAL,
		.space = "{" CHOICE("model",
			"{\"_name\":\"svm\"," LOGUNIFORM("c", "1e-3", "1e3") ","
			LOGUNIFORM("gamma", "1e-6", "10") ","
			CHOICE("kernel", "\"rbf\",\"poly\",\"sigmoid\"") "},"
			"{\"_name\":\"forest\"," QUNIFORM("depth", "1", "20", "1") ","
			UNIFORM("share", "0.05", "1") "},"
			"{\"_name\":\"net\"," LOGUNIFORM("rate", "1e-6", "1") ","
			PARAMETER("width", "qloguniform", "8,1024,8") "}") "}",
		.evaluate = models,
		.best = 0.05,
	},
	{
		.name = "branches",
		.help = "a choice of two functions, or none, and one number more",
		.group = SANDBOX_CONDITIONAL,
		.space = "{" CHOICE("branch",
			"{\"_name\":\"branin\"," UNIFORM("x", "-5", "10") ","
			UNIFORM("y", "0", "15") "},"
			"{\"_name\":\"hartmann\"," UNIFORM("a", "0", "1") ","
			UNIFORM("b", "0", "1") "," UNIFORM("c", "0", "1") "},"
			"{\"_name\":\"none\"}") ","
			UNIFORM("all", "0", "1") "}",
		.evaluate = branches,
		.best = 0,
	},
	{
		.name = "optimisers",
		.help = "an optimiser with or without schedule, and a width",
		.group = SANDBOX_CONDITIONAL,
		.is_held_out = true,
		.space = "{" CHOICE("optimiser",
			"{\"_name\":\"sgd\"," LOGUNIFORM("rate", "1e-5", "10") ","
			UNIFORM("momentum", "0", "0.99") "},"
			"{\"_name\":\"steps\"," LOGUNIFORM("rate", "1e-5", "10") ","
			UNIFORM("momentum", "0", "0.99") ","
			UNIFORM("factor", "0", "1") "},"
			"{\"_name\":\"adam\"," LOGUNIFORM("alpha", "1e-6", "1") "},"
			"{\"_name\":\"lbfgs\"," RANDINT("memory", "1", "11") "}") ","
			LOGUNIFORM("width", "8", "1024") "}",
		.evaluate = optimisers,
		.best = 0.15 - 0.06,
	},
	{0},
};
