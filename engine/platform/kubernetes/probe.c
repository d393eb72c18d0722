/* SPDX-License-Identifier: MIT */
/*
 * Can pods reach the side port, and under which of this host's addresses?
 *
 * Nobody can tell from here, so a pod tries: the keeper, in the trials' own
 * image, asks every address for its health and leaves the answer as its
 * termination message, which comes back through the watch of pods.  When none
 * answers, metrics and logs take the way through the API server: keepers then
 * print what they would have posted, and pods' logs are followed.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/mem.h"
#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After that trials start without knowing; their keepers find out. */
#define PROBE_PATIENCE_MS 30000

struct k8s_probe {
	struct platform *platform;
	char *name;
	struct kube_call *call;
	struct loop_timer *patience;
	struct loop_timer *retry;
	int failures;
	bool is_created;
	bool is_done; /* it has answered, and is being removed */
};

/* ---- the verdict -------------------------------------------------------- */

static void settle(struct platform *platform)
{
	struct k8s_probe *probe = platform->probe;

	loop_cancel(platform->context.loop, probe->patience);
	probe->patience = NULL;
	if (platform->readiness == K8S_PROBING) {
		platform->readiness = K8S_READY;
		k8s_go_on(platform);
	}
}

static void sideport_reached(struct platform *platform, const char *url)
{
	platform->reach = K8S_REACH_SIDEPORT;
	k8s_shared_set_url(platform, url);
	k8s_reach_remember(platform, url);
	settle(platform);
}

static void sideport_unreachable(struct platform *platform, const char *why)
{
	platform->reach = K8S_REACH_LOGS;
	k8s_tell_event(platform, NULL, EVENT_WARNING, "side-port",
		       "pods cannot reach the side port (%s): metrics come by "
		       "pod logs, through the API server",
		       why);
	if (platform->code == POD_CODE_SIDEPORT)
		k8s_tell_event(platform, NULL, EVENT_ERROR, "side-port",
			       "the code directory is too large for a "
			       "ConfigMap and pods cannot fetch it from the "
			       "side port: open the port, shrink the code with "
			       ".trialdeckignore, or put it on a volume that "
			       "pods mount");
	if (platform->config->keeper == KEEPER_NNI)
		k8s_tell_event(platform, NULL, EVENT_ERROR, "side-port",
			       "NNI's trial_keeper has no other way to report: "
			       "its metrics are lost until pods reach the side "
			       "port; open it, or write keeper: trialdeck");
	if (platform->are_outputs_sent)
		k8s_tell_event(platform, NULL, EVENT_WARNING, "side-port",
			       "files that trials leave in $NNI_OUTPUT_DIR "
			       "cannot come either: give the experiment a "
			       "storage, or open the side port");
	k8s_reach_remember(platform, "logs");
	settle(platform);
	for (struct k8s_job *job = platform->first; job; job = job->later)
		k8s_job_look(job); /* those that run are followed from now */
}

static void go_on_without(struct platform *platform)
{
	k8s_tell_event(platform, NULL, EVENT_WARNING, "side-port",
		       "not known yet whether pods reach the side port; "
		       "trials start all the same");
	settle(platform);
}

static void out_of_patience(void *arg)
{
	struct platform *platform = arg;

	platform->probe->patience = NULL;
	go_on_without(platform);
}

/* ---- the pod ------------------------------------------------------------ */

static void remove_item(cJSON *list, const char *key, const char *value)
{
	for (int i = cJSON_GetArraySize(list) - 1; i >= 0; i--) {
		const cJSON *item = cJSON_GetArrayItem(list, i);
		const char *text = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(item, key));

		if (text && !strcmp(text, value))
			cJSON_DeleteItemFromArray(list, i);
	}
}

/* It needs no GPU to try an address. */
static void remove_extended(cJSON *container)
{
	static const char *const groups[] = {"requests", "limits"};
	cJSON *resources =
		cJSON_GetObjectItemCaseSensitive(container, "resources");

	for (size_t i = 0; i < COUNT_OF(groups); i++) {
		cJSON *group =
			cJSON_GetObjectItemCaseSensitive(resources, groups[i]);
		cJSON *item = group ? group->child : NULL;

		while (item) {
			cJSON *next = item->next;

			if (strchr(item->string, '/'))
				cJSON_Delete(cJSON_DetachItemViaPointer(group,
									item));
			item = next;
		}
	}
}

static cJSON *probe_command(const struct platform *platform)
{
	cJSON *command = cJSON_CreateArray();
	struct strbuf urls = STRBUF_INIT;

	for (size_t i = 0; platform->urls[i]; i++)
		strbuf_addf(&urls, "%s%s", i ? "," : "", platform->urls[i]);
	cJSON_AddItemToArray(command, cJSON_CreateString(POD_KEEPER_MOUNT
							 "/trialdeck-keeper"));
	cJSON_AddItemToArray(command, cJSON_CreateString("--url-file"));
	cJSON_AddItemToArray(command,
			     cJSON_CreateString(POD_LINK_MOUNT "/url"));
	cJSON_AddItemToArray(command, cJSON_CreateString("--probe"));
	cJSON_AddItemToArray(command, cJSON_CreateString(urls.data));
	strbuf_release(&urls);
	return command;
}

/* The volume that is mounted at a path; NULL when none is. */
static const char *volume_at(const cJSON *mounts, const char *path)
{
	const cJSON *mount;

	cJSON_ArrayForEach (mount, mounts) {
		const char *at = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(mount, "mountPath"));

		if (at && !strcmp(at, path))
			return cJSON_GetStringValue(
				cJSON_GetObjectItemCaseSensitive(mount,
								 "name"));
	}
	return NULL;
}

/* A trial's pod, with the probe in place of the trial. */
static cJSON *probe_object(struct k8s_probe *probe, struct error *err)
{
	struct platform *platform = probe->platform;
	struct experiment_config config = *platform->context.config;
	struct pod_plan plan = k8s_plan(platform);
	struct trial trial = {.id = "probe", .parameters = (char *)"{}"};
	struct attempt attempt = {.number = 1};
	cJSON *object, *template, *spec, *container, *mounts;
	const char *volume;

	/* whoever keeps the trials: this one only looks around */
	config.kubernetes.keeper = KEEPER_OURS;
	plan.config = &config;
	plan.role = kind_leader(platform->kind, platform->config);
	plan.trial = &trial;
	plan.attempt = &attempt;
	plan.secret = "none";
	plan.code = POD_CODE_NONE;
	template = pod_template_build(&plan, err);
	if (!template)
		return NULL;
	spec = cJSON_DetachItemFromObject(template, "spec");
	cJSON_Delete(template);
	container =
		cJSON_GetArrayItem(cJSON_GetObjectItem(spec, "containers"), 0);
	mounts = cJSON_GetObjectItem(container, "volumeMounts");
	volume = volume_at(mounts, POD_INPUT_MOUNT);
	if (volume) {
		remove_item(cJSON_GetObjectItem(spec, "volumes"), "name",
			    volume);
		remove_item(mounts, "mountPath", POD_INPUT_MOUNT);
	}
	/* podTemplate speaks of it by the kind's name, here it has ours */
	cJSON_SetValuestring(cJSON_GetObjectItem(container, "name"),
			     POD_MAIN_CONTAINER);
	/* these may wait for pods of other roles, or fetch what is large */
	cJSON_DeleteItemFromObject(spec, "initContainers");
	cJSON_DeleteItemFromObject(container, "args");
	cJSON_DeleteItemFromObject(container, "command");
	cJSON_AddItemToObject(container, "command", probe_command(platform));
	remove_extended(container);
	object = k8s_object_new(platform, "v1", "Pod", probe->name);
	cJSON_AddItemToObject(object, "spec", spec);
	return object;
}

static void create_probe(void *arg);

static void probe_created(const struct kube_reply *reply, void *arg)
{
	struct k8s_probe *probe = arg;

	probe->call = NULL;
	if (!reply->err.code || reply->code == 409) {
		probe->is_created = true;
		return;
	}
	k8s_tell_event(probe->platform, NULL, EVENT_WARNING, "side-port",
		       "try the side port from a pod: %s", reply->err.text);
	probe->retry = loop_after(probe->platform->context.loop,
				  kube_backoff_ms(&probe->failures),
				  create_probe, probe);
}

static void create_probe(void *arg)
{
	struct k8s_probe *probe = arg;
	struct platform *platform = probe->platform;
	struct kube_request request = {.method = KUBE_POST, .give_up_ms = -1};
	struct error err;
	cJSON *object = probe_object(probe, &err);
	char *path, *body;

	probe->retry = NULL;
	if (!object) /* the trials will say the same */
		return;
	path = k8s_core_path(platform, "pods", NULL);
	body = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	request.path = path;
	request.body = body;
	request.body_len = strlen(body);
	probe->call =
		kube_call(platform->client, &request, probe_created, probe);
	free(path);
	free(body);
}

void k8s_probe_start(struct platform *platform)
{
	struct k8s_probe *probe;
	char suffix[9];

	if (platform->probe)
		return;
	probe = xcalloc(1, sizeof(*probe));
	probe->platform = platform;
	random_secret_hex(suffix, sizeof(suffix) - 1);
	/* beside the link map's name, which is folded already */
	probe->name =
		xasprintf("%.*sprobe-%s", (int)(strlen(platform->link_map) - 4),
			  platform->link_map, suffix);
	platform->probe = probe;
	probe->patience = loop_after(platform->context.loop, PROBE_PATIENCE_MS,
				     out_of_patience, platform);
	create_probe(probe);
}

static const char *message_of(const cJSON *pod)
{
	const cJSON *statuses = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(pod, "status"),
		"containerStatuses");
	const cJSON *status;

	/* podTemplate may have put others beside it */
	cJSON_ArrayForEach (status, statuses) {
		const char *name = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(status, "name"));
		const cJSON *state =
			cJSON_GetObjectItemCaseSensitive(status, "state");

		if (name && !strcmp(name, POD_MAIN_CONTAINER))
			return cJSON_GetStringValue(
				cJSON_GetObjectItemCaseSensitive(
					cJSON_GetObjectItemCaseSensitive(
						state, "terminated"),
					"message"));
	}
	return NULL;
}

static bool has_ended(const struct pod_view *view)
{
	return view->phase == POD_SUCCEEDED || view->phase == POD_FAILED ||
	       (view->main_container >= 0 &&
		view->containers[view->main_container].state ==
			POD_CONTAINER_TERMINATED);
}

/* "http://10.0.0.5:8081: connection refused, ..." */
static void describe_failure(const cJSON *result, struct strbuf *out)
{
	const cJSON *failed =
		cJSON_GetObjectItemCaseSensitive(result, "failed");
	const cJSON *item;

	cJSON_ArrayForEach (item, failed) {
		const char *url = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(item, "url"));
		const char *why = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(item, "why"));

		if (!url || !why || out->len > 400)
			continue;
		strbuf_addf(out, "%s%.80s: %.80s", out->len ? ", " : "", url,
			    why);
	}
	if (!out->len)
		strbuf_adds(out, "the probe did not say why");
}

static void read_result(struct platform *platform, const char *message)
{
	cJSON *result = message ? cJSON_Parse(message) : NULL;
	const char *url = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(result, "url"));
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; url && platform->urls[i]; i++) {
		if (strcmp(platform->urls[i], url) != 0)
			continue;
		sideport_reached(platform, url);
		goto out;
	}
	if (result) {
		describe_failure(result, &text);
		sideport_unreachable(platform, text.data);
	} else {
		/* it did not get so far: keepers find out by themselves */
		go_on_without(platform);
	}
out:
	strbuf_release(&text);
	cJSON_Delete(result);
}

/* Trials wait with it, but not for what does not pass by itself. */
static void probe_waits(struct platform *platform, const struct pod_view *view)
{
	if (view->is_stuck && platform->readiness == K8S_PROBING) {
		go_on_without(platform);
		return;
	}
	for (struct k8s_job *job = platform->first; job; job = job->later)
		if (job->phase == K8S_PENDING && view->reason[0])
			k8s_tell_waiting(job, view->reason);
}

void k8s_probe_news(struct platform *platform, const cJSON *pod)
{
	struct k8s_probe *probe = platform->probe;
	const cJSON *metadata =
		cJSON_GetObjectItemCaseSensitive(pod, "metadata");
	const char *name = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(metadata, "name"));
	struct pod_view view;
	struct error ignored;
	char *path;

	if (!name || !strstr(name, "-probe-") ||
	    cJSON_GetObjectItemCaseSensitive(metadata, "deletionTimestamp"))
		return;
	if (probe && !strcmp(probe->name, name)) {
		if (!pod_view_read(pod, POD_MAIN_CONTAINER, &view, &ignored))
			return;
		if (!has_ended(&view)) {
			probe_waits(platform, &view);
			return;
		}
		probe->is_done = true;
		read_result(platform, message_of(pod));
	}
	/* done, or left from before a crash */
	path = k8s_core_path(platform, "pods", name);
	k8s_remove_path(platform, path);
	free(path);
}

void k8s_probe_remove(struct platform *platform)
{
	struct k8s_probe *probe = platform->probe;
	char *path;

	if (!probe)
		return;
	if (!probe->is_done && (probe->call || probe->is_created)) {
		path = k8s_core_path(platform, "pods", probe->name);
		k8s_remove_path(platform, path);
		free(path);
	}
	k8s_probe_close(platform);
}

void k8s_probe_close(struct platform *platform)
{
	struct k8s_probe *probe = platform->probe;

	if (!probe)
		return;
	loop_cancel(platform->context.loop, probe->patience);
	loop_cancel(platform->context.loop, probe->retry);
	kube_cancel(probe->call);
	free(probe->name);
	free(probe);
	platform->probe = NULL;
}
