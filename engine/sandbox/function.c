/* SPDX-License-Identifier: MIT */
/* The registry of test functions, and what holds for all of them. */
#include "engine/sandbox/function.h"

#include "base/mem.h"
#include "base/random.h"
#include "engine/sandbox/functions.h"
#include "engine/sandbox/tables.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

/* Apart from the streams that tuners draw from. */
#define NOISE_STREAM 0x6e6f697365ull
#define DURATION_STREAM 0x74696d65ull

#define FUNCTIONS_MAX 64

static const struct sandbox_function *const groups[] = {
	sandbox_smooth, sandbox_mixed,	 sandbox_conditional, sandbox_noisy,
	sandbox_tables, sandbox_budgets, sandbox_fronts,
};

const char *sandbox_group_name(enum sandbox_group group)
{
	static const char *const names[] = {
		[SANDBOX_SMOOTH] = "smooth",
		[SANDBOX_MIXED] = "mixed",
		[SANDBOX_CONDITIONAL] = "conditional",
		[SANDBOX_NOISY] = "noisy",
		[SANDBOX_TABLE] = "table",
		[SANDBOX_BUDGET] = "budget",
		[SANDBOX_FRONT] = "front",
	};

	return names[group];
}

/* The array in which sandbox_functions answers is filled from the tables on
 * every call with the same values. */
const struct sandbox_function *const *sandbox_functions(void)
{
	static const struct sandbox_function *all[FUNCTIONS_MAX + 1];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(groups); i++)
		for (const struct sandbox_function *f = groups[i]; f->name; f++)
			if (count < FUNCTIONS_MAX)
				all[count++] = f;
	return all;
}

const struct sandbox_function *sandbox_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(groups); i++)
		for (const struct sandbox_function *f = groups[i]; f->name; f++)
			if (!strcasecmp(f->name, name))
				return f;
	return NULL;
}

double sandbox_best(const struct sandbox_function *function)
{
	return function->table ? sandbox_table_best(function->table)
			       : function->best;
}

size_t sandbox_objectives(const struct sandbox_function *function)
{
	return function->objectives ? function->objectives : 1;
}

void sandbox_evaluate(const struct sandbox_function *function,
		      const struct space *space, const double *point,
		      double budget, double *ret)
{
	double *x = xcalloc(space->count, sizeof(*x));

	for (size_t i = 0; i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];

		x[i] = point[i];
		if (!isnan(x[i]) && p->kind != PARAMETER_CHOICE)
			x[i] = parameter_final(p, x[i]);
	}
	function->evaluate(function, x, budget, ret);
	free(x);
}

void sandbox_add_noise(const struct sandbox_function *function, uint64_t seed,
		       int64_t number, double *values)
{
	struct random random;

	if (!(function->noise > 0))
		return;
	random_seed(&random, seed ^ NOISE_STREAM, (uint64_t)number);
	for (size_t i = 0; i < sandbox_objectives(function); i++)
		values[i] += function->noise * random_normal(&random);
}

double sandbox_duration(uint64_t seed, int64_t number)
{
	struct random random;

	random_seed(&random, seed ^ DURATION_STREAM, (uint64_t)number);
	return 60 * exp(0.5 * random_normal(&random));
}
