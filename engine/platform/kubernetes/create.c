/* SPDX-License-Identifier: MIT */
/*
 * An attempt's objects: first its Job, then its Secret, owned by the Job.
 *
 * In this order the Secret goes when the Job goes, whoever deletes it, and a
 * crash between the two leaves nothing that belongs to nobody.  The pod waits
 * for the Secret: the kubelet mounts volumes before it starts containers.
 * Names follow from trial and attempt, so creating again finds what was
 * created, and takes it over.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/mem.h"
#include "engine/kube/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pod_plan k8s_plan(const struct platform *platform)
{
	bool is_framework = !strcmp(platform->kind->name, "framework") ||
			    !strcmp(platform->kind->name, "launcher");

	return (struct pod_plan){
		.experiment = platform->context.experiment,
		.config = platform->context.config,
		.namespace = platform->namespace,
		.keeper_map = platform->keeper_map,
		.link_map = platform->link_map,
		.code_map = platform->code_map,
		.code_digest = platform->code_digest,
		.code_path = platform->code_path,
		.code = platform->code,
		.container = kind_container(platform->kind, platform->config),
		.is_echoing = platform->reach == K8S_REACH_LOGS,
		.nni_platform =
			is_framework ? "frameworkcontroller" : "kubeflow",
	};
}

static void create_again(void *arg)
{
	struct k8s_job *job = arg;

	job->timer = NULL;
	k8s_create(job);
}

/* It cannot be made at the moment: say why, and try again. */
static void retry(struct k8s_job *job, const char *why)
{
	job->phase = K8S_PENDING;
	if (job->is_killed) { /* it may exist; if so the list will tell */
		k8s_end(job, JOB_BLAME_TRIAL, -1, "canceled before it started");
		return;
	}
	k8s_tell_waiting(job, why);
	k8s_job_after(job, kube_backoff_ms(&job->failures), create_again);
}

static struct kube_call *post(struct platform *platform, const char *path,
			      const cJSON *object, kube_reply_fn *fn, void *arg)
{
	struct kube_request request = {.method = KUBE_POST, .path = path};
	char *text = cJSON_PrintUnformatted(object);
	struct kube_call *call;

	request.body = text;
	request.body_len = strlen(text);
	request.give_up_ms = -1;
	request.is_brief = true;
	call = kube_call(platform->client, &request, fn, arg);
	free(text);
	return call;
}

/* ---- the Secret --------------------------------------------------------- */

static void create_secret(struct k8s_job *job);

static void secret_again(void *arg)
{
	struct k8s_job *job = arg;

	job->timer = NULL;
	create_secret(job);
}

static void secret_created(const struct kube_reply *reply, void *arg)
{
	struct k8s_job *job = arg;

	job->call = NULL;
	/* 409: there already */
	if (!reply->err.code || reply->code == 409) {
		job->has_secret = true;
		job->failures = 0;
		k8s_material_free(job->material);
		job->material = NULL;
		return;
	}
	if (job->phase != K8S_LIVE || job->is_deleting || job->is_gone ||
	    job->awaits_end)
		return;
	k8s_tell_waiting(job, reply->err.text);
	k8s_job_after(job, kube_backoff_ms(&job->failures), secret_again);
}

static void create_secret(struct k8s_job *job)
{
	char *path;
	cJSON *object;

	if (job->has_secret || !job->material || job->call || job->is_gone ||
	    job->is_deleting)
		return;
	if (job->platform->kind->lacks_keeper) { /* nobody would read it */
		job->has_secret = true;
		k8s_material_free(job->material);
		job->material = NULL;
		return;
	}
	path = k8s_core_path(job->platform, "secrets", NULL);
	object = k8s_secret_of_job(job);
	job->call = post(job->platform, path, object, secret_created, job);
	cJSON_Delete(object);
	free(path);
}

/* ---- the Job ------------------------------------------------------------ */

void k8s_adopt(struct k8s_job *job, const char *uid)
{
	struct platform *platform = job->platform;

	snprintf(job->uid, sizeof(job->uid), "%s", uid);
	job->phase = K8S_LIVE;
	job->live_since = platform->list_number;
	job->failures = 0;
	loop_cancel(platform->context.loop, job->timer);
	job->timer = NULL;
	k8s_tell_waiting(job, NULL);
	if (!job->is_created_told) {
		job->is_created_told = true;
		platform->context.callbacks.created(
			platform->context.callbacks.arg, job->trial,
			job->attempt, job->name);
	}
	if (job->is_killed)
		k8s_remove(job, true);
	else
		create_secret(job);
}

static bool is_ours(const struct k8s_job *job, const cJSON *object)
{
	const cJSON *metadata = cJSON_GetObjectItem(object, "metadata");
	const cJSON *labels = cJSON_GetObjectItem(metadata, "labels");
	cJSON *ours = cJSON_CreateObject();
	bool is_same = job->material;
	const cJSON *label;

	if (is_same)
		pod_labels_add(ours, job->platform->context.experiment,
			       &job->material->trial, &job->material->attempt);
	cJSON_ArrayForEach (label, ours) {
		const char *value =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
				labels, label->string));

		is_same =
			is_same && value && !strcmp(value, label->valuestring);
	}
	cJSON_Delete(ours);
	return is_same;
}

static const char *uid_of(const cJSON *object)
{
	const char *uid = cJSON_GetStringValue(cJSON_GetObjectItem(
		cJSON_GetObjectItem(object, "metadata"), "uid"));

	return uid ? uid : "";
}

/* The watch was faster than the answer to our request. */
static bool was_faster(struct k8s_job *job)
{
	if (job->phase == K8S_MAKING)
		return false;
	if (job->phase == K8S_LIVE)
		create_secret(job);
	return true;
}

/* Its pod's news may have come before; no others need follow. */
static void take_over(struct k8s_job *job, const cJSON *object)
{
	if (!*uid_of(object)) {
		retry(job, "the API server's answer is no object");
		return;
	}
	k8s_adopt(job, uid_of(object));
	job->has_status = job->platform->kind->read(job->platform->config,
						    object, &job->status);
	k8s_job_look(job); /* may free it */
}

/* An object of this name was there: ours, made before a crash or by a request
 * whose answer was lost? */
static void existing_read(const struct kube_reply *reply, void *arg)
{
	struct k8s_job *job = arg;
	cJSON *object;

	job->call = NULL;
	if (was_faster(job))
		return;
	if (reply->err.code) {
		retry(job, reply->err.text);
		return;
	}
	object = cJSON_ParseWithLength(reply->body, reply->len);
	if (is_ours(job, object))
		take_over(job, object);
	else
		k8s_end(job, JOB_BLAME_CONFIG, -1,
			"an object of its job's name exists and is not ours");
	cJSON_Delete(object);
}

static void read_existing(struct k8s_job *job)
{
	char *path = k8s_kind_path(job->platform, job->name);
	struct kube_request request = {.method = KUBE_GET, .path = path};

	job->call =
		kube_call(job->platform->client, &request, existing_read, job);
	free(path);
}

/* A kind that is not served any more may be again. */
static bool is_away(const struct kube_reply *reply)
{
	return reply->code == 404 &&
	       strstr(reply->status.message,
		      "could not find the requested resource");
}

static bool is_permanent(const struct kube_reply *reply)
{
	if (is_away(reply))
		return false;
	/* 404: no such namespace, or a kind that is not served */
	return reply->code == 404 || reply->err.code == ERROR_INVALID ||
	       reply->err.code == ERROR_LIMIT;
}

/* The same with every job. */
static void tell_warning(struct platform *platform, const char *warning)
{
	if (platform->warning && !strcmp(platform->warning, warning))
		return;
	free(platform->warning);
	platform->warning = xstrdup(warning);
	k8s_tell_event(platform, NULL, EVENT_WARNING, "api-warning", "%s",
		       warning);
}

static void job_created(const struct kube_reply *reply, void *arg)
{
	struct kube_reader reader = {.text = STRBUF_INIT};
	struct k8s_job *job = arg;
	struct error ignored;
	cJSON *object;

	job->call = NULL;
	if (reply->warning)
		tell_warning(job->platform, reply->warning);
	if (was_faster(job))
		return;
	if (!reply->err.code) {
		object = kube_object_parse(&reader, reply->body, reply->len,
					   &ignored);
		kube_reader_release(&reader);
		take_over(job, object);
		cJSON_Delete(object);
	} else if (reply->code == 409) {
		read_existing(job);
	} else if (is_permanent(reply)) {
		k8s_end(job, JOB_BLAME_CONFIG, -1, reply->err.text);
	} else {
		retry(job, reply->err.text);
	}
}

void k8s_create(struct k8s_job *job)
{
	struct platform *platform = job->platform;
	struct pod_plan plan = k8s_plan(platform);
	struct error err;
	cJSON *object;
	char *path;

	plan.trial = &job->material->trial;
	plan.attempt = &job->material->attempt;
	plan.secret = job->name;
	plan.checkpoint = job->material->checkpoint;
	plan.parent_checkpoint = job->material->parent_checkpoint;
	object = platform->kind->build(&plan, &platform->resource, job->name,
				       &err);
	if (!object) {
		k8s_end(job, JOB_BLAME_CONFIG, -1, err.text);
		return;
	}
	job->phase = K8S_MAKING;
	path = k8s_kind_path(platform, NULL);
	job->call = post(platform, path, object, job_created, job);
	free(path);
	cJSON_Delete(object);
}
