/* SPDX-License-Identifier: MIT */
/*
 * Why a pod waits, or why it failed, in one line.
 *
 * Reasons hide in many places of a pod.  They are asked from the one that
 * explains the others to the one that only repeats them: the pod's own reason
 * (an evicted pod has no containers any more), the disruption that was about
 * to hit it, the scheduler, init containers, the command's container, the
 * rest.  What Kubernetes may call by new names one day is passed on with its
 * message.
 */
#include "engine/pod/field.h"
#include "engine/pod/view_private.h"

#include "base/mem.h"

#include <string.h>

#define KUEUE_QUEUE "kueue.x-k8s.io/queue-name"
#define KUEUE_GATE "kueue.x-k8s.io/"

static void say(struct pod_view *view, enum pod_blame blame, const char *text,
		const char *message)
{
	size_t len = strlen(message);

	while (len && strchr(" \t\r\n.", message[len - 1]))
		len--;
	view->blame = blame;
	line_addf(view->reason, sizeof(view->reason), "%s", text);
	if (!len)
		return;
	line_addf(view->reason, sizeof(view->reason), ": ");
	line_add(view->reason, sizeof(view->reason), message, len);
}

static const char *node_name(const struct pod_view *view)
{
	return *view->node ? view->node : "(unknown)";
}

/* ---- what the pod says of itself ----------------------------------------- */

/* The pod's own limits were exceeded, not the node's strength: it would go the
 * same way on any other node. */
static bool is_own_eviction(const char *message)
{
	return strstr(message, "exceeds the total limit of containers") ||
	       strstr(message, "exceeded its local ephemeral storage limit") ||
	       strstr(message, "Usage of EmptyDir volume");
}

static void say_evicted(const char *message, struct pod_view *view)
{
	bool is_own = is_own_eviction(message);

	say(view, is_own ? POD_BLAME_TRIAL : POD_BLAME_INFRASTRUCTURE,
	    "Evicted", *message ? message : "its node ran short of something");
	if (is_own)
		line_addf(view->reason, sizeof(view->reason),
			  "; write less, or raise that limit");
}

static void say_deadline(const cJSON *pod, struct pod_view *view)
{
	int limit = field_integer(field_object(pod, "spec"),
				  "activeDeadlineSeconds", 0);

	say(view, POD_BLAME_TRIAL, "ran longer than activeDeadlineSeconds", "");
	if (limit > 0)
		line_addf(view->reason, sizeof(view->reason), " (%d s)", limit);
}

struct refusal {
	const char *reason;
	enum pod_blame blame;
};

/* What a kubelet says of a pod it will not take. */
static const struct refusal REFUSALS[] = {
	{"Preempting", POD_BLAME_INFRASTRUCTURE},
	{"Preempted", POD_BLAME_INFRASTRUCTURE},
	{"UnexpectedAdmissionError", POD_BLAME_INFRASTRUCTURE},
	{"NodeAffinity", POD_BLAME_INFRASTRUCTURE},
	{"NodePorts", POD_BLAME_INFRASTRUCTURE},
	{"Terminated", POD_BLAME_INFRASTRUCTURE},
	{"AppArmor", POD_BLAME_CONFIG},
	{"SysctlForbidden", POD_BLAME_CONFIG},
	{"PodOSNotSupported", POD_BLAME_CONFIG},
	{"PodOSSelectorNodeLabelDoesNotMatch", POD_BLAME_CONFIG},
};

static bool say_pod_reason(const cJSON *pod, struct pod_view *view)
{
	const cJSON *status = field_object(pod, "status");
	const char *reason = field_text(status, "reason");
	const char *message = field_text(status, "message");
	enum pod_blame blame = view->phase == POD_PENDING
				       ? POD_BLAME_NONE
				       : POD_BLAME_INFRASTRUCTURE;
	char text[120] = "";

	if (!*reason)
		return false;
	if (!strcmp(reason, "Evicted")) {
		say_evicted(message, view);
		return true;
	}
	if (!strcmp(reason, "DeadlineExceeded")) {
		say_deadline(pod, view);
		return true;
	}
	if (!strcmp(reason, "NodeLost")) {
		line_addf(text, sizeof(text), "node %s was lost",
			  node_name(view));
		say(view, POD_BLAME_INFRASTRUCTURE, text, "");
		return true;
	}
	if (!strcmp(reason, "NodeShutdown") || !strcmp(reason, "Shutdown") ||
	    (!strcmp(reason, "Terminated") && strstr(message, "shutdown"))) {
		line_addf(text, sizeof(text), "node %s was shut down",
			  node_name(view));
		say(view, POD_BLAME_INFRASTRUCTURE, text, "");
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(REFUSALS); i++)
		if (!strcmp(reason, REFUSALS[i].reason))
			blame = REFUSALS[i].blame;
	line_addf(text, sizeof(text), "%.60s", reason);
	if (!strncmp(message, "Pod ", 4)) /* "Pod Node didn't have ..." */
		message += 4;
	say(view, blame, text, message);
	return true;
}

static const cJSON *condition_of(const cJSON *pod, const char *type)
{
	return field_find(
		field_array(field_object(pod, "status"), "conditions"), "type",
		type);
}

static bool say_disruption(const cJSON *pod, struct pod_view *view)
{
	static const struct {
		const char *reason, *text;
	} known[] = {
		{"PreemptionByScheduler",
		 "preempted by a pod of higher priority"},
		{"PreemptionByKubeScheduler",
		 "preempted by a pod of higher priority"},
		{"DeletionByTaintManager",
		 "its node got a taint that the pod does not tolerate"},
		{"EvictionByEvictionAPI", "evicted (a node was drained?)"},
		{"DeletionByPodGC", "its node is gone"},
		{"TerminationByKubelet", "ended by its node"},
	};
	const cJSON *condition = condition_of(pod, "DisruptionTarget");
	const char *reason = field_text(condition, "reason");
	const char *message = field_text(condition, "message");

	if (!field_is(condition, "status", "True"))
		return false;
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (!strcmp(reason, known[i].reason)) {
			say(view, POD_BLAME_INFRASTRUCTURE, known[i].text,
			    message);
			return true;
		}
	say(view, POD_BLAME_INFRASTRUCTURE, "disrupted",
	    *message ? message : reason);
	return true;
}

/* ---- the scheduler --------------------------------------------------------
 */

static bool has_kueue_gate(const cJSON *spec)
{
	const cJSON *gate;

	cJSON_ArrayForEach (gate, field_array(spec, "schedulingGates"))
		if (!strncmp(field_text(gate, "name"), KUEUE_GATE,
			     strlen(KUEUE_GATE)))
			return true;
	return false;
}

static void say_gated(const cJSON *pod, const char *message,
		      struct pod_view *view)
{
	const cJSON *spec = field_object(pod, "spec"), *gate;
	const char *queue = field_text(
		field_object(field_object(pod, "metadata"), "labels"),
		KUEUE_QUEUE);
	char names[160] = "";

	if (has_kueue_gate(spec)) {
		say(view, POD_BLAME_NONE, "queued by Kueue", "");
		if (*queue)
			line_addf(view->reason, sizeof(view->reason),
				  " in queue %.80s", queue);
		return;
	}
	cJSON_ArrayForEach (gate, field_array(spec, "schedulingGates"))
		line_addf(names, sizeof(names), "%s%.80s", *names ? ", " : "",
			  field_text(gate, "name"));
	say(view, POD_BLAME_NONE, "SchedulingGated", *names ? names : message);
}

/* A pod without a node: the scheduler's words, or that there were none. */
static bool say_unscheduled(const cJSON *pod, struct pod_view *view)
{
	const cJSON *condition = condition_of(pod, "PodScheduled");
	const char *reason = field_text(condition, "reason");
	const char *message = field_text(condition, "message");
	const char *scheduler =
		field_text(field_object(pod, "spec"), "schedulerName");

	if (*view->node)
		return false;
	if (!strcmp(reason, "SchedulingGated") ||
	    (!*reason && has_kueue_gate(field_object(pod, "spec")))) {
		say_gated(pod, message, view);
	} else if (*reason) {
		char text[80] = "";

		line_addf(text, sizeof(text), "%.60s", reason);
		say(view, POD_BLAME_NONE, text, message);
	} else if (*scheduler && strcmp(scheduler, "default-scheduler")) {
		/* a scheduler that is not there says nothing, ever */
		line_addf(view->reason, sizeof(view->reason),
			  "waiting for scheduler %.100s (does it run?)",
			  scheduler);
	} else {
		say(view, POD_BLAME_NONE, "waiting for the scheduler", "");
	}
	return true;
}

/* ---- containers -----------------------------------------------------------
 */

static const cJSON *ended_of(const cJSON *status)
{
	return field_object(field_object(status, "state"), "terminated");
}

/* With the container's name before it, unless it is the command's. */
static bool say_container(const cJSON *pod, struct pod_view *view, int at,
			  bool is_end)
{
	const struct pod_container *container = &view->containers[at];
	const cJSON *status = pod_status_find(pod, container->name);
	bool is_main = at == view->main_container;
	char text[sizeof(view->reason)] = "";
	struct pod_words words = {.text = text, .size = sizeof(text)};

	if (is_end ? !pod_words_end(pod, container->name, is_main,
				    ended_of(status), &words)
		   : !pod_words_wait(pod, container->name, status, &words))
		return false;
	if (!is_main)
		line_addf(view->reason, sizeof(view->reason), "%s %s: ",
			  container->is_init ? "init container" : "container",
			  container->name);
	line_add(view->reason, sizeof(view->reason), text, strlen(text));
	view->blame = words.blame;
	view->is_stuck = words.is_stuck;
	return true;
}

static bool say_any(const cJSON *pod, struct pod_view *view, bool is_init,
		    bool is_end)
{
	int i, main = view->main_container;

	if (!is_init && main >= 0 && say_container(pod, view, main, is_end))
		return true;
	for (i = 0; i < view->container_count; i++)
		if (view->containers[i].is_init == is_init && i != main &&
		    say_container(pod, view, i, is_end))
			return true;
	return false;
}

static bool is_sidecar(const cJSON *item)
{
	return field_is(item, "restartPolicy", "Always");
}

/* "Init:1/3: fetch is running". */
static bool say_init_progress(const cJSON *pod, struct pod_view *view)
{
	const cJSON *items =
		field_array(field_object(pod, "spec"), "initContainers");
	const cJSON *item;
	const char *current = NULL;
	int count = 0, done = 0;

	cJSON_ArrayForEach (item, items) {
		const char *name = field_text(item, "name");
		const cJSON *status = pod_status_find(pod, name);
		const cJSON *ended = ended_of(status);
		bool is_done =
			is_sidecar(item)
				? field_is_true(status, "started")
				: ended && field_integer(ended, "exitCode",
							 -1) == 0;

		count++;
		done += is_done;
		if (!is_done && !current)
			current = name;
	}
	if (!current)
		return false;
	line_addf(view->reason, sizeof(view->reason),
		  "Init:%d/%d: init container %.63s %s", done, count, current,
		  field_object(
			  field_object(pod_status_find(pod, current), "state"),
			  "running")
			  ? "is running"
			  : "is being started");
	return true;
}

static void say_pending(const cJSON *pod, struct pod_view *view)
{
	if (say_pod_reason(pod, view) || say_disruption(pod, view) ||
	    say_unscheduled(pod, view) || say_any(pod, view, true, false) ||
	    say_any(pod, view, true, true) ||
	    say_any(pod, view, false, false) || say_init_progress(pod, view))
		return;
	line_addf(view->reason, sizeof(view->reason), "being started on %s",
		  node_name(view));
}

/* A running pod can have a command that has ended (a sidecar goes on), or one
 * that could not be started. */
static void say_running(const cJSON *pod, struct pod_view *view)
{
	int main = view->main_container;

	if (say_pod_reason(pod, view) || say_disruption(pod, view))
		return;
	if (main < 0 || say_container(pod, view, main, false))
		return;
	say_container(pod, view, main, true);
}

static void say_failed(const cJSON *pod, struct pod_view *view)
{
	char text[160] = "";

	if (say_pod_reason(pod, view) || say_disruption(pod, view) ||
	    say_any(pod, view, true, true) || say_any(pod, view, false, true))
		return;
	/* a failure nobody could write down: the node went with it */
	view->is_mute = true;
	line_addf(text, sizeof(text),
		  "failed on node %s, which left no word of why",
		  node_name(view));
	say(view, POD_BLAME_INFRASTRUCTURE, text,
	    field_text(field_object(pod, "status"), "message"));
}

void pod_reason_find(const cJSON *pod, struct pod_view *view)
{
	bool is_ending = view->is_deleting && view->phase != POD_SUCCEEDED &&
			 view->phase != POD_FAILED;

	if (is_ending)
		line_addf(view->reason, sizeof(view->reason), "Terminating: ");
	switch (view->phase) {
	case POD_PENDING:
		say_pending(pod, view);
		break;
	case POD_RUNNING:
		say_running(pod, view);
		break;
	case POD_FAILED:
		say_failed(pod, view);
		break;
	case POD_UNKNOWN:
		if (say_pod_reason(pod, view) || say_disruption(pod, view))
			break;
		line_addf(view->reason, sizeof(view->reason),
			  "node %s was lost", node_name(view));
		view->blame = POD_BLAME_INFRASTRUCTURE;
		break;
	case POD_SUCCEEDED:
		break;
	}
	if (is_ending && view->blame == POD_BLAME_NONE)
		line_copy(view->reason, sizeof(view->reason), "Terminating",
			  strlen("Terminating"));
}
