/* SPDX-License-Identifier: MIT */
/* Choosing trials evenly, and reading their parameters. */
#include "tui/picture_sample.h"

#include "base/clock.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 8 /* trials read without looking at the clock */

void picture_sample_release(struct picture_sample *sample)
{
	free(sample->sequences);
	free(sample->are_read);
	free(sample->points);
	memset(sample, 0, sizeof(*sample));
}

/* The finishing step of MurmurHash3 (Appleby, public domain): every bit of the
 * number moves every bit of the result. */
static uint32_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64_C(0xc4ceb9fe1a85ec53);
	return (uint32_t)(x >> 32);
}

/* The loss of the `wanted`-th best trial: all that reach it are taken.  Minus
 * infinity when none is wanted. */
static double best_bound(const double *values, size_t count, bool is_minimized,
			 size_t wanted)
{
	double best[PICTURE_SAMPLE_BEST_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < count && wanted; i++) {
		double loss = is_minimized ? values[i] : -values[i];
		size_t k;

		if (!isfinite(loss) ||
		    (kept == wanted && loss >= best[kept - 1]))
			continue;
		k = kept < wanted ? kept++ : kept - 1;
		for (; k > 0 && best[k - 1] > loss; k--)
			best[k] = best[k - 1];
		best[k] = loss;
	}
	return kept ? best[kept - 1] : -INFINITY;
}

bool picture_is_chosen(int64_t sequence, size_t total, size_t wanted)
{
	if (total <= wanted)
		return true;
	return mix((uint64_t)sequence) <
	       (uint32_t)((double)wanted / (double)total * UINT32_MAX);
}

size_t picture_sample_find(const struct picture_sample *sample,
			   int64_t sequence)
{
	size_t low = 0, high = sample->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sample->sequences[middle] < sequence)
			low = middle + 1;
		else
			high = middle;
	}
	return low < sample->count && sample->sequences[low] == sequence
		       ? low
		       : sample->count;
}

static void add(struct picture_sample *sample, size_t *capacity,
		const struct picture_sample *old, int64_t sequence)
{
	size_t width = sample->space->count, at;
	double *point;

	if (sample->count == *capacity) {
		*capacity = *capacity ? *capacity * 2 : 256;
		sample->sequences =
			xrealloc(sample->sequences,
				 *capacity * sizeof(*sample->sequences));
		sample->are_read =
			xrealloc(sample->are_read,
				 *capacity * sizeof(*sample->are_read));
		sample->points = xrealloc(sample->points, (*capacity * width +
							   1) * sizeof(double));
	}
	point = sample->points + sample->count * width;
	at = picture_sample_find(old, sequence);
	sample->sequences[sample->count] = sequence;
	sample->are_read[sample->count] = at < old->count && old->are_read[at];
	if (sample->are_read[sample->count])
		memcpy(point, old->points + at * width, width * sizeof(double));
	else
		sample->missing++;
	sample->count++;
}

void picture_sample_choose(struct picture_sample *sample,
			   const struct space *space, const double *values,
			   size_t count, bool is_minimized, size_t wanted,
			   size_t best)
{
	struct picture_sample old = *sample;
	size_t total = 0, capacity = 0, taken = 0;
	double bound;

	if (best > PICTURE_SAMPLE_BEST_MAX)
		best = PICTURE_SAMPLE_BEST_MAX;
	if (best > wanted)
		best = wanted;
	if (old.space != space)
		old.count = 0;
	*sample = (struct picture_sample){.space = space};
	for (size_t i = 0; i < count; i++)
		total += isfinite(values[i]) != 0;
	sample->total = total;
	bound = best_bound(values, count, is_minimized, best);
	for (size_t i = 0; i < count && space; i++) {
		double loss = is_minimized ? values[i] : -values[i];
		bool is_best = loss <= bound && taken < best;

		if (!isfinite(loss))
			continue;
		taken += is_best;
		if (is_best || total <= wanted ||
		    picture_is_chosen((int64_t)i, total, wanted - best))
			add(sample, &capacity, &old, (int64_t)i);
	}
	picture_sample_release(&old);
}

static void read_point(struct picture_sample *sample, size_t at,
		       struct store *store, const struct trial_index *index)
{
	const struct trial_row *row =
		trial_index_find(index, sample->sequences[at]);
	size_t width = sample->space->count;
	double *point = sample->points + at * width;
	struct trial trial = {0};
	struct error ignored;

	sample->are_read[at] = true;
	sample->missing -= sample->missing > 0;
	if (row && store_trial_get(store, row->key, &trial, &ignored) &&
	    trial.parameters &&
	    space_parse_point(sample->space, trial.parameters, point,
			      &ignored)) {
		trial_release(&trial);
		return;
	}
	/* somebody's own: not of this space */
	trial_release(&trial);
	for (size_t i = 0; i < width; i++)
		point[i] = NAN;
}

void picture_sample_load(struct picture_sample *sample, struct store *store,
			 const struct trial_index *index, int64_t budget_ns)
{
	int64_t deadline_ns = clock_mono_ns() + budget_ns;
	size_t done = 0;

	for (size_t i = 0; i < sample->count && sample->missing; i++) {
		if (sample->are_read[i])
			continue;
		read_point(sample, i, store, index);
		if (++done % PAGE == 0 && clock_mono_ns() >= deadline_ns)
			return;
	}
}
