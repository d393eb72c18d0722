/* SPDX-License-Identifier: MIT */
/*
 * Events that say why something does not run, as sentences.
 *
 * A row for each reason that explains; how its message is told is a function,
 * because admission, quota and mount each bury the word that matters in their
 * own way.  Reasons that only repeat what a pod's status says better ("Error:
 * ImagePullBackOff") are left out.
 */
#include "engine/pod/event_private.h"

#include "base/mem.h"
#include "engine/pod/field.h"
#include "engine/pod/view_private.h"

#include <string.h>

static bool tell_unschedulable(const struct pod_event *event,
			       struct event_text *out)
{
	if (!strncmp(event->message, "skip schedule deleting pod", 26))
		return false;
	event_say(out, "Unschedulable: ", event->message);
	return true;
}

static bool tell_plain(const struct pod_event *event, struct event_text *out)
{
	event_say(out, event->reason, *event->message ? ": " : "");
	event_say(out, "", event->message);
	return true;
}

static bool tell_core(const struct pod_event *event, struct event_text *out)
{
	size_t len;
	const char *core = pod_words_core(event->message, &len);

	event_say(out, event->reason, len ? ": " : "");
	line_add(out->text, out->size, core, len);
	return true;
}

/* Of the kubelet: "Failed to pull image ...", "Error: secret "x" not found". */
static bool tell_failed(const struct pod_event *event, struct event_text *out)
{
	static const char pull[] = "Failed to pull image \"";
	const char *message = event->message, *end;
	size_t len;

	if (!strncmp(message, pull, strlen(pull)) &&
	    (end = strstr(message + strlen(pull), "\": "))) {
		message += strlen(pull);
		event_say(out, "cannot pull ", "");
		line_add(out->text, out->size, message,
			 (size_t)(end - message));
		event_say(out, ": ", "");
		message = pod_words_core(end + 3, &len);
		line_add(out->text, out->size, message, len);
		return true;
	}
	if (strncmp(message, "Error: ", 7))
		return tell_plain(event, out);
	message += 7;
	if (!strchr(message, ' '))
		return false; /* "ErrImagePull": a word without a cause */
	message = pod_words_core(message, &len);
	event_say(out, "cannot start the container: ", "");
	line_add(out->text, out->size, message, len);
	return true;
}

/* A back-off alone is what the pod's status says already. */
static bool tell_back_off(const struct pod_event *event, struct event_text *out)
{
	static const char pull[] = "ErrImagePull: ";
	const char *found = strstr(event->message, pull);
	size_t len;

	if (!found)
		return false;
	found = pod_words_core(found + strlen(pull), &len);
	event_say(out, "cannot pull the image: ", "");
	line_add(out->text, out->size, found, len);
	return true;
}

static bool tell_sandbox(const struct pod_event *event, struct event_text *out)
{
	size_t len;
	const char *core = pod_words_core(event->message, &len);

	event_say(out, "the node cannot set up the pod: ", "");
	line_add(out->text, out->size, core, len);
	return true;
}

static bool tell_network(const struct pod_event *event, struct event_text *out)
{
	event_say(out, "the node's network is not ready: ", event->message);
	return true;
}

static bool tell_no_scale_up(const struct pod_event *event,
			     struct event_text *out)
{
	event_say(out, "no new node would help: ", event->message);
	return true;
}

static bool tell_scale_up(const struct pod_event *event, struct event_text *out)
{
	event_say(out, "waiting for a new node: ", event->message);
	return true;
}

static bool tell_taint(const struct pod_event *event, struct event_text *out)
{
	if (!strncmp(event->message, "Cancelling", 10))
		return false;
	event_say(out,
		  "deleted: its node got a taint that the pod does not "
		  "tolerate",
		  "");
	return true;
}

static bool tell_deadline(const struct pod_event *event, struct event_text *out)
{
	(void)event;
	event_say(out, "ran longer than activeDeadlineSeconds", "");
	return true;
}

/* Kueue speaks of a Workload, Volcano of a PodGroup. */
static bool tell_queued(const struct pod_event *event, struct event_text *out)
{
	if (!strcmp(event->kind, "Pod"))
		return false;
	event_say(out, "queued: ", event->message);
	return true;
}

static bool tell_claim(const struct pod_event *event, struct event_text *out)
{
	event_say(out, "volume claim ", event->name);
	event_say(out, ": ", event->message);
	return true;
}

struct telling {
	const char *reason;
	bool (*tell)(const struct pod_event *event, struct event_text *out);
};

static const struct telling TELLINGS[] = {
	{"FailedCreate", event_tell_create},
	{"FailedScheduling", tell_unschedulable},
	{"Unschedulable", tell_queued},
	{"NotEnoughResources", tell_queued},
	{"Pending", tell_queued},
	{"Inadmissible", tell_queued},
	{"Suspended", tell_queued},
	{"FailedMount", event_tell_mount},
	{"FailedAttachVolume", event_tell_mount},
	{"FailedMapVolume", event_tell_mount},
	{"FailedCreatePodSandBox", tell_sandbox},
	{"NetworkNotReady", tell_network},
	{"Failed", tell_failed},
	{"BackOff", tell_back_off},
	{"InspectFailed", tell_core},
	{"ErrImageNeverPull", tell_plain},
	{"FailedPostStartHook", tell_plain},
	{"FailedSync", tell_core},
	{"Evicted", tell_plain},
	{"EvictionThresholdMet", tell_plain},
	{"Preempted", tell_plain},
	{"Preempting", tell_plain},
	{"TaintManagerEviction", tell_taint},
	{"NodeNotReady", tell_plain},
	{"NodeShutdown", tell_plain},
	{"NodeAffinity", tell_plain},
	{"NodePorts", tell_plain},
	{"UnexpectedAdmissionError", tell_core},
	{"TriggeredScaleUp", tell_scale_up},
	{"NotTriggerScaleUp", tell_no_scale_up},
	{"DeadlineExceeded", tell_deadline},
	{"FailedBinding", tell_claim},
	{"ProvisioningFailed", tell_claim},
};

/* Warnings about what does not keep a pod from running. */
static const char *const HARMLESS[] = {
	"FailedToRetrieveImagePullSecret",
	"FailedKillPod",
	"FailedPreStopHook",
	"FailedToUpdateEndpoint",
	"FailedToUpdateEndpointSlices",
	"FailedNodeAllocatableEnforcement",
};

void event_say(struct event_text *out, const char *head, const char *text)
{
	size_t len = strlen(text);

	if (len > 2) /* a sentence's stop, but not a separator's blank */
		while (len && strchr(" .", text[len - 1]))
			len--;
	line_add(out->text, out->size, head, strlen(head));
	line_add(out->text, out->size, text, len);
}

/* Where the message was empty, the colon before it has nothing to announce. */
static void end_sentence(const struct pod_event *event, struct event_text *out)
{
	size_t len = strlen(out->text);

	while (len && strchr(" :", out->text[len - 1]))
		out->text[--len] = '\0';
	if (!len)
		event_say(out, event->reason, "");
}

bool pod_event_explains(const struct pod_event *event, char *ret_text,
			size_t size)
{
	struct event_text out = {.text = ret_text, .size = size};
	const char *reason = event->reason;

	*ret_text = '\0';
	for (size_t i = 0; i < COUNT_OF(TELLINGS); i++)
		if (!strcmp(reason, TELLINGS[i].reason)) {
			if (!TELLINGS[i].tell(event, &out))
				return false;
			end_sentence(event, &out);
			return true;
		}
	for (size_t i = 0; i < COUNT_OF(HARMLESS); i++)
		if (!strcmp(reason, HARMLESS[i]))
			return false;
	/* "OutOfnvidia.com/gpu", and failures with names of their own */
	if (event->is_warning &&
	    (!strncmp(reason, "OutOf", 5) || !strncmp(reason, "Failed", 6)))
		return tell_core(event, &out);
	return false;
}
