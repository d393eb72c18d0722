/* SPDX-License-Identifier: MIT */
/* A look at the deduplicator, and at every trial. */
#include "engine/tuner/taken.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

/* Two points of the cube nearer than this in every parameter are one. */
#define SAME 1e-7

static bool is_same(const struct encoding *encoding, const double *a,
		    const double *b)
{
	for (size_t i = 0; i < encoding->count; i++)
		if (isnan(a[i]) ? !isnan(b[i]) : !(fabs(a[i] - b[i]) < SAME))
			return false;
	return true;
}

size_t taken_count(const struct encoding *encoding, const struct trials *trials,
		   const double *x)
{
	double *point = xcalloc(encoding->count, sizeof(*point));
	size_t count = 0;

	for (uint32_t i = 0; i < trials->count; i++) {
		encoding_encode(encoding, trials_point(trials, i), point);
		count += is_same(encoding, x, point);
	}
	free(point);
	return count;
}

bool taken_has(const struct encoding *encoding, const struct trials *trials,
	       const struct dedup *dedup, const double *x)
{
	double *point = xcalloc(encoding->count, sizeof(*point));
	bool found;

	encoding_decode(encoding, x, point);
	found = dedup_has(dedup, point) || taken_count(encoding, trials, x);
	free(point);
	return found;
}
