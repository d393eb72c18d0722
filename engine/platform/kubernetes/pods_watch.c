/* SPDX-License-Identifier: MIT */
/*
 * Watches of pods: those with our labels, and where somebody else makes them
 * up, those with one that holds their object's name.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/mem.h"
#include "engine/pod/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- whose it is -------------------------------------------------------- */

/* By the object that made it. */
static struct k8s_job *job_of_owner(struct platform *platform,
				    const cJSON *object)
{
	const cJSON *owner;

	cJSON_ArrayForEach (owner, field_array(field_object(object, "metadata"),
					       "ownerReferences")) {
		struct k8s_job *job =
			k8s_job_named(platform, field_text(owner, "name"));

		if (job && field_is(owner, "kind", platform->resource.kind))
			return job;
	}
	return NULL;
}

/* By the label with the object's name, or by trial and attempt: what our
 * labels say is what the object's name is made of. */
static struct k8s_job *job_of(struct platform *platform, const cJSON *object,
			      bool *ret_is_a_trial)
{
	const cJSON *labels =
		field_object(field_object(object, "metadata"), "labels");
	const char *label = platform->pod_label;
	struct trial trial = {0};
	struct attempt attempt = {0};
	struct k8s_job *job;
	const char *id;
	char *name;

	id = label ? field_text(labels, label) : "";
	*ret_is_a_trial = *id;
	job = k8s_job_named(platform, id);
	if (job || (*id && platform->kind->ends_with_pod))
		return job;
	id = field_text(labels, "trialId");
	*ret_is_a_trial |= *id != '\0';
	if (!*id || strlen(id) >= sizeof(trial.id))
		return job_of_owner(platform, object);
	snprintf(trial.id, sizeof(trial.id), "%s", id);
	attempt.number = (int)strtol(field_text(labels, "attempt"), NULL, 10);
	name = kind_name_object(platform->kind, platform->context.experiment,
				&trial, &attempt);
	job = k8s_job_named(platform, name);
	free(name);
	return job;
}

static void take_object(struct platform *platform, int watch,
			enum kube_change change, const cJSON *object)
{
	struct k8s_job *job;
	struct pod_view view;
	struct error ignored;
	bool is_a_trial;

	job = job_of(platform, object, &is_a_trial);
	if (!is_a_trial && !job && !watch)
		k8s_probe_news(platform, object);
	if (!job ||
	    !pod_view_read(object,
			   kind_container(platform->kind, platform->config),
			   &view, &ignored))
		return;
	k8s_pod_take(job, watch, change, &view, object);
}

/* ---- the watches -------------------------------------------------------- */

static void pod_object(void *arg, enum kube_change change, const cJSON *object)
{
	take_object(arg, 0, change, object);
}

static void other_object(void *arg, enum kube_change change,
			 const cJSON *object)
{
	take_object(arg, 1, change, object);
}

static void pods_listing(void *arg)
{
	struct platform *platform = arg;

	platform->pod_list_numbers[0]++;
}

static void others_listing(void *arg)
{
	struct platform *platform = arg;

	platform->pod_list_numbers[1]++;
}

static void listed(struct platform *platform, int watch)
{
	for (struct k8s_job *job = platform->first, *next; job; job = next) {
		next = job->later;
		k8s_pods_missing(job, watch);
	}
}

static void pods_listed(void *arg)
{
	struct platform *platform = arg;

	platform->are_pods_listed = true;
	listed(platform, 0);
}

static void others_listed(void *arg)
{
	listed(arg, 1);
}

static void pods_fault(void *arg, const char *text)
{
	k8s_watch_fault(arg, 2, "pods", text);
}

void k8s_pods_open(struct platform *platform)
{
	char *path = k8s_core_path(platform, "pods", NULL);
	struct kube_watch_options options = {
		.client = platform->client,
		.path = path,
		.label_selector = platform->selector,
		.unread = pod_unread,
		.listing = pods_listing,
		.object = pod_object,
		.listed = pods_listed,
		.fault = pods_fault,
		.arg = platform,
	};

	platform->pods_watch = kube_watch_open(&options);
	/* pods that somebody makes up: whatever has such a label */
	if (platform->pod_label && platform->config->primary_pod_labels) {
		options.label_selector = platform->pod_label;
		options.listing = others_listing;
		options.object = other_object;
		options.listed = others_listed;
		platform->others_watch = kube_watch_open(&options);
	}
	free(path);
}

void k8s_pods_close(struct platform *platform)
{
	kube_watch_close(platform->pods_watch);
	kube_watch_close(platform->others_watch);
}
