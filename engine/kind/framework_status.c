/* SPDX-License-Identifier: MIT */
/*
 * What a Framework's status means (kubernetes.md 5.4, 5.5), and how it is
 * stopped.
 *
 * Completion codes below zero can be changed by whoever runs the controller, so
 * that only the fixed ones are known by number here; whose fault the others are
 * is read in their attributes.
 */
#include "engine/kind/framework.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE_INVALID_POD (-200) /* PodCreationPermanentError */
#define CODE_STOPPED (-210)	/* StopFrameworkRequested */
#define EXIT_MAX 255
#define DELAY_MAX_S 1e6
#define INDEX_MAX 1e6

static cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* --- completion --------------------------------------------------------- */

static bool has_attribute(const cJSON *completion, const char *wanted)
{
	const cJSON *attributes = get(get(completion, "type"), "attributes");
	const cJSON *item;

	cJSON_ArrayForEach (item, attributes)
		if (cJSON_IsString(item) && !strcmp(item->valuestring, wanted))
			return true;
	return false;
}

/* The container that made the pod fail; NULL: the status names none. */
static const cJSON *failed_container(const cJSON *completion)
{
	const cJSON *containers = get(get(completion, "pod"), "containers");
	const cJSON *item;

	cJSON_ArrayForEach (item, containers)
		if (kind_number(item, "code") != 0)
			return item;
	return NULL;
}

int framework_exit_code(const cJSON *completion)
{
	const cJSON *code = get(completion, "code");
	double number = cJSON_IsNumber(code) ? code->valuedouble : -1;

	if (number < 0)
		number = kind_number(failed_container(completion), "code");
	else if (number == 0)
		return 0;
	return number >= 1 && number <= EXIT_MAX ? (int)number : -1;
}

static enum pod_blame blame_of(const cJSON *completion)
{
	double code = kind_number(completion, "code");

	if (has_attribute(completion, "Transient"))
		return POD_BLAME_INFRASTRUCTURE;
	if (code == CODE_INVALID_POD)
		return POD_BLAME_CONFIG;
	if (code > 0 || has_attribute(completion, "Permanent"))
		return POD_BLAME_TRIAL;
	return POD_BLAME_NONE;
}

void framework_set_reason(struct kind_status *ret, const char *who,
			  const cJSON *completion)
{
	const cJSON *container = failed_container(completion);
	const char *phrase = kind_text(completion, "phrase");
	const char *why = kind_text(completion, "diagnostics");
	char *head;

	if (!*why)
		why = kind_text(container, "message");
	if (!*why)
		why = kind_text(container, "reason");
	if (!*why)
		why = kind_text(get(completion, "pod"), "message");
	head = xasprintf("%s%s%.100s", who, *who ? ": " : "",
			 *phrase ? phrase : "Failed");
	kind_set_reason(ret, head, why);
	free(head);
}

/* --- its task roles ----------------------------------------------------- */

const cJSON *framework_task_roles(const cJSON *object, cJSON **ret_owned)
{
	const cJSON *attempt = get(get(object, "status"), "attemptStatus");
	const cJSON *roles = get(attempt, "taskRoleStatuses");
	const char *packed = kind_text(attempt, "taskRoleStatusesCompressed");

	*ret_owned = NULL;
	if (cJSON_IsArray(roles))
		return roles;
	if (*packed)
		*ret_owned = kind_unpack(packed);
	return cJSON_IsArray(*ret_owned) ? *ret_owned : NULL;
}

static const cJSON *find_task(const cJSON *roles, const char *role,
			      double index)
{
	const cJSON *item, *task;

	cJSON_ArrayForEach (item, roles) {
		if (strcmp(kind_text(item, "name"), role) != 0)
			continue;
		cJSON_ArrayForEach (task, get(item, "taskStatuses"))
			if (kind_number(task, "index") == index)
				return task;
	}
	return NULL;
}

/* The task whose end was the framework's. */
static int exit_code_of_trigger(const cJSON *object, const cJSON *trigger)
{
	cJSON *owned;
	const cJSON *roles = framework_task_roles(object, &owned);
	const cJSON *task = find_task(roles, kind_text(trigger, "taskRoleName"),
				      kind_number(trigger, "taskIndex"));
	const cJSON *completion =
		get(get(task, "attemptStatus"), "completionStatus");
	int code = completion ? framework_exit_code(completion) : -1;

	cJSON_Delete(owned);
	return code;
}

bool framework_is_waiting(const cJSON *status)
{
	static const char *const states[] = {"", "AttemptCreationPending",
					     "AttemptCreationRequested",
					     "AttemptPreparing"};
	const char *state = kind_text(status, "state");

	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (!strcmp(state, states[i]))
			return true;
	return false;
}

/* --- the whole ---------------------------------------------------------- */

static void read_failure(const cJSON *object, const cJSON *completion,
			 struct kind_status *ret)
{
	const cJSON *trigger = get(completion, "trigger");
	const char *role = kind_text(trigger, "taskRoleName");
	char who[sizeof(ret->culprit)] = "";

	ret->phase = KIND_FAILED;
	if (*role)
		snprintf(who, sizeof(who), "%.63s-%.0f", role,
			 fmin(fabs(kind_number(trigger, "taskIndex")),
			      INDEX_MAX));
	kind_set_text(ret->culprit, sizeof(ret->culprit), who);
	/* the triggering task's own status, handed on */
	ret->exit_code = framework_exit_code(completion);
	if (ret->exit_code < 0 && cJSON_IsObject(trigger))
		ret->exit_code = exit_code_of_trigger(object, trigger);
	ret->blame = blame_of(completion);
	framework_set_reason(ret, who, completion);
}

static void read_end(const cJSON *object, const cJSON *status,
		     struct kind_status *ret)
{
	const cJSON *completion =
		get(get(status, "attemptStatus"), "completionStatus");

	ret->ended_ns = pod_time(kind_text(status, "completionTime"));
	if (!strcmp(kind_text(get(completion, "type"), "name"), "Succeeded"))
		ret->phase = KIND_SUCCEEDED;
	else
		read_failure(object, completion, ret);
}

static void read_life(const cJSON *object, const cJSON *status,
		      struct kind_status *ret)
{
	double delay_s =
		kind_number(get(status, "retryPolicyStatus"), "retryDelaySec");
	char text[64];

	if (!framework_is_waiting(status)) {
		/* while an attempt is cleared away, too: either this is the
		 * end, or another follows */
		ret->phase = KIND_RUNNING;
		if (cJSON_IsObject(get(get(status, "attemptStatus"),
				       "completionStatus")))
			kind_set_reason(ret, "its pods are being removed", "");
		return;
	}
	ret->is_suspended = !strcmp(
		kind_text(get(object, "spec"), "executionType"), "Create");
	if (ret->is_suspended) {
		kind_set_reason(ret, "executionType is Create", "");
	} else if (delay_s > 0) {
		snprintf(text, sizeof(text), "tried again after %.0f s",
			 fmin(delay_s, DELAY_MAX_S));
		kind_set_reason(ret, text, "");
	}
}

bool framework_read(const struct kubernetes_config *config, const cJSON *object,
		    struct kind_status *ret)
{
	const cJSON *status = get(object, "status");

	(void)config;
	*ret = (struct kind_status){.phase = KIND_WAITING, .exit_code = -1};
	if (!cJSON_IsObject(get(object, "metadata")))
		return false;
	ret->started_ns = pod_time(kind_text(status, "runTime"));
	if (!strcmp(kind_text(status, "state"), "Completed"))
		read_end(object, status, ret);
	else
		read_life(object, status, ret);
	return true;
}

/* --- what can be done --------------------------------------------------- */

static bool set_execution(const char *type, struct kind_patch *ret)
{
	ret->content_type = "application/json-patch+json";
	ret->body = xasprintf("[{\"op\":\"replace\",\"path\":"
			      "\"/spec/executionType\",\"value\":\"%s\"}]",
			      type);
	return true;
}

static bool is_over(const cJSON *object)
{
	return !strcmp(kind_text(get(object, "status"), "state"), "Completed");
}

bool framework_act(enum kind_action action, const cJSON *object,
		   struct kind_patch *ret, struct error *err)
{
	const char *type = kind_text(get(object, "spec"), "executionType");

	if (is_over(object))
		return error_set(err, ERROR_CONFLICT, "it is over already");
	switch (action) {
	case KIND_STOP:
	case KIND_TERMINATE:
		return set_execution("Stop", ret);
	case KIND_RESUME:
		if (!strcmp(type, "Create"))
			return set_execution("Start", ret);
		return error_set(err, ERROR_CONFLICT,
				 "it is not held back: nothing to resume");
	case KIND_SUSPEND:
		return error_set(err, ERROR_INVALID,
				 "a Framework cannot be suspended once it was "
				 "started: kill the trial, and restart it "
				 "later");
	case KIND_RETRY:
		break;
	}
	return error_set(err, ERROR_INVALID,
			 "a Framework tries again by its retryPolicy alone: "
			 "restart the trial");
}
