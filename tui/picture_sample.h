/* SPDX-License-Identifier: MIT */
/*
 * Some trials with their parameters, for pictures that need those.
 *
 * Of more trials than are wanted an even choice is taken: a trial is in it when
 * a hash of its number is small enough, whatever its result, so a choice is
 * the same at every look and grows sparser, never another one, as trials come.
 * So many of the best ones are added to it.  Points are read in slices and kept
 * for good, since parameters never change.  Thread: ui.
 */
#ifndef TUI_PICTURE_SAMPLE_H
#define TUI_PICTURE_SAMPLE_H

#include "model/space.h"
#include "tui/trial_index.h"

#define PICTURE_SAMPLE_BEST_MAX 100

struct picture_sample {
	const struct space *space; /* borrowed */
	int64_t *sequences;	   /* ascending; owned, as all here */
	bool *are_read;
	double *points; /* space->count a trial, internal form (space.h);
			 * NaN: inactive, or not to be read */
	size_t count;
	size_t total;	/* trials it was chosen from */
	size_t missing; /* points not read yet */
};

/* Is a trial in the even choice of about `wanted` of `total`? */
bool picture_is_chosen(int64_t sequence, size_t total, size_t wanted);

void picture_sample_release(struct picture_sample *sample);
/* Choose about `wanted` trials among those whose values[sequence] is finite,
 * the `best` (at most PICTURE_SAMPLE_BEST_MAX) best ones with them.  Points
 * that were read stay.  Another space begins anew. */
void picture_sample_choose(struct picture_sample *sample,
			   const struct space *space, const double *values,
			   size_t count, bool is_minimized, size_t wanted,
			   size_t best);
/* Read points for at most budget_ns. */
void picture_sample_load(struct picture_sample *sample, struct store *store,
			 const struct trial_index *index, int64_t budget_ns);
/* Place of a trial in the sample, or count. */
size_t picture_sample_find(const struct picture_sample *sample,
			   int64_t sequence);

#endif
