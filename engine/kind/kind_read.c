/* SPDX-License-Identifier: MIT */
/* What the files of kinds have in common. */
#include "engine/kind/kind.h"

#include "base/strbuf.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_LABEL "kueue.x-k8s.io/queue-name"

/* --- building ----------------------------------------------------------- */

cJSON *kind_object_new(const struct pod_plan *plan,
		       const struct kind_resource *resource, const char *name,
		       struct error *err)
{
	cJSON *object = cJSON_CreateObject();
	char *api_version = kind_api_version(resource);

	cJSON_AddStringToObject(object, "apiVersion", api_version);
	cJSON_AddStringToObject(object, "kind", resource->kind);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(object, "metadata"),
				"name", name);
	free(api_version);
	if (pod_metadata_add(object, plan, err))
		return object;
	cJSON_Delete(object);
	return NULL;
}

void kind_queue_add(cJSON *object, const struct kubernetes_config *config)
{
	cJSON *labels = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(object, "metadata"), "labels");

	if (!config->queue)
		return;
	cJSON_DeleteItemFromObjectCaseSensitive(labels, QUEUE_LABEL);
	cJSON_AddStringToObject(labels, QUEUE_LABEL, config->queue);
}

static void merge(cJSON *target, cJSON *more)
{
	cJSON *item, *next;

	for (item = more->child; item; item = next) {
		cJSON *there =
			cJSON_GetObjectItemCaseSensitive(target, item->string);

		next = item->next;
		if (cJSON_IsObject(there) && cJSON_IsObject(item)) {
			merge(there, item);
			continue;
		}
		cJSON_DetachItemViaPointer(more, item);
		cJSON_DeleteItemFromObjectCaseSensitive(target, item->string);
		cJSON_AddItemToObject(target, item->string, item);
	}
}

bool kind_options_add(cJSON *spec, const struct kubernetes_config *config,
		      struct error *err)
{
	cJSON *options;

	if (!config->job_options)
		return true;
	options = cJSON_Parse(config->job_options);
	if (!cJSON_IsObject(options)) {
		cJSON_Delete(options);
		return error_set(err, ERROR_CORRUPT,
				 "options of the job: no JSON object");
	}
	merge(spec, options);
	cJSON_Delete(options);
	return true;
}

/* --- reading ------------------------------------------------------------ */

const char *kind_text(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

double kind_number(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* Their order says nothing. */
const cJSON *kind_condition(const cJSON *status, const char *type)
{
	const cJSON *conditions =
		cJSON_GetObjectItemCaseSensitive(status, "conditions");
	const cJSON *item;

	cJSON_ArrayForEach (item, conditions)
		if (!strcmp(kind_text(item, "type"), type) &&
		    !strcmp(kind_text(item, "status"), "True"))
			return item;
	return NULL;
}

void kind_set_text(char *ret, size_t size, const char *text)
{
	struct strbuf safe = STRBUF_INIT;
	size_t len = strnlen(text, 4 * size); /* what follows would be cut */

	utf8_sanitize(&safe, text, len, false);
	len = safe.len;
	if (len >= size) {
		len = size - 1;
		while (len && ((unsigned char)safe.data[len] & 0xc0) == 0x80)
			len--;
	}
	if (len)
		memcpy(ret, safe.data, len);
	ret[len] = '\0';
	strbuf_release(&safe);
}

void kind_set_reason(struct kind_status *status, const char *reason,
		     const char *message)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, reason);
	if (*message)
		strbuf_addf(&text, "%s%.400s", *reason ? ": " : "", message);
	kind_set_text(status->reason, sizeof(status->reason), text.data);
	strbuf_release(&text);
}
