/* SPDX-License-Identifier: MIT */
/*
 * One parameter's suggestion, as NNI's TPE makes it since 2.6.
 *
 * The records come in two orders (tpe_history.h).  A walk along the losses
 * gives each its rank, and with it its group and its weight; a walk along the
 * values then fills both groups already sorted, as parzen_build wants them.
 * Counting equal values in the second walk serves categorical parameters the
 * same way, without an array of all options (a randint may have billions).
 */
#include "engine/tuner/tpe_draw.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

void tpe_draw_release(struct tpe_draw *draw)
{
	free(draw->ranks);
	free(draw->good_values);
	free(draw->good_weights);
	free(draw->bad_values);
	free(draw->bad_weights);
	parzen_release(&draw->good);
	parzen_release(&draw->bad);
	*draw = (struct tpe_draw){0};
}

static void reserve(struct tpe_draw *draw, size_t count)
{
	if (count <= draw->capacity)
		return;
	draw->capacity = 2 * count;
	count = draw->capacity;
	draw->ranks = xrealloc(draw->ranks, count * sizeof(*draw->ranks));
	count *= sizeof(double);
	draw->good_values = xrealloc(draw->good_values, count);
	draw->good_weights = xrealloc(draw->good_weights, count);
	draw->bad_values = xrealloc(draw->bad_values, count);
	draw->bad_weights = xrealloc(draw->bad_weights, count);
}

size_t tpe_good_count(const struct tpe_options *options, size_t count)
{
	double all = options->is_share ? (double)count : sqrt((double)count);
	double good = ceil(options->gamma * all);

	good = fmin(good, (double)options->linear_forgetting);
	return (size_t)fmin(good, (double)count);
}

double tpe_weight(const struct tpe_options *options, size_t count, size_t i)
{
	size_t flat = (size_t)options->linear_forgetting;
	double least = 1.0 / (double)count;
	size_t ramp;

	if (count < flat || i >= count - flat)
		return 1;
	ramp = count - flat;
	if (ramp == 1)
		return least;
	/* NNI lets the best of the bad, not the oldest, weigh the least */
	return least + (double)i * ((1 - least) / (double)(ramp - 1));
}

struct parzen_prior tpe_prior(const struct parameter *p, double weight)
{
	struct parzen_prior prior = {
		.mu = p->mu, .sigma = p->sigma, .weight = weight};

	if (parameter_is_normal(p))
		return prior;
	parameter_bounds(p, &prior.low, &prior.high);
	prior.mu = (prior.low + prior.high) * 0.5;
	prior.sigma = prior.high - prior.low;
	prior.is_clipped = true;
	return prior;
}

static void rank(struct tpe_draw *draw, const struct tpe_history_view *view)
{
	reserve(draw, view->count);
	for (size_t i = 0; i < view->count; i++)
		draw->ranks[view->by_loss[i]] = (uint32_t)i;
}

/* Model the good and the bad ones of a number. */
static void build(struct tpe_draw *draw, const struct tpe_options *options,
		  const struct parameter *p,
		  const struct tpe_history_view *view)
{
	struct parzen_prior prior = tpe_prior(p, options->prior_weight);
	size_t good_count = tpe_good_count(options, view->count);
	size_t bad_count = view->count - good_count;
	size_t good = 0, bad = 0;

	for (size_t i = 0; i < view->count; i++) {
		uint32_t record = view->by_value[i];
		size_t k = draw->ranks[record];

		if (k < good_count) {
			draw->good_values[good] = view->values[record];
			draw->good_weights[good++] =
				tpe_weight(options, good_count, k);
		} else {
			draw->bad_values[bad] = view->values[record];
			draw->bad_weights[bad++] =
				tpe_weight(options, bad_count, k - good_count);
		}
	}
	parzen_build(&draw->good, &prior, draw->good_values, draw->good_weights,
		     good);
	parzen_build(&draw->bad, &prior, draw->bad_values, draw->bad_weights,
		     bad);
}

static double draw_number(struct tpe_draw *draw,
			  const struct tpe_options *options,
			  const struct parameter *p,
			  const struct tpe_history_view *view,
			  struct random *random)
{
	double most = -INFINITY;
	double best = NAN;

	build(draw, options, p, view);
	/* Both densities should be divided by the share of their mixture that
	 * lies in bounds; that moves all candidates alike. */
	for (int64_t i = 0; i < options->candidates; i++) {
		double x = parzen_sample(&draw->good, random);
		double good_density = parzen_log_density(&draw->good, x);
		double gain;

		if (i == 0)
			best = x;
		/* most candidates are out at a glance */
		else if (good_density -
				 parzen_log_density_floor(&draw->bad, x) <=
			 most)
			continue;
		gain = good_density - parzen_log_density(&draw->bad, x);
		if (gain > most) {
			most = gain;
			best = x;
		}
	}
	return best;
}

/* Weights of the distinct values that occur: values in good_values, weights
 * in good_weights and bad_weights.  Returns how many. */
static size_t count_values(struct tpe_draw *draw,
			   const struct tpe_options *options,
			   const struct tpe_history_view *view)
{
	size_t good_count = tpe_good_count(options, view->count);
	size_t bad_count = view->count - good_count;
	size_t count = 0;

	for (size_t i = 0; i < view->count; i++) {
		uint32_t record = view->by_value[i];
		double value = view->values[record];
		size_t k = draw->ranks[record];

		if (!count || draw->good_values[count - 1] != value) {
			draw->good_values[count] = value;
			draw->good_weights[count] = 0;
			draw->bad_weights[count++] = 0;
		}
		if (k < good_count)
			draw->good_weights[count - 1] +=
				tpe_weight(options, good_count, k);
		else
			draw->bad_weights[count - 1] +=
				tpe_weight(options, bad_count, k - good_count);
	}
	return count;
}

static double sum(const double *values, size_t count)
{
	double total = 0;

	for (size_t i = 0; i < count; i++)
		total += values[i];
	return total;
}

/* Index of a value among ascending ones, or count. */
static size_t find(const double *values, size_t count, double value)
{
	size_t from = 0;
	size_t to = count;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (values[middle] < value)
			from = middle + 1;
		else
			to = middle;
	}
	return from < count && values[from] == value ? from : count;
}

static double draw_option(struct tpe_draw *draw,
			  const struct tpe_options *options,
			  const struct parameter *p,
			  const struct tpe_history_view *view,
			  struct random *random)
{
	double prior = options->prior_weight;
	double prior_sum = prior * (double)p->option_count;
	size_t count = count_values(draw, options, view);
	double good_sum = sum(draw->good_weights, count);
	double bad_sum = sum(draw->bad_weights, count);
	double most = -INFINITY;
	double best = NAN;

	for (int64_t i = 0; i < options->candidates; i++) {
		double left = random_unit(random) * (good_sum + prior_sum);
		double value, good, bad, gain;
		size_t k = 0;

		/* the values that were good, then the prior over all */
		while (k < count && left >= draw->good_weights[k])
			left -= draw->good_weights[k++];
		if (k < count) {
			value = draw->good_values[k];
		} else if (prior > 0) {
			value = fmin(floor(left / prior),
				     (double)p->option_count - 1);
			k = find(draw->good_values, count, value);
		} else { /* only rounding leads here */
			value = parameter_sample(p, random);
			k = find(draw->good_values, count, value);
		}
		good = (k < count ? draw->good_weights[k] : 0) + prior;
		bad = (k < count ? draw->bad_weights[k] : 0) + prior;
		gain = log(good / (good_sum + prior_sum)) -
		       log(bad / (bad_sum + prior_sum));
		if (i == 0)
			best = value;
		if (gain > most) {
			most = gain;
			best = value;
		}
	}
	return best;
}

double tpe_draw(struct tpe_draw *draw, const struct tpe_options *options,
		const struct parameter *p, const struct tpe_history_view *view,
		struct random *random)
{
	if (!view->count || view->count < (size_t)options->startup_jobs)
		return parameter_sample(p, random);
	rank(draw, view);
	if (parameter_is_categorical(p))
		return draw_option(draw, options, p, view, random);
	return draw_number(draw, options, p, view, random);
}

bool tpe_densities(struct tpe_draw *draw, const struct tpe_options *options,
		   const struct parameter *p,
		   const struct tpe_history_view *view, const double *internal,
		   size_t n, double *ret_good, double *ret_bad)
{
	double prior = options->prior_weight;
	double prior_sum = prior * (double)p->option_count;
	size_t count;

	if (!view->count || view->count < (size_t)options->startup_jobs)
		return false;
	rank(draw, view);
	if (!parameter_is_categorical(p)) {
		build(draw, options, p, view);
		for (size_t i = 0; i < n; i++) {
			ret_good[i] = exp(parzen_log_density(&draw->good,
							     internal[i])) /
				      parzen_accepted(&draw->good);
			ret_bad[i] = exp(parzen_log_density(&draw->bad,
							    internal[i])) /
				     parzen_accepted(&draw->bad);
		}
		return true;
	}
	count = count_values(draw, options, view);
	for (size_t i = 0; i < n; i++) {
		size_t k = find(draw->good_values, count, internal[i]);

		ret_good[i] =
			((k < count ? draw->good_weights[k] : 0) + prior) /
			(sum(draw->good_weights, count) + prior_sum);
		ret_bad[i] = ((k < count ? draw->bad_weights[k] : 0) + prior) /
			     (sum(draw->bad_weights, count) + prior_sum);
	}
	return true;
}
