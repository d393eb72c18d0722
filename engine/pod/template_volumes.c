/* SPDX-License-Identifier: MIT */
/* What the trial's container mounts: ours, then the experiment file's. */
#include "engine/pod/parts.h"
#include "engine/pod/storage.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Anybody may read: the image may run as any user. */
#define MODE_RUN 0555
#define MODE_READ 0444

static void add_mount(cJSON *container, const char *name, const char *path,
		      bool is_read_only)
{
	cJSON *mounts =
		cJSON_GetObjectItemCaseSensitive(container, "volumeMounts");
	cJSON *mount = cJSON_CreateObject();

	if (!mounts)
		mounts = cJSON_AddArrayToObject(container, "volumeMounts");
	cJSON_AddStringToObject(mount, "name", name);
	cJSON_AddStringToObject(mount, "mountPath", path);
	if (is_read_only)
		cJSON_AddTrueToObject(mount, "readOnly");
	cJSON_AddItemToArray(mounts, mount);
}

/* Returns the source, to be filled. */
static cJSON *add_volume(cJSON *spec, const char *name, const char *source)
{
	cJSON *volumes = cJSON_GetObjectItemCaseSensitive(spec, "volumes");
	cJSON *volume = cJSON_CreateObject();

	if (!volumes)
		volumes = cJSON_AddArrayToObject(spec, "volumes");
	cJSON_AddStringToObject(volume, "name", name);
	cJSON_AddItemToArray(volumes, volume);
	return cJSON_AddObjectToObject(volume, source);
}

static void add_map(cJSON *spec, cJSON *container, const char *name,
		    const char *map, const char *path, int mode)
{
	cJSON *source = add_volume(spec, name, "configMap");

	cJSON_AddStringToObject(source, "name", map);
	cJSON_AddNumberToObject(source, "defaultMode", mode);
	add_mount(container, name, path, true);
}

static void add_item(cJSON *items, const char *key, const char *path)
{
	cJSON *item = cJSON_CreateObject();

	cJSON_AddStringToObject(item, "key", key);
	cJSON_AddStringToObject(item, "path", path);
	cJSON_AddItemToArray(items, item);
}

/* A role sees its own command, under the name that all have. */
static void add_role_items(cJSON *secret, const struct role_config *role)
{
	cJSON *items = cJSON_AddArrayToObject(secret, "items");
	char *command = xasprintf(POD_INPUT_ROLE_COMMAND "%s", role->name);

	add_item(items, POD_INPUT_TOKEN, POD_INPUT_TOKEN);
	add_item(items, POD_INPUT_PARAMETER_CFG, POD_INPUT_PARAMETER_CFG);
	add_item(items, POD_INPUT_PARAMETERS, POD_INPUT_PARAMETERS);
	add_item(items, command, POD_INPUT_COMMAND);
	free(command);
}

void pod_volumes_add_ours(cJSON *spec, cJSON *container,
			  const struct pod_plan *plan)
{
	cJSON *secret;

	add_map(spec, container, POD_VOLUME_KEEPER, plan->keeper_map,
		POD_KEEPER_MOUNT, MODE_RUN);
	secret = add_volume(spec, POD_VOLUME_INPUT, "secret");
	cJSON_AddStringToObject(secret, "secretName", plan->secret);
	cJSON_AddNumberToObject(secret, "defaultMode", MODE_READ);
	if (plan->role && plan->config->kubernetes.keeper != KEEPER_NNI)
		add_role_items(secret, plan->role);
	add_mount(container, POD_VOLUME_INPUT, POD_INPUT_MOUNT, true);
	add_map(spec, container, POD_VOLUME_LINK, plan->link_map,
		POD_LINK_MOUNT, MODE_READ);
	if (plan->code == POD_CODE_MAP)
		add_map(spec, container, POD_VOLUME_CODE, plan->code_map,
			POD_CODE_MOUNT, MODE_READ);
	add_volume(spec, POD_VOLUME_WORK, "emptyDir");
	add_mount(container, POD_VOLUME_WORK, POD_WORK_MOUNT, false);
}

static void append(cJSON *list, cJSON *more)
{
	while (more && more->child)
		cJSON_AddItemToArray(
			list, cJSON_DetachItemViaPointer(more, more->child));
	cJSON_Delete(more);
}

bool pod_volumes_add(cJSON *spec, cJSON *container, const struct pod_plan *plan,
		     struct error *err)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;
	cJSON *volumes, *mounts;

	if (!pod_fragment_parse("volumes", config->volumes, &volumes, err))
		return false;
	if (!pod_fragment_parse("volumes", config->volume_mounts, &mounts,
				err)) {
		cJSON_Delete(volumes);
		return false;
	}
	/* NNI's keeper comes with the image, its files by an init container */
	if (config->keeper != KEEPER_NNI)
		pod_volumes_add_ours(spec, container, plan);
	if (pod_has_storage(config)) {
		pod_storage_add_volume(spec, plan);
		pod_storage_add_mount(container);
	}
	append(cJSON_GetObjectItemCaseSensitive(spec, "volumes"), volumes);
	append(cJSON_GetObjectItemCaseSensitive(container, "volumeMounts"),
	       mounts);
	return true;
}

/* --- code in place ----------------------------------------------------------
 */

/* The rest of path below folder: "" for itself; NULL: it lies elsewhere. */
static const char *path_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	while (len && folder[len - 1] == '/')
		len--;
	if (strncmp(path, folder, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}

char *pod_path_inside(const struct kubernetes_config *config, const char *path)
{
	cJSON *mounts = cJSON_Parse(
		config->volume_mounts ? config->volume_mounts : "[]");
	cJSON *local_paths =
		cJSON_Parse(config->local_paths ? config->local_paths : "{}");
	size_t best = 0;
	char *inside = NULL;
	const cJSON *local;

	cJSON_ArrayForEach (local, local_paths) {
		/* the volume's first mount is the one localPath was said of */
		const cJSON *mount =
			pod_list_find(mounts, "name", local->string);
		const cJSON *mount_path =
			cJSON_GetObjectItemCaseSensitive(mount, "mountPath");
		const char *rest;

		if (!cJSON_IsString(local) || !cJSON_IsString(mount_path))
			continue;
		rest = path_below(path, local->valuestring);
		if (!rest || strlen(local->valuestring) < best)
			continue;
		best = strlen(local->valuestring);
		free(inside);
		inside = xasprintf("%s%s", mount_path->valuestring, rest);
	}
	cJSON_Delete(mounts);
	cJSON_Delete(local_paths);
	return inside;
}
