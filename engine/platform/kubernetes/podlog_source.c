/* SPDX-License-Identifier: MIT */
/*
 * What a job's log is read from: each instance of each container of its pods,
 * from their news and from the place file.
 */
#include "engine/platform/kubernetes/podlog_private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the outside -------------------------------------------------------- */

static struct source *add_source(struct podlog *log,
				 const struct logfile_source *at)
{
	struct source *source;

	if (log->count == SOURCES_MAX)
		return NULL;
	source = xcalloc(1, sizeof(*source));
	source->at = *at;
	source->log = log;
	strbuf_init(&source->piece);
	snprintf(source->prefix, sizeof(source->prefix), "[%s] ",
		 at->container);
	ARRAY_RESERVE(log->sources, log->count, log->capacity);
	log->sources[log->count++] = source;
	return source;
}

void podlog_add_known(void *arg, const struct logfile_source *at)
{
	struct podlog *log = arg;
	size_t len = strlen(log->job->name);
	struct platform *platform = log->job->platform;
	struct source *source;

	source = add_source(log, at);
	if (!source) {
		free(at->counters);
		return;
	}
	/* the file may be within reach of others: no other's log.  What others
	 * make up may have any name: until it is seen among the job's pods */
	source->is_unproven = strncmp(at->pod, log->job->name, len) != 0 ||
			      (at->pod[len] && at->pod[len] != '-');
	source->is_main =
		!strcmp(at->container,
			kind_container(platform->kind, platform->config));
	/* of a pod we have not seen yet: whether it goes on it will say */
	if (!source->at.is_complete)
		source->is_ended = true;
}

/* Pods that are made again may have the name of the one before. */
static bool is_of_pod(const struct source *source, const struct pod_view *pod)
{
	return !strcmp(source->at.pod, pod->name) &&
	       (!source->at.uid[0] || !strcmp(source->at.uid, pod->uid));
}

static struct source *find_source(struct podlog *log,
				  const struct pod_view *pod,
				  const struct pod_container *container)
{
	for (size_t i = 0; i < log->count; i++) {
		struct source *source = log->sources[i];

		if (source->at.instance == container->restarts &&
		    !strcmp(source->at.container, container->name) &&
		    is_of_pod(source, pod))
			return source;
	}
	return NULL;
}

static void give_up_source(struct source *source)
{
	source->is_ended = source->at.is_complete = true;
	source->log->file.is_dirty = true;
}

/* The kubelet keeps the log of one instance before the present one, and none
 * of a pod whose name another has taken. */
static void retire_instances(struct podlog *log, const struct pod_view *pod,
			     const struct pod_container *container)
{
	for (size_t i = 0; i < log->count; i++) {
		struct source *source = log->sources[i];

		if (strcmp(source->at.container, container->name) != 0 ||
		    strcmp(source->at.pod, pod->name) != 0)
			continue;
		if (!is_of_pod(source, pod)) {
			give_up_source(source);
			continue;
		}
		if (source->at.instance >= container->restarts)
			continue;
		source->is_ended = true;
		if (source->at.instance < container->restarts - 1)
			source->at.is_complete = true;
		else if (!source->is_previous) {
			source->is_previous = true;
			podlog_close_stream(source);
		}
	}
}

static struct source *new_source(struct podlog *log, const struct k8s_pod *pod,
				 const struct pod_container *container)
{
	struct logfile_source at = {.instance = container->restarts};
	struct k8s_job *job = log->job;
	struct source *source;

	snprintf(at.pod, sizeof(at.pod), "%s", pod->view.name);
	snprintf(at.uid, sizeof(at.uid), "%s", pod->view.uid);
	snprintf(at.container, sizeof(at.container), "%s", container->name);
	source = add_source(log, &at);
	if (source || log->is_full)
		return source;
	log->is_full = true;
	k8s_tell_event(job->platform, job, EVENT_WARNING, "log-many",
		       "%s has more containers than logs are kept of: the "
		       "first %d",
		       job->name, SOURCES_MAX);
	return NULL;
}

/* Whose lines these are: the pod's role, and the container where it is not the
 * one of the command. */
static void name_source(struct source *source, const struct k8s_pod *pod,
			const struct pod_container *container)
{
	char name[80];

	source->is_main = container == k8s_main_container(&pod->view);
	if (source->log->job->platform->kind->ends_with_pod)
		return;
	pod_role_format(&pod->role, name, sizeof(name));
	if (source->is_main)
		snprintf(source->prefix, sizeof(source->prefix), "[%.60s] ",
			 name);
	else
		snprintf(source->prefix, sizeof(source->prefix),
			 "[%.40s/%.40s] ", name, container->name);
}

static void take_container(struct podlog *log, const struct k8s_pod *pod,
			   const struct pod_container *container)
{
	struct source *source;
	bool has_ended, is_new;

	retire_instances(log, &pod->view, container);
	source = find_source(log, &pod->view, container);
	is_new = !source;
	if (is_new)
		source = new_source(log, pod, container);
	if (!source)
		return;
	source->is_unproven = false;
	snprintf(source->at.uid, sizeof(source->at.uid), "%s", pod->view.uid);
	name_source(source, pod, container);
	if (is_new && container->restarts > 0)
		podlog_fetch_previous(source);
	has_ended =
		container->state == POD_CONTAINER_TERMINATED || pod->is_gone;
	if (has_ended && !source->is_ended)
		source->not_before_ns = 0; /* for the rest */
	source->is_ended = has_ended;
	/* operators delete pods when they have ended, or make them again: what
	 * they have printed is read before */
	source->is_leaving = !log->job->platform->kind->ends_with_pod &&
			     (has_ended || pod->view.is_deleting);
}

void podlog_pod(struct podlog *log, const struct k8s_pod *pod)
{
	if (pod->view.container_count > 1)
		log->has_many = true;
	for (int i = 0; i < pod->view.container_count; i++)
		if (pod->view.containers[i].has_log)
			take_container(log, pod, &pod->view.containers[i]);
	podlog_adjust(log);
}
