/* SPDX-License-Identifier: MIT */
/* Points along one parameter, for what a tuner believes of it. */
#ifndef ENGINE_TUNER_ALONG_H
#define ENGINE_TUNER_ALONG_H

#include "engine/tuner/base.h"
#include "engine/tuner/gp_model.h"

/* The encoded point x with another internal value of one parameter.  Where that
 * is not active at x its parents take the options it needs, and what else gets
 * active by that lies in the middle of its range.  point: room for
 * encoding->count; ret_x too, with NaN where nothing is active. */
void along_point(const struct encoding *encoding, const double *x,
		 size_t parameter, double internal, double *point,
		 double *ret_x);
/* As tuner_ops.slice, of a Gaussian process, through the best point. */
bool along_gp(const struct tuner_base *base, struct gp_model *model,
	      size_t parameter, const double *internal, size_t n,
	      double *ret_mean, double *ret_spread);

#endif
