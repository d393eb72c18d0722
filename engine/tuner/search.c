/* SPDX-License-Identifier: MIT */
/* Pool, climb, choose. */
#include "engine/tuner/search.h"

#include "base/mem.h"
#include "engine/tuner/linalg.h"

#include <math.h>
#include <nlopt.h>
#include <stdlib.h>
#include <string.h>

/* Steps with more values than this climb as if they were real. */
#define STEPS_TRIED 24
/* So many other options of a choice are tried at a time. */
#define OPTIONS_TRIED 16
/* The pool is valued in parts, which bounds its memory. */
#define PART 256

struct search {
	const struct encoding *encoding;
	const struct search_target *target;
	struct random *random;
	size_t width;

	double *z;	  /* one imputed point */
	double *gradient; /* by all dimensions */

	/* of a climb */
	double *x, *best_x;
	double best;
	size_t *smooth; /* dimensions that move */
	size_t smooth_count;
};

struct ranked {
	double value;
	size_t at;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *p = a;
	const struct ranked *q = b;

	if (p->value != q->value)
		return p->value < q->value ? 1 : -1;
	return (p->at > q->at) - (p->at < q->at);
}

static double value_of(struct search *s, const double *x, double *gradient)
{
	double value;

	encoding_impute(s->encoding, x, s->z);
	if (s->target->at)
		value = s->target->at(s->target->arg, s->z, gradient);
	else
		s->target->many(s->target->arg, s->z, 1, &value);
	return isnan(value) ? -INFINITY : value;
}

/* --- the pool ------------------------------------------------------------ */

static void draw_anywhere(struct search *s, double *x)
{
	for (size_t i = 0; i < s->width; i++)
		x[i] = NAN;
	encoding_repair(s->encoding, s->random, x);
}

static double reflect(double x)
{
	if (x < 0)
		x = -x;
	if (x > 1)
		x = 2 - x;
	return fmin(fmax(x, 0), 1);
}

static double other_option(struct search *s, size_t i, double x)
{
	size_t levels = s->encoding->dimensions[i].levels;
	uint64_t option;

	if (levels < 2)
		return x;
	option = random_below(s->random, levels - 1);
	return (double)option >= x ? (double)option + 1 : (double)option;
}

/* Near a point: few dimensions differ when there are many. */
static void draw_near(struct search *s, const double *start, double *x)
{
	static const double widths[] = {0.2, 0.05, 0.01, 0.001};
	double width = widths[random_below(s->random, COUNT_OF(widths))];
	double share = fmin(1, 2 / (double)s->width + random_unit(s->random));
	size_t forced = random_below(s->random, s->width);

	memcpy(x, start, s->width * sizeof(*x));
	for (size_t i = 0; i < s->width; i++) {
		bool moves = random_unit(s->random) < share || i == forced;
		double by = random_normal(s->random) * width;
		enum encoding_kind kind = s->encoding->dimensions[i].kind;

		if (!moves || isnan(x[i]))
			continue;
		if (kind == ENCODING_CATEGORY) {
			if (random_unit(s->random) < 0.3 || i == forced)
				x[i] = other_option(s, i, x[i]);
		} else {
			x[i] = encoding_snap(s->encoding, i,
					     reflect(x[i] + by));
		}
	}
	encoding_repair(s->encoding, s->random, x);
}

static void fill_pool(struct search *s, const double *starts,
		      size_t start_count, double *pool, size_t count)
{
	size_t from_starts = start_count ? count / 2 : 0;

	for (size_t k = 0; k < count; k++) {
		double *x = pool + k * s->width;
		size_t start = 0;

		if (k >= from_starts) {
			draw_anywhere(s, x);
			continue;
		}
		while (start + 1 < start_count && random_unit(s->random) < 0.5)
			start++;
		draw_near(s, starts + start * s->width, x);
	}
}

static void value_pool(struct search *s, const double *pool, size_t count,
		       struct ranked *ret)
{
	double *z = linalg_alloc(PART * s->width);
	double values[PART];

	for (size_t k = 0; k < count; k += PART) {
		size_t part = count - k < PART ? count - k : PART;

		for (size_t i = 0; i < part; i++)
			encoding_impute(s->encoding, pool + (k + i) * s->width,
					z + i * s->width);
		s->target->many(s->target->arg, z, part, values);
		for (size_t i = 0; i < part; i++)
			ret[k + i] = (struct ranked){
				isnan(values[i]) ? -INFINITY : values[i],
				k + i};
	}
	free(z);
	qsort(ret, count, sizeof(*ret), compare_ranked);
}

/* --- climbing ------------------------------------------------------------ */

static double climb_value(unsigned count, const double *values,
			  double *gradient, void *data)
{
	struct search *s = data;
	double value;

	for (unsigned k = 0; k < count; k++)
		s->x[s->smooth[k]] = values[k];
	value = value_of(s, s->x, gradient ? s->gradient : NULL);
	for (unsigned k = 0; gradient && k < count; k++)
		gradient[k] = s->gradient[s->smooth[k]];
	if (value > s->best) {
		s->best = value;
		memcpy(s->best_x, s->x, s->width * sizeof(*s->x));
	}
	return isfinite(value) ? value : -1e300;
}

/* Move best_x by derivatives; steps end between their values. */
static void climb_smooth(struct search *s, int steps)
{
	double *values = linalg_alloc(s->width);
	double reached;
	nlopt_opt opt;

	s->smooth_count = 0;
	for (size_t i = 0; i < s->width; i++) {
		const struct encoding_dimension *d =
			&s->encoding->dimensions[i];

		if (isnan(s->best_x[i]) || d->kind == ENCODING_CATEGORY ||
		    d->levels <= STEPS_TRIED)
			continue;
		values[s->smooth_count] = s->best_x[i];
		s->smooth[s->smooth_count++] = i;
	}
	if (s->smooth_count && s->target->at && steps > 0) {
		memcpy(s->x, s->best_x, s->width * sizeof(*s->x));
		opt = nlopt_create(NLOPT_LD_LBFGS, (unsigned)s->smooth_count);
		nlopt_set_max_objective(opt, climb_value, s);
		nlopt_set_lower_bounds1(opt, 0);
		nlopt_set_upper_bounds1(opt, 1);
		nlopt_set_maxeval(opt, steps);
		nlopt_set_xtol_abs1(opt, 1e-7);
		nlopt_optimize(opt, values, &reached);
		nlopt_destroy(opt);
	}
	free(values);
}

static void snap(struct search *s)
{
	bool moved = false;

	for (size_t i = 0; i < s->width; i++) {
		double x = encoding_snap(s->encoding, i, s->best_x[i]);

		moved |= x != s->best_x[i] && !isnan(x);
		s->best_x[i] = x;
	}
	if (moved)
		s->best = value_of(s, s->best_x, NULL);
}

/* Is x with dimension i at `value` better than best_x?  Then it is that. */
static bool try_value(struct search *s, size_t i, double value)
{
	double at;

	if (value == s->best_x[i])
		return false;
	memcpy(s->x, s->best_x, s->width * sizeof(*s->x));
	s->x[i] = value;
	encoding_repair(s->encoding, s->random, s->x);
	at = value_of(s, s->x, NULL);
	if (!(at > s->best))
		return false;
	s->best = at;
	memcpy(s->best_x, s->x, s->width * sizeof(*s->x));
	return true;
}

static bool try_options(struct search *s, size_t i, size_t *moves)
{
	size_t levels = s->encoding->dimensions[i].levels;
	size_t count = levels < OPTIONS_TRIED ? levels : OPTIONS_TRIED;
	bool improved = false;

	for (size_t k = 0; k < count && *moves; k++) {
		double option = levels <= OPTIONS_TRIED
					? (double)k
					: other_option(s, i, s->best_x[i]);

		--*moves;
		improved |= try_value(s, i, option);
	}
	return improved;
}

static bool try_steps(struct search *s, size_t i, size_t *moves)
{
	static const int strides[] = {1, -1, 3, -3};
	bool improved = false;

	for (size_t k = 0; k < COUNT_OF(strides) && *moves; k++) {
		double x =
			encoding_step(s->encoding, i, s->best_x[i], strides[k]);

		--*moves;
		while (try_value(s, i, x)) {
			improved = true;
			x = encoding_step(s->encoding, i, x, strides[k]);
		}
	}
	return improved;
}

/* A number of a model without derivatives. */
static bool try_near(struct search *s, size_t i, size_t *moves)
{
	static const double widths[] = {0.2, 0.2, 0.05, 0.01};
	bool improved = false;

	for (size_t k = 0; k < COUNT_OF(widths) && *moves; k++) {
		double by = random_normal(s->random) * widths[k];

		--*moves;
		improved |= try_value(s, i, reflect(s->best_x[i] + by));
	}
	return improved;
}

/* Move best_x dimension by dimension. */
static bool climb_steps(struct search *s, size_t moves)
{
	bool improved = true, ever = false;

	while (improved && moves) {
		improved = false;
		for (size_t i = 0; i < s->width && moves; i++) {
			enum encoding_kind kind =
				s->encoding->dimensions[i].kind;

			if (isnan(s->best_x[i]))
				continue;
			if (kind == ENCODING_CATEGORY)
				improved |= try_options(s, i, &moves);
			else if (kind == ENCODING_STEPS)
				improved |= try_steps(s, i, &moves);
			else if (!s->target->at)
				improved |= try_near(s, i, &moves);
		}
		ever |= improved;
	}
	return ever;
}

static void climb(struct search *s, const struct search_effort *effort)
{
	climb_smooth(s, effort->steps);
	if (s->encoding->has_discrete)
		snap(s);
	if (!s->encoding->has_discrete && s->target->at)
		return;
	if (climb_steps(s, effort->moves)) {
		climb_smooth(s, effort->steps / 2);
		snap(s);
	}
}

bool search_run(const struct encoding *encoding,
		const struct search_target *target,
		const struct search_effort *effort, const double *starts,
		size_t start_count, struct random *random, double *ret_x)
{
	size_t width = encoding->count;
	size_t climbs = effort->climbs < effort->samples ? effort->climbs
							 : effort->samples;
	double *pool = linalg_alloc(effort->samples * width);
	double *tops = linalg_alloc(climbs * width);
	struct ranked *ranked = xcalloc(effort->samples, sizeof(*ranked));
	struct ranked *reached = xcalloc(climbs + 1, sizeof(*reached));
	struct search s = {.encoding = encoding,
			   .target = target,
			   .random = random,
			   .width = width};
	bool found = false;

	s.z = linalg_alloc(width);
	s.gradient = linalg_alloc(width);
	s.x = linalg_alloc(width);
	s.smooth = xcalloc(width, sizeof(*s.smooth));
	fill_pool(&s, starts, start_count, pool, effort->samples);
	value_pool(&s, pool, effort->samples, ranked);
	for (size_t k = 0; k < climbs; k++) {
		s.best_x = tops + k * width;
		memcpy(s.best_x, pool + ranked[k].at * width,
		       width * sizeof(*pool));
		s.best = ranked[k].value;
		climb(&s, effort);
		reached[k] = (struct ranked){s.best, k};
	}
	qsort(reached, climbs, sizeof(*reached), compare_ranked);
	for (size_t k = 0; k < climbs + effort->samples && !found; k++) {
		const double *x =
			k < climbs ? tops + reached[k].at * width
				   : pool + ranked[k - climbs].at * width;

		if (k == 0)
			memcpy(ret_x, x, width * sizeof(*x));
		found = !target->is_taken(target->taken_arg, x);
		if (found)
			memcpy(ret_x, x, width * sizeof(*x));
	}
	free(pool);
	free(tops);
	free(ranked);
	free(reached);
	free(s.z);
	free(s.gradient);
	free(s.x);
	free(s.smooth);
	return found;
}
