/* SPDX-License-Identifier: MIT */
/* The jobs of the experiment, by trial and attempt and by name. */
#include "engine/platform/kubernetes/private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct k8s_job **key_bucket(struct platform *platform, int64_t trial)
{
	return &platform->by_key[(uint64_t)trial % K8S_BUCKETS];
}

static struct k8s_job **name_bucket(struct platform *platform, const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return &platform->by_name[hash % K8S_BUCKETS];
}

struct k8s_job *k8s_job_add(struct platform *platform, int64_t trial,
			    int attempt, const char *name,
			    const char *directory)
{
	struct k8s_job *job = xcalloc(1, sizeof(*job));
	struct k8s_job **at = key_bucket(platform, trial);

	job->platform = platform;
	job->trial = trial;
	job->attempt = attempt;
	job->name = xstrdup(name);
	job->directory = xstrdup_or_null(directory);
	job->next_key = *at;
	*at = job;
	at = name_bucket(platform, name);
	job->next_name = *at;
	*at = job;
	job->earlier = platform->last;
	if (platform->last)
		platform->last->later = job;
	else
		platform->first = job;
	platform->last = job;
	platform->count++;
	return job;
}

struct k8s_job *k8s_job_find(struct platform *platform, int64_t trial,
			     int attempt)
{
	struct k8s_job *job = *key_bucket(platform, trial);

	while (job && (job->trial != trial || job->attempt != attempt))
		job = job->next_key;
	return job;
}

struct k8s_job *k8s_job_named(struct platform *platform, const char *name)
{
	struct k8s_job *job = *name ? *name_bucket(platform, name) : NULL;

	while (job && strcmp(job->name, name))
		job = job->next_name;
	return job;
}

struct k8s_job *k8s_job_of_pod(struct platform *platform, const char *pod)
{
	char name[254];
	char *dash;

	snprintf(name, sizeof(name), "%s", pod);
	while ((dash = strrchr(name, '-'))) {
		struct k8s_job *job;

		*dash = '\0';
		job = k8s_job_named(platform, name);
		if (job)
			return job;
	}
	return NULL;
}

static void unlink_job(struct k8s_job *job)
{
	struct platform *platform = job->platform;
	struct k8s_job **at = key_bucket(platform, job->trial);

	while (*at != job)
		at = &(*at)->next_key;
	*at = job->next_key;
	at = name_bucket(platform, job->name);
	while (*at != job)
		at = &(*at)->next_name;
	*at = job->next_name;
	if (job->earlier)
		job->earlier->later = job->later;
	else
		platform->first = job->later;
	if (job->later)
		job->later->earlier = job->earlier;
	else
		platform->last = job->earlier;
	platform->count--;
}

void k8s_material_free(struct k8s_material *material)
{
	if (!material)
		return;
	trial_release(&material->trial);
	attempt_release(&material->attempt);
	free(material->parameter_file);
	free(material->checkpoint);
	free(material->parent_checkpoint);
	k8s_commands_free(material->commands);
	free(material);
}

void k8s_job_free(struct k8s_job *job)
{
	unlink_job(job);
	k8s_progress(job->platform);
	loop_cancel(job->platform->context.loop, job->timer);
	kube_cancel(job->call);
	kube_cancel(job->remove);
	podlog_free(job->log);
	k8s_material_free(job->material);
	k8s_pods_free(job);
	part_list_release(&job->object_parts);
	free(job->begun_in);
	free(job->event_reason);
	free(job->event_pod);
	free(job->queue_reason);
	free(job->name);
	free(job->directory);
	free(job);
}
