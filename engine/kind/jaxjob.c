/* SPDX-License-Identifier: MIT */
/* JAXJob: workers only, the first of them coordinates (kubernetes.md 4.7). */
#include "engine/kind/kubeflow.h"

static const struct kubeflow_shape shape = {
	.replicas = "jaxReplicaSpecs",
};

static const char *const leaders[] = {"worker", NULL};

static cJSON *build(const struct pod_plan *plan,
		    const struct kind_resource *resource, const char *name,
		    struct error *err)
{
	return kubeflow_build(&shape, plan, resource, name, err);
}

const struct kind kind_jaxjob = {
	.name = "jaxjob",
	.group = "kubeflow.org",
	.kind = "JAXJob",
	.plural = "jaxjobs",
	.versions = kubeflow_newest,
	.install = KUBEFLOW_INSTALL " (1.9 or later)",
	.operator= "the training operator",
	.container = "jax",
	.leaders = leaders,
	.has_our_labels = true,
	.name_object = kubeflow_name,
	.build = build,
	.read = kubeflow_read,
	.act = kubeflow_act,
	.unread = kubeflow_unread,
};
