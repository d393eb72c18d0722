/* SPDX-License-Identifier: MIT */
/*
 * Tables of errors that small models had, measured over a grid of their
 * hyperparameters (tests/bench/sandbox_tables.py).
 *
 * Between the values of a numeric axis the table is interpolated linearly,
 * along its logarithm where the axis has one; so the least entry is the least
 * value, and it can be reached.
 */
#ifndef ENGINE_SANDBOX_TABLES_H
#define ENGINE_SANDBOX_TABLES_H

#include "engine/sandbox/function.h"

#include <stddef.h>
#include <stdint.h>

#define SANDBOX_AXES_MAX 8
#define SANDBOX_TABLE_UNIT 65000.0 /* an entry of this is an error of 1 */

struct sandbox_axis {
	size_t count;
	double low, high; /* > 0: `count` values evenly in their logarithm */
	const double *values; /* or these, ascending; NULL and low 0: options */
};

struct sandbox_table {
	const uint16_t *entries; /* the last axis runs fastest */
	size_t entry_count, axis_count;
	struct sandbox_axis axes[SANDBOX_AXES_MAX]; /* as in the space */
	bool has_budgets; /* the last axis is the budget */
};

void sandbox_table_evaluate(const struct sandbox_function *function,
			    const double *x, double budget, double *ret);
/* The least entry at the largest budget. */
double sandbox_table_best(const struct sandbox_table *table);

extern const struct sandbox_table sandbox_net_digits_table;

/* a file each: table_svm_digits.c */
extern const uint16_t sandbox_svm_digits[243];
extern const uint16_t sandbox_svr_diabetes[512];
extern const uint16_t sandbox_boosting_diabetes[1512];
extern const uint16_t sandbox_trees_wine[600];
extern const uint16_t sandbox_linear_cancer[1050];
extern const uint16_t sandbox_net_digits[4032];

/* clang-format off */
#define SANDBOX_NET_DIGITS_SPACE \
	"{" CHOICE("activation", "\"relu\",\"tanh\",\"logistic\"") "," \
	LOGUNIFORM("rate", "1e-4", "1e-1") "," \
	LOGUNIFORM("alpha", "1e-5", "10") "," \
	PARAMETER("hidden", "qloguniform", "8,64,1") "," \
	PARAMETER("batch", "qloguniform", "16,256,1") "}"
/* clang-format on */

#endif
