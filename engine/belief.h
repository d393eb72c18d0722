/* SPDX-License-Identifier: MIT */
/*
 * What the tuner of an experiment believes of each parameter, found out by
 * telling its history to a fresh one: of experiments that ended long ago as
 * well.  The store is only read.
 *
 * It takes as long as the tuner takes to learn: milliseconds for TPE, seconds
 * for a Gaussian process of hundreds of trials.  So there is a call that waits
 * and a job on a thread of its own.
 */
#ifndef ENGINE_BELIEF_H
#define ENGINE_BELIEF_H

#include "base/error.h"
#include "model/experiment.h"
#include "model/space.h"
#include "store/store.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum belief_kind {
	BELIEF_NONE,	  /* nothing yet, or it has no model */
	BELIEF_MEAN,	  /* first: mean of the objective, second: deviation;
			   * all else as in the best point so far */
	BELIEF_DENSITIES, /* first: of good trials, second: of the others */
};

struct belief_line {
	enum belief_kind kind;
	size_t count;	  /* values along the parameter */
	double *internal; /* owned by the belief, these too: */
	double *numbers;  /* as in parameters; of choices the option's index */
	double *first, *second;
};

struct belief {
	struct space *space;	   /* owned */
	struct belief_line *lines; /* one a parameter; owned */
	char *tuner;		   /* its name; owned */
	char *why_none; /* why there is none of any parameter, or NULL; owned */
	size_t results, imported; /* told */
	size_t known;		  /* results there are beside imported ones */
};

/* NULL with a sentence when the experiment cannot be read.  Of more results
 * than `most` it is told the best and an even choice of the others (0: all).
 * Once *stop is true it returns soon, with less than there is; NULL: nobody
 * stops it. */
struct belief *belief_find(struct store *store,
			   const struct experiment *experiment, size_t most,
			   const atomic_bool *stop, struct error *err);
void belief_free(struct belief *belief);

/* ---- belief_job.c: on a thread --------------------------------------------
 */

struct belief_job;

/* Of more results a job tells so many: a console waits for it. */
#define BELIEF_JOB_MOST 8000

/* Begin; the database is opened anew.  NULL: no thread could be made. */
struct belief_job *belief_start(const char *db_path, int64_t experiment,
				struct error *err);
/* Has it ended?  Then *ret_belief is its result until the job is freed, or NULL
 * with err. */
bool belief_poll(struct belief_job *job, const struct belief **ret_belief,
		 struct error *err);
/* Any time; one that still runs stops at its next row and frees itself. */
void belief_job_free(struct belief_job *job);

#endif
