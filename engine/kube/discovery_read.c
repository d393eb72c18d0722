/* SPDX-License-Identifier: MIT */
/* Discovery documents: whatever answers at that address is not trusted, and
 * what goes into paths must be a name. */
#include "engine/kube/discovery_private.h"

#include "base/mem.h"
#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	enum kube_verb verb;
} verbs[] = {
	{"create", KUBE_VERB_CREATE}, {"get", KUBE_VERB_GET},
	{"list", KUBE_VERB_LIST},     {"watch", KUBE_VERB_WATCH},
	{"patch", KUBE_VERB_PATCH},   {"delete", KUBE_VERB_DELETE},
};

static const char *get_text(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "";
}

/* Lower-case letters, digits, '-' and '.': no subresource, no way out of a
 * path. */
static bool is_name(const char *text, size_t size)
{
	size_t len = strlen(text);

	return len && len < size && *text != '.' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") == len;
}

/* --- versions ----------------------------------------------------------- */

static void add_version(char **list, size_t *count, const char *version)
{
	struct kube_resource room;

	if (*count == KUBE_VERSIONS_MAX ||
	    !is_name(version, sizeof(room.version)))
		return;
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(list[i], version))
			return;
	list[(*count)++] = xstrdup(version);
}

bool kube_versions_read(const char *text, size_t len,
			char *ret[KUBE_VERSIONS_MAX], size_t *ret_count,
			struct error *err)
{
	cJSON *tree = json_parse(text, len, err);
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(tree, "versions");
	const cJSON *item;

	*ret_count = 0;
	if (!tree)
		return error_prefix(err, "discovery");
	if (!cJSON_IsArray(list)) {
		cJSON_Delete(tree);
		return error_set(err, ERROR_INVALID,
				 "discovery: the answer has no versions");
	}
	add_version(ret, ret_count,
		    get_text(cJSON_GetObjectItemCaseSensitive(
				     tree, "preferredVersion"),
			     "version"));
	cJSON_ArrayForEach (item, list)
		add_version(ret, ret_count,
			    cJSON_IsString(item) ? item->valuestring
						 : get_text(item, "version"));
	cJSON_Delete(tree);
	return true;
}

/* --- resources ---------------------------------------------------------- */

static unsigned int read_verbs(const cJSON *list)
{
	unsigned int found = 0;
	const cJSON *item;

	cJSON_ArrayForEach (item, list)
		for (size_t i = 0; i < COUNT_OF(verbs); i++)
			if (cJSON_IsString(item) &&
			    !strcmp(item->valuestring, verbs[i].name))
				found |= verbs[i].verb;
	return found;
}

static bool read_resource(const cJSON *item, const char *kind,
			  struct kube_resource *ret)
{
	const char *plural = get_text(item, "name");

	if (strcmp(get_text(item, "kind"), kind) != 0 ||
	    !is_name(plural, sizeof(ret->plural)) ||
	    strlen(kind) >= sizeof(ret->kind))
		return false;
	snprintf(ret->kind, sizeof(ret->kind), "%s", kind);
	snprintf(ret->plural, sizeof(ret->plural), "%s", plural);
	ret->is_namespaced = cJSON_IsTrue(
		cJSON_GetObjectItemCaseSensitive(item, "namespaced"));
	ret->verbs =
		read_verbs(cJSON_GetObjectItemCaseSensitive(item, "verbs"));
	return true;
}

bool kube_resources_read(const char *text, size_t len, const char *kind,
			 struct kube_resource *ret, struct error *err)
{
	cJSON *tree = json_parse(text, len, err);
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(tree, "resources");
	const cJSON *item;
	bool found = false;

	if (!tree)
		return error_prefix(err, "discovery");
	if (!cJSON_IsArray(list)) {
		cJSON_Delete(tree);
		return error_set(err, ERROR_INVALID,
				 "discovery: the answer has no resources");
	}
	cJSON_ArrayForEach (item, list) {
		found = read_resource(item, kind, ret);
		if (found)
			break;
	}
	cJSON_Delete(tree);
	return found ||
	       error_set(err, ERROR_NOT_FOUND, "this version has no such kind");
}
