/* SPDX-License-Identifier: MIT */
/* The tasks of a Framework, role by role, as its status tells them. */
#include "engine/kind/framework.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CODE_CLEARED (-220) /* FrameworkAttemptCompletion: others decided */
#define CODE_DELETED (-230) /* DeleteTaskRequested: rescaled */
#define INDEX_MAX 999999

static cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const cJSON *completion_of(const cJSON *task)
{
	return get(get(task, "attemptStatus"), "completionStatus");
}

static enum part_state end_of(const cJSON *completion)
{
	double code = kind_number(completion, "code");

	if (!strcmp(kind_text(get(completion, "type"), "name"), "Succeeded"))
		return PART_SUCCEEDED;
	/* no failure of theirs: the attempt was over without them */
	return code == CODE_CLEARED || code == CODE_DELETED ? PART_SKIPPED
							    : PART_FAILED;
}

static enum part_state state_of(const cJSON *task)
{
	const cJSON *completion = completion_of(task);

	if (framework_is_waiting(task))
		return PART_WAITING;
	if (cJSON_IsObject(completion))
		return end_of(completion);
	return PART_RUNNING;
}

static int number_in(const cJSON *object, const char *key)
{
	double number = kind_number(object, key);

	return number >= 0 && number <= INDEX_MAX ? (int)number : 0;
}

static void read_reason(const cJSON *task, struct trial_part *part)
{
	struct kind_status text = {0};
	double delay_s =
		kind_number(get(task, "retryPolicyStatus"), "retryDelaySec");

	if (part->state == PART_FAILED || part->state == PART_SKIPPED)
		framework_set_reason(&text, "", completion_of(task));
	else if (part->state == PART_WAITING && delay_s > 0)
		snprintf(text.reason, sizeof(text.reason),
			 "tried again after %.0f s", fmin(delay_s, INDEX_MAX));
	memcpy(part->reason, text.reason, sizeof(part->reason));
}

static void read_task(const cJSON *task, const char *role,
		      struct trial_part *part)
{
	const cJSON *attempt = get(task, "attemptStatus");
	const cJSON *completion = completion_of(task);

	char name[sizeof(part->name)];

	/* the index must survive a long role, a character need not */
	snprintf(name, sizeof(name), "%.*s-%d", (int)sizeof(name) - 9, role,
		 number_in(task, "index"));
	kind_set_text(part->name, sizeof(part->name), name);
	snprintf(part->sort, sizeof(part->sort), "pod");
	part->state = state_of(task);
	kind_set_text(part->pod, sizeof(part->pod),
		      kind_text(attempt, "podName"));
	kind_set_text(part->node, sizeof(part->node),
		      kind_text(attempt, "podNodeName"));
	part->restarts =
		number_in(get(task, "retryPolicyStatus"), "totalRetriedCount");
	if (cJSON_IsObject(completion))
		part->exit_code = framework_exit_code(completion);
	part->started_ns = pod_time(kind_text(attempt, "runTime"));
	part->ended_ns = pod_time(kind_text(attempt, "completionTime"));
	read_reason(task, part);
}

/* --- roles -------------------------------------------------------------- */

struct tally {
	int counts[PART_STATE_COUNT];
	int restarts;
	int64_t started_ns, ended_ns;
};

static void count(struct tally *tally, const struct trial_part *part)
{
	tally->counts[part->state]++;
	tally->restarts += part->restarts;
	if (part->started_ns &&
	    (!tally->started_ns || part->started_ns < tally->started_ns))
		tally->started_ns = part->started_ns;
	if (part->ended_ns > tally->ended_ns)
		tally->ended_ns = part->ended_ns;
}

/* What is worth knowing of all its tasks, the most pressing first. */
static enum part_state state_of_all(const struct tally *tally)
{
	static const enum part_state order[] = {PART_FAILED, PART_RUNNING,
						PART_WAITING, PART_SUCCEEDED,
						PART_SKIPPED};

	for (size_t i = 0; i < COUNT_OF(order); i++)
		if (tally->counts[order[i]])
			return order[i];
	return PART_WAITING;
}

static void sum_up(const struct tally *tally, struct trial_part *part)
{
	int len = 0;

	part->state = state_of_all(tally);
	part->restarts = tally->restarts;
	part->started_ns = tally->started_ns;
	if (!tally->counts[PART_RUNNING] && !tally->counts[PART_WAITING])
		part->ended_ns = tally->ended_ns;
	for (int i = 0; i < PART_STATE_COUNT; i++)
		if (tally->counts[i])
			len += snprintf(part->reason + len,
					sizeof(part->reason) - (size_t)len,
					"%s%d %s", len ? ", " : "",
					tally->counts[i],
					part_state_name((enum part_state)i));
}

static void read_tasks(const cJSON *tasks, const char *role, int depth,
		       struct part_list *ret, struct tally *tally)
{
	const cJSON *task;

	cJSON_ArrayForEach (task, tasks) {
		struct trial_part *part = part_list_add(ret);
		struct trial_part unlisted = {.exit_code = -1};

		if (!part)
			part = &unlisted;
		read_task(task, role, part);
		part->depth = depth;
		count(tally, part);
	}
}

/* One task stands for its role; several stand below it. */
static void read_role(const cJSON *role, struct part_list *ret)
{
	const cJSON *tasks = get(role, "taskStatuses");
	struct trial_part *head = NULL;
	struct tally tally = {0};
	size_t at = ret->count;
	char name[sizeof(head->name)];

	kind_set_text(name, sizeof(name), kind_text(role, "name"));
	if (cJSON_GetArraySize(tasks) > 1)
		head = part_list_add(ret);
	if (head) {
		memcpy(head->name, name, sizeof(name));
		snprintf(head->sort, sizeof(head->sort), "role");
	}
	read_tasks(tasks, name, head ? 1 : 0, ret, &tally);
	if (head) /* the list may have moved */
		sum_up(&tally, &ret->items[at]);
}

void framework_read_parts(const cJSON *object, struct part_list *ret)
{
	cJSON *owned;
	const cJSON *roles = framework_task_roles(object, &owned), *role;

	cJSON_ArrayForEach (role, roles)
		read_role(role, ret);
	cJSON_Delete(owned);
}
