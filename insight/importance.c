/* SPDX-License-Identifier: MIT */
/* PED-ANOVA over counts that follow the trials. */
#include "insight/importance.h"

#include "base/mem.h"
#include "base/random.h"
#include "insight/density.h"
#include "insight/select.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ACTIVE_LEAST 2 /* trials that have a parameter, to look at it */
#define CHANCE_SEED 0x1a5ead

struct importance {
	const struct observations *all;
	double sign; /* -1: more is better */
	double quantile, region;
	bool against_space;
	uint8_t *sets; /* of each row */
	size_t known;  /* rows that have one */
	size_t best_count, all_count;
	double border;	 /* loss */
	size_t *offsets; /* of each axis in the counts */
	uint32_t *best_counts, *all_counts;
	size_t cells; /* of all axes */
	size_t cells_most;
};

struct importance *importance_new(const struct observations *all,
				  enum objective_mode mode, double quantile,
				  double region)
{
	struct importance *importance = xcalloc(1, sizeof(*importance));
	size_t width = all->space->count;

	importance->all = all;
	importance->sign = mode == OBJECTIVE_MAXIMIZE ? -1 : 1;
	importance->quantile = quantile;
	importance->region = region;
	importance->border = NAN;
	importance->offsets = xcalloc(width + 1, sizeof(size_t));
	for (size_t i = 0; i < width; i++) {
		size_t cells = all->axes[i].cells;

		importance->offsets[i] = importance->cells;
		importance->cells += cells;
		if (cells > importance->cells_most)
			importance->cells_most = cells;
	}
	importance->best_counts =
		xcalloc(importance->cells + 1, sizeof(uint32_t));
	importance->all_counts =
		xcalloc(importance->cells + 1, sizeof(uint32_t));
	return importance;
}

void importance_against_space(struct importance *importance, bool is_so)
{
	importance->against_space = is_so;
}

void importance_free(struct importance *importance)
{
	if (!importance)
		return;
	free(importance->sets);
	free(importance->offsets);
	free(importance->best_counts);
	free(importance->all_counts);
	free(importance);
}

/* The loss of the last trial that is among the best part of them. */
static double find_border(double part, double *losses, size_t count)
{
	double rank;

	if (!count)
		return -INFINITY;
	if (part >= 1)
		return INFINITY;
	rank = ceil(part * (double)count) - 1;
	return select_smallest(losses, count, rank > 0 ? (size_t)rank : 0);
}

static void count_row(const struct importance *importance, size_t row,
		      uint32_t *counts, int by)
{
	const struct observations *all = importance->all;

	for (size_t i = 0; i < all->space->count; i++) {
		uint16_t level = observations_level(all, row, i);

		if (level != LEVEL_NONE)
			counts[importance->offsets[i] +
			       axis_cell(&all->axes[i], level)] += (uint32_t)by;
	}
}

static void move_row(struct importance *importance, size_t row, unsigned sets)
{
	unsigned changed = importance->sets[row] ^ sets;

	if (changed & IN_REGION) {
		int by = sets & IN_REGION ? 1 : -1;

		importance->all_count += (size_t)by;
		count_row(importance, row, importance->all_counts, by);
	}
	if (changed & IN_BEST) {
		int by = sets & IN_BEST ? 1 : -1;

		importance->best_count += (size_t)by;
		count_row(importance, row, importance->best_counts, by);
	}
	importance->sets[row] = (uint8_t)sets;
}

void importance_update(struct importance *importance)
{
	const struct observations *all = importance->all;
	double *losses = xcalloc(all->usable + 1, sizeof(double));
	double best, region;
	size_t n = 0;

	importance->sets = xrealloc(importance->sets, all->count + 1);
	memset(importance->sets + importance->known, 0,
	       all->count - importance->known);
	importance->known = all->count;
	for (size_t row = 0; row < all->count; row++)
		if (isfinite(all->values[row]))
			losses[n++] = importance->sign * all->values[row];
	best = find_border(importance->quantile, losses, n);
	region = find_border(importance->region, losses, n);
	free(losses);
	importance->border = n ? best : NAN;
	for (size_t row = 0; row < all->count; row++) {
		double loss = importance->sign * all->values[row];
		unsigned sets = 0;

		if (isfinite(loss) && loss <= region)
			sets |= IN_REGION;
		if (isfinite(loss) && loss <= best)
			sets |= IN_BEST;
		if (sets != importance->sets[row])
			move_row(importance, row, sets);
	}
}

static size_t sum(const uint32_t *counts, size_t cells)
{
	size_t total = 0;

	for (size_t i = 0; i < cells; i++)
		total += counts[i];
	return total;
}

/* What the best are compared with. */
static void estimate_all(const struct importance *importance, size_t parameter,
			 double *density)
{
	const struct axis *axis = &importance->all->axes[parameter];

	if (importance->against_space)
		axis_spread(axis,
			    &importance->all->space->parameters[parameter],
			    density);
	else
		density_estimate(
			importance_counts(importance, parameter, IN_REGION),
			axis->cells, axis->is_categorical, density);
}

/* The divergence of one set's density from the region's, scaled; `all` are the
 * region's densities, by the axes' offsets; best: room for one. */
static double value_of(const struct importance *importance, size_t parameter,
		       const uint32_t *counts, const double *all, double *best)
{
	const struct axis *axis = &importance->all->axes[parameter];
	size_t offset = importance->offsets[parameter];
	size_t in_best = sum(counts, axis->cells);
	size_t in_all = sum(importance->all_counts + offset, axis->cells);
	double gamma, alpha, beta;

	if (axis->cells < 2 || !in_best || in_all < ACTIVE_LEAST ||
	    importance->all_count < 2)
		return 0;
	density_estimate(counts, axis->cells, axis->is_categorical, best);
	gamma = importance_gamma(importance);
	alpha = (double)in_best / (double)importance->best_count;
	beta = (double)in_all / (double)importance->all_count;
	return gamma * gamma * alpha * alpha / beta *
	       density_divergence(best, all + offset, axis->cells);
}

/* Rows of the region, so that some can be picked. */
static size_t list_region(const struct importance *importance, uint32_t *rows)
{
	size_t n = 0;

	for (size_t row = 0; row < importance->known; row++)
		if (importance->sets[row] & IN_REGION)
			rows[n++] = (uint32_t)row;
	return n;
}

/* What random sets of the same size give. */
static void add_chance(const struct importance *importance, unsigned rounds,
		       const double *all, double *best,
		       struct parameter_importance *items)
{
	uint32_t *rows = xcalloc(importance->known + 1, sizeof(uint32_t));
	uint32_t *counts = xcalloc(importance->cells + 1, sizeof(uint32_t));
	size_t n = list_region(importance, rows);
	struct random random;

	random_seed(&random, CHANCE_SEED, n);
	for (unsigned round = 0; round < rounds; round++) {
		memset(counts, 0, importance->cells * sizeof(*counts));
		for (size_t i = 0; i < importance->best_count; i++) {
			size_t at = i + random_below(&random, n - i);
			uint32_t row = rows[at];

			rows[at] = rows[i];
			rows[i] = row;
			count_row(importance, row, counts, 1);
		}
		for (size_t i = 0; i < importance->all->space->count; i++) {
			double value = value_of(importance, i,
						counts + importance->offsets[i],
						all, best);

			items[i].chance += value / rounds;
			if (value > items[i].chance_high)
				items[i].chance_high = value;
		}
	}
	free(counts);
	free(rows);
}

static int compare(const void *a, const void *b)
{
	const struct parameter_importance *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? 1 : -1;
	return x->parameter < y->parameter ? -1 : 1;
}

void importance_rank(const struct importance *importance, unsigned rounds,
		     struct parameter_importance *ret)
{
	size_t width = importance->all->space->count;
	double *all = xcalloc(importance->cells + 1, sizeof(double));
	double *best = xcalloc(importance->cells_most + 1, sizeof(double));
	double total = 0;

	for (size_t i = 0; i < width; i++) {
		size_t cells = importance->all->axes[i].cells;
		const uint32_t *in_best =
			importance_counts(importance, i, IN_BEST);
		const uint32_t *in_all =
			importance_counts(importance, i, IN_REGION);

		estimate_all(importance, i, all + importance->offsets[i]);
		ret[i] = (struct parameter_importance){
			.parameter = i,
			.best = sum(in_best, cells),
			.all = sum(in_all, cells),
			.value = value_of(importance, i, in_best, all, best),
		};
		total += ret[i].value;
	}
	for (size_t i = 0; total > 0 && i < width; i++)
		ret[i].share = ret[i].value / total;
	if (rounds && importance->best_count)
		add_chance(importance, rounds, all, best, ret);
	qsort(ret, width, sizeof(*ret), compare);
	free(all);
	free(best);
}

size_t importance_best_count(const struct importance *importance)
{
	return importance->best_count;
}

size_t importance_all_count(const struct importance *importance)
{
	return importance->all_count;
}

double importance_border(const struct importance *importance)
{
	return importance->sign * importance->border;
}

double importance_gamma(const struct importance *importance)
{
	return importance->all_count ? (double)importance->best_count /
					       (double)importance->all_count
				     : 0;
}

double importance_variance(const struct importance *importance)
{
	double gamma = importance_gamma(importance);

	return gamma - gamma * gamma;
}

const struct observations *
importance_observations(const struct importance *importance)
{
	return importance->all;
}

unsigned importance_sets(const struct importance *importance, size_t row)
{
	return row < importance->known ? importance->sets[row] : 0;
}

const uint32_t *importance_counts(const struct importance *importance,
				  size_t parameter, enum importance_set set)
{
	return (set == IN_BEST ? importance->best_counts
			       : importance->all_counts) +
	       importance->offsets[parameter];
}
