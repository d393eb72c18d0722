/* SPDX-License-Identifier: MIT */
/*
 * What an experiment has found, as numbers: a point of the space and a result
 * for each trial, small enough to keep a hundred thousand of them beside a
 * screen (two bytes a parameter, some 30 more a trial).
 *
 * A number is kept as its place between the ends of its axis, of which there
 * are at most 65,535; logarithmic kinds are even in the logarithm.  Axes are
 * cut into cells, and no place lies on both sides of a cell's edge, so counts
 * per cell are those of the exact values.  Normal kinds have no ends: their
 * axis is the mean and three deviations to either side, and what lies outside
 * counts at the end it left by.
 *
 * Pure, one thread at a time.
 */
#ifndef INSIGHT_OBSERVATIONS_H
#define INSIGHT_OBSERVATIONS_H

#include "base/strbuf.h"
#include "model/space.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers are looked at in so many cells, as PED-ANOVA's authors do. */
#define AXIS_CELLS 50
/* In place of a level: the parameter was not active. */
#define LEVEL_NONE UINT16_MAX

struct axis {
	bool is_categorical; /* a level is an option's index */
	bool is_folded;	     /* ... or that of several neighbours */
	bool is_log;
	bool is_whole;	  /* randint */
	double low, high; /* of its scale: logarithms when is_log */
	unsigned cells;	  /* at least 1; categorical: one an option */
	unsigned half;	  /* numbers: levels to half a cell */
	unsigned options; /* categorical */
};

struct observations {
	const struct space *space; /* borrowed */
	struct axis *axes;	   /* one a parameter */
	size_t count, capacity;	   /* rows */
	uint16_t *levels;	   /* count rows of space->count */
	double *values;	  /* results as reported; NaN: none, infinite: failed */
	uint32_t *trials; /* sequence numbers */
	uint32_t *rows;	  /* by sequence number: row + 1, 0 for none */
	size_t row_room;
	size_t usable; /* rows with a finite value */
};

/* The space must outlive it. */
struct observations *observations_new(const struct space *space);
void observations_free(struct observations *observations);
/* Add a trial, or give one that is there another result; its point stays.  The
 * value is NaN when it has none (yet, or any more), infinite when it failed, or
 * what it reported is infinite: that counts as a failure. */
void observations_put(struct observations *observations, uint32_t trial,
		      const double *point, double value);
/* The result of a row alone. */
void observations_set(struct observations *observations, size_t row,
		      double value);
bool observations_have(const struct observations *observations, uint32_t trial);

/* Where a point's internal value lies; LEVEL_NONE for NaN. */
uint16_t axis_level(const struct axis *axis, const struct parameter *parameter,
		    double internal);
unsigned axis_cell(const struct axis *axis, uint16_t level);
/* 0 to 1 along the axis; of options the middle of their part. */
double axis_place(const struct axis *axis, uint16_t level);
/* The number at a place (0 to 1), as in parameters: not its logarithm. */
double axis_number(const struct axis *axis, double place);

/* How the space itself fills the axis's cells: evenly, but for normal kinds. */
void axis_spread(const struct axis *axis, const struct parameter *parameter,
		 double *ret_density);

static inline uint16_t observations_level(const struct observations *all,
					  size_t row, size_t parameter)
{
	return all->levels[row * all->space->count + parameter];
}

#endif
