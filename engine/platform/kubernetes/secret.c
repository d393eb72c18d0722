/* SPDX-License-Identifier: MIT */
/*
 * What an attempt's pods are given: the Secret with token, parameters and
 * commands, and for NNI's keeper the scripts that start it.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/mem.h"
#include "engine/platform/local.h"
#include "engine/pod/nni_trial.h"

#include <stdlib.h>
#include <string.h>

/* ---- commands ----------------------------------------------------------- */

size_t k8s_command_count(const struct platform *platform)
{
	size_t roles = platform->config->role_count;

	return roles ? roles : 1;
}

static const struct role_config *role_at(const struct platform *platform,
					 size_t index)
{
	return platform->config->role_count ? &platform->config->roles[index]
					    : NULL;
}

static char *command_of(const struct platform *platform, size_t index,
			const char *parameters, struct error *err)
{
	const struct experiment_config *config = platform->context.config;
	const struct role_config *role = role_at(platform, index);
	const char *text =
		role && role->command ? role->command : config->trial_command;
	struct strbuf filled = STRBUF_INIT;
	char *command = NULL;

	/* objects of the user's own bring theirs */
	if (!text)
		return xstrdup("");
	if (local_command_format(text, parameters, &filled, err))
		command =
			kind_command(platform->kind, config, role, filled.data);
	strbuf_release(&filled);
	return command;
}

char **k8s_commands_new(const struct platform *platform, const char *parameters,
			struct error *err)
{
	size_t count = k8s_command_count(platform);
	char **commands = xcalloc(count + 1, sizeof(*commands));

	for (size_t i = 0; i < count; i++) {
		commands[i] = command_of(platform, i, parameters, err);
		if (commands[i])
			continue;
		k8s_commands_free(commands);
		return NULL;
	}
	return commands;
}

void k8s_commands_free(char **commands)
{
	for (size_t i = 0; commands && commands[i]; i++)
		free(commands[i]);
	free(commands);
}

/* ---- the object --------------------------------------------------------- */

static void add_owner(const struct k8s_job *job, cJSON *metadata)
{
	const struct kind_resource *resource = &job->platform->resource;
	char *api_version = kind_api_version(resource);
	cJSON *owner = cJSON_CreateObject();

	cJSON_AddStringToObject(owner, "apiVersion", api_version);
	cJSON_AddStringToObject(owner, "kind", resource->kind);
	cJSON_AddStringToObject(owner, "name", job->name);
	cJSON_AddStringToObject(owner, "uid", job->uid);
	cJSON_AddItemToArray(
		cJSON_AddArrayToObject(metadata, "ownerReferences"), owner);
	free(api_version);
}

static void add_commands(const struct k8s_job *job, cJSON *data)
{
	const struct platform *platform = job->platform;

	for (size_t i = 0; i < k8s_command_count(platform); i++) {
		const struct role_config *role = role_at(platform, i);
		char *key = role ? xasprintf(POD_INPUT_ROLE_COMMAND "%s",
					     role->name)
				 : xstrdup(POD_INPUT_COMMAND);

		cJSON_AddStringToObject(data, key, job->material->commands[i]);
		free(key);
	}
}

/* NNI's keeper has its port and address on its command line: they are those of
 * the moment, and a console that comes back elsewhere is not found by it. */
static void add_scripts(const struct k8s_job *job, cJSON *data)
{
	struct pod_plan plan = k8s_plan(job->platform);
	struct nni_manager manager = {"127.0.0.1", 0};
	char host[256];

	plan.trial = &job->material->trial;
	plan.attempt = &job->material->attempt;
	nni_manager_parse(job->platform->url, host, sizeof(host), &manager);
	nni_scripts_add(data, &plan, &manager, job->material->commands);
}

cJSON *k8s_secret_of_job(struct k8s_job *job)
{
	const struct k8s_material *material = job->material;
	struct platform *platform = job->platform;
	cJSON *root = k8s_object_new(platform, "v1", "Secret", job->name);
	cJSON *metadata = cJSON_GetObjectItem(root, "metadata");
	cJSON *data;

	pod_labels_add(cJSON_GetObjectItem(metadata, "labels"),
		       platform->context.experiment, &material->trial,
		       &material->attempt);
	add_owner(job, metadata);
	data = cJSON_AddObjectToObject(root, "stringData");
	cJSON_AddStringToObject(data, POD_INPUT_TOKEN, material->attempt.token);
	cJSON_AddStringToObject(data, POD_INPUT_PARAMETER_CFG,
				material->parameter_file);
	cJSON_AddStringToObject(data, POD_INPUT_PARAMETERS,
				material->trial.parameters);
	if (platform->config->keeper == KEEPER_NNI)
		add_scripts(job, data);
	else
		add_commands(job, data);
	return root;
}
