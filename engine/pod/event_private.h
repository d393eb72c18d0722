/* SPDX-License-Identifier: MIT */
/* Parts of the explanation of events, for event_*.c alone. */
#ifndef ENGINE_POD_EVENT_PRIVATE_H
#define ENGINE_POD_EVENT_PRIVATE_H

#include "engine/pod/view.h"

/* The sentence, as it grows; cut when full. */
struct event_text {
	char *text;
	size_t size;
};

/* Append head as it is and text without its final stop. */
void event_say(struct event_text *out, const char *head, const char *text);

/* "Error creating: pods "x" is forbidden: ...": quotas, limits, policies. */
bool event_tell_create(const struct pod_event *event, struct event_text *out);
/* "MountVolume.SetUp failed for volume "v" : ...". */
bool event_tell_mount(const struct pod_event *event, struct event_text *out);

#endif
