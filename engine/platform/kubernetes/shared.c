/* SPDX-License-Identifier: MIT */
/*
 * What all jobs of an experiment share: ConfigMaps with the side port's
 * address, the keeper's program and the code; Secrets (secrets.c).
 *
 * Made once, found again after a crash (AlreadyExists), removed when the
 * experiment is over.  The address map owns the others, so that one deletion
 * removes all of them; it is the only one that ever changes: a console that
 * comes back on another port writes its new address there, and pods that run
 * see it within a minute.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/fs.h"
#include "base/mem.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define KEEPER_MAX_BYTES (1u << 20)
#define CODE_MAX_BYTES (1u << 20)
#define MERGE_PATCH "application/merge-patch+json"

enum step {
	STEP_LINK,
	STEP_LINK_READ,
	STEP_KEEPER,
	STEP_SECRETS, /* one after the other */
	STEP_CODE,
	STEP_DONE
};

/* ---- names and objects -------------------------------------------------- */

/* nni-exp-<id>-<what>, as names of objects may be. */
static char *object_name(const struct platform *platform, const char *what)
{
	char *name = xasprintf("nni-exp-%s-%s",
			       platform->context.experiment->id, what);

	for (char *c = name; *c; c++)
		*c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
	return name;
}

char *k8s_core_path(const struct platform *platform, const char *plural,
		    const char *name)
{
	return xasprintf("/api/v1/namespaces/%s/%s%s%s", platform->namespace,
			 plural, name ? "/" : "", name ? name : "");
}

char *k8s_kind_path(const struct platform *platform, const char *name)
{
	char *api = kind_api_path(&platform->resource);
	char *path = xasprintf("%s/namespaces/%s/%s%s%s", api,
			       platform->namespace, platform->resource.plural,
			       name ? "/" : "", name ? name : "");

	free(api);
	return path;
}

cJSON *k8s_object_new(struct platform *platform, const char *api_version,
		      const char *kind, const char *name)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *metadata;

	cJSON_AddStringToObject(root, "apiVersion", api_version);
	cJSON_AddStringToObject(root, "kind", kind);
	metadata = cJSON_AddObjectToObject(root, "metadata");
	cJSON_AddStringToObject(metadata, "name", name);
	cJSON_AddStringToObject(metadata, "namespace", platform->namespace);
	pod_labels_add(cJSON_AddObjectToObject(metadata, "labels"),
		       platform->context.experiment, NULL, NULL);
	return root;
}

static void add_owner(struct platform *platform, cJSON *object)
{
	cJSON *metadata = cJSON_GetObjectItem(object, "metadata");
	cJSON *owner = cJSON_CreateObject();

	cJSON_AddStringToObject(owner, "apiVersion", "v1");
	cJSON_AddStringToObject(owner, "kind", "ConfigMap");
	cJSON_AddStringToObject(owner, "name", platform->link_map);
	cJSON_AddStringToObject(owner, "uid", platform->link_uid);
	cJSON_AddItemToArray(
		cJSON_AddArrayToObject(metadata, "ownerReferences"), owner);
}

static void add_binary(cJSON *object, const char *key, const void *data,
		       size_t len)
{
	char *text = xmalloc(len / 3 * 4 + 8);

	EVP_EncodeBlock((unsigned char *)text, data, (int)len);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(object, "binaryData"),
				key, text);
	free(text);
}

static cJSON *link_data(struct platform *platform)
{
	cJSON *data = cJSON_CreateObject();

	cJSON_AddStringToObject(data, "url", platform->url);
	if (platform->context.certificate)
		cJSON_AddStringToObject(data, "ca.pem",
					platform->context.certificate);
	return data;
}

/* ---- the steps ---------------------------------------------------------- */

static void next_step(struct platform *platform, int step);
static void send_secret_after(struct platform *platform,
			      const struct kube_reply *reply);

static void again(void *arg)
{
	struct platform *platform = arg;

	platform->shared_timer = NULL;
	next_step(platform, platform->shared_step);
}

static void step_failed(struct platform *platform, const struct error *err)
{
	k8s_tell_event(platform, NULL, EVENT_WARNING, "prepare",
		       "prepare namespace %s: %s", platform->namespace,
		       err->text);
	for (struct k8s_job *job = platform->first; job; job = job->later)
		if (job->phase == K8S_PENDING)
			k8s_tell_waiting(job, err->text);
	platform->shared_timer = loop_after(
		platform->context.loop,
		kube_backoff_ms(&platform->shared_failures), again, platform);
}

static void keep_link_uid(struct platform *platform,
			  const struct kube_reply *reply)
{
	cJSON *object = cJSON_ParseWithLength(reply->body, reply->len);
	const char *uid = cJSON_GetStringValue(cJSON_GetObjectItem(
		cJSON_GetObjectItem(object, "metadata"), "uid"));

	snprintf(platform->link_uid, sizeof(platform->link_uid), "%s",
		 uid ? uid : "");
	cJSON_Delete(object);
}

static void step_answered(const struct kube_reply *reply, void *arg)
{
	struct platform *platform = arg;
	int step = platform->shared_step;

	platform->shared_call = NULL;
	if (reply->code == 409 && step == STEP_LINK) {
		next_step(platform, STEP_LINK_READ);
		return;
	}
	if (reply->err.code && reply->code != 409) {
		if (step == STEP_LINK_READ && reply->code == 404)
			platform->shared_step = STEP_LINK; /* was going */
		step_failed(platform, &reply->err);
		return;
	}
	platform->shared_failures = 0;
	if (step == STEP_LINK || step == STEP_LINK_READ) {
		keep_link_uid(platform, reply);
		next_step(platform, STEP_KEEPER);
	} else if (step == STEP_SECRETS) {
		send_secret_after(platform, reply);
	} else {
		next_step(platform, step + 1);
	}
}

static void send(struct platform *platform, enum kube_method method,
		 const char *plural, const char *name, const cJSON *object,
		 const char *type, kube_reply_fn *fn)
{
	char *path = k8s_core_path(platform, plural, name);
	char *body = cJSON_PrintUnformatted(object);
	struct kube_request request = {
		.method = method,
		.path = path,
		.body = body,
		.body_len = strlen(body),
		.content_type = type,
		.give_up_ms = -1,
	};

	platform->shared_call =
		kube_call(platform->client, &request, fn, platform);
	free(path);
	free(body);
}

static void send_link(struct platform *platform, bool exists, kube_reply_fn *fn)
{
	cJSON *object;

	if (exists) {
		object = cJSON_CreateObject();
		cJSON_AddItemToObject(object, "data", link_data(platform));
		send(platform, KUBE_PATCH, "configmaps", platform->link_map,
		     object, MERGE_PATCH, fn);
	} else {
		object = k8s_object_new(platform, "v1", "ConfigMap",
					platform->link_map);
		cJSON_AddItemToObject(object, "data", link_data(platform));
		send(platform, KUBE_POST, "configmaps", NULL, object, NULL, fn);
	}
	cJSON_Delete(object);
}

static void send_binary(struct platform *platform, const char *name,
			const char *key, const struct strbuf *data)
{
	cJSON *object = k8s_object_new(platform, "v1", "ConfigMap", name);

	add_owner(platform, object);
	cJSON_AddTrueToObject(object, "immutable");
	add_binary(object, key, data->data, data->len);
	send(platform, KUBE_POST, "configmaps", NULL, object, NULL,
	     step_answered);
	cJSON_Delete(object);
}

/* One that exists is written again: the file may have changed. */
static void send_secret(struct platform *platform, bool exists)
{
	size_t index = platform->secret_index;
	cJSON *object = k8s_secret_object(platform, index);

	add_owner(platform, object);
	if (exists)
		send(platform, KUBE_PATCH, "secrets",
		     k8s_secret_name(platform, index), object, MERGE_PATCH,
		     step_answered);
	else
		send(platform, KUBE_POST, "secrets", NULL, object, NULL,
		     step_answered);
	cJSON_Delete(object);
}

static void send_secret_after(struct platform *platform,
			      const struct kube_reply *reply)
{
	if (reply->code == 409) {
		send_secret(platform, true);
		return;
	}
	platform->secret_index++;
	next_step(platform, STEP_SECRETS);
}

static void key_fetched(struct platform *platform, const char *key,
			const struct error *err)
{
	if (!key) {
		step_failed(platform, err);
		return;
	}
	k8s_secret_set(platform, platform->secret_index, key);
	send_secret(platform, false);
}

static void send_code(struct platform *platform)
{
	struct strbuf data = STRBUF_INIT;
	struct error err;

	if (fs_read_file(platform->code_archive, CODE_MAX_BYTES, &data, &err))
		send_binary(platform, platform->code_map, "code.tar.gz", &data);
	else
		step_failed(platform, &err);
	strbuf_release(&data);
}

static void prepared(struct platform *platform)
{
	/* nothing of ours runs in pods that are the user's own */
	if (platform->config->keeper == KEEPER_NONE)
		platform->reach = K8S_REACH_LOGS;
	if (platform->reach == K8S_REACH_UNKNOWN) {
		platform->readiness = K8S_PROBING;
		k8s_probe_start(platform);
	} else {
		platform->readiness = K8S_READY;
	}
	k8s_go_on(platform);
}

static void next_step(struct platform *platform, int step)
{
	if (step == STEP_KEEPER && platform->kind->lacks_keeper)
		step = STEP_SECRETS;
	if (step == STEP_SECRETS &&
	    platform->secret_index == platform->secret_count)
		step = STEP_CODE;
	if (step == STEP_CODE && platform->code != POD_CODE_MAP)
		step = STEP_DONE;
	platform->shared_step = step;
	switch ((enum step)step) {
	case STEP_LINK:
		send_link(platform, false, step_answered);
		break;
	case STEP_LINK_READ:
		send_link(platform, true, step_answered);
		break;
	case STEP_KEEPER:
		send_binary(platform, platform->keeper_map, "trialdeck-keeper",
			    &platform->keeper);
		break;
	case STEP_SECRETS:
		if (k8s_secret_is_known(platform, platform->secret_index))
			send_secret(platform, false);
		else
			k8s_azure_key_start(platform, key_fetched);
		break;
	case STEP_CODE:
		send_code(platform);
		break;
	case STEP_DONE:
		prepared(platform);
		break;
	}
}

void k8s_shared_ensure(struct platform *platform)
{
	if (platform->readiness != K8S_ABSENT || platform->is_removing_shared)
		return;
	platform->readiness = K8S_PREPARING;
	platform->is_wound_up = false;
	platform->secret_index = 0;
	next_step(platform, STEP_LINK);
}

/* ---- a new address ------------------------------------------------------ */

static void write_url(void *arg);

static void url_written(const struct kube_reply *reply, void *arg)
{
	struct platform *platform = arg;

	platform->shared_call = NULL;
	if (!reply->err.code) {
		platform->shared_failures = 0;
		return;
	}
	k8s_tell_event(platform, NULL, EVENT_WARNING, "side-port",
		       "tell pods the side port's address: %s",
		       reply->err.text);
	platform->shared_timer =
		loop_after(platform->context.loop,
			   kube_backoff_ms(&platform->shared_failures),
			   write_url, platform);
}

static void write_url(void *arg)
{
	struct platform *platform = arg;

	platform->shared_timer = NULL;
	send_link(platform, true, url_written);
}

void k8s_shared_set_url(struct platform *platform, const char *url)
{
	char *copy = xstrdup(url);
	bool is_same = platform->url && !strcmp(platform->url, url);

	free(platform->url);
	platform->url = copy;
	if (!is_same && platform->link_uid[0] && !platform->shared_call &&
	    !platform->shared_timer)
		send_link(platform, true, url_written);
}

/* ---- the end ------------------------------------------------------------ */

static void remove_next(struct platform *platform);

static void removed(const struct kube_reply *reply, void *arg)
{
	struct platform *platform = arg;

	platform->shared_call = NULL;
	if (reply->err.code && reply->code != 404)
		k8s_tell_event(platform, NULL, EVENT_WARNING, "delete-failed",
			       "clean up: %s", reply->err.text);
	k8s_progress(platform);
	platform->shared_step++;
	remove_next(platform);
}

/* The owner last, so that nothing is forgotten if we die in between. */
static void remove_next(struct platform *platform)
{
	const char *names[] = {platform->code_map, platform->keeper_map,
			       platform->link_map};
	struct kube_request request = {.method = KUBE_DELETE,
				       .give_up_ms = 15000};
	char *path;

	if (platform->shared_step >= (int)COUNT_OF(names)) {
		platform->is_removing_shared = false;
		platform->readiness = K8S_ABSENT;
		platform->link_uid[0] = '\0';
		if (platform->first) /* somebody came meanwhile */
			k8s_shared_ensure(platform);
		loop_wake(platform->context.loop);
		return;
	}
	path = k8s_core_path(platform, "configmaps",
			     names[platform->shared_step]);
	request.path = path;
	platform->shared_call =
		kube_call(platform->client, &request, removed, platform);
	free(path);
}

void k8s_shared_remove(struct platform *platform)
{
	kube_cancel(platform->shared_call);
	platform->shared_call = NULL;
	loop_cancel(platform->context.loop, platform->shared_timer);
	platform->shared_timer = NULL;
	k8s_azure_key_stop(platform);
	platform->is_removing_shared = true;
	platform->readiness = K8S_ABSENT;
	platform->shared_step = 0;
	remove_next(platform);
}

/* ---- open and close ----------------------------------------------------- */

/* The keeper's map is named after its content: a newer program brings a newer
 * keeper, and attempts that run keep theirs. */
static void name_maps(struct platform *platform)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	char what[32];

	EVP_Digest(platform->keeper.data, platform->keeper.len, digest, &len,
		   EVP_sha256(), NULL);
	snprintf(what, sizeof(what), "keeper-%02x%02x%02x%02x", digest[0],
		 digest[1], digest[2], digest[3]);
	platform->link_map = object_name(platform, "link");
	platform->keeper_map = object_name(platform, what);
	platform->code_map = object_name(platform, "code");
}

bool k8s_shared_open(struct platform *platform, struct error *err)
{
	if (!fs_read_file(platform->context.keeper_path, KEEPER_MAX_BYTES,
			  &platform->keeper, err))
		return error_prefix(err, "read the keeper");
	name_maps(platform);
	return k8s_secrets_open(platform, err);
}

void k8s_shared_close(struct platform *platform)
{
	kube_cancel(platform->shared_call);
	loop_cancel(platform->context.loop, platform->shared_timer);
	k8s_secrets_close(platform);
	strbuf_release(&platform->keeper);
	free(platform->link_map);
	free(platform->keeper_map);
	free(platform->code_map);
}
