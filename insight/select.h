/* SPDX-License-Identifier: MIT */
/* Order statistics without sorting: C. A. R. Hoare, "Algorithm 65: find", 1961,
 * with pivots drawn by chance, so that no order of results makes it slow. */
#ifndef INSIGHT_SELECT_H
#define INSIGHT_SELECT_H

#include <stddef.h>

/* The k-th smallest (from 0) of count values, none of them NaN.  Their order
 * changes: afterwards none before k is greater, none behind it smaller. */
double select_smallest(double *values, size_t count, size_t k);
/* The value below which this part (0 to 1) lies, linear between the two nearest
 * as numpy's default is. */
double select_quantile(double *values, size_t count, double part);

#endif
