/* SPDX-License-Identifier: MIT */
/*
 * What a kind can do beside running and ending: suspend, resume, stop, ...
 *
 * What has to be sent may depend on the object as it is, which is not kept; so
 * it is read first, and then patched.  Two requests, when people ask for it;
 * once more when the object changed in between and the patch minds.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A busy operator writes its object a few times a second. */
#define TRIES_MAX 10

/* One that is under way; the platform's, found by its own address. */
struct k8s_action {
	struct k8s_action *next;
	struct platform *platform;
	enum kind_action action;
	int64_t command;
	char *path;
	int tries;
	struct kube_call *call;
};

static void action_free(struct k8s_action *action)
{
	struct k8s_action **at = &action->platform->actions;

	while (*at != action)
		at = &(*at)->next;
	*at = action->next;
	kube_cancel(action->call);
	free(action->path);
	free(action);
}

static void finish(struct k8s_action *action, const char *problem)
{
	const struct platform_callbacks *callbacks =
		&action->platform->context.callbacks;
	int64_t command = action->command;
	char *copy = xstrdup_or_null(problem);

	action->call = NULL; /* it has been answered */
	action_free(action);
	if (callbacks->acted)
		callbacks->acted(callbacks->arg, command, copy);
	free(copy);
}

static void read_object(struct k8s_action *action);

static void patched(const struct kube_reply *reply, void *arg)
{
	struct k8s_action *action = arg;

	if (reply->code == 409 && ++action->tries < TRIES_MAX)
		read_object(action);
	else
		finish(action, reply->err.code ? reply->err.text : NULL);
}

static void send_patch(struct k8s_action *action,
		       const struct kind_patch *patch)
{
	struct kube_request request = {
		.method = KUBE_PATCH,
		.path = action->path,
		.body = patch->body,
		.body_len = strlen(patch->body),
		.content_type = patch->content_type,
		.give_up_ms = 30000,
	};

	action->call =
		kube_call(action->platform->client, &request, patched, action);
}

static void object_read(const struct kube_reply *reply, void *arg)
{
	struct k8s_action *action = arg;
	const struct kind *kind = action->platform->kind;
	struct kind_patch patch = {.now_ns = clock_wall_ns()};
	struct error err;
	cJSON *object;
	bool ok;

	if (reply->err.code) {
		finish(action, reply->err.text);
		return;
	}
	object = cJSON_ParseWithLength(reply->body, reply->len);
	ok = kind->act(action->action, object, &patch, &err);
	cJSON_Delete(object);
	if (!ok)
		finish(action, err.text);
	else if (!patch.body)
		finish(action, NULL); /* it is so already */
	else
		send_patch(action, &patch);
	free(patch.body);
}

static void read_object(struct k8s_action *action)
{
	struct kube_request request = {
		.method = KUBE_GET, .path = action->path, .give_up_ms = 30000};

	action->call = kube_call(action->platform->client, &request,
				 object_read, action);
}

bool k8s_act(struct platform *platform, int64_t trial, int attempt,
	     enum kind_action what, int64_t command, struct error *err)
{
	struct k8s_job *job = k8s_job_find(platform, trial, attempt);
	struct k8s_action *action;

	if (!platform->kind->act)
		return error_set(err, ERROR_INVALID,
				 "kind %s knows no such thing: kill or restart "
				 "the trial",
				 platform->kind->name);
	if (!job || job->phase != K8S_LIVE || job->is_deleting || job->is_gone)
		return error_set(err, ERROR_CONFLICT,
				 "there is no object of it on the cluster at "
				 "the moment");
	action = xcalloc(1, sizeof(*action));
	action->platform = platform;
	action->action = what;
	action->command = command;
	action->path = k8s_kind_path(platform, job->name);
	action->next = platform->actions;
	platform->actions = action;
	read_object(action);
	return true;
}

void k8s_act_close(struct platform *platform)
{
	while (platform->actions)
		action_free(platform->actions);
}
