/* SPDX-License-Identifier: MIT */
/*
 * Kind workflow: is the manifest a workflow?  Argo itself tells most mistakes
 * only in a workflow's status, trial by trial.
 */
#include "engine/spec/kind_workflow.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "engine/kind/placeholder.h"
#include "engine/kind/workflow.h"
#include "engine/spec/kinds.h"
#include "engine/spec/manifest.h"
#include "model/space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const wanted_kinds[] = {"Workflow", NULL};

static cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void fail(struct workflow_check *check, const char *path,
		 const char *text)
{
	manifest_fail(&check->manifest, check->object, path, "%s", text);
}

/* --- what it is -------------------------------------------------------------
 */

/* Relatives that cannot be submitted. */
static bool is_relative(struct workflow_check *check)
{
	static const char *const stored[] = {"WorkflowTemplate",
					     "ClusterWorkflowTemplate"};
	struct manifest *manifest = &check->manifest;

	for (size_t i = 0; i < manifest->count; i++)
		if (!strcmp(manifest->objects[i].kind, "Workflow"))
			return false;
	for (size_t i = 0; i < manifest->count; i++) {
		const char *kind = manifest->objects[i].kind;

		for (size_t k = 0; k < COUNT_OF(stored); k++) {
			if (strcmp(kind, stored[k]) != 0)
				continue;
			manifest_fail(manifest, &manifest->objects[i], "kind",
				      "%s is put into the cluster once, with "
				      "kubectl apply, and named here instead "
				      "of a manifest: workflowTemplateRef: "
				      "{name: ...%s}",
				      kind, k ? ", clusterScope: true" : "");
			return true;
		}
	}
	return false;
}

static bool find_object(struct workflow_check *check)
{
	if (is_relative(check))
		return false;
	check->object = manifest_one(&check->manifest, wanted_kinds);
	if (!check->object)
		return false;
	if (!strncmp(check->object->api_version, "argoproj.io/", 12))
		return true;
	fail(check, "apiVersion", "must be argoproj.io/v1alpha1");
	return false;
}

static bool read_manifest(struct workflow_check *check)
{
	struct kubernetes_config *config = &check->draft->config.kubernetes;
	const struct place *place = &check->draft->kubernetes.workflow.manifest;
	char *json;

	if (!manifest_open(&check->manifest, check->reader, place) ||
	    !find_object(check) ||
	    !manifest_check(&check->manifest, check->object, check->names))
		return false;
	json = manifest_json(&check->manifest, check->object);
	if (!json)
		return false;
	free(config->manifest);
	config->manifest = json;
	check->tree = cJSON_Parse(json);
	if (cJSON_IsObject(member(check->tree, "spec")))
		return true;
	fail(check, "spec", "required, but missing: a mapping");
	return false;
}

/* --- entrypoint and templates -----------------------------------------------
 */

static size_t template_names(const cJSON *spec, const char ***ret)
{
	const cJSON *list = member(spec, "templates");
	const char **names;
	const cJSON *item;
	size_t count = 0;

	names = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(*names));
	cJSON_ArrayForEach (item, list)
		if (*kind_text(item, "name"))
			names[count++] = kind_text(item, "name");
	*ret = names;
	return count;
}

static void check_template(struct workflow_check *check, const char *name,
			   const char *path, const struct place *place)
{
	const char **names, *near;
	size_t count = template_names(member(check->tree, "spec"), &names);
	char text[300];
	bool is_there = false;

	for (size_t i = 0; i < count; i++)
		is_there |= !strcmp(names[i], name);
	near = nearest_word(name, names, count);
	snprintf(text, sizeof(text), "there is no template '%.64s'%s%.64s%s",
		 name, near ? ", did you mean '" : "", near ? near : "",
		 near ? "'?" : "");
	free(names);
	if (is_there || !*name)
		return;
	if (place && place->node)
		reader_fail_at(check->reader, place, "%s", text);
	else
		fail(check, path, text);
}

static void check_templates(struct workflow_check *check)
{
	const struct workflow_draft *draft = &check->draft->kubernetes.workflow;
	const cJSON *spec = member(check->tree, "spec");

	if (workflow_is_by_template(check->tree))
		return;
	if (!cJSON_GetArraySize(member(spec, "templates")))
		fail(check, "spec.templates",
		     "required, but missing: what the workflow does, or "
		     "workflowTemplateRef");
	else if (!*kind_text(spec, "entrypoint"))
		fail(check, "spec.entrypoint",
		     "required, but missing: the template to begin with");
	else
		check_template(check, kind_text(spec, "entrypoint"),
			       "spec.entrypoint", &draft->entrypoint_place);
	check_template(check, kind_text(spec, "onExit"), "spec.onExit", NULL);
}

/* Pods are found by these. */
static void check_labels(struct workflow_check *check, const cJSON *labels,
			 const char *path)
{
	static const char *const ours[] = {"app", "expId", "trialId",
					   "attempt"};
	char text[160], where[200];

	for (size_t i = 0; i < COUNT_OF(ours); i++) {
		if (!member(labels, ours[i]))
			continue;
		snprintf(where, sizeof(where), "%s.%s", path, ours[i]);
		snprintf(text, sizeof(text),
			 "is set for every trial's pods already: use another "
			 "key");
		fail(check, where, text);
	}
}

static void check_all_labels(struct workflow_check *check)
{
	const cJSON *spec = member(check->tree, "spec");
	const cJSON *item;
	char path[64];
	int index = 0;

	check_labels(check, member(member(spec, "podMetadata"), "labels"),
		     "spec.podMetadata.labels");
	cJSON_ArrayForEach (item, member(spec, "templates")) {
		snprintf(path, sizeof(path),
			 "spec.templates.%d.metadata.labels", index++);
		check_labels(check, member(member(item, "metadata"), "labels"),
			     path);
	}
}

/* --- namespace --------------------------------------------------------------
 */

static void check_namespace(struct workflow_check *check)
{
	struct kubernetes_config *config = &check->draft->config.kubernetes;
	const char *name =
		kind_text(member(check->tree, "metadata"), "namespace");

	if (!*name)
		return;
	if (!config->namespace)
		config->namespace = xstrdup(name);
	else if (strcmp(config->namespace, name) != 0 &&
		 !check->reader->is_reload)
		fail(check, "metadata.namespace",
		     "is not the namespace of trainingService: keep one of "
		     "them");
}

/* --- the whole --------------------------------------------------------------
 */

/* A workflow that consists of a reference. */
static void make_reference(struct workflow_check *check)
{
	const struct workflow_draft *draft = &check->draft->kubernetes.workflow;
	cJSON *reference, *spec;

	check->tree = cJSON_CreateObject();
	cJSON_AddStringToObject(check->tree, "apiVersion",
				"argoproj.io/v1alpha1");
	cJSON_AddStringToObject(check->tree, "kind", "Workflow");
	spec = cJSON_AddObjectToObject(check->tree, "spec");
	reference = cJSON_AddObjectToObject(spec, "workflowTemplateRef");
	cJSON_AddStringToObject(reference, "name", draft->template_name);
	if (draft->is_cluster_wide)
		cJSON_AddTrueToObject(reference, "clusterScope");
}

static void put(cJSON *object, const char *key, cJSON *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
	cJSON_AddItemToObject(object, key, value);
}

/* --entrypoint and --priority */
static void add_flags(struct workflow_check *check)
{
	const struct workflow_draft *draft = &check->draft->kubernetes.workflow;
	struct kubernetes_config *config = &check->draft->config.kubernetes;
	cJSON *spec = member(check->tree, "spec");
	char *text;

	if (check->object && !draft->entrypoint && !draft->priority_place.node)
		return;
	if (draft->entrypoint)
		put(spec, "entrypoint", cJSON_CreateString(draft->entrypoint));
	if (draft->priority_place.node)
		put(spec, "priority", cJSON_CreateNumber(draft->priority));
	text = cJSON_PrintUnformatted(check->tree);
	free(config->manifest);
	config->manifest = xstrdup(text);
	cJSON_free(text);
}

static bool find_workflow(struct workflow_check *check)
{
	const struct workflow_draft *draft = &check->draft->kubernetes.workflow;

	if (draft->manifest.node && draft->reference.node) {
		reader_fail_at(check->reader, &draft->reference,
			       "says the same as manifest: keep one of them");
		return false;
	}
	if (draft->manifest.node)
		return read_manifest(check);
	if (draft->reference.node) {
		if (draft->template_name)
			make_reference(check);
		return draft->template_name;
	}
	reader_fail_at(check->reader, &check->draft->training_service,
		       "kind workflow needs one: write manifest: FILE, of a "
		       "Workflow, or workflowTemplateRef: {name: ...}");
	return false;
}

static void check_rest(struct reader *reader, struct draft *draft)
{
	if (draft->config.trial_command || draft->trial_command_place.node)
		reader_fail_at(reader, &draft->trial_command_place, "%s",
			       WORKFLOW_COMMAND);
	if (draft->kubernetes.keeper &&
	    strcmp(draft->kubernetes.keeper, "none") != 0)
		reader_fail_at(reader, &draft->training_service,
			       "keeper: a workflow's pods run without one, and "
			       "metrics are read in their logs: remove it");
	draft->config.kubernetes.keeper = KEEPER_NONE;
}

void workflow_check(struct reader *reader, struct draft *draft)
{
	struct workflow_check check = {.reader = reader, .draft = draft};

	check_rest(reader, draft);
	check.names = placeholder_names_new(draft->space);
	if (find_workflow(&check)) {
		add_flags(&check);
		if (check.object) {
			check_templates(&check);
			check_all_labels(&check);
			check_namespace(&check);
		}
		workflow_check_parameters(&check);
		spec_kind_try(reader, draft,
			      check.object
				      ? &draft->kubernetes.workflow.manifest
				      : &draft->kubernetes.workflow.reference);
	}
	cJSON_Delete(check.tree);
	placeholder_names_free(check.names);
	manifest_close(&check.manifest);
}
