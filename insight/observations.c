/* SPDX-License-Identifier: MIT */
/* Trials as rows of levels, and the axes that levels are counted along. */
#include "insight/observations.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL_MAX (LEVEL_NONE - 1)
#define NORMAL_REACH 3.0 /* deviations */

static unsigned least(double a, unsigned b)
{
	return a < (double)b ? (unsigned)a : b;
}

static void number_axis(struct axis *axis, const struct parameter *p)
{
	double steps = AXIS_CELLS;

	if (parameter_is_normal(p)) {
		axis->low = p->mu - NORMAL_REACH * p->sigma;
		axis->high = p->mu + NORMAL_REACH * p->sigma;
	} else if (p->kind == PARAMETER_RANDINT) {
		axis->low = p->low;
		axis->high = p->high - 1;
		axis->is_whole = true;
		steps = (double)p->option_count;
	} else {
		parameter_bounds(p, &axis->low, &axis->high);
		if (p->q > 0)
			steps = rint((p->high - p->low) / p->q) + 1;
	}
	axis->is_log = parameter_is_log(p);
	axis->cells = least(steps, AXIS_CELLS);
	if (!(axis->low < axis->high) || axis->cells < 2)
		axis->cells = 1;
	else
		axis->half = LEVEL_MAX / 2 / (axis->cells - 1);
}

static void make_axis(struct axis *axis, const struct parameter *p)
{
	if (p->kind != PARAMETER_CHOICE) {
		number_axis(axis, p);
		return;
	}
	axis->is_categorical = true;
	axis->options = (unsigned)p->option_count;
	axis->is_folded = p->option_count > LEVEL_MAX;
	axis->cells = axis->is_folded ? LEVEL_MAX : axis->options;
	if (!axis->cells)
		axis->cells = 1;
}

struct observations *observations_new(const struct space *space)
{
	struct observations *all = xcalloc(1, sizeof(*all));

	all->space = space;
	all->axes = xcalloc(space->count + 1, sizeof(*all->axes));
	for (size_t i = 0; i < space->count; i++)
		make_axis(&all->axes[i], &space->parameters[i]);
	return all;
}

void observations_free(struct observations *all)
{
	if (!all)
		return;
	free(all->axes);
	free(all->levels);
	free(all->values);
	free(all->trials);
	free(all->rows);
	free(all);
}

uint16_t axis_level(const struct axis *axis, const struct parameter *p,
		    double internal)
{
	double cell;

	if (isnan(internal))
		return LEVEL_NONE;
	if (axis->is_categorical) {
		double at = axis->is_folded
				    ? internal * axis->cells / axis->options
				    : internal;

		return at < 0 ? 0 : (uint16_t)least(at, axis->cells - 1);
	}
	if (axis->cells < 2)
		return 0;
	internal = parameter_final(p, internal);
	if (axis->is_log)
		internal = log(internal);
	cell = (internal - axis->low) /
	       ((axis->high - axis->low) / (axis->cells - 1));
	if (!(cell > 0))
		return 0;
	return (uint16_t)least(ceil(cell * 2 * axis->half),
			       (axis->cells - 1) * 2 * axis->half);
}

/* Halfway between two of its points a number belongs to the lower one. */
unsigned axis_cell(const struct axis *axis, uint16_t level)
{
	if (axis->is_categorical || axis->cells < 2)
		return level;
	return (level + axis->half - 1) / (2 * axis->half);
}

double axis_place(const struct axis *axis, uint16_t level)
{
	if (axis->is_categorical)
		return (level + 0.5) / axis->cells;
	if (axis->cells < 2)
		return 0.5;
	return (double)level / ((axis->cells - 1) * 2 * axis->half);
}

double axis_number(const struct axis *axis, double place)
{
	double number = axis->low + place * (axis->high - axis->low);

	return axis->is_log ? exp(number) : number;
}

void axis_spread(const struct axis *axis, const struct parameter *p,
		 double *ret_density)
{
	double total = 0;

	for (unsigned i = 0; i < axis->cells; i++) {
		double at = axis->cells < 2
				    ? 0
				    : NORMAL_REACH *
					      (2.0 * i / (axis->cells - 1) - 1);

		ret_density[i] =
			parameter_is_normal(p) ? exp(-0.5 * at * at) : 1;
		total += ret_density[i];
	}
	for (unsigned i = 0; i < axis->cells; i++)
		ret_density[i] /= total;
}

static void make_room(struct observations *all, uint32_t trial)
{
	size_t width = all->space->count;

	if (all->count == all->capacity) {
		size_t capacity = all->capacity ? 2 * all->capacity : 64;

		all->levels = xrealloc(all->levels, (capacity * width + 1) *
							    sizeof(uint16_t));
		all->values = xrealloc(all->values, capacity * sizeof(double));
		all->trials =
			xrealloc(all->trials, capacity * sizeof(uint32_t));
		all->capacity = capacity;
	}
	if (trial >= all->row_room) {
		size_t room = all->row_room ? 2 * all->row_room : 64;

		if (room <= trial)
			room = (size_t)trial + 1;
		all->rows = xrealloc(all->rows, room * sizeof(uint32_t));
		memset(all->rows + all->row_room, 0,
		       (room - all->row_room) * sizeof(uint32_t));
		all->row_room = room;
	}
}

bool observations_have(const struct observations *all, uint32_t trial)
{
	return trial < all->row_room && all->rows[trial];
}

void observations_set(struct observations *all, size_t row, double value)
{
	all->usable -= isfinite(all->values[row]) != 0;
	all->usable += isfinite(value) != 0;
	all->values[row] = value;
}

void observations_put(struct observations *all, uint32_t trial,
		      const double *point, double value)
{
	size_t width = all->space->count, row;
	uint16_t *levels;

	if (observations_have(all, trial)) {
		row = all->rows[trial] - 1;
	} else {
		make_room(all, trial);
		row = all->count++;
		all->rows[trial] = (uint32_t)all->count;
		all->trials[row] = trial;
		all->values[row] = NAN;
		levels = all->levels + row * width;
		for (size_t i = 0; i < width; i++)
			levels[i] = axis_level(&all->axes[i],
					       &all->space->parameters[i],
					       point[i]);
	}
	observations_set(all, row, value);
}
