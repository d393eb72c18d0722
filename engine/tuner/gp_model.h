/* SPDX-License-Identifier: MIT */
/*
 * From trials to a Gaussian process: scaled losses, fitted hyperparameters,
 * running trials as rows whose outputs are not known.
 *
 * Hyperparameters are not fitted for every suggestion but at milestones: when
 * so many trials have been learnt, with those alone.  The fit of a milestone
 * begins at that of an earlier one, and is made when it is first needed.  So it
 * depends on what was learnt and not on which suggestions were asked for, and
 * a tuner that was rebuilt makes only the few fits that the newest one needs.
 */
#ifndef ENGINE_TUNER_GP_MODEL_H
#define ENGINE_TUNER_GP_MODEL_H

#include "engine/tuner/encode.h"
#include "engine/tuner/gp.h"
#include "engine/tuner/gp_fit.h"
#include "engine/tuner/trials.h"
#include "engine/tuner/warp.h"

/* Results below which lengths and scales are guesses: with 16 trials at once
 * (docs/tuners.md) a process after 4 found less than chance did. */
#define GP_MODEL_LEAST 7
/* Above this only the best and the newest trials are rows. */
#define GP_MODEL_ROWS_MAX 600
/* Running trials above this number, the oldest, are not seen. */
#define GP_MODEL_RUNNING_MAX 200

struct gp_milestone {
	size_t count; /* trials learnt */
	struct gp_hyper hyper;
	struct warp warp;
	bool is_straight; /* the warp is but a scale */
};

struct gp_model {
	const struct encoding *encoding;
	const struct trials *trials;
	struct gp_shape shape;
	bool *is_category;
	double least_noise;
	size_t first; /* trials learnt at the first milestone */

	struct gp_milestone *milestones; /* fitted ones, in no order */
	size_t milestone_count, milestone_capacity;
	uint64_t revision; /* of the trials, that they were fitted to */
};

/* encoding and trials outlive it. */
void gp_model_init(struct gp_model *model, const struct encoding *encoding,
		   const struct trials *trials, enum gp_smoothness smoothness,
		   double least_noise, size_t first);
void gp_model_release(struct gp_model *model);

/* The newest fit, the model's until the next one; NULL: too few trials. */
const struct gp_milestone *gp_model_fitted(struct gp_model *model);

struct gp_belief {
	struct gp *gp;
	struct warp warp;
	const struct gp_hyper *hyper; /* the model's, until the next fit */
	size_t versions;
	double *starts; /* encoded points of learnt trials, best first */
	size_t start_count;
	double best_loss;
};

/* What is believed now.  versions: of the outputs of running trials; 1 when
 * none run.  False when there is nothing to believe yet.  The caller calls
 * gp_belief_release. */
bool gp_model_believe(struct gp_model *model, uint64_t seed, size_t versions,
		      struct gp_belief *ret_belief);
void gp_belief_release(struct gp_belief *belief);

#endif
