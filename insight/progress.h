/* SPDX-License-Identifier: MIT */
/*
 * How far an experiment has come: the best result so far, trial by trial, and
 * what is still missing to a known optimum.  Pure.
 */
#ifndef INSIGHT_PROGRESS_H
#define INSIGHT_PROGRESS_H

#include "model/experiment.h"

#include <stdbool.h>
#include <stddef.h>

struct progress {
	size_t usable;	     /* results that are finite numbers */
	size_t improvements; /* of them better than all before */
	size_t best;	     /* index of the best; count without any */
	size_t since;	     /* usable ones after that */
};

/* ret_best[i]: the best finite one of values[0..i], NaN before the first;
 * NULL, or room for count (may be values itself). */
struct progress progress_follow(const double *values, size_t count,
				enum objective_mode mode, double *ret_best);
/* Simple regret: how much worse a value is than the optimum; at least 0 unless
 * the optimum told is none, NaN for NaN. */
double progress_regret(double value, double optimum, enum objective_mode mode);

#endif
