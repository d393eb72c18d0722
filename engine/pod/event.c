/* SPDX-License-Identifier: MIT */
/*
 * The digest of an event.  Writers of the newer events API leave count and the
 * old times empty: the newest occurrence is series, then lastTimestamp, then
 * eventTime, then the creation of the event.
 */
#include "engine/pod/view.h"

#include "engine/pod/field.h"

#include <string.h>

static int64_t newest_time(const cJSON *event)
{
	int64_t at_ns;

	if ((at_ns = field_time(field_object(event, "series"),
				"lastObservedTime")) ||
	    (at_ns = field_time(event, "lastTimestamp")) ||
	    (at_ns = field_time(event, "eventTime")) ||
	    (at_ns = field_time(event, "firstTimestamp")))
		return at_ns;
	return field_time(field_object(event, "metadata"), "creationTimestamp");
}

static int64_t count_of(const cJSON *event)
{
	int count = field_integer(field_object(event, "series"), "count", 0);

	if (count < 1)
		count = field_integer(event, "count", 0);
	return count < 1 ? 1 : count;
}

bool pod_event_read(const cJSON *event, struct pod_event *ret)
{
	const cJSON *about = field_object(event, "involvedObject");
	const char *message = field_text(event, "message");

	*ret = (struct pod_event){0};
	if (!field_name(about, "kind", ret->kind, sizeof(ret->kind)) ||
	    !field_name(about, "name", ret->name, sizeof(ret->name)) ||
	    !field_name(event, "reason", ret->reason, sizeof(ret->reason)))
		return false;
	field_name(about, "uid", ret->uid, sizeof(ret->uid));
	line_copy(ret->message, sizeof(ret->message), message, strlen(message));
	ret->is_warning = field_is(event, "type", "Warning");
	ret->count = count_of(event);
	ret->at_ns = newest_time(event);
	return true;
}
