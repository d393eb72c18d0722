/* SPDX-License-Identifier: MIT */
/* A pod's role and number, from labels, annotations and its name. */
#include "engine/pod/role.h"

#include "base/mem.h"
#include "engine/pod/field.h"
#include "engine/pod/template.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The newest generation first. */
static const char *const ROLE_LABELS[] = {
	POD_ROLE_LABEL,
	"training.kubeflow.org/replica-type",
	"replica-type",
	"tf-replica-type",
	"pytorch-replica-type",
	"mpi-replica-type",
	"job_type",
	"mpi-job-role",
	"FC_TASKROLE_NAME",
	"TASKROLE_NAME",
};

static const char *const INDEX_LABELS[] = {
	"training.kubeflow.org/replica-index",
	"replica-index",
	"tf-replica-index",
	"pytorch-replica-index",
	"mpi-replica-index",
	"task_index",
	"FC_TASK_INDEX",
	"TASK_INDEX",
	"batch.kubernetes.io/job-completion-index",
	"apps.kubernetes.io/pod-index",
};

/* Argo's full name of a node: "wf", "wf.step", "wf[1].step(0)". */
#define NODE_NAME "workflows.argoproj.io/node-name"

static const char *first_of(const cJSON *map, const char *const *names,
			    size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count && !*text; i++)
		text = field_text(map, names[i]);
	return text;
}

/* -1 when it is no number of a pod. */
static int index_of(const char *text)
{
	size_t len = strspn(text, "0123456789");
	long index;

	if (!len || text[len] || len > 5)
		return -1;
	index = strtol(text, NULL, 10);
	return index <= POD_INDEX_MAX ? (int)index : -1;
}

/* Behind the last dash of the name, where that is behind the job's name. */
static int index_in_name(const char *name, const char *job)
{
	size_t len = strlen(job);
	const char *dash;

	if (strncmp(name, job, len) != 0)
		return -1;
	dash = strrchr(name + len, '-');
	return dash ? index_of(dash + 1) : -1;
}

/* What stands behind the last dot that is no part of an item's value, as in
 * "wf[0].train(1:lr:0.01)"; of the whole workflow its name. */
static const char *step_of(const char *node)
{
	const char *step = node;
	int depth = 0;

	for (const char *c = node; *c; c++) {
		if (*c == '(')
			depth++;
		else if (*c == ')' && depth)
			depth--;
		else if (*c == '.' && !depth && c[1])
			step = c + 1;
	}
	return step;
}

void pod_role_read(const cJSON *pod, const char *job, struct pod_role *ret)
{
	const cJSON *metadata = field_object(pod, "metadata");
	const cJSON *labels = field_object(metadata, "labels");
	const cJSON *annotations = field_object(metadata, "annotations");
	const char *name = field_text(metadata, "name");
	const char *node = field_text(annotations, NODE_NAME);
	const char *role = first_of(labels, ROLE_LABELS, COUNT_OF(ROLE_LABELS));
	const char *index;
	size_t len = strlen(job);

	*ret = (struct pod_role){.index = -1};
	if (*node) {
		node = step_of(node);
		line_copy(ret->name, sizeof(ret->name), node, strlen(node));
		return;
	}
	index = first_of(labels, INDEX_LABELS, COUNT_OF(INDEX_LABELS));
	if (!*index)
		index = field_text(annotations,
				   "batch.kubernetes.io/job-completion-index");
	ret->index = *index ? index_of(index) : index_in_name(name, job);
	line_copy(ret->name, sizeof(ret->name), role, strlen(role));
	if (*role)
		return;
	/* what its name has beyond the job's */
	ret->index = *index ? ret->index : -1;
	if (!strncmp(name, job, len) && name[len] == '-' && name[len + 1])
		name += len + 1;
	line_copy(ret->name, sizeof(ret->name), name, strlen(name));
}

void pod_role_format(const struct pod_role *role, char *ret, size_t size)
{
	if (role->index < 0)
		snprintf(ret, size, "%s", role->name);
	else
		snprintf(ret, size, "%.*s-%d", (int)size - 8, role->name,
			 role->index);
}
