/* SPDX-License-Identifier: MIT */
/*
 * Points of a search space: what is active, how it is drawn, what the trial
 * gets to see.  Reading a space is space_parse.c; reading points back is
 * space_point.c and, for single table cells, space_cell.c.
 */
#include "model/space.h"

#include "base/mem.h"
#include "model/space_json.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum family { CATEGORICAL, UNIFORM, NORMAL };

static const struct {
	const char *name;
	enum family family;
	bool is_log;
} kinds[PARAMETER_KIND_COUNT] = {
	[PARAMETER_CHOICE] = {"choice", CATEGORICAL, false},
	[PARAMETER_RANDINT] = {"randint", CATEGORICAL, false},
	[PARAMETER_UNIFORM] = {"uniform", UNIFORM, false},
	[PARAMETER_QUNIFORM] = {"quniform", UNIFORM, false},
	[PARAMETER_LOGUNIFORM] = {"loguniform", UNIFORM, true},
	[PARAMETER_QLOGUNIFORM] = {"qloguniform", UNIFORM, true},
	[PARAMETER_NORMAL] = {"normal", NORMAL, false},
	[PARAMETER_QNORMAL] = {"qnormal", NORMAL, false},
	[PARAMETER_LOGNORMAL] = {"lognormal", NORMAL, true},
	[PARAMETER_QLOGNORMAL] = {"qlognormal", NORMAL, true},
};

const char *parameter_kind_name(enum parameter_kind kind)
{
	return kinds[kind].name;
}

bool parameter_kind_parse(const char *name, enum parameter_kind *ret_kind)
{
	for (int i = 0; i < PARAMETER_KIND_COUNT; i++) {
		if (strcmp(name, kinds[i].name))
			continue;
		*ret_kind = (enum parameter_kind)i;
		return true;
	}
	return false;
}

bool parameter_is_categorical(const struct parameter *p)
{
	return kinds[p->kind].family == CATEGORICAL;
}

bool parameter_is_log(const struct parameter *p)
{
	return kinds[p->kind].is_log;
}

bool parameter_is_normal(const struct parameter *p)
{
	return kinds[p->kind].family == NORMAL;
}

void parameter_bounds(const struct parameter *p, double *ret_low,
		      double *ret_high)
{
	*ret_low = kinds[p->kind].is_log ? log(p->low) : p->low;
	*ret_high = kinds[p->kind].is_log ? log(p->high) : p->high;
}

struct space *space_empty(void)
{
	struct space *space = xcalloc(1, sizeof(*space));

	space->json = xstrdup("{}");
	return space;
}

void space_free(struct space *space)
{
	if (!space)
		return;
	for (size_t i = 0; i < space->count; i++) {
		struct parameter *p = &space->parameters[i];

		free(p->name);
		free(p->path);
		/* randint counts its options, but stores none */
		for (size_t j = 0; p->options && j < p->option_count; j++) {
			free(p->options[j].json);
			free(p->options[j].name);
		}
		free(p->options);
	}
	free(space->parameters);
	free(space->json);
	free(space);
}

bool space_is_active(const struct space *space, const double *point, size_t i)
{
	const struct parameter *p = &space->parameters[i];

	/* NaN, the inactive parent, equals nothing. */
	return p->parent < 0 || point[p->parent] == p->parent_option;
}

/* Hostile ranges may overflow; a trial must never see an infinity. */
static double clamp_finite(double x)
{
	return fmin(fmax(x, -DBL_MAX), DBL_MAX);
}

double parameter_sample(const struct parameter *p, struct random *random)
{
	double low, high;

	switch (kinds[p->kind].family) {
	case CATEGORICAL:
		return (double)random_below(random, p->option_count);
	case NORMAL:
		return clamp_finite(p->mu + p->sigma * random_normal(random));
	default:
		parameter_bounds(p, &low, &high);
		return low + (high - low) * random_unit(random);
	}
}

void space_sample(const struct space *space, struct random *random,
		  double *ret_point)
{
	for (size_t i = 0; i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];

		ret_point[i] = space_is_active(space, ret_point, i)
				       ? parameter_sample(p, random)
				       : NAN;
	}
}

double parameter_final(const struct parameter *p, double internal)
{
	double x = internal;

	if (p->kind == PARAMETER_RANDINT)
		return p->low + x;
	if (kinds[p->kind].is_log)
		x = exp(x);
	/* rint: ties to even; + 0.0 turns its -0 into Python's integer 0 */
	if (p->q > 0)
		x = (rint(x / p->q) + 0.0) * p->q;
	if (p->q > 0 && kinds[p->kind].family == UNIFORM)
		x = fmin(fmax(x, p->low), p->high);
	return clamp_finite(x);
}

static void format_members(const struct space *space, const double *point,
			   int parent, bool is_first, struct strbuf *out)
{
	for (size_t i = (size_t)(parent + 1); i < space->count; i++) {
		const struct parameter *p = &space->parameters[i];

		if (p->parent < parent)
			break; /* the end of this parent's descendants */
		if (p->parent != parent || isnan(point[i]))
			continue;
		if (!is_first)
			strbuf_addch(out, ',');
		is_first = false;
		strbuf_add_json_string(out, p->name);
		strbuf_addch(out, ':');
		if (p->kind == PARAMETER_RANDINT) {
			strbuf_addf(out, "%.0f", p->low + point[i]);
		} else if (p->kind == PARAMETER_CHOICE) {
			size_t option = (size_t)point[i];

			assert(option < p->option_count);
			if (!p->is_nested) {
				strbuf_adds(out, p->options[option].json);
				continue;
			}
			strbuf_adds(out, "{\"_name\":");
			strbuf_add_json_string(out, p->options[option].name);
			format_members(space, point, (int)i, false, out);
			strbuf_addch(out, '}');
		} else {
			space_json_add_float(out, parameter_final(p, point[i]));
		}
	}
}

void space_format_whole(const struct space *space, const double *point,
			struct strbuf *out)
{
	const struct parameter *p = &space->parameters[0];
	size_t option = (size_t)point[0];

	assert(space->is_list && option < p->option_count);
	strbuf_adds(out, p->options[option].json);
}

void space_format(const struct space *space, const double *point,
		  struct strbuf *out)
{
	strbuf_addch(out, '{');
	format_members(space, point, -1, true, out);
	strbuf_addch(out, '}');
}
