/* SPDX-License-Identifier: MIT */
/* XGBoostJob: master and workers, joined by Rabit (kubernetes.md 4.7). */
#include "engine/kind/kubeflow.h"

static const struct kubeflow_shape shape = {
	.replicas = "xgbReplicaSpecs",
};

static const char *const leaders[] = {"master", "worker", NULL};

static cJSON *build(const struct pod_plan *plan,
		    const struct kind_resource *resource, const char *name,
		    struct error *err)
{
	return kubeflow_build(&shape, plan, resource, name, err);
}

const struct kind kind_xgboostjob = {
	.name = "xgboostjob",
	.group = "kubeflow.org",
	.kind = "XGBoostJob",
	.plural = "xgboostjobs",
	.versions = kubeflow_newest,
	.install = KUBEFLOW_INSTALL,
	.operator= "the training operator",
	.container = "xgboost",
	.leaders = leaders,
	.has_our_labels = true,
	.name_object = kubeflow_name,
	.build = build,
	.read = kubeflow_read,
	.act = kubeflow_act,
	.unread = kubeflow_unread,
};
