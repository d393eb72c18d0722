/* SPDX-License-Identifier: MIT */
/* Trials as NNI makes them. */
#include "engine/pod/nni_trial.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/pod/parts.h"
#include "engine/pod/storage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the scripts -------------------------------------------------------- */

/* In single quotes, whatever it holds. */
static void add_quoted(struct strbuf *out, const char *text)
{
	strbuf_addch(out, '\'');
	for (; *text; text++)
		if (*text == '\'')
			strbuf_adds(out, "'\\''");
		else
			strbuf_addch(out, *text);
	strbuf_addch(out, '\'');
}

static void add_export(struct strbuf *out, const char *name, const char *value)
{
	strbuf_addf(out, "export %s=", name);
	add_quoted(out, value);
	strbuf_addch(out, '\n');
}

static void add_exports(struct strbuf *out, const struct pod_plan *plan)
{
	char *sys_dir = pod_sys_dir(plan);
	char *output_dir = pod_output_dir(plan);
	char *code_dir = pod_nni_code_dir(plan);
	char sequence[24];

	snprintf(sequence, sizeof(sequence), "%" PRId64, plan->trial->sequence);
	add_export(out, "NNI_PLATFORM", plan->nni_platform);
	add_export(out, "NNI_EXP_ID", plan->experiment->id);
	add_export(out, "NNI_TRIAL_JOB_ID", plan->trial->id);
	add_export(out, "NNI_TRIAL_SEQ_ID", sequence);
	add_export(out, "NNI_SYS_DIR", sys_dir);
	add_export(out, "NNI_OUTPUT_DIR", output_dir);
	add_export(out, "NNI_CODE_DIR", code_dir);
	add_export(out, "MULTI_PHASE", "false");
	if (pod_gpu_number(plan) == 0)
		add_export(out, "CUDA_VISIBLE_DEVICES", "");
	free(sys_dir);
	free(output_dir);
	free(code_dir);
}

char *nni_run_script(const struct pod_plan *plan,
		     const struct nni_manager *manager, const char *command)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, "#!/bin/sh\n");
	add_exports(&out, plan);
	strbuf_adds(&out, "mkdir -p \"$NNI_SYS_DIR/code\" \"$NNI_OUTPUT_DIR\"\n"
			  "[ ! -d \"$NNI_CODE_DIR\" ] || "
			  "cp -r \"$NNI_CODE_DIR/.\" \"$NNI_SYS_DIR/code\"\n"
			  "sh \"$NNI_SYS_DIR/install_nni.sh\"\n"
			  "cd \"$NNI_SYS_DIR/code\" || exit 1\n"
			  /* NNI 1 had it under another name */
			  "keeper=nni.tools.trial_tool.trial_keeper\n"
			  "python3 -c \"import $keeper\" 2>/dev/null || "
			  "keeper=nni_trial_tool.trial_keeper\n"
			  "{ python3 -m \"$keeper\" --trial_command ");
	add_quoted(&out, command);
	strbuf_adds(&out, " --nnimanager_ip ");
	add_quoted(&out, manager->ip);
	/* no version: it would be compared, and may end the trial.  NNI's own
	 * script leaves the pod's log empty; people look there first. */
	strbuf_addf(&out,
		    " --nnimanager_port '%d' --nni_manager_version '' "
		    "--log_collection none "
		    "2>\"$NNI_OUTPUT_DIR/trialkeeper_stderr\"; "
		    "echo $? >\"$NNI_OUTPUT_DIR/trialkeeper_status\"; } |\n"
		    "\ttee \"$NNI_OUTPUT_DIR/trialkeeper_stdout\"\n"
		    "exit \"$(cat \"$NNI_OUTPUT_DIR/trialkeeper_status\")\"\n",
		    manager->port);
	return strbuf_detach(&out);
}

char *nni_run_script_name(const struct pod_plan *plan)
{
	return xasprintf("run_%s.sh", plan->role ? plan->role->name : "worker");
}

const char *nni_install_script(void)
{
	return "#!/bin/sh\n"
	       "python3 -c 'import nni' 2>/dev/null || "
	       "python3 -m pip install --user --upgrade nni\n";
}

bool nni_manager_parse(const char *url, char *buffer, size_t size,
		       struct nni_manager *ret)
{
	static const char scheme[] = "http://";
	const char *host, *colon;
	size_t len;

	if (strncmp(url, scheme, strlen(scheme)) != 0)
		return false;
	host = url + strlen(scheme);
	colon = strrchr(host, ':');
	if (!colon || colon == host)
		return false;
	len = (size_t)(colon - host);
	if (len >= size)
		return false;
	memcpy(buffer, host, len);
	buffer[len] = '\0';
	ret->ip = buffer;
	ret->port = (int)strtol(colon + 1, NULL, 10);
	return ret->port > 0 && ret->port < 65536;
}

static void add_script(cJSON *data, const struct pod_plan *plan,
		       const struct nni_manager *manager, const char *command)
{
	char *name = nni_run_script_name(plan);
	char *text = nni_run_script(plan, manager, command);

	cJSON_AddStringToObject(data, name, text);
	free(name);
	free(text);
}

void nni_scripts_add(cJSON *data, const struct pod_plan *plan,
		     const struct nni_manager *manager, char *const *commands)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;
	struct pod_plan role = *plan;

	cJSON_AddStringToObject(data, "install_nni.sh", nni_install_script());
	for (size_t i = 0; i < config->role_count; i++) {
		role.role = &config->roles[i];
		add_script(data, &role, manager, commands[i]);
	}
	if (!config->role_count)
		add_script(data, plan, manager, commands[0]);
}

/* --- the containers ----------------------------------------------------- */

static void add_word(cJSON *words, const char *word)
{
	char *escaped = pod_escape(word);

	cJSON_AddItemToArray(words, cJSON_CreateString(escaped));
	free(escaped);
}

static void add_option(cJSON *words, const char *name, const char *value)
{
	add_word(words, name);
	add_word(words, value);
}

static void add_code(cJSON *words, const struct pod_plan *plan)
{
	char *dir = pod_nni_code_dir(plan);

	if (plan->code == POD_CODE_MAP)
		add_option(words, "--code-archive",
			   POD_CODE_MOUNT "/code.tar.gz");
	else if (plan->code == POD_CODE_SIDEPORT)
		add_word(words, "--code-fetch");
	else if (plan->code == POD_CODE_STORAGE) {
		char *manifest = pod_code_manifest(plan);

		/* it is where NNI has it: see only that it is whole */
		add_option(words, "--code-source", dir);
		add_option(words, "--code-manifest", manifest);
		add_option(words, "--code-digest", plan->code_digest);
		free(manifest);
	}
	if (plan->code == POD_CODE_MAP || plan->code == POD_CODE_SIDEPORT) {
		add_option(words, "--code-dir", dir);
		add_option(words, "--code-digest", plan->code_digest);
	}
	free(dir);
}

static void add_layout(cJSON *spec, const cJSON *container,
		       const struct pod_plan *plan)
{
	cJSON *list = cJSON_AddArrayToObject(spec, "initContainers");
	cJSON *layout = cJSON_CreateObject();
	char *sys_dir = pod_sys_dir(plan);
	char *output_dir = pod_output_dir(plan);
	cJSON *words, *env, *variable;
	const cJSON *item;

	cJSON_AddItemToArray(list, layout);
	cJSON_AddStringToObject(layout, "name", "trialdeck-layout");
	cJSON_ArrayForEach (item, container)
		if (!strcmp(item->string, "image") ||
		    !strcmp(item->string, "imagePullPolicy"))
			cJSON_AddItemToObject(layout, item->string,
					      cJSON_Duplicate(item, true));
	words = cJSON_AddArrayToObject(layout, "command");
	add_word(words, POD_KEEPER_MOUNT "/trialdeck-keeper");
	add_word(words, "--lay-out");
	add_option(words, "--sys-dir", sys_dir);
	add_option(words, "--input", POD_INPUT_MOUNT);
	add_option(words, "--dir", POD_WORK_MOUNT);
	add_option(words, "--url-file", POD_LINK_MOUNT "/url");
	add_code(words, plan);
	env = cJSON_AddArrayToObject(layout, "env");
	variable = cJSON_CreateObject();
	cJSON_AddStringToObject(variable, "name", "NNI_OUTPUT_DIR");
	cJSON_AddStringToObject(variable, "value", output_dir);
	cJSON_AddItemToArray(env, variable);
	cJSON_AddStringToObject(layout, "terminationMessagePolicy",
				"FallbackToLogsOnError");
	pod_volumes_add_ours(spec, layout, plan);
	pod_storage_add_mount(layout);
	free(sys_dir);
	free(output_dir);
}

void nni_container_add(cJSON *spec, cJSON *container,
		       const struct pod_plan *plan)
{
	/* as NNI: with kubeflow the image's entry point stays in force */
	bool is_framework = !strcmp(plan->nni_platform, "frameworkcontroller");
	cJSON *words = cJSON_AddArrayToObject(
		container, is_framework ? "command" : "args");
	char *sys_dir = pod_sys_dir(plan);
	char *name = nni_run_script_name(plan);
	char *path = xasprintf("%s/%s", sys_dir, name);

	add_word(words, "sh");
	add_word(words, path);
	add_layout(spec, container, plan);
	free(sys_dir);
	free(name);
	free(path);
}
