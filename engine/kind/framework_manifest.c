/* SPDX-License-Identifier: MIT */
/* A Framework that the user has written, as NNI's configPath has it. */
#include "engine/kind/framework.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/kind/placeholder.h"
#include "engine/pod/parts.h"

#include <stdlib.h>
#include <string.h>

static cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void drop(cJSON *object, const char *key)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
}

/* --- the command's container -------------------------------------------- */

cJSON *framework_main_container(const cJSON *pod, const char *name)
{
	const cJSON *containers = get(get(pod, "spec"), "containers");
	cJSON *named = pod_list_find(containers, "name", name);

	return named ? named : cJSON_GetArrayItem(containers, 0);
}

static bool is_plain(const char *word)
{
	return *word && word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
					  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
					  "_-+=./:,@%^")] == '\0';
}

static void add_word(struct strbuf *line, const char *word, bool is_line)
{
	if (line->len)
		strbuf_addch(line, ' ');
	if (is_line || is_plain(word)) {
		strbuf_adds(line, word);
		return;
	}
	strbuf_addch(line, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			strbuf_adds(line, "'\\''");
		else
			strbuf_addch(line, *word);
	}
	strbuf_addch(line, '\'');
}

char *framework_shell_line(const cJSON *container)
{
	const cJSON *lists[] = {get(container, "command"),
				get(container, "args")};
	int count = cJSON_GetArraySize(lists[0]) + cJSON_GetArraySize(lists[1]);
	struct strbuf line = STRBUF_INIT;
	const cJSON *word;

	for (size_t i = 0; i < COUNT_OF(lists); i++)
		cJSON_ArrayForEach (word, lists[i])
			if (cJSON_IsString(word))
				add_word(&line, word->valuestring, count == 1);
	if (line.len)
		return strbuf_detach(&line);
	strbuf_release(&line);
	return NULL;
}

/* --- pods --------------------------------------------------------------- */

/* What is ours to say in the user's pod leaves it, so that the rest can be laid
 * over ours. */
static bool clear_pod(cJSON *pod, const char *container, struct error *err)
{
	cJSON *main = framework_main_container(pod, container);
	cJSON *metadata = get(pod, "metadata");

	if (!cJSON_IsObject(main))
		return error_set(err, ERROR_INVALID,
				 "task.pod.spec.containers is empty");
	drop(main, "command");
	drop(main, "args");
	drop(main, "name");
	cJSON_AddStringToObject(main, "name", container);
	drop(get(pod, "spec"), "restartPolicy");
	/* leftovers of an object that was fetched from a cluster */
	drop(metadata, "creationTimestamp");
	drop(metadata, "name");
	return true;
}

static cJSON *lay_over(const struct pod_plan *plan, const char *container,
		       cJSON *pod, struct error *err)
{
	cJSON *template = pod_template_build(plan, err);

	if (template && clear_pod(pod, container, err) &&
	    pod_overlay_apply(template, pod, container, err))
		return template;
	cJSON_Delete(template);
	return NULL;
}

static bool fill_task_role(cJSON *task_role, const struct pod_plan *plan,
			   const struct role_config *role, struct error *err)
{
	cJSON *task = get(task_role, "task"), *pod, *template;
	struct pod_plan own = *plan;

	own.role = role;
	pod = cJSON_DetachItemFromObjectCaseSensitive(task, "pod");
	template = lay_over(
		&own, plan->container ? plan->container : FRAMEWORK_CONTAINER,
		pod, err);
	cJSON_Delete(pod);
	if (!template)
		return error_prefix(err, "task role '%s'", role->name);
	/* NNI's own, of which no controller knows */
	drop(task, "gpuNum");
	drop(task, "cpuNum");
	drop(task, "memoryMB");
	drop(task_role, "taskNumber");
	cJSON_AddNumberToObject(task_role, "taskNumber", role->replicas);
	framework_add_completion(task_role, role);
	framework_add_retry(task, role->retry_policy);
	cJSON_AddItemToObject(task, "pod", template);
	return true;
}

/* --- the object --------------------------------------------------------- */

/* What the user's object has and ours has not. */
static void add_missing(cJSON *object, const char *key, const cJSON *users)
{
	cJSON *metadata = get(object, "metadata");
	cJSON *ours = get(metadata, key);
	const cJSON *item;

	if (!users || !users->child)
		return;
	if (!ours)
		ours = cJSON_AddObjectToObject(metadata, key);
	cJSON_ArrayForEach (item, users)
		if (!get(ours, item->string))
			cJSON_AddItemToObject(ours, item->string,
					      cJSON_Duplicate(item, true));
}

static const struct role_config *find_role(const struct pod_plan *plan,
					   const char *name)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;

	for (size_t i = 0; i < config->role_count; i++)
		if (!strcmp(config->roles[i].name, name))
			return &config->roles[i];
	return NULL;
}

static bool fill_spec(cJSON *spec, const struct pod_plan *plan,
		      struct error *err)
{
	cJSON *task_role;

	if (!get(spec, "taskRoles"))
		return error_set(err, ERROR_INVALID, "has no spec.taskRoles");
	drop(spec, "executionType");
	cJSON_AddStringToObject(spec, "executionType", "Start");
	framework_add_retry(spec, NULL);
	cJSON_ArrayForEach (task_role, get(spec, "taskRoles")) {
		const char *name = kind_text(task_role, "name");
		const struct role_config *role = find_role(plan, name);

		if (!role)
			return error_set(err, ERROR_CORRUPT,
					 "task role '%.64s' is not known",
					 name);
		if (!fill_task_role(task_role, plan, role, err))
			return false;
	}
	return true;
}

static cJSON *fill(const cJSON *manifest, const struct pod_plan *plan,
		   const struct kind_resource *resource, const char *name,
		   struct error *err)
{
	const struct placeholder_values values = {
		.experiment = plan->experiment,
		.trial = plan->trial,
		.attempt = plan->attempt,
		.name = name,
		.namespace = plan->config->kubernetes.namespace,
	};
	cJSON *users = placeholder_fill(manifest, &values, err);
	cJSON *object = NULL;

	if (users)
		object = kind_object_new(plan, resource, name, err);
	if (object) {
		const cJSON *metadata = get(users, "metadata");

		add_missing(object, "labels", get(metadata, "labels"));
		add_missing(object, "annotations",
			    get(metadata, "annotations"));
		cJSON_AddItemToObject(
			object, "spec",
			cJSON_DetachItemFromObjectCaseSensitive(users, "spec"));
	}
	cJSON_Delete(users);
	if (object && fill_spec(get(object, "spec"), plan, err))
		return object;
	cJSON_Delete(object);
	return NULL;
}

cJSON *framework_manifest_build(const struct pod_plan *plan,
				const struct kind_resource *resource,
				const char *name, struct error *err)
{
	cJSON *manifest = cJSON_Parse(plan->config->kubernetes.manifest);
	cJSON *object = NULL;

	if (!cJSON_IsObject(manifest))
		error_set(err, ERROR_CORRUPT, "no JSON object");
	else
		object = fill(manifest, plan, resource, name, err);
	cJSON_Delete(manifest);
	if (!object)
		error_prefix(err, "manifest");
	return object;
}
