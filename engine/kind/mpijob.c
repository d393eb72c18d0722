/* SPDX-License-Identifier: MIT */
/* The training operator's MPIJob (kubernetes.md 4.7): the launcher runs mpirun,
 * the workers wait for it.  Not the MPI operator's v2beta1, which works by SSH
 * and is another API. */
#include "engine/kind/kubeflow.h"

/* it has two places, and which one is read depends on the release */
static const char *const copies[] = {"cleanPodPolicy", NULL};
static const struct kubeflow_shape shape = {
	.replicas = "mpiReplicaSpecs",
	.copies = copies,
};

static const char *const leaders[] = {"launcher", NULL};

static cJSON *build(const struct pod_plan *plan,
		    const struct kind_resource *resource, const char *name,
		    struct error *err)
{
	return kubeflow_build(&shape, plan, resource, name, err);
}

const struct kind kind_mpijob = {
	.name = "mpijob",
	.group = "kubeflow.org",
	.kind = "MPIJob",
	.plural = "mpijobs",
	.versions = kubeflow_newest,
	.install = KUBEFLOW_INSTALL " (1.4 or later)",
	.container = "mpi",
	.leaders = leaders,
	.has_our_labels = true,
	.name_object = kubeflow_name,
	.build = build,
	.read = kubeflow_read,
	.act = kubeflow_act,
};
