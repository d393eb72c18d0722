/* SPDX-License-Identifier: MIT */
/*
 * Argo's Workflow (argoproj.io/v1alpha1): what its files share.
 *
 *   workflow.c             the object of an attempt
 *   workflow_parameters.c  its arguments, from the trial
 *   workflow_nodes.c       status.nodes, plain or packed, as an array
 *   workflow_status.c      phase, reason, exit code
 *   workflow_tree.c        steps, as `argo get` draws them
 *   workflow_act.c         suspend, resume, stop, terminate
 *
 * Pure.  Whatever stands in a status was written by pods and people: texts are
 * made safe, numbers bounded, references may lead nowhere or in circles.
 * Source: kubernetes.md section 6.
 */
#ifndef ENGINE_KIND_WORKFLOW_H
#define ENGINE_KIND_WORKFLOW_H

#include "engine/kind/kind.h"

/* --- workflow_parameters.c ------------------------------------------------ */

/* spec.arguments.parameters, or NULL. */
const cJSON *workflow_declared(const cJSON *manifest);
/* Is this declared parameter without a value of its own? */
bool workflow_lacks_value(const cJSON *declared);
/* Does the workflow run a stored template, whose parameters we cannot see? */
bool workflow_is_by_template(const cJSON *manifest);
/* What a parameter of the trial is called in the workflow: a declared name,
 * exactly, or with '-' for '_' or the other way round; NULL: none.  Borrowed
 * from manifest. */
const char *workflow_match(const cJSON *manifest, const char *parameter);
/* Is {{workflow.parameters.NAME}} written anywhere? */
bool workflow_mentions(const cJSON *manifest, const char *name);
/* Lay the trial's values over spec.arguments.parameters as `argo submit -p`
 * does: they come first, the others follow.  overrides is config.parameters
 * with its placeholders filled in; NULL: the trial's parameters by name. */
bool workflow_parameters_apply(cJSON *workflow, const cJSON *overrides,
			       const char *trial_parameters, struct error *err);
/* Numbers and truth values of parameters become text, as the client makes them
 * (the CRD's full schema takes nothing else). */
void workflow_texts_settle(cJSON *tree);

/* --- workflow_nodes.c ----------------------------------------------------- */

/* Nodes that are read; etcd holds no more. */
#define WORKFLOW_NODES_MAX 20000

struct workflow_node {
	/* borrowed from the object, "" when absent */
	const char *id, *name, *display, *type, *template, *phase, *message;
	const char *boundary; /* id of the Steps or DAG it is part of */
	const cJSON *json;
	int64_t started_ns, ended_ns;
	int exit_code; /* -1 unknown */
	int parent;    /* index of the node it stands below; -1: top */
	bool has_below;
};

struct workflow_nodes {
	struct workflow_node *items; /* by id */
	size_t count;
	int *by_name;	  /* indices, by name */
	cJSON *unpacked;  /* what items borrow from, if not from the object */
	const char *name; /* of the workflow, borrowed */
	bool has_new_pod_names;
	const char *notice; /* why there are none; static storage, or NULL */
};

/* Always complete: without nodes count is 0. */
void workflow_nodes_read(const cJSON *object, struct workflow_nodes *ret);
void workflow_nodes_release(struct workflow_nodes *nodes);
/* Index, or -1. */
int workflow_node_find(const struct workflow_nodes *nodes, const char *id);
bool workflow_node_is(const struct workflow_node *node, const char *type);
/* Pending, Running: not over. */
bool workflow_node_is_live(const struct workflow_node *node);
bool workflow_node_has_failed(const struct workflow_node *node);
/* Does it stand for a pod? */
bool workflow_node_is_pod(const struct workflow_node *node);
/* Is it a row of parallel steps, which nobody wants to see? */
bool workflow_node_is_row(const struct workflow_node *node);
/* Part of the exit handler? */
bool workflow_node_is_exit(const struct workflow_nodes *nodes,
			   const struct workflow_node *node);
/* "train-model", of any generation; in safe text. */
void workflow_node_label(const struct workflow_node *node, char *ret,
			 size_t size);
/* The pod's name by the scheme that this workflow's controller has. */
void workflow_pod_name(const struct workflow_nodes *nodes,
		       const struct workflow_node *node, char *ret,
		       size_t size);

/* --- workflow_status.c, workflow_tree.c, workflow_act.c ------------------- */

bool workflow_read(const struct kubernetes_config *config, const cJSON *object,
		   struct kind_status *ret);
void workflow_read_parts(const cJSON *object, struct part_list *ret);
bool workflow_act(enum kind_action action, const cJSON *object,
		  struct kind_patch *ret, struct error *err);

#endif
