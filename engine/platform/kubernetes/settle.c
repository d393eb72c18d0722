/* SPDX-License-Identifier: MIT */
/*
 * Jobs that are over and told: their log is stored if it was not followed
 * already, then the object goes, or stays, as `cleanup` says.
 *
 * All of it begins in the turn after the telling: by then the end is on disk.
 * An object that is gone while its end is not would be a trial lost.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"

/* For the pod's news behind the keeper's word. */
#define POD_NEWS_MS 2000

static bool is_to_be_kept(const struct k8s_job *job)
{
	enum job_cleanup cleanup = job->platform->config->cleanup;

	/* one that could still run is kept by no rule */
	if (job->is_unkept || !job->has_status ||
	    job->status.phase < KIND_SUCCEEDED)
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

static void settle_due(void *arg)
{
	struct k8s_job *job = arg;

	job->timer = NULL;
	k8s_settle(job);
}

void k8s_settle_later(struct k8s_job *job)
{
	k8s_job_after(job, 0, settle_due);
}

/* The engine was told at the keeper's word; the log waits for the pod's. */
static bool awaits_pod(struct k8s_job *job)
{
	int64_t now = clock_mono_ns();

	if (job->is_gone || !job->has_status || !k8s_lacks_pod_end(job))
		return false;
	if (!job->awaits_until_ns) {
		job->awaits_until_ns = now + POD_NEWS_MS * NS_PER_MS;
		k8s_job_after(job, POD_NEWS_MS, settle_due);
	}
	return now < job->awaits_until_ns;
}

/* Its metrics are in; what is missing is text. */
static void collect_late(void *arg)
{
	struct k8s_job *job = arg;

	job->timer = NULL;
	if (k8s_log_may_come(job)) {
		k8s_job_after(job, k8s_log_patience_ms(job), collect_late);
		return;
	}
	podlog_abandon(job->log);
	k8s_settle(job);
}

void k8s_settle(struct k8s_job *job)
{
	struct platform *platform = job->platform;

	if (job->phase != K8S_OVER)
		return;
	if (podlog_is_collecting(job->log)) {
		if (!job->timer)
			k8s_job_after(job, k8s_log_patience_ms(job),
				      collect_late);
		return;
	}
	if (job->is_gone) {
		forget(job);
		return;
	}
	if (job->remove || job->is_deleting || awaits_pod(job))
		return;
	if (!podlog_is_complete(job->log)) {
		if (platform->collections >= K8S_COLLECTIONS_MAX) {
			platform->has_unsettled = true;
			return;
		}
		k8s_job_after(job, k8s_log_patience_ms(job), collect_late);
		podlog_collect(job->log);
		return;
	}
	loop_cancel(platform->context.loop, job->timer);
	job->timer = NULL;
	if (is_to_be_kept(job))
		forget(job);
	else
		k8s_remove(job, false);
}

static void settle_all(void *arg)
{
	struct platform *platform = arg;

	platform->settling = NULL;
	platform->has_unsettled = false;
	for (struct k8s_job *job = platform->first, *next; job; job = next) {
		next = job->later;
		k8s_settle(job);
		if (platform->has_unsettled) /* no place is left */
			return;
	}
}

void k8s_settle_soon(struct platform *platform)
{
	if (platform->has_unsettled && !platform->settling)
		platform->settling = loop_after(platform->context.loop, 0,
						settle_all, platform);
}
