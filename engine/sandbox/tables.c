/* SPDX-License-Identifier: MIT */
/* Functions that are tables of measured errors. */
#include "engine/sandbox/tables.h"

#include "base/mem.h"
#include "engine/sandbox/functions.h"

#include <assert.h>
#include <math.h>

/* Where x lies between the values of an axis: 1.5 is between the second and
 * the third. */
static double place(const struct sandbox_axis *axis, double x)
{
	double last = (double)(axis->count - 1);
	size_t i = 0;

	if (axis->values) {
		while (i + 2 < axis->count && x > axis->values[i + 1])
			i++;
		x = (double)i + (x - axis->values[i]) /
					(axis->values[i + 1] - axis->values[i]);
	} else if (axis->low > 0) {
		x = last * log(x / axis->low) / log(axis->high / axis->low);
		/* a value of the grid is not missed by a rounding */
		if (fabs(x - round(x)) < 1e-9)
			x = round(x);
	}
	return fmin(fmax(x, 0), last);
}

void sandbox_table_evaluate(const struct sandbox_function *function,
			    const double *x, double budget, double *ret)
{
	const struct sandbox_table *table = function->table;
	double places[SANDBOX_AXES_MAX];
	double sum = 0;

	assert(table->axis_count <= SANDBOX_AXES_MAX);
	for (size_t i = 0; i < table->axis_count; i++) {
		bool is_budget =
			table->has_budgets && i + 1 == table->axis_count;

		places[i] = place(&table->axes[i], is_budget ? budget : x[i]);
	}
	for (size_t corner = 0; corner < (size_t)1 << table->axis_count;
	     corner++) {
		double weight = 1;
		size_t at = 0;

		for (size_t i = 0; i < table->axis_count; i++) {
			size_t low = (size_t)places[i];
			double share = places[i] - (double)low;
			bool is_high = corner >> i & 1;

			weight *= is_high ? share : 1 - share;
			at = at * table->axes[i].count + low + is_high;
		}
		if (weight > 0)
			sum += weight * table->entries[at];
	}
	*ret = sum / SANDBOX_TABLE_UNIT;
}

double sandbox_table_best(const struct sandbox_table *table)
{
	size_t step = table->has_budgets
			      ? table->axes[table->axis_count - 1].count
			      : 1;
	uint16_t best = UINT16_MAX;

	for (size_t i = step - 1; i < table->entry_count; i += step)
		if (table->entries[i] < best)
			best = table->entries[i];
	return best / SANDBOX_TABLE_UNIT;
}

#define ENTRIES(array) .entries = (array), .entry_count = COUNT_OF(array)

static const double depths6[] = {1, 2, 3, 4, 5, 6};
static const double depths8[] = {1, 2, 3, 4, 6, 8};
static const double shares3[] = {0.3, 0.65, 1};
static const double shares5[] = {0.1, 0.3, 0.5, 0.75, 1};
static const double ratios[] = {0, 0.25, 0.5, 0.75, 1};

/* clang-format off */
static const struct sandbox_table svm_digits = {
	ENTRIES(sandbox_svm_digits),
	.axis_count = 3,
	.axes = {{3, 0, 0, NULL}, {9, 1e-2, 1e3, NULL}, {9, 1e-5, 1, NULL}},
};

static const struct sandbox_table svr_diabetes = {
	ENTRIES(sandbox_svr_diabetes),
	.axis_count = 4,
	.axes = {{2, 0, 0, NULL}, {8, 1e-2, 1e2, NULL}, {8, 1e-4, 1, NULL},
		 {4, 1e-3, 1, NULL}},
};

static const struct sandbox_table boosting_diabetes = {
	ENTRIES(sandbox_boosting_diabetes),
	.axis_count = 5,
	.axes = {{2, 0, 0, NULL}, {7, 0.01, 1, NULL}, {6, 0, 0, depths6},
		 {3, 0, 0, shares3}, {6, 10, 320, NULL}},
};

static const struct sandbox_table trees_wine = {
	ENTRIES(sandbox_trees_wine),
	.axis_count = 5,
	.axes = {{2, 0, 0, NULL}, {2, 0, 0, NULL}, {6, 0, 0, depths8},
		 {5, 0, 0, shares5}, {5, 1, 16, NULL}},
};

static const struct sandbox_table linear_cancer = {
	ENTRIES(sandbox_linear_cancer),
	.axis_count = 5,
	.axes = {{3, 0, 0, NULL}, {2, 0, 0, NULL}, {7, 1e-6, 1, NULL},
		 {5, 0, 0, ratios}, {5, 1e-4, 1, NULL}},
};

const struct sandbox_table sandbox_net_digits_table = {
	ENTRIES(sandbox_net_digits),
	.axis_count = 6,
	.axes = {{3, 0, 0, NULL}, {7, 1e-4, 1e-1, NULL}, {4, 1e-5, 10, NULL},
		 {4, 8, 64, NULL}, {3, 16, 256, NULL}, {4, 1.0 / 27, 1, NULL}},
	.has_budgets = true,
};

#define TABLE(title, text, held, parameters, data)                             \
	{                                                                      \
		.name = title, .help = text, .group = SANDBOX_TABLE,           \
		.is_held_out = held, .space = "{" parameters "}",              \
		.evaluate = sandbox_table_evaluate, .table = &(data)           \
	}

const struct sandbox_function sandbox_tables[] = {
	TABLE("svm-digits", "errors of support vectors on digits", false,
	      CHOICE("kernel", "\"rbf\",\"poly\",\"sigmoid\"") ","
	      LOGUNIFORM("c", "1e-2", "1e3") ","
	      LOGUNIFORM("gamma", "1e-5", "1"), svm_digits),
	TABLE("boosting-diabetes", "errors of boosted trees on diabetes", false,
	      CHOICE("loss", "\"squared\",\"huber\"") ","
	      LOGUNIFORM("rate", "0.01", "1") ","
	      QUNIFORM("depth", "1", "6", "1") ","
	      UNIFORM("share", "0.3", "1") ","
	      PARAMETER("trees", "qloguniform", "10,320,1"), boosting_diabetes),
	TABLE("linear-cancer", "errors of linear models on breast cancer", false,
	      CHOICE("loss", "\"hinge\",\"log\",\"huber\"") ","
	      CHOICE("average", "false,true") ","
	      LOGUNIFORM("alpha", "1e-6", "1") ","
	      UNIFORM("ratio", "0", "1") ","
	      LOGUNIFORM("eta", "1e-4", "1"), linear_cancer),
	TABLE("svr-diabetes", "errors of support vectors on diabetes", true,
	      CHOICE("kernel", "\"rbf\",\"sigmoid\"") ","
	      LOGUNIFORM("c", "1e-2", "1e2") ","
	      LOGUNIFORM("gamma", "1e-4", "1") ","
	      LOGUNIFORM("epsilon", "1e-3", "1"), svr_diabetes),
	TABLE("trees-wine", "errors of random trees on wine", true,
	      CHOICE("criterion", "\"gini\",\"entropy\"") ","
	      CHOICE("bootstrap", "false,true") ","
	      QUNIFORM("depth", "1", "8", "1") ","
	      UNIFORM("share", "0.1", "1") ","
	      PARAMETER("leaf", "qloguniform", "1,16,1"), trees_wine),
	{.name = "net-digits", .help = "errors of a network on digits",
	 .group = SANDBOX_TABLE, .is_held_out = true,
	 .space = SANDBOX_NET_DIGITS_SPACE,
	 .evaluate = sandbox_table_evaluate,
	 .table = &sandbox_net_digits_table},
	{0},
};
