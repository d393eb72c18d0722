/* SPDX-License-Identifier: MIT */
/*
 * Columns and cells of the cluster view's two tables, nodes and live trials.
 * Private to tui/view_cluster.c.
 */
#ifndef TUI_CLUSTER_CELLS_H
#define TUI_CLUSTER_CELLS_H

#include "base/strbuf.h"
#include "tui/cluster_rows.h"
#include "tui/list.h"
#include "tui/theme.h"

void cluster_add_columns(struct list *nodes, struct list *trials);
/* Choose the columns for a width: numbers are never cut, columns in which no
 * row has anything are left out. */
void cluster_fit_columns(struct list *list, const struct cluster_facts *facts,
			 bool is_nodes, int cols);
/* The text of a column (list_column.id), and how it looks. */
void cluster_format_node(const struct cluster_node *node, int column,
			 struct strbuf *out, enum role *role);
void cluster_format_trial(const struct cluster_trial *trial, int column,
			  struct strbuf *out, enum role *role);

#endif
