/* SPDX-License-Identifier: MIT */
/*
 * The steps of a workflow as a tree, like the one `argo get` draws.
 *
 * Rows of parallel steps are not shown, their members are; a Retry with one
 * attempt is that attempt; what was omitted stays away; brothers come in the
 * order they started in; the exit handler follows behind the tree, and behind
 * that whatever hangs on something that is not there (any more).  Every node
 * hangs on one other at most, so circles hang on nothing and are not reached.
 */
#include "engine/kind/workflow.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

struct tree {
	const struct workflow_nodes *nodes;
	struct part_list *parts;
	int *first, *next; /* below a node, and beside it; -1: none */
};

/* --- order ------------------------------------------------------------------
 */

/* Main tree, exit handler, the rest. */
static int rank(const struct workflow_nodes *nodes,
		const struct workflow_node *node)
{
	if (!strcmp(node->name, nodes->name) || !strcmp(node->id, nodes->name))
		return 0;
	return workflow_node_is_exit(nodes, node) ? 1 : 2;
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct workflow_nodes *nodes = arg;
	const struct workflow_node *left = &nodes->items[*(const int *)a];
	const struct workflow_node *right = &nodes->items[*(const int *)b];
	int64_t begun_left = left->started_ns ? left->started_ns : INT64_MAX;
	int64_t begun_right = right->started_ns ? right->started_ns : INT64_MAX;

	if (left->parent < 0 && right->parent < 0 &&
	    rank(nodes, left) != rank(nodes, right))
		return rank(nodes, left) - rank(nodes, right);
	if (begun_left != begun_right)
		return begun_left < begun_right ? -1 : 1;
	return strverscmp(left->name, right->name); /* (2) before (10) */
}

/* Chain up who is below whom; returns the first at the top. */
static int chain(struct tree *tree)
{
	const struct workflow_nodes *nodes = tree->nodes;
	int *order = xcalloc(nodes->count + 1, sizeof(*order));
	int top = -1;

	for (size_t i = 0; i < nodes->count; i++) {
		order[i] = (int)i;
		tree->first[i] = tree->next[i] = -1;
	}
	if (nodes->count)
		qsort_r(order, nodes->count, sizeof(*order), compare,
			(void *)(uintptr_t)nodes);
	for (size_t i = nodes->count; i--;) {
		int parent = nodes->items[order[i]].parent;
		int *head = parent < 0 ? &top : &tree->first[parent];

		tree->next[order[i]] = *head;
		*head = order[i];
	}
	free(order);
	return top;
}

/* --- a row ------------------------------------------------------------------
 */

static enum part_state state_of(const struct workflow_node *node)
{
	if (!strcmp(node->phase, "Succeeded"))
		return PART_SUCCEEDED;
	if (!strcmp(node->phase, "Skipped"))
		return PART_SKIPPED;
	if (workflow_node_has_failed(node))
		return PART_FAILED;
	if (strcmp(node->phase, "Running") != 0)
		return PART_WAITING;
	return workflow_node_is(node, "Suspend") ? PART_SUSPENDED
						 : PART_RUNNING;
}

static const char *sort_of(const struct workflow_node *node)
{
	if (workflow_node_is_pod(node))
		return "pod";
	if (*node->type)
		return node->type;
	return node->has_below ? "Steps" : "Skipped";
}

/* The tops are called like the object; a template says more. */
static void set_name(const struct workflow_nodes *nodes,
		     const struct workflow_node *node, struct trial_part *part)
{
	size_t len = strlen(nodes->name);

	if (!strcmp(node->name, nodes->name) && *node->template)
		kind_set_text(part->name, sizeof(part->name), node->template);
	else if (!strncmp(node->name, nodes->name, len) &&
		 !strcmp(node->name + len, ".onExit"))
		kind_set_text(part->name, sizeof(part->name), "onExit");
	else
		workflow_node_label(node, part->name, sizeof(part->name));
}

/* step is node, or the Retry that node is the only attempt of. */
static void add_row(struct tree *tree, const struct workflow_node *step,
		    const struct workflow_node *node, int depth)
{
	struct trial_part *part = part_list_add(tree->parts);

	if (!part)
		return;
	part->depth = depth;
	set_name(tree->nodes, step, part);
	kind_set_text(part->sort, sizeof(part->sort), sort_of(node));
	part->state = state_of(step);
	if (workflow_node_is_pod(node))
		workflow_pod_name(tree->nodes, node, part->pod,
				  sizeof(part->pod));
	kind_set_text(part->node, sizeof(part->node),
		      kind_text(node->json, "hostNodeName"));
	part->exit_code = node->exit_code;
	part->started_ns = step->started_ns;
	part->ended_ns = step->ended_ns;
	kind_set_text(part->reason, sizeof(part->reason),
		      *node->message ? node->message : step->message);
}

/* The only attempt of a Retry, else -1. */
static int only_attempt(const struct tree *tree, int index)
{
	int child = tree->first[index];

	return workflow_node_is(&tree->nodes->items[index], "Retry") &&
			       child >= 0 && tree->next[child] < 0
		       ? child
		       : -1;
}

/* --- the walk ---------------------------------------------------------------
 */

static void walk(struct tree *tree, int index, int depth)
{
	for (; index >= 0; index = tree->next[index]) {
		const struct workflow_node *step = &tree->nodes->items[index];
		int attempt = only_attempt(tree, index);
		int below = attempt >= 0 ? attempt : index;

		if (!strcmp(step->phase, "Omitted"))
			continue;
		if (workflow_node_is_row(
			    step)) { /* below one there are none, but if so */
			walk(tree, tree->first[index], depth);
			continue;
		}
		add_row(tree, step, &tree->nodes->items[below], depth);
		if (depth < DEPTH_MAX)
			walk(tree, tree->first[below], depth + 1);
	}
}

static void add_notice(struct part_list *parts, const char *notice)
{
	struct trial_part *part = part_list_add(parts);

	if (!part)
		return;
	kind_set_text(part->name, sizeof(part->name), "steps");
	kind_set_text(part->sort, sizeof(part->sort), "notice");
	part->state = PART_WAITING;
	kind_set_text(part->reason, sizeof(part->reason), notice);
}

void workflow_read_parts(const cJSON *object, struct part_list *ret)
{
	struct workflow_nodes nodes;
	struct tree tree = {.nodes = &nodes, .parts = ret};

	workflow_nodes_read(object, &nodes);
	tree.first = xcalloc(nodes.count + 1, sizeof(*tree.first));
	tree.next = xcalloc(nodes.count + 1, sizeof(*tree.next));
	walk(&tree, chain(&tree), 0);
	if (nodes.notice && !nodes.count)
		add_notice(ret, nodes.notice);
	free(tree.first);
	free(tree.next);
	workflow_nodes_release(&nodes);
}
