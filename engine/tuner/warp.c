/* SPDX-License-Identifier: MIT */
/* Yeo-Johnson by a search over the power: its likelihood has one hill. */
#include "engine/tuner/warp.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A bad result counts as at most so many times as far from the median as the
 * best one is. */
#define CAP_RATIO 20.0
#define POWER_LEAST (-1.0)
#define POWER_MOST 2.0

static int compare(const void *a, const void *b)
{
	const double *p = a;
	const double *q = b;

	return (*p > *q) - (*p < *q);
}

static double power_transform(double y, double power)
{
	if (y >= 0)
		return fabs(power) < 1e-9 ? log1p(y)
					  : expm1(power * log1p(y)) / power;
	power = 2 - power;
	return fabs(power) < 1e-9 ? -log1p(-y)
				  : -expm1(power * log1p(-y)) / power;
}

static void moments(const double *y, size_t count, double power, double *mean,
		    double *deviation)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < count; i++)
		sum += power_transform(y[i], power);
	*mean = sum / (double)count;
	for (size_t i = 0; i < count; i++) {
		double d = power_transform(y[i], power) - *mean;

		squares += d * d;
	}
	*deviation = sqrt(squares / (double)count);
}

static double log_likelihood(const double *y, size_t count, double power)
{
	double mean, deviation;
	double jacobian = 0;

	moments(y, count, power, &mean, &deviation);
	for (size_t i = 0; i < count; i++)
		jacobian += copysign(log1p(fabs(y[i])), y[i]);
	return -(double)count * log(fmax(deviation, 1e-12)) +
	       (power - 1) * jacobian;
}

static double best_power(const double *y, size_t count)
{
	const double golden = 0.61803398874989484820;
	double low = POWER_LEAST, high = POWER_MOST;
	double a = high - golden * (high - low);
	double b = low + golden * (high - low);
	double at_a = log_likelihood(y, count, a);
	double at_b = log_likelihood(y, count, b);

	while (high - low > 0.01) {
		if (at_a > at_b) {
			high = b;
			b = a;
			at_b = at_a;
			a = high - golden * (high - low);
			at_a = log_likelihood(y, count, a);
		} else {
			low = a;
			a = b;
			at_a = at_b;
			b = low + golden * (high - low);
			at_b = log_likelihood(y, count, b);
		}
	}
	return (low + high) / 2;
}

struct warp warp_fit(const double *losses, size_t count, bool is_straight)
{
	struct warp warp = {0, 1, INFINITY, 1, 0, 1};
	double *y = xcalloc(count + 1, sizeof(*y));
	double mean = 0, squares = 0, median;

	if (count)
		memcpy(y, losses, count * sizeof(*y));
	qsort(y, count, sizeof(*y), compare);
	if (count < 2 || y[0] == y[count - 1]) {
		warp.centre = count ? y[0] : 0;
		free(y);
		return warp;
	}
	median = y[count / 2];
	if (median > y[0])
		warp.cap = median + CAP_RATIO * (median - y[0]);
	for (size_t i = 0; i < count; i++) {
		y[i] = fmin(y[i], warp.cap);
		mean += y[i] / (double)count;
	}
	for (size_t i = 0; i < count; i++)
		squares += (y[i] - mean) * (y[i] - mean);
	warp.centre = mean;
	warp.scale = sqrt(squares / (double)count);
	if (!(warp.scale > 0 && isfinite(warp.scale)))
		warp.scale = 1;
	for (size_t i = 0; i < count; i++)
		y[i] = (y[i] - warp.centre) / warp.scale;
	if (count >= 5 && !is_straight)
		warp.power = best_power(y, count);
	moments(y, count, warp.power, &warp.mean, &warp.deviation);
	if (!(warp.deviation > 1e-12))
		warp.deviation = 1;
	free(y);
	return warp;
}

double warp_apply(const struct warp *warp, double loss)
{
	double y = (fmin(loss, warp->cap) - warp->centre) / warp->scale;

	return (power_transform(y, warp->power) - warp->mean) / warp->deviation;
}

double warp_log_slope(const struct warp *warp, double loss)
{
	double y = (fmin(loss, warp->cap) - warp->centre) / warp->scale;

	return (warp->power - 1) * copysign(log1p(fabs(y)), y) -
	       log(warp->deviation * warp->scale);
}

double warp_invert(const struct warp *warp, double warped)
{
	double t = warped * warp->deviation + warp->mean;
	double power = t >= 0 ? warp->power : 2 - warp->power;
	double y = fabs(t);

	/* powers of either side are bounded where the exponent is negative */
	if (power < 0)
		y = fmin(y, -0.999999 / power);
	y = fabs(power) < 1e-9 ? expm1(y) : expm1(log1p(power * y) / power);
	return copysign(y, t) * warp->scale + warp->centre;
}
