/* SPDX-License-Identifier: MIT */
/* The deduplicator of Random and TPE. */
#include "engine/tuner/dedup.h"

#include "base/mem.h"
#include "engine/tuner/grid.h"
#include "engine/tuner/seen.h"

#include <stdlib.h>

struct dedup {
	struct seen *seen; /* NULL: duplicates cannot happen */
	struct grid *grid; /* from the first duplicate on */
	const struct space *space;
};

/* Nested parameters do not help: "not chosen" equals "not chosen". */
static bool prevents_duplicates(const struct parameter *p)
{
	return p->parent < 0 && !parameter_is_categorical(p) && p->q == 0;
}

struct dedup *dedup_new(const struct space *space)
{
	struct dedup *dedup = xcalloc(1, sizeof(*dedup));

	dedup->space = space;
	for (size_t i = 0; i < space->count; i++)
		if (prevents_duplicates(&space->parameters[i]))
			return dedup;
	dedup->seen = seen_new(space);
	return dedup;
}

void dedup_free(struct dedup *dedup)
{
	if (!dedup)
		return;
	grid_free(dedup->grid);
	seen_free(dedup->seen);
	free(dedup);
}

bool dedup_fix(struct dedup *dedup, double *point)
{
	if (!dedup->seen || !seen_has(dedup->seen, point))
		return true;
	if (!dedup->grid)
		dedup->grid = grid_new(dedup->space, dedup->seen);
	return grid_next(dedup->grid, point);
}

bool dedup_has(const struct dedup *dedup, const double *point)
{
	return dedup->seen && seen_has(dedup->seen, point);
}

void dedup_add(struct dedup *dedup, const double *point)
{
	if (dedup->seen)
		seen_add(dedup->seen, point);
}
