/* SPDX-License-Identifier: MIT */
/*
 * A job with several pods while it lives.
 *
 * It has started when its leading pod has.  It waits while that one does, or
 * any other: a worker that runs may still be waiting for a parameter server
 * that cannot be placed, and then this is what people need to know.  How it
 * ends its object says alone (finish.c).
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_waiting(const struct k8s_pod *pod)
{
	const struct pod_container *main = k8s_main_container(&pod->view);

	return !pod->is_gone && !k8s_pod_has_ended(&pod->view) &&
	       (!main || main->state == POD_CONTAINER_WAITING);
}

const char *k8s_pod_reason(const struct k8s_job *job, const struct k8s_pod *pod)
{
	if (!is_waiting(pod))
		return "";
	if (pod->view.reason[0])
		return pod->view.reason;
	return job->event_reason && job->event_pod &&
			       !strcmp(job->event_pod, pod->view.name)
		       ? job->event_reason
		       : "";
}

static bool has_live_pod(const struct k8s_job *job)
{
	for (const struct k8s_pod *pod = job->pods; pod; pod = pod->next)
		if (!pod->is_gone && !k8s_pod_has_ended(&pod->view))
			return true;
	return false;
}

/* The leading pod's reason, or the first other's with its name before it; ""
 * when no pod waits for anything that is worth a word. */
static void pods_reason(const struct k8s_job *job, char *ret, size_t size)
{
	const char *reason = job->lead ? k8s_pod_reason(job, job->lead) : "";
	char name[80];

	snprintf(ret, size, "%s", reason);
	for (const struct k8s_pod *pod = job->pods; pod && !*ret;
	     pod = pod->next) {
		reason = k8s_pod_reason(job, pod);
		if (!*reason)
			continue;
		pod_role_format(&pod->role, name, sizeof(name));
		snprintf(ret, size, "%s: %s", name, reason);
	}
}

static const char *object_reason(struct k8s_job *job)
{
	if (job->queue_reason)
		return job->queue_reason;
	if (job->event_reason && !job->event_pod)
		return job->event_reason;
	if (job->has_status && job->status.reason[0])
		return job->status.reason;
	if (job->has_status && job->status.is_suspended)
		return "suspended";
	return k8s_operator_reason(job);
}

static void tell_waiting(struct k8s_job *job)
{
	char reason[512];

	if (!has_live_pod(job)) {
		k8s_tell_waiting(job, object_reason(job));
		return;
	}
	pods_reason(job, reason, sizeof(reason));
	k8s_tell_waiting(job, reason);
}

static void look_at_stuck(struct k8s_job *job)
{
	for (struct k8s_pod *pod = job->pods; pod; pod = pod->next) {
		if (!pod->view.is_stuck || !is_waiting(pod))
			pod->stuck_since_ns = 0;
		else if (!pod->stuck_since_ns)
			pod->stuck_since_ns = clock_mono_ns();
	}
}

void k8s_roles_look(struct k8s_job *job)
{
	const struct pod_container *main = k8s_main_container(job->pod);

	if (main && main->has_log)
		k8s_tell_started(job, main->started_ns);
	else if (!job->pods && !job->platform->config->role_count &&
		 job->has_status && job->status.phase == KIND_RUNNING)
		k8s_tell_started(job, job->status.started_ns);
	if (job->platform->reach == K8S_REACH_LOGS ||
	    k8s_scans_logs(job->platform))
		podlog_follow_metrics(job->log);
	if (job->platform->kind->loses_pods && job->pods)
		podlog_follow(job->log, true);
	look_at_stuck(job);
	tell_waiting(job);
}

/* One that waits for what does not pass by itself holds up all the others. */
void k8s_roles_check(struct k8s_job *job, int64_t now)
{
	int64_t limit_ns =
		job->platform->config->image_pull_timeout_s * NS_PER_S;
	char reason[512], name[80] = "";

	for (struct k8s_pod *pod = job->pods; pod; pod = pod->next) {
		if (!pod->stuck_since_ns ||
		    now - pod->stuck_since_ns < limit_ns)
			continue;
		if (pod != job->lead)
			pod_role_format(&pod->role, name, sizeof(name));
		snprintf(reason, sizeof(reason), "%s%s%s", name,
			 *name ? ": " : "", pod->view.reason);
		k8s_end(job,
			pod->view.blame == POD_BLAME_IMAGE ? JOB_BLAME_PLATFORM
							   : JOB_BLAME_CONFIG,
			-1, reason);
		return;
	}
}
