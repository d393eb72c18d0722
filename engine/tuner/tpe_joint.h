/* SPDX-License-Identifier: MIT */
/*
 * TPE over whole points: what good trials have in common, not what each of
 * their values was worth by itself (multivariate TPE: Falkner, Klein and
 * Hutter, BOHB, 2018; its choices as Watanabe compares them, Tree-structured
 * Parzen estimator, 2023).
 *
 * A group of trials is a mixture with one kernel each, a product over the
 * parameters in encoded form, and one kernel more for the space itself.
 * Numbers have normal kernels cut off at 0 and 1, choices a share for the other
 * options.  Where a trial did not have a parameter its kernel has the space's
 * own distribution, so that conditional spaces need no other treatment.
 *
 * Of the worse group at most TPE_JOINT_BAD_MAX kernels are looked at, spread
 * evenly over their ranks; so a suggestion's time does not grow with history.
 */
#ifndef ENGINE_TUNER_TPE_JOINT_H
#define ENGINE_TUNER_TPE_JOINT_H

#include "base/random.h"
#include "engine/tuner/encode.h"
#include "engine/tuner/tpe_draw.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TPE_JOINT_BAD_MAX 300

struct tpe_place {
	double at;
	uint32_t kernel;
};

/* A mixture, column by column: parameter j of kernel k at j * capacity + k.
 * The last kernel is the space's. */
struct tpe_mixture {
	const struct encoding *encoding;
	size_t count, capacity;
	double *middles; /* NaN never: what is inactive has a scale of 0 */
	double *scales;	 /* 1 / deviation; of categories 1, or 0: inactive */
	double *norms;	 /* of categories: logarithm for the same option */
	double *others;	 /* of categories: for each other one */
	double *log_weights;
	double *weights; /* sum up to 1 */
	double *sums;	 /* scratch */
	struct tpe_place *places;
};

struct tpe_joint {
	struct encoding *encoding;
	double *rows; /* encoded points, a row a trial */
	double *losses;
	size_t row_count, row_capacity;
	uint32_t *order; /* observed trials, by loss; equal ones as they came */
	size_t count, order_capacity;
	struct tpe_mixture good, bad;
	double *candidates; /* two points */
	uint32_t *members;  /* scratch of a group */
	double *weights;
	size_t member_capacity;
};

void tpe_joint_init(struct tpe_joint *joint, const struct space *space);
void tpe_joint_release(struct tpe_joint *joint);
/* Trial `trial` (those before it are there) is at this point. */
void tpe_joint_place(struct tpe_joint *joint, uint32_t trial,
		     const double *point);
/* Its loss, for the first time or anew; INFINITY sorts last. */
void tpe_joint_learn(struct tpe_joint *joint, uint32_t trial, double loss);
/* The order is this instead: `count` observed trials, best first. */
void tpe_joint_order(struct tpe_joint *joint, const size_t *order,
		     size_t count);
/* Suggest a point.  running: trials that count as bad, to keep away from. */
void tpe_joint_draw(struct tpe_joint *joint, const struct tpe_options *options,
		    const uint32_t *running, size_t running_count,
		    struct random *random, double *ret_point);

/* The same groups along one parameter, whatever the others are: their densities
 * at n internal values; of choices and randint the parts of the values.  False:
 * there are no results. */
bool tpe_joint_densities(struct tpe_joint *joint,
			 const struct tpe_options *options,
			 const uint32_t *running, size_t running_count,
			 size_t parameter, const double *internal, size_t n,
			 double *ret_good, double *ret_bad);

/* --- mixtures, for tests ------------------------------------------------- */

/* Kernels at these rows with these weights, and one of prior_weight. */
void tpe_mixture_build(struct tpe_mixture *mixture,
		       const struct encoding *encoding, const double *rows,
		       const uint32_t *members, const double *weights,
		       size_t count, double prior_weight);
void tpe_mixture_release(struct tpe_mixture *mixture);
double tpe_mixture_log(struct tpe_mixture *mixture, const double *x);
/* The density of dimension j alone, relative to the space's own. */
double tpe_mixture_marginal(const struct tpe_mixture *mixture, size_t j,
			    double x);
void tpe_mixture_sample(const struct tpe_mixture *mixture,
			struct random *random, double *ret_x);

#endif
