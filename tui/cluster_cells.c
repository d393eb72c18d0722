/* SPDX-License-Identifier: MIT */
/* Columns and cells of the cluster view's two tables. */
#include "tui/cluster_cells.h"

#include "base/utf8.h"
#include "tui/console.h"
#include "tui/format.h"

#include <string.h>

enum { /* of both tables */
       COLUMN_NAME,
       COLUMN_STATE,
       COLUMN_GPUS,
       COLUMN_GPU_MODEL,
       COLUMN_CPU,
       COLUMN_CPU_USED,
       COLUMN_MEMORY,
       COLUMN_MEMORY_USED,
       COLUMN_PODS,
       COLUMN_TRIALS,
       COLUMN_TAINTS,
       COLUMN_NODE,
       COLUMN_POD,
       COLUMN_RESTARTS,
};

void cluster_add_columns(struct list *nodes, struct list *trials)
{
	list_clear_columns(nodes);
	list_add_column(nodes, COLUMN_NAME, "NODE", 10, 40, 0, false);
	list_add_column(nodes, COLUMN_STATE, "STATE", 5, 9, 1, false);
	list_add_column(nodes, COLUMN_GPUS, "GPU", 3, 11, 2, true);
	list_add_column(nodes, COLUMN_GPU_MODEL, "MODEL", 6, 24, 6, false);
	list_add_column(nodes, COLUMN_CPU, "CPU", 4, 11, 3, true);
	list_add_column(nodes, COLUMN_CPU_USED, "USED", 4, 5, 7, true);
	list_add_column(nodes, COLUMN_MEMORY, "MEMORY", 6, 11, 4, true);
	list_add_column(nodes, COLUMN_MEMORY_USED, "USED", 4, 5, 8, true);
	list_add_column(nodes, COLUMN_PODS, "PODS", 4, 9, 9, true);
	list_add_column(nodes, COLUMN_TRIALS, "OURS", 4, 5, 5, true);
	list_add_column(nodes, COLUMN_TAINTS, "TAINTS", 6, 127, 10, false);
	list_clear_columns(trials);
	list_add_column(trials, COLUMN_NAME, "TRIAL", 10, 16, 0, false);
	list_add_column(trials, COLUMN_STATE, "STATE", 9, 9, 1, false);
	list_add_column(trials, COLUMN_GPUS, "GPU", 3, 5, 4, true);
	list_add_column(trials, COLUMN_CPU, "CPU", 4, 5, 3, true);
	list_add_column(trials, COLUMN_CPU_USED, "USED", 4, 5, 6, true);
	list_add_column(trials, COLUMN_MEMORY, "MEMORY", 6, 6, 5, true);
	list_add_column(trials, COLUMN_MEMORY_USED, "USED", 4, 5, 7, true);
	list_add_column(trials, COLUMN_RESTARTS, "RESTARTS", 8, 8, 9, true);
	list_add_column(trials, COLUMN_NODE, "NODE", 8, 40, 2, false);
	list_add_column(trials, COLUMN_POD, "POD", 12, 127, 8, false);
}

void cluster_fit_columns(struct list *list, const struct cluster_facts *facts,
			 bool is_nodes, int cols)
{
	int name_cols = cols * 3 / 10;

	for (int i = 0; i < list->column_count; i++) {
		struct list_column *column = &list->columns[i];

		switch (column->id) {
		case COLUMN_GPUS:
			column->is_hidden = !(is_nodes ? facts->node_gpus
						       : facts->trial_gpus);
			break;
		case COLUMN_GPU_MODEL:
			column->is_hidden = !facts->node_gpus;
			break;
		case COLUMN_CPU_USED:
		case COLUMN_MEMORY_USED:
			column->is_hidden = !(is_nodes ? facts->node_use
						       : facts->trial_use);
			break;
		case COLUMN_RESTARTS:
			column->is_hidden = !facts->trial_restarts;
			break;
		case COLUMN_TAINTS:
			column->is_hidden = !facts->node_taints;
			break;
		default:
			break;
		}
		/* a number is shown whole or not at all; names are cut */
		if (column->is_right || column->id == COLUMN_STATE)
			column->least_cols = column->want_cols;
		else if (column->id == COLUMN_NAME || column->id == COLUMN_NODE)
			column->least_cols = column->want_cols < name_cols
						     ? column->want_cols
						     : name_cols;
	}
	list_fit(list, cols);
}

/* Names come from the cluster. */
static void add_safe(struct strbuf *out, const char *text)
{
	utf8_sanitize(out, text, strlen(text), theme_is_ascii());
}

void cluster_format_node(const struct cluster_node *node, int column,
			 struct strbuf *out, enum role *role)
{
	switch (column) {
	case COLUMN_NAME:
		add_safe(out, node->name);
		*role = ROLE_STRONG;
		break;
	case COLUMN_STATE:
		strbuf_adds(out, !node->is_ready     ? "NOT READY"
				 : node->is_cordoned ? "cordoned"
						     : "ready");
		*role = !node->is_ready	    ? ROLE_FAILED
			: node->is_cordoned ? ROLE_WARNING
					    : ROLE_SUCCEEDED;
		break;
	case COLUMN_GPUS:
		if (node->allocatable.gpus || node->requested.gpus > 0)
			format_share(out, format_gpus, node->requested.gpus,
				     node->allocatable.gpus);
		break;
	case COLUMN_GPU_MODEL:
		add_safe(out, node->gpu_model);
		*role = ROLE_DIM;
		break;
	case COLUMN_CPU:
		format_share(out, format_cpu, node->requested.cpu_milli,
			     node->allocatable.cpu_milli);
		break;
	case COLUMN_CPU_USED:
		format_cpu(out, node->used.cpu_milli);
		break;
	case COLUMN_MEMORY:
		format_share(out, format_memory, node->requested.memory_bytes,
			     node->allocatable.memory_bytes);
		break;
	case COLUMN_MEMORY_USED:
		format_memory(out, node->used.memory_bytes);
		break;
	case COLUMN_PODS:
		format_share(out, format_count, node->pods, node->pods_max);
		break;
	case COLUMN_TRIALS:
		format_count(out, node->trials);
		*role = node->trials ? ROLE_RUNNING : ROLE_DIM;
		break;
	case COLUMN_TAINTS:
		add_safe(out, node->taints);
		*role = ROLE_DIM;
		break;
	default:
		break;
	}
}

void cluster_format_trial(const struct cluster_trial *trial, int column,
			  struct strbuf *out, enum role *role)
{
	const struct trial_place *place = &trial->place;

	switch (column) {
	case COLUMN_NAME:
		strbuf_addf(out, "#%lld %s", (long long)trial->sequence,
			    trial->id);
		*role = ROLE_STRONG;
		break;
	case COLUMN_STATE:
		strbuf_addf(out, "%c %s", trial_state_letter(trial->state),
			    trial_state_name(trial->state));
		*role = bars_state_role(trial->state);
		break;
	case COLUMN_GPUS:
		format_gpus(out, place->requested.gpus);
		break;
	case COLUMN_CPU:
		format_cpu(out, place->requested.cpu_milli);
		break;
	case COLUMN_CPU_USED:
		format_cpu(out, place->used.cpu_milli);
		break;
	case COLUMN_MEMORY:
		format_memory(out, place->requested.memory_bytes);
		break;
	case COLUMN_MEMORY_USED:
		format_memory(out, place->used.memory_bytes);
		break;
	case COLUMN_RESTARTS:
		if (trial->has_place)
			format_count(out, place->restarts);
		*role = place->restarts ? ROLE_WARNING : ROLE_DIM;
		break;
	case COLUMN_NODE:
		add_safe(out, *place->node ? place->node : "-");
		break;
	case COLUMN_POD:
		add_safe(out, *place->pod ? place->pod : "-");
		*role = ROLE_DIM;
		break;
	default:
		break;
	}
}
