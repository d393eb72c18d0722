/* SPDX-License-Identifier: MIT */
/*
 * How dense a group of trials is around a point: a kernel density over the
 * encoded space, Gaussian for numbers (Scott's bandwidths) and with a share for
 * other options for categories (Aitchison and Aitken, 1976).  The space itself
 * is one more member, so that far from all others a density is low but not
 * nothing.
 */
#ifndef ENGINE_TUNER_DENSITY_H
#define ENGINE_TUNER_DENSITY_H

#include "engine/tuner/encode.h"
#include "engine/tuner/trials.h"

#include <stdbool.h>
#include <stddef.h>

struct density;

/* Of the learnt trials whose loss (losses, in their order) is at most `border`
 * (is_good), or above it. */
struct density *density_new(const struct encoding *encoding,
			    const struct trials *trials, const double *losses,
			    double border, bool is_good);
void density_free(struct density *density);
size_t density_width(const struct density *density); /* of a point */
/* The logarithm at the imputed point z. */
double density_log(const struct density *density, const double *z);

/* The value below or at which this share of the values lies. */
double density_quantile(const double *values, size_t count, double share);

#endif
