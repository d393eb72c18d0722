/* SPDX-License-Identifier: MIT */
/* Latin hypercubes, each point by itself: the permutation of a dimension is
 * drawn again for every point, which is cheaper than remembering it. */
#include "engine/tuner/design.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

/* Streams of permutations, far from those of suggestions. */
#define PERMUTATIONS (UINT64_C(1) << 62)

/* Where element `at` of `size` goes in a permutation of this stream. */
static size_t permuted(struct random *random, size_t size, size_t at,
		       uint32_t *scratch)
{
	for (size_t i = 0; i < size; i++) {
		size_t j = (size_t)random_below(random, i + 1);

		scratch[i] = scratch[j];
		scratch[j] = (uint32_t)i;
	}
	return scratch[at];
}

void design_draw(const struct encoding *encoding, uint64_t seed, int64_t number,
		 size_t size, struct random *random, double *ret_x)
{
	uint32_t *scratch = xcalloc(size, sizeof(*scratch));
	uint64_t count = (uint64_t)number;
	uint64_t block = count / size;

	for (size_t i = 0; i < encoding->count; i++) {
		struct random order;
		double unit;

		random_seed(&order, seed,
			    PERMUTATIONS + block * encoding->count + i);
		unit = (double)permuted(&order, size, count % size, scratch) +
		       random_unit(random);
		ret_x[i] = NAN;
		if (encoding_is_active(encoding, ret_x, i))
			ret_x[i] = encoding_from_unit(encoding, i,
						      unit / (double)size);
	}
	free(scratch);
}
