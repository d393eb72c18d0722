/* SPDX-License-Identifier: MIT */
/*
 * runPolicy, and where it was before there was one (kubernetes.md 4.3).
 *
 * v1 has two forms under one name: the operators up to TFJob's 1.0.0 and all
 * stand-alone ones of PyTorchJob read the policy's members from spec, and later
 * ones from runPolicy; neither minds the other's.  Both get them.
 */
#include "engine/kind/kubeflow.h"

#include "base/mem.h"

#include <string.h>

#define POLICY "runPolicy"

const char *const kubeflow_flat[] = {
	"cleanPodPolicy", "ttlSecondsAfterFinished", "activeDeadlineSeconds",
	"backoffLimit", NULL};
static const char *const none[] = {NULL};
static const char *const early[] = {"cleanPodPolicy", "ttlSecondsAfterFinished",
				    NULL};

/* What a version without runPolicy has of it, in spec. */
static const struct {
	const char *version;
	const char *const *members;
} eras[] = {
	{"v1alpha1", none},
	{"v1alpha2", early},
	{"v1beta1", early},
	{"v1beta2", kubeflow_flat},
};

static bool is_among(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static cJSON *find(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* Is no pod ever started again by the operator? */
static bool is_never_restarted(const struct kubernetes_config *config)
{
	for (size_t i = 0; i < config->role_count; i++) {
		const char *policy = config->roles[i].restart_policy;

		if (policy && strcmp(policy, "Never") != 0)
			return false;
	}
	return true;
}

static cJSON *policy_new(const struct kubernetes_config *config)
{
	cJSON *policy = cJSON_CreateObject();

	if (config->active_deadline_s)
		cJSON_AddNumberToObject(policy, "activeDeadlineSeconds",
					(double)config->active_deadline_s);
	if (config->ttl_after_finished_s >= 0)
		cJSON_AddNumberToObject(policy, "ttlSecondsAfterFinished",
					(double)config->ttl_after_finished_s);
	if (config->queue)
		cJSON_AddTrueToObject(policy, "suspend");
	return policy;
}

/* What the options have beside runPolicy goes there, unless it has it too. */
static void gather(cJSON *spec, cJSON *policy)
{
	for (const char *const *name = kubeflow_flat; *name; name++) {
		cJSON *item = find(spec, *name);

		if (!item)
			continue;
		cJSON_DetachItemViaPointer(spec, item);
		if (find(policy, *name))
			cJSON_Delete(item);
		else
			cJSON_AddItemToObject(policy, *name, item);
	}
}

/* Its default has changed over the years, and All takes logs away. */
static void add_defaults(cJSON *policy, const char *const *known,
			 const struct kubernetes_config *config)
{
	if (!find(policy, "cleanPodPolicy") &&
	    is_among(known, "cleanPodPolicy"))
		cJSON_AddStringToObject(policy, "cleanPodPolicy", "Running");
	if (!find(policy, "backoffLimit") && is_among(known, "backoffLimit") &&
	    is_never_restarted(config))
		cJSON_AddNumberToObject(policy, "backoffLimit", 0);
}

static bool refuse(const struct kind_resource *resource, const char *where,
		   const char *what, struct error *err)
{
	return error_set(err, ERROR_INVALID,
			 "%s%s: %s of version %s, which this cluster serves, "
			 "has no such thing: remove it, or install a newer "
			 "operator",
			 where, what, resource->kind, resource->version);
}

/* A version without runPolicy; spec has what the options say. */
static bool flatten(cJSON *spec, cJSON *policy, const char *const *known,
		    const struct kubernetes_config *config,
		    const struct kind_resource *resource, struct error *err)
{
	const cJSON *item;

	if (spec->child)
		return refuse(resource, "", spec->child->string, err);
	if (config->queue && find(policy, "suspend"))
		return refuse(resource, "", "queue", err);
	cJSON_ArrayForEach (item, policy)
		if (!is_among(known, item->string))
			return refuse(resource, POLICY ".", item->string, err);
	add_defaults(policy, known, config);
	while ((item = policy->child)) {
		cJSON *moved = cJSON_DetachItemFromObjectCaseSensitive(
			policy, item->string);

		cJSON_AddItemToObject(spec, moved->string, moved);
	}
	return true;
}

static void add_copies(cJSON *spec, const cJSON *policy,
		       const struct kubeflow_shape *shape)
{
	const char *const *name = shape->copies;

	for (; name && *name; name++) {
		const cJSON *item = find(policy, *name);

		if (item)
			cJSON_AddItemToObject(spec, *name,
					      cJSON_Duplicate(item, true));
	}
}

bool kubeflow_policy_add(cJSON *spec, const struct kubeflow_shape *shape,
			 const struct kubernetes_config *config,
			 const struct kind_resource *resource,
			 struct error *err)
{
	cJSON *policy;
	bool ok = true;

	cJSON_AddItemToObject(spec, POLICY, policy_new(config));
	if (!kind_options_add(spec, config, err))
		return false;
	policy = cJSON_DetachItemFromObjectCaseSensitive(spec, POLICY);
	if (!cJSON_IsObject(policy)) {
		cJSON_Delete(policy);
		return error_set(err, ERROR_CORRUPT, POLICY ": no JSON object");
	}
	gather(spec, policy);
	for (size_t i = 0; i < COUNT_OF(eras); i++) {
		if (strcmp(eras[i].version, resource->version) != 0)
			continue;
		ok = flatten(spec, policy, eras[i].members, config, resource,
			     err);
		cJSON_Delete(policy);
		return ok;
	}
	add_defaults(policy, kubeflow_flat, config);
	add_copies(spec, policy, shape);
	cJSON_AddItemToObject(spec, POLICY, policy);
	return true;
}
