/* SPDX-License-Identifier: MIT */
/*
 * The environment of the trial's container: NNI's variables (nni.md 4.2), ours,
 * the parameters, then what the experiment file says.
 *
 * The token and the side port's address are not here: the keeper hands them to
 * the command, and the pod's object, which more people may read than the
 * Secret, stays free of them.
 */
#include "engine/pod/parts.h"
#include "engine/pod/storage.h"

#include "base/mem.h"
#include "engine/platform/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *pod_escape(const char *text)
{
	struct strbuf out = STRBUF_INIT;

	for (; *text; text++) {
		if (*text == '$')
			strbuf_addch(&out, '$');
		strbuf_addch(&out, *text);
	}
	return strbuf_detach(&out);
}

bool pod_environment_is_ours(const char *name)
{
	static const char *const names[] = {
		"NNI_PLATFORM",	    "NNI_EXP_ID",  "NNI_TRIAL_JOB_ID",
		"NNI_TRIAL_SEQ_ID", "NNI_SYS_DIR", "MULTI_PHASE"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return !strncmp(name, "TRIALDECK_", 10);
}

static void set_number(struct environment *environment, const char *name,
		       int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	environment_set(environment, name, text);
}

static void fill(struct environment *environment, const struct pod_plan *plan)
{
	char *sys_dir = pod_sys_dir(plan);
	char *output_dir = pod_output_dir(plan);
	char *code = pod_code_dir(plan);

	environment_set(environment, "NNI_PLATFORM", plan->nni_platform);
	environment_set(environment, "NNI_EXP_ID", plan->experiment->id);
	environment_set(environment, "NNI_TRIAL_JOB_ID", plan->trial->id);
	set_number(environment, "NNI_TRIAL_SEQ_ID", plan->trial->sequence);
	environment_set(environment, "NNI_SYS_DIR",
			sys_dir ? sys_dir : POD_WORK_MOUNT);
	environment_set(environment, "NNI_OUTPUT_DIR", output_dir);
	if (code)
		environment_set(environment, "NNI_CODE_DIR", code);
	environment_set(environment, "MULTI_PHASE", "false");
	/* the device plugin shows all GPUs to a pod that asks for none */
	if (pod_gpu_number(plan) == 0)
		environment_set(environment, "CUDA_VISIBLE_DEVICES", "");
	environment_set(environment, "TRIALDECK_TRIAL_ID", plan->trial->id);
	set_number(environment, "TRIALDECK_ATTEMPT", plan->attempt->number);
	if (plan->role)
		environment_set(environment, "TRIALDECK_ROLE",
				plan->role->name);
	environment_set(environment, "TRIALDECK_ATTEMPT_DIR", POD_WORK_MOUNT);
	environment_set(environment, "TRIALDECK_OUTPUT_DIR", output_dir);
	environment_set(environment, "TRIALDECK_METRICS",
			POD_WORK_MOUNT "/metrics");
	environment_set(environment, "TRIALDECK_PARAMETERS",
			POD_WORK_MOUNT "/" POD_INPUT_PARAMETERS);
	if (plan->checkpoint)
		environment_set(environment, "TRIALDECK_CHECKPOINT_DIR",
				plan->checkpoint);
	if (plan->parent_checkpoint)
		environment_set(environment, "TRIALDECK_PARENT_CHECKPOINT_DIR",
				plan->parent_checkpoint);
	environment_add_parameters(environment, plan->trial->parameters);
	free(sys_dir);
	free(output_dir);
	free(code);
}

static void add_ours(cJSON *list, const struct environment *environment)
{
	for (size_t i = 0; i < environment->count; i++) {
		const char *item = environment->items[i];
		size_t len = strcspn(item, "=");
		char *name = xstrndup(item, len);
		char *value = pod_escape(item + len + 1);
		cJSON *variable = cJSON_CreateObject();

		cJSON_AddStringToObject(variable, "name", name);
		cJSON_AddStringToObject(variable, "value", value);
		cJSON_AddItemToArray(list, variable);
		free(name);
		free(value);
	}
}

static void add_users(cJSON *list, cJSON *users)
{
	cJSON *item;

	while ((item = users ? users->child : NULL)) {
		const cJSON *name =
			cJSON_GetObjectItemCaseSensitive(item, "name");
		cJSON *ours =
			cJSON_IsString(name)
				? pod_list_find(list, "name", name->valuestring)
				: NULL;

		cJSON_DetachItemViaPointer(users, item);
		/* at the end all the same: it may refer to others of ours */
		if (ours)
			cJSON_Delete(cJSON_DetachItemViaPointer(list, ours));
		cJSON_AddItemToArray(list, item);
	}
}

/* Which of the job's pods a keeper speaks for. */
static void add_pod_name(cJSON *list)
{
	cJSON *variable = cJSON_CreateObject();

	cJSON_AddStringToObject(variable, "name", "TRIALDECK_POD");
	cJSON_AddStringToObject(
		cJSON_AddObjectToObject(
			cJSON_AddObjectToObject(variable, "valueFrom"),
			"fieldRef"),
		"fieldPath", "metadata.name");
	cJSON_AddItemToArray(list, variable);
}

bool pod_environment_add(cJSON *container, const struct pod_plan *plan,
			 struct error *err)
{
	struct environment environment = {0};
	cJSON *users, *list, *parameters;

	parameters = cJSON_Parse(plan->trial->parameters);
	if (!cJSON_IsObject(parameters)) {
		cJSON_Delete(parameters);
		return error_set(err, ERROR_INVALID,
				 "the trial's parameters are no JSON object");
	}
	cJSON_Delete(parameters);
	if (!pod_fragment_parse("env", plan->config->kubernetes.env, &users,
				err))
		return false;
	list = cJSON_AddArrayToObject(container, "env");
	fill(&environment, plan);
	add_ours(list, &environment);
	if (plan->role)
		add_pod_name(list);
	environment_release(&environment);
	add_users(list, users);
	cJSON_Delete(users);
	return true;
}
