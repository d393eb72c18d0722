/* SPDX-License-Identifier: MIT */
/* Order statistics. */
#include "insight/select.h"

#include "base/random.h"

#include <stdint.h>

#define SEED 0x5e1ec7

double select_smallest(double *values, size_t count, size_t wanted)
{
	ptrdiff_t low = 0, high = (ptrdiff_t)count - 1;
	ptrdiff_t k = (ptrdiff_t)wanted;
	struct random random;

	random_seed(&random, SEED, count);
	while (low < high) {
		ptrdiff_t i = low, j = high;
		double pivot =
			values[low +
			       (ptrdiff_t)random_below(
				       &random, (uint64_t)(high - low + 1))];

		while (i <= j) {
			while (values[i] < pivot)
				i++;
			while (values[j] > pivot)
				j--;
			if (i <= j) {
				double swap = values[i];

				values[i++] = values[j];
				values[j--] = swap;
			}
		}
		if (k > j)
			low = i;
		if (k < i)
			high = j;
		if (k > j && k < i)
			break;
	}
	return values[k];
}

double select_quantile(double *values, size_t count, double part)
{
	double at = part * (double)(count - 1);
	size_t low = (size_t)at;
	double below = select_smallest(values, count, low), above;

	if (low + 1 >= count || at <= (double)low)
		return below;
	above = values[low + 1];
	for (size_t i = low + 2; i < count; i++)
		if (values[i] < above)
			above = values[i];
	return below + (at - (double)low) * (above - below);
}
