/* SPDX-License-Identifier: MIT */
/* TFJob: TensorFlow, of all generations of the API.  Without chief and master
 * the first worker decides (kubernetes.md 4.4). */
#include "engine/kind/kubeflow.h"

static const struct kubeflow_shape shape = {
	.replicas = "tfReplicaSpecs",
	.first_type = "tfReplicaType",
	.copies = kubeflow_flat,
};

static const char *const leaders[] = {"chief", "master", "worker", NULL};

static cJSON *build(const struct pod_plan *plan,
		    const struct kind_resource *resource, const char *name,
		    struct error *err)
{
	return kubeflow_build(&shape, plan, resource, name, err);
}

const struct kind kind_tfjob = {
	.name = "tfjob",
	.group = "kubeflow.org",
	.kind = "TFJob",
	.plural = "tfjobs",
	.versions = kubeflow_versions,
	.install = KUBEFLOW_INSTALL,
	.operator= "the training operator",
	.container = "tensorflow",
	.leaders = leaders,
	.has_our_labels = true,
	.name_object = kubeflow_name,
	.build = build,
	.read = kubeflow_read,
	.act = kubeflow_act,
	.unread = kubeflow_unread,
};
