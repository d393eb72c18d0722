/* SPDX-License-Identifier: MIT */
/* A tuner's calls over brackets. */
#include "engine/tuner/banded.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROUND_MAX 1e6 /* trials */

bool banded_init(struct banded *banded, const struct tuner_context *context,
		 const struct brackets_options *options, struct error *err)
{
	int most = brackets_most(options);

	if (pow(options->eta, most) > FIRST_ROUND_MAX)
		return error_set(err, ERROR_INVALID,
				 "classArgs: budgets from %.6g to %.6g with "
				 "eta %.6g begin with more than a million "
				 "trials: bring the budgets closer together",
				 options->least, options->most, options->eta);
	tuner_base_init(&banded->base, context);
	banded->brackets = brackets_new(options);
	return true;
}

void banded_release(struct banded *banded)
{
	tuner_base_release(&banded->base);
	brackets_free(banded->brackets);
}

enum tuner_outcome banded_suggest(struct banded *banded, int64_t number,
				  banded_draw_fn *draw, void *tuner,
				  struct tuner_suggestion *ret)
{
	size_t width = banded->base.space->count;
	struct bracket_job job;
	struct random random;

	if (!brackets_next(banded->brackets, &job))
		return TUNER_NOTHING_NOW;
	ret->budget = job.budget;
	ret->parent = job.parent;
	if (banded->budget_key)
		strbuf_addf(&ret->extra, "\"%s\":%.12g", banded->budget_key,
			    job.budget);
	if (job.point) {
		memcpy(ret->point, job.point, width * sizeof(double));
		return TUNER_SUGGESTED;
	}
	random_seed(&random, banded->base.seed, (uint64_t)number);
	draw(tuner, &random, ret->point);
	/* in a small space everything may have been tried; a configuration
	 * that is tried again beside others is no harm */
	dedup_fix(banded->base.dedup, ret->point);
	return TUNER_SUGGESTED;
}

void banded_adopt(void *state, int64_t number, const double *point)
{
	struct banded *banded = state;
	size_t at = trials_find(&banded->base.trials, number);

	tuner_base_adopt(banded, number, point);
	if (number < 0)
		return; /* somebody's own: no part of a bracket */
	if (at != TRIALS_NONE) {
		brackets_again(banded->brackets, number);
		return;
	}
	brackets_begin(banded->brackets, number, point);
	/* known of those that fail, too */
	at = trials_find(&banded->base.trials, number);
	banded->base.trials.items[at].budget =
		brackets_budget(banded->brackets, number);
}

void banded_observe(void *state, int64_t number,
		    const struct tuner_result *result)
{
	struct banded *banded = state;
	struct tuner_result copy = *result;
	size_t at;

	copy.budget = brackets_budget(banded->brackets, number);
	at = trials_observe(&banded->base.trials, number, &copy);
	if (at != TRIALS_NONE)
		brackets_observe(banded->brackets, number,
				 banded->base.trials.items[at].standing);
}

void banded_ended(void *state, int64_t number, enum trial_state how)
{
	struct banded *banded = state;

	tuner_base_ended(banded, number, how);
	brackets_ended(banded->brackets, number);
}

void banded_describe(void *state, struct strbuf *json)
{
	const struct banded *banded = state;

	strbuf_adds(json, "{\"brackets\":");
	brackets_describe(banded->brackets, json);
	strbuf_addch(json, '}');
}
