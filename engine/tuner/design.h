/* SPDX-License-Identifier: MIT */
/*
 * Where to begin: points spread over the space by Latin hypercubes (McKay,
 * Beckman and Conover, 1979), so that every parameter is looked at evenly.
 */
#ifndef ENGINE_TUNER_DESIGN_H
#define ENGINE_TUNER_DESIGN_H

#include "base/random.h"
#include "engine/tuner/encode.h"

#include <stddef.h>
#include <stdint.h>

/* Encoded point `number` of an endless row of hypercubes of `size` points each
 * (at least 1); random is the stream of this number. */
void design_draw(const struct encoding *encoding, uint64_t seed, int64_t number,
		 size_t size, struct random *random, double *ret_x);

#endif
