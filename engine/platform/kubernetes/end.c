/* SPDX-License-Identifier: MIT */
/*
 * How a job ended: exit status, reason and blame, from its object and pods.
 *
 * The object says whether; the pods say why.  Of several pods the leading one
 * counts if it failed, else the first that did.  Pods that an operator killed
 * because another had failed are no cause; those that a node or the scheduler
 * threw out are.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/mem.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static enum job_blame blame_of(enum pod_blame blame)
{
	switch (blame) {
	case POD_BLAME_CONFIG:
		return JOB_BLAME_CONFIG;
	case POD_BLAME_IMAGE:
	case POD_BLAME_INFRASTRUCTURE:
		return JOB_BLAME_PLATFORM;
	case POD_BLAME_NONE:
	case POD_BLAME_TRIAL:
		break;
	}
	return JOB_BLAME_TRIAL;
}

/* Of a failed job only a deadline says more than its pods, which were killed
 * for it. */
static bool is_deadline(const struct kind_status *status)
{
	return !strncmp(status->reason, "DeadlineExceeded", 16) ||
	       (status->blame == POD_BLAME_TRIAL &&
		strstr(status->reason, "than specified deadline"));
}

static void set_reason(struct job_end *end, const char *reason)
{
	snprintf(end->reason, sizeof(end->reason), "%.255s",
		 reason[0] ? reason : "failed");
}

/* ---- a job with one pod ------------------------------------------------- */

static void read_one(struct k8s_job *job)
{
	const struct pod_container *main = k8s_main_container(job->pod);
	const struct kind_status *status = &job->status;
	struct job_end *end = &job->end;
	const char *reason = status->reason;

	if (main && main->state == POD_CONTAINER_TERMINATED) {
		end->exit_code = main->exit_code;
		if (main->ended_ns)
			end->ended_ns = main->ended_ns;
	} else if (job->has_farewell) {
		end->exit_code = job->farewell_code;
	}
	if (status->phase == KIND_SUCCEEDED) {
		end->exit_code = 0;
		return;
	}
	if (end->exit_code == 0) /* the job failed all the same */
		end->exit_code = -1;
	if (job->pod) {
		end->blame = blame_of(job->pod->blame);
		if (job->pod->reason[0])
			reason = job->pod->reason;
	}
	if (is_deadline(status)) {
		end->blame = JOB_BLAME_TRIAL;
		reason = status->reason;
	}
	set_reason(end, reason);
}

/* ---- a job with several ------------------------------------------------- */

static bool has_failed(const struct pod_view *pod)
{
	const struct pod_container *main = k8s_main_container(pod);

	return pod->phase == POD_FAILED ||
	       (main && main->state == POD_CONTAINER_TERMINATED &&
		main->exit_code != 0);
}

/* A pod that is deleted ends by a signal, or without a word. */
static bool was_killed(const struct pod_view *pod)
{
	const struct pod_container *main = k8s_main_container(pod);

	if (pod->blame == POD_BLAME_INFRASTRUCTURE)
		return pod->is_mute;
	return !main || main->state != POD_CONTAINER_TERMINATED ||
	       main->exit_code < 0 || main->exit_code == 128 + SIGTERM ||
	       main->exit_code == 128 + SIGKILL;
}

/* Did it fail by itself, or was it killed when all was over? */
static bool is_cause(const struct k8s_pod *pod)
{
	return has_failed(&pod->view) &&
	       (!pod->view.is_deleting || pod->ended_first ||
		!was_killed(&pod->view));
}

static int64_t end_of(const struct pod_view *pod)
{
	const struct pod_container *main = k8s_main_container(pod);

	return main && main->ended_ns ? main->ended_ns : INT64_MAX;
}

/* NULL: no pod is known to have failed by itself. */
static const struct k8s_pod *find_cause(const struct k8s_job *job)
{
	const struct k8s_pod *first = NULL;

	if (job->lead && is_cause(job->lead))
		return job->lead;
	for (const struct k8s_pod *pod = job->pods; pod; pod = pod->next)
		if (is_cause(pod) &&
		    (!first || end_of(&pod->view) < end_of(&first->view)))
			first = pod;
	return first;
}

static void blame_pod(struct k8s_job *job, const struct k8s_pod *pod)
{
	const struct pod_container *main = k8s_main_container(&pod->view);
	const char *reason = pod->view.reason;
	char name[80], text[512];

	if (main && main->state == POD_CONTAINER_TERMINATED && main->exit_code)
		job->end.exit_code = main->exit_code;
	job->end.blame = blame_of(pod->view.blame);
	if (pod == job->lead) {
		set_reason(&job->end, reason);
		return;
	}
	pod_role_format(&pod->role, name, sizeof(name));
	snprintf(text, sizeof(text), "%s: %s", name,
		 *reason ? reason : "failed");
	set_reason(&job->end, text);
}

static void blame_object(struct k8s_job *job)
{
	const struct kind_status *status = &job->status;

	job->end.exit_code = status->exit_code;
	if (status->exit_code <= 0 && job->has_farewell)
		job->end.exit_code = job->farewell_code;
	if (job->end.exit_code == 0)
		job->end.exit_code = -1;
	job->end.blame = blame_of(status->blame);
	set_reason(&job->end, status->reason);
}

static const struct k8s_pod *find_culprit(const struct k8s_job *job)
{
	char name[sizeof(job->status.culprit)];

	for (const struct k8s_pod *pod = job->pods; pod; pod = pod->next) {
		pod_role_format(&pod->role, name, sizeof(name));
		if (!strcmp(name, job->status.culprit))
			return pod;
	}
	return NULL;
}

/* The object says who it was; that pod may say more of why. */
static void blame_culprit(struct k8s_job *job)
{
	const struct kind_status *status = &job->status;
	const struct k8s_pod *pod = find_culprit(job);

	if (!pod || !has_failed(&pod->view) || !pod->view.reason[0]) {
		blame_object(job);
		return;
	}
	blame_pod(job, pod);
	if (status->blame != POD_BLAME_NONE)
		job->end.blame = blame_of(status->blame);
	if (status->exit_code > 0)
		job->end.exit_code = status->exit_code;
}

static void read_several(struct k8s_job *job)
{
	const struct k8s_pod *cause = find_cause(job);

	if (job->status.phase == KIND_SUCCEEDED)
		job->end.exit_code = 0;
	else if (job->status.culprit[0])
		blame_culprit(job);
	else if (cause && !is_deadline(&job->status) &&
		 /* which of its steps counts only the workflow knows */
		 !(k8s_has_steps(job->platform) && job->status.reason[0]))
		blame_pod(job, cause);
	else
		blame_object(job);
}

/* ---- both --------------------------------------------------------------- */

void k8s_end_read(struct k8s_job *job)
{
	memset(&job->end, 0, sizeof(job->end));
	job->end.exit_code = -1;
	job->end.ended_ns = job->status.ended_ns;
	if (job->platform->kind->ends_with_pod)
		read_one(job);
	else
		read_several(job);
}

bool k8s_lacks_pod_end(const struct k8s_job *job)
{
	const struct pod_container *main = k8s_main_container(job->pod);

	if (job->platform->kind->ends_with_pod)
		return (!main || main->state != POD_CONTAINER_TERMINATED) &&
		       (!job->pod || job->pod->phase != POD_FAILED);
	for (const struct k8s_pod *pod = job->pods; pod; pod = pod->next)
		if (!pod->is_gone && !k8s_pod_has_ended(&pod->view))
			return true;
	return !job->pods;
}

static bool lacks_lead_end(const struct k8s_job *job)
{
	return !job->lead ||
	       (!job->lead->is_gone && !k8s_pod_has_ended(job->pod));
}

bool k8s_lacks_pod_news(const struct k8s_job *job)
{
	bool has_succeeded = job->status.phase == KIND_SUCCEEDED;

	if (is_deadline(&job->status))
		return false; /* its pod has been deleted */
	if (job->has_farewell && has_succeeded)
		return false;
	if (job->platform->kind->ends_with_pod)
		return k8s_lacks_pod_end(job);
	if (has_succeeded)
		return lacks_lead_end(job);
	if (!job->pods && job->status.blame == POD_BLAME_CONFIG)
		return false;
	return !find_cause(job) && k8s_lacks_pod_end(job);
}
