/* SPDX-License-Identifier: MIT */
/* A storage's pod: made, waited for, shared, removed. */
#include "engine/storage/agent.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/pod/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS 250
#define RIGHTS                                                                 \
	"; a storage that only pods can mount needs the rights to create, "    \
	"get, list and delete pods and pods/proxy, see "                       \
	"examples/in-cluster/rbac.yaml; or give localPath, where this "        \
	"machine sees it"

static pthread_mutex_t pods_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct agent_pod *pods;

/* ---- shared by sessions -------------------------------------------------- */

struct agent_pod *agent_pod_join(const char *key)
{
	struct agent_pod *pod;

	pthread_mutex_lock(&pods_mutex);
	for (pod = pods; pod && strcmp(pod->key, key) != 0; pod = pod->next)
		;
	if (!pod) {
		pod = xcalloc(1, sizeof(*pod));
		pod->key = xstrdup(key);
		pthread_mutex_init(&pod->mutex, NULL);
		pod->next = pods;
		pods = pod;
	}
	pod->users++;
	pthread_mutex_unlock(&pods_mutex);
	return pod;
}

static void delete_pod(struct agent *agent, const char *name)
{
	char *base = agent_path(agent, "pods", name);
	char *path = xasprintf("%s?gracePeriodSeconds=1", base);
	struct error ignored;

	/* what cannot be deleted ends by itself when it is idle */
	agent_ask(agent, KUBE_DELETE, path, NULL, &ignored);
	free(base);
	free(path);
}

void agent_pod_leave(struct agent *agent)
{
	struct agent_pod *pod = agent->pod, **link = &pods;
	bool is_last;

	pthread_mutex_lock(&pods_mutex);
	is_last = --pod->users == 0;
	while (is_last && *link != pod)
		link = &(*link)->next;
	if (is_last)
		*link = pod->next;
	pthread_mutex_unlock(&pods_mutex);
	if (!is_last)
		return;
	if (*pod->name && agent->client)
		delete_pod(agent, pod->name);
	explicit_bzero(pod->token, sizeof(pod->token));
	pthread_mutex_destroy(&pod->mutex);
	free(pod->key);
	free(pod);
}

/* ---- what others left ---------------------------------------------------- */

static void sweep(struct agent *agent)
{
	char *selector = agent_selector(agent);
	char *base = agent_path(agent, "pods", NULL);
	char *path = xasprintf("%s?labelSelector=%s", base, selector);
	struct error ignored;
	cJSON *list;
	const cJSON *pod;

	free(selector);
	free(base);
	agent->pod->is_swept = true;
	if (agent_ask(agent, KUBE_GET, path, NULL, &ignored)) {
		list = agent->answer;
		agent->answer = NULL;
		cJSON_ArrayForEach (pod, cJSON_GetObjectItem(list, "items")) {
			const char *name =
				cJSON_GetStringValue(cJSON_GetObjectItem(
					cJSON_GetObjectItem(pod, "metadata"),
					"name"));

			if (name && agent_is_stale(pod))
				delete_pod(agent, name);
		}
		cJSON_Delete(list);
	}
	free(path);
}

/* ---- making it ----------------------------------------------------------- */

/* With what to do about it. */
static bool add_rights(struct error *err)
{
	char text[sizeof(err->text)];

	snprintf(text, sizeof(text), "%s", err->text);
	return error_set(err, ERROR_DENIED, "%.200s" RIGHTS, text);
}

static bool create(struct agent *agent, const char *plural, cJSON *object,
		   struct error *err)
{
	char *path = agent_path(agent, plural, NULL);
	bool ok = agent_ask(agent, KUBE_POST, path, object, err);

	if (!ok && err->code == ERROR_DENIED)
		add_rights(err);
	free(path);
	cJSON_Delete(object);
	return ok;
}

static bool make(struct agent *agent, struct error *err)
{
	char uid[64];
	const char *given;

	agent_name(agent);
	if (!create(agent, "pods", agent_pod_object(agent), err)) {
		*agent->pod->name = '\0';
		return false;
	}
	given = cJSON_GetStringValue(cJSON_GetObjectItem(
		cJSON_GetObjectItem(agent->answer, "metadata"), "uid"));
	snprintf(uid, sizeof(uid), "%s", given ? given : "");
	/* it waits for them: the kubelet mounts before it starts */
	if (create(agent, "secrets", agent_secret_object(agent, uid), err) &&
	    create(agent, "configmaps", agent_map_object(agent, uid), err))
		return true;
	delete_pod(agent, agent->pod->name);
	*agent->pod->name = '\0';
	return false;
}

/* ---- waiting for it ------------------------------------------------------ */

enum look { LOOK_WAIT, LOOK_RUNS, LOOK_GONE, LOOK_FAILED };

/* reason: why it does not run yet, for people. */
static enum look look(struct agent *agent, char *reason, size_t size,
		      struct error *err)
{
	char *path = agent_path(agent, "pods", agent->pod->name);
	bool ok = agent_ask(agent, KUBE_GET, path, NULL, err);
	struct pod_view view;

	free(path);
	if (!ok && agent->code == 404)
		return LOOK_GONE;
	if (!ok || !pod_view_read(agent->answer, AGENT_CONTAINER, &view, err))
		return LOOK_FAILED;
	if (view.reason[0])
		snprintf(reason, size, "%s", view.reason);
	if (view.is_deleting || view.phase == POD_SUCCEEDED)
		return LOOK_GONE;
	if (view.phase == POD_FAILED || view.is_stuck) {
		error_set(err, ERROR_UNAVAILABLE,
			  "the pod that reads %s does not start: %s",
			  agent->what, reason);
		return LOOK_FAILED;
	}
	return view.phase == POD_RUNNING ? LOOK_RUNS : LOOK_WAIT;
}

static bool is_answering(struct agent *agent, struct error *err)
{
	const struct agent_request request = {
		.method = "GET", .target = "/v1/health", .fd = -1};

	return agent_http(agent, &request, err);
}

static bool await(struct agent *agent, struct error *err)
{
	int64_t until_ns = clock_mono_ns() + AGENT_START_MS * NS_PER_MS;
	char reason[400] = "";
	struct error why;
	enum look seen;

	for (;;) {
		seen = look(agent, reason, sizeof(reason), err);
		if (seen == LOOK_FAILED)
			return false;
		if (seen == LOOK_GONE)
			return error_set(err, ERROR_UNAVAILABLE,
					 "the pod that reads %s was deleted",
					 agent->what);
		if (seen == LOOK_RUNS && is_answering(agent, &why))
			return true;
		/* it will not be permitted by waiting */
		if (seen == LOOK_RUNS && why.code == ERROR_DENIED) {
			*err = why;
			return add_rights(err);
		}
		if (!storage_may_go_on(&agent->base, err))
			return false;
		if (clock_mono_ns() >= until_ns)
			return error_set(
				err, ERROR_TIMEOUT,
				"the pod that reads %s did not %s in %d s%s%s",
				agent->what,
				seen == LOOK_RUNS ? "answer through the API "
						    "server's proxy"
						  : "start",
				AGENT_START_MS / 1000, *reason ? ": " : "",
				reason);
		agent_sleep(agent, LOOK_MS);
	}
}

/* One that was there and did not answer: does it still run? */
static bool is_usable(struct agent *agent)
{
	char reason[400] = "";
	struct error ignored;
	enum look seen;

	if (!*agent->pod->name)
		return false;
	seen = look(agent, reason, sizeof(reason), &ignored);
	if (seen == LOOK_RUNS || seen == LOOK_WAIT)
		return true;
	delete_pod(agent, agent->pod->name);
	*agent->pod->name = '\0';
	return false;
}

bool agent_ensure(struct agent *agent, struct error *err)
{
	struct agent_pod *pod = agent->pod;
	bool ok = true;

	if (atomic_load(&pod->is_ready))
		return true;
	pthread_mutex_lock(&pod->mutex);
	if (!atomic_load(&pod->is_ready)) {
		if (!pod->is_swept)
			sweep(agent);
		ok = (is_usable(agent) || make(agent, err)) &&
		     await(agent, err);
		if (!ok && *pod->name) { /* it may never be of use */
			delete_pod(agent, pod->name);
			*pod->name = '\0';
		}
		atomic_store(&pod->is_ready, ok);
	}
	pthread_mutex_unlock(&pod->mutex);
	return ok;
}

void agent_doubt(struct agent *agent)
{
	atomic_store(&agent->pod->is_ready, false);
}
