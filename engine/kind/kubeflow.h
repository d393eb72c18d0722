/* SPDX-License-Identifier: MIT */
/*
 * What Kubeflow's kinds of job have in common (kubernetes.md 4): a map of
 * replicas by role, a policy for the whole, conditions as status.
 *
 * Five generations of the API share two kinds, TFJob and PyTorchJob; the others
 * came with the training operator and know only v1.  A kind is a `struct
 * kubeflow_shape` beside its `struct kind`.  Pure.
 */
#ifndef ENGINE_KIND_KUBEFLOW_H
#define ENGINE_KIND_KUBEFLOW_H

#include "engine/kind/kind.h"

#define KUBEFLOW_FIRST "v1alpha1"
#define KUBEFLOW_NOW "v1"

/* What an experiment's install line says of the kinds that every release of
 * the training operator has. */
#define KUBEFLOW_INSTALL                                                       \
	"install Kubeflow's training operator: kubectl apply --server-side "   \
	"-k github.com/kubeflow/training-operator/manifests/overlays/"         \
	"standalone"

struct kubeflow_shape {
	const char *replicas; /* "tfReplicaSpecs" */
	/* v1alpha1's member for the role, "tfReplicaType"; NULL: the kind is
	 * younger */
	const char *first_type;
	/* Members of v1's runPolicy that some operator of that version reads
	 * from spec instead; NULL-terminated, or NULL. */
	const char *const *copies;
};

/* Newest first; NULL-terminated: of all generations, and of v1 alone. */
extern const char *const kubeflow_versions[], *const kubeflow_newest[];
/* cleanPodPolicy, ttlSecondsAfterFinished, activeDeadlineSeconds and
 * backoffLimit, which v1 had in spec before it had a runPolicy. */
extern const char *const kubeflow_flat[];

/* `unread` of all these kinds. */
extern const char *const kubeflow_unread[];

/* `name_object`, `read` and `act` of all these kinds. */
char *kubeflow_name(const struct experiment *experiment,
		    const struct trial *trial, const struct attempt *attempt);
bool kubeflow_read(const struct kubernetes_config *config, const cJSON *object,
		   struct kind_status *ret);
bool kubeflow_act(enum kind_action action, const cJSON *object,
		  struct kind_patch *ret, struct error *err);

/* `build`, but for the shape. */
cJSON *kubeflow_build(const struct kubeflow_shape *shape,
		      const struct pod_plan *plan,
		      const struct kind_resource *resource, const char *name,
		      struct error *err);

/* --- between its files ---------------------------------------------------- */

/* A role's PodTemplateSpec; restart_policy goes into the pod, NULL: the
 * operator says it. */
cJSON *kubeflow_template(const struct pod_plan *plan,
			 const struct role_config *role,
			 const char *restart_policy, struct error *err);
/* kubeflow_policy.c: add runPolicy, or what a version has in its place, and
 * the experiment's options. */
bool kubeflow_policy_add(cJSON *spec, const struct kubeflow_shape *shape,
			 const struct kubernetes_config *config,
			 const struct kind_resource *resource,
			 struct error *err);
/* kubeflow_first.c: v1alpha1's list of replicas. */
bool kubeflow_first_add(cJSON *spec, const struct kubeflow_shape *shape,
			const struct pod_plan *plan,
			const struct kind_resource *resource,
			struct error *err);

#endif
