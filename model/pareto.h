/* SPDX-License-Identifier: MIT */
/*
 * Several objectives at once: which results no other one beats, and how much
 * of the objectives' space a set of them dominates.
 *
 * Results are rows of `width` losses each: less is better in every column (a
 * metric to be maximised is negated by the caller).  NaN counts as infinitely
 * bad.
 */
#ifndef MODEL_PARETO_H
#define MODEL_PARETO_H

#include <stdbool.h>
#include <stddef.h>

/* Is a at least as good as b everywhere, and better somewhere? */
bool pareto_dominates(const double *a, const double *b, size_t width);

/* The rows that no other one dominates, equal ones included, in their order:
 * ret_rows has room for count.  Returns how many.  Of order count times the
 * size of the front; of two objectives n log n. */
size_t pareto_front(const double *losses, size_t count, size_t width,
		    size_t *ret_rows);

/* Non-dominated sorting: rank 0 is dominated by nobody, rank 1 only by some of
 * rank 0, and so on.  Equal results have the same rank.  Quadratic in count.
 * Returns how many have rank 0. */
size_t pareto_ranks(const double *losses, size_t count, size_t width,
		    size_t *ret_ranks);

/* The volume that lies between the results and the reference point, exactly:
 * by sweeping the last objective and adding up slices (Knowles 2002, "HSO").
 * Results that are not better than the reference everywhere add nothing.  Of
 * order n log n for 2 objectives, n^2 log n for 3, n^(width-1) beyond. */
double pareto_hypervolume(const double *losses, size_t count, size_t width,
			  const double *reference);

#endif
