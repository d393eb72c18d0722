/* SPDX-License-Identifier: MIT */
/* Which of many results of several objectives are the best. */
#include "engine/tuner/fronts.h"

#include "base/mem.h"
#include "model/pareto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Beyond so many objectives exact volumes take too long. */
#define VOLUME_WIDTH_MAX 3
/* Of the reference point, in scaled losses: the ends of a front count, too. */
#define REFERENCE 1.1
/* Larger numbers do not enter: their differences must be finite. */
#define LARGEST 1e100

void fronts_init(struct fronts *fronts, const struct tuner_context *context)
{
	*fronts = (struct fronts){.width = 1};
	fronts->maximizes[0] = context->objective == OBJECTIVE_MAXIMIZE;
	if (context->objectives && context->objective_count)
		fronts->width = context->objective_count;
	for (size_t i = 0; context->objectives && i < fronts->width; i++)
		fronts->maximizes[i] =
			context->objectives[i].mode == OBJECTIVE_MAXIMIZE;
}

void fronts_release(struct fronts *fronts)
{
	free(fronts->losses);
	free(fronts->violations);
	free(fronts->is_set);
	*fronts = (struct fronts){0};
}

static void reserve(struct fronts *fronts, size_t count)
{
	if (count <= fronts->capacity)
		return;
	fronts->capacity = 2 * count;
	fronts->losses =
		xrealloc(fronts->losses, fronts->capacity * fronts->width *
						 sizeof(*fronts->losses));
	fronts->violations =
		xrealloc(fronts->violations,
			 fronts->capacity * sizeof(*fronts->violations));
	fronts->is_set = xrealloc(fronts->is_set,
				  fronts->capacity * sizeof(*fronts->is_set));
}

void fronts_set(struct fronts *fronts, size_t row,
		const struct tuner_result *result)
{
	double *losses;

	reserve(fronts, row + 1);
	while (fronts->count <= row)
		fronts->is_set[fronts->count++] = false;
	losses = fronts->losses + row * fronts->width;
	fronts->is_set[row] = true;
	fronts->violations[row] =
		result->violation > 0 ? fmin(result->violation, LARGEST) : 0;
	for (size_t i = 0; i < fronts->width; i++) {
		double value = i < result->count ? result->values[i] : NAN;

		if (fronts->maximizes[i])
			value = -value;
		losses[i] = fmin(fmax(value, -LARGEST), LARGEST);
		if (!isfinite(value))
			fronts->violations[row] = INFINITY;
	}
}

void fronts_scale(const struct fronts *fronts, const size_t *rows, size_t count,
		  double *ret)
{
	size_t width = fronts->width;

	for (size_t k = 0; k < width; k++) {
		double least = INFINITY, most = -INFINITY;

		for (size_t i = 0; i < count; i++) {
			double loss = fronts->losses[rows[i] * width + k];

			least = fmin(least, loss);
			most = fmax(most, loss);
		}
		for (size_t i = 0; i < count; i++)
			ret[i * width + k] =
				most > least
					? (fronts->losses[rows[i] * width + k] -
					   least) /
						  (most - least)
					: 0;
	}
}

/* ---- choosing from one rank ------------------------------------------------
 */

struct choice {
	size_t width;
	const double *rows; /* scaled */
	double *chosen;	    /* rows of the chosen ones */
	double *limited;    /* and limited to what a row dominates, too */
	size_t chosen_count;
};

static double volume_of(const double *rows, size_t count, size_t width)
{
	double reference[OBJECTIVES_MAX];

	for (size_t k = 0; k < width; k++)
		reference[k] = REFERENCE;
	return pareto_hypervolume(rows, count, width, reference);
}

/* What a row adds to the volume of those chosen: its own less what they
 * dominate of it. */
static double added_volume(struct choice *choice, size_t row)
{
	const double *own = choice->rows + row * choice->width;
	size_t width = choice->width;

	for (size_t i = 0; i < choice->chosen_count; i++)
		for (size_t k = 0; k < width; k++)
			choice->limited[i * width + k] =
				fmax(choice->chosen[i * width + k], own[k]);
	return volume_of(own, 1, width) -
	       volume_of(choice->limited, choice->chosen_count, width);
}

/* The least distance to those chosen; at first, to the worst corner. */
static double distance(struct choice *choice, size_t row)
{
	const double *own = choice->rows + row * choice->width;
	double least = INFINITY, square = 0;

	for (size_t k = 0; k < choice->width; k++)
		square += (1 - own[k]) * (1 - own[k]);
	if (!choice->chosen_count)
		return square;
	for (size_t i = 0; i < choice->chosen_count; i++) {
		square = 0;
		for (size_t k = 0; k < choice->width; k++) {
			double d =
				own[k] - choice->chosen[i * choice->width + k];

			square += d * d;
		}
		least = fmin(least, square);
	}
	return least;
}

/* Bring `wanted` of the rows to the front, greedily.  What a row adds never
 * grows while others are chosen: what it added when it was last looked at says
 * whether it must be looked at again.  The first choice by distance measures
 * another thing, and bounds nothing. */
static void choose(const struct fronts *fronts, size_t *rows, size_t count,
		   size_t wanted)
{
	size_t width = fronts->width;
	bool by_volume = width <= VOLUME_WIDTH_MAX;
	double *scaled = xcalloc(count * width, sizeof(*scaled));
	double *bounds = xcalloc(count, sizeof(*bounds));
	size_t *order = xcalloc(count, sizeof(*order));
	bool *is_chosen = xcalloc(count, sizeof(*is_chosen));
	struct choice choice = {.width = width, .rows = scaled};
	size_t left = 0;

	choice.chosen = xcalloc(wanted * width, sizeof(double));
	choice.limited = xcalloc(wanted * width, sizeof(double));
	fronts_scale(fronts, rows, count, scaled);
	for (size_t i = 0; i < count; i++)
		bounds[i] = INFINITY;
	while (choice.chosen_count < wanted) {
		double most = -INFINITY;
		size_t best = 0;

		for (size_t i = 0; i < count; i++) {
			if (is_chosen[i] || bounds[i] <= most)
				continue;
			bounds[i] = by_volume ? added_volume(&choice, i)
					      : distance(&choice, i);
			if (bounds[i] <= most)
				continue;
			most = bounds[i];
			best = i;
		}
		is_chosen[best] = true;
		memcpy(choice.chosen + choice.chosen_count * width,
		       scaled + best * width, width * sizeof(double));
		for (size_t i = 0;
		     !by_volume && !choice.chosen_count && i < count; i++)
			bounds[i] = INFINITY;
		order[choice.chosen_count++] = rows[best];
	}
	left = wanted;
	for (size_t i = 0; i < count; i++)
		if (!is_chosen[i])
			order[left++] = rows[i];
	memcpy(rows, order, count * sizeof(*rows));
	free(choice.chosen);
	free(choice.limited);
	free(is_chosen);
	free(order);
	free(bounds);
	free(scaled);
}

/* ---- the order -------------------------------------------------------------
 */

/* Bring the rows of the first front to the front; both parts keep their order.
 * Returns its size. */
static size_t split_front(const struct fronts *fronts, size_t *rows,
			  size_t count)
{
	size_t width = fronts->width;
	double *losses = xcalloc(count * width, sizeof(*losses));
	size_t *front = xcalloc(count, sizeof(*front));
	size_t *others = xcalloc(count, sizeof(*others));
	size_t used, k = 0, other_count = 0;

	for (size_t i = 0; i < count; i++)
		memcpy(losses + i * width, fronts->losses + rows[i] * width,
		       width * sizeof(*losses));
	used = pareto_front(losses, count, width, front);
	for (size_t i = 0; i < count; i++) {
		if (k < used && front[k] == i)
			rows[k++] = rows[i]; /* k <= i */
		else
			others[other_count++] = rows[i];
	}
	memcpy(rows + used, others, other_count * sizeof(*rows));
	free(losses);
	free(front);
	free(others);
	return used;
}

struct broken {
	double violation;
	size_t row;
};

static int compare_broken(const void *left, const void *right)
{
	const struct broken *a = left, *b = right;

	if (a->violation != b->violation)
		return a->violation < b->violation ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

/* Those beyond constraints, or not finite. */
static size_t add_broken(const struct fronts *fronts, size_t wanted,
			 size_t *ret_rows)
{
	struct broken *broken = xcalloc(fronts->count + 1, sizeof(*broken));
	size_t count = 0;

	for (size_t i = 0; i < fronts->count; i++)
		if (fronts->is_set[i] && fronts->violations[i] > 0)
			broken[count++] =
				(struct broken){fronts->violations[i], i};
	if (wanted)
		qsort(broken, count, sizeof(*broken), compare_broken);
	for (size_t i = 0; i < count; i++)
		ret_rows[i] = broken[i].row;
	free(broken);
	return count;
}

size_t fronts_order(const struct fronts *fronts, size_t wanted,
		    size_t *ret_rows)
{
	size_t count = 0, from = 0;

	for (size_t i = 0; i < fronts->count; i++)
		if (fronts->is_set[i] && !(fronts->violations[i] > 0))
			ret_rows[count++] = i;
	while (from < wanted && from < count) {
		size_t size =
			split_front(fronts, ret_rows + from, count - from);
		size_t most = wanted - from < size ? wanted - from : size;

		choose(fronts, ret_rows + from, size, most);
		from += size;
	}
	return count + add_broken(fronts, wanted > count ? wanted - count : 0,
				  ret_rows + count);
}
