/* SPDX-License-Identifier: MIT */
/* The order of the experiments, and which of them are shown. */
#include "tui/data.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

const char *data_order_name(enum experiment_order order)
{
	static const char *const names[EXPERIMENT_ORDERS] = {
		[EXPERIMENTS_BY_AGE] = "age",
		[EXPERIMENTS_BY_NAME] = "name",
		[EXPERIMENTS_BY_STATE] = "state",
		[EXPERIMENTS_BY_BEST] = "best",
		[EXPERIMENTS_BY_START] = "started",
	};

	return names[order];
}

static int compare_numbers(double a, double b)
{
	return (a > b) - (a < b);
}

/* What runs, then what could, then how it ended. */
static int weight(const struct experiment_row *row)
{
	return row->is_live ? 0
	       : !experiment_state_is_terminal(row->state)
		       ? 1
		       : 2 + (int)row->state;
}

/* Larger first, whatever larger means to each; none last. */
static int compare_best(const struct experiment_row *a,
			const struct experiment_row *b)
{
	bool has_a = a->best.is_set && !isnan(a->best.number);
	bool has_b = b->best.is_set && !isnan(b->best.number);

	if (!has_a || !has_b)
		return has_b - has_a;
	return compare_numbers(b->best.number, a->best.number);
}

static int compare(const void *left, const void *right, void *arg)
{
	const struct experiment_row *a = left, *b = right;
	const struct data *data = arg;
	bool is_hidden_a =
		a->is_archived && !data->shows_archived && !a->is_live;
	bool is_hidden_b =
		b->is_archived && !data->shows_archived && !b->is_live;
	int by = 0;

	if (is_hidden_a != is_hidden_b)
		return is_hidden_a - is_hidden_b;
	if (data->order == EXPERIMENTS_BY_NAME)
		by = strcasecmp(a->name, b->name);
	else if (data->order == EXPERIMENTS_BY_STATE)
		by = weight(a) - weight(b);
	else if (data->order == EXPERIMENTS_BY_BEST)
		by = compare_best(a, b);
	else if (data->order == EXPERIMENTS_BY_START)
		by = (b->started_ns > a->started_ns) -
		     (b->started_ns < a->started_ns);
	if (!by) /* the newest first */
		by = (b->key > a->key) - (b->key < a->key);
	return data->is_order_reversed ? -by : by;
}

void data_arrange(struct data *data)
{
	if (data->experiment_total > 1)
		qsort_r(data->experiments, data->experiment_total,
			sizeof(*data->experiments), compare, data);
	data->experiment_count = 0;
	for (size_t i = 0; i < data->experiment_total; i++) {
		const struct experiment_row *row = &data->experiments[i];

		if (!row->is_archived || data->shows_archived || row->is_live)
			data->experiment_count++;
	}
}
