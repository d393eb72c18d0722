/* SPDX-License-Identifier: MIT */
/* Reading and ordering nodes and places. */
#include "tui/cluster_rows.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define NODES_MAX 20000

void cluster_rows_release(struct cluster_rows *rows)
{
	free(rows->nodes);
	free(rows->trials);
	memset(rows, 0, sizeof(*rows));
}

static bool add_node(const struct cluster_node *node, void *arg)
{
	struct cluster_rows *rows = arg;

	ARRAY_RESERVE(rows->nodes, rows->node_count, rows->node_capacity);
	rows->nodes[rows->node_count++] = *node;
	return rows->node_count < NODES_MAX;
}

static void add_live_trials(struct cluster_rows *rows,
			    const struct trial_index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		const struct trial_row *row = &index->rows[i];
		struct cluster_trial *trial;

		if (!(row->flags & ROW_LOADED) ||
		    trial_state_is_terminal((enum trial_state)row->state))
			continue;
		ARRAY_RESERVE(rows->trials, rows->trial_count,
			      rows->trial_capacity);
		trial = &rows->trials[rows->trial_count++];
		memset(trial, 0, sizeof(*trial));
		trial->sequence = trial_row_sequence(index, row);
		memcpy(trial->id, row->id, sizeof(trial->id));
		trial->state = (enum trial_state)row->state;
		trial->place.trial = row->key;
		trial->place.requested = CLUSTER_AMOUNT_UNKNOWN;
		trial->place.used = CLUSTER_AMOUNT_UNKNOWN;
	}
}

struct placing {
	struct cluster_rows *rows;
	size_t at;
};

/* Both go up by key.  A place of an earlier attempt tells nothing. */
static bool set_place(const struct trial_place *place, void *arg)
{
	struct placing *placing = arg;
	struct cluster_rows *rows = placing->rows;
	struct cluster_trial *trial;

	while (placing->at < rows->trial_count &&
	       rows->trials[placing->at].place.trial < place->trial)
		placing->at++;
	if (placing->at == rows->trial_count)
		return false;
	trial = &rows->trials[placing->at];
	if (trial->place.trial == place->trial) {
		trial->place = *place;
		trial->has_place = true;
	}
	return true;
}

static bool is_used(const struct cluster_amount *used)
{
	return used->cpu_milli >= 0 || used->memory_bytes >= 0;
}

static void find_facts(struct cluster_rows *rows)
{
	struct cluster_facts *facts = &rows->facts;

	memset(facts, 0, sizeof(*facts));
	for (size_t i = 0; i < rows->node_count; i++) {
		const struct cluster_node *node = &rows->nodes[i];

		facts->node_gpus |= node->allocatable.gpus > 0;
		facts->node_use |= is_used(&node->used);
		facts->node_taints |= *node->taints != '\0';
	}
	for (size_t i = 0; i < rows->trial_count; i++) {
		const struct trial_place *place = &rows->trials[i].place;

		facts->trial_gpus |= place->requested.gpus > 0;
		facts->trial_use |= is_used(&place->used);
		facts->trial_restarts |= place->restarts > 0;
	}
}

bool cluster_rows_read(struct cluster_rows *rows, const struct data *data,
		       struct error *err)
{
	struct placing placing = {.rows = rows};
	bool ok;

	rows->node_count = rows->trial_count = 0;
	add_live_trials(rows, &data->trials);
	ok = store_cluster_look(data->store, data->selected, &rows->look,
				err) &&
	     store_cluster_each(data->store, data->selected, add_node, rows,
				err) &&
	     store_places_each(data->store, data->selected, set_place, &placing,
			       err);
	find_facts(rows);
	return ok;
}

/* ---- order --------------------------------------------------------------- */

static const char *const sort_names[CLUSTER_SORT_COUNT] = {
	[CLUSTER_BY_NAME] = "by name",	   [CLUSTER_BY_GPUS] = "by GPUs",
	[CLUSTER_BY_CPU] = "by CPU",	   [CLUSTER_BY_MEMORY] = "by memory",
	[CLUSTER_BY_TRIALS] = "by trials",
};

const char *cluster_sort_name(enum cluster_sort sort)
{
	return sort_names[sort];
}

struct order {
	enum cluster_sort sort;
	int sign;
};

static int64_t amount_of(const struct cluster_amount *amount,
			 enum cluster_sort sort)
{
	switch (sort) {
	case CLUSTER_BY_GPUS:
		return amount->gpus;
	case CLUSTER_BY_CPU:
		return amount->cpu_milli;
	case CLUSTER_BY_MEMORY:
		return amount->memory_bytes;
	default:
		return 0;
	}
}

static int compare_down(int64_t a, int64_t b)
{
	return (a < b) - (a > b);
}

static int compare_nodes(const void *a, const void *b, void *arg)
{
	const struct cluster_node *one = a, *two = b;
	const struct order *order = arg;
	int result =
		order->sort == CLUSTER_BY_TRIALS
			? compare_down(one->trials, two->trials)
			: compare_down(amount_of(&one->requested, order->sort),
				       amount_of(&two->requested, order->sort));

	/* node-2 before node-10 */
	if (!result)
		result = strverscmp(one->name, two->name);
	return result * order->sign;
}

static int compare_trials(const void *a, const void *b, void *arg)
{
	const struct cluster_trial *one = a, *two = b;
	const struct order *order = arg;
	int result = order->sort == CLUSTER_BY_TRIALS
			     ? strverscmp(one->place.node, two->place.node)
			     : compare_down(amount_of(&one->place.requested,
						      order->sort),
					    amount_of(&two->place.requested,
						      order->sort));

	if (!result)
		result = compare_down(two->sequence, one->sequence);
	return result * order->sign;
}

void cluster_rows_sort(struct cluster_rows *rows, enum cluster_sort sort,
		       bool is_reversed)
{
	struct order order = {.sort = sort, .sign = is_reversed ? -1 : 1};

	if (rows->node_count)
		qsort_r(rows->nodes, rows->node_count, sizeof(*rows->nodes),
			compare_nodes, &order);
	if (rows->trial_count)
		qsort_r(rows->trials, rows->trial_count, sizeof(*rows->trials),
			compare_trials, &order);
}

static void add_amount(struct cluster_amount *sum,
		       const struct cluster_amount *amount)
{
	sum->cpu_milli += amount->cpu_milli > 0 ? amount->cpu_milli : 0;
	sum->memory_bytes +=
		amount->memory_bytes > 0 ? amount->memory_bytes : 0;
	sum->gpus += amount->gpus > 0 ? amount->gpus : 0;
}

void cluster_rows_sum(const struct cluster_rows *rows,
		      struct cluster_amount *ret_allocatable,
		      struct cluster_amount *ret_requested, size_t *ret_ready)
{
	memset(ret_allocatable, 0, sizeof(*ret_allocatable));
	memset(ret_requested, 0, sizeof(*ret_requested));
	*ret_ready = 0;
	for (size_t i = 0; i < rows->node_count; i++) {
		const struct cluster_node *node = &rows->nodes[i];

		add_amount(ret_allocatable, &node->allocatable);
		add_amount(ret_requested, &node->requested);
		*ret_ready += node->is_ready;
	}
}
