/* SPDX-License-Identifier: MIT */
/* NNI's storage inside a pod. */
#include "engine/pod/storage.h"

#include "base/mem.h"
#include "engine/storage/storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool pod_has_storage(const struct kubernetes_config *config)
{
	switch (config->storage.type) {
	case STORAGE_NFS:
	case STORAGE_AZURE:
	case STORAGE_PVC:
	case STORAGE_HOST_PATH:
		return true;
	case STORAGE_NONE:
	case STORAGE_S3: /* cannot be mounted */
		break;
	}
	return config->keeper == KEEPER_NNI;
}

/* --- folders ------------------------------------------------------------ */

char *pod_sys_dir(const struct pod_plan *plan)
{
	char number[16] = "";

	if (!pod_has_storage(&plan->config->kubernetes))
		return NULL;
	if (plan->attempt->number > 1)
		snprintf(number, sizeof(number), "-%d", plan->attempt->number);
	return xasprintf(POD_STORAGE_MOUNT "/nni/%s/%s%s", plan->experiment->id,
			 plan->trial->id, number);
}

char *pod_output_prefix(const struct pod_plan *plan)
{
	return xasprintf("output/%s_output",
			 plan->role ? plan->role->name : "worker");
}

char *pod_output_dir(const struct pod_plan *plan)
{
	char *sys_dir = pod_sys_dir(plan), *prefix = pod_output_prefix(plan);
	char *path =
		xasprintf("%s/%s", sys_dir ? sys_dir : POD_WORK_MOUNT, prefix);

	free(sys_dir);
	free(prefix);
	return path;
}

char *pod_nni_code_dir(const struct pod_plan *plan)
{
	return xasprintf(POD_STORAGE_MOUNT "/nni/%s/nni-code",
			 plan->experiment->id);
}

char *pod_code_manifest(const struct pod_plan *plan)
{
	return xasprintf(POD_STORAGE_MOUNT "/nni/%s/.trialdeck/code.manifest",
			 plan->experiment->id);
}

/* --- the volume --------------------------------------------------------- */

/* As its storage says. */
static void add_known(cJSON *volume, const struct storage_config *storage,
		      const char *secret)
{
	cJSON *known =
		storage_find_type(storage->type)->volume(storage, secret);
	cJSON *source = cJSON_DetachItemViaPointer(known, known->child);

	cJSON_AddItemToObject(volume, source->string, source);
	cJSON_Delete(known);
}

static void add_source(cJSON *volume, const struct pod_plan *plan)
{
	const struct storage_config *storage =
		&plan->config->kubernetes.storage;
	cJSON *source;
	char *name;

	switch (storage->type) {
	case STORAGE_NFS:
		add_known(volume, storage, NULL);
		return;
	case STORAGE_AZURE:
		name = pod_azure_secret(plan->experiment);
		add_known(volume, storage, name);
		free(name);
		return;
	case STORAGE_PVC:
		source = cJSON_AddObjectToObject(volume,
						 "persistentVolumeClaim");
		cJSON_AddStringToObject(source, "claimName", storage->claim);
		return;
	case STORAGE_HOST_PATH:
		source = cJSON_AddObjectToObject(volume, "hostPath");
		cJSON_AddStringToObject(source, "path", storage->path);
		return;
	case STORAGE_NONE:
	case STORAGE_S3:
		break;
	}
	cJSON_AddObjectToObject(volume, "emptyDir");
}

static cJSON *list_of(cJSON *object, const char *key)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(object, key);

	return list ? list : cJSON_AddArrayToObject(object, key);
}

void pod_storage_add_volume(cJSON *spec, const struct pod_plan *plan)
{
	cJSON *volume = cJSON_CreateObject();

	cJSON_AddStringToObject(volume, "name", POD_STORAGE_VOLUME);
	add_source(volume, plan);
	cJSON_AddItemToArray(list_of(spec, "volumes"), volume);
}

void pod_storage_add_mount(cJSON *container)
{
	cJSON *mount = cJSON_CreateObject();

	cJSON_AddStringToObject(mount, "name", POD_STORAGE_VOLUME);
	cJSON_AddStringToObject(mount, "mountPath", POD_STORAGE_MOUNT);
	cJSON_AddItemToArray(list_of(container, "volumeMounts"), mount);
}

/* --- secrets ------------------------------------------------------------ */

/* FNV-1a, 64 bits, written as eight letters. */
static char *secret_name(const struct experiment *experiment, const char *what,
			 const char *which)
{
	const char *const texts[] = {experiment->id, "/", what, "/", which};
	uint64_t hash = 14695981039346656037u;
	char letters[9];

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		for (const char *c = texts[i]; *c; c++)
			hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	for (int i = 0; i < 8; i++) {
		letters[i] = (char)('a' + hash % 26);
		hash /= 26;
	}
	letters[8] = '\0';
	return xasprintf("nni-secret-%s", letters);
}

char *pod_registry_secret(const struct experiment *experiment,
			  const char *auth_file)
{
	return secret_name(experiment, "registry", auth_file);
}

char *pod_azure_secret(const struct experiment *experiment)
{
	return secret_name(experiment, "azure", "");
}
