/* SPDX-License-Identifier: MIT */
/*
 * An assessor judges a running trial by its intermediate results.
 *
 * Like a tuner it depends on the calls made and on nothing else, but not on
 * their order across trials: when the engine begins again it tells of all
 * trials that are over (`ended`) and of those that run (`resumed`), by their
 * numbers.
 */
#ifndef ENGINE_ASSESSOR_ASSESSOR_H
#define ENGINE_ASSESSOR_ASSESSOR_H

#include "base/error.h"
#include "engine/tuner/tuner.h"
#include "model/experiment.h"

struct assessor_context {
	const char *class_args;
	enum objective_mode objective;
};

struct assessor_ops {
	const char *name;
	const char *const *aliases; /* NULL-terminated, or NULL */
	const char *help;
	const struct tuner_argument *arguments;
	void *(*open)(const struct assessor_context *context,
		      struct error *err);
	/* The count-th intermediate result (1, 2, ...) of a trial arrived:
	 * history[0 .. count-1].  False: stop it; reason (of size) says why. */
	bool (*assess)(void *assessor, int64_t trial, const double *history,
		       size_t count, char *reason, size_t size);
	/* It ended, by itself or stopped; NULL: of no interest. */
	void (*ended)(void *assessor, int64_t trial, bool succeeded,
		      const double *history, size_t count);
	/* It runs since before the engine began, and had these results, which
	 * were judged then.  NULL: what runs counts for nobody else. */
	void (*resumed)(void *assessor, int64_t trial, const double *history,
			size_t count);
	void (*close)(void *assessor);
};

struct assessor;

const struct assessor_ops *const *assessor_registry(void);
const struct assessor_ops *assessor_find(const char *name);
bool assessor_validate(const struct assessor_ops *ops,
		       const struct assessor_context *context,
		       struct error *err);
struct assessor *assessor_open(const struct assessor_ops *ops,
			       const struct assessor_context *context,
			       struct error *err);
bool assessor_assess(struct assessor *assessor, int64_t trial,
		     const double *history, size_t count, char *reason,
		     size_t size);
void assessor_ended(struct assessor *assessor, int64_t trial, bool succeeded,
		    const double *history, size_t count);
void assessor_resumed(struct assessor *assessor, int64_t trial,
		      const double *history, size_t count);
void assessor_close(struct assessor *assessor);

#endif
