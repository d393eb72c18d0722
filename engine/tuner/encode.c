/* SPDX-License-Identifier: MIT */
/* Points of the space to numbers of a cube and back, parameter by parameter. */
#include "engine/tuner/encode.h"

#include "base/mem.h"
#include "engine/tuner/normal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Normal kinds end here, some six deviations from the middle. */
#define LEAST_PROBABILITY 1e-9
/* More steps than this are told from a continuum by nobody. */
#define STEPS_MAX 1e6

struct number {
	double value;
	uint32_t option;
};

static int compare_numbers(const void *a, const void *b)
{
	const struct number *p = a;
	const struct number *q = b;

	return (p->value > q->value) - (p->value < q->value);
}

/* A choice among different numbers has an order. */
static bool rank_options(const struct parameter *p,
			 struct encoding_dimension *d)
{
	size_t count = p->option_count;
	struct number *numbers;
	bool ok = count >= 3 && !p->is_nested;

	if (!ok)
		return false;
	numbers = xcalloc(count, sizeof(*numbers));
	for (size_t i = 0; i < count && ok; i++) {
		const char *text = p->options[i].json;
		char *end = NULL;

		ok = *text == '-' || (*text >= '0' && *text <= '9');
		if (ok)
			numbers[i] = (struct number){strtod(text, &end),
						     (uint32_t)i};
		ok = ok && !*end && isfinite(numbers[i].value);
	}
	if (ok)
		qsort(numbers, count, sizeof(*numbers), compare_numbers);
	for (size_t i = 1; i < count && ok; i++)
		ok = numbers[i - 1].value < numbers[i].value;
	if (ok) {
		d->order = xcalloc(count, sizeof(*d->order));
		d->ranks = xcalloc(count, sizeof(*d->ranks));
	}
	for (size_t i = 0; i < count && ok; i++) {
		d->order[i] = numbers[i].option;
		d->ranks[numbers[i].option] = (uint32_t)i;
	}
	free(numbers);
	return ok;
}

static size_t quantised_levels(const struct parameter *p)
{
	double levels;

	if (parameter_is_normal(p))
		return SIZE_MAX;
	levels = floor((p->high - p->low) / p->q) + 1;
	return levels < STEPS_MAX ? (size_t)levels : SIZE_MAX;
}

static void describe(const struct parameter *p, struct encoding_dimension *d)
{
	if (p->kind == PARAMETER_CHOICE) {
		d->kind =
			rank_options(p, d) ? ENCODING_STEPS : ENCODING_CATEGORY;
		d->levels = p->option_count;
	} else if (p->kind == PARAMETER_RANDINT) {
		d->kind = ENCODING_STEPS;
		d->levels = p->option_count;
	} else if (p->q > 0) {
		d->kind = ENCODING_STEPS;
		d->levels = quantised_levels(p);
	} else {
		d->kind = ENCODING_REAL;
		d->levels = SIZE_MAX;
	}
}

struct encoding *encoding_new(const struct space *space)
{
	struct encoding *encoding = xcalloc(1, sizeof(*encoding));

	encoding->space = space;
	encoding->count = space->count;
	encoding->dimensions =
		xcalloc(space->count, sizeof(*encoding->dimensions));
	for (size_t i = 0; i < space->count; i++) {
		struct encoding_dimension *d = &encoding->dimensions[i];

		describe(&space->parameters[i], d);
		if (d->kind != ENCODING_REAL)
			encoding->has_discrete = true;
		else if (space->parameters[i].parent < 0)
			encoding->has_real = true;
	}
	return encoding;
}

void encoding_free(struct encoding *encoding)
{
	if (!encoding)
		return;
	for (size_t i = 0; i < encoding->count; i++) {
		free(encoding->dimensions[i].order);
		free(encoding->dimensions[i].ranks);
	}
	free(encoding->dimensions);
	free(encoding);
}

/* --- one parameter ------------------------------------------------------- */

/* The share of its range that an un-quantised internal value stands at. */
static double share(const struct parameter *p, double internal)
{
	double low, high;

	if (parameter_is_normal(p))
		return fmin(fmax(normal_cdf((internal - p->mu) / p->sigma),
				 LEAST_PROBABILITY),
			    1 - LEAST_PROBABILITY);
	parameter_bounds(p, &low, &high);
	if (!(high > low))
		return 0.5;
	return fmin(fmax((internal - low) / (high - low), 0), 1);
}

static double internal_of(const struct parameter *p, double x)
{
	double low, high;

	if (parameter_is_normal(p))
		return p->mu + p->sigma * normal_quantile(fmin(
						  fmax(x, LEAST_PROBABILITY),
						  1 - LEAST_PROBABILITY));
	parameter_bounds(p, &low, &high);
	return low + (high - low) * x;
}

/* An internal value that quantises to `value`.  A logarithm of 0 there is none:
 * any number that is rounded to 0 stands for it. */
static double internal_of_final(const struct parameter *p, double value)
{
	if (!parameter_is_log(p))
		return value;
	return log(value > 0 ? value : p->q / 4);
}

static double middle_of_step(size_t index, size_t levels)
{
	return ((double)index + 0.5) / (double)levels;
}

static size_t step_index(double x, size_t levels)
{
	double index = floor(x * (double)levels);

	return (size_t)fmin(fmax(index, 0), (double)(levels - 1));
}

static double encode_one(const struct encoding *encoding, size_t i,
			 double value)
{
	const struct parameter *p = &encoding->space->parameters[i];
	const struct encoding_dimension *d = &encoding->dimensions[i];

	if (isnan(value) || d->kind == ENCODING_CATEGORY)
		return value;
	if (parameter_is_categorical(p)) {
		size_t index =
			(size_t)fmin(fmax(value, 0), (double)(d->levels - 1));

		return middle_of_step(d->ranks ? d->ranks[index] : index,
				      d->levels);
	}
	if (d->kind == ENCODING_STEPS)
		value = internal_of_final(p, parameter_final(p, value));
	return share(p, value);
}

static double decode_one(const struct encoding *encoding, size_t i, double x)
{
	const struct parameter *p = &encoding->space->parameters[i];
	const struct encoding_dimension *d = &encoding->dimensions[i];
	size_t index;

	if (d->kind == ENCODING_CATEGORY)
		return isnan(x) ? 0 : x;
	if (isnan(x))
		x = ENCODING_INACTIVE_NUMBER;
	if (!parameter_is_categorical(p))
		return internal_of(p, x);
	index = step_index(x, d->levels);
	return (double)(d->order ? d->order[index] : index);
}

double encoding_place(const struct encoding *encoding, size_t i,
		      double internal, double *ret_density)
{
	const struct parameter *p = &encoding->space->parameters[i];
	double low, high;

	if (parameter_is_categorical(p)) {
		*ret_density = 1 / (double)p->option_count;
		return encode_one(encoding, i, internal);
	}
	if (parameter_is_normal(p)) {
		double z = (internal - p->mu) / p->sigma;

		/* 1 / sqrt(2 pi) */
		*ret_density =
			0.39894228040143267794 * exp(-0.5 * z * z) / p->sigma;
	} else {
		parameter_bounds(p, &low, &high);
		*ret_density = internal >= low && internal <= high && high > low
				       ? 1 / (high - low)
				       : 0;
	}
	return share(p, internal);
}

double encoding_snap(const struct encoding *encoding, size_t i, double x)
{
	const struct encoding_dimension *d = &encoding->dimensions[i];

	if (isnan(x) || d->kind == ENCODING_CATEGORY)
		return x;
	x = fmin(fmax(x, 0), 1);
	if (d->kind == ENCODING_REAL)
		return x;
	return encode_one(encoding, i, decode_one(encoding, i, x));
}

double encoding_from_unit(const struct encoding *encoding, size_t i,
			  double unit)
{
	const struct encoding_dimension *d = &encoding->dimensions[i];

	if (d->kind == ENCODING_CATEGORY)
		return (double)step_index(unit, d->levels);
	return encoding_snap(encoding, i, unit);
}

double encoding_step(const struct encoding *encoding, size_t i, double x,
		     int steps)
{
	const struct parameter *p = &encoding->space->parameters[i];
	const struct encoding_dimension *d = &encoding->dimensions[i];
	double value;

	if (parameter_is_categorical(p)) {
		double index = (double)step_index(x, d->levels) + steps;

		index = fmin(fmax(index, 0), (double)(d->levels - 1));
		return middle_of_step((size_t)index, d->levels);
	}
	value = parameter_final(p, internal_of(p, x)) + steps * p->q;
	if (!parameter_is_normal(p))
		value = fmin(fmax(value, p->low), p->high);
	else if (parameter_is_log(p))
		value = fmax(value, 0);
	return encode_one(encoding, i, internal_of_final(p, value));
}

/* --- points -------------------------------------------------------------- */

bool encoding_is_active(const struct encoding *encoding, const double *x,
			size_t i)
{
	const struct parameter *p = &encoding->space->parameters[i];

	/* only nested choices are parents, and those are categories */
	return p->parent < 0 || x[p->parent] == (double)p->parent_option;
}

void encoding_encode(const struct encoding *encoding, const double *point,
		     double *ret_x)
{
	for (size_t i = 0; i < encoding->count; i++)
		ret_x[i] = encode_one(encoding, i, point[i]);
}

void encoding_decode(const struct encoding *encoding, const double *x,
		     double *ret_point)
{
	for (size_t i = 0; i < encoding->count; i++) {
		ret_point[i] = NAN;
		if (space_is_active(encoding->space, ret_point, i))
			ret_point[i] = decode_one(encoding, i, x[i]);
	}
}

void encoding_repair(const struct encoding *encoding, struct random *random,
		     double *x)
{
	for (size_t i = 0; i < encoding->count; i++) {
		if (!encoding_is_active(encoding, x, i))
			x[i] = NAN;
		else if (isnan(x[i]))
			x[i] = encoding_from_unit(encoding, i,
						  random_unit(random));
	}
}

void encoding_impute(const struct encoding *encoding, const double *x,
		     double *ret_z)
{
	for (size_t i = 0; i < encoding->count; i++) {
		if (!isnan(x[i]))
			ret_z[i] = x[i];
		else if (encoding->dimensions[i].kind == ENCODING_CATEGORY)
			ret_z[i] = ENCODING_INACTIVE_CATEGORY;
		else
			ret_z[i] = ENCODING_INACTIVE_NUMBER;
	}
}

bool encoding_equal(const struct encoding *encoding, const double *a,
		    const double *b)
{
	for (size_t i = 0; i < encoding->count; i++)
		if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
			return false;
	return true;
}
