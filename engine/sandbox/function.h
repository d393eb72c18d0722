/* SPDX-License-Identifier: MIT */
/*
 * Functions to try tuners on, whose optima are known.
 *
 * They are what no trial is: exact, known, and done at once.  Smooth ones from
 * the literature (Surjanovic and Bingham, Virtual library of simulation
 * experiments), shifted where their optimum lies where a tuner begins; mixed
 * and conditional ones of our own; noisy ones; some whose results get better
 * with a budget; some of two objectives; and tables of errors that small models
 * really had (tables.h).
 *
 * All are to be minimised.
 */
#ifndef ENGINE_SANDBOX_FUNCTION_H
#define ENGINE_SANDBOX_FUNCTION_H

#include "model/space.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SANDBOX_OBJECTIVES_MAX 2

enum sandbox_group {
	SANDBOX_SMOOTH,
	SANDBOX_MIXED,
	SANDBOX_CONDITIONAL,
	SANDBOX_NOISY,
	SANDBOX_TABLE,
	SANDBOX_BUDGET,
	SANDBOX_FRONT, /* two objectives */
	SANDBOX_GROUPS
};

struct sandbox_table;

struct sandbox_function {
	const char *name; /* "branin" */
	const char *help; /* one line */
	enum sandbox_group group;
	/* No setting of a tuner of ours was chosen by it. */
	bool is_held_out;
	const char *space; /* as in a file of NNI's */
	/* x: a final value for each parameter of the space: numbers as a trial
	 * would get them, of a choice the option's index, NaN of what is not
	 * active.  budget: 0 to 1, the share of the largest; 1 for those that
	 * have none. */
	void (*evaluate)(const struct sandbox_function *function,
			 const double *x, double budget, double *ret);
	/* The least value at budget 1 (tables: see sandbox_best); of two
	 * objectives the volume that their true front dominates, up to
	 * `reference`. */
	double best;
	double reference[SANDBOX_OBJECTIVES_MAX];
	size_t objectives;  /* 0: one */
	double noise;	    /* deviation of what is told; 0: none */
	double most_budget; /* budgets go from 1 to it; 0: it has none */
	const struct sandbox_table *table; /* or NULL */
};

const char *sandbox_group_name(enum sandbox_group group); /* "smooth" */

/* All; ends with NULL. */
const struct sandbox_function *const *sandbox_functions(void);
/* Case ignored; NULL when unknown. */
const struct sandbox_function *sandbox_find(const char *name);
double sandbox_best(const struct sandbox_function *function);
size_t sandbox_objectives(const struct sandbox_function *function);

/* Values at a point of the function's space, without noise. */
void sandbox_evaluate(const struct sandbox_function *function,
		      const struct space *space, const double *point,
		      double budget, double *ret);
/* What trial `number` of the run with this seed is told in their place. */
void sandbox_add_noise(const struct sandbox_function *function, uint64_t seed,
		       int64_t number, double *values);
/* How long that trial takes with the largest budget, in simulated seconds:
 * lognormal around 60, so that trials side by side end in any order. */
double sandbox_duration(uint64_t seed, int64_t number);

#endif
