/* SPDX-License-Identifier: MIT */
/* The API server of kube_world. */
#include "tests/unit/platform/kube_world.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JOBS "/apis/batch/v1/namespaces/lab/jobs"
#define CORE "/api/v1/namespaces/lab/"

static const char *collection_of(const struct kube_world *world)
{
	return world->collection ? world->collection : JOBS;
}

/* ---- objects ------------------------------------------------------------ */

static char *job_json(struct kube_world *world, const struct kube_object *job)
{
	char trial[16] = "";
	const char *at = strstr(job->name, "-trial-");

	if (at)
		snprintf(trial, sizeof(trial), "%.5s", at + 7);
	return xasprintf("{\"kind\":\"Job\",\"metadata\":{\"name\":\"%s\","
			 "\"uid\":\"%s\",%s\"resourceVersion\":\"%d\","
			 "\"labels\":{\"app\":\"nni-kubernetes-trial\","
			 "\"expId\":\"expx1234\",\"trialId\":\"%s\","
			 "\"attempt\":\"%s\"}},\"status\":%s}",
			 job->name, job->uid, job->is_going ? DELETING : "",
			 ++world->version, trial, strrchr(job->name, '-') + 1,
			 job->status);
}

static void push(struct kube_world *world, enum kube_list list,
		 const char *change, const char *object)
{
	char *line =
		xasprintf("{\"type\":\"%s\",\"object\":%s}\n", change, object);

	rig_chunk(world->rig, world->watches[list], line);
	free(line);
}

static void push_job(struct kube_world *world, const struct kube_object *job,
		     const char *change)
{
	char *object = job_json(world, job);

	push(world, LIST_JOBS, change, object);
	free(object);
}

static struct kube_object *find_job(struct kube_world *world, const char *name,
				    size_t len)
{
	for (int i = 0; i < world->job_count; i++)
		if (strlen(world->jobs[i].name) == len &&
		    !memcmp(world->jobs[i].name, name, len))
			return &world->jobs[i];
	return NULL;
}

static struct kube_object *add_job(struct kube_world *world, const char *name,
				   const char *status)
{
	struct kube_object *job = &world->jobs[world->job_count];

	for (int i = 0; i < world->job_count; i++)
		if (!*world->jobs[i].name)
			job = &world->jobs[i];
	if (job == &world->jobs[world->job_count])
		world->job_count++;
	assert_true(world->job_count < KUBE_JOBS);
	memset(job, 0, sizeof(*job));
	snprintf(job->name, sizeof(job->name), "%s", name);
	snprintf(job->uid, sizeof(job->uid), "uid-%d", ++world->uids);
	job->status = status;
	return job;
}

static void format_name(char name[64], int trial, int attempt)
{
	snprintf(name, 64, "nni-exp-expx1234-trial-t%04d-%d", trial, attempt);
}

struct kube_object *kube_job(struct kube_world *world, int trial, int attempt)
{
	char name[64];

	format_name(name, trial, attempt);
	return find_job(world, name, strlen(name));
}

struct kube_object *kube_job_add(struct kube_world *world, int trial,
				 int attempt, const char *status)
{
	char name[64];

	format_name(name, trial, attempt);
	return add_job(world, name, status);
}

void kube_job_is(struct kube_world *world, struct kube_object *job,
		 const char *status)
{
	job->status = status;
	push_job(world, job, "MODIFIED");
}

void kube_job_goes(struct kube_world *world, struct kube_object *job)
{
	job->is_going = true;
	push_job(world, job, "MODIFIED");
}

void kube_job_is_gone(struct kube_world *world, struct kube_object *job)
{
	push_job(world, job, "DELETED");
	job->name[0] = '\0';
}

static char *pod_json(struct kube_world *world, const struct kube_object *job,
		      const char *name, const char *extra, const char *status)
{
	return xasprintf(
		"{\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s-%s\","
		"\"uid\":\"%s-%s\",%s\"resourceVersion\":\"%d\","
		"\"creationTimestamp\":\"2026-01-01T00:00:00Z\","
		"\"labels\":{\"job-name\":\"%s\"},\"ownerReferences\":"
		"[{\"kind\":\"Job\",\"uid\":\"%s\"}]},\"spec\":{\"nodeName\":"
		"\"n1\",\"containers\":[{\"name\":\"trial\"}]},\"status\":%s}",
		job->name, name, job->uid, name, extra, ++world->version,
		job->name, job->uid, status);
}

void kube_pod(struct kube_world *world, const struct kube_object *job,
	      const char *change, const char *name, const char *extra,
	      const char *status)
{
	char *object = pod_json(world, job, name, extra, status);

	push(world, LIST_PODS, change, object);
	free(object);
}

static char *role_pod_json(struct kube_world *world,
			   const struct kube_object *job, const char *role,
			   int index, int generation, const char *extra,
			   const char *status)
{
	char trial[16];
	bool is_placed = strstr(status, "containerStatuses");

	snprintf(trial, sizeof(trial), "%.5s",
		 strstr(job->name, "-trial-") + 7);
	return xasprintf(
		"{\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s-%s-%d\","
		"\"uid\":\"%s-%s-%d-%d\",%s\"resourceVersion\":\"%d\","
		"\"creationTimestamp\":\"2026-01-01T00:00:%02dZ\","
		"\"labels\":{\"trialId\":\"%s\",\"attempt\":\"%s\","
		"\"role\":\"%s\"},\"ownerReferences\":[{\"kind\":\"Job\","
		"\"uid\":\"%s\"}]},\"spec\":{%s\"containers\":"
		"[{\"name\":\"trial\"}]},\"status\":%s}",
		job->name, role, index, job->uid, role, index, generation,
		extra, ++world->version, generation, trial,
		strrchr(job->name, '-') + 1, role, job->uid,
		is_placed ? "\"nodeName\":\"n1\"," : "", status);
}

void kube_role_pod(struct kube_world *world, const struct kube_object *job,
		   const char *change, const char *role, int index,
		   int generation, const char *extra, const char *status)
{
	char *object = role_pod_json(world, job, role, index, generation, extra,
				     status);

	push(world, LIST_PODS, change, object);
	free(object);
}

void kube_other_pod(struct kube_world *world, const char *change,
		    const char *name, const char *labels, const char *status)
{
	char *line = xasprintf(
		"{\"type\":\"%s\",\"object\":{\"kind\":\"Pod\",\"metadata\":"
		"{\"name\":\"%s\",\"uid\":\"uid-%s\",\"resourceVersion\":"
		"\"%d\",\"creationTimestamp\":\"2026-01-01T00:00:00Z\","
		"\"labels\":{%s}},\"spec\":{\"nodeName\":\"n1\","
		"\"containers\":[{\"name\":\"main\"}]},\"status\":%s}}\n",
		change, name, name, ++world->version, labels, status);

	rig_chunk(world->rig, world->others, line);
	free(line);
}

static void add_item(struct kube_world *world, char *object)
{
	char *all = xasprintf("%s%s%s", world->pods ? world->pods : "",
			      world->pods ? "," : "", object);

	free(object);
	free(world->pods);
	world->pods = all;
}

void kube_role_pod_lists(struct kube_world *world,
			 const struct kube_object *job, const char *role,
			 int index, int generation, const char *status)
{
	add_item(world, role_pod_json(world, job, role, index, generation, "",
				      status));
}

void kube_pod_lists(struct kube_world *world, const struct kube_object *job,
		    const char *name, const char *status)
{
	add_item(world, pod_json(world, job, name, "", status));
}

/* ---- the server --------------------------------------------------------- */

char *kube_items(struct kube_world *world, enum kube_list list)
{
	struct strbuf items = STRBUF_INIT;

	if (list == LIST_PODS && world->pods)
		strbuf_adds(&items, world->pods);
	for (int i = 0; list == LIST_JOBS && i < world->job_count; i++) {
		char *object;

		if (!*world->jobs[i].name)
			continue;
		object = job_json(world, &world->jobs[i]);
		strbuf_addf(&items, "%s%s", items.len ? "," : "", object);
		free(object);
	}
	return items.len ? strbuf_detach(&items) : xstrdup("");
}

static void answer_list(struct kube_world *world, int peer, const char *items)
{
	char *body = xasprintf(
		"{\"metadata\":{\"resourceVersion\":\"%d\"},\"items\":[%s]}",
		++world->version, items);

	rig_answer(world->rig, peer, "200 OK", body);
	free(body);
}

void kube_list_answer(struct kube_world *world, enum kube_list list,
		      const char *items)
{
	answer_list(world, world->lists[list], items);
	world->lists[list] = 0;
}

static void serve_list(struct kube_world *world, int peer, enum kube_list list,
		       const char *request)
{
	char *items;

	if (list == LIST_PODS && !strstr(request, "nni-kubernetes-trial")) {
		if (strstr(request, "watch=true")) {
			rig_stream(world->rig, peer);
			world->others = peer;
		} else {
			answer_list(world, peer, "");
		}
	} else if (strstr(request, "watch=true")) {
		rig_stream(world->rig, peer);
		world->watches[list] = peer;
	} else if (world->holds_list[list]) {
		world->lists[list] = peer;
	} else {
		items = kube_items(world, list);
		answer_list(world, peer, items);
		free(items);
	}
}

void kube_relist(struct kube_world *world, enum kube_list list)
{
	push(world, list, "ERROR",
	     "{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}");
}

static void serve_post(struct kube_world *world, int peer, const char *request)
{
	cJSON *body = cJSON_Parse(strstr(request, "\r\n\r\n") + 4);
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(
		cJSON_GetObjectItem(body, "metadata"), "name"));
	struct kube_object *job = find_job(world, name, strlen(name));
	char *object = NULL;

	world->posts++;
	if (job) {
		rig_answer(world->rig, peer, "409 Conflict",
			   "{\"kind\":\"Status\",\"reason\":\"AlreadyExists\","
			   "\"message\":\"there already\"}");
	} else {
		job = add_job(world, name, "{}");
		push_job(world, job, "ADDED");
		object = job_json(world, job);
		if (world->holds_posts)
			world->held_post = peer;
		else
			rig_answer(world->rig, peer, "201 Created", object);
	}
	free(object);
	cJSON_Delete(body);
}

static void serve_job(struct kube_world *world, int peer, const char *request)
{
	const char *collection = collection_of(world);
	const char *name = strstr(request, collection) + strlen(collection) + 1;
	struct kube_object *job = find_job(world, name, strcspn(name, " ?"));
	char *object;

	if (!job) {
		rig_answer(world->rig, peer, "404 Not Found",
			   "{\"kind\":\"Status\",\"message\":\"no\"}");
		return;
	}
	object = job_json(world, job);
	rig_answer(world->rig, peer, "200 OK", object);
	free(object);
	if (!strncmp(request, "DELETE", 6) && !world->keeps_deleted)
		kube_job_is_gone(world, job);
}

#define NODE(name) "{\"kind\":\"Node\",\"metadata\":{\"name\":\"" name "\"}}"

/* Two pages of nodes, and one of pods. */
static void serve_cluster(struct rig *rig, int peer, const char *request)
{
	if (strstr(request, "metrics.k8s.io"))
		rig_answer(rig, peer, "404 Not Found", "no metrics");
	else if (strstr(request, "/pods?"))
		rig_answer(rig, peer, "200 OK",
			   "{\"metadata\":{\"resourceVersion\":\"1\"},"
			   "\"items\":[{\"spec\":{\"nodeName\":\"n2\","
			   "\"containers\":[{\"name\":\"c\",\"resources\":"
			   "{\"requests\":{\"cpu\":\"250m\"}}}]}}]}");
	else if (strstr(request, "continue=t%2B"))
		rig_answer(rig, peer, "200 OK",
			   "{\"metadata\":{\"resourceVersion\":\"1\"},"
			   "\"items\":[" NODE("n1") "]}");
	else
		rig_answer(rig, peer, "200 OK",
			   "{\"metadata\":{\"resourceVersion\":\"1\","
			   "\"continue\":\"t+\"},"
			   "\"items\":[" NODE("n3") "," NODE("n2") "]}");
}

/* Does it begin with this method and path, and something behind? */
static bool is_for(const char *request, const char *method, const char *path,
		   char behind)
{
	size_t len = strlen(method);

	return !strncmp(request, method, len) && request[len] == ' ' &&
	       !strncmp(request + len + 1, path, strlen(path)) &&
	       request[len + 1 + strlen(path)] == behind;
}

static bool serve_discovery(struct kube_world *world, int peer,
			    const char *request)
{
	if (is_for(request, "GET", "/apis/kubeflow.org", ' '))
		rig_answer(world->rig, peer, "200 OK",
			   "{\"kind\":\"APIGroup\",\"name\":\"kubeflow.org\","
			   "\"versions\":[{\"groupVersion\":"
			   "\"kubeflow.org/v1\",\"version\":\"v1\"}]}");
	else if (is_for(request, "GET", "/apis/kubeflow.org/v1", ' '))
		rig_answer(world->rig, peer, "200 OK",
			   "{\"kind\":\"APIResourceList\",\"groupVersion\":"
			   "\"kubeflow.org/v1\",\"resources\":[{\"name\":"
			   "\"tfjobs\",\"kind\":\"TFJob\",\"namespaced\":true,"
			   "\"verbs\":[\"create\",\"list\",\"watch\"]}]}");
	else
		return false;
	return true;
}

void kube_serve(struct rig *rig, int peer, const char *request)
{
	struct kube_world *world = rig->serve_arg;
	const char *collection = collection_of(world);
	char *one = xasprintf(" %s/", collection);

	if (world->serves_tfjobs && serve_discovery(world, peer, request))
		; /* answered */
	else if (is_for(request, "POST", collection, ' '))
		serve_post(world, peer, request);
	else if (strstr(request, one))
		serve_job(world, peer, request);
	else if (is_for(request, "GET", collection, '?'))
		serve_list(world, peer, LIST_JOBS, request);
	else if (strstr(request, " /api/v1/nodes?") ||
		 strstr(request, " /api/v1/pods?") ||
		 strstr(request, "metrics.k8s.io"))
		serve_cluster(rig, peer, request);
	else if (strstr(request, "/log?")) {
		world->log_requests++;
		rig_answer(rig, peer, world->log_head, world->log_body);
	} else if (is_for(request, "GET", CORE "pods", '?'))
		serve_list(world, peer, LIST_PODS, request);
	else if (is_for(request, "GET", CORE "events", '?'))
		serve_list(world, peer, LIST_EVENTS, request);
	else if (is_for(request, "GET", "/apis/kubeflow.org", ' '))
		rig_answer(rig, peer, "404 Not Found",
			   "{\"kind\":\"Status\",\"reason\":\"NotFound\","
			   "\"message\":\"the server could not find the "
			   "requested resource\"}");
	else /* config maps, secrets */
		rig_answer(rig, peer, "200 OK",
			   "{\"metadata\":{\"uid\":\"u\"}}");
	free(one);
}
