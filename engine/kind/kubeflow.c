/* SPDX-License-Identifier: MIT */
/*
 * Kubeflow's kinds of job: their objects from v1alpha2 on, and suspending
 * (kubernetes.md 4.3, 4.6, 4.7).
 *
 * A role's restartPolicy stands beside its template: operators overwrite the
 * pod's.  It is Never unless the file says otherwise, because running a trial
 * again is ours to decide and to count.
 */
#include "engine/kind/kubeflow.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pods and services are called "<job>-evaluator-99", in a label's 63 bytes. */
#define NAME_MAX_BYTES (63 - 13)

const char *const kubeflow_versions[] = {
	KUBEFLOW_NOW, "v1beta2", "v1beta1", "v1alpha2", KUBEFLOW_FIRST, NULL};
const char *const kubeflow_newest[] = {KUBEFLOW_NOW, NULL};
const char *const kubeflow_unread[] = {
	"metadata.annotations",
	"spec.replicaSpecs",
	"spec.tfReplicaSpecs",
	"spec.pytorchReplicaSpecs",
	"spec.mpiReplicaSpecs",
	"spec.xgbReplicaSpecs",
	"spec.jaxReplicaSpecs",
	"spec.paddleReplicaSpecs",
	NULL,
};

static const struct {
	const char *role, *type;
} types[] = {
	{"worker", "Worker"},	  {"ps", "PS"},
	{"chief", "Chief"},	  {"master", "Master"},
	{"launcher", "Launcher"}, {"evaluator", "Evaluator"},
};

/* --- names ------------------------------------------------------------------
 */

/* FNV-1a, 32 bits (Fowler, Noll, Vo). */
static uint32_t hash(const char *text)
{
	uint32_t value = 2166136261u;

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 16777619u;
	return value;
}

/* Long ids of experiments are cut, and told apart by a hash. */
char *kubeflow_name(const struct experiment *experiment,
		    const struct trial *trial, const struct attempt *attempt)
{
	char *name = kind_object_name(experiment, trial, attempt);
	size_t len = strlen(name);
	struct experiment other = {0};
	size_t keep = strlen(experiment->id);

	if (len <= NAME_MAX_BYTES)
		return name;
	free(name);
	/* "-" and eight digits more */
	keep -= len + 9 - NAME_MAX_BYTES;
	snprintf(other.id, sizeof(other.id), "%.*s-%08" PRIx32, (int)keep,
		 experiment->id, hash(experiment->id));
	return kind_object_name(&other, trial, attempt);
}

/* --- building ---------------------------------------------------------------
 */

cJSON *kubeflow_template(const struct pod_plan *plan,
			 const struct role_config *role,
			 const char *restart_policy, struct error *err)
{
	struct pod_plan own = *plan;
	cJSON *template, *spec;

	own.role = role;
	template = pod_template_build(&own, err);
	spec = cJSON_GetObjectItemCaseSensitive(template, "spec");
	cJSON_DeleteItemFromObjectCaseSensitive(spec, "restartPolicy");
	if (template && restart_policy)
		cJSON_AddStringToObject(spec, "restartPolicy", restart_policy);
	return template;
}

static bool add_role(cJSON *replicas, const struct pod_plan *plan,
		     const struct role_config *role, struct error *err)
{
	const char *type = NULL;
	cJSON *template, *spec;

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (!strcmp(types[i].role, role->name))
			type = types[i].type;
	if (!type)
		return error_set(err, ERROR_INVALID,
				 "role '%.64s' is none that Kubeflow knows",
				 role->name);
	template = kubeflow_template(plan, role, NULL, err);
	if (!template)
		return error_prefix(err, "role %s", role->name);
	spec = cJSON_AddObjectToObject(replicas, type);
	cJSON_AddNumberToObject(spec, "replicas", role->replicas);
	cJSON_AddStringToObject(spec, "restartPolicy",
				role->restart_policy ? role->restart_policy
						     : "Never");
	cJSON_AddItemToObject(spec, "template", template);
	return true;
}

static bool add_replicas(cJSON *spec, const struct kubeflow_shape *shape,
			 const struct pod_plan *plan, struct error *err)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;
	cJSON *replicas;

	cJSON_DeleteItemFromObjectCaseSensitive(spec, shape->replicas);
	replicas = cJSON_AddObjectToObject(spec, shape->replicas);
	for (size_t i = 0; i < config->role_count; i++)
		if (!add_role(replicas, plan, &config->roles[i], err))
			return false;
	return true;
}

cJSON *kubeflow_build(const struct kubeflow_shape *shape,
		      const struct pod_plan *plan,
		      const struct kind_resource *resource, const char *name,
		      struct error *err)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;
	cJSON *object = kind_object_new(plan, resource, name, err);
	cJSON *spec;

	if (!object)
		return NULL;
	kind_queue_add(object, config);
	spec = cJSON_AddObjectToObject(object, "spec");
	if (!config->role_count)
		error_set(err, ERROR_INVALID,
			  "a %s needs roles: write worker: {replicas: 1}",
			  resource->kind);
	else if (kubeflow_policy_add(spec, shape, config, resource, err) &&
		 (strcmp(resource->version, KUBEFLOW_FIRST) != 0
			  ? add_replicas(spec, shape, plan, err)
			  : kubeflow_first_add(spec, shape, plan, resource,
					       err)))
		return object;
	cJSON_Delete(object);
	return NULL;
}

/* --- acting -----------------------------------------------------------------
 */

bool kubeflow_act(enum kind_action action, const cJSON *object,
		  struct kind_patch *ret, struct error *err)
{
	const char *version = kind_text(object, "apiVersion");
	const char *slash = strchr(version, '/');
	const char *kind = kind_text(object, "kind");

	version = slash ? slash + 1 : version;
	if (action != KIND_SUSPEND && action != KIND_RESUME)
		return error_set(err, ERROR_INVALID,
				 "a %.64s can be suspended, resumed and "
				 "deleted, nothing else",
				 *kind ? kind : "job of Kubeflow");
	if (strcmp(version, KUBEFLOW_NOW) != 0)
		return error_set(
			err, ERROR_INVALID,
			"a %.64s of version %.64s cannot be suspended: "
			"that takes version v1 and training operator "
			"1.7 or later",
			*kind ? kind : "job of Kubeflow", version);
	*ret = (struct kind_patch){
		.content_type = "application/merge-patch+json",
		.body = xasprintf("{\"spec\":{\"runPolicy\":{\"suspend\":%s}}}",
				  action == KIND_SUSPEND ? "true" : "false"),
	};
	return true;
}
