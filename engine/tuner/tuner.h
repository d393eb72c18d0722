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
 * Functions that a tuner has no use for are NULL, but open, suggest and close.
 *
 * A new tuner is one file with a `const struct tuner_ops` and one line in
 * tuner.c's registry.
 */
#ifndef ENGINE_TUNER_TUNER_H
#define ENGINE_TUNER_TUNER_H

#include "base/error.h"
#include "base/strbuf.h"
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

/* One thing to be optimised: a metric's final value. */
struct tuner_objective {
	const char *metric; /* "default" unless the file names it */
	enum objective_mode mode;
};

struct tuner_context {
	const struct space *space;     /* outlives the tuner */
	const char *class_args;	       /* JSON object text or NULL */
	enum objective_mode objective; /* the first one's */
	uint64_t seed;
	/* All of them, borrowed for the call; NULL: only that above. */
	const struct tuner_objective *objectives;
	size_t objective_count;
	/* The folder in which trials leave checkpoints for others, as they see
	 * it; NULL: no storage outlives them. */
	const char *checkpoint_root;
	/* What the file wants at most; 0: not told, no limit.  That of the
	 * file: later changes would make a replay another one. */
	int64_t max_trials;
};

/* What is proposed. */
struct tuner_suggestion {
	double *point;	/* room for space->count values, the caller's */
	double budget;	/* 0: none.  Trials get it as TRIAL_BUDGET */
	int64_t parent; /* suggestion whose checkpoint it goes on from; -1 */
	/* Members of the parameters object beside the space's, without braces:
	 * "\"STEPS\":3"; mostly empty.  The caller releases it. */
	struct strbuf extra;
};

/* What a trial ended with. */
struct tuner_result {
	/* One for each objective, in their order, as reported and not negated.
	 * Infinities and NaN are as good as the worst. */
	const double *values;
	size_t count;
	double violation; /* of constraints, summed; 0: none is broken */
	double budget;	  /* the result is for; 0: not told */
};

enum tuner_flag {
	TUNER_SLOW = 1,	       /* may take long: give it a thread of its own */
	TUNER_OBJECTIVES = 2,  /* takes several objectives */
	TUNER_BUDGETS = 4,     /* hands out budgets */
	TUNER_CHECKPOINTS = 8, /* trials go on from others' checkpoints */
	/* Its space is a list (space.h), and a trial's parameters are the
	 * chosen object itself. */
	TUNER_WHOLE = 16,
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
	unsigned int flags; /* of enum tuner_flag */
	/* Fails for arguments or a space it cannot take, with a sentence. */
	void *(*open)(const struct tuner_context *context, struct error *err);
	/* Propose suggestion `number` (0, 1, ...).  ret comes with room for
	 * the point and everything else empty.  Nothing that later calls
	 * depend on may change: a proposal can be lost, and be asked for
	 * again; it counts once it is adopted. */
	enum tuner_outcome (*suggest)(void *tuner, int64_t number,
				      struct tuner_suggestion *ret,
				      struct error *err);
	/* Suggestion `number` is this point, whatever suggest said: remember
	 * it as running.  Called after every suggest, and alone for imported
	 * or customised trials (which have numbers below -1 or above any
	 * suggested one). */
	void (*adopt)(void *tuner, int64_t number, const double *point);
	/* The final result of suggestion `number`. */
	void (*observe)(void *tuner, int64_t number,
			const struct tuner_result *result);
	/* Suggestion `number` ended: it no longer runs.  FAILED, canceled and
	 * early-stopped ones come without observe (or, for early-stopped, with
	 * the last intermediate result observed before). */
	void (*ended)(void *tuner, int64_t number, enum trial_state state);
	/* A result from elsewhere. */
	void (*import)(void *tuner, const double *point,
		       const struct tuner_result *result);
	/* Append what it is doing, for people: a JSON object with rungs,
	 * brackets, a population. */
	void (*describe)(void *tuner, struct strbuf *json);
	/* What it believes of one parameter, all others as in the best point
	 * so far: mean and spread of the objective (as reported) at n internal
	 * values.  False: it has no belief yet. */
	bool (*slice)(void *tuner, size_t parameter, const double *internal,
		      size_t n, double *ret_mean, double *ret_spread);
	/* The same for those that weigh densities: where good trials are, and
	 * where the others, at n internal values; of options their parts. */
	bool (*densities)(void *tuner, size_t parameter, const double *internal,
			  size_t n, double *ret_good, double *ret_bad);
	void (*close)(void *tuner);
};

struct tuner; /* ops and their state */

/* All tuners, for help and validation; NULL-terminated. */
const struct tuner_ops *const *tuner_registry(void);
/* By name or alias, case ignored; NULL when unknown. */
const struct tuner_ops *tuner_find(const char *name);
/* Append the parameters of a suggestion's point, as its trial gets them. */
void tuner_format(unsigned int flags, const struct space *space,
		  const double *point, struct strbuf *out);
/* Check class_args against the table and the space; what `open` would say. */
bool tuner_validate(const struct tuner_ops *ops,
		    const struct tuner_context *context, struct error *err);

struct tuner *tuner_open(const struct tuner_ops *ops,
			 const struct tuner_context *context,
			 struct error *err);
/* ret: as the operation wants it. */
enum tuner_outcome tuner_suggest(struct tuner *tuner, int64_t number,
				 struct tuner_suggestion *ret,
				 struct error *err);
/* The point alone. */
enum tuner_outcome tuner_suggest_point(struct tuner *tuner, int64_t number,
				       double *ret_point, struct error *err);
void tuner_adopt(struct tuner *tuner, int64_t number, const double *point);
void tuner_observe(struct tuner *tuner, int64_t number,
		   const struct tuner_result *result);
/* Of one objective, without budget. */
void tuner_observe_value(struct tuner *tuner, int64_t number, double value);
void tuner_ended(struct tuner *tuner, int64_t number, enum trial_state state);
void tuner_import(struct tuner *tuner, const double *point,
		  const struct tuner_result *result);
void tuner_import_value(struct tuner *tuner, const double *point, double value);
/* False: it has nothing to say. */
bool tuner_describe(struct tuner *tuner, struct strbuf *json);
bool tuner_slice(struct tuner *tuner, size_t parameter, const double *internal,
		 size_t n, double *ret_mean, double *ret_spread);
bool tuner_densities(struct tuner *tuner, size_t parameter,
		     const double *internal, size_t n, double *ret_good,
		     double *ret_bad);
unsigned int tuner_flags(const struct tuner *tuner);
void tuner_close(struct tuner *tuner);

#endif
