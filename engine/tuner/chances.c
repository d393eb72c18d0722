/* SPDX-License-Identifier: MIT */
/* Probabilities of options. */
#include "engine/tuner/chances.h"

#include <math.h>

void chances_even(double *chances, size_t levels)
{
	for (size_t k = 0; k < levels; k++)
		chances[k] = 1 / (double)levels;
}

double chances_draw(const double *chances, size_t levels, struct random *random)
{
	double left = random_unit(random);
	size_t k = 0;

	while (k + 1 < levels && left >= chances[k])
		left -= chances[k++];
	return (double)k;
}

void chances_learn(double *chances, size_t levels, const double *options,
		   size_t generation)
{
	size_t mu = generation / 2;
	double least = 1 / ((double)generation * (double)levels);
	double rate = (double)mu / (double)(mu + levels + 5);
	double total = 0, sum = 0;

	for (size_t k = 0; k < mu; k++)
		total += log((double)mu + 1) - log((double)k + 1);
	for (size_t k = 0; k < mu; k++) {
		double weight = rate / total *
				(log((double)mu + 1) - log((double)k + 1));

		if (isnan(options[k]))
			continue;
		for (size_t j = 0; j < levels; j++)
			chances[j] *= 1 - weight;
		chances[(size_t)options[k]] += weight;
	}
	for (size_t j = 0; j < levels; j++) {
		chances[j] = fmax(chances[j], least);
		sum += chances[j];
	}
	for (size_t j = 0; j < levels; j++)
		chances[j] /= sum;
}

void chances_favour(double *chances, size_t levels, size_t option)
{
	for (size_t k = 0; k < levels; k++)
		chances[k] = 0.5 / (double)levels;
	chances[option] += 0.5;
}
