/* SPDX-License-Identifier: MIT */
/*
 * batch/v1 Job (kubernetes.md 3.1, 3.2).
 *
 * One pod, once: a failed one is not replaced by the job controller, because
 * trying again is ours to decide and to count (a new attempt).
 */
#include "engine/kind/kind.h"

/* --- building ----------------------------------------------------------- */

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

static cJSON *job_build(const struct pod_plan *plan,
			const struct kind_resource *resource, const char *name,
			struct error *err)
{
	const struct kubernetes_config *config = &plan->config->kubernetes;
	struct pod_plan only = *plan;
	cJSON *template, *job;

	/* files have none for this kind; a rehearsal of another kind has */
	only.role = config->role_count ? &config->roles[0] : NULL;
	template = pod_template_build(&only, err);
	job = template ? kind_object_new(plan, resource, name, err) : NULL;
	if (!job) {
		cJSON_Delete(template);
		return NULL;
	}
	kind_queue_add(job, config);
	add_spec(job, config, template);
	return job;
}

/* --- reading ------------------------------------------------------------ */

/* What a condition says, or else this word. */
static void set_reason(struct kind_status *status, const cJSON *condition,
		       const char *otherwise)
{
	const char *reason = kind_text(condition, "reason");

	kind_set_reason(status, *reason ? reason : otherwise,
			kind_text(condition, "message"));
}

static void read_end(const cJSON *status, struct kind_status *ret)
{
	const cJSON *complete = kind_condition(status, "Complete");
	const cJSON *failed = kind_condition(status, "Failed");
	const cJSON *condition = complete ? complete : failed;

	ret->phase = complete ? KIND_SUCCEEDED : KIND_FAILED;
	/* of failed ones only the condition knows the time */
	ret->ended_ns = pod_time(kind_text(status, "completionTime"));
	if (!ret->ended_ns)
		ret->ended_ns =
			pod_time(kind_text(condition, "lastTransitionTime"));
	if (!complete)
		set_reason(ret, condition, "Failed");
}

static void read_life(const cJSON *job, const cJSON *status,
		      struct kind_status *ret)
{
	const cJSON *spec = cJSON_GetObjectItemCaseSensitive(job, "spec");
	const cJSON *suspended = kind_condition(status, "Suspended");
	const cJSON *target = kind_condition(status, "FailureTarget");

	/* only the pods know it where `ready` is not counted (before 1.24) */
	ret->phase =
		kind_number(status, "ready") > 0 ? KIND_RUNNING : KIND_WAITING;
	ret->is_suspended =
		suspended ||
		cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(spec, "suspend"));
	if (target)
		set_reason(ret, target, "FailureTarget");
	else if (ret->is_suspended)
		set_reason(ret, suspended, "JobSuspended");
}

static bool job_read(const struct kubernetes_config *config,
		     const cJSON *object, struct kind_status *ret)
{
	const cJSON *status =
		cJSON_GetObjectItemCaseSensitive(object, "status");

	(void)config;
	*ret = (struct kind_status){.phase = KIND_WAITING, .exit_code = -1};
	if (!cJSON_IsObject(
		    cJSON_GetObjectItemCaseSensitive(object, "metadata")))
		return false;
	ret->started_ns = pod_time(kind_text(status, "startTime"));
	if (kind_condition(status, "Complete") ||
	    kind_condition(status, "Failed"))
		read_end(status, ret);
	else
		read_life(object, status, ret);
	return true;
}

static const char *const versions[] = {"v1", NULL};
static const char *const unread[] = {
	"metadata.annotations",
	"spec.template",
	"spec.selector",
	NULL,
};

const struct kind kind_job = {
	.name = "job",
	.group = "batch",
	.kind = "Job",
	.plural = "jobs",
	.versions = versions,
	.install = "every cluster since Kubernetes 1.8 has it",
	.ends_with_pod = true,
	.has_our_labels = true,
	.pod_label = "job-name",
	.build = job_build,
	.read = job_read,
	.unread = unread,
};
