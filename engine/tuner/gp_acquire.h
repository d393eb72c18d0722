/* SPDX-License-Identifier: MIT */
/*
 * How promising a point is, given what a Gaussian process believes, to be
 * maximised.  All are of losses: less is better.
 *
 *     EI   ln of the expected improvement over the best, averaged over the
 *          versions (fantasies) of the process, times what one more noisy
 *          result can tell of it (augmented expected improvement, Huang et
 *          al., 2006): certain places are not measured again and again
 *     POI  ln of the probability of an improvement, likewise
 *     UCB  kappa deviations below the mean
 */
#ifndef ENGINE_TUNER_GP_ACQUIRE_H
#define ENGINE_TUNER_GP_ACQUIRE_H

#include "engine/tuner/gp.h"
#include "engine/tuner/search.h"

#include <stddef.h>

enum gp_utility {
	GP_UTILITY_EI,
	GP_UTILITY_POI,
	GP_UTILITY_UCB,
};

struct gp_acquisition {
	struct gp *gp;
	size_t dimensions, versions;
	enum gp_utility utility;
	double kappa, xi;
	double best[GP_FANTASIES_MAX]; /* least mean at the rows of a version */
	size_t evaluations;	       /* how many points were looked at */
};

/* The process must not change afterwards. */
void gp_acquisition_init(struct gp_acquisition *acquisition, struct gp *gp,
			 size_t dimensions, size_t versions,
			 enum gp_utility utility, double kappa, double xi);
/* At the imputed point x; ret_gradient may be NULL. */
double gp_acquisition_at(struct gp_acquisition *acquisition, const double *x,
			 double *ret_gradient);
/* At `count` points, one a row. */
void gp_acquisition_many(struct gp_acquisition *acquisition, const double *x,
			 size_t count, double *ret_values);

/* As much of a search as some tens of milliseconds allow with so many rows and
 * dimensions; by counts alone, so that the same trials always get the same. */
struct search_effort gp_acquisition_effort(size_t rows, size_t dimensions);
/* What search.h asks for; arg is a struct gp_acquisition. */
double gp_acquisition_search_at(void *arg, const double *z,
				double *ret_gradient);
void gp_acquisition_search_many(void *arg, const double *z, size_t count,
				double *ret);

#endif
