/* SPDX-License-Identifier: MIT */
/* The API server, asked from a thread that may wait. */
#include "engine/storage/agent.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define ASK_MS 30000

static void ignore_fault(void *arg, const char *text)
{
	(void)arg, (void)text;
}

static void auth_ready(void *arg)
{
	struct agent *agent = arg;

	agent->is_auth_ready = true;
	loop_quit(agent->loop);
}

bool agent_kube_open(struct agent *agent, const struct storage_target *target,
		     struct error *err)
{
	struct kube_config_options which = {
		.kubeconfig = target->kubeconfig,
		.context = target->context,
		.namespace = target->namespace,
	};
	struct kube_client_options options = {.fault = ignore_fault,
					      .arg = agent};
	struct kube_auth_options auth = {.ready = auth_ready, .arg = agent};

	agent->loop = loop_new(err);
	if (!agent->loop)
		return false;
	if (!kube_config_load(&which, &agent->config, err)) {
		if (err->code == ERROR_NOT_FOUND)
			err->code = ERROR_UNAVAILABLE;
		return false;
	}
	options.loop = auth.loop = agent->loop;
	options.config = auth.config = agent->config;
	agent->easy = curl_easy_init();
	return (agent->easy ||
		error_set(err, ERROR_SYSTEM, "create a request")) &&
	       kube_client_open(&options, &agent->client, err) &&
	       kube_auth_open(&auth, &agent->auth, err);
}

void agent_kube_close(struct agent *agent)
{
	cJSON_Delete(agent->answer);
	curl_easy_cleanup(agent->easy);
	kube_auth_close(agent->auth);
	kube_client_close(agent->client);
	kube_config_free(agent->config);
	loop_free(agent->loop);
}

static void answered(const struct kube_reply *reply, void *arg)
{
	struct agent *agent = arg;

	agent->code = reply->code;
	agent->err = reply->err;
	agent->answer = cJSON_ParseWithLength(reply->body, reply->len);
	loop_quit(agent->loop);
}

bool agent_ask(struct agent *agent, enum kube_method method, const char *path,
	       const cJSON *body, struct error *err)
{
	struct kube_request request = {
		.method = method,
		.path = path,
		.timeout_ms = ASK_MS,
		.give_up_ms = ASK_MS,
	};
	char *text = body ? cJSON_PrintUnformatted(body) : NULL;

	cJSON_Delete(agent->answer);
	agent->answer = NULL;
	request.body = text;
	request.body_len = text ? strlen(text) : 0;
	kube_call(agent->client, &request, answered, agent);
	cJSON_free(text);
	loop_run(agent->loop);
	if (agent->err.code)
		*err = agent->err;
	return !agent->err.code;
}

static void slept(void *arg)
{
	loop_quit(arg);
}

void agent_sleep(struct agent *agent, int ms)
{
	loop_after(agent->loop, ms, slept, agent->loop);
	loop_run(agent->loop);
}

char *agent_path(const struct agent *agent, const char *plural,
		 const char *name)
{
	return xasprintf("/api/v1/namespaces/%s/%s%s%s",
			 agent->config->namespace, plural, name ? "/" : "",
			 name ? name : "");
}
