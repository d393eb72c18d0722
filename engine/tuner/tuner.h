/* SPDX-License-Identifier: MIT */
/*
 * A tuner proposes points of the search space and learns from results.
 *
 * A tuner is a pure function of its space, its arguments, its seed and the
 * calls made so far, in their order; random numbers for suggestion n come from
 * random_seed(seed, n) and from nowhere else.  So the engine can rebuild one
 * after a crash by making the same calls again: `suggest` for suggestions it
 * replays too (the answer is checked against the stored one and the stored one
 * is then forced with `adopt` should they differ).
 *
 * A new tuner is one file with a `const struct tuner_ops` and one line in
 * tuner.c's registry.
 */
#ifndef ENGINE_TUNER_TUNER_H
#define ENGINE_TUNER_TUNER_H

#include "base/error.h"
#include "model/experiment.h"
#include "model/space.h"

#include <stddef.h>
#include <stdint.h>

enum tuner_outcome {
	TUNER_SUGGESTED,
	TUNER_NOTHING_NOW, /* ask again after the next result */
	TUNER_EXHAUSTED,   /* there will never be more */
	TUNER_FAILED,	   /* err says why */
};

struct tuner_context {
	const struct space *space; /* outlives the tuner */
	const char *class_args;	   /* JSON object text or NULL */
	enum objective_mode objective;
	uint64_t seed;
};

struct tuner_argument {
	const char *name; /* "tpe_args.gamma" */
	const char *type; /* "number", "integer", "string", "boolean" */
	const char *default_text;
	const char *help;
};

struct tuner_ops {
	const char *name;			/* "TPE" */
	const char *const *aliases;		/* NULL-terminated, or NULL */
	const char *help;			/* one line */
	const struct tuner_argument *arguments; /* ends with name NULL */
	enum objective_mode default_objective;
	/* Fails for arguments or a space it cannot take, with a sentence. */
	void *(*open)(const struct tuner_context *context, struct error *err);
	/* Propose suggestion `number` (0, 1, ...) into ret_point. */
	enum tuner_outcome (*suggest)(void *tuner, int64_t number,
				      double *ret_point, struct error *err);
	/* Suggestion `number` is this point, whatever suggest said: remember
	 * it as running.  Called after every suggest, and alone for imported
	 * or customised trials (which have numbers below -1 or above any
	 * suggested one). */
	void (*adopt)(void *tuner, int64_t number, const double *point);
	/* The final result of suggestion `number`: as reported, not negated. */
	void (*observe)(void *tuner, int64_t number, double value);
	/* Suggestion `number` ended: it no longer runs.  FAILED, canceled and
	 * early-stopped ones come without observe (or, for early-stopped, with
	 * the last intermediate result observed before). */
	void (*ended)(void *tuner, int64_t number, enum trial_state state);
	/* A result from elsewhere. */
	void (*import)(void *tuner, const double *point, double value);
	void (*close)(void *tuner);
};

struct tuner; /* ops and their state */

/* All tuners, for help and validation; NULL-terminated. */
const struct tuner_ops *const *tuner_registry(void);
/* By name or alias, case ignored; NULL when unknown. */
const struct tuner_ops *tuner_find(const char *name);
/* Check class_args against the table and the space; what `open` would say. */
bool tuner_validate(const struct tuner_ops *ops,
		    const struct tuner_context *context, struct error *err);

struct tuner *tuner_open(const struct tuner_ops *ops,
			 const struct tuner_context *context,
			 struct error *err);
enum tuner_outcome tuner_suggest(struct tuner *tuner, int64_t number,
				 double *ret_point, struct error *err);
void tuner_adopt(struct tuner *tuner, int64_t number, const double *point);
void tuner_observe(struct tuner *tuner, int64_t number, double value);
void tuner_ended(struct tuner *tuner, int64_t number, enum trial_state state);
void tuner_import(struct tuner *tuner, const double *point, double value);
void tuner_close(struct tuner *tuner);

#endif
