/* SPDX-License-Identifier: MIT */
/* What two parameters explain together, and neither alone. */
#include "insight/importance.h"

#include "base/mem.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BINS_MAX 8
#define PER_CELL 8   /* of the best trials in a pair of bins, on average */
#define BEST_LEAST 8 /* with both parameters, to say anything */
#define SHUFFLE_SEED 0x5b0ff1e

/* A parameter's cells, put together so that its bins hold as many trials each;
 * of options that are many, each bin has several that need not be alike. */
struct bins {
	uint8_t *of_cell;
	unsigned count;
};

/* The trials of the region by bin, for one pair. */
struct pair {
	double all[BINS_MAX][BINS_MAX];
	double best[BINS_MAX][BINS_MAX];
	uint8_t *a, *b; /* bins of the best trials, in their order */
	size_t best_count, all_count;
};

static void make_bins(const struct importance *importance, size_t parameter,
		      struct bins *bins)
{
	const struct observations *all = importance_observations(importance);
	const uint32_t *counts =
		importance_counts(importance, parameter, IN_REGION);
	unsigned cells = all->axes[parameter].cells, most;
	double total = 0, before = 0;

	most = (unsigned)sqrt((double)importance_best_count(importance) /
			      PER_CELL);
	most = most < 2 ? 2 : most > BINS_MAX ? BINS_MAX : most;
	bins->of_cell = xcalloc(cells + 1, 1);
	bins->count = cells < most ? cells : most;
	for (unsigned i = 0; i < cells; i++)
		total += counts[i];
	for (unsigned i = 0; i < cells; i++) {
		/* by the middle of what the cell holds */
		unsigned bin = cells <= most ? i
			       : total > 0
				       ? (unsigned)((before + counts[i] / 2.0) /
						    total * bins->count)
				       : 0;

		bins->of_cell[i] =
			(uint8_t)(bin < bins->count ? bin : bins->count - 1);
		before += counts[i];
	}
}

/* Bins of every row: BINS_MAX where the parameter is not active. */
static uint8_t *bin_rows(const struct importance *importance, size_t parameter,
			 const struct bins *bins)
{
	const struct observations *all = importance_observations(importance);
	uint8_t *ret = xcalloc(all->count + 1, 1);

	for (size_t row = 0; row < all->count; row++) {
		uint16_t level = observations_level(all, row, parameter);

		ret[row] = level == LEVEL_NONE
				   ? BINS_MAX
				   : bins->of_cell[axis_cell(
					     &all->axes[parameter], level)];
	}
	return ret;
}

static void count_pair(const struct importance *importance, const uint8_t *a,
		       const uint8_t *b, struct pair *pair)
{
	size_t rows = importance_observations(importance)->count;

	memset(pair->all, 0, sizeof(pair->all));
	memset(pair->best, 0, sizeof(pair->best));
	pair->best_count = pair->all_count = 0;
	for (size_t row = 0; row < rows; row++) {
		unsigned sets = importance_sets(importance, row);

		if (!(sets & IN_REGION) || a[row] == BINS_MAX ||
		    b[row] == BINS_MAX)
			continue;
		pair->all[a[row]][b[row]]++;
		pair->all_count++;
		if (!(sets & IN_BEST))
			continue;
		pair->best[a[row]][b[row]]++;
		pair->a[pair->best_count] = a[row];
		pair->b[pair->best_count++] = b[row];
	}
}

/* The interaction term: with the mean over the pair's trials of the part that
 * is among the best taken as 1. */
static double term_of(const struct pair *pair, unsigned wide, unsigned high)
{
	double scale = (double)pair->all_count / (double)pair->best_count;
	double a_all[BINS_MAX] = {0}, a_best[BINS_MAX] = {0};
	double b_all[BINS_MAX] = {0}, b_best[BINS_MAX] = {0};
	double term = 0;

	for (unsigned i = 0; i < wide; i++)
		for (unsigned j = 0; j < high; j++) {
			a_all[i] += pair->all[i][j];
			a_best[i] += pair->best[i][j];
			b_all[j] += pair->all[i][j];
			b_best[j] += pair->best[i][j];
		}
	for (unsigned i = 0; i < wide; i++)
		for (unsigned j = 0; j < high; j++) {
			double off;

			if (pair->all[i][j] <= 0)
				continue;
			off = scale * (pair->best[i][j] / pair->all[i][j] -
				       a_best[i] / a_all[i] -
				       b_best[j] / b_all[j]) +
			      1;
			term += pair->all[i][j] * off * off;
		}
	return term / (double)pair->all_count;
}

static void shuffle(uint32_t *order, size_t count, struct random *random)
{
	for (size_t i = 0; i < count; i++) {
		size_t at = i + random_below(random, count - i);
		uint32_t swap = order[at];

		order[at] = order[i];
		order[i] = swap;
	}
}

/* Orders of the best trials, for all pairs that all of them have. */
struct shuffles {
	unsigned rounds;
	size_t count;	  /* of trials */
	uint32_t *orders; /* one a round, and one for other pairs */
	struct random random;
};

static void make_shuffles(struct shuffles *shuffles, unsigned rounds,
			  size_t count)
{
	shuffles->rounds = rounds;
	shuffles->count = count;
	shuffles->orders = xcalloc((rounds + 1) * count + 1, sizeof(uint32_t));
	random_seed(&shuffles->random, SHUFFLE_SEED, count);
	for (size_t i = 0; i < (rounds + 1) * count; i++)
		shuffles->orders[i] = (uint32_t)(i % count);
	for (unsigned i = 0; i < rounds; i++)
		shuffle(shuffles->orders + i * count, count, &shuffles->random);
}

static const uint32_t *order_for(struct shuffles *shuffles, size_t count,
				 unsigned round)
{
	uint32_t *own = shuffles->orders + shuffles->rounds * shuffles->count;

	if (count == shuffles->count)
		return shuffles->orders + round * count;
	for (size_t i = 0; i < count; i++)
		own[i] = (uint32_t)i;
	shuffle(own, count, &shuffles->random);
	return own;
}

static void pair_anew(struct pair *pair, const uint32_t *order)
{
	uint32_t counts[BINS_MAX][BINS_MAX] = {{0}};

	for (size_t i = 0; i < pair->best_count; i++)
		counts[pair->a[i]][pair->b[order[i]]]++;
	for (unsigned i = 0; i < BINS_MAX; i++)
		for (unsigned j = 0; j < BINS_MAX; j++)
			pair->best[i][j] = counts[i][j];
}

static void tell(const struct importance *importance, struct pair *pair,
		 const struct bins *a, const struct bins *b,
		 struct shuffles *shuffles, struct interaction *ret)
{
	double gamma = importance_gamma(importance);
	double alpha = (double)pair->best_count /
		       (double)importance_best_count(importance);
	double beta = (double)pair->all_count /
		      (double)importance_all_count(importance);
	double scale = gamma * gamma * alpha * alpha / beta;

	ret->best = pair->best_count;
	ret->all = pair->all_count;
	ret->chance = ret->chance_high = 0;
	ret->value = scale * term_of(pair, a->count, b->count);
	for (unsigned i = 0; i < shuffles->rounds; i++) {
		double term;

		pair_anew(pair, order_for(shuffles, pair->best_count, i));
		term = scale * term_of(pair, a->count, b->count);
		ret->chance += term / shuffles->rounds;
		if (term > ret->chance_high)
			ret->chance_high = term;
	}
}

static int compare(const void *left, const void *right)
{
	const struct interaction *x = left, *y = right;
	double a = x->value - x->chance, b = y->value - y->chance;

	if (a != b)
		return a < b ? 1 : -1;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return x->b < y->b ? -1 : 1;
}

size_t importance_pairs(const struct importance *importance,
			const size_t *parameters, size_t count, unsigned rounds,
			struct interaction *ret)
{
	struct bins *bins = xcalloc(count + 1, sizeof(*bins));
	uint8_t **rows = xcalloc(count + 1, sizeof(*rows));
	size_t best = importance_best_count(importance), found = 0;
	struct shuffles shuffles;
	struct pair pair;

	make_shuffles(&shuffles, rounds, best);
	pair.a = xcalloc(2 * best + 1, 1);
	pair.b = pair.a + best;
	for (size_t i = 0; i < count; i++) {
		make_bins(importance, parameters[i], &bins[i]);
		rows[i] = bin_rows(importance, parameters[i], &bins[i]);
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++) {
			bool in_order = parameters[i] < parameters[j];
			size_t a = in_order ? i : j, b = in_order ? j : i;

			if (bins[a].count < 2 || bins[b].count < 2)
				continue;
			count_pair(importance, rows[a], rows[b], &pair);
			if (pair.best_count < BEST_LEAST)
				continue;
			ret[found].a = parameters[a];
			ret[found].b = parameters[b];
			tell(importance, &pair, &bins[a], &bins[b], &shuffles,
			     &ret[found++]);
		}
	for (size_t i = 0; i < count; i++) {
		free(bins[i].of_cell);
		free(rows[i]);
	}
	free(shuffles.orders);
	free(pair.a);
	free(bins);
	free(rows);
	qsort(ret, found, sizeof(*ret), compare);
	return found;
}
