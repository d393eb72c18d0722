/* SPDX-License-Identifier: MIT */
/*
 * How much each parameter has to do with a trial being among the best:
 * PED-ANOVA.
 *
 * The best gamma' of the trials (1 in 10) are compared with the best gamma of
 * them (all): where one lies, along each parameter, and the other.  What is
 * reported is gamma'/gamma squared times Pearson's divergence of the one
 * density from the other, which is the part of the variance of "is among the
 * best" that the parameter alone explains (Watanabe, Bansal and Hutter,
 * arXiv:2304.10255, theorem 1).  A parameter that is not always active counts
 * where it is: times alpha^2/beta for its shares of both sets, as their work on
 * conditional spaces has it (arXiv:2601.20800, theorem 4.2).  Equal results at
 * the border belong to the better set together.
 *
 * Incremental: following what is new costs one selection over the results and
 * one addition a parameter for each trial that came into a set, or left it; the
 * estimate itself costs the same whatever the number of trials.
 *
 * `chance` says what to make of it: the mean and the most of what as many
 * trials picked at random give.  With few trials that is not little.
 *
 * Pure, one thread at a time.
 */
#ifndef INSIGHT_IMPORTANCE_H
#define INSIGHT_IMPORTANCE_H

#include "insight/observations.h"
#include "model/experiment.h"

#define IMPORTANCE_QUANTILE 0.1
#define IMPORTANCE_LEAST 10 /* usable trials, to be worth looking at */

struct importance; /* which trial is in which set, and counts of them */

struct parameter_importance {
	size_t parameter;
	double value;  /* gamma'^2/gamma^2 alpha^2/beta divergence */
	double share;  /* of all parameters' values; they sum up to 1, or 0 */
	double chance; /* mean value of random sets */
	double chance_high; /* the most that one of them has */
	size_t best, all;   /* trials of either set where it is active */
};

/* 0 < quantile < region <= 1; observations must outlive it. */
struct importance *importance_new(const struct observations *observations,
				  enum objective_mode mode, double quantile,
				  double region);
/* Compare with the whole space, evenly filled, rather than with where the
 * trials of the region are: a tuner that has found what matters tries little
 * else, and then it makes no difference between trials any more. */
void importance_against_space(struct importance *importance, bool is_so);
void importance_free(struct importance *importance);
/* Follow the observations. */
void importance_update(struct importance *importance);
/* One for each parameter, the most important first; as of the last update.
 * rounds: random sets to look at for chance (20 is good, 0: none). */
void importance_rank(const struct importance *importance, unsigned rounds,
		     struct parameter_importance *ret);
/* Trials in the two sets. */
size_t importance_best_count(const struct importance *importance);
size_t importance_all_count(const struct importance *importance);
/* The worst result that is among the best; NaN without any. */
double importance_border(const struct importance *importance);
/* What all parameters together can explain, at most. */
double importance_variance(const struct importance *importance);

/* ---- interaction.c ------------------------------------------------------ */

struct interaction {
	size_t a, b;   /* parameters, a < b */
	double value;  /* what the two explain beyond each alone, as above */
	double chance; /* mean of the same, b's values shuffled */
	double chance_high;
	size_t best, all; /* trials where both are active */
};

/* All pairs of these parameters, the strongest (value - chance) first; ret has
 * room for count * (count - 1) / 2.  Returns how many could be told: pairs need
 * some of the best trials to have both.
 *
 * Of each parameter some cells are put together so that each holds as many
 * trials; value is the sum, over pairs of them, of q (g - ga - gb + 1)^2 with
 * q the trials there, g the best ones there over all there, ga and gb the same
 * for one parameter alone: the interaction term of a functional analysis of
 * variance (F. Hutter, H. Hoos, K. Leyton-Brown, "An Efficient Approach for
 * Assessing Hyperparameter Importance", ICML 2014) of the function that
 * PED-ANOVA looks at. */
size_t importance_pairs(const struct importance *importance,
			const size_t *parameters, size_t count, unsigned rounds,
			struct interaction *ret);

/* ---- for interaction.c -------------------------------------------------- */

enum importance_set { IN_REGION = 1, IN_BEST = 2 };

const struct observations *
importance_observations(const struct importance *importance);
/* Of a row: set of enum importance_set. */
unsigned importance_sets(const struct importance *importance, size_t row);
/* Counts by cell of an axis. */
const uint32_t *importance_counts(const struct importance *importance,
				  size_t parameter, enum importance_set set);
double importance_gamma(const struct importance *importance);

#endif
