/* SPDX-License-Identifier: MIT */
#include "tests/cluster/player/jobs.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct jobs {
	struct http *http;
	const char *node;
};

static const cJSON *at(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *text_at(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(at(object, key));
}

static void add_now(struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT;

	clock_format_iso(&text, clock_wall_ns());
	/* status fields have whole seconds */
	strbuf_addf(out, "\"%.19sZ\"", text.data);
	strbuf_release(&text);
}

static void patch_status(struct jobs *jobs, const char *path, const char *body)
{
	char *status = xasprintf("%s/status", path);

	http_send(jobs->http,
		  &(struct http_request){
			  .method = "PATCH",
			  .path = status,
			  .body = body,
			  .content_type = "application/merge-patch+json"});
	free(status);
}

static cJSON *owner_of(const char *name, const char *uid)
{
	cJSON *owners = cJSON_CreateArray(), *owner = cJSON_CreateObject();

	cJSON_AddStringToObject(owner, "apiVersion", "batch/v1");
	cJSON_AddStringToObject(owner, "kind", "Job");
	cJSON_AddStringToObject(owner, "name", name);
	cJSON_AddStringToObject(owner, "uid", uid);
	cJSON_AddTrueToObject(owner, "controller");
	cJSON_AddTrueToObject(owner, "blockOwnerDeletion");
	cJSON_AddItemToArray(owners, owner);
	return owners;
}

/* The API server has put the labels job-name and controller-uid into it. */
static cJSON *pod_of(const struct jobs *jobs, const cJSON *job,
		     const char *name, const char *uid)
{
	cJSON *pod = cJSON_Duplicate(at(at(job, "spec"), "template"), true);
	cJSON *metadata = cJSON_GetObjectItemCaseSensitive(pod, "metadata");
	char *pod_name = xasprintf("%s-%.5s", name, uid);

	cJSON_DeleteItemFromObject(metadata, "creationTimestamp");
	cJSON_AddStringToObject(metadata, "name", pod_name);
	cJSON_AddItemToObject(metadata, "ownerReferences", owner_of(name, uid));
	cJSON_AddStringToObject(cJSON_GetObjectItemCaseSensitive(pod, "spec"),
				"nodeName", jobs->node);
	free(pod_name);
	return pod;
}

static void job_news(const char *type, const cJSON *job, void *arg)
{
	struct jobs *jobs = arg;
	const cJSON *metadata = at(job, "metadata");
	const char *name = text_at(metadata, "name");
	const char *uid = text_at(metadata, "uid");
	const char *space = text_at(metadata, "namespace");
	struct strbuf status = STRBUF_INIT;
	char *pods, *path, *body;
	cJSON *pod;

	if (strcmp(type, "ADDED") != 0 || !name || !uid || !space ||
	    at(metadata, "deletionTimestamp") ||
	    at(at(job, "status"), "startTime"))
		return;
	pod = pod_of(jobs, job, name, uid);
	body = cJSON_PrintUnformatted(pod);
	cJSON_Delete(pod);
	pods = xasprintf("/api/v1/namespaces/%s/pods", space);
	http_send(jobs->http, &(struct http_request){.method = "POST",
						     .path = pods,
						     .body = body});
	free(pods);
	free(body);
	strbuf_adds(&status, "{\"status\":{\"active\":1,\"startTime\":");
	add_now(&status);
	strbuf_adds(&status, "}}");
	path = xasprintf("/apis/batch/v1/namespaces/%s/jobs/%s", space, name);
	patch_status(jobs, path, status.data);
	free(path);
	strbuf_release(&status);
}

struct jobs *jobs_play(struct http *http, const char *node)
{
	struct jobs *jobs = xcalloc(1, sizeof(*jobs));

	jobs->http = http;
	jobs->node = node;
	http_watch(http, "/apis/batch/v1/jobs",
		   "&labelSelector=app%3Dnni-kubernetes-trial", job_news, jobs);
	return jobs;
}

char *job_path(const cJSON *pod)
{
	const cJSON *metadata = at(pod, "metadata");
	const char *name = text_at(at(metadata, "labels"), "job-name");
	const char *space = text_at(metadata, "namespace");

	return name && space ? xasprintf("/apis/batch/v1/namespaces/%s/jobs/%s",
					 space, name)
			     : NULL;
}

void job_complete(struct jobs *jobs, const char *path)
{
	struct strbuf status = STRBUF_INIT;

	strbuf_adds(&status, "{\"status\":{\"active\":null,\"succeeded\":1,"
			     "\"completionTime\":");
	add_now(&status);
	strbuf_adds(&status, ",\"conditions\":[{\"type\":\"Complete\","
			     "\"status\":\"True\",\"lastTransitionTime\":");
	add_now(&status);
	strbuf_adds(&status, "}]}}");
	patch_status(jobs, path, status.data);
	strbuf_release(&status);
}
