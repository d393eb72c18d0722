/* SPDX-License-Identifier: MIT */
/* Was a point tried before?  In spaces of numbers as well, where chance alone
 * does not repeat one but a model does: at a corner of the space. */
#ifndef ENGINE_TUNER_TAKEN_H
#define ENGINE_TUNER_TAKEN_H

#include "engine/tuner/dedup.h"
#include "engine/tuner/encode.h"
#include "engine/tuner/trials.h"

/* x is an encoded point. */
bool taken_has(const struct encoding *encoding, const struct trials *trials,
	       const struct dedup *dedup, const double *x);

/* How many trials had this point. */
size_t taken_count(const struct encoding *encoding, const struct trials *trials,
		   const double *x);

#endif
