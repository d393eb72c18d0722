/* SPDX-License-Identifier: MIT */
/* A Framework of task roles, with its barrier. */
#include "engine/kind/framework.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What NNI writes into a configuration's platform. */
#define NNI_PLATFORM "frameworkcontroller"
#define PORT_MAX 65535
#define NAME_MAX_LENGTH 63

const char *const framework_leaders[] = {"chief", "master", "worker", NULL};

static cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

bool framework_name_is_valid(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");

	return len >= 1 && len <= NAME_MAX_LENGTH && !name[len];
}

/* --- the barrier -------------------------------------------------------- */

static bool has_several_tasks(const struct kubernetes_config *config)
{
	int64_t tasks = 0;

	for (size_t i = 0; i < config->role_count; i++)
		tasks += config->roles[i].replicas;
	return tasks > 1;
}

bool framework_has_barrier(const struct experiment_config *config)
{
	const struct kubernetes_config *kubernetes = &config->kubernetes;
	bool is_nni =
		config->platform && !strcmp(config->platform, NNI_PLATFORM);

	if (!kubernetes->kind || strcmp(kubernetes->kind, "framework") != 0)
		return false;
	if (kubernetes->manifest)
		return is_nni &&
		       strstr(kubernetes->manifest, FRAMEWORK_BARRIER_MOUNT);
	if (kubernetes->barrier != BARRIER_AUTO)
		return kubernetes->barrier == BARRIER_ON;
	return has_several_tasks(kubernetes) &&
	       (is_nni || kubernetes->service_account);
}

/* The first port that a template gives the command's container; 0: none. */
static int said_port(const char *template, const char *container)
{
	cJSON *tree = template ? cJSON_Parse(template) : NULL;
	const cJSON *ports =
		get(framework_main_container(tree, container), "ports");
	double port =
		kind_number(cJSON_GetArrayItem(ports, 0), "containerPort");

	cJSON_Delete(tree);
	return port >= 1 && port <= PORT_MAX ? (int)port : 0;
}

static int port_of(const struct kubernetes_config *config, size_t index)
{
	const char *container = config->primary_container
					? config->primary_container
					: FRAMEWORK_CONTAINER;
	int port = said_port(config->roles[index].pod_template, container);

	if (!port)
		port = said_port(config->pod_template, container);
	return port ? port : FRAMEWORK_PORT + (int)index;
}

char *framework_command(const struct experiment_config *config,
			const struct role_config *role, const char *command)
{
	const struct kubernetes_config *kubernetes = &config->kubernetes;
	struct strbuf line = STRBUF_INIT;

	if (!role || !framework_has_barrier(config))
		return xstrdup(command);
	for (size_t i = 0; i < kubernetes->role_count; i++) {
		strbuf_adds(&line, "FB_");
		for (const char *at = kubernetes->roles[i].name; *at; at++)
			strbuf_addch(&line, (char)toupper((unsigned char)*at));
		strbuf_addf(&line, "_PORT=%d ", port_of(kubernetes, i));
	}
	strbuf_addf(&line, ". " FRAMEWORK_BARRIER_MOUNT "/injector.sh && %s",
		    command);
	return strbuf_detach(&line);
}

static cJSON *find_named(const cJSON *list, const char *key, const char *value)
{
	cJSON *item;

	cJSON_ArrayForEach (item, list)
		if (!strcmp(kind_text(item, key), value))
			return item;
	return NULL;
}

static cJSON *list_in(cJSON *object, const char *key)
{
	cJSON *list = get(object, key);

	return list ? list : cJSON_AddArrayToObject(object, key);
}

/* The item of this name, made when there is none. */
static cJSON *item_in(cJSON *list, const char *key, const char *value)
{
	cJSON *item = find_named(list, key, value);

	if (item)
		return item;
	item = cJSON_CreateObject();
	cJSON_AddStringToObject(item, key, value);
	cJSON_AddItemToArray(list, item);
	return item;
}

static void add_mount(cJSON *container)
{
	cJSON *mounts = list_in(container, "volumeMounts");
	cJSON *mount;

	if (find_named(mounts, "mountPath", FRAMEWORK_BARRIER_MOUNT))
		return;
	mount = cJSON_CreateObject();
	cJSON_AddStringToObject(mount, "name", FRAMEWORK_BARRIER_VOLUME);
	cJSON_AddStringToObject(mount, "mountPath", FRAMEWORK_BARRIER_MOUNT);
	cJSON_AddItemToArray(mounts, mount);
}

/* podTemplate may have said something about it already, such as a mirror's
 * image. */
static void add_barrier(cJSON *spec, cJSON *container)
{
	cJSON *init = item_in(list_in(spec, "initContainers"), "name",
			      FRAMEWORK_BARRIER);
	cJSON *volume = item_in(list_in(spec, "volumes"), "name",
				FRAMEWORK_BARRIER_VOLUME);

	if (!get(init, "image"))
		cJSON_AddStringToObject(init, "image", FRAMEWORK_BARRIER_IMAGE);
	add_mount(init);
	add_mount(container);
	if (cJSON_GetArraySize(volume) == 1)
		cJSON_AddObjectToObject(volume, "emptyDir");
}

/* --- pods --------------------------------------------------------------- */

/* On the node's own network a declared port is taken from the node, and two
 * tasks of a role would never share one. */
static void add_port(cJSON *spec, cJSON *container, int number)
{
	cJSON *port;

	if (get(container, "ports") || cJSON_IsTrue(get(spec, "hostNetwork")))
		return;
	port = cJSON_CreateObject();
	cJSON_AddNumberToObject(port, "containerPort", number);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(container, "ports"), port);
}

static void add_deadline(cJSON *spec, const struct kubernetes_config *config)
{
	if (config->active_deadline_s && !get(spec, "activeDeadlineSeconds"))
		cJSON_AddNumberToObject(spec, "activeDeadlineSeconds",
					(double)config->active_deadline_s);
}

static cJSON *build_pod(const struct pod_plan *plan, size_t index,
			struct error *err)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;
	struct pod_plan own = *plan;
	cJSON *template, *spec, *container;

	own.role = &config->roles[index];
	template = pod_template_build(&own, err);
	if (!template)
		return NULL;
	spec = get(template, "spec");
	container = framework_main_container(
		template,
		plan->container ? plan->container : POD_MAIN_CONTAINER);
	add_deadline(spec, config);
	if (config->kind && !strcmp(config->kind, "framework"))
		add_port(spec, container, FRAMEWORK_PORT + (int)index);
	if (framework_has_barrier(plan->config))
		add_barrier(spec, container);
	return template;
}

/* --- the object --------------------------------------------------------- */

void framework_add_retry(cJSON *object, const char *policy)
{
	cJSON *tree;

	if (get(object, "retryPolicy"))
		return;
	tree = policy ? cJSON_Parse(policy) : NULL;
	if (!tree)
		tree = cJSON_CreateObject();
	if (!get(tree, "fancyRetryPolicy"))
		cJSON_AddFalseToObject(tree, "fancyRetryPolicy");
	if (!get(tree, "maxRetryCount"))
		cJSON_AddNumberToObject(tree, "maxRetryCount", 0);
	cJSON_AddItemToObject(object, "retryPolicy", tree);
}

void framework_add_completion(cJSON *task_role, const struct role_config *role)
{
	cJSON *policy;

	if (get(task_role, "frameworkAttemptCompletionPolicy"))
		return;
	policy = cJSON_AddObjectToObject(task_role,
					 "frameworkAttemptCompletionPolicy");
	cJSON_AddNumberToObject(policy, "minFailedTaskCount",
				role->has_completion ? role->min_failed : 1);
	cJSON_AddNumberToObject(policy, "minSucceededTaskCount",
				role->has_completion ? role->min_succeeded
						     : -1);
}

static cJSON *build_task_role(const struct pod_plan *plan, size_t index,
			      struct error *err)
{
	const struct role_config *role = &plan->config->kubernetes.roles[index];
	cJSON *pod = build_pod(plan, index, err);
	cJSON *task_role, *task;

	if (!pod) {
		error_prefix(err, "task role '%s'", role->name);
		return NULL;
	}
	task_role = cJSON_CreateObject();
	cJSON_AddStringToObject(task_role, "name", role->name);
	cJSON_AddNumberToObject(task_role, "taskNumber", role->replicas);
	framework_add_completion(task_role, role);
	task = cJSON_AddObjectToObject(task_role, "task");
	framework_add_retry(task, role->retry_policy);
	if (role->pod_deletion_timeout_s >= 0)
		cJSON_AddNumberToObject(task, "podGracefulDeletionTimeoutSec",
					(double)role->pod_deletion_timeout_s);
	cJSON_AddItemToObject(task, "pod", pod);
	return task_role;
}

static bool fill_spec(cJSON *spec, const struct pod_plan *plan,
		      struct error *err)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;
	cJSON *roles;

	cJSON_AddStringToObject(spec, "executionType", "Start");
	framework_add_retry(spec, NULL);
	if (!kind_options_add(spec, config, err))
		return false;
	roles = cJSON_AddArrayToObject(spec, "taskRoles");
	for (size_t i = 0; i < config->role_count; i++) {
		cJSON *role = build_task_role(plan, i, err);

		if (!role)
			return false;
		cJSON_AddItemToArray(roles, role);
	}
	return true;
}

cJSON *framework_build(const struct pod_plan *plan,
		       const struct kind_resource *resource, const char *name,
		       struct error *err)
{
	cJSON *object;

	if (plan->config->kubernetes.manifest)
		return framework_manifest_build(plan, resource, name, err);
	object = kind_object_new(plan, resource, name, err);
	if (object &&
	    fill_spec(cJSON_AddObjectToObject(object, "spec"), plan, err))
		return object;
	cJSON_Delete(object);
	return NULL;
}
