/* SPDX-License-Identifier: MIT */
/* Mean, spread and ranks. */
#include "engine/sandbox/statistics.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Linear between the two values around it. */
static double quantile(const double *sorted, size_t count, double share)
{
	double at = share * (double)(count - 1);
	size_t low = (size_t)at;
	double part = at - (double)low;

	if (low + 1 >= count)
		return sorted[count - 1];
	return sorted[low] + part * (sorted[low + 1] - sorted[low]);
}

struct statistics statistics_of(double *values, size_t count)
{
	struct statistics ret = {0};

	qsort(values, count, sizeof(*values), compare);
	for (size_t i = 0; i < count; i++)
		ret.mean += values[i] / (double)count;
	for (size_t i = 0; i < count; i++)
		ret.deviation +=
			(values[i] - ret.mean) * (values[i] - ret.mean);
	ret.deviation =
		count > 1 ? sqrt(ret.deviation / (double)(count - 1)) : 0;
	ret.median = quantile(values, count, 0.5);
	ret.low = quantile(values, count, 0.25);
	ret.high = quantile(values, count, 0.75);
	return ret;
}

void statistics_ranks(const double *values, size_t count, double *ret_ranks)
{
	for (size_t i = 0; i < count; i++) {
		size_t less = 0, equal = 0;

		for (size_t k = 0; k < count; k++) {
			less += values[k] < values[i];
			equal += values[k] == values[i];
		}
		ret_ranks[i] = (double)less + ((double)equal + 1) / 2;
	}
}
