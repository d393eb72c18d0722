/* SPDX-License-Identifier: MIT */
/*
 * Jobs whose operator says nothing.
 *
 * Objects of most kinds are no more than a wish: an operator in the cluster
 * makes their pods, and says how they ended.  Where none runs nothing happens,
 * for ever and without a word, so this is where the word comes from.  Such a
 * job is not ended: operators are restarted and replaced, and then go on.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

/* Operators answer within a second or two, and wait some between retries. */
#define SILENT_NS (30 * NS_PER_S)

static bool has_pods(const struct k8s_job *job)
{
	for (const struct k8s_pod *pod = job->pods; pod; pod = pod->next)
		if (!pod->is_gone)
			return true;
	return false;
}

static bool have_all_ended(const struct k8s_job *job)
{
	for (const struct k8s_pod *pod = job->pods; pod; pod = pod->next)
		if (!pod->is_gone && !k8s_pod_has_ended(&pod->view))
			return false;
	return has_pods(job);
}

static bool can_see(const struct platform *platform)
{
	return platform->is_listed && platform->are_pods_listed &&
	       !platform->faults[0] && !platform->faults[1] &&
	       !platform->faults[2];
}

/* Is it the operator's turn?  Where pods are not by roles an object may well
 * have something to do when all of them have ended. */
static bool is_its_turn(const struct k8s_job *job)
{
	if (job->phase != K8S_LIVE || job->is_deleting || job->is_killed ||
	    job->queue_reason)
		return false;
	if (job->has_status &&
	    (job->status.phase >= KIND_SUCCEEDED || job->status.is_suspended ||
	     job->status.reason[0]))
		return false;
	if (have_all_ended(job))
		return job->platform->config->role_count > 0;
	return !has_pods(job) && job->status.phase == KIND_WAITING &&
	       !job->event_reason;
}

static const char *operator_of(const struct platform *platform)
{
	return platform->kind->operator? platform->kind->operator
	    : "its operator";
}

static bool is_silent(const struct k8s_job *job)
{
	return job->silent_since_ns &&
	       clock_mono_ns() - job->silent_since_ns >= SILENT_NS;
}

const char *k8s_operator_reason(struct k8s_job *job)
{
	struct platform *platform = job->platform;

	if (!is_silent(job) || has_pods(job))
		return NULL;
	snprintf(platform->operator_reason, sizeof(platform->operator_reason),
		 "no operator has taken up this %.63s yet (is %.100s running?)",
		 platform->resource.kind, operator_of(platform));
	return platform->operator_reason;
}

static void tell_silence(struct k8s_job *job)
{
	struct platform *platform = job->platform;

	job->is_silence_told = true;
	if (has_pods(job))
		k8s_tell_event(platform, job, EVENT_WARNING, "operator-silent",
			       "all pods of %s have ended, but the %s says "
			       "nothing of it: is %s running?",
			       job->name, platform->resource.kind,
			       operator_of(platform));
	else
		k8s_job_look(job);
}

/* True when its end is owed for too long. */
static bool check_job(struct k8s_job *job, int64_t now)
{
	if (!is_its_turn(job)) {
		job->silent_since_ns = 0;
		job->is_silence_told = false;
		return false;
	}
	if (!job->silent_since_ns)
		job->silent_since_ns = now;
	if (!is_silent(job))
		return false;
	if (!job->is_silence_told)
		tell_silence(job);
	return has_pods(job);
}

void k8s_operator_check(struct platform *platform)
{
	int64_t now = clock_mono_ns();
	bool owes = false;
	char *text;

	if (platform->kind->ends_with_pod || !can_see(platform))
		return;
	for (struct k8s_job *job = platform->first; job; job = job->later)
		owes = check_job(job, now) || owes;
	if (owes == (platform->faults[4] != NULL))
		return;
	text = owes ? xasprintf("pods have ended, but %s does not say how the "
				"%s ended: is it running?",
				operator_of(platform), platform->resource.kind)
		    : NULL;
	k8s_tell_fault(platform, 4, text);
	free(text);
}
