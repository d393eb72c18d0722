/* SPDX-License-Identifier: MIT */
/*
 * NSGA-II (Deb, Pratap, Agarwal and Meyarivan, 2002) for several objectives, in
 * its steady-state form (Durillo, Nebro, Luna and Alba, 2009): the parents are
 * the best of all trials that have ended, and each child may become one as soon
 * as it ends, so that nobody waits for a generation.
 *
 * The best are those of the first fronts, and of the last front those that
 * dominate the most together (fronts.h) where the paper has crowding distances.
 * Two parents win tournaments of two; numbers cross by simulated binary
 * crossover and change by polynomial mutation (Deb and Agrawal, 1995), in the
 * encoded space; choices are taken from either parent and drawn anew.
 *
 * The first points are a Latin hypercube.  A trial that failed is no parent.
 */
#include "engine/tuner/tuners.h"

#include "base/mem.h"
#include "engine/tuner/args.h"
#include "engine/tuner/base.h"
#include "engine/tuner/fronts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POPULATION_MAX 10000
/* How near children keep to their parents: the paper's values. */
#define CROSSOVER_INDEX 15
#define MUTATION_INDEX 20
/* Children that somebody had before are changed once more, so many times. */
#define TRIES 20

struct nsga {
	struct tuner_base base; /* first: see base.h */
	struct fronts fronts;	/* a row a trial */
	int64_t size;
	double crossover, mutation;

	size_t *parents; /* trials, best first; of the results known then */
	size_t parent_count;
	bool is_stale;
};

static const struct tuner_argument arguments[] = {
	ARGUMENT_OPTIMIZE_MODE("minimize"),
	{"seed", "integer or null", "drawn by chance",
	 "the same seed and results give the same suggestions"},
	{"population_size", "integer", "24", "parents; the best of all trials"},
	{"crossover_prob", "number", "0.9",
	 "of a child that has two parents' values, not one's"},
	{"mutation_prob", "number or null", "1 / parameters",
	 "of each of its values to change"},
	{0},
};

static bool read_arguments(struct nsga *nsga, const char *json,
			   struct error *err)
{
	struct args *args = args_parse(json, arguments, err);
	bool ok;

	if (!args)
		return false;
	ok = args_integer(args, "population_size", 2, POPULATION_MAX,
			  &nsga->size, err) &&
	     args_number(args, "crossover_prob", 0, 1, &nsga->crossover, err) &&
	     args_number(args, "mutation_prob", 0, 1, &nsga->mutation, err);
	args_free(args);
	return ok;
}

static void *nsga_open(const struct tuner_context *context, struct error *err)
{
	struct nsga *nsga = xcalloc(1, sizeof(*nsga));

	nsga->size = 24;
	nsga->crossover = 0.9;
	nsga->mutation = 1 / fmax((double)context->space->count, 1);
	if (!read_arguments(nsga, context->class_args, err)) {
		free(nsga);
		return NULL;
	}
	tuner_base_init(&nsga->base, context);
	fronts_init(&nsga->fronts, context);
	return nsga;
}

static void nsga_close(void *state)
{
	struct nsga *nsga = state;

	tuner_base_release(&nsga->base);
	fronts_release(&nsga->fronts);
	free(nsga->parents);
	free(nsga);
}

/* ---- children --------------------------------------------------------------
 */

static void find_parents(struct nsga *nsga)
{
	size_t count = nsga->fronts.count;

	nsga->parents =
		xrealloc(nsga->parents, (count + 1) * sizeof(*nsga->parents));
	count = fronts_order(&nsga->fronts, (size_t)nsga->size, nsga->parents);
	nsga->parent_count =
		count < (size_t)nsga->size ? count : (size_t)nsga->size;
	nsga->is_stale = false;
}

/* The better of two, encoded. */
static void pick(const struct nsga *nsga, struct random *random, double *ret_x)
{
	size_t a = random_below(random, nsga->parent_count);
	size_t b = random_below(random, nsga->parent_count);

	encoding_encode(
		nsga->base.encoding,
		trials_point(&nsga->base.trials, nsga->parents[a < b ? a : b]),
		ret_x);
}

/* Of the two children that two numbers have, one. */
static double cross_numbers(double a, double b, struct random *random)
{
	double u = random_unit(random);
	double power = 1.0 / (CROSSOVER_INDEX + 1);
	double spread =
		u < 0.5 ? pow(2 * u, power) : pow(1 / (2 * (1 - u)), power);
	double half = spread * (b - a) / 2;
	double child = (a + b) / 2 + (random_next(random) & 1 ? half : -half);

	return fmin(fmax(child, 0), 1);
}

/* Into x, what it and the other parent make. */
static void cross(const struct encoding *encoding, const double *other,
		  struct random *random, double *x)
{
	for (size_t i = 0; i < encoding->count; i++) {
		bool is_other = random_next(random) & 1;

		/* values that hang on an option follow it: see repair */
		if (isnan(x[i]) || isnan(other[i]) ||
		    encoding->dimensions[i].kind == ENCODING_CATEGORY) {
			if (is_other && !isnan(other[i]))
				x[i] = other[i];
			continue;
		}
		if (is_other)
			x[i] = cross_numbers(x[i], other[i], random);
	}
}

static double mutate_number(double x, struct random *random)
{
	double u = random_unit(random);
	double power = 1.0 / (MUTATION_INDEX + 1);
	double rest;

	if (u < 0.5) {
		rest = pow(1 - x, MUTATION_INDEX + 1);
		return x + pow(2 * u + (1 - 2 * u) * rest, power) - 1;
	}
	rest = pow(x, MUTATION_INDEX + 1);
	return x + 1 - pow(2 * (1 - u) + (2 * u - 1) * rest, power);
}

static void mutate_one(const struct encoding *encoding, size_t i,
		       struct random *random, double *x)
{
	const struct encoding_dimension *d = &encoding->dimensions[i];
	double before = x[i];

	if (d->kind == ENCODING_CATEGORY) {
		x[i] = (double)random_below(random, d->levels);
		return;
	}
	x[i] = fmin(fmax(mutate_number(x[i], random), 0), 1);
	if (d->kind != ENCODING_STEPS)
		return;
	x[i] = encoding_snap(encoding, i, x[i]);
	if (x[i] == before)
		x[i] = encoding_step(encoding, i, before,
				     random_next(random) & 1 ? 1 : -1);
}

static void mutate(const struct nsga *nsga, double probability,
		   struct random *random, double *x)
{
	const struct encoding *encoding = nsga->base.encoding;

	for (size_t i = 0; i < encoding->count; i++)
		if (!isnan(x[i]) && random_unit(random) < probability)
			mutate_one(encoding, i, random, x);
}

static void snap(const struct encoding *encoding, double *x)
{
	for (size_t i = 0; i < encoding->count; i++)
		if (!isnan(x[i]))
			x[i] = encoding_snap(encoding, i, x[i]);
}

static bool propose(void *state, int64_t number, struct random *random,
		    double *ret_x)
{
	struct nsga *nsga = state;
	const struct encoding *encoding = nsga->base.encoding;
	double *other = xcalloc(encoding->count, sizeof(*other));
	double probability = nsga->mutation;

	(void)number;
	if (nsga->is_stale)
		find_parents(nsga);
	pick(nsga, random, ret_x);
	if (random_unit(random) < nsga->crossover) {
		pick(nsga, random, other);
		cross(encoding, other, random, ret_x);
	}
	for (int try = 0; try < TRIES; try++) {
		mutate(nsga, probability, random, ret_x);
		encoding_repair(encoding, random, ret_x);
		snap(encoding, ret_x);
		if (!tuner_base_is_taken(nsga, ret_x))
			break;
		/* a parent's twin teaches nothing */
		probability = fmax(probability, 1 / (double)encoding->count);
	}
	free(other);
	return true;
}

static enum tuner_outcome nsga_suggest(void *state, int64_t number,
				       struct tuner_suggestion *ret,
				       struct error *err)
{
	struct nsga *nsga = state;

	(void)err;
	return tuner_base_suggest(&nsga->base, number, (size_t)nsga->size,
				  (size_t)nsga->size, propose, ret);
}

/* ---- what it is told -------------------------------------------------------
 */

static void nsga_observe(void *state, int64_t number,
			 const struct tuner_result *result)
{
	struct nsga *nsga = state;
	size_t at = trials_observe(&nsga->base.trials, number, result);

	if (at == TRIALS_NONE)
		return;
	fronts_set(&nsga->fronts, at, result);
	nsga->is_stale = true;
}

static void nsga_import(void *state, const double *point,
			const struct tuner_result *result)
{
	struct nsga *nsga = state;

	tuner_base_import(nsga, point, result);
	fronts_set(&nsga->fronts, nsga->base.trials.count - 1, result);
	nsga->is_stale = true;
}

static void nsga_describe(void *state, struct strbuf *json)
{
	struct nsga *nsga = state;

	if (nsga->is_stale)
		find_parents(nsga);
	strbuf_addf(json,
		    "{\"population\":%zu,\"size\":%lld,\"results\":%zu,"
		    "\"running\":%zu}",
		    nsga->parent_count, (long long)nsga->size,
		    nsga->base.trials.finite_count,
		    nsga->base.trials.running_count);
}

static const char *const aliases[] = {"NSGA-II", "NSGA2", NULL};

const struct tuner_ops nsga_tuner_ops = {
	.name = "NSGAII",
	.aliases = aliases,
	.help = "a population along the front of several objectives",
	.arguments = arguments,
	.default_objective = OBJECTIVE_MINIMIZE,
	.flags = TUNER_OBJECTIVES,
	.open = nsga_open,
	.suggest = nsga_suggest,
	.adopt = tuner_base_adopt,
	.observe = nsga_observe,
	.ended = tuner_base_ended,
	.import = nsga_import,
	.describe = nsga_describe,
	.close = nsga_close,
};
