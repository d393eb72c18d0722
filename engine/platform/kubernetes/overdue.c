/* SPDX-License-Identifier: MIT */
/*
 * Jobs of which no more news may come: looked at every second, since nothing
 * else would ever end them.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

/* A scheduler that does not exist says nothing at all. */
#define UNSCHEDULED_NS (30 * NS_PER_S)
/* For the news of its job, which come by another watch. */
#define LEAVING_NS NS_PER_S
#define BLIND_MAX_NS (60 * NS_PER_S)
/* For a job's controller to see that its pod has ended. */
#define LINGERING_NS (30 * NS_PER_S)
/* Beyond the grace period, for a pod that was killed to be gone. */
#define KILLING_NS (60 * NS_PER_S)

/* It waits for something that does not pass by itself. */
static void check_stuck(struct k8s_job *job, int64_t now)
{
	const struct kubernetes_config *config = job->platform->config;
	int64_t limit_ns = config->image_pull_timeout_s * NS_PER_S;
	enum job_blame blame;

	if (!job->stuck_since_ns || now - job->stuck_since_ns < limit_ns)
		return;
	blame = job->pod && job->pod->blame == POD_BLAME_IMAGE
			? JOB_BLAME_PLATFORM
			: JOB_BLAME_CONFIG;
	job->stuck_since_ns = 0;
	k8s_end(job, blame, -1, job->pod ? job->pod->reason : "cannot start");
}

static void check_unscheduled(struct k8s_job *job, int64_t now)
{
	const struct kubernetes_config *config = job->platform->config;

	if (!job->pod || job->pod->phase != POD_PENDING || job->pod->node[0] ||
	    job->pod->reason[0] || job->event_reason ||
	    now - job->waiting_since_ns < UNSCHEDULED_NS)
		return;
	job->event_reason =
		xasprintf("no scheduler has looked at its pod: is there one "
			  "called %s?",
			  config->scheduler_name ? config->scheduler_name
						 : "default-scheduler");
	free(job->event_pod);
	job->event_pod = xstrdup(job->pod->name);
	k8s_tell_waiting(job, job->event_reason);
}

/* Its pod is being deleted and its job is not: on a drained node, by the
 * scheduler for a more important one, by hand. */
static void check_leaving(struct k8s_job *job, int64_t now)
{
	int64_t patience_ns =
		job->platform->faults[1] ? BLIND_MAX_NS : LEAVING_NS;

	if (job->leaving_since_ns && now - job->leaving_since_ns >= patience_ns)
		k8s_pod_lost(job);
}

/* The command has ended, but something else in its pod goes on, as proxies do
 * that are put into every pod; so the job never ends. */
static void check_lingering(struct k8s_job *job, int64_t now)
{
	if (!job->lingering_since_ns || job->is_deleting || job->awaits_end ||
	    now - job->lingering_since_ns < LINGERING_NS)
		return;
	k8s_tell_event(job->platform, job, EVENT_WARNING, "pod-goes-on",
		       "the command has ended, but another container of pod %s "
		       "goes on: it is deleted",
		       job->pod->name);
	k8s_finish_by_pod(job);
}

/* A pod on a node that is lost is gone when the node is back. */
static void check_killing(struct k8s_job *job, int64_t now)
{
	int64_t limit_ns =
		job->platform->config->grace_period_s * NS_PER_S + KILLING_NS;

	if (job->is_killed && job->is_deleting && job->removed_ns &&
	    now - job->removed_ns >= limit_ns)
		k8s_end(job, JOB_BLAME_TRIAL, -1,
			"killed; its pod is not gone: is its node lost?");
}

void k8s_check_overdue(struct k8s_job *job)
{
	int64_t now = clock_mono_ns();

	/* without a server there can be no news */
	if (job->phase != K8S_LIVE || job->platform->faults[0])
		return;
	if (!job->is_started_told)
		check_unscheduled(job, now);
	if (!job->platform->kind->ends_with_pod)
		k8s_roles_check(job, now);
	else if (!job->is_started_told)
		check_stuck(job, now);
	if (job->phase == K8S_LIVE)
		check_leaving(job, now);
	if (job->phase == K8S_LIVE)
		check_lingering(job, now);
	if (job->phase == K8S_LIVE)
		check_killing(job, now);
}
