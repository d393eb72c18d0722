/* SPDX-License-Identifier: MIT */
/* Steps in the space, by the kind of parameter. */
#include "engine/tuner/perturb.h"

#include <math.h>

#define LEAST_POSITIVE 1e-10 /* where a logarithm follows */

static double clamp(double value, double low, double high)
{
	return fmin(fmax(value, low), high);
}

/* To the next multiple of q above or below what the trial was given. */
static double step_quantised(const struct parameter *p, double value, int sign)
{
	double final = parameter_final(p, value);
	double next = (rint(final / p->q) + sign) * p->q;

	if (!parameter_is_normal(p))
		next = clamp(next, p->low, p->high);
	if (!parameter_is_log(p))
		return next;
	return log(fmax(next, LEAST_POSITIVE));
}

static double step(const struct parameter *p, double value, double factor,
		   int sign)
{
	double low, high;

	if (parameter_is_categorical(p))
		return clamp(value + sign, 0, (double)p->option_count - 1);
	if (p->q > 0)
		return step_quantised(p, value, sign);
	if (parameter_is_normal(p)) /* of the logarithm, where it is one */
		return value + sign * p->sigma * factor;
	parameter_bounds(p, &low, &high);
	return clamp(value + sign * (high - low) * factor, low, high);
}

void perturb(const struct space *space, const struct perturbation *how,
	     struct random *random, double *point)
{
	for (size_t i = 0; i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];

		if (!space_is_active(space, point, i))
			point[i] = NAN;
		else if (isnan(point[i]) ||
			 random_unit(random) < how->resample_probability)
			point[i] = parameter_sample(p, random);
		else
			point[i] = step(p, point[i], how->factor,
					random_unit(random) < 0.5 ? 1 : -1);
	}
}
