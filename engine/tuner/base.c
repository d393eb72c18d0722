/* SPDX-License-Identifier: MIT */
/* What tuners share. */
#include "engine/tuner/base.h"

#include "base/mem.h"
#include "engine/tuner/design.h"
#include "engine/tuner/taken.h"

#include <stdlib.h>

void tuner_base_init(struct tuner_base *base,
		     const struct tuner_context *context)
{
	base->space = context->space;
	base->seed = context->seed;
	base->dedup = dedup_new(context->space);
	base->encoding = encoding_new(context->space);
	trials_init(&base->trials, context);
}

void tuner_base_release(struct tuner_base *base)
{
	trials_release(&base->trials);
	encoding_free(base->encoding);
	dedup_free(base->dedup);
}

void tuner_base_adopt(void *state, int64_t number, const double *point)
{
	struct tuner_base *base = state;

	trials_adopt(&base->trials, number, point);
	dedup_add(base->dedup, point);
}

void tuner_base_observe(void *state, int64_t number,
			const struct tuner_result *result)
{
	struct tuner_base *base = state;

	trials_observe(&base->trials, number, result);
}

void tuner_base_ended(void *state, int64_t number, enum trial_state how)
{
	struct tuner_base *base = state;

	trials_ended(&base->trials, number, how);
}

void tuner_base_import(void *state, const double *point,
		       const struct tuner_result *result)
{
	struct tuner_base *base = state;

	trials_import(&base->trials, point, result);
	dedup_add(base->dedup, point);
}

bool tuner_base_is_taken(void *state, const double *x)
{
	const struct tuner_base *base = state;

	return taken_has(base->encoding, &base->trials, base->dedup, x);
}

static bool is_begun(const struct tuner_base *base, size_t cold_start,
		     size_t least)
{
	size_t results = base->trials.finite_count;

	return results >= cold_start ||
	       (results >= least &&
		results + base->trials.running_count >= cold_start);
}

enum tuner_outcome tuner_base_suggest(struct tuner_base *base, int64_t number,
				      size_t cold_start, size_t least,
				      tuner_base_propose_fn *propose,
				      struct tuner_suggestion *ret)
{
	double *x = xcalloc(base->encoding->count, sizeof(*x));
	struct random random;
	bool ok;

	random_seed(&random, base->seed, (uint64_t)number);
	if (!is_begun(base, cold_start, least) ||
	    !propose(base, number, &random, x))
		design_draw(base->encoding, base->seed, number, cold_start,
			    &random, x);
	encoding_decode(base->encoding, x, ret->point);
	ok = dedup_fix(base->dedup, ret->point);
	free(x);
	return ok ? TUNER_SUGGESTED : TUNER_EXHAUSTED;
}
