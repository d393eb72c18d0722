/* SPDX-License-Identifier: MIT */
/*
 * Results of several objectives, and an order of them for tuners that want one
 * number a trial: what may be learnt from first.
 *
 * Results within all constraints come first, by non-domination rank (Deb et
 * al., 2002).  Of the last rank of which not all are wanted those come first
 * that together dominate the most: of two or three objectives by the greedy
 * choice for the hypervolume (Guerreiro, Fonseca and Paquete, 2016; how MOTPE
 * splits, Ozaki et al., 2020), of more by the distance to those chosen before.
 * Then results beyond constraints, by how far; then those that are not finite.
 */
#ifndef ENGINE_TUNER_FRONTS_H
#define ENGINE_TUNER_FRONTS_H

#include "engine/tuner/tuner.h"
#include "model/objective.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fronts {
	size_t width; /* objectives */
	bool maximizes[OBJECTIVES_MAX];
	double *losses;	    /* width a row; less is better */
	double *violations; /* INFINITY: a loss is not finite */
	bool *is_set;
	size_t count, capacity; /* rows, set or not */
};

/* Of the context's objectives, one or several. */
void fronts_init(struct fronts *fronts, const struct tuner_context *context);
void fronts_release(struct fronts *fronts);
/* The result of a row, the newest one; rows before it are there, too. */
void fronts_set(struct fronts *fronts, size_t row,
		const struct tuner_result *result);
/* The rows that are set: the `wanted` best ones in order, then the others in
 * none that means anything.  ret_rows has room for fronts->count.  Returns how
 * many.  Takes count times the size of the fronts that are wanted. */
size_t fronts_order(const struct fronts *fronts, size_t wanted,
		    size_t *ret_rows);

/* Losses of the rows, their columns brought to [0, 1] over all of them; a
 * column in which they are equal is 0. */
void fronts_scale(const struct fronts *fronts, const size_t *rows, size_t count,
		  double *ret);

#endif
