/* SPDX-License-Identifier: MIT */
/* The training operator's MPIJob (kubernetes.md 4.7): the launcher runs mpirun,
 * the workers wait for it.  Not the MPI operator's v2beta1, which works by SSH
 * and is another API. */
#include "engine/kind/kubeflow.h"

#include "base/mem.h"

#include <string.h>

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

/* Workers that are told nothing wait: mpirun starts its processes in them by
 * `kubectl exec`, where the keeper has put the code.  (Of containers without a
 * command the operator makes the same.) */
static char *command(const struct experiment_config *config,
		     const struct role_config *role, const char *command)
{
	(void)config;
	if (role && !role->command && !strcmp(role->name, "worker"))
		return xstrdup("exec sleep 365d");
	return xstrdup(command);
}

const struct kind kind_mpijob = {
	.name = "mpijob",
	.group = "kubeflow.org",
	.kind = "MPIJob",
	.plural = "mpijobs",
	.versions = kubeflow_newest,
	.install = KUBEFLOW_INSTALL " (1.4 or later)",
	.operator= "the training operator",
	.container = "mpi",
	.leaders = leaders,
	.has_our_labels = true,
	.name_object = kubeflow_name,
	.build = build,
	.command = command,
	.read = kubeflow_read,
	.act = kubeflow_act,
	.unread = kubeflow_unread,
};
