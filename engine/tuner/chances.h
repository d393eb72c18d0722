/* SPDX-License-Identifier: MIT */
/*
 * Probabilities of a choice's options that follow what did well: a step towards
 * the options of the best trials, weighted by rank (as population-based
 * incremental learning does, Baluja, 1994), with a margin below which none
 * falls.
 */
#ifndef ENGINE_TUNER_CHANCES_H
#define ENGINE_TUNER_CHANCES_H

#include "base/random.h"

#include <stddef.h>

/* chances: one of each of `levels` options, summing up to 1. */
void chances_even(double *chances, size_t levels);
double chances_draw(const double *chances, size_t levels,
		    struct random *random);
/* options: those of the better half of `generation` trials, best first; NaN
 * where a trial had none. */
void chances_learn(double *chances, size_t levels, const double *options,
		   size_t generation);
/* Give this option half of all. */
void chances_favour(double *chances, size_t levels, size_t option);

#endif
