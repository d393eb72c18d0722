/* SPDX-License-Identifier: MIT */
/* PaddleJob: PaddlePaddle (kubernetes.md 4.7). */
#include "engine/kind/kubeflow.h"

static const struct kubeflow_shape shape = {
	.replicas = "paddleReplicaSpecs",
};

static const char *const leaders[] = {"master", "worker", NULL};

static cJSON *build(const struct pod_plan *plan,
		    const struct kind_resource *resource, const char *name,
		    struct error *err)
{
	return kubeflow_build(&shape, plan, resource, name, err);
}

const struct kind kind_paddlejob = {
	.name = "paddlejob",
	.group = "kubeflow.org",
	.kind = "PaddleJob",
	.plural = "paddlejobs",
	.versions = kubeflow_newest,
	.install = KUBEFLOW_INSTALL " (1.6 or later)",
	.operator= "the training operator",
	.container = "paddle",
	.leaders = leaders,
	.has_our_labels = true,
	.name_object = kubeflow_name,
	.build = build,
	.read = kubeflow_read,
	.act = kubeflow_act,
	.unread = kubeflow_unread,
};
