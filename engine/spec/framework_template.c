/* SPDX-License-Identifier: MIT */
/*
 * NNI's configPath: a whole Framework, from which trials are made (nni.md 1.7).
 *
 * What NNI checked of it is checked here, and its task roles become roles.
 * Resources stay in its pods; taskNumber, policies and the command are taken
 * from there.
 */
#include "engine/spec/nni.h"

#include "base/mem.h"
#include "engine/kind/framework.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/manifest.h"
#include "engine/spec/roles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GPU "nvidia.com/gpu"

/* One template being read. */
struct template
{
	struct manifest manifest;
	const struct manifest_object *object;
	cJSON *tree;
	bool is_nni; /* NNI's rules hold, too */
};

static const cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* Its number at key, or fallback; out of bounds: reports. */
static bool read_count(struct template *template, const char *path,
		       const cJSON *item, int least, int most, int fallback,
		       int *ret)
{
	*ret = fallback;
	if (!item || cJSON_IsNull(item))
		return true;
	if (!cJSON_IsNumber(item) || item->valuedouble < least ||
	    item->valuedouble > most ||
	    item->valuedouble != (double)(int)item->valuedouble) {
		manifest_fail(&template->manifest, template->object, path,
			      "must be a whole number between %d and %d", least,
			      most);
		return false;
	}
	*ret = (int)item->valuedouble;
	return true;
}

/* "spec.taskRoles.0.task"; static storage, one use at a time */
static const char *role_path(size_t index, const char *below)
{
	static _Thread_local char path[PLACE_PATH_MAX];

	snprintf(path, sizeof(path), "spec.taskRoles.%zu.%s", index, below);
	return path;
}

static bool fail_role(struct template *template, size_t index,
		      const char *below, const char *text)
{
	manifest_fail(&template->manifest, template->object,
		      role_path(index, below), "%s", text);
	return false;
}

static bool read_name(struct template *template, size_t index,
		      const cJSON *item, const struct kubernetes_config *config,
		      struct role_config *role)
{
	const char *name = cJSON_GetStringValue(get(item, "name"));

	if (!name)
		return fail_role(template, index, "name",
				 "required, but missing: such as name: worker");
	if (!framework_name_is_valid(name))
		return fail_role(template, index, "name",
				 "must be 1 to 63 lower-case letters and "
				 "digits");
	if (roles_find(config, name))
		return fail_role(template, index, "name",
				 "another task role has this name: they must "
				 "be different");
	role->name = xstrdup(name);
	return true;
}

/* GPUs that NNI's own key names, else those its container asks for. */
static int count_gpus(const cJSON *container, int said)
{
	const cJSON *amount =
		get(get(get(container, "resources"), "limits"), GPU);
	double count = 0;

	if (said > 0)
		return said;
	if (cJSON_IsString(amount))
		count = strtod(amount->valuestring, NULL);
	else if (cJSON_IsNumber(amount))
		count = amount->valuedouble;
	return count >= 1 && count <= 99999 ? (int)count : 0;
}

static bool read_container(struct template *template, size_t index,
			   const cJSON *task, int gpus,
			   struct role_config *role)
{
	const cJSON *list = get(get(get(task, "pod"), "spec"), "containers");
	const cJSON *container = cJSON_GetArrayItem(list, 0);
	const char *image = cJSON_GetStringValue(get(container, "image"));

	if (!cJSON_IsObject(container))
		return fail_role(template, index, "task.pod.spec.containers",
				 "required, but missing: the container that "
				 "runs the command");
	if (template->is_nni && cJSON_GetArraySize(list) > 1)
		return fail_role(template, index, "task.pod.spec.containers",
				 "a task role has one container: put others "
				 "into initContainers, or write platform: "
				 "kubernetes, kind: framework");
	role->command = framework_shell_line(container);
	if (!role->command)
		return fail_role(template, index,
				 "task.pod.spec.containers.0.command",
				 "required, but missing: the trial's command, "
				 "such as [python3, train.py]");
	/* a shell would take it for a variable of its own */
	if (strstr(role->command, "${trial.") ||
	    strstr(role->command, "${experiment."))
		return fail_role(template, index,
				 "task.pod.spec.containers.0.command",
				 "parameters get into a command as {{lr}}, "
				 "the rest by its environment "
				 "(NNI_TRIAL_JOB_ID, ...)");
	if (!image || kubernetes_rule_breach(RULE_IMAGE, image))
		return fail_role(template, index,
				 "task.pod.spec.containers.0.image",
				 "required: an image such as python:3.11");
	role->image = xstrdup(image);
	role->gpu_number = count_gpus(container, gpus);
	return true;
}

static bool read_role(struct template *template, size_t index,
		      const cJSON *item, struct kubernetes_config *config)
{
	const cJSON *policy = get(item, "frameworkAttemptCompletionPolicy");
	const cJSON *task = get(item, "task");
	struct role_config role;
	int gpus;
	bool ok;

	role_init(&role);
	role.has_completion = true;
	ok = read_name(template, index, item, config, &role);
	if (!cJSON_IsObject(task))
		ok = fail_role(template, index, "task",
			       "required, but missing: what the role's pods "
			       "are, such as task: {pod: {spec: ...}}");
	ok = ok &&
	     read_count(template, role_path(index, "taskNumber"),
			get(item, "taskNumber"), 1, ROLE_REPLICAS_MAX, 1,
			&role.replicas) &&
	     read_count(template,
			role_path(index, "frameworkAttemptCompletionPolicy."
					 "minFailedTaskCount"),
			get(policy, "minFailedTaskCount"), -1, INT32_MAX, 1,
			&role.min_failed) &&
	     read_count(template,
			role_path(index, "frameworkAttemptCompletionPolicy."
					 "minSucceededTaskCount"),
			get(policy, "minSucceededTaskCount"), -1, INT32_MAX, -1,
			&role.min_succeeded) &&
	     read_count(template, role_path(index, "task.gpuNum"),
			get(task, "gpuNum"), 0, 99999, 0, &gpus) &&
	     read_container(template, index, task, gpus, &role);
	if (ok)
		roles_add(config, &role);
	else
		role_config_release(&role);
	return ok;
}

static bool read_roles(struct template *template,
		       struct kubernetes_config *config)
{
	const cJSON *list = get(get(template->tree, "spec"), "taskRoles");
	const cJSON *item;
	size_t index = 0;
	bool ok = true;

	if (!cJSON_IsArray(list) || !list->child) {
		manifest_fail(&template->manifest, template->object,
			      "spec.taskRoles",
			      "required, but missing: a list of task roles");
		return false;
	}
	if (cJSON_GetArraySize(list) > ROLES_MAX) {
		manifest_fail(&template->manifest, template->object,
			      "spec.taskRoles", "has more than %d roles",
			      ROLES_MAX);
		return false;
	}
	cJSON_ArrayForEach (item, list)
		ok &= read_role(template, index++, item, config);
	return ok;
}

static bool check_object(struct template *template,
			 const struct kubernetes_config *config)
{
	const char *name = cJSON_GetStringValue(
		get(get(template->tree, "metadata"), "name"));
	const char *version = template->object->api_version;
	struct kind_resource resource;
	char *wanted;
	bool ok;

	kind_resource_init(&resource, kind_find(config->kind));
	wanted = kind_api_version(&resource);
	ok = !strcmp(version, wanted);
	if (!ok)
		manifest_fail(&template->manifest, template->object,
			      "apiVersion", "must be %s, got \"%.64s\"", wanted,
			      version);
	free(wanted);
	if (!ok || !template->is_nni || (name && *name))
		return ok;
	manifest_fail(&template->manifest, template->object, "metadata.name",
		      "required, but missing: NNI's templates have one; "
		      "trials get names of their own");
	return false;
}

/* The container that runs the command keeps its name where all roles call it
 * the same. */
static void keep_container(const struct template *template,
			   struct kubernetes_config *config)
{
	const char *name = NULL;
	const cJSON *role;

	cJSON_ArrayForEach (role,
			    get(get(template->tree, "spec"), "taskRoles")) {
		const cJSON *pod = get(get(role, "task"), "pod");
		const char *here = kind_text(
			cJSON_GetArrayItem(get(get(pod, "spec"), "containers"),
					   0),
			"name");

		if (name && strcmp(name, here) != 0)
			return;
		name = here;
	}
	if (name && !config->primary_container &&
	    !kubernetes_rule_breach(RULE_LABEL, name))
		config->primary_container = xstrdup(name);
}

static bool check_placeholders(struct template *template,
			       const struct space *space)
{
	struct placeholder_names *names = placeholder_names_new(space);
	bool ok = manifest_check(&template->manifest, template->object, names);

	placeholder_names_free(names);
	return ok;
}

bool framework_template_read(struct reader *reader, struct draft *draft,
			     const struct place *place)
{
	static const char *const kinds[] = {"Framework", NULL};
	struct kubernetes_config *config = &draft->config.kubernetes;
	struct template template = {0};
	char *json = NULL;
	bool ok = false;

	if (manifest_open(&template.manifest, reader, place))
		template.object = manifest_one(&template.manifest, kinds);
	if (template.object)
		json = manifest_json(&template.manifest, template.object);
	if (json)
		template.tree = cJSON_Parse(json);
	template.is_nni = strcmp(draft->config.platform, "kubernetes") != 0;
	if (template.tree)
		ok = check_object(&template, config) &&
		     check_placeholders(&template, draft->space) &&
		     read_roles(&template, config);
	if (ok)
		keep_container(&template, config);
	manifest_close(&template.manifest);
	cJSON_Delete(template.tree);
	free(config->manifest);
	config->manifest = json;
	return ok;
}

char *framework_template_claim(const char *json)
{
	cJSON *tree = cJSON_Parse(json);
	const cJSON *role, *volume;
	char *claim = NULL;

	cJSON_ArrayForEach (role, get(get(tree, "spec"), "taskRoles")) {
		const cJSON *spec = get(get(get(role, "task"), "pod"), "spec");

		cJSON_ArrayForEach (volume, get(spec, "volumes")) {
			const char *name = cJSON_GetStringValue(
				get(get(volume, "persistentVolumeClaim"),
				    "claimName"));

			if (name && !claim)
				claim = xstrdup(name);
		}
	}
	cJSON_Delete(tree);
	return claim;
}
