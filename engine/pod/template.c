/* SPDX-License-Identifier: MIT */
/* The pod of an attempt: metadata, the pod's own fields, the one container. */
#include "engine/pod/nni_trial.h"
#include "engine/pod/parts.h"
#include "engine/pod/storage.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APP "nni-kubernetes-trial"
/* Kept of the grace period to report how it ended and deliver the rest. */
#define REPORTING_S 5
#define NUMBER_SIZE 24

/* --- labels -----------------------------------------------------------------
 */

/* An experiment's id may begin or end with '-' or '_', a label's value may not;
 * ids have no dots, so that no two become one. */
static char *label_value(const char *id)
{
	size_t len = strlen(id);

	if (len && isalnum((unsigned char)id[0]) &&
	    isalnum((unsigned char)id[len - 1]))
		return xstrdup(id);
	return xasprintf("id.%s.id", id);
}

void pod_labels_add(cJSON *labels, const struct experiment *experiment,
		    const struct trial *trial, const struct attempt *attempt)
{
	char number[NUMBER_SIZE];
	char *id = label_value(experiment->id);

	cJSON_AddStringToObject(labels, "app", APP);
	cJSON_AddStringToObject(labels, "expId", id);
	free(id);
	if (trial)
		cJSON_AddStringToObject(labels, "trialId", trial->id);
	if (!attempt)
		return;
	snprintf(number, sizeof(number), "%d", attempt->number);
	cJSON_AddStringToObject(labels, "attempt", number);
}

char *pod_labels_selector(const struct experiment *experiment)
{
	char *id = label_value(experiment->id);
	char *selector = xasprintf("app=" APP ",expId=%s", id);

	free(id);
	return selector;
}

/* --- small parts ------------------------------------------------------------
 */

char *pod_code_dir(const struct pod_plan *plan)
{
	char *sys_dir, *path;

	switch (plan->code) {
	case POD_CODE_MAP:
	case POD_CODE_SIDEPORT:
	case POD_CODE_STORAGE:
		sys_dir = pod_sys_dir(plan);
		path = sys_dir ? xasprintf("%s/code", sys_dir)
			       : xstrdup(POD_CODE_DIR);
		free(sys_dir);
		return path;
	case POD_CODE_IN_PLACE:
		return xstrdup(plan->code_path);
	case POD_CODE_NONE:
		break;
	}
	return NULL;
}

int pod_gpu_number(const struct pod_plan *plan)
{
	return plan->role && plan->role->gpu_number >= 0
		       ? plan->role->gpu_number
		       : plan->config->trial_gpu_number;
}

bool pod_fragment_parse(const char *name, const char *json, cJSON **ret,
			struct error *err)
{
	*ret = NULL;
	if (!json)
		return true;
	*ret = cJSON_Parse(json);
	return *ret || error_set(err, ERROR_CORRUPT,
				 "trainingService.%s: not JSON", name);
}

bool pod_fragment_add(cJSON *object, const char *key, const char *json,
		      struct error *err)
{
	cJSON *tree;

	if (!pod_fragment_parse(key, json, &tree, err))
		return false;
	if (tree)
		cJSON_AddItemToObject(object, key, tree);
	return true;
}

cJSON *pod_list_find(const cJSON *list, const char *key, const char *value)
{
	cJSON *item;

	cJSON_ArrayForEach (item, list) {
		const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, key);

		if (cJSON_IsString(name) && !strcmp(name->valuestring, value))
			return item;
	}
	return NULL;
}

static void add_text(cJSON *object, const char *key, const char *text)
{
	if (text)
		cJSON_AddStringToObject(object, key, text);
}

/* --- the container ----------------------------------------------------------
 */

static void add_word(cJSON *command, const char *word)
{
	char *escaped = pod_escape(word);

	cJSON_AddItemToArray(command, cJSON_CreateString(escaped));
	free(escaped);
}

static void add_option(cJSON *command, const char *name, const char *value)
{
	add_word(command, name);
	if (value)
		add_word(command, value);
}

static void add_code_options(cJSON *command, const struct pod_plan *plan)
{
	char *dir = pod_code_dir(plan);
	char *source, *manifest;

	switch (plan->code) {
	case POD_CODE_MAP:
		add_option(command, "--code-archive",
			   POD_CODE_MOUNT "/code.tar.gz");
		break;
	case POD_CODE_SIDEPORT:
		add_option(command, "--code-fetch", NULL);
		break;
	case POD_CODE_STORAGE:
		source = pod_nni_code_dir(plan);
		manifest = pod_code_manifest(plan);
		add_option(command, "--code-source", source);
		add_option(command, "--code-manifest", manifest);
		free(source);
		free(manifest);
		break;
	case POD_CODE_IN_PLACE:
		add_option(command, "--cwd", dir);
		free(dir);
		return;
	case POD_CODE_NONE:
		return;
	}
	add_option(command, "--code-dir", dir);
	add_option(command, "--code-digest", plan->code_digest);
	free(dir);
}

/* What the command leaves is kept by the storage, or sent. */
static void add_output_options(cJSON *command, const struct pod_plan *plan)
{
	char *dir = pod_output_dir(plan), *prefix = pod_output_prefix(plan);
	const struct outputs_config *outputs = &plan->config->outputs;
	char limit[NUMBER_SIZE], wait[NUMBER_SIZE];

	snprintf(limit, sizeof(limit), "%lld", (long long)outputs->limit_bytes);
	/* more than a day the keeper does not take */
	snprintf(
		wait, sizeof(wait), "%lld",
		(long long)(outputs->wait_s < 86400 ? outputs->wait_s : 86400));
	add_option(command, "--output-dir", dir);
	if (!pod_has_storage(&plan->config->kubernetes)) {
		add_option(command, "--send-outputs", prefix);
		add_option(command, "--output-limit", limit);
		add_option(command, "--output-wait", wait);
	}
	free(dir);
	free(prefix);
}

/* May the kubelet start the container again, in the same pod? */
static bool is_restarted(const struct role_config *role)
{
	const char *policy = role ? role->restart_policy : NULL;

	return policy &&
	       (!strcmp(policy, "OnFailure") || !strcmp(policy, "Always"));
}

/* The keeper, which takes the command from the Secret. */
static void add_command(cJSON *container, const struct pod_plan *plan)
{
	int64_t grace_s = plan->config->kubernetes.grace_period_s;
	cJSON *command = cJSON_AddArrayToObject(container, "command");
	char *sys_dir = pod_sys_dir(plan);
	char grace[NUMBER_SIZE];

	grace_s -= grace_s / 2 < REPORTING_S ? grace_s / 2 : REPORTING_S;
	snprintf(grace, sizeof(grace), "%lld", (long long)grace_s);
	add_word(command, POD_KEEPER_MOUNT "/trialdeck-keeper");
	add_option(command, "--dir", POD_WORK_MOUNT);
	add_option(command, "--input", POD_INPUT_MOUNT);
	add_option(command, "--url-file", POD_LINK_MOUNT "/url");
	add_option(command, "--tee", NULL);
	add_option(command, "--echo", plan->is_echoing ? "always" : "auto");
	add_option(command, "--grace", grace);
	if (is_restarted(plan->role))
		add_option(command, "--again", NULL);
	if (sys_dir)
		add_option(command, "--sys-dir", sys_dir);
	free(sys_dir);
	add_output_options(command, plan);
	add_code_options(command, plan);
	if (plan->config->metric_pattern)
		add_option(command, "--metric-pattern",
			   plan->config->metric_pattern);
}

/* Requests and limits may each be empty. */
static bool add_resources(cJSON *container, const char *json, struct error *err)
{
	cJSON *tree, *item, *next;

	if (!pod_fragment_parse("resources", json, &tree, err))
		return false;
	for (item = tree ? tree->child : NULL; item; item = next) {
		next = item->next;
		if (!item->child)
			cJSON_Delete(cJSON_DetachItemViaPointer(tree, item));
	}
	if (tree)
		cJSON_AddItemToObject(container, "resources", tree);
	return true;
}

static bool add_container(cJSON *spec, const struct pod_plan *plan,
			  struct error *err)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;
	const struct role_config *role = plan->role;
	cJSON *containers = cJSON_AddArrayToObject(spec, "containers");
	cJSON *container = cJSON_CreateObject();

	cJSON_AddItemToArray(containers, container);
	add_text(container, "name",
		 plan->container ? plan->container : POD_MAIN_CONTAINER);
	add_text(container, "image",
		 role && role->image ? role->image : config->image);
	add_text(container, "imagePullPolicy", config->image_pull_policy);
	if (config->keeper == KEEPER_NNI)
		nni_container_add(spec, container, plan);
	else
		add_command(container, plan);
	/* the last lines of a failed one come with the pod's status */
	add_text(container, "terminationMessagePolicy",
		 "FallbackToLogsOnError");
	return pod_environment_add(container, plan, err) &&
	       pod_fragment_add(container, "envFrom", config->env_from, err) &&
	       add_resources(container,
			     role && role->resources ? role->resources
						     : config->resources,
			     err) &&
	       pod_fragment_add(container, "securityContext",
				config->security_context, err) &&
	       pod_volumes_add(spec, container, plan, err);
}

/* The role's own registry, whose Secret the platform makes. */
static bool add_registry(cJSON *spec, const struct pod_plan *plan)
{
	cJSON *list, *secret;
	char *name;

	if (!plan->role || !plan->role->registry_auth)
		return true;
	list = cJSON_GetObjectItemCaseSensitive(spec, "imagePullSecrets");
	if (!list)
		list = cJSON_AddArrayToObject(spec, "imagePullSecrets");
	name = pod_registry_secret(plan->experiment, plan->role->registry_auth);
	secret = cJSON_CreateObject();
	cJSON_AddStringToObject(secret, "name", name);
	cJSON_AddItemToArray(list, secret);
	free(name);
	return true;
}

/* --- the pod ----------------------------------------------------------------
 */

static bool add_spec(cJSON *template, const struct pod_plan *plan,
		     struct error *err)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;
	cJSON *spec = cJSON_AddObjectToObject(template, "spec");

	add_text(spec, "restartPolicy", "Never");
	cJSON_AddNumberToObject(spec, "terminationGracePeriodSeconds",
				(double)config->grace_period_s);
	/* hundreds of services would flood the trial's environment */
	cJSON_AddFalseToObject(spec, "enableServiceLinks");
	add_text(spec, "priorityClassName", config->priority_class);
	add_text(spec, "serviceAccountName", config->service_account);
	add_text(spec, "schedulerName", config->scheduler_name);
	add_text(spec, "runtimeClassName", config->runtime_class);
	return pod_fragment_add(spec, "imagePullSecrets",
				config->image_pull_secrets, err) &&
	       add_registry(spec, plan) &&
	       pod_fragment_add(spec, "nodeSelector", config->node_selector,
				err) &&
	       pod_fragment_add(spec, "tolerations", config->tolerations,
				err) &&
	       pod_fragment_add(spec, "affinity", config->affinity, err) &&
	       pod_fragment_add(spec, "topologySpreadConstraints",
				config->topology_spread, err) &&
	       pod_fragment_add(spec, "securityContext",
				config->pod_security_context, err) &&
	       add_container(spec, plan, err);
}

bool pod_metadata_add(cJSON *object, const struct pod_plan *plan,
		      struct error *err)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;
	cJSON *metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");
	cJSON *labels;

	if (!metadata)
		metadata = cJSON_AddObjectToObject(object, "metadata");
	if (!pod_fragment_parse("labels", config->labels, &labels, err))
		return false;
	if (!labels)
		labels = cJSON_CreateObject();
	pod_labels_add(labels, plan->experiment, plan->trial, plan->attempt);
	cJSON_AddItemToObject(metadata, "labels", labels);
	return pod_fragment_add(metadata, "annotations", config->annotations,
				err);
}

static bool lay_over(cJSON *template, const char *json,
		     const struct pod_plan *plan, struct error *err)
{
	cJSON *overlay;
	bool ok;

	if (!pod_fragment_parse("podTemplate", json, &overlay, err))
		return false;
	ok = !overlay || pod_overlay_apply(template, overlay,
					   plan->container ? plan->container
							   : POD_MAIN_CONTAINER,
					   err);
	cJSON_Delete(overlay);
	return ok;
}

static void add_role_label(cJSON *template, const struct role_config *role)
{
	cJSON *labels = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(template, "metadata"),
		"labels");

	if (!role)
		return;
	cJSON_DeleteItemFromObjectCaseSensitive(labels, POD_ROLE_LABEL);
	cJSON_AddStringToObject(labels, POD_ROLE_LABEL, role->name);
}

cJSON *pod_template_build(const struct pod_plan *plan, struct error *err)
{
	const char *overlay = plan->config->kubernetes.pod_template;
	cJSON *template = cJSON_CreateObject();

	if (pod_metadata_add(template, plan, err) &&
	    add_spec(template, plan, err)) {
		add_role_label(template, plan->role);
		if (lay_over(template, overlay, plan, err) &&
		    (!plan->role ||
		     lay_over(template, plan->role->pod_template, plan, err)))
			return template;
	}
	cJSON_Delete(template);
	return NULL;
}
