/* SPDX-License-Identifier: MIT */
/* A walk through the object that remembers the last name it went past. */
#include "engine/kind/manifest_pods.h"

#include "base/mem.h"
#include "engine/kind/kind.h"
#include "model/json_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLICA_MAP "ReplicaSpecs" /* tf..., pytorch..., mpi... */

static cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static bool is_template(const cJSON *object)
{
	return cJSON_IsArray(get(get(object, "spec"), "containers"));
}

/* What is no value of a label names no role. */
static const char *role_or(const char *name, const char *otherwise)
{
	size_t len = strlen(name);

	if (!len || len >= sizeof(((struct manifest_pod *)NULL)->role) ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] ||
	    !isalnum((unsigned char)name[0]) ||
	    !isalnum((unsigned char)name[len - 1]))
		return otherwise;
	return name;
}

static void add(struct manifest_pods *pods, cJSON *template, const char *role)
{
	struct manifest_pod *pod;

	if (pods->count == MANIFEST_PODS_MAX)
		return;
	pods->items =
		xrealloc(pods->items, (pods->count + 1) * sizeof(*pods->items));
	pod = &pods->items[pods->count++];
	pod->template = template;
	snprintf(pod->role, sizeof(pod->role), "%s", role);
	for (char *at = pod->role; *at; at++)
		*at = (char)tolower((unsigned char)*at);
}

static bool is_replica_map(const cJSON *object)
{
	const char *key = object->string;
	size_t len = key ? strlen(key) : 0, tail = strlen(REPLICA_MAP);

	return cJSON_IsObject(object) && len >= tail &&
	       !strcmp(key + len - tail, REPLICA_MAP);
}

static void walk(cJSON *object, const char *role, int depth,
		 struct manifest_pods *pods)
{
	bool is_map, is_list;
	cJSON *item;

	if (!object || depth > JSON_DEPTH_MAX)
		return;
	is_map = is_replica_map(object);
	is_list = cJSON_IsArray(object);
	if (is_template(object)) {
		add(pods, object, role);
		return; /* there are no pods in pods */
	}
	cJSON_ArrayForEach (item, object) {
		const char *name = role;

		if (is_map)
			name = role_or(item->string, role);
		else if (is_list)
			name = role_or(kind_text(item, "name"), role);
		walk(item, name, depth + 1, pods);
	}
}

void manifest_pods_find(cJSON *object, struct manifest_pods *ret)
{
	*ret = (struct manifest_pods){0};
	walk(object, "", 1, ret);
}

void manifest_pods_release(struct manifest_pods *pods)
{
	free(pods->items);
	*pods = (struct manifest_pods){0};
}
