/* SPDX-License-Identifier: MIT */
/* The normal distribution, tails included. */
#include "engine/tuner/normal.h"

#include <float.h>
#include <math.h>

#define LOG_SQRT_2PI 0.91893853320467274178
/* Below this the tails' series are exact to ten digits. */
#define TAIL (-15.0)

double normal_density(double z)
{
	return exp(-z * z / 2) * (M_SQRT1_2 * M_2_SQRTPI / 2);
}

double normal_cdf(double z)
{
	return 0.5 * erfc(-z * M_SQRT1_2);
}

double normal_quantile(double x)
{
	double tail = x < 0.5 ? x : 1 - x;
	double t, z;

	if (x == 0.5)
		return 0;
	/* Hastings' approximation, then Halley's steps to full precision */
	t = sqrt(-2 * log(tail));
	z = (2.515517 + t * (0.802853 + t * 0.010328)) /
		    (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
	    t;
	for (int i = 0; i < 4; i++) {
		double excess = normal_cdf(z) - tail;
		double slope = normal_density(z);
		double step;

		if (slope < DBL_MIN)
			break; /* beyond what doubles can tell */
		step = excess / slope;
		z -= step / (1 + z * step / 2);
	}
	return x < 0.5 ? z : -z;
}

/* Phi(z) = phi(z)/|z| times this, far below 0. */
static double cdf_series(double z)
{
	double w = 1 / (z * z);

	return 1 - w * (1 - 3 * w * (1 - 5 * w * (1 - 7 * w * (1 - 9 * w))));
}

/* h(z) = phi(z)/z^2 times this, far below 0. */
static double gain_series(double z)
{
	double w = 1 / (z * z);

	return 1 - w * (3 - w * (15 - w * (105 - w * (945 - w * 10395))));
}

double normal_log_cdf(double z, double *ret_slope)
{
	double cdf;

	if (z < TAIL) {
		double series = cdf_series(z);

		*ret_slope = -z / series;
		return -z * z / 2 - LOG_SQRT_2PI - log(-z) + log(series);
	}
	cdf = normal_cdf(z);
	*ret_slope = normal_density(z) / cdf;
	return log(cdf);
}

double normal_log_gain(double z, double *ret_slope)
{
	double gain, cdf;

	if (z < TAIL) {
		double series = gain_series(z);

		*ret_slope = -z * cdf_series(z) / series;
		return -z * z / 2 - LOG_SQRT_2PI - 2 * log(-z) + log(series);
	}
	cdf = normal_cdf(z);
	gain = normal_density(z) + z * cdf;
	*ret_slope = cdf / gain;
	return log(gain);
}
