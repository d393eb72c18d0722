/* SPDX-License-Identifier: MIT */
/*
 * Pods within an object of the user's own.
 *
 * An object with spec.containers is a pod's template, wherever it stands.  Its
 * role is what the object calls it: the name beside it in a list
 * (taskRoles[].name, replicatedJobs[].name, tasks[].name), or the member of a
 * map of replicas (pytorchReplicaSpecs.Master), in lower case.  Pure.
 */
#ifndef ENGINE_KIND_MANIFEST_PODS_H
#define ENGINE_KIND_MANIFEST_PODS_H

#include <cjson/cJSON.h>

struct manifest_pod {
	cJSON *template; /* {metadata, spec}, within the object */
	char role[64];	 /* may be a label's value; "": it has none */
};

struct manifest_pods {
	struct manifest_pod *items;
	size_t count;
};

#define MANIFEST_PODS_MAX 256

/* All of them, in their order; those beyond the bound are left out. */
void manifest_pods_find(cJSON *object, struct manifest_pods *ret);
void manifest_pods_release(struct manifest_pods *pods);

#endif
