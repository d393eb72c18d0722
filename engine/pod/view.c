/* SPDX-License-Identifier: MIT */
/*
 * The digest of a pod: names, times, containers.
 *
 * Containers are those of the spec, because a status lists only what the
 * kubelet has seen (nothing of an evicted pod) and in its own order; a status
 * is found by name.  Objects without a spec are read from their status alone.
 */
#include "engine/pod/view.h"

#include "base/mem.h"
#include "engine/pod/field.h"
#include "engine/pod/view_private.h"

#include <string.h>

_Static_assert(sizeof(struct pod_view) <= 2048,
	       "no more than 2 KiB stay of a pod");

static const char *const SPECS[] = {"initContainers", "containers"};
static const char *const STATUSES[] = {"initContainerStatuses",
				       "containerStatuses"};

#define UNREAD_OF(list)                                                        \
	list ".args", list ".command", list ".env", list ".envFrom",           \
		list ".imagePullPolicy", list ".lifecycle",                    \
		list ".livenessProbe", list ".ports", list ".readinessProbe",  \
		list ".securityContext", list ".startupProbe",                 \
		list ".terminationMessagePath",                                \
		list ".terminationMessagePolicy", list ".volumeDevices",       \
		list ".volumeMounts"

const char *const pod_unread[] = {
	UNREAD_OF("spec.containers"),
	UNREAD_OF("spec.initContainers"),
	"metadata.generateName",
	"spec.affinity",
	"spec.dnsPolicy",
	"spec.enableServiceLinks",
	"spec.ephemeralContainers",
	"spec.imagePullSecrets",
	"spec.nodeSelector",
	"spec.preemptionPolicy",
	"spec.priority",
	"spec.securityContext",
	"spec.serviceAccount",
	"spec.serviceAccountName",
	"spec.terminationGracePeriodSeconds",
	"spec.tolerations",
	"spec.topologySpreadConstraints",
	"spec.volumes",
	"status.hostIP",
	"status.podIPs",
	"status.qosClass",
	NULL,
};

const cJSON *pod_spec_find(const cJSON *pod, const char *name,
			   bool *ret_is_init)
{
	const cJSON *spec = field_object(pod, "spec"), *found = NULL;

	for (int i = 0; i < 2 && !found; i++) {
		found = field_find(field_array(spec, SPECS[i]), "name", name);
		if (found && ret_is_init)
			*ret_is_init = i == 0;
	}
	return found;
}

const cJSON *pod_status_find(const cJSON *pod, const char *name)
{
	const cJSON *status = field_object(pod, "status"), *found = NULL;

	for (int i = 0; i < 2 && !found; i++)
		found = field_find(field_array(status, STATUSES[i]), "name",
				   name);
	return found;
}

static enum pod_phase read_phase(const char *text)
{
	static const char *const names[] = {
		[POD_PENDING] = "Pending",     [POD_RUNNING] = "Running",
		[POD_SUCCEEDED] = "Succeeded", [POD_FAILED] = "Failed",
		[POD_UNKNOWN] = "Unknown",
	};

	if (!*text)
		return POD_PENDING; /* nobody has looked at it yet */
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (!strcmp(text, names[i]))
			return (enum pod_phase)i;
	return POD_UNKNOWN;
}

static bool has_run(const cJSON *terminated)
{
	return terminated && (*field_text(terminated, "containerID") ||
			      field_time(terminated, "startedAt"));
}

static void read_state(const cJSON *status, struct pod_container *container)
{
	const cJSON *state = field_object(status, "state");
	const cJSON *running = field_object(state, "running");
	const cJSON *ended = field_object(state, "terminated");
	const cJSON *before =
		field_object(field_object(status, "lastState"), "terminated");

	container->restarts = field_integer(status, "restartCount", 0);
	if (container->restarts < 0)
		container->restarts = 0;
	container->has_log = running || has_run(ended) || has_run(before);
	if (running) {
		container->state = POD_CONTAINER_RUNNING;
		container->started_ns = field_time(running, "startedAt");
	} else if (ended) {
		int code = field_integer(ended, "exitCode", -1);

		container->state = POD_CONTAINER_TERMINATED;
		container->exit_code = code >= 0 && code <= 255 ? code : -1;
		container->started_ns = field_time(ended, "startedAt");
		container->ended_ns = field_time(ended, "finishedAt");
	}
}

/* The last place belongs to the main container. */
static void add_container(const cJSON *pod, const cJSON *item, bool is_init,
			  const char *main_name, struct pod_view *view)
{
	struct pod_container container = {.is_init = is_init, .exit_code = -1};
	bool is_main = false;
	int at = view->container_count;

	if (!field_name(item, "name", container.name, sizeof(container.name)))
		return;
	if (*main_name && view->main_container < 0)
		is_main = !strcmp(container.name, main_name);
	if (at == POD_CONTAINERS_MAX && !is_main)
		return;
	if (at == POD_CONTAINERS_MAX)
		at--;
	else
		view->container_count++;
	read_state(pod_status_find(pod, container.name), &container);
	view->containers[at] = container;
	if (is_main)
		view->main_container = at;
}

static const char *find_main(const cJSON *array, const char *main_name)
{
	const cJSON *item;

	if (field_find(array, "name", main_name))
		return main_name;
	cJSON_ArrayForEach (item, array)
		if (*field_text(item, "name"))
			return field_text(item, "name");
	return "";
}

static void read_containers(const cJSON *pod, const char *main_name,
			    struct pod_view *view)
{
	const char *const *lists = SPECS;
	const cJSON *from = field_object(pod, "spec"), *item;

	if (!cJSON_GetArraySize(field_array(from, SPECS[1]))) {
		lists = STATUSES;
		from = field_object(pod, "status");
	}
	main_name = find_main(field_array(from, lists[1]), main_name);
	for (int i = 0; i < 2; i++)
		cJSON_ArrayForEach (item, field_array(from, lists[i]))
			add_container(pod, item, i == 0, i ? main_name : "",
				      view);
}

bool pod_view_read(const cJSON *pod, const char *main_name,
		   struct pod_view *ret, struct error *err)
{
	const cJSON *metadata = field_object(pod, "metadata");
	const cJSON *spec = field_object(pod, "spec");
	const cJSON *status = field_object(pod, "status");
	const char *kind = field_text(pod, "kind");
	const char *node = field_text(spec, "nodeName");
	const cJSON *placed;

	*ret = (struct pod_view){.main_container = -1};
	if (!cJSON_IsObject(pod) || (*kind && strcmp(kind, "Pod")))
		return error_set(err, ERROR_INVALID, "not a pod");
	if (!field_name(metadata, "name", ret->name, sizeof(ret->name)))
		return error_set(err, ERROR_INVALID, "a pod without a name");
	if (!field_name(metadata, "uid", ret->uid, sizeof(ret->uid)))
		return error_set(err, ERROR_INVALID, "pod %s has no uid",
				 ret->name);
	line_copy(ret->node, sizeof(ret->node), node, strlen(node));
	field_name(status, "podIP", ret->ip, sizeof(ret->ip));
	ret->phase = read_phase(field_text(status, "phase"));
	ret->is_deleting = *field_text(metadata, "deletionTimestamp");
	ret->created_ns = field_time(metadata, "creationTimestamp");
	placed = field_find(field_array(status, "conditions"), "type",
			    "PodScheduled");
	if (field_is(placed, "status", "True"))
		ret->scheduled_ns = field_time(placed, "lastTransitionTime");
	read_containers(pod, main_name, ret);
	pod_reason_find(pod, ret);
	return true;
}
