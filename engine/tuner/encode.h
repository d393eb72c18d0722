/* SPDX-License-Identifier: MIT */
/*
 * The search space as a cube of numbers, for tuners that model it.
 *
 * An encoded point has one double per parameter, as a point of the space does:
 *
 *     numbers     0 to 1: the share of their range, of its logarithm for log
 *                 kinds; of normal kinds the probability of a lesser value
 *     integers,   the same, in the middle of their step: two values that mean
 *     quantised   the same trial are the same number
 *     choices     the index of the option.  Choices among three or more
 *                 different numbers count as integers: their rank matters
 *     inactive    NaN
 *
 * Models that know no NaN take encoding_impute's form of it.
 */
#ifndef ENGINE_TUNER_ENCODE_H
#define ENGINE_TUNER_ENCODE_H

#include "base/random.h"
#include "model/space.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values that stand for "inactive" where NaN cannot. */
#define ENCODING_INACTIVE_NUMBER 0.5
#define ENCODING_INACTIVE_CATEGORY (-1.0)

enum encoding_kind {
	ENCODING_REAL,	   /* any number of [0, 1] is a value of its own */
	ENCODING_STEPS,	   /* [0, 1], but few values are meant */
	ENCODING_CATEGORY, /* 0, 1, ..., levels - 1, in no order */
};

struct encoding_dimension {
	enum encoding_kind kind;
	size_t levels;	 /* values there are; SIZE_MAX: too many to say */
	uint32_t *order; /* numeric choice: option of a rank; else NULL */
	uint32_t *ranks; /* and the rank of an option */
};

struct encoding {
	const struct space *space;
	size_t count; /* space->count */
	struct encoding_dimension *dimensions;
	bool has_real;	   /* some top-level dimension is ENCODING_REAL */
	bool has_discrete; /* some dimension is not */
};

/* The space outlives it. */
struct encoding *encoding_new(const struct space *space);
void encoding_free(struct encoding *encoding);

void encoding_encode(const struct encoding *encoding, const double *point,
		     double *ret_x);
/* The way back; what is active but NaN becomes the middle of its range. */
void encoding_decode(const struct encoding *encoding, const double *x,
		     double *ret_point);

/* Of [0, 1) the value of dimension i at this share of its distribution. */
double encoding_from_unit(const struct encoding *encoding, size_t i,
			  double unit);
/* Where dimension i is with this internal value, steps not being looked at, and
 * how dense internal values are there: what a density over the encoded has to
 * be multiplied by to be one over the internal.  Of choices and randint the
 * share of one value. */
double encoding_place(const struct encoding *encoding, size_t i,
		      double internal, double *ret_density);
/* The nearest value that dimension i can have. */
double encoding_snap(const struct encoding *encoding, size_t i, double x);
/* `steps` values further, for ENCODING_STEPS; stops at the ends. */
double encoding_step(const struct encoding *encoding, size_t i, double x,
		     int steps);

/* Is dimension i active, given those before it? */
bool encoding_is_active(const struct encoding *encoding, const double *x,
			size_t i);
/* After a change: what became inactive is NaN, what became active is drawn. */
void encoding_repair(const struct encoding *encoding, struct random *random,
		     double *x);
void encoding_impute(const struct encoding *encoding, const double *x,
		     double *ret_z);
/* Equal but for NaN, which equals NaN. */
bool encoding_equal(const struct encoding *encoding, const double *a,
		    const double *b);

#endif
