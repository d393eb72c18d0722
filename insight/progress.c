/* SPDX-License-Identifier: MIT */
/* Best so far, and regret. */
#include "insight/progress.h"

#include <math.h>

struct progress progress_follow(const double *values, size_t count,
				enum objective_mode mode, double *ret_best)
{
	struct progress progress = {.best = count};
	double best = NAN;

	for (size_t i = 0; i < count; i++) {
		double value = values[i];

		if (isfinite(value)) {
			progress.usable++;
			progress.since++;
			if (isnan(best) ||
			    (mode == OBJECTIVE_MAXIMIZE ? value > best
							: value < best)) {
				best = value;
				progress.best = i;
				progress.improvements++;
				progress.since = 0;
			}
		}
		if (ret_best)
			ret_best[i] = best;
	}
	return progress;
}

double progress_regret(double value, double optimum, enum objective_mode mode)
{
	return mode == OBJECTIVE_MAXIMIZE ? optimum - value : value - optimum;
}
