/* SPDX-License-Identifier: MIT */
/*
 * How a job ended, told only when everything it reported has been taken in.
 *
 * The keeper's last word (farewell) comes after all its metrics have been
 * committed, and before its container ends; so usually, when the object says
 * the job has ended, there is nothing left to wait for and the engine hears of
 * it at once.  Without that word (side port out of reach, pod killed, we were
 * away) the pod's log is read to its end first: what the keeper could not
 * deliver it printed there.
 *
 * After telling, the log is stored if it was not followed already, and the
 * object goes, or stays, as `cleanup` says.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For the pod's own news behind the job's, which come by another watch. */
#define POD_NEWS_MS 2000
/* A log that cannot be read: of a node that is gone, and of any other. */
#define COLLECT_LOST_MS 10000
#define COLLECT_MS 120000
/* Of a killed one: its stream ends with the pod. */
#define COLLECT_KILLED_MS 3000

/* ---- telling ------------------------------------------------------------ */

static void tell(struct k8s_job *job)
{
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;

	loop_cancel(job->platform->context.loop, job->timer);
	job->timer = NULL;
	job->phase = K8S_OVER;
	k8s_material_free(job->material);
	job->material = NULL;
	kube_cancel(job->call);
	job->call = NULL;
	callbacks->ended(callbacks->arg, job->trial, job->attempt, &job->end);
	k8s_settle(job);
}

static void collect_late(void *arg)
{
	struct k8s_job *job = arg;

	job->timer = NULL;
	if (!job->has_farewell)
		k8s_tell_event(job->platform, job, EVENT_WARNING, "log-lost",
			       "the log of %s could not be read to its end; "
			       "metrics that were in it only are lost",
			       job->name);
	podlog_abandon(job->log);
	tell(job);
}

static int64_t patience_ms(const struct k8s_job *job)
{
	if (job->is_killed || job->is_gone)
		return COLLECT_KILLED_MS;
	if (job->end.blame == JOB_BLAME_PLATFORM)
		return COLLECT_LOST_MS;
	return COLLECT_MS;
}

/* job->end is known. */
static void collect(struct k8s_job *job)
{
	job->phase = K8S_COLLECTING;
	loop_cancel(job->platform->context.loop, job->timer);
	job->timer = NULL;
	if (job->has_farewell || podlog_is_complete(job->log)) {
		tell(job);
		return;
	}
	k8s_job_after(job, patience_ms(job), collect_late);
	podlog_collect(job->log);
}

void k8s_finish_collected(struct k8s_job *job)
{
	if (job->phase == K8S_COLLECTING)
		tell(job);
	else if (job->phase == K8S_OVER)
		k8s_settle(job);
}

/* ---- how it ended ------------------------------------------------------- */

static const struct pod_container *main_container(const struct k8s_job *job)
{
	if (!job->pod || job->pod->main_container < 0)
		return NULL;
	return &job->pod->containers[job->pod->main_container];
}

static enum job_blame blame_of(const struct pod_view *pod)
{
	switch (pod->blame) {
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

static void read_end(struct k8s_job *job)
{
	const struct pod_container *main = main_container(job);
	const struct kind_status *status = &job->status;
	struct job_end *end = &job->end;
	const char *reason = status->reason;

	memset(end, 0, sizeof(*end));
	end->exit_code = -1;
	end->ended_ns = status->ended_ns;
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
		end->blame = blame_of(job->pod);
		if (job->pod->reason[0])
			reason = job->pod->reason;
	}
	/* of its kinds of end only a deadline says more than the pod */
	if (!strncmp(status->reason, "DeadlineExceeded", 16)) {
		end->blame = JOB_BLAME_TRIAL;
		reason = status->reason;
	}
	snprintf(end->reason, sizeof(end->reason), "%.255s",
		 reason[0] ? reason : "failed");
}

static bool lacks_pod_end(const struct k8s_job *job)
{
	const struct pod_container *main = main_container(job);

	return (!main || main->state != POD_CONTAINER_TERMINATED) &&
	       (!job->pod || job->pod->phase != POD_FAILED);
}

/* Jobs and pods come by different watches: is the pod's end still to come? */
static bool lacks_pod_news(const struct k8s_job *job)
{
	if (!strncmp(job->status.reason, "DeadlineExceeded", 16))
		return false; /* its pod has been deleted */
	if (job->has_farewell && job->status.phase == KIND_SUCCEEDED)
		return false;
	return lacks_pod_end(job);
}

static void finish_without(void *arg)
{
	struct k8s_job *job = arg;
	struct platform *platform = job->platform;

	job->timer = NULL;
	if (!platform->are_pods_listed || platform->faults[2]) {
		k8s_job_after(job, POD_NEWS_MS, finish_without);
		return;
	}
	read_end(job);
	collect(job);
}

void k8s_finish(struct k8s_job *job)
{
	if (lacks_pod_news(job)) {
		if (!job->timer)
			k8s_job_after(job, POD_NEWS_MS, finish_without);
		return;
	}
	read_end(job);
	collect(job);
}

static void end_due(void *arg)
{
	struct k8s_job *job = arg;

	job->timer = NULL;
	collect(job);
}

void k8s_end(struct k8s_job *job, enum job_blame blame, int exit_code,
	     const char *reason)
{
	if (job->phase == K8S_COLLECTING || job->phase == K8S_OVER)
		return;
	memset(&job->end, 0, sizeof(job->end));
	job->end.blame = blame;
	job->end.exit_code = exit_code;
	snprintf(job->end.reason, sizeof(job->end.reason), "%s", reason);
	if (!job->uid[0])
		job->is_gone = true;
	job->phase = K8S_COLLECTING;
	k8s_job_after(job, 0, end_due);
}

void k8s_gone(struct k8s_job *job)
{
	job->is_gone = true;
	kube_cancel(job->remove);
	job->remove = NULL;
	if (job->phase == K8S_OVER) {
		k8s_settle(job);
		return;
	}
	if (job->phase == K8S_COLLECTING)
		return; /* the log's stream will notice */
	if (job->has_farewell && !job->is_killed)
		k8s_end(job, JOB_BLAME_TRIAL, job->farewell_code,
			job->farewell_code ? "failed, and its job was deleted"
					   : "");
	else
		k8s_end(job, JOB_BLAME_TRIAL, -1,
			job->is_killed ? "killed"
				       : "its job was deleted by somebody");
}

/* ---- afterwards --------------------------------------------------------- */

static bool is_to_be_kept(const struct k8s_job *job)
{
	enum job_cleanup cleanup = job->platform->config->cleanup;

	/* one that could still run is kept by no rule */
	if (!job->has_status || job->status.phase < KIND_SUCCEEDED)
		return false;
	return cleanup == CLEANUP_NONE || (cleanup == CLEANUP_SUCCEEDED &&
					   job->status.phase == KIND_FAILED);
}

static void forget(struct k8s_job *job)
{
	struct platform *platform = job->platform;

	k8s_job_free(job);
	if (!platform->first) /* the engine may wait for that */
		loop_wake(platform->context.loop);
}

static void settle_later(void *arg)
{
	struct k8s_job *job = arg;

	job->timer = NULL;
	k8s_settle(job);
}

/* The engine was told at the keeper's word; the log waits for the pod's. */
static bool awaits_pod(struct k8s_job *job)
{
	if (job->is_gone || !job->has_status || job->has_awaited_pod ||
	    !lacks_pod_end(job))
		return false;
	job->has_awaited_pod = true;
	k8s_job_after(job, POD_NEWS_MS, settle_later);
	return true;
}

void k8s_settle(struct k8s_job *job)
{
	struct platform *platform = job->platform;

	if (job->phase != K8S_OVER || job->remove || job->is_deleting ||
	    podlog_is_collecting(job->log)) {
		if (job->phase == K8S_OVER && job->is_gone &&
		    !podlog_is_collecting(job->log))
			forget(job);
		return;
	}
	if (awaits_pod(job))
		return;
	if (!podlog_is_complete(job->log)) {
		if (platform->collections >= K8S_COLLECTIONS_MAX)
			return; /* k8s_settle_all comes again */
		k8s_job_after(job, patience_ms(job), collect_late);
		podlog_collect(job->log);
		return;
	}
	loop_cancel(platform->context.loop, job->timer);
	job->timer = NULL;
	if (job->is_gone || is_to_be_kept(job))
		forget(job);
	else
		k8s_remove(job, false);
}

void k8s_settle_all(struct platform *platform)
{
	for (struct k8s_job *job = platform->first, *next; job; job = next) {
		next = job->later;
		if (platform->collections >= K8S_COLLECTIONS_MAX)
			return;
		k8s_settle(job);
	}
}
