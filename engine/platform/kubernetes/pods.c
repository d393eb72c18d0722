/* SPDX-License-Identifier: MIT */
/*
 * Which pods are a job's, and which of them leads.
 *
 * Of a kind that ends with its pod there is one, and a second one is the
 * attempt run twice (finish.c).  Of the others each role has its pods, numbered
 * from 0; one that is made again takes the place of the one before it, and is
 * the operator's own affair.  The leading pod is replica 0 of the leading role:
 * its start is the attempt's, and its node.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/pod/amount.h"
#include "engine/pod/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the list ----------------------------------------------------------- */

const struct pod_container *k8s_main_container(const struct pod_view *pod)
{
	if (!pod || pod->main_container < 0)
		return NULL;
	return &pod->containers[pod->main_container];
}

bool k8s_pod_has_ended(const struct pod_view *pod)
{
	const struct pod_container *main = k8s_main_container(pod);

	return pod->phase == POD_SUCCEEDED || pod->phase == POD_FAILED ||
	       (main && main->state == POD_CONTAINER_TERMINATED);
}

struct k8s_pod *k8s_pod_named(const struct k8s_job *job, const char *name)
{
	struct k8s_pod *pod = job->pods;

	while (pod && strcmp(pod->view.name, name) != 0)
		pod = pod->next;
	return pod;
}

void k8s_pods_free(struct k8s_job *job)
{
	while (job->pods) {
		struct k8s_pod *pod = job->pods;

		job->pods = pod->next;
		free(pod);
	}
	job->lead = NULL;
	job->pod = NULL;
	job->pod_count = 0;
}

static struct k8s_pod *add_pod(struct k8s_job *job)
{
	struct k8s_pod **at = &job->pods;

	if (job->pod_count == K8S_PODS_MAX)
		return NULL;
	while (*at)
		at = &(*at)->next;
	*at = xcalloc(1, sizeof(**at));
	job->pod_count++;
	return *at;
}

static void set_lead(struct k8s_job *job, struct k8s_pod *pod)
{
	job->lead = pod;
	job->pod = pod ? &pod->view : NULL;
}

/* ---- news --------------------------------------------------------------- */

static void tell_place(struct k8s_job *job, const cJSON *object)
{
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;
	const struct pod_view *pod = job->pod;
	struct trial_place *place = &job->place;

	if (!pod->node[0])
		return;
	place->trial = job->trial;
	place->attempt = job->attempt;
	place->used = (struct cluster_amount){-1, -1, -1};
	place->at_ns = clock_wall_ns();
	snprintf(place->pod, sizeof(place->pod), "%s", pod->name);
	snprintf(place->node, sizeof(place->node), "%s", pod->node);
	place->restarts = job->lead->before;
	if (pod->main_container >= 0)
		place->restarts +=
			pod->containers[pod->main_container].restarts;
	pod_requests_read(object, &place->requested);
	callbacks->placed(callbacks->arg, place);
}

/* Where it is matters when it is placed or restarted, not with every beat. */
static bool is_moved(const struct pod_view *before, const struct pod_view *now)
{
	int container = now->main_container;

	return strcmp(before->uid, now->uid) != 0 ||
	       strcmp(before->node, now->node) != 0 ||
	       (container >= 0 && container == before->main_container &&
		before->containers[container].restarts !=
			now->containers[container].restarts);
}

/* Its job's name was another's before. */
static bool is_of_another(const struct k8s_job *job, const cJSON *object)
{
	const cJSON *owner;

	if (!job->uid[0])
		return false;
	cJSON_ArrayForEach (owner, field_array(field_object(object, "metadata"),
					       "ownerReferences"))
		if (field_is(owner, "kind", job->platform->resource.kind))
			return !field_is(owner, "uid", job->uid);
	return false;
}

/* Where it is, why it waited to be placed is no longer the reason. */
static void placed(struct k8s_job *job, const struct pod_view *view)
{
	if (job->event_pod && strcmp(job->event_pod, view->name) != 0)
		return;
	free(job->event_reason);
	job->event_reason = NULL;
}

static void take_view(struct k8s_job *job, struct k8s_pod *pod,
		      const struct pod_view *view)
{
	if (view->node[0] && !pod->view.node[0])
		placed(job, view);
	pod->view = *view;
	if (!view->is_deleting && k8s_pod_has_ended(view))
		pod->ended_first = true;
	pod->seen_in = job->platform->pod_list_numbers[pod->watch];
}

static void look_again(struct k8s_job *job)
{
	if (job->phase == K8S_OVER)
		k8s_settle(job);
	else
		k8s_job_look(job);
}

/* ---- the pod of a job that has one -------------------------------------- */

/* Controllers make another pod as soon as one is being deleted, before it is
 * gone.  That would run the attempt twice: it needs a new attempt. */
static void other_pod(struct k8s_job *job, const struct pod_view *view)
{
	if (job->phase <= K8S_MAKING)
		job->has_second_pod = true;
	else if (job->phase == K8S_LIVE &&
		 view->created_ns >= job->pod->created_ns)
		k8s_pod_lost(job);
}

/* What that means depends on what becomes of its job: overdue.c. */
static void pod_leaves(struct k8s_job *job, const char *reason)
{
	job->pod->is_deleting = true;
	if (*reason)
		snprintf(job->pod->reason, sizeof(job->pod->reason), "%s",
			 reason);
	if (!job->leaving_since_ns)
		job->leaving_since_ns = clock_mono_ns();
}

static void one_pod_news(struct k8s_job *job, enum kube_change change,
			 const struct pod_view *view, const cJSON *object)
{
	bool is_other = job->pod && strcmp(job->pod->uid, view->uid) != 0;
	bool is_news;

	if (job->pod && !is_other)
		job->lead->seen_in = job->platform->pod_list_numbers[0];
	if (change == KUBE_DELETED || is_other || is_of_another(job, object)) {
		if (change == KUBE_DELETED && job->pod && !is_other)
			pod_leaves(job, view->reason);
		else if (change != KUBE_DELETED && is_other)
			other_pod(job, view);
		return;
	}
	is_news = !job->pod || is_moved(job->pod, view);
	/* the controller made another one while nobody watched */
	if (!job->pod && job->begun_in &&
	    strcmp(job->begun_in, view->name) != 0)
		job->has_second_pod = true;
	if (!job->pod)
		set_lead(job, add_pod(job));
	take_view(job, job->lead, view);
	podlog_pod(job->log, job->lead);
	if (is_news && job->phase != K8S_OVER)
		tell_place(job, object);
	look_again(job);
}

/* ---- the pods of a job that has several --------------------------------- */

static bool may_lead(const struct k8s_job *job, const struct k8s_pod *pod)
{
	const struct platform *platform = job->platform;
	const struct role_config *leader =
		kind_leader(platform->kind, platform->config);

	if (leader)
		return !strcasecmp(pod->role.name, leader->name) &&
		       pod->role.index <= 0;
	return pod->is_primary;
}

/* Without roles: of those with a number the first, else the newest. */
static bool leads_more(const struct k8s_pod *pod, const struct k8s_pod *than)
{
	if (!than)
		return true;
	if (pod->role.index != than->role.index)
		return pod->role.index >= 0 &&
		       (than->role.index < 0 ||
			pod->role.index < than->role.index);
	return pod->role.index < 0 &&
	       pod->view.created_ns > than->view.created_ns;
}

static void choose_lead(struct k8s_job *job)
{
	struct k8s_pod *lead = NULL;

	for (struct k8s_pod *pod = job->pods; pod; pod = pod->next)
		if (may_lead(job, pod) && leads_more(pod, lead))
			lead = pod;
	if (lead != job->lead) {
		job->has_farewell = lead && lead->has_farewell;
		job->farewell_code = lead ? lead->farewell_code : 0;
	}
	set_lead(job, lead);
}

static struct k8s_pod *find_place(struct k8s_job *job,
				  const struct pod_role *role, const char *name)
{
	struct k8s_pod *pod = job->pods;

	while (pod && (role->index < 0 ? strcmp(pod->view.name, name) != 0
				       : pod->role.index != role->index ||
						 strcmp(pod->role.name,
							role->name) != 0))
		pod = pod->next;
	return pod;
}

/* News of an earlier pod may come behind those of the one in its place. */
static bool is_earlier(const struct k8s_pod *pod, const struct pod_view *view)
{
	if (view->created_ns != pod->view.created_ns)
		return view->created_ns < pod->view.created_ns;
	return !pod->is_gone && !pod->view.is_deleting &&
	       !k8s_pod_has_ended(&pod->view);
}

static void replace(struct k8s_job *job, struct k8s_pod *pod)
{
	pod->before++;
	pod->is_gone = pod->has_farewell = pod->ended_first = false;
	pod->stuck_since_ns = 0;
	if (pod == job->lead)
		job->has_farewell = false;
}

static void pod_is_gone(struct k8s_pod *pod)
{
	pod->is_gone = pod->view.is_deleting = true;
	pod->stuck_since_ns = 0;
}

/* Where nobody numbers roles, labels say which pods may lead. */
static bool is_primary(const struct k8s_job *job, const cJSON *object)
{
	const struct platform *platform = job->platform;

	return kind_pod_is_primary(
		platform->config, platform->context.experiment,
		platform->namespace, job->name,
		field_object(field_object(object, "metadata"), "labels"));
}

static void pod_news(struct k8s_job *job, int watch, enum kube_change change,
		     const struct pod_view *view, const cJSON *object)
{
	struct k8s_pod *pod;
	struct pod_role role;
	bool is_news;

	if (is_of_another(job, object))
		return;
	pod_role_read(object, job->name, &role);
	pod = find_place(job, &role, view->name);
	if (change == KUBE_DELETED &&
	    (!pod || strcmp(pod->view.uid, view->uid) != 0))
		return;
	if (pod && pod->watch != watch)
		return; /* both tell of it */
	if (!pod) {
		pod = add_pod(job);
		if (!pod)
			return;
		pod->role = role;
		pod->watch = watch;
		pod->is_primary = is_primary(job, object);
	} else if (strcmp(pod->view.uid, view->uid) != 0) {
		if (is_earlier(pod, view))
			return;
		replace(job, pod);
	}
	is_news = is_moved(&pod->view, view);
	take_view(job, pod, view);
	if (change == KUBE_DELETED)
		pod_is_gone(pod);
	choose_lead(job);
	podlog_pod(job->log, pod);
	if (is_news && pod == job->lead && job->phase != K8S_OVER)
		tell_place(job, object);
	k8s_parts_changed(job);
	look_again(job);
}

/* ---- all of them -------------------------------------------------------- */

void k8s_pod_take(struct k8s_job *job, int watch, enum kube_change change,
		  const struct pod_view *view, const cJSON *object)
{
	if (job->platform->kind->ends_with_pod)
		one_pod_news(job, change, view, object);
	else
		pod_news(job, watch, change, view, object);
}

void k8s_pods_missing(struct k8s_job *job, int watch)
{
	int list = job->platform->pod_list_numbers[watch];
	bool is_news = false;

	if (job->platform->kind->ends_with_pod) {
		if (job->pod && job->lead->seen_in != list)
			pod_leaves(job, "");
		return;
	}
	for (struct k8s_pod *pod = job->pods; pod; pod = pod->next) {
		if (pod->watch != watch || pod->seen_in == list || pod->is_gone)
			continue;
		pod_is_gone(pod);
		is_news = true;
	}
	if (!is_news)
		return;
	k8s_parts_changed(job);
	look_again(job);
}
