/* SPDX-License-Identifier: MIT */
/*
 * batch/v1 Job (kubernetes.md 3.1, 3.2).
 *
 * One pod, once: a failed one is not replaced by the job controller, because
 * trying again is ours to decide and to count (a new attempt).
 */
#include "engine/kind/kind.h"

#include "base/utf8.h"
#include "engine/pod/view.h"

#include <stdio.h>
#include <string.h>

#define QUEUE_LABEL "kueue.x-k8s.io/queue-name"

/* --- building ---------------------------------------------------------------
 */

static bool add_metadata(cJSON *job, const struct pod_plan *plan,
			 const char *name, struct error *err)
{
	const char *queue = plan->config->kubernetes.queue;
	cJSON *metadata = cJSON_AddObjectToObject(job, "metadata");
	cJSON *labels;

	cJSON_AddStringToObject(metadata, "name", name);
	if (!pod_metadata_add(job, plan, err))
		return false;
	labels = cJSON_GetObjectItemCaseSensitive(metadata, "labels");
	if (queue) {
		cJSON_DeleteItemFromObjectCaseSensitive(labels, QUEUE_LABEL);
		cJSON_AddStringToObject(labels, QUEUE_LABEL, queue);
	}
	return true;
}

static void add_spec(cJSON *job, const struct kubernetes_config *config,
		     cJSON *template)
{
	cJSON *spec = cJSON_AddObjectToObject(job, "spec");

	cJSON_AddNumberToObject(spec, "backoffLimit", 0);
	cJSON_AddNumberToObject(spec, "parallelism", 1);
	cJSON_AddNumberToObject(spec, "completions", 1);
	if (config->active_deadline_s)
		cJSON_AddNumberToObject(spec, "activeDeadlineSeconds",
					(double)config->active_deadline_s);
	if (config->ttl_after_finished_s >= 0)
		cJSON_AddNumberToObject(spec, "ttlSecondsAfterFinished",
					(double)config->ttl_after_finished_s);
	/* Kueue lets it go when there is room */
	if (config->queue)
		cJSON_AddTrueToObject(spec, "suspend");
	cJSON_AddItemToObject(spec, "template", template);
}

static cJSON *job_build(const struct pod_plan *plan, const char *name,
			cJSON *template, struct error *err)
{
	cJSON *job = cJSON_CreateObject();

	cJSON_AddStringToObject(job, "apiVersion", kind_job.api_version);
	cJSON_AddStringToObject(job, "kind", kind_job.kind);
	if (!add_metadata(job, plan, name, err)) {
		cJSON_Delete(template);
		cJSON_Delete(job);
		return NULL;
	}
	add_spec(job, &plan->config->kubernetes, template);
	return job;
}

/* --- reading ----------------------------------------------------------------
 */

static const char *text_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

static double number_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* The condition of this type, if it holds; their order says nothing. */
static const cJSON *find_condition(const cJSON *status, const char *type)
{
	const cJSON *conditions =
		cJSON_GetObjectItemCaseSensitive(status, "conditions");
	const cJSON *item;

	cJSON_ArrayForEach (item, conditions)
		if (!strcmp(text_of(item, "type"), type) &&
		    !strcmp(text_of(item, "status"), "True"))
			return item;
	return NULL;
}

/* "BackoffLimitExceeded: Job has reached the specified backoff limit" */
static void set_reason(struct kind_status *status, const cJSON *condition,
		       const char *otherwise)
{
	struct strbuf text = STRBUF_INIT, safe = STRBUF_INIT;
	const char *reason = text_of(condition, "reason");
	const char *message = text_of(condition, "message");
	size_t len;

	strbuf_adds(&text, *reason ? reason : otherwise);
	if (*message)
		strbuf_addf(&text, ": %.400s", message);
	utf8_sanitize(&safe, text.data, text.len, false);
	len = safe.len;
	if (len >= sizeof(status->reason)) {
		len = sizeof(status->reason) - 1;
		while (len && ((unsigned char)safe.data[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(status->reason, safe.data, len);
	status->reason[len] = '\0';
	strbuf_release(&text);
	strbuf_release(&safe);
}

static void read_end(const cJSON *status, struct kind_status *ret)
{
	const cJSON *complete = find_condition(status, "Complete");
	const cJSON *failed = find_condition(status, "Failed");
	const cJSON *condition = complete ? complete : failed;

	ret->phase = complete ? KIND_SUCCEEDED : KIND_FAILED;
	/* of failed ones only the condition knows the time */
	ret->ended_ns = pod_time(text_of(status, "completionTime"));
	if (!ret->ended_ns)
		ret->ended_ns =
			pod_time(text_of(condition, "lastTransitionTime"));
	if (!complete)
		set_reason(ret, condition, "Failed");
}

static void read_life(const cJSON *job, const cJSON *status,
		      struct kind_status *ret)
{
	const cJSON *spec = cJSON_GetObjectItemCaseSensitive(job, "spec");
	const cJSON *suspended = find_condition(status, "Suspended");
	const cJSON *target = find_condition(status, "FailureTarget");

	/* only the pods know it where `ready` is not counted (before 1.24) */
	ret->phase =
		number_of(status, "ready") > 0 ? KIND_RUNNING : KIND_WAITING;
	ret->is_suspended =
		suspended ||
		cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(spec, "suspend"));
	if (target)
		set_reason(ret, target, "FailureTarget");
	else if (ret->is_suspended)
		set_reason(ret, suspended, "JobSuspended");
}

static bool job_read(const cJSON *object, struct kind_status *ret)
{
	const cJSON *status =
		cJSON_GetObjectItemCaseSensitive(object, "status");

	*ret = (struct kind_status){.phase = KIND_WAITING};
	if (!cJSON_IsObject(
		    cJSON_GetObjectItemCaseSensitive(object, "metadata")))
		return false;
	ret->started_ns = pod_time(text_of(status, "startTime"));
	if (find_condition(status, "Complete") ||
	    find_condition(status, "Failed"))
		read_end(status, ret);
	else
		read_life(object, status, ret);
	return true;
}

const struct kind kind_job = {
	.name = "job",
	.kind = "Job",
	.api_version = "batch/v1",
	.api_path = "/apis/batch/v1",
	.plural = "jobs",
	.pod_label = "job-name",
	.build = job_build,
	.read = job_read,
};
