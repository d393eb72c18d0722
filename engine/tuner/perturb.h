/* SPDX-License-Identifier: MIT */
/*
 * A small step away from a value, as population based training takes it
 * (nni.md 7.12).  Pure.
 */
#ifndef ENGINE_TUNER_PERTURB_H
#define ENGINE_TUNER_PERTURB_H

#include "model/space.h"

struct perturbation {
	double factor;		     /* part of the range that a step has */
	double resample_probability; /* of drawing anew instead */
};

/* Perturb every active parameter; what becomes active is drawn, what does not
 * stay so becomes NaN. */
void perturb(const struct space *space, const struct perturbation *how,
	     struct random *random, double *point);

#endif
