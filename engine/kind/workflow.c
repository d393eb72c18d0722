/* SPDX-License-Identifier: MIT */
/*
 * Argo's Workflow: the object of an attempt.
 *
 * The user's manifest is submitted as `argo submit` would: arguments from the
 * trial, a name of ours, a service account.  Its pods are the user's own, so
 * the keeper is not in them; labels of ours are, and by them they are found:
 * in spec.podMetadata, and once more in every template that makes a pod, for
 * controllers that do not know podMetadata yet.
 */
#include "engine/kind/workflow.h"

#include "base/mem.h"
#include "engine/kind/placeholder.h"

#include <stdlib.h>
#include <string.h>

#define RESUBMITTED "workflows.argoproj.io/resubmitted-from-workflow"
#define TEMPLATE "workflows.argoproj.io/workflow-template"

static cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static cJSON *object_in(cJSON *parent, const char *key)
{
	cJSON *item = member(parent, key);

	if (cJSON_IsObject(item))
		return item;
	cJSON_DeleteItemFromObjectCaseSensitive(parent, key);
	return cJSON_AddObjectToObject(parent, key);
}

static void put(cJSON *object, const char *key, cJSON *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
	cJSON_AddItemToObject(object, key, value);
}

static void put_text(cJSON *object, const char *key, const char *text)
{
	if (text)
		put(object, key, cJSON_CreateString(text));
}

static bool put_json(cJSON *object, const char *key, const char *json,
		     struct error *err)
{
	cJSON *tree;

	if (!json)
		return true;
	tree = cJSON_Parse(json);
	if (!tree)
		return error_set(err, ERROR_CORRUPT,
				 "trainingService: %s: not JSON", key);
	put(object, key, tree);
	return true;
}

/* --- metadata ---------------------------------------------------------------
 */

static void merge_texts(cJSON *target, const cJSON *more)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, more)
		put_text(target, item->string, cJSON_GetStringValue(item));
}

/* The file's labels stay; ours, and those of trainingService, come over them.
 * The namespace is the request's. */
static bool add_metadata(cJSON *workflow, const struct pod_plan *plan,
			 const struct kind_resource *resource, const char *name,
			 struct error *err)
{
	cJSON *fresh = kind_object_new(plan, resource, name, err);
	cJSON *metadata, *given;

	if (!fresh)
		return false;
	metadata = object_in(workflow, "metadata");
	given = member(fresh, "metadata");
	put_text(workflow, "apiVersion", kind_text(fresh, "apiVersion"));
	put_text(workflow, "kind", kind_text(fresh, "kind"));
	cJSON_DeleteItemFromObjectCaseSensitive(workflow, "status");
	cJSON_DeleteItemFromObjectCaseSensitive(metadata, "generateName");
	cJSON_DeleteItemFromObjectCaseSensitive(metadata, "namespace");
	put_text(metadata, "name", name);
	merge_texts(object_in(metadata, "labels"), member(given, "labels"));
	if (member(given, "annotations"))
		merge_texts(object_in(metadata, "annotations"),
			    member(given, "annotations"));
	cJSON_Delete(fresh);
	return true;
}

/* What Argo's own client notes down: where it comes from. */
static void add_origin(cJSON *workflow, const struct pod_plan *plan)
{
	cJSON *labels = object_in(object_in(workflow, "metadata"), "labels");
	const cJSON *reference =
		member(member(workflow, "spec"), "workflowTemplateRef");
	const char *template = kind_text(reference, "name");
	struct attempt before = {.number = plan->attempt->number - 1};
	char *name;

	if (*template && strlen(template) <= 63 &&
	    !cJSON_IsTrue(member(reference, "clusterScope")))
		put_text(labels, TEMPLATE, template);
	if (before.number < 1)
		return;
	name = kind_object_name(plan->experiment, plan->trial, &before);
	put_text(labels, RESUBMITTED, name);
	free(name);
}

/* --- pods -------------------------------------------------------------------
 */

static bool makes_a_pod(const cJSON *template)
{
	static const char *const bodies[] = {"container", "containerSet",
					     "script", "resource", "data"};

	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		if (cJSON_IsObject(member(template, bodies[i])))
			return true;
	return false;
}

static void label_pods(cJSON *spec, const struct pod_plan *plan)
{
	cJSON *labels = cJSON_CreateObject();
	cJSON *list = member(spec, "templates");
	cJSON *template;

	pod_labels_add(labels, plan->experiment, plan->trial, plan->attempt);
	merge_texts(object_in(object_in(spec, "podMetadata"), "labels"),
		    labels);
	cJSON_ArrayForEach (template, list)
		if (makes_a_pod(template))
			merge_texts(object_in(object_in(template, "metadata"),
					      "labels"),
				    labels);
	cJSON_Delete(labels);
}

/* Keys of trainingService that a workflow's spec has words for. */
static bool add_pod_defaults(cJSON *spec,
			     const struct kubernetes_config *config,
			     struct error *err)
{
	put_text(spec, "serviceAccountName", config->service_account);
	put_text(spec, "schedulerName", config->scheduler_name);
	put_text(spec, "podPriorityClassName", config->priority_class);
	if (config->active_deadline_s)
		put(spec, "activeDeadlineSeconds",
		    cJSON_CreateNumber((double)config->active_deadline_s));
	if (config->ttl_after_finished_s >= 0)
		put(object_in(spec, "ttlStrategy"), "secondsAfterCompletion",
		    cJSON_CreateNumber((double)config->ttl_after_finished_s));
	return put_json(spec, "imagePullSecrets", config->image_pull_secrets,
			err) &&
	       put_json(spec, "nodeSelector", config->node_selector, err) &&
	       put_json(spec, "tolerations", config->tolerations, err) &&
	       put_json(spec, "affinity", config->affinity, err) &&
	       put_json(spec, "securityContext", config->pod_security_context,
			err);
}

/* --- the whole --------------------------------------------------------------
 */

/* A JSON text of the configuration, placeholders filled in. */
static cJSON *filled(const char *json, const struct pod_plan *plan,
		     const char *name, struct error *err)
{
	const struct placeholder_values values = {
		.experiment = plan->experiment,
		.trial = plan->trial,
		.attempt = plan->attempt,
		.name = name,
		.namespace = plan->config->kubernetes.namespace,
	};
	cJSON *tree = cJSON_Parse(json);
	cJSON *ret = NULL;

	if (!cJSON_IsObject(tree))
		error_set(err, ERROR_CORRUPT,
			  "the workflow's manifest is no JSON object");
	else
		ret = placeholder_fill(tree, &values, err);
	cJSON_Delete(tree);
	return ret;
}

static bool add_parameters(cJSON *workflow, const struct pod_plan *plan,
			   const char *name, struct error *err)
{
	const char *json = plan->config->kubernetes.parameters;
	cJSON *overrides = json ? filled(json, plan, name, err) : NULL;
	bool ok = (!json || overrides) &&
		  workflow_parameters_apply(workflow, overrides,
					    plan->trial->parameters, err);

	cJSON_Delete(overrides);
	return ok;
}

static cJSON *workflow_build(const struct pod_plan *plan,
			     const struct kind_resource *resource,
			     const char *name, struct error *err)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;
	cJSON *workflow = filled(config->manifest ? config->manifest : "", plan,
				 name, err);

	if (workflow && add_metadata(workflow, plan, resource, name, err) &&
	    add_parameters(workflow, plan, name, err) &&
	    add_pod_defaults(object_in(workflow, "spec"), config, err)) {
		add_origin(workflow, plan);
		label_pods(object_in(workflow, "spec"), plan);
		workflow_texts_settle(workflow);
		return workflow;
	}
	cJSON_Delete(workflow);
	return NULL;
}

static const char *const versions[] = {"v1alpha1", NULL};

/* Most of a workflow is its templates, up to three times. */
static const char *const unread[] = {"spec.templates",
				     "spec.podMetadata",
				     "spec.volumes",
				     "status.storedTemplates",
				     "status.storedWorkflowTemplateSpec",
				     "status.synchronization",
				     NULL};

const struct kind kind_workflow = {
	.name = "workflow",
	.group = "argoproj.io",
	.kind = "Workflow",
	.plural = "workflows",
	.versions = versions,
	.install = "install Argo Workflows (its quick-start manifest, or the "
		   "Helm chart argo/argo-workflows)",
	.operator= "Argo's workflow controller",
	.container = "main",
	.lacks_keeper = true,
	.has_our_labels = true,
	.pod_label = "workflows.argoproj.io/workflow",
	.build = workflow_build,
	.read = workflow_read,
	.read_parts = workflow_read_parts,
	.act = workflow_act,
	.unread = unread,
};
