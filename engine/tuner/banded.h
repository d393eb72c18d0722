/* SPDX-License-Identifier: MIT */
/*
 * What Hyperband and BOHB share: brackets filled with points that somebody
 * proposes, and the calls of a tuner over them.
 */
#ifndef ENGINE_TUNER_BANDED_H
#define ENGINE_TUNER_BANDED_H

#include "engine/tuner/base.h"
#include "engine/tuner/brackets.h"

struct banded {
	struct tuner_base base; /* first: see base.h */
	struct brackets *brackets;
	const char *budget_key; /* "STEPS", or NULL: TRIAL_BUDGET alone */
};

/* The first configuration of a place: into point. */
typedef void banded_draw_fn(void *tuner, struct random *random, double *point);

/* Fails when the brackets would be beyond all measure. */
bool banded_init(struct banded *banded, const struct tuner_context *context,
		 const struct brackets_options *options, struct error *err);
void banded_release(struct banded *banded);
enum tuner_outcome banded_suggest(struct banded *banded, int64_t number,
				  banded_draw_fn *draw, void *tuner,
				  struct tuner_suggestion *ret);

/* The calls; banded is the first member of the tuner's state. */
void banded_adopt(void *state, int64_t number, const double *point);
void banded_observe(void *state, int64_t number,
		    const struct tuner_result *result);
void banded_ended(void *state, int64_t number, enum trial_state how);
void banded_describe(void *state, struct strbuf *json);

#endif
