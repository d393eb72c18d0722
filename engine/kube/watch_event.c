/* SPDX-License-Identifier: MIT */
/* What the lines of a watch mean. */
#include "engine/kube/object.h"
#include "engine/kube/status_private.h"
#include "engine/kube/watch_private.h"

#include <stdio.h>
#include <string.h>

static bool garbled(struct kube_watch *watch, const char *why)
{
	struct kube_status *status = &watch->verdict.status;

	memset(status, 0, sizeof(*status));
	status->code = 500;
	snprintf(status->message, sizeof(status->message),
		 "a line of the watch cannot be read: %s", why);
	watch->verdict.is_set = true;
	return false;
}

static bool read_error(struct kube_watch *watch, const cJSON *object)
{
	struct kube_status *status = &watch->verdict.status;

	kube_status_from(status, 0, object);
	if (!status->code)
		status->code = 500;
	if (!*status->message)
		snprintf(status->message, sizeof(status->message),
			 "the watch ended with an error");
	/* servers before 1.16 say so in the reason alone */
	if (!strcmp(status->reason, "Expired") ||
	    !strcmp(status->reason, "Gone"))
		status->code = 410;
	watch->verdict.is_set = true;
	return false;
}

static bool read_event(struct kube_watch *watch, const char *type,
		       const cJSON *object)
{
	static const char *const changes[] = {
		[KUBE_ADDED] = "ADDED",
		[KUBE_MODIFIED] = "MODIFIED",
		[KUBE_DELETED] = "DELETED",
	};

	if (!strcmp(type, "ERROR"))
		return read_error(watch, object);
	watch->has_seen = true;
	watch->failures = watch->expired = watch->too_new = 0;
	kube_read_version(object, watch->version);
	if (!strcmp(type, "BOOKMARK"))
		watch->has_bookmarks = true;
	for (int i = 0; i < 3; i++) {
		if (!strcmp(type, changes[i]))
			return kube_watch_tell_object(
				watch, (enum kube_change)i, object);
	}
	return true;
}

bool kube_watch_line(void *arg, const char *line, size_t len)
{
	struct kube_watch *watch = arg;
	const cJSON *object;
	const char *type;
	char text[256];
	struct error err;
	cJSON *tree;
	bool more;

	if (!line) {
		watch->has_seen = true;
		snprintf(text, sizeof(text),
			 "%.100s: an object larger than %zu bytes is not shown",
			 watch->name, watch->object_max);
		kube_watch_tell(watch, text);
		return !watch->is_closed;
	}
	if (!len)
		return true;
	tree = kube_event_parse(&watch->reader, line, len, &err);
	if (!tree)
		return garbled(watch, err.text);
	type = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(tree, "type"));
	object = cJSON_GetObjectItemCaseSensitive(tree, "object");
	if (!type || !cJSON_IsObject(object))
		more = garbled(watch, "no event");
	else
		more = read_event(watch, type, object);
	cJSON_Delete(tree);
	return more;
}
