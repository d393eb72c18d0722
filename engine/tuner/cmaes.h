/* SPDX-License-Identifier: MIT */
/*
 * The state of the tuner CMA-ES, between its two files: cmaes_tuner.c draws and
 * is told, cmaes_run.c makes generations of what ended, and begins anew where
 * nothing more is found.
 */
#ifndef ENGINE_TUNER_CMAES_H
#define ENGINE_TUNER_CMAES_H

#include "engine/tuner/base.h"
#include "engine/tuner/cma.h"

#define CMAES_LAMBDA_MOST 4096

enum restarts { RESTARTS_BIPOP, RESTARTS_IPOP, RESTARTS_NONE };

struct cmaes {
	struct tuner_base base; /* first: see base.h */
	size_t lambda;		/* of the first run */
	double sigma;
	int restarts;

	size_t *numbers; /* dimensions that are not categories */
	size_t n;
	double **chances; /* per category its options'; else NULL */
	struct cma cma;	  /* of the run; unused when n is 0 */
	size_t run_lambda;

	/* per trial, by its place in trials */
	double *drawn; /* a value for each dimension: as drawn, not rounded */
	uint32_t *runs;
	size_t trial_capacity;

	uint32_t run;
	uint32_t *generation; /* trials that ended in it */
	size_t generation_count;
	size_t generations; /* of the run */
	size_t unimproved;  /* generations since the best result of the run */
	double run_best;
	size_t doublings, large_used, small_used;
	bool is_small;
	double best_import;
};

/* Begin the first run. */
void cmaes_begin(struct cmaes *cmaes);
/* A call of the tuner before which `learnt_before` trials had been learnt: has
 * one more been?  It is part of the generation, if it is of this run. */
void cmaes_notice(struct cmaes *cmaes, size_t learnt_before);

#endif
