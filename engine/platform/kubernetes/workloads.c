/* SPDX-License-Identifier: MIT */
/*
 * Why a job is queued: a watch of Kueue's Workloads, for experiments with a
 * queue, on clusters that serve them.
 *
 * It only explains.  So whatever goes wrong with it is told once, as an event,
 * and is no fault of the experiment: the job says itself that it is suspended.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/mem.h"
#include "engine/pod/field.h"
#include "engine/pod/workload.h"

#include <stdlib.h>
#include <string.h>

#define GROUP "/apis/kueue.x-k8s.io"

static struct k8s_job *job_of(struct platform *platform,
			      const struct workload_view *view)
{
	struct k8s_job *job;

	if (view->job_name[0]) {
		job = k8s_job_named(platform, view->job_name);
		/* the answer to its creation may come later than this */
		return job && (!job->uid[0] || !strcmp(job->uid, view->job_uid))
			       ? job
			       : NULL;
	}
	for (job = platform->first; job; job = job->later)
		if (!strcmp(job->uid, view->job_uid))
			return job;
	return NULL;
}

static void workload_object(void *arg, enum kube_change change,
			    const cJSON *object)
{
	struct workload_view view;
	struct k8s_job *job;

	if (!workload_read(object, &view))
		return;
	job = job_of(arg, &view);
	if (!job || job->phase == K8S_OVER)
		return;
	if (job->queue_reason && job->phase == K8S_LIVE && !job->pod)
		k8s_tell_waiting(job, job->event_reason); /* it is old */
	free(job->queue_reason);
	job->queue_reason = change != KUBE_DELETED && view.reason[0]
				    ? xstrdup(view.reason)
				    : NULL;
	k8s_job_look(job);
}

static void listing(void *arg)
{
	(void)arg;
}

static void listed(void *arg)
{
	struct platform *platform = arg;

	platform->is_queue_told = true;
}

static void tell_once(struct platform *platform, const char *why)
{
	if (!platform->is_queue_told)
		k8s_tell_event(platform, NULL, EVENT_WARNING, "queue",
			       "why trials wait in queue %s stays unknown: %s",
			       platform->config->queue, why);
	platform->is_queue_told = true;
}

static void watch_fault(void *arg, const char *text)
{
	if (text)
		tell_once(arg, text);
}

static void watch(struct platform *platform, const char *version)
{
	char *path = xasprintf(GROUP "/%s/namespaces/%s/workloads", version,
			       platform->namespace);
	struct kube_watch_options options = {
		.client = platform->client,
		.path = path,
		.listing = listing,
		.object = workload_object,
		.listed = listed,
		.fault = watch_fault,
		.arg = platform,
	};

	platform->workloads_watch = kube_watch_open(&options);
	free(path);
}

/* Which of the versions we can read are served? */
static void group_answered(const struct kube_reply *reply, void *arg)
{
	static const char *const known[] = {"v1beta2", "v1beta1"};
	struct platform *platform = arg;
	cJSON *group;

	platform->workloads_call = NULL;
	if (reply->code == 404) {
		tell_once(platform, "this cluster has no Kueue");
		return;
	}
	if (reply->err.code) {
		tell_once(platform, reply->err.text);
		return;
	}
	group = cJSON_ParseWithLength(reply->body, reply->len);
	for (size_t i = 0; i < COUNT_OF(known) && !platform->workloads_watch;
	     i++)
		if (field_find(field_array(group, "versions"), "version",
			       known[i]))
			watch(platform, known[i]);
	cJSON_Delete(group);
	if (!platform->workloads_watch)
		tell_once(platform, "its Kueue serves neither v1beta1 nor "
				    "v1beta2");
}

void k8s_workloads_open(struct platform *platform)
{
	struct kube_request request = {.method = KUBE_GET, .path = GROUP};

	if (platform->config->queue)
		platform->workloads_call = kube_call(platform->client, &request,
						     group_answered, platform);
}

void k8s_workloads_close(struct platform *platform)
{
	kube_cancel(platform->workloads_call);
	kube_watch_close(platform->workloads_watch);
}
