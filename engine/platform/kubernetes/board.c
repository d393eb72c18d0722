/* SPDX-License-Identifier: MIT */
/* TensorBoard in the cluster. */
#include "engine/platform/kubernetes/board.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "engine/kube/client.h"
#include "engine/loop.h"
#include "engine/pod/view.h"
#include "engine/storage/azure_key.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_GIVE_UP_MS 15000
#define LOOK_MS 300
#define CONTAINER BOARD_CONTAINER

/* ---- questions ------------------------------------------------------------
 */

struct asking {
	struct loop *loop;
	struct kube_config *config;
	struct kube_client *client;
	int code;
	struct error err;
	cJSON *answer; /* NULL when it was no JSON */
	char *text;    /* the same as it came */
};

static void ignore_fault(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static bool asking_open(struct asking *asking,
			const struct kubernetes_config *config,
			struct error *err)
{
	struct kube_config_options which = {
		.kubeconfig = config->kubeconfig,
		.context = config->context,
		.namespace = config->namespace,
	};
	struct kube_client_options options = {.fault = ignore_fault};

	*asking = (struct asking){.loop = loop_new(err)};
	options.loop = asking->loop;
	if (!asking->loop || !kube_config_load(&which, &asking->config, err))
		return false;
	options.config = asking->config;
	return kube_client_open(&options, &asking->client, err);
}

static void asking_close(struct asking *asking)
{
	cJSON_Delete(asking->answer);
	free(asking->text);
	kube_client_close(asking->client);
	kube_config_free(asking->config);
	if (asking->loop)
		loop_free(asking->loop);
}

static void answered(const struct kube_reply *reply, void *arg)
{
	struct asking *asking = arg;

	asking->code = reply->code;
	asking->err = reply->err;
	asking->answer = cJSON_ParseWithLength(reply->body, reply->len);
	asking->text = xstrndup(reply->body, reply->len);
	loop_quit(asking->loop);
}

static bool ask(struct asking *asking, enum kube_method method,
		const char *path, const cJSON *body)
{
	struct kube_request request = {
		.method = method,
		.path = path,
		.timeout_ms = ASK_GIVE_UP_MS,
		.give_up_ms = ASK_GIVE_UP_MS,
	};
	char *text = body ? cJSON_PrintUnformatted(body) : NULL;

	cJSON_Delete(asking->answer);
	free(asking->text);
	asking->answer = NULL;
	asking->text = NULL;
	request.body = text;
	request.body_len = text ? strlen(text) : 0;
	kube_call(asking->client, &request, answered, asking);
	free(text);
	loop_run(asking->loop);
	return !asking->err.code;
}

static void pause_over(void *arg)
{
	loop_quit(arg);
}

static void pause_for(struct asking *asking, int delay_ms)
{
	loop_after(asking->loop, delay_ms, pause_over, asking->loop);
	loop_run(asking->loop);
}

/* ---- the pod --------------------------------------------------------------
 */

/* "tensorboard-abcd1234": a DNS label, ids have capitals and '_'. */
static void pod_name(const struct experiment *experiment, char *ret,
		     size_t size)
{
	snprintf(ret, size, "tensorboard-%s", experiment->id);
	for (char *c = ret; *c; c++)
		*c = isalnum((unsigned char)*c)
			     ? (char)tolower((unsigned char)*c)
			     : '-';
	for (size_t len = strlen(ret); len && ret[len - 1] == '-'; len--)
		ret[len - 1] = 'x';
}

/* ---- its life -------------------------------------------------------------
 */

static char *pods_path(const struct asking *asking, const char *name)
{
	return xasprintf("/api/v1/namespaces/%s/pods%s%s",
			 asking->config->namespace, name ? "/" : "",
			 name ? name : "");
}

/* False also with err untouched: it was not there. */
static bool remove_pod(struct asking *asking, const char *name)
{
	char *path = pods_path(asking, name);
	bool ok = ask(asking, KUBE_DELETE, path, NULL);

	free(path);
	return ok;
}

/* Those of any experiment that are over: deadline, failure. */
static void sweep(struct asking *asking)
{
	char *path = xasprintf(
		"/api/v1/namespaces/%s/pods?labelSelector=app%%3D" BOARD_LABEL,
		asking->config->namespace);
	cJSON *list = NULL;
	const cJSON *pod;

	if (ask(asking, KUBE_GET, path, NULL)) {
		list = asking->answer;
		asking->answer = NULL;
	}
	free(path);
	cJSON_ArrayForEach (pod,
			    cJSON_GetObjectItemCaseSensitive(list, "items")) {
		struct pod_view view;
		struct error ignored;

		if (pod_view_read(pod, CONTAINER, &view, &ignored) &&
		    (view.phase == POD_SUCCEEDED || view.phase == POD_FAILED))
			remove_pod(asking, view.name);
	}
	cJSON_Delete(list);
}

/* With the account's key, owned by the pod: it goes when that goes. */
static bool make_secret(struct asking *asking,
			const struct kubernetes_config *config,
			const char *name, const char *uid, struct error *err)
{
	struct azure_credential credential = {0};
	cJSON *secret, *metadata, *owner, *data;
	char *path;
	bool ok;

	if (config->storage.type != STORAGE_AZURE)
		return true;
	if (!azure_key_get(&config->storage, NULL, &credential, err))
		return false;
	if (!credential.key) {
		azure_credential_release(&credential);
		return error_set(err, ERROR_INVALID,
				 "a pod mounts the share with the account's "
				 "key, not with a SAS token");
	}
	secret = cJSON_CreateObject();
	cJSON_AddStringToObject(secret, "apiVersion", "v1");
	cJSON_AddStringToObject(secret, "kind", "Secret");
	cJSON_AddStringToObject(secret, "type", "Opaque");
	metadata = cJSON_AddObjectToObject(secret, "metadata");
	cJSON_AddStringToObject(metadata, "name", name);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(metadata, "labels"),
				"app", BOARD_LABEL);
	owner = cJSON_CreateObject();
	cJSON_AddItemToArray(
		cJSON_AddArrayToObject(metadata, "ownerReferences"), owner);
	cJSON_AddStringToObject(owner, "apiVersion", "v1");
	cJSON_AddStringToObject(owner, "kind", "Pod");
	cJSON_AddStringToObject(owner, "name", name);
	cJSON_AddStringToObject(owner, "uid", uid);
	data = cJSON_AddObjectToObject(secret, "stringData");
	cJSON_AddStringToObject(data, "azurestorageaccountname",
				config->storage.azure_account);
	cJSON_AddStringToObject(data, "azurestorageaccountkey", credential.key);
	azure_credential_release(&credential);
	path = xasprintf("/api/v1/namespaces/%s/secrets",
			 asking->config->namespace);
	/* an earlier pod's may still be going */
	for (int tries = 0; !(ok = ask(asking, KUBE_POST, path, secret)) &&
			    asking->err.code == ERROR_CONFLICT && tries < 30;
	     tries++)
		pause_for(asking, LOOK_MS);
	free(path);
	cJSON_Delete(secret);
	if (ok)
		return true;
	*err = asking->err;
	return error_prefix(err, "make the Secret %s", name);
}

static bool is_ready(const cJSON *pod)
{
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(pod, "status");
	const cJSON *condition;

	cJSON_ArrayForEach (condition, cJSON_GetObjectItemCaseSensitive(
					       status, "conditions")) {
		const char *type = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(condition, "type"));
		const char *value = cJSON_GetStringValue(
			cJSON_GetObjectItemCaseSensitive(condition, "status"));

		if (type && value && !strcmp(type, "Ready") &&
		    !strcmp(value, "True"))
			return true;
	}
	return false;
}

/* One that is there already, of an earlier start, has to go first. */
static bool create(struct asking *asking, const cJSON *pod, const char *name,
		   struct error *err)
{
	char *path = pods_path(asking, NULL);
	int64_t until_ns = clock_mono_ns() + 30 * NS_PER_S;
	bool ok = false;

	while (!ok && clock_mono_ns() < until_ns) {
		ok = ask(asking, KUBE_POST, path, pod);
		if (ok || asking->err.code != ERROR_CONFLICT)
			break;
		remove_pod(asking, name);
		pause_for(asking, LOOK_MS);
	}
	free(path);
	if (ok)
		return true;
	*err = asking->err;
	return error_prefix(err, "make the pod %s", name);
}

/* Why, and the last that it said. */
static bool ended_at_once(struct asking *asking, const char *name,
			  const struct pod_view *view, struct error *err)
{
	char *path = xasprintf("/api/v1/namespaces/%s/pods/%s/log?tailLines=1",
			       asking->config->namespace, name);
	struct strbuf last = STRBUF_INIT;

	if (ask(asking, KUBE_GET, path, NULL))
		utf8_sanitize(&last, asking->text,
			      strcspn(asking->text, "\r\n"), false);
	free(path);
	error_set(err, ERROR_SYSTEM, "TensorBoard ended at once: %s%s%s",
		  view->reason[0] ? view->reason : "its pod was removed",
		  last.len ? ": " : "", last.data);
	strbuf_release(&last);
	return false;
}

static bool wait_until_ready(struct asking *asking,
			     const struct board_options *options,
			     const char *name, struct error *err)
{
	int64_t until_ns = clock_mono_ns() + options->wait_s * NS_PER_S;
	char *path = pods_path(asking, name);
	struct pod_view view = {0};
	char told[sizeof(view.reason)] = "";
	bool ok = false, is_over = false;

	while (!ok && !is_over && clock_mono_ns() < until_ns) {
		struct error ignored;

		if (!ask(asking, KUBE_GET, path, NULL) ||
		    !pod_view_read(asking->answer, CONTAINER, &view,
				   &ignored)) {
			is_over = asking->code == 404;
			pause_for(asking, LOOK_MS);
			continue;
		}
		ok = is_ready(asking->answer);
		is_over =
			view.phase == POD_SUCCEEDED || view.phase == POD_FAILED;
		if (!ok && options->waiting && view.reason[0] &&
		    strcmp(view.reason, told) != 0) {
			memcpy(told, view.reason, sizeof(told));
			options->waiting(options->arg, told);
		}
		if (!ok && !is_over)
			pause_for(asking, LOOK_MS);
	}
	free(path);
	if (ok)
		return true;
	if (is_over)
		return ended_at_once(asking, name, &view, err);
	return error_set(err, ERROR_TIMEOUT,
			 "TensorBoard does not run after %d s: %s",
			 options->wait_s,
			 view.reason[0] ? view.reason
					: "nobody listens at its port yet");
}

static const char *uid_of(const cJSON *object, char *ret, size_t size)
{
	const char *uid = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(object, "metadata"), "uid"));

	snprintf(ret, size, "%s", uid ? uid : "");
	return ret;
}

bool board_start(const struct board_options *options, struct board_place *ret,
		 struct error *err)
{
	struct asking asking;
	char name[sizeof(ret->pod)], uid[64];
	cJSON *pod;
	bool ok;

	pod_name(options->experiment, name, sizeof(name));
	ok = asking_open(&asking, &options->config->kubernetes, err);
	if (ok) {
		pod = board_pod(options, name);
		sweep(&asking);
		ok = create(&asking, pod, name, err);
		cJSON_Delete(pod);
		if (ok &&
		    (!make_secret(&asking, &options->config->kubernetes, name,
				  uid_of(asking.answer, uid, sizeof(uid)),
				  err) ||
		     !wait_until_ready(&asking, options, name, err))) {
			remove_pod(&asking, name);
			ok = false;
		}
	}
	if (ok) {
		memcpy(ret->pod, name, sizeof(name));
		snprintf(ret->namespace, sizeof(ret->namespace), "%s",
			 asking.config->namespace);
	}
	asking_close(&asking);
	return ok;
}

bool board_stop(const struct experiment *experiment,
		const struct experiment_config *config, bool *ret_was_there,
		struct error *err)
{
	struct asking asking;
	char name[64];
	bool ok;

	pod_name(experiment, name, sizeof(name));
	*ret_was_there = false;
	ok = asking_open(&asking, &config->kubernetes, err);
	if (ok) {
		*ret_was_there = remove_pod(&asking, name);
		if (!*ret_was_there && asking.code != 404) {
			*err = asking.err;
			ok = error_prefix(err, "remove the pod %s", name);
		}
	}
	asking_close(&asking);
	return ok;
}
