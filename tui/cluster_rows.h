/* SPDX-License-Identifier: MIT */
/*
 * The rows of the cluster view: nodes, and the live trials with their places.
 *
 * Read as a whole when something was committed while the view is shown: a
 * cluster has some hundred nodes, an experiment some thousand live trials.
 * Thread: ui.
 */
#ifndef TUI_CLUSTER_ROWS_H
#define TUI_CLUSTER_ROWS_H

#include "model/cluster.h"
#include "tui/data.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cluster_trial {
	int64_t sequence;
	char id[TRIAL_ID_SIZE];
	enum trial_state state;
	bool has_place;
	struct trial_place place; /* amounts are -1 without one */
};

/* What both tables are ordered by; the largest comes first, names ascend. */
enum cluster_sort {
	CLUSTER_BY_NAME, /* nodes by name, trials by number */
	CLUSTER_BY_GPUS, /* requested */
	CLUSTER_BY_CPU,
	CLUSTER_BY_MEMORY,
	CLUSTER_BY_TRIALS, /* nodes by our trials, trials by node */
	CLUSTER_SORT_COUNT
};

/* What any row has: a column of nothing is not worth its room. */
struct cluster_facts {
	bool node_gpus, node_use, node_taints;
	bool trial_gpus, trial_use, trial_restarts;
};

struct cluster_rows {
	struct cluster_look look;
	struct cluster_node *nodes;
	size_t node_count, node_capacity;
	struct cluster_trial *trials;
	size_t trial_count, trial_capacity;
	struct cluster_facts facts;
};

void cluster_rows_release(struct cluster_rows *rows);
/* Read the selected experiment's anew, in no order. */
bool cluster_rows_read(struct cluster_rows *rows, const struct data *data,
		       struct error *err);
void cluster_rows_sort(struct cluster_rows *rows, enum cluster_sort sort,
		       bool is_reversed);
const char *cluster_sort_name(enum cluster_sort sort); /* "by GPUs" */
/* Sums over all nodes, and how many are ready; unknown amounts count 0. */
void cluster_rows_sum(const struct cluster_rows *rows,
		      struct cluster_amount *ret_allocatable,
		      struct cluster_amount *ret_requested, size_t *ret_ready);

#endif
