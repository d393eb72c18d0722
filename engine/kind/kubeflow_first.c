/* SPDX-License-Identifier: MIT */
/*
 * v1alpha1 of TFJob and PyTorchJob: a list of replicas, roles in capitals, no
 * policy, and the pod's own restartPolicy (kubernetes.md 4.2).
 */
#include "engine/kind/kubeflow.h"

#include "base/mem.h"

#include <string.h>

static const struct {
	const char *role, *type;
} types[] = {
	{"worker", "WORKER"},
	{"ps", "PS"},
	{"master", "MASTER"},
	{"chief", "MASTER"}, /* what it was called later */
};

static const char *find_type(const struct role_config *role,
			     const struct kind_resource *resource,
			     struct error *err)
{
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (!strcmp(types[i].role, role->name))
			return types[i].type;
	error_set(err, ERROR_INVALID,
		  "role %.64s: %s of version " KUBEFLOW_FIRST
		  ", which this cluster serves, has no such role: remove it, "
		  "or install a newer operator",
		  role->name, resource->kind);
	return NULL;
}

static const cJSON *find_replica(const cJSON *list, const char *key,
				 const char *type)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list)
		if (!strcmp(kind_text(item, key), type))
			return item;
	return NULL;
}

static bool add_role(cJSON *list, const struct kubeflow_shape *shape,
		     const struct pod_plan *plan,
		     const struct role_config *role, const char *type,
		     struct error *err)
{
	const char *restart =
		role->restart_policy ? role->restart_policy : "Never";
	cJSON *replica, *template;

	if (find_replica(list, shape->first_type, type))
		return error_set(err, ERROR_INVALID,
				 "role %s: chief and master are the same in "
				 "version " KUBEFLOW_FIRST ": keep one of them",
				 role->name);
	if (!strcmp(restart, "ExitCode"))
		return error_set(err, ERROR_INVALID,
				 "role %s: version " KUBEFLOW_FIRST
				 " has no restartPolicy ExitCode: write Never "
				 "or OnFailure",
				 role->name);
	template = kubeflow_template(plan, role, restart, err);
	if (!template)
		return error_prefix(err, "role %s", role->name);
	replica = cJSON_CreateObject();
	cJSON_AddItemToArray(list, replica);
	cJSON_AddNumberToObject(replica, "replicas", role->replicas);
	cJSON_AddStringToObject(replica, shape->first_type, type);
	cJSON_AddItemToObject(replica, "template", template);
	return true;
}

/* Without a MASTER, which is the default, somebody else must decide. */
static bool add_chief(cJSON *spec, const struct kubeflow_shape *shape,
		      const cJSON *list, const struct kind_resource *resource,
		      struct error *err)
{
	cJSON *chief;

	if (find_replica(list, shape->first_type, "MASTER"))
		return true;
	if (strcmp(resource->kind, "TFJob") != 0 ||
	    !find_replica(list, shape->first_type, "WORKER"))
		return error_set(err, ERROR_INVALID,
				 "%s of version " KUBEFLOW_FIRST
				 " needs role master",
				 resource->kind);
	chief = cJSON_AddObjectToObject(
		cJSON_AddObjectToObject(spec, "terminationPolicy"), "chief");
	cJSON_AddStringToObject(chief, "replicaName", "WORKER");
	cJSON_AddNumberToObject(chief, "replicaIndex", 0);
	return true;
}

bool kubeflow_first_add(cJSON *spec, const struct kubeflow_shape *shape,
			const struct pod_plan *plan,
			const struct kind_resource *resource, struct error *err)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;
	cJSON *list = cJSON_AddArrayToObject(spec, "replicaSpecs");

	for (size_t i = 0; i < config->role_count; i++) {
		const struct role_config *role = &config->roles[i];
		const char *type = find_type(role, resource, err);

		if (!type || !add_role(list, shape, plan, role, type, err))
			return false;
	}
	return add_chief(spec, shape, list, resource, err);
}
