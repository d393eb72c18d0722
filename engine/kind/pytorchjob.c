/* SPDX-License-Identifier: MIT */
/* PyTorchJob, of all generations of the API (kubernetes.md 4.6). */
#include "engine/kind/kubeflow.h"

static const struct kubeflow_shape shape = {
	.replicas = "pytorchReplicaSpecs",
	.first_type = "replicaType",
	.copies = kubeflow_flat,
};

static const char *const leaders[] = {"master", "worker", NULL};

static cJSON *build(const struct pod_plan *plan,
		    const struct kind_resource *resource, const char *name,
		    struct error *err)
{
	return kubeflow_build(&shape, plan, resource, name, err);
}

const struct kind kind_pytorchjob = {
	.name = "pytorchjob",
	.group = "kubeflow.org",
	.kind = "PyTorchJob",
	.plural = "pytorchjobs",
	.versions = kubeflow_versions,
	.install = KUBEFLOW_INSTALL,
	.operator= "the training operator",
	.container = "pytorch",
	.leaders = leaders,
	.has_our_labels = true,
	.name_object = kubeflow_name,
	.build = build,
	.read = kubeflow_read,
	.act = kubeflow_act,
	.unread = kubeflow_unread,
};
