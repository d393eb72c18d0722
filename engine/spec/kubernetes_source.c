/* SPDX-License-Identifier: MIT */
/* Sources of volumes: our short forms, and Kubernetes' own, taken as they are.
 */
#include "engine/spec/kubernetes.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* What a source is called here and in Kubernetes, and the key that a text in
 * its place stands for; NULL: it must be a mapping. */
static const struct {
	const char *name, *source, *text;
} sources[] = {
	{"pvc", "persistentVolumeClaim", "claimName"},
	{"persistentVolumeClaim", "persistentVolumeClaim", NULL},
	{"nfs", "nfs", NULL},
	{"hostPath", "hostPath", "path"},
	{"emptyDir", "emptyDir", NULL},
	{"configMap", "configMap", "name"},
	{"secret", "secret", "secretName"},
	{"csi", "csi", NULL},
	{"ephemeral", "ephemeral", NULL},
	{"projected", "projected", NULL},
	{"downwardAPI", "downwardAPI", NULL},
	{"image", "image", NULL},
	{"azureFile", "azureFile", NULL},
	{"azureDisk", "azureDisk", NULL},
	{"awsElasticBlockStore", "awsElasticBlockStore", NULL},
	{"gcePersistentDisk", "gcePersistentDisk", NULL},
	{"cephfs", "cephfs", NULL},
	{"rbd", "rbd", NULL},
	{"cinder", "cinder", NULL},
	{"fc", "fc", NULL},
	{"iscsi", "iscsi", NULL},
	{"flexVolume", "flexVolume", NULL},
	{"flocker", "flocker", NULL},
	{"glusterfs", "glusterfs", NULL},
	{"gitRepo", "gitRepo", NULL},
	{"photonPersistentDisk", "photonPersistentDisk", NULL},
	{"portworxVolume", "portworxVolume", NULL},
	{"quobyte", "quobyte", NULL},
	{"scaleIO", "scaleIO", NULL},
	{"storageos", "storageos", NULL},
	{"vsphereVolume", "vsphereVolume", NULL},
};

const char *kubernetes_source_name(size_t index)
{
	return index < COUNT_OF(sources) ? sources[index].name : NULL;
}

const char *kubernetes_source_find(const struct reader *reader,
				   const struct node *node,
				   const struct node_entry *entry)
{
	for (size_t i = 0; i < COUNT_OF(sources); i++)
		if (reader_find(reader, node, sources[i].name) == entry)
			return sources[i].source;
	return NULL;
}

/* NULL after reporting. */
static cJSON *build(struct reader *reader, const char *name,
		    const struct node *node)
{
	const char *text_key = NULL;
	cJSON *source;
	char *json;

	for (size_t i = 0; i < COUNT_OF(sources); i++)
		if (!strcmp(sources[i].source, name) && sources[i].text)
			text_key = sources[i].text;
	if (node->kind == NODE_STRING && text_key && *node->text) {
		source = cJSON_CreateObject();
		cJSON_AddStringToObject(source, text_key, node->text);
		return source;
	}
	if (node->kind != NODE_MAPPING) {
		value_fail(reader, node,
			   text_key ? "text or a mapping (key: value)"
				    : "a mapping (key: value)");
		return NULL;
	}
	json = kubernetes_fragment(reader, node);
	source = json ? cJSON_Parse(json) : NULL;
	free(json);
	return source;
}

/* Keys without which the API server refuses the pod. */
static bool check(struct reader *reader, const char *name,
		  const struct node *node, const cJSON *source)
{
	static const struct {
		const char *source, *key, *help;
	} required[] = {
		{"persistentVolumeClaim", "claimName", "pvc: CLAIM"},
		{"nfs", "server", "nfs: {server: HOST, path: /PATH}"},
		{"nfs", "path", "nfs: {server: HOST, path: /PATH}"},
		{"hostPath", "path", "hostPath: /PATH"},
		{"configMap", "name", "configMap: NAME"},
		{"secret", "secretName", "secret: NAME"},
		{"csi", "driver", "csi: {driver: NAME}"},
	};
	bool ok = true;

	for (size_t i = 0; i < COUNT_OF(required); i++) {
		const cJSON *item;

		if (strcmp(required[i].source, name) != 0)
			continue;
		item = cJSON_GetObjectItemCaseSensitive(source,
							required[i].key);
		if (cJSON_IsString(item) && *item->valuestring)
			continue;
		reader_fail(reader, node->mark, "needs %s as text: write %s",
			    required[i].key, required[i].help);
		ok = false;
	}
	return ok;
}

cJSON *kubernetes_source_read(struct reader *reader, const char *name,
			      const struct node *node)
{
	cJSON *source = build(reader, name, node);

	if (!source || check(reader, name, node, source))
		return source;
	cJSON_Delete(source);
	return NULL;
}
