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
 * A job also ends when its pod does and the object does not: a pod that was
 * deleted, or replaced by the job's controller, which would run the attempt
 * twice; or one that goes on with containers somebody added.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For the pod's own news behind the job's, which come by another watch. */
#define POD_NEWS_MS 2000
/* Where pods may not be watched. */
#define BLIND_MAX_NS (60 * NS_PER_S)
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
	k8s_parts_tell(job);
	k8s_outputs_ended(job);
	job->phase = K8S_OVER;
	k8s_progress(job->platform);
	k8s_material_free(job->material);
	job->material = NULL;
	kube_cancel(job->call);
	job->call = NULL;
	callbacks->ended(callbacks->arg, job->trial, job->attempt, &job->end);
	k8s_settle_later(job);
}

int64_t k8s_log_patience_ms(const struct k8s_job *job)
{
	if (job->is_killed || job->is_gone)
		return COLLECT_KILLED_MS;
	if (job->end.blame == JOB_BLAME_PLATFORM)
		return COLLECT_LOST_MS;
	return COLLECT_MS;
}

/* While the API server is away nothing can come, and what comes is waited
 * for. */
bool k8s_log_may_come(struct k8s_job *job)
{
	bool has_moved = podlog_has_moved(job->log);

	return !job->is_killed && !job->is_gone &&
	       (has_moved || job->platform->faults[0]);
}

static void collect_late(void *arg)
{
	struct k8s_job *job = arg;

	job->timer = NULL;
	if (k8s_log_may_come(job)) {
		k8s_job_after(job, k8s_log_patience_ms(job), collect_late);
		return;
	}
	if (!job->has_farewell)
		k8s_tell_event(job->platform, job, EVENT_WARNING, "log-lost",
			       "the log of %s could not be read to its end; "
			       "metrics that were in it only are lost",
			       job->name);
	podlog_abandon(job->log);
	tell(job);
}

void k8s_farewell_take(struct k8s_job *job, const char *name, int code)
{
	struct k8s_pod *pod = k8s_pod_named(job, name);

	if (pod) {
		pod->has_farewell = true;
		pod->farewell_code = code;
	}
	if (!job->platform->kind->ends_with_pod && (!pod || pod != job->lead))
		return;
	job->has_farewell = true;
	job->farewell_code = code;
}

/* The keeper's word is the last thing it sends.  Where several pods report,
 * those of the others that have ended must have said it, too; the rest is
 * killed by its operator, and its log is read for what it still printed. */
bool k8s_is_all_in(const struct k8s_job *job)
{
	bool has_all = job->has_farewell;

	if (!job->platform->kind->ends_with_pod)
		for (const struct k8s_pod *pod = job->pods; pod && has_all;
		     pod = pod->next)
			has_all = pod->has_farewell ||
				  !k8s_pod_has_ended(&pod->view);
	return has_all || podlog_has_metrics(job->log);
}

/* job->end is known. */
static void collect(struct k8s_job *job)
{
	job->phase = K8S_COLLECTING;
	loop_cancel(job->platform->context.loop, job->timer);
	job->timer = NULL;
	if (k8s_is_all_in(job)) {
		tell(job);
		return;
	}
	k8s_job_after(job, k8s_log_patience_ms(job), collect_late);
	podlog_collect(job->log);
}

void k8s_finish_sooner(struct k8s_job *job)
{
	k8s_job_after(job, COLLECT_KILLED_MS, collect_late);
}

void k8s_finish_collected(struct k8s_job *job)
{
	if (job->phase == K8S_COLLECTING && !k8s_is_all_in(job))
		return;
	if (job->phase == K8S_COLLECTING)
		tell(job);
	else if (job->phase == K8S_OVER)
		k8s_settle(job);
}

/* ---- how it ended ------------------------------------------------------- */

/* Are its pod's news still to come?  Of a watch that fails for other reasons
 * than a server that is away, not for ever. */
static bool is_blind(const struct k8s_job *job)
{
	const struct platform *platform = job->platform;

	if (platform->faults[0])
		return true;
	return (!platform->are_pods_listed || platform->faults[2]) &&
	       clock_mono_ns() - job->ended_since_ns < BLIND_MAX_NS;
}

static void finish_without(void *arg)
{
	struct k8s_job *job = arg;

	job->timer = NULL;
	if (is_blind(job)) {
		k8s_job_after(job, POD_NEWS_MS, finish_without);
		return;
	}
	k8s_end_read(job);
	collect(job);
}

void k8s_finish(struct k8s_job *job)
{
	if (k8s_lacks_pod_news(job)) {
		/* the timer may be another's: its Secret's */
		if (!job->awaits_end)
			k8s_job_after(job, POD_NEWS_MS, finish_without);
		if (!job->ended_since_ns)
			job->ended_since_ns = clock_mono_ns();
		job->awaits_end = true;
		return;
	}
	k8s_end_read(job);
	collect(job);
}

void k8s_finish_by_pod(struct k8s_job *job)
{
	const struct pod_container *main = k8s_main_container(job->pod);
	bool is_good = main && main->state == POD_CONTAINER_TERMINATED
			       ? main->exit_code == 0
			       : job->pod->phase == POD_SUCCEEDED;

	memset(&job->status, 0, sizeof(job->status));
	job->has_status = job->is_unkept = true;
	job->status.phase = is_good ? KIND_SUCCEEDED : KIND_FAILED;
	k8s_end_read(job);
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

/* By its last word if there was one. */
static void end_without_object(struct k8s_job *job)
{
	if (job->has_farewell && !job->is_killed)
		k8s_end(job, JOB_BLAME_TRIAL, job->farewell_code,
			job->farewell_code ? "failed, and its job was deleted"
					   : "");
	else
		k8s_end(job, JOB_BLAME_TRIAL, -1,
			job->is_killed ? "killed"
				       : "its job was deleted by somebody");
}

void k8s_going(struct k8s_job *job)
{
	if (job->phase != K8S_LIVE || job->is_deleting)
		return;
	job->is_deleting = true; /* if not by us */
	end_without_object(job);
}

void k8s_gone(struct k8s_job *job)
{
	job->is_gone = true;
	kube_cancel(job->remove);
	job->remove = NULL;
	if (job->phase == K8S_OVER)
		k8s_settle_later(job);
	else if (job->phase != K8S_COLLECTING)
		end_without_object(job);
	/* else the log's stream will notice */
}

void k8s_pod_lost(struct k8s_job *job)
{
	const struct pod_view *last = job->pod;
	char reason[256];

	if (job->phase != K8S_LIVE || job->is_deleting || job->is_killed ||
	    (job->has_status && job->status.phase >= KIND_SUCCEEDED))
		return;
	if (last->phase == POD_SUCCEEDED || last->phase == POD_FAILED) {
		k8s_finish_by_pod(job);
		return;
	}
	snprintf(reason, sizeof(reason), "its pod was deleted%s%.160s",
		 last->reason[0] ? ": " : "", last->reason);
	if (job->has_farewell)
		k8s_end(job, JOB_BLAME_TRIAL, job->farewell_code,
			job->farewell_code ? "failed, and its pod was deleted"
					   : "");
	else
		k8s_end(job, JOB_BLAME_PLATFORM, -1, reason);
	/* before its controller makes another pod */
	k8s_remove(job, false);
}
