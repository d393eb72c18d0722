/* SPDX-License-Identifier: MIT */
/*
 * What most tuners have: the trials they were told of, a guard against
 * duplicates, the space as a cube; and the calls that only remember.
 *
 * The base is the first member of a tuner's state: its functions stand in
 * tuner_ops where they do all there is to do, and are called by a tuner's own
 * where there is more.
 */
#ifndef ENGINE_TUNER_BASE_H
#define ENGINE_TUNER_BASE_H

#include "engine/tuner/dedup.h"
#include "engine/tuner/encode.h"
#include "engine/tuner/trials.h"
#include "engine/tuner/tuner.h"

struct tuner_base {
	const struct space *space;
	uint64_t seed;
	struct trials trials;
	struct dedup *dedup;
	struct encoding *encoding;
};

void tuner_base_init(struct tuner_base *base,
		     const struct tuner_context *context);
void tuner_base_release(struct tuner_base *base);

/* As in tuner_ops. */
void tuner_base_adopt(void *state, int64_t number, const double *point);
void tuner_base_observe(void *state, int64_t number,
			const struct tuner_result *result);
void tuner_base_ended(void *state, int64_t number, enum trial_state how);
void tuner_base_import(void *state, const double *point,
		       const struct tuner_result *result);

/* As in struct search_target: has some trial the encoded point x, or one that
 * means the same? */
bool tuner_base_is_taken(void *state, const double *x);

/* Finds the encoded point x of a suggestion; false: there is none yet. */
typedef bool tuner_base_propose_fn(void *state, int64_t number,
				   struct random *random, double *ret_x);
/* A suggestion of those that model: until there are `cold_start` results, and
 * where nothing is proposed, of a Latin hypercube.  Trials that run count as
 * results once there are `least`, so that many at once do not put it off. */
enum tuner_outcome tuner_base_suggest(struct tuner_base *base, int64_t number,
				      size_t cold_start, size_t least,
				      tuner_base_propose_fn *propose,
				      struct tuner_suggestion *ret);

#endif
