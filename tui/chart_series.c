/* SPDX-License-Identifier: MIT */
/* What one can ask of a series without drawing it. */
#include "tui/chart.h"

#include <math.h>

double chart_x_of(const struct chart_series *series, size_t i)
{
	return series->x ? series->x[i] : (double)i;
}

void chart_best_so_far(const double *y, size_t count, bool is_minimized,
		       double *ret_best)
{
	double best = NAN;

	for (size_t i = 0; i < count; i++) {
		if (isfinite(y[i]) &&
		    (isnan(best) || (is_minimized ? y[i] < best : y[i] > best)))
			best = y[i];
		ret_best[i] = best;
	}
}

size_t chart_nearest(const struct chart_series *series, double x)
{
	size_t nearest = series->count;
	double least = INFINITY;

	for (size_t i = 0; i < series->count; i++) {
		double far = fabs(chart_x_of(series, i) - x);

		if (isfinite(series->y[i]) && far < least) {
			least = far;
			nearest = i;
		}
	}
	return nearest;
}
