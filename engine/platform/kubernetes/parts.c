/* SPDX-License-Identifier: MIT */
/*
 * What an attempt consists of, told when it changes: the steps or tasks that
 * its object tells of, with what is known of their pods; or its pods, by role.
 *
 * Jobs with one pod have no parts: where that is, is told already.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_NS (NS_PER_S / 2)
/* What comes together is told together. */
#define GATHER_MS 50

/* ---- a pod as a part ---------------------------------------------------- */

static bool is_over(const struct k8s_job *job)
{
	return job->has_status && job->status.phase >= KIND_SUCCEEDED;
}

static int restarts_of(const struct k8s_pod *pod)
{
	const struct pod_container *main = k8s_main_container(&pod->view);

	return pod->before + (main ? main->restarts : 0);
}

static void set_reason(struct trial_part *part, const char *reason)
{
	snprintf(part->reason, sizeof(part->reason), "%.255s", reason);
}

static void set_end(struct trial_part *part, const struct pod_view *view)
{
	const struct pod_container *main = k8s_main_container(view);
	bool has_code = main && main->state == POD_CONTAINER_TERMINATED;
	bool is_good =
		has_code ? main->exit_code == 0 : view->phase == POD_SUCCEEDED;

	part->state = is_good ? PART_SUCCEEDED : PART_FAILED;
	if (has_code) {
		part->exit_code = main->exit_code;
		part->ended_ns = main->ended_ns;
	}
	if (!is_good)
		set_reason(part, view->reason);
}

static void set_state(struct trial_part *part, const struct k8s_job *job,
		      const struct k8s_pod *pod)
{
	const struct pod_container *main = k8s_main_container(&pod->view);

	if (main)
		part->started_ns = main->started_ns;
	if (k8s_pod_has_ended(&pod->view)) {
		set_end(part, &pod->view);
	} else if (pod->is_gone) {
		part->state = is_over(job) ? PART_SKIPPED : PART_FAILED;
		set_reason(part, "its pod was deleted");
	} else if (main && main->state == POD_CONTAINER_RUNNING) {
		part->state = PART_RUNNING;
	} else {
		part->state = PART_WAITING;
		set_reason(part, k8s_pod_reason(job, pod));
	}
}

static void set_pod(struct trial_part *part, const struct k8s_job *job,
		    const struct k8s_pod *pod)
{
	part->is_leader = pod == job->lead;
	part->restarts = restarts_of(pod);
	snprintf(part->pod, sizeof(part->pod), "%s", pod->view.name);
	snprintf(part->node, sizeof(part->node), "%s", pod->view.node);
}

/* ---- from its pods ------------------------------------------------------ */

static int compare_pods(const void *a, const void *b)
{
	const struct k8s_pod *left = *(const struct k8s_pod *const *)a;
	const struct k8s_pod *right = *(const struct k8s_pod *const *)b;
	int order = strcmp(left->role.name, right->role.name);

	if (!order)
		order = left->role.index - right->role.index;
	return order ? order : strcmp(left->view.name, right->view.name);
}

static void add_pod(struct part_list *list, const struct k8s_job *job,
		    const struct k8s_pod *pod, int depth)
{
	struct trial_part *part = part_list_add(list);

	if (!part)
		return;
	part->depth = depth;
	pod_role_format(&pod->role, part->name, sizeof(part->name));
	snprintf(part->sort, sizeof(part->sort), "pod");
	set_pod(part, job, pod);
	set_state(part, job, pod);
}

/* Of a role's pods what is most worth knowing. */
static enum part_state sum_state(const int counts[PART_STATE_COUNT])
{
	static const enum part_state order[] = {PART_FAILED, PART_RUNNING,
						PART_WAITING, PART_SUCCEEDED,
						PART_SKIPPED};

	for (size_t i = 0; i < COUNT_OF(order); i++)
		if (counts[order[i]])
			return order[i];
	return PART_WAITING;
}

/* The head's place is known, not its address: the list may move. */
static void sum_up(struct part_list *list, size_t at)
{
	struct trial_part *head = &list->items[at];
	int counts[PART_STATE_COUNT] = {0};
	int len = 0;

	for (size_t i = at + 1; i < list->count; i++) {
		const struct trial_part *part = &list->items[i];

		counts[part->state]++;
		head->restarts += part->restarts;
		if (part->started_ns &&
		    (!head->started_ns || part->started_ns < head->started_ns))
			head->started_ns = part->started_ns;
		if (part->ended_ns > head->ended_ns)
			head->ended_ns = part->ended_ns;
	}
	head->state = sum_state(counts);
	if (counts[PART_RUNNING] || counts[PART_WAITING])
		head->ended_ns = 0;
	for (int i = 0; i < PART_STATE_COUNT; i++)
		if (counts[i])
			len += snprintf(head->reason + len,
					sizeof(head->reason) - (size_t)len,
					"%s%d %s", len ? ", " : "", counts[i],
					part_state_name((enum part_state)i));
}

static void add_role(struct part_list *list, const struct k8s_job *job,
		     struct k8s_pod *const *pods, size_t count)
{
	struct trial_part *head = part_list_add(list);
	size_t at = list->count - 1;

	if (!head) {
		list->omitted += count;
		return;
	}
	snprintf(head->name, sizeof(head->name), "%s", pods[0]->role.name);
	snprintf(head->sort, sizeof(head->sort), "role");
	for (size_t i = 0; i < count; i++)
		add_pod(list, job, pods[i], 1);
	sum_up(list, at);
}

/* By role and number; several of one role stand below it. */
static void from_pods(struct part_list *list, const struct k8s_job *job)
{
	struct k8s_pod **pods =
		xcalloc((size_t)job->pod_count + 1, sizeof(struct k8s_pod *));
	size_t count = 0, from = 0;

	for (struct k8s_pod *pod = job->pods; pod; pod = pod->next)
		pods[count++] = pod;
	if (count)
		qsort(pods, count, sizeof(*pods), compare_pods);
	for (size_t i = 1; i <= count; i++) {
		if (i < count &&
		    !strcmp(pods[i]->role.name, pods[from]->role.name))
			continue;
		if (i - from > 1)
			add_role(list, job, pods + from, i - from);
		else
			add_pod(list, job, pods[from], 0);
		from = i;
	}
	free(pods);
}

/* ---- from its object ---------------------------------------------------- */

/* What the object says stands; what it leaves open its pod may know. */
static void complete(struct trial_part *part, const struct k8s_job *job)
{
	const struct k8s_pod *pod =
		part->pod[0] ? k8s_pod_named(job, part->pod) : NULL;
	struct trial_part known = {.exit_code = -1};

	if (!pod)
		return;
	set_pod(&known, job, pod);
	set_state(&known, job, pod);
	part->is_leader = known.is_leader;
	if (known.restarts > part->restarts)
		part->restarts = known.restarts;
	if (!part->node[0])
		memcpy(part->node, known.node, sizeof(part->node));
	if (!part->reason[0] && part->state != PART_SUCCEEDED &&
	    known.state == part->state)
		memcpy(part->reason, known.reason, sizeof(part->reason));
	if (part->exit_code < 0)
		part->exit_code = known.exit_code;
	if (!part->started_ns)
		part->started_ns = known.started_ns;
}

static void build(struct part_list *list, const struct k8s_job *job)
{
	for (size_t i = 0; i < job->object_parts.count; i++) {
		struct trial_part *part = part_list_add(list);

		if (!part)
			break;
		*part = job->object_parts.items[i];
		complete(part, job);
	}
	list->omitted = job->object_parts.omitted;
	if (!list->count)
		from_pods(list, job);
}

/* ---- telling ------------------------------------------------------------ */

void k8s_parts_tell(struct k8s_job *job)
{
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;
	struct part_list list = {0};

	job->are_parts_due = false;
	if (job->platform->kind->ends_with_pod || !callbacks->parts)
		return;
	build(&list, job);
	if (list.count)
		callbacks->parts(callbacks->arg, job->trial, job->attempt,
				 &list);
	part_list_release(&list);
	job->parts_told_ns = clock_mono_ns();
}

static void wait_for_next(struct platform *platform);

static void on_due(void *arg)
{
	struct platform *platform = arg;
	int64_t now = clock_mono_ns();
	bool is_left = false;

	platform->parts_timer = NULL;
	for (struct k8s_job *job = platform->first; job; job = job->later) {
		if (!job->are_parts_due)
			continue;
		if (now - job->parts_told_ns < EVERY_NS)
			is_left = true;
		else
			k8s_parts_tell(job);
	}
	if (is_left)
		wait_for_next(platform);
}

static void wait_for_next(struct platform *platform)
{
	if (!platform->parts_timer)
		platform->parts_timer = loop_after(platform->context.loop,
						   GATHER_MS, on_due, platform);
}

void k8s_parts_changed(struct k8s_job *job)
{
	if (job->phase == K8S_OVER || job->platform->kind->ends_with_pod)
		return;
	job->are_parts_due = true;
	wait_for_next(job->platform);
}

void k8s_parts_read(struct k8s_job *job, const cJSON *object)
{
	const struct kind *kind = job->platform->kind;

	if (!kind->read_parts || job->phase == K8S_OVER)
		return;
	part_list_release(&job->object_parts);
	kind->read_parts(object, &job->object_parts);
	k8s_parts_changed(job);
}
