/* SPDX-License-Identifier: MIT */
/*
 * TPE for one parameter: split its history into good and bad, model both, draw
 * candidates from the good, take the one that is the least bad.
 */
#ifndef ENGINE_TUNER_TPE_DRAW_H
#define ENGINE_TUNER_TPE_DRAW_H

#include "base/random.h"
#include "engine/tuner/parzen.h"
#include "engine/tuner/tpe_history.h"
#include "model/space.h"

#include <stdint.h>

struct tpe_options {
	int64_t startup_jobs; /* records below which the prior is drawn from */
	int64_t candidates;
	int64_t linear_forgetting;
	double prior_weight;
	double gamma;
	bool is_share; /* gamma is one of all records, not of their root */
};

/* Memory between calls; zeroed before the first. */
struct tpe_draw {
	uint32_t *ranks;
	double *good_values, *good_weights, *bad_values, *bad_weights;
	size_t capacity;
	struct parzen good, bad;
};

/* How many of `count` records are good. */
size_t tpe_good_count(const struct tpe_options *options, size_t count);
/* Weight of the i-th best of a group of `count` records. */
double tpe_weight(const struct tpe_options *options, size_t count, size_t i);
/* The prior of a numeric parameter. */
struct parzen_prior tpe_prior(const struct parameter *p, double weight);
/* Suggest an internal value for p. */
double tpe_draw(struct tpe_draw *draw, const struct tpe_options *options,
		const struct parameter *p, const struct tpe_history_view *view,
		struct random *random);
/* What candidates are weighed by: the densities of good and bad records at n
 * internal values (of options: their probabilities).  False below startup_jobs.
 */
bool tpe_densities(struct tpe_draw *draw, const struct tpe_options *options,
		   const struct parameter *p,
		   const struct tpe_history_view *view, const double *internal,
		   size_t n, double *ret_good, double *ret_bad);
void tpe_draw_release(struct tpe_draw *draw);

#endif
