/* SPDX-License-Identifier: MIT */
/* A client, its scripted server, and what they are told. */
#include "tests/unit/kube/rig.h"

#include "base/clock.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DEADLINE_MS 20000

static void on_fault(void *arg, const char *text)
{
	struct rig *rig = arg;

	strbuf_addf(&rig->told, "server: %s\n", text ? text : "well");
}

void rig_limit(struct rig *rig, double per_s, int burst)
{
	struct kube_client_options options = {
		.loop = rig->loop,
		.config = rig->config,
		.requests_per_s = per_s,
		.burst = burst,
		.fault = on_fault,
		.arg = rig,
	};
	struct error err;

	kube_client_close(rig->client);
	if (!kube_client_open(&options, &rig->client, &err))
		fail_msg("%s", err.text);
}

void rig_user(struct rig *rig, const char *user)
{
	struct kube_config_options options = {0};
	const char *name = "/config";
	char *text = xasprintf(
		"clusters: [{name: c, cluster: {server: "
		"'https://127.0.0.1:%d'}}]\n"
		"users: [{name: u, user: %s}]\n"
		"contexts: [{name: x, context: {cluster: c, user: u}}]\n"
		"current-context: x\n",
		rig->port, user);
	const char *texts[] = {text};
	struct error err;

	kube_client_close(rig->client);
	rig->client = NULL;
	kube_config_free(rig->config);
	if (!kube_config_parse(&options, &name, texts, 1, &rig->config, &err))
		fail_msg("%s", err.text);
	free(text);
	rig_limit(rig, 0, 0);
}

int rig_open(void **state)
{
	struct rig *rig = xcalloc(1, sizeof(*rig));
	struct error err;

	strbuf_init(&rig->told);
	strbuf_init(&rig->seen);
	rig->loop = loop_new(&err);
	rig_start_server(rig);
	rig->config = xcalloc(1, sizeof(*rig->config));
	rig->config->namespace = xstrdup("default");
	rig->config->server = xasprintf("http://127.0.0.1:%d", rig->port);
	rig_limit(rig, 0, 0);
	*state = rig;
	return 0;
}

int rig_close(void **state)
{
	struct rig *rig = *state;

	kube_client_close(rig->client);
	rig_stop_server(rig);
	kube_config_free(rig->config);
	loop_free(rig->loop);
	strbuf_release(&rig->told);
	strbuf_release(&rig->seen);
	free(rig);
	return 0;
}

void rig_script(struct rig *rig, const struct exchange *script, int count)
{
	rig->script = script;
	rig->script_count = count;
	rig->requests = 0;
}

struct waiting {
	struct rig *rig;
	const char *text;
	bool is_met;
};

static void look(void *arg)
{
	struct waiting *waiting = arg;

	waiting->is_met = strstr(waiting->rig->told.data, waiting->text);
	if (waiting->is_met)
		loop_quit(waiting->rig->loop);
}

static void on_deadline(void *arg)
{
	struct waiting *waiting = arg;

	fail_msg("'%s' was not told; but:\n%s\nafter:\n%s", waiting->text,
		 waiting->rig->told.data, waiting->rig->seen.data);
}

void rig_until(struct rig *rig, const char *text)
{
	struct waiting waiting = {.rig = rig, .text = text};
	struct loop_timer *timer;

	look(&waiting);
	if (waiting.is_met)
		return;
	timer = loop_after(rig->loop, DEADLINE_MS, on_deadline, &waiting);
	loop_set_turn(rig->loop, look, &waiting);
	loop_run(rig->loop);
	loop_set_turn(rig->loop, NULL, NULL);
	loop_cancel(rig->loop, timer);
}

static void quit(void *arg)
{
	loop_quit(arg);
}

void rig_moment(struct rig *rig, int ms)
{
	loop_after(rig->loop, ms, quit, rig->loop);
	loop_run(rig->loop);
}

void rig_tell_reply(const struct kube_reply *reply, void *arg)
{
	struct rig *rig = arg;

	strbuf_addf(&rig->told, "%d ", reply->code);
	if (reply->err.code == ERROR_NONE)
		strbuf_addf(&rig->told, "%s\n", reply->body);
	else
		strbuf_addf(&rig->told, "%s: %s\n",
			    error_code_name(reply->err.code), reply->err.text);
	if (reply->warning)
		strbuf_addf(&rig->told, "warning: %s\n", reply->warning);
}

struct kube_call *rig_call(struct rig *rig, enum kube_method method,
			   const char *path, const char *body, int give_up_ms)
{
	struct kube_request request = {
		.method = method,
		.path = path,
		.body = body,
		.body_len = body ? strlen(body) : 0,
		.give_up_ms = give_up_ms,
	};

	return kube_call(rig->client, &request, rig_tell_reply, rig);
}
