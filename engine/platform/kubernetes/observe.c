/* SPDX-License-Identifier: MIT */
/*
 * What the cluster tells: three watches for all jobs of the experiment, of
 * objects and events here, of pods in pods.c.
 *
 * Nothing is kept of objects but what struct k8s_job says.  An object of ours
 * that no attempt stands behind is removed: it is left from before a crash, or
 * a trial was killed while its create request was under way.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cJSON *metadata_of(const cJSON *object)
{
	return cJSON_GetObjectItemCaseSensitive(object, "metadata");
}

static const char *text_of(const cJSON *object, const char *name)
{
	const char *text = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(object, name));

	return text ? text : "";
}

void k8s_watch_fault(struct platform *platform, int slot, const char *what,
		     const char *text)
{
	char *whole = text ? xasprintf("watch %s: %s", what, text) : NULL;

	k8s_tell_fault(platform, slot, whole);
	free(whole);
}

/* ---- a job's news ------------------------------------------------------- */

void k8s_tell_started(struct k8s_job *job, int64_t at_ns)
{
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;

	if (job->is_started_told)
		return;
	job->stuck_since_ns = 0;
	job->is_started_told = true;
	callbacks->started(callbacks->arg, job->trial, job->attempt,
			   at_ns ? at_ns : clock_wall_ns());
}

static void look_at_pod(struct k8s_job *job)
{
	const struct pod_view *pod = job->pod;
	const struct pod_container *main = k8s_main_container(pod);

	if (!pod->is_deleting)
		job->leaving_since_ns = 0;
	else if (!job->leaving_since_ns)
		job->leaving_since_ns = clock_mono_ns();
	if (!main || main->state != POD_CONTAINER_TERMINATED)
		job->lingering_since_ns = 0;
	else if (!job->lingering_since_ns)
		job->lingering_since_ns = clock_mono_ns();
	if (main && main->has_log) {
		k8s_tell_started(job, main->started_ns);
		if (job->platform->reach == K8S_REACH_LOGS)
			podlog_follow(job->log, true);
		else if (k8s_scans_logs(job->platform))
			podlog_follow_metrics(job->log);
		return;
	}
	if (!pod->is_stuck)
		job->stuck_since_ns = 0;
	else if (!job->stuck_since_ns)
		job->stuck_since_ns = clock_mono_ns();
	k8s_tell_waiting(job, pod->reason[0] ? pod->reason : job->event_reason);
}

void k8s_job_look(struct k8s_job *job)
{
	if (job->phase != K8S_LIVE)
		return;
	if (job->has_second_pod) {
		job->has_second_pod = false;
		k8s_pod_lost(job);
		return;
	}
	if (!job->platform->kind->ends_with_pod)
		k8s_roles_look(job);
	else if (job->pod)
		look_at_pod(job);
	else if (job->queue_reason)
		k8s_tell_waiting(job, job->queue_reason);
	else if (job->event_reason)
		k8s_tell_waiting(job, job->event_reason);
	else if (job->has_status && job->status.is_suspended)
		k8s_tell_waiting(job, job->status.reason);
	if (job->has_status && (job->status.phase == KIND_SUCCEEDED ||
				job->status.phase == KIND_FAILED))
		k8s_finish(job);
}

/* ---- jobs --------------------------------------------------------------- */

static void jobs_listing(void *arg)
{
	struct platform *platform = arg;

	platform->list_number++;
}

static bool is_kept(const struct platform *platform, const cJSON *object)
{
	enum job_cleanup cleanup = platform->config->cleanup;
	struct kind_status status;

	if (!platform->kind->read(platform->config, object, &status) ||
	    (status.phase != KIND_SUCCEEDED && status.phase != KIND_FAILED))
		return false;
	return cleanup == CLEANUP_NONE ||
	       (cleanup == CLEANUP_SUCCEEDED && status.phase == KIND_FAILED);
}

static void unknown_job(struct platform *platform, enum kube_change change,
			const cJSON *object)
{
	const cJSON *metadata = metadata_of(object);

	if (change == KUBE_DELETED || is_kept(platform, object) ||
	    cJSON_GetObjectItemCaseSensitive(metadata, "deletionTimestamp"))
		return;
	k8s_remove_unwanted(platform, text_of(metadata, "name"),
			    text_of(metadata, "uid"));
}

static void job_object(void *arg, enum kube_change change, const cJSON *object)
{
	struct platform *platform = arg;
	const cJSON *metadata = metadata_of(object);
	const char *uid = text_of(metadata, "uid");
	struct k8s_job *job =
		k8s_job_named(platform, text_of(metadata, "name"));
	bool is_going;

	if (!job) {
		unknown_job(platform, change, object);
		return;
	}
	is_going =
		cJSON_GetObjectItemCaseSensitive(metadata, "deletionTimestamp");
	/* this may come before the answer to the request that made it, and
	 * need not come again */
	if (job->phase <= K8S_MAKING && change != KUBE_DELETED) {
		if (is_going)
			return; /* DELETED or the next list will tell */
		k8s_adopt(job, uid);
	}
	if (strcmp(job->uid, uid) != 0)
		return; /* another of this name */
	job->seen_in = platform->list_number;
	if (change == KUBE_DELETED) {
		k8s_gone(job);
		return;
	}
	job->has_status =
		platform->kind->read(platform->config, object, &job->status);
	k8s_parts_read(job, object);
	if (is_going && job->status.phase < KIND_SUCCEEDED)
		k8s_going(job);
	else
		k8s_job_look(job);
}

/* What existed when the list began and is not in it is gone. */
static void jobs_listed(void *arg)
{
	struct platform *platform = arg;

	platform->is_listed = true;
	for (struct k8s_job *job = platform->first, *next; job; job = next) {
		next = job->later;
		if (job->phase == K8S_PENDING && job->is_resumed) {
			job->is_resumed = false;
			if (job->is_killed)
				k8s_end(job, JOB_BLAME_TRIAL, -1,
					"was not running");
			else if (job->is_created_told || job->is_started_told)
				k8s_end(job, JOB_BLAME_TRIAL, -1,
					"its job was deleted while nobody "
					"watched");
			continue;
		}
		if (job->uid[0] && !job->is_gone &&
		    job->live_since < platform->list_number &&
		    job->seen_in != platform->list_number)
			k8s_gone(job);
	}
	k8s_go_on(platform);
}

static void jobs_fault(void *arg, const char *text)
{
	struct platform *platform = arg;

	k8s_watch_fault(platform, 1, platform->resource.plural, text);
}

/* ---- events ------------------------------------------------------------- */

/* The cluster repeats itself, with numbers that change, for as long as a job
 * waits. */
static bool is_event_news(struct k8s_job *job, const struct pod_event *event)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (const char *c = event->message; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	for (int i = 0; i < job->told_event_count; i++)
		if (job->told_events[i] == hash)
			return false;
	if (job->told_event_count == K8S_JOB_EVENTS_MAX)
		return false;
	job->told_events[job->told_event_count++] = hash;
	return true;
}

static void event_object(void *arg, enum kube_change change,
			 const cJSON *object)
{
	struct platform *platform = arg;
	struct pod_event event;
	struct k8s_job *job;
	struct k8s_pod *pod;
	char sentence[400];

	if (change == KUBE_DELETED || !pod_event_read(object, &event))
		return;
	job = strcmp(event.kind, "Pod") != 0
		      ? k8s_job_named(platform, event.name)
		      : k8s_job_of_pod(platform, event.name);
	if (!job || !event.is_warning || job->phase == K8S_OVER)
		return;
	if (strcmp(event.reason, "MissingClusterDNS") != 0 && /* no trouble */
	    is_event_news(job, &event))
		k8s_tell_event(platform, job, EVENT_WARNING, event.reason, "%s",
			       event.message);
	/* it has been placed since: a list tells old events again */
	pod = k8s_pod_named(job, event.name);
	if (!strcmp(event.reason, "FailedScheduling") && pod &&
	    pod->view.node[0])
		return;
	if (!pod_event_explains(&event, sentence, sizeof(sentence)))
		return;
	free(job->event_reason);
	job->event_reason = xstrdup(sentence);
	free(job->event_pod);
	job->event_pod = strcmp(event.kind, "Pod") ? NULL : xstrdup(event.name);
	k8s_job_look(job);
}

static void events_fault(void *arg, const char *text)
{
	k8s_watch_fault(arg, 3, "events", text);
}

static void nothing(void *arg)
{
	(void)arg;
}

/* ---- the watches -------------------------------------------------------- */

void k8s_objects_watch(struct platform *platform)
{
	char *path = k8s_kind_path(platform, NULL);
	struct kube_watch_options options = {
		.client = platform->client,
		.path = path,
		.label_selector = platform->selector,
		.unread = platform->kind->unread,
		.listing = jobs_listing,
		.object = job_object,
		.listed = jobs_listed,
		.fault = jobs_fault,
		.arg = platform,
	};

	kube_watch_close(platform->jobs_watch);
	platform->jobs_watch = kube_watch_open(&options);
	free(path);
}

void k8s_observe_open(struct platform *platform)
{
	char *events = k8s_core_path(platform, "events", NULL);
	struct kube_watch_options options = {
		.client = platform->client,
		.path = events,
		.field_selector = "type=Warning",
		.listing = nothing,
		.object = event_object,
		.listed = nothing,
		.fault = events_fault,
		.arg = platform,
	};

	if (platform->is_served)
		k8s_objects_watch(platform);
	k8s_pods_open(platform);
	platform->events_watch = kube_watch_open(&options);
	free(events);
	k8s_workloads_open(platform);
}

void k8s_observe_close(struct platform *platform)
{
	kube_watch_close(platform->jobs_watch);
	k8s_pods_close(platform);
	kube_watch_close(platform->events_watch);
	k8s_workloads_close(platform);
}
