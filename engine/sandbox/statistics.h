/* SPDX-License-Identifier: MIT */
/* What many runs say together. */
#ifndef ENGINE_SANDBOX_STATISTICS_H
#define ENGINE_SANDBOX_STATISTICS_H

#include <stddef.h>

struct statistics {
	double mean, deviation;	  /* of a sample: n - 1 */
	double median, low, high; /* low, high: quartiles */
};

/* count > 0; sorts the values. */
struct statistics statistics_of(double *values, size_t count);
/* Ranks from 1 on, equal ones share their mean. */
void statistics_ranks(const double *values, size_t count, double *ret_ranks);

#endif
