/* SPDX-License-Identifier: MIT */
/* Ranges, places, names and filters of parallel axes. */
#include "tui/parallel_axes.h"

#include "base/mem.h"
#include "tui/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void parallel_axes_release(struct parallel_axes *axes)
{
	free(axes->axes);
	memset(axes, 0, sizeof(*axes));
}

static void widen(struct parallel_axis *axis, double value)
{
	if (!isfinite(value))
		return;
	axis->low = fmin(axis->low, value);
	axis->high = fmax(axis->high, value);
}

static void make_parameter(struct parallel_axes *axes, size_t i,
			   const struct picture_sample *sample)
{
	const struct parameter *p = &axes->space->parameters[i];
	struct parallel_axis *axis = &axes->axes[i];
	size_t width = axes->space->count;

	axis->parameter = (int)i;
	if (parameter_is_categorical(p)) {
		axis->low = 0;
		axis->high = (double)p->option_count - 1;
	} else if (!parameter_is_normal(p)) {
		parameter_bounds(p, &axis->low, &axis->high);
	} else {
		axis->low = INFINITY;
		axis->high = -INFINITY;
		for (size_t k = 0; k < sample->count; k++)
			if (sample->are_read[k])
				widen(axis, sample->points[k * width + i]);
	}
}

void parallel_axes_make(struct parallel_axes *axes,
			const struct picture_sample *sample,
			const double *values, const char *metric,
			bool is_objective, bool is_log)
{
	struct parallel_axis *last;

	parallel_axes_release(axes);
	axes->space = sample->space;
	axes->names.space = sample->space;
	axes->is_objective = is_objective;
	snprintf(axes->metric, sizeof(axes->metric), "%s", metric);
	axes->count = sample->space->count + 1;
	axes->axes = xcalloc(axes->count, sizeof(*axes->axes));
	for (size_t i = 0; i < sample->space->count; i++)
		make_parameter(axes, i, sample);
	last = &axes->axes[axes->count - 1];
	*last = (struct parallel_axis){-1, INFINITY, -INFINITY, is_log};
	for (size_t k = 0; k < sample->count; k++) {
		double value = values[sample->sequences[k]];

		widen(last, is_log ? log10(value) : value);
	}
}

static double place_of(const struct parallel_axis *axis, double value)
{
	if (!isfinite(value) || !(axis->low <= axis->high))
		return NAN;
	if (axis->low == axis->high)
		return 0.5;
	return fmin(1, fmax(0, (value - axis->low) / (axis->high - axis->low)));
}

double parallel_place(const struct parallel_axes *axes, size_t axis,
		      const struct picture_sample *sample, const double *values,
		      size_t row)
{
	const struct parallel_axis *a = &axes->axes[axis];
	double value;

	if (a->parameter >= 0)
		value = sample->are_read[row]
				? sample->points[row * axes->space->count +
						 (size_t)a->parameter]
				: NAN;
	else if (a->is_log)
		value = log10(values[sample->sequences[row]]);
	else
		value = values[sample->sequences[row]];
	return place_of(a, value);
}

const char *parallel_name(const struct parallel_axes *axes, size_t axis)
{
	int parameter = axes->axes[axis].parameter;

	return parameter >= 0 ? axes->space->parameters[parameter].path
			      : axes->metric;
}

/* The number a user knows, at a place of a numeric axis. */
static double value_at(const struct parallel_axes *axes, size_t axis,
		       double place)
{
	const struct parallel_axis *a = &axes->axes[axis];
	double value = a->low + place * (a->high - a->low);

	if (a->parameter < 0)
		return a->is_log ? pow(10, value) : value;
	return parameter_final(&axes->space->parameters[a->parameter], value);
}

static const struct parameter *choice_of(const struct parallel_axes *axes,
					 size_t axis)
{
	int parameter = axes->axes[axis].parameter;
	const struct parameter *p =
		parameter >= 0 ? &axes->space->parameters[parameter] : NULL;

	return p && p->kind == PARAMETER_CHOICE ? p : NULL;
}

static bool is_integer(const struct parallel_axes *axes, size_t axis)
{
	int parameter = axes->axes[axis].parameter;

	return parameter >= 0 &&
	       axes->space->parameters[parameter].kind == PARAMETER_RANDINT;
}

void parallel_format(const struct parallel_axes *axes, size_t axis,
		     double place, int cols, struct strbuf *out)
{
	const struct parallel_axis *a = &axes->axes[axis];
	const struct parameter *choice = choice_of(axes, axis);

	if (!(a->low <= a->high))
		return;
	if (choice)
		format_cut(out, choice->options[lround(place * a->high)].name,
			   cols, true);
	else if (is_integer(axes, axis))
		format_number(
			out,
			value_at(axes, axis,
				 a->high > 0 ? round(place * a->high) / a->high
					     : 0),
			cols);
	else
		format_number_digits(out, value_at(axes, axis, place), cols, 3);
}

/* Quotes keep every sign; one within them cannot be written. */
static bool add_option(struct strbuf *out, const char *field, const char *name,
		       bool is_first)
{
	if (strchr(name, '"') || strchr(name, '\\'))
		return false;
	strbuf_addf(out, "%s%s=\"%s\"", is_first ? "" : " or ", field, name);
	return true;
}

static bool filter_options(const struct parameter *p, const char *field,
			   double from, double to, struct strbuf *out)
{
	struct strbuf terms = STRBUF_INIT;
	double last = (double)p->option_count - 1;
	size_t taken = 0;
	bool ok = true;

	for (size_t i = 0; i < p->option_count && taken < 24; i++) {
		double place = last > 0 ? (double)i / last : 0.5;

		if (place < from || place > to)
			continue;
		ok = ok &&
		     add_option(&terms, field, p->options[i].name, taken == 0);
		taken++;
	}
	ok = ok && taken > 0 && taken < p->option_count && taken < 24;
	if (ok)
		strbuf_addf(out, taken > 1 ? "(%s)" : "%s", terms.data);
	strbuf_release(&terms);
	return ok;
}

bool parallel_filter(const struct parallel_axes *axes, size_t axis, double from,
		     double to, struct strbuf *out)
{
	const struct parallel_axis *a = &axes->axes[axis];
	const struct parameter *choice = choice_of(axes, axis);
	struct trial_field field = {.kind = FIELD_PARAMETER,
				    .parameter = a->parameter};
	struct strbuf name = STRBUF_INIT;
	bool ok = true;

	if (a->parameter < 0 && axes->is_objective) {
		field.kind = FIELD_FINAL;
	} else if (a->parameter < 0) {
		field.kind = FIELD_METRIC;
		field.stat = STAT_FINAL;
		memcpy(field.metric, axes->metric, sizeof(field.metric));
	}
	trial_field_format(&field, &axes->names, &name);
	if (choice) {
		ok = filter_options(choice, name.data, from, to, out);
	} else {
		bool has_low = from > 0, has_high = to < 1;
		double low = value_at(axes, axis, from);
		double high = value_at(axes, axis, to);

		if (is_integer(axes, axis)) {
			low = ceil(low);
			high = floor(high);
		}
		ok = (has_low || has_high) && a->low < a->high && low <= high;
		if (ok && has_low)
			strbuf_addf(out, "%s>=%.6g", name.data, low);
		if (ok && has_high)
			strbuf_addf(out, "%s%s<=%.6g", has_low ? " " : "",
				    name.data, high);
	}
	strbuf_release(&name);
	return ok;
}
