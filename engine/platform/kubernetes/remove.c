/* SPDX-License-Identifier: MIT */
/*
 * Deleting objects.
 *
 * A killed job is deleted in the foreground: its object stays until its pods
 * have ended, so "gone" means that nothing runs any more.  One that is over is
 * deleted in the background.  The uid is a precondition, so that an object
 * somebody made anew under the name survives.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static struct kube_call *send_delete(struct platform *platform,
				     const char *path, const char *uid,
				     bool is_foreground, kube_reply_fn *fn,
				     void *arg)
{
	struct kube_request request = {.method = KUBE_DELETE, .path = path};
	cJSON *options = cJSON_CreateObject();
	struct kube_call *call;
	char *body;

	cJSON_AddStringToObject(options, "kind", "DeleteOptions");
	cJSON_AddStringToObject(options, "apiVersion", "v1");
	cJSON_AddStringToObject(options, "propagationPolicy",
				is_foreground ? "Foreground" : "Background");
	if (uid)
		cJSON_AddStringToObject(
			cJSON_AddObjectToObject(options, "preconditions"),
			"uid", uid);
	body = cJSON_PrintUnformatted(options);
	request.body = body;
	request.body_len = strlen(body);
	request.is_brief = true;
	call = kube_call(platform->client, &request, fn, arg);
	free(body);
	cJSON_Delete(options);
	return call;
}

static void remove_answered(const struct kube_reply *reply, void *arg)
{
	struct k8s_job *job = arg;

	job->remove = NULL;
	job->removed_ns = clock_mono_ns();
	k8s_progress(job->platform);
	/* 409: the name belongs to another object by now */
	if (reply->code == 404 || reply->code == 409) {
		k8s_gone(job);
		return;
	}
	if (reply->err.code) {
		k8s_tell_event(job->platform, job, EVENT_WARNING,
			       "delete-failed", "delete job %s: %s", job->name,
			       reply->err.text);
		job->is_deleting = false;
		if (job->phase == K8S_OVER) /* it stays; the label finds it */
			job->is_gone = true;
	}
	if (job->phase == K8S_OVER)
		k8s_settle(job);
}

void k8s_remove(struct k8s_job *job, bool is_foreground)
{
	char *path;

	if (job->is_gone || job->remove || !job->uid[0])
		return;
	/* what it says while it ends belongs to its log, and is gone with it */
	if (is_foreground && job->pods &&
	    job->platform->streams < K8S_STREAMS_MAX)
		podlog_follow(job->log, true);
	job->is_deleting = true;
	path = k8s_kind_path(job->platform, job->name);
	job->remove = send_delete(job->platform, path, job->uid, is_foreground,
				  remove_answered, job);
	free(path);
}

/* ---- what is no job's --------------------------------------------------- */

static void removal_answered(const struct kube_reply *reply, void *arg)
{
	struct platform *platform = arg;

	k8s_progress(platform);
	if (reply->err.code && reply->code != 404 && reply->code != 409)
		k8s_tell_event(platform, NULL, EVENT_WARNING, "delete-failed",
			       "clean up: %s", reply->err.text);
	if (--platform->removals == 0)
		loop_wake(platform->context.loop);
}

void k8s_remove_path(struct platform *platform, const char *path)
{
	platform->removals++;
	send_delete(platform, path, NULL, false, removal_answered, platform);
}

void k8s_remove_unwanted(struct platform *platform, const char *name,
			 const char *uid)
{
	char *path = k8s_kind_path(platform, name);

	platform->removals++;
	send_delete(platform, path, *uid ? uid : NULL, false, removal_answered,
		    platform);
	free(path);
}
