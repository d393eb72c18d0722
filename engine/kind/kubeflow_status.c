/* SPDX-License-Identifier: MIT */
/*
 * What the status of a Kubeflow job means (kubernetes.md 4.2, 4.4).
 *
 * Conditions are looked for wherever they stand: operators update them in
 * place, so that the last of the list need not be the newest.  v1alpha1 has a
 * phase and a state instead.
 */
#include "engine/kind/kubeflow.h"

#include "base/mem.h"

#include <string.h>

#define DEADLINE "DeadlineExceeded"

static cJSON *find(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len >= tail && !strcmp(text + len - tail, end);
}

/* That a replica failed says nothing of whose fault it was: its pod does. */
static enum pod_blame blame(const char *reason, const char *message)
{
	if (ends_with(reason, "FailedValidation") ||
	    strstr(message, "invalid job spec"))
		return POD_BLAME_CONFIG;
	if (ends_with(reason, "Evicted"))
		return POD_BLAME_INFRASTRUCTURE;
	if (!strcmp(reason, DEADLINE))
		return POD_BLAME_TRIAL;
	return POD_BLAME_NONE;
}

/* Operators call every failure the same; batch/v1 has a word for this one. */
static const char *reason_of(const cJSON *condition)
{
	return strstr(kind_text(condition, "message"),
		      "active longer than specified deadline")
		       ? DEADLINE
		       : kind_text(condition, "reason");
}

static void set_reason(struct kind_status *status, const cJSON *condition,
		       const char *otherwise)
{
	const char *reason = reason_of(condition);

	kind_set_reason(status, *reason ? reason : otherwise,
			kind_text(condition, "message"));
}

/* --- conditions -------------------------------------------------------------
 */

static void read_end(const cJSON *status, const cJSON *condition,
		     struct kind_status *ret)
{
	static const char *const times[] = {"lastTransitionTime",
					    "lastUpdateTime"};

	ret->ended_ns = pod_time(kind_text(status, "completionTime"));
	for (size_t i = 0; !ret->ended_ns && i < COUNT_OF(times); i++)
		ret->ended_ns = pod_time(kind_text(condition, times[i]));
	if (ret->phase != KIND_FAILED)
		return;
	set_reason(ret, condition, "Failed");
	ret->blame =
		blame(reason_of(condition), kind_text(condition, "message"));
}

static void read_life(const cJSON *object, const cJSON *status,
		      struct kind_status *ret)
{
	const cJSON *policy = find(find(object, "spec"), "runPolicy");
	const cJSON *suspended = kind_condition(status, "Suspended");
	const cJSON *restarting = kind_condition(status, "Restarting");

	ret->is_suspended = suspended || cJSON_IsTrue(find(policy, "suspend"));
	if (kind_condition(status, "Running"))
		ret->phase = KIND_RUNNING;
	if (ret->is_suspended)
		set_reason(ret, suspended, "Suspended");
	else if (restarting)
		set_reason(ret, restarting, "Restarting");
}

static void read_conditions(const cJSON *object, const cJSON *status,
			    struct kind_status *ret)
{
	/* what has failed changes no more, whatever is added to it */
	const cJSON *failed = kind_condition(status, "Failed");
	const cJSON *succeeded = kind_condition(status, "Succeeded");

	ret->started_ns = pod_time(kind_text(status, "startTime"));
	if (!failed && !succeeded) {
		read_life(object, status, ret);
		return;
	}
	ret->phase = failed ? KIND_FAILED : KIND_SUCCEEDED;
	read_end(status, failed ? failed : succeeded, ret);
}

/* --- v1alpha1 ---------------------------------------------------------------
 */

static void read_state(const cJSON *status, struct kind_status *ret)
{
	const char *phase = kind_text(status, "phase");
	const char *state = kind_text(status, "state");
	const char *reason = kind_text(status, "reason");

	if (!strcmp(state, "Succeeded")) {
		ret->phase = KIND_SUCCEEDED;
	} else if (!strcmp(state, "Failed") || !strcmp(phase, "Failed")) {
		ret->phase = KIND_FAILED;
		kind_set_reason(ret, *reason ? reason : "Failed", "");
		ret->blame = blame("", reason);
	} else if (!strcmp(state, "Running") || !strcmp(phase, "Running")) {
		ret->phase = KIND_RUNNING;
	} else {
		kind_set_reason(ret, reason, "");
	}
}

bool kubeflow_read(const struct kubernetes_config *config, const cJSON *object,
		   struct kind_status *ret)
{
	const cJSON *status = find(object, "status");

	(void)config;
	*ret = (struct kind_status){.phase = KIND_WAITING, .exit_code = -1};
	if (!cJSON_IsObject(find(object, "metadata")))
		return false;
	if (find(status, "state") || find(status, "phase"))
		read_state(status, ret);
	else
		read_conditions(object, status, ret);
	return true;
}
