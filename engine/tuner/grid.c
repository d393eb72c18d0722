/* SPDX-License-Identifier: MIT */
/*
 * The grid that GridSearch and the deduplicator walk, in NNI's order.
 *
 * Each parameter is a dimension.  A categorical one offers its options.  A
 * numeric one offers quantiles of its distribution, at first 0.5 alone, and
 * knows the intervals between them ("divisions") that may hold further values.
 * A vector of indices counts through all combinations, the last dimension that
 * is active running fastest.  When it is through, an epoch is over: each
 * division is halved, its middle joins the dimension if it differs from both
 * ends after quantisation, and the vector starts again, passing over
 * combinations of old values only.  When halving yields nothing, the space is
 * explored.
 *
 * Three departures from NNI, none of which changes what a trial is given in
 * spaces that NNI can walk at all: a parameter whose parent is itself inactive
 * is inactive (NNI stops with an error); options that are equal count once
 * (NNI generates them all and throws the copies away); and halving stops where
 * doubles do (NNI would offer infinities).  Epochs that bring no new value are
 * not walked, since all their points are old.
 */
#include "engine/tuner/grid.h"

#include "base/mem.h"
#include "engine/tuner/normal.h"

#include <math.h>
#include <stdlib.h>

struct division {
	double left, right; /* quantiles */
};

struct dimension {
	double *quantiles; /* numeric only */
	size_t count, capacity;
	size_t old_count; /* of them from earlier epochs */
	struct division *divisions;
	size_t division_count, division_capacity;
	size_t at; /* the vector's index */
};

struct grid {
	const struct space *space;
	const struct seen *seen;
	struct dimension *dimensions;
	double *point;	 /* of the vector */
	bool is_started; /* the vector stands on a point of this epoch */
	bool is_explored;
};

static double internal_value(const struct parameter *p, double quantile)
{
	double low, high;

	if (parameter_is_normal(p)) {
		if (quantile <= 0 || quantile >= 1)
			return quantile <= 0 ? -INFINITY : INFINITY;
		return p->mu + p->sigma * normal_quantile(quantile);
	}
	parameter_bounds(p, &low, &high);
	return low + (high - low) * quantile;
}

static bool is_less(const struct parameter *p, double a, double b)
{
	double x = internal_value(p, a);
	double y = internal_value(p, b);

	x = isinf(x) ? x : parameter_final(p, x);
	y = isinf(y) ? y : parameter_final(p, y);
	return x < y;
}

static void add_quantile(struct dimension *d, double quantile)
{
	ARRAY_RESERVE(d->quantiles, d->count, d->capacity);
	d->quantiles[d->count++] = quantile;
}

static void add_division(struct dimension *d, double left, double right)
{
	ARRAY_RESERVE(d->divisions, d->division_count, d->division_capacity);
	d->divisions[d->division_count++] = (struct division){left, right};
}

struct grid *grid_new(const struct space *space, const struct seen *seen)
{
	struct grid *grid = xcalloc(1, sizeof(*grid));

	grid->space = space;
	grid->seen = seen;
	grid->dimensions = xcalloc(space->count, sizeof(*grid->dimensions));
	grid->point = xcalloc(space->count, sizeof(*grid->point));
	for (size_t i = 0; i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];
		struct dimension *d = &grid->dimensions[i];

		if (parameter_is_categorical(p)) {
			d->count = seen_option_count(seen, i);
			continue;
		}
		add_quantile(d, 0.5);
		if (is_less(p, 0, 0.5))
			add_division(d, 0, 0.5);
		if (is_less(p, 0.5, 1))
			add_division(d, 0.5, 1);
	}
	return grid;
}

void grid_free(struct grid *grid)
{
	if (!grid)
		return;
	for (size_t i = 0; i < grid->space->count; i++) {
		free(grid->dimensions[i].quantiles);
		free(grid->dimensions[i].divisions);
	}
	free(grid->dimensions);
	free(grid->point);
	free(grid);
}

/* Halve the divisions of one dimension.  Returns whether values were added;
 * sets *may_more when an end of the range may still hide some. */
static bool refine(const struct parameter *p, struct dimension *d,
		   bool *may_more)
{
	struct division *old = d->divisions;
	size_t count = d->division_count;
	bool added = false;

	d->divisions = NULL;
	d->division_count = d->division_capacity = 0;
	for (size_t i = 0; i < count; i++) {
		double left = old[i].left;
		double right = old[i].right;
		double middle = (left + right) / 2;
		bool differs_left, differs_right;

		if (middle <= left || middle >= right)
			continue;
		differs_left = is_less(p, left, middle);
		differs_right = is_less(p, middle, right);
		/* the ends 0 and 1 themselves are never in the grid */
		if ((differs_left || left == 0) &&
		    (differs_right || right == 1)) {
			add_quantile(d, middle);
			added = true;
		}
		if (differs_left) {
			add_division(d, left, middle);
			*may_more = *may_more || left == 0;
		}
		if (differs_right) {
			add_division(d, middle, right);
			*may_more = *may_more || right == 1;
		}
	}
	free(old);
	return added;
}

static void next_epoch(struct grid *grid)
{
	bool added = false;
	bool may_more = true;

	for (size_t i = 0; i < grid->space->count; i++)
		grid->dimensions[i].old_count = grid->dimensions[i].count;
	while (!added && may_more) {
		may_more = false;
		for (size_t i = 0; i < grid->space->count; i++) {
			const struct parameter *p = &grid->space->parameters[i];

			if (!parameter_is_categorical(p))
				added |= refine(p, &grid->dimensions[i],
						&may_more);
		}
	}
	grid->is_explored = !added;
	grid->is_started = false;
}

static void update_point(struct grid *grid)
{
	for (size_t i = 0; i < grid->space->count; i++) {
		const struct parameter *p = &grid->space->parameters[i];
		struct dimension *d = &grid->dimensions[i];

		if (!space_is_active(grid->space, grid->point, i))
			grid->point[i] = NAN;
		else if (parameter_is_categorical(p))
			grid->point[i] = seen_option(grid->seen, i, d->at);
		else
			grid->point[i] = internal_value(p, d->quantiles[d->at]);
	}
}

/* Move to the next vector; false at the end of the epoch. */
static bool next_vector(struct grid *grid)
{
	if (!grid->is_started) {
		for (size_t i = 0; i < grid->space->count; i++)
			grid->dimensions[i].at = 0;
		grid->is_started = true;
		update_point(grid);
		return true;
	}
	for (size_t i = grid->space->count; i-- > 0;) {
		struct dimension *d = &grid->dimensions[i];

		if (isnan(grid->point[i]))
			continue;
		if (d->at + 1 < d->count) {
			d->at++;
			update_point(grid);
			return true;
		}
		d->at = 0;
	}
	return false;
}

/* Does the vector hold nothing that this epoch has brought? */
static bool is_old(const struct grid *grid)
{
	for (size_t i = 0; i < grid->space->count; i++)
		if (grid->dimensions[i].at >= grid->dimensions[i].old_count)
			return false;
	return true;
}

bool grid_next(struct grid *grid, double *ret_point)
{
	while (!grid->is_explored) {
		if (grid->is_started && !is_old(grid) &&
		    !seen_has(grid->seen, grid->point)) {
			for (size_t i = 0; i < grid->space->count; i++)
				ret_point[i] = grid->point[i];
			return true;
		}
		if (!next_vector(grid))
			next_epoch(grid);
	}
	return false;
}
