/* SPDX-License-Identifier: MIT */
/* Densities of the good and the bad, and draws from them. */
#include "engine/tuner/bohb_model.h"

#include "base/mem.h"
#include "engine/tuner/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of more results the best and those next to them are rows. */
#define ROWS_MAX 1000
/* Densities below this are as good as this. */
#define LOG_LEAST (-73.682722994145846) /* ln 1e-32 */

struct ranked {
	double budget, standing;
	size_t trial;
};

void bohb_model_init(struct bohb_model *model, const struct encoding *encoding,
		     const struct bohb_options *options)
{
	const struct space *space = encoding->space;

	*model = (struct bohb_model){.encoding = encoding, .options = *options};
	model->levels = xcalloc(encoding->count + 1, sizeof(*model->levels));
	/* to be inactive is one more */
	for (size_t i = 0; i < encoding->count; i++)
		if (encoding->dimensions[i].kind == ENCODING_CATEGORY)
			model->levels[i] = encoding->dimensions[i].levels +
					   (space->parameters[i].parent >= 0);
}

static void forget(struct bohb_model *model)
{
	kde_release(&model->good);
	kde_release(&model->bad);
	free(model->good_points);
	free(model->good_rows);
	free(model->bad_rows);
	model->good_points = model->good_rows = model->bad_rows = NULL;
	model->budget = 0;
}

void bohb_model_release(struct bohb_model *model)
{
	forget(model);
	free(model->levels);
}

/* The largest budget first, in it the best. */
static int compare(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	if (a->budget != b->budget)
		return a->budget > b->budget ? -1 : 1;
	if (a->standing != b->standing)
		return a->standing < b->standing ? -1 : 1;
	return (a->trial > b->trial) - (a->trial < b->trial);
}

static size_t at_least(const struct bohb_model *model, double share,
		       size_t count)
{
	size_t wanted = (size_t)(share * (double)count + 1e-9);

	return wanted > model->options.points_least
		       ? wanted
		       : model->options.points_least;
}

static double *encode_rows(const struct bohb_model *model,
			   const struct trials *trials,
			   const struct ranked *ranked, size_t count,
			   double **ret_points)
{
	size_t width = model->encoding->count;
	double *points = xcalloc(count * width + 1, sizeof(*points));
	double *rows = xcalloc(count * width + 1, sizeof(*rows));

	for (size_t i = 0; i < count; i++) {
		encoding_encode(model->encoding,
				trials_point(trials, ranked[i].trial),
				points + i * width);
		encoding_impute(model->encoding, points + i * width,
				rows + i * width);
	}
	if (ret_points)
		*ret_points = points;
	else
		free(points);
	return rows;
}

/* Of `count` results of one budget, best first; false: they are too few. */
static bool build(struct bohb_model *model, const struct trials *trials,
		  const struct ranked *ranked, size_t count)
{
	size_t width = model->encoding->count;
	size_t good = at_least(model, model->options.top_share, count);
	size_t bad = at_least(model, 1 - model->options.top_share, count);

	if (good > count)
		return false;
	if (bad > count - good)
		bad = count - good;
	if (good <= width || bad <= width)
		return false;
	good = good < ROWS_MAX ? good : ROWS_MAX;
	bad = bad < ROWS_MAX ? bad : ROWS_MAX;
	model->good_rows =
		encode_rows(model, trials, ranked, good, &model->good_points);
	model->bad_rows = encode_rows(model, trials, ranked + good, bad, NULL);
	kde_init(&model->good, width, model->levels, model->good_rows, good,
		 model->options.bandwidth_least);
	kde_init(&model->bad, width, model->levels, model->bad_rows, bad,
		 model->options.bandwidth_least);
	model->budget = ranked[0].budget;
	return true;
}

bool bohb_model_update(struct bohb_model *model, const struct trials *trials)
{
	struct ranked *ranked;
	size_t count = trials->learnt_count, size;
	bool found = false;

	if (model->learnt == count && model->revision == trials->revision)
		return model->budget > 0;
	model->learnt = count;
	model->revision = trials->revision;
	forget(model);
	ranked = xcalloc(count + 1, sizeof(*ranked));
	for (size_t i = 0; i < count; i++) {
		const struct told_trial *trial =
			&trials->items[trials->learnt[i]];

		ranked[i] = (struct ranked){trial->budget, trial->standing,
					    trials->learnt[i]};
	}
	qsort(ranked, count, sizeof(*ranked), compare);
	for (size_t from = 0; from < count && !found; from += size) {
		for (size = 1;
		     from + size < count &&
		     ranked[from + size].budget == ranked[from].budget;
		     size++)
			;
		found = ranked[from].budget > 0 &&
			build(model, trials, ranked + from, size);
	}
	free(ranked);
	return found;
}

/* ---- draws -----------------------------------------------------------------
 */

/* A normal deviate that lies in [0, 1]; so does its mean. */
static double draw_number(double mean, double deviation, struct random *random)
{
	double low = normal_cdf(-mean / deviation);
	double high = normal_cdf((1 - mean) / deviation);
	double u = low + (high - low) * random_unit(random);

	if (!(u > 0 && u < 1))
		return mean;
	return fmin(fmax(mean + deviation * normal_quantile(u), 0), 1);
}

static void draw_around(const struct bohb_model *model, const double *good,
			struct random *random, double *ret_x)
{
	const struct encoding *encoding = model->encoding;

	for (size_t i = 0; i < encoding->count; i++) {
		double h = fmax(model->good.bandwidths[i],
				model->options.bandwidth_least);

		ret_x[i] = NAN;
		if (!encoding_is_active(encoding, ret_x, i))
			continue;
		if (isnan(good[i]))
			ret_x[i] = encoding_from_unit(encoding, i,
						      random_unit(random));
		else if (!model->levels[i])
			ret_x[i] = encoding_snap(
				encoding, i,
				draw_number(good[i],
					    model->options.bandwidth_factor * h,
					    random));
		else if (random_unit(random) < 1 - model->good.bandwidths[i])
			ret_x[i] = good[i];
		else
			ret_x[i] = (double)random_below(
				random, encoding->dimensions[i].levels);
	}
}

void bohb_model_draw(const struct bohb_model *model, struct random *random,
		     double *ret_x)
{
	size_t width = model->encoding->count;
	double *x = xcalloc(2 * width + 1, sizeof(*x));
	double *z = x + width;
	double best = -INFINITY;

	for (size_t k = 0; k < model->options.samples; k++) {
		size_t row = random_below(random, model->good.count);
		double gain;

		draw_around(model, model->good_points + row * width, random, x);
		encoding_impute(model->encoding, x, z);
		gain = fmax(kde_log(&model->good, z), LOG_LEAST) -
		       fmax(kde_log(&model->bad, z), LOG_LEAST);
		if (!(gain > best))
			continue;
		best = gain;
		memcpy(ret_x, x, width * sizeof(*x));
	}
	free(x);
}
