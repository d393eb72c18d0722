/* SPDX-License-Identifier: MIT */
/* Lines through the best point. */
#include "engine/tuner/along.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

void along_point(const struct encoding *encoding, const double *x,
		 size_t parameter, double internal, double *point,
		 double *ret_x)
{
	const struct space *space = encoding->space;
	size_t child = parameter;

	encoding_decode(encoding, x, point);
	while (space->parameters[child].parent >= 0) {
		const struct parameter *p = &space->parameters[child];

		point[p->parent] = p->parent_option;
		child = (size_t)p->parent;
	}
	if (!space_is_active(space, point, parameter))
		return; /* cannot be: all its parents were asked */
	/* leave out what ceased to be active, fill in what began to be */
	for (size_t i = 0; i < space->count; i++)
		if (!space_is_active(space, point, i))
			point[i] = NAN;
	encoding_encode(encoding, point, ret_x);
	encoding_decode(encoding, ret_x, point);
	point[parameter] = internal;
	/* its own children follow it */
	encoding_encode(encoding, point, ret_x);
	encoding_decode(encoding, ret_x, point);
	point[parameter] = internal;
	encoding_encode(encoding, point, ret_x);
}

bool along_gp(const struct tuner_base *base, struct gp_model *model,
	      size_t parameter, const double *internal, size_t n,
	      double *ret_mean, double *ret_spread)
{
	double sign = base->trials.is_maximizing ? -1 : 1;
	struct gp_belief belief;
	double *point, *x;

	if (!gp_model_believe(model, base->seed, 1, &belief)) {
		gp_belief_release(&belief);
		return false;
	}
	point = xcalloc(2 * base->space->count, sizeof(double));
	x = point + base->space->count;
	for (size_t i = 0; i < n; i++) {
		double mean, variance, deviation;

		along_point(base->encoding, belief.starts, parameter,
			    internal[i], point, x);
		encoding_impute(base->encoding, x, x);
		gp_predict(belief.gp, x, &mean, &variance);
		deviation = sqrt(variance);
		ret_mean[i] = sign * warp_invert(&belief.warp, mean);
		ret_spread[i] = (warp_invert(&belief.warp, mean + deviation) -
				 warp_invert(&belief.warp, mean - deviation)) /
				2;
	}
	free(point);
	gp_belief_release(&belief);
	return true;
}
