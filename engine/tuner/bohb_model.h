/* SPDX-License-Identifier: MIT */
/*
 * What BOHB learns from (nni.md 7.14): of the largest budget that has enough
 * results, one density of the good ones and one of the others; a configuration
 * is drawn around good ones, and of many that which is most often among the
 * good and least often among the others.
 */
#ifndef ENGINE_TUNER_BOHB_MODEL_H
#define ENGINE_TUNER_BOHB_MODEL_H

#include "engine/tuner/encode.h"
#include "engine/tuner/kde.h"
#include "engine/tuner/trials.h"

struct bohb_options {
	size_t points_least; /* min_points_in_model */
	double top_share;    /* top_n_percent / 100 */
	size_t samples;
	double bandwidth_factor, bandwidth_least;
};

struct bohb_model {
	const struct encoding *encoding;
	struct bohb_options options;
	size_t *levels;	     /* per dimension, as struct kde wants them */
	double budget;	     /* that it is of; 0: there is no model */
	double *good_points; /* encoded; NaN: inactive */
	double *good_rows, *bad_rows; /* imputed */
	struct kde good, bad;
	/* of the trials that it was made of */
	size_t learnt;
	uint64_t revision;
};

/* The encoding outlives it. */
void bohb_model_init(struct bohb_model *model, const struct encoding *encoding,
		     const struct bohb_options *options);
void bohb_model_release(struct bohb_model *model);
/* Make it of what is known now.  False: no budget has enough results. */
bool bohb_model_update(struct bohb_model *model, const struct trials *trials);
/* An encoded point. */
void bohb_model_draw(const struct bohb_model *model, struct random *random,
		     double *ret_x);

#endif
