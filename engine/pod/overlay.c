/* SPDX-License-Identifier: MIT */
/*
 * The user's podTemplate, laid over the pod like a strategic merge patch:
 * mappings are merged, null removes a key, everything else replaces what was
 * there.  Lists of named things are merged by their names; tolerations and the
 * like grow; other lists (args, capabilities) are replaced.
 *
 * What a trial cannot do without stays as it is: its container with the keeper
 * in it, the keeper's volumes and variables, our labels.  An overlay that would
 * change them is refused rather than bent.
 */
#include "engine/pod/parts.h"

#include "base/mem.h"

#include <string.h>

#define DEPTH_MAX 64

/* Lists by the key that tells their items apart; NULL: items are added. */
static const struct {
	const char *list, *key;
	bool is_replacing; /* an item replaces its namesake as a whole */
} lists[] = {
	{"containers", "name", false},
	{"initContainers", "name", false},
	{"env", "name", true},
	{"volumeMounts", "mountPath", true},
	{"volumeDevices", "devicePath", true},
	{"volumes", "name", true},
	{"imagePullSecrets", "name", true},
	{"hostAliases", "ip", true},
	{"ports", "containerPort", true},
	{"envFrom", NULL, false},
	{"tolerations", NULL, false},
	{"topologySpreadConstraints", NULL, false},
};

static bool merge(cJSON *target, const cJSON *over, int depth,
		  struct error *err);

static int find_list(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		if (!strcmp(lists[i].list, name))
			return (int)i;
	return -1;
}

/* Strings or numbers. */
static cJSON *find_twin(const cJSON *list, const char *key, const cJSON *wanted)
{
	cJSON *item;

	cJSON_ArrayForEach (item, list)
		if (cJSON_Compare(cJSON_GetObjectItemCaseSensitive(item, key),
				  wanted, true))
			return item;
	return NULL;
}

static bool merge_item(cJSON *list, int kind, const cJSON *item, int depth,
		       struct error *err)
{
	const char *key = lists[kind].key;
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, key);
	cJSON *twin;

	if (!cJSON_IsString(name) && !cJSON_IsNumber(name))
		return error_set(err, ERROR_INVALID,
				 "an item of %s has no %s to tell it by",
				 lists[kind].list, key);
	twin = find_twin(list, key, name);
	if (twin && !lists[kind].is_replacing)
		return merge(twin, item, depth, err);
	if (twin)
		cJSON_ReplaceItemViaPointer(list, twin,
					    cJSON_Duplicate(item, true));
	else
		cJSON_AddItemToArray(list, cJSON_Duplicate(item, true));
	return true;
}

static bool merge_list(cJSON *list, const cJSON *over, int kind, int depth,
		       struct error *err)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, over) {
		if (!lists[kind].key)
			cJSON_AddItemToArray(list, cJSON_Duplicate(item, true));
		else if (!merge_item(list, kind, item, depth, err))
			return false;
	}
	return true;
}

static bool merge_member(cJSON *target, const cJSON *over, int depth,
			 struct error *err)
{
	cJSON *old = cJSON_GetObjectItemCaseSensitive(target, over->string);
	int kind = find_list(over->string);

	if (over->string[0] == '$')
		return error_set(err, ERROR_INVALID,
				 "'%.64s': directives are not understood; "
				 "null removes a key",
				 over->string);
	if (cJSON_IsNull(over)) {
		cJSON_Delete(old ? cJSON_DetachItemViaPointer(target, old)
				 : NULL);
		return true;
	}
	if (kind >= 0 && !cJSON_IsArray(over))
		return error_set(err, ERROR_INVALID, "%s must be a list",
				 over->string);
	if (kind >= 0) {
		if (!old)
			old = cJSON_AddArrayToObject(target, over->string);
		return merge_list(old, over, kind, depth, err);
	}
	if (cJSON_IsObject(over)) {
		if (cJSON_IsObject(old))
			return merge(old, over, depth, err);
		if (old)
			cJSON_Delete(cJSON_DetachItemViaPointer(target, old));
		/* merged into nothing, so that nulls vanish here, too */
		return merge(cJSON_AddObjectToObject(target, over->string),
			     over, depth, err);
	}
	if (old)
		cJSON_ReplaceItemInObjectCaseSensitive(
			target, over->string, cJSON_Duplicate(over, true));
	else
		cJSON_AddItemToObject(target, over->string,
				      cJSON_Duplicate(over, true));
	return true;
}

static bool merge(cJSON *target, const cJSON *over, int depth,
		  struct error *err)
{
	const cJSON *item;

	if (depth >= DEPTH_MAX)
		return error_set(err, ERROR_LIMIT, "nested too deeply");
	cJSON_ArrayForEach (item, over)
		if (!merge_member(target, item, depth + 1, err))
			return false;
	return true;
}

/* --- what must not change ---------------------------------------------------
 */

static cJSON *child(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static bool is_same(const cJSON *before, const cJSON *after, const char *key)
{
	const cJSON *a = child(before, key), *b = child(after, key);

	return (!a && !b) || cJSON_Compare(a, b, true);
}

/* Are the items of ours in `before` also in `after`, the same? */
static bool keeps_items(const cJSON *before, const cJSON *after,
			const char *list, const char *key,
			bool (*is_ours)(const cJSON *item), struct error *err)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, child(before, list)) {
		const cJSON *name = child(item, key);

		if (is_ours(item) &&
		    !cJSON_Compare(item,
				   pod_list_find(child(after, list), key,
						 name->valuestring),
				   true))
			return error_set(err, ERROR_INVALID,
					 "%s: '%s' is trialdeck's own and "
					 "must stay as it is",
					 list, name->valuestring);
	}
	return true;
}

static bool has_own_name(const cJSON *item)
{
	const cJSON *name = child(item, "name");

	return cJSON_IsString(name) &&
	       !strncmp(name->valuestring, POD_VOLUME_PREFIX,
			strlen(POD_VOLUME_PREFIX));
}

static bool is_own_variable(const cJSON *item)
{
	const cJSON *name = child(item, "name");

	return cJSON_IsString(name) &&
	       pod_environment_is_ours(name->valuestring);
}

static bool keeps_labels(const cJSON *before, const cJSON *after,
			 struct error *err)
{
	static const char *const names[] = {"app", "expId", "trialId",
					    "attempt", POD_ROLE_LABEL};
	const cJSON *old = child(child(before, "metadata"), "labels");
	const cJSON *new = child(child(after, "metadata"), "labels");

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (child(old, names[i]) && !is_same(old, new, names[i]))
			return error_set(err, ERROR_INVALID,
					 "metadata.labels: '%s' is "
					 "trialdeck's own and must stay as it "
					 "is",
					 names[i]);
	return true;
}

static bool keeps_container(const cJSON *before, const cJSON *after,
			    const char *container, struct error *err)
{
	const cJSON *old =
		pod_list_find(child(before, "containers"), "name", container);
	const cJSON *new =
		pod_list_find(child(after, "containers"), "name", container);

	if (!new)
		return error_set(err, ERROR_INVALID,
				 "containers: '%s' must not be removed",
				 container);
	if (!is_same(old, new, "command") || !is_same(old, new, "args"))
		return error_set(err, ERROR_INVALID,
				 "containers: command and args of '%s' are "
				 "trialdeck's own: write trialCommand",
				 container);
	return keeps_items(old, new, "volumeMounts", "mountPath", has_own_name,
			   err) &&
	       keeps_items(old, new, "env", "name", is_own_variable, err);
}

static bool keeps_ours(const cJSON *before, const cJSON *after,
		       const char *container, struct error *err)
{
	const cJSON *old = child(before, "spec"), *new = child(after, "spec");

	if (!cJSON_IsObject(new))
		return error_set(err, ERROR_INVALID, "spec must be a mapping");
	if (!is_same(old, new, "restartPolicy"))
		return error_set(err, ERROR_INVALID,
				 "restartPolicy must be Never: trialdeck runs "
				 "a trial again as a new attempt");
	return keeps_labels(before, after, err) &&
	       keeps_items(old, new, "volumes", "name", has_own_name, err) &&
	       keeps_container(old, new, container, err);
}

char *pod_overlay_without_init(const char *json)
{
	cJSON *overlay = json ? cJSON_Parse(json) : NULL;
	char *printed, *text = NULL;

	cJSON_DeleteItemFromObjectCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(overlay, "spec"),
		"initContainers");
	printed = overlay ? cJSON_PrintUnformatted(overlay) : NULL;
	if (printed)
		text = xstrdup(printed);
	cJSON_free(printed);
	cJSON_Delete(overlay);
	return text;
}

bool pod_overlay_apply(cJSON *template, const cJSON *overlay,
		       const char *container, struct error *err)
{
	cJSON *before = cJSON_Duplicate(template, true);
	bool ok = merge(template, overlay, 0, err) &&
		  keeps_ours(before, template, container, err);

	cJSON_Delete(before);
	return ok;
}
