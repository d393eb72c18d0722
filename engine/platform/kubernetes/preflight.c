/* SPDX-License-Identifier: MIT */
/* Before an experiment runs: is the cluster there, and may we use it? */
#include "engine/platform/kubernetes/preflight.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/kind/kind.h"
#include "engine/loop.h"
#include "engine/platform/kubernetes/preflight_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_GIVE_UP_MS 10000

void preflight_tell(struct preflight *preflight, enum preflight_verdict verdict,
		    const char *what, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	preflight->fn(preflight->arg, verdict, what, text);
}

static void preflight_close(struct preflight *preflight)
{
	cJSON_Delete(preflight->answer);
	free(preflight->warning);
	kube_client_close(preflight->client);
	kube_config_free(preflight->kube_config);
	loop_free(preflight->loop);
}

static void answered(const struct kube_reply *reply, void *arg)
{
	struct preflight *preflight = arg;

	preflight->code = reply->code;
	preflight->err = reply->err;
	preflight->answer = cJSON_ParseWithLength(reply->body, reply->len);
	preflight->warning = xstrdup_or_null(reply->warning);
	loop_quit(preflight->loop);
}

bool preflight_ask(struct preflight *preflight, enum kube_method method,
		   const char *path, const cJSON *body)
{
	struct kube_request request = {
		.method = method,
		.path = path,
		.timeout_ms = ASK_GIVE_UP_MS,
		.give_up_ms = ASK_GIVE_UP_MS,
	};
	char *text = body ? cJSON_PrintUnformatted(body) : NULL;

	cJSON_Delete(preflight->answer);
	preflight->answer = NULL;
	free(preflight->warning);
	preflight->warning = NULL;
	request.body = text;
	request.body_len = text ? strlen(text) : 0;
	kube_call(preflight->client, &request, answered, preflight);
	free(text);
	loop_run(preflight->loop);
	return !preflight->err.code;
}

/* ---- reached? ----------------------------------------------------------- */

static void ignore_fault(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static bool check_cluster(struct preflight *preflight)
{
	struct kube_config_options which = {
		.kubeconfig = preflight->kubernetes->kubeconfig,
		.context = preflight->kubernetes->context,
		.namespace = preflight->kubernetes->namespace,
	};
	struct kube_client_options options = {.loop = preflight->loop,
					      .fault = ignore_fault};
	struct strbuf text = STRBUF_INIT;
	struct error err;
	const char *version;
	int64_t began;

	if (!kube_config_load(&which, &preflight->kube_config, &err)) {
		preflight_tell(preflight, PREFLIGHT_FAILED, "cluster", "%s",
			       err.text);
		return false;
	}
	kube_config_describe(preflight->kube_config, &text);
	preflight_tell(preflight, PREFLIGHT_OK, "kubeconfig", "%s", text.data);
	strbuf_release(&text);
	if (preflight->kube_config->warnings)
		preflight_tell(preflight, PREFLIGHT_WARNING, "kubeconfig", "%s",
			       preflight->kube_config->warnings);
	options.config = preflight->kube_config;
	if (!kube_client_open(&options, &preflight->client, &err)) {
		preflight_tell(preflight, PREFLIGHT_FAILED, "cluster", "%s",
			       err.text);
		return false;
	}
	began = clock_mono_ns();
	if (!preflight_ask(preflight, KUBE_GET, "/version", NULL)) {
		preflight_tell(preflight, PREFLIGHT_FAILED, "cluster", "%s: %s",
			       preflight->kube_config->server,
			       preflight->err.text);
		return false;
	}
	version = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
		preflight->answer, "gitVersion"));
	preflight_tell(preflight, PREFLIGHT_OK, "cluster",
		       "%s, Kubernetes %.60s, answered in %lld ms",
		       preflight->kube_config->server,
		       version ? version : "of an unknown version",
		       (long long)((clock_mono_ns() - began) / NS_PER_MS));
	return true;
}

static bool check_namespace(struct preflight *preflight)
{
	const char *namespace = preflight->kube_config->namespace;
	char *path = xasprintf("/api/v1/namespaces/%s", namespace);
	bool ok = preflight_ask(preflight, KUBE_GET, path, NULL);
	const char *phase;

	free(path);
	phase = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(preflight->answer, "status"),
		"phase"));
	if (ok && phase && !strcmp(phase, "Terminating"))
		preflight_tell(preflight, PREFLIGHT_FAILED, "namespace",
			       "%s is being deleted", namespace);
	else if (ok)
		preflight_tell(preflight, PREFLIGHT_OK, "namespace", "%s",
			       namespace);
	else if (preflight->code == 404)
		preflight_tell(preflight, PREFLIGHT_FAILED, "namespace",
			       "%s does not exist: have it made, or name "
			       "another one as trainingService.namespace",
			       namespace);
	else if (preflight->code == 403)
		preflight_tell(preflight, PREFLIGHT_OK, "namespace",
			       "%s (we may not look at it, and need not)",
			       namespace);
	else
		preflight_tell(preflight, PREFLIGHT_WARNING, "namespace",
			       "%s: %s", namespace, preflight->err.text);
	return preflight->code != 404;
}

/* ---- rights ------------------------------------------------------------- */

#define KUEUE "kueue.x-k8s.io" /* asked for where there is a queue */

struct right {
	/* group and resource NULL: the experiment's own kind, as found */
	const char *verb, *group, *resource, *subresource;
	bool is_optional;
	const char *without; /* what happens then */
};

/* For storages that a pod reads for us. */
#define NO_AGENT                                                               \
	"the storage cannot be read or written from here (localPath, where "   \
	"this machine sees it, needs no such right)"

static const struct right rights[] = {
	{"create", NULL, NULL, "", false, "no trial can start"},
	{"list", NULL, NULL, "", false, "trials cannot be followed"},
	{"watch", NULL, NULL, "", false, "trials cannot be followed"},
	{"get", NULL, NULL, "", false, "a crash cannot be survived"},
	{"delete", NULL, NULL, "", false, "trials cannot be killed"},
	{"patch", NULL, NULL, "", true,
	 "trials cannot be suspended, resumed or stopped in order"},
	{"list", "", "pods", "", false, "trials cannot be followed"},
	{"watch", "", "pods", "", false, "trials cannot be followed"},
	{"get", "", "pods", "log", false, "logs cannot be read"},
	{"create", "", "configmaps", "", false, "code cannot be delivered"},
	{"patch", "", "configmaps", "", false,
	 "running trials cannot be told a new address"},
	{"delete", "", "configmaps", "", false, "leftovers stay"},
	{"create", "", "secrets", "", false, "parameters cannot be delivered"},
	{"create", "", "pods", "", true,
	 "whether pods reach the side port cannot be tried"},
	{"delete", "", "pods", "", true, "the pod that tries it stays"},
	{"list", "", "events", "", true, "some reasons stay unknown"},
	{"watch", "", "events", "", true, "some reasons stay unknown"},
	{"get", "", "pods", "", true, NO_AGENT},
	{"get", "", "pods", "proxy", true, NO_AGENT},
	{"create", "", "pods", "proxy", true, NO_AGENT},
	{"update", "", "pods", "proxy", true, NO_AGENT},
	{"delete", "", "pods", "proxy", true, NO_AGENT},
	{"list", KUEUE, "workloads", "", true,
	 "why trials are queued stays unknown"},
	{"watch", KUEUE, "workloads", "", true,
	 "why trials are queued stays unknown"},
};

static const char *resource_of(const struct preflight *preflight,
			       const struct right *right)
{
	return right->resource ? right->resource : preflight->resource.plural;
}

static bool is_allowed(struct preflight *preflight, const struct right *right)
{
	cJSON *review = cJSON_CreateObject();
	cJSON *attributes;
	bool allowed = false;

	cJSON_AddStringToObject(review, "apiVersion",
				"authorization.k8s.io/v1");
	cJSON_AddStringToObject(review, "kind", "SelfSubjectAccessReview");
	attributes = cJSON_AddObjectToObject(
		cJSON_AddObjectToObject(review, "spec"), "resourceAttributes");
	cJSON_AddStringToObject(attributes, "namespace",
				preflight->kube_config->namespace);
	cJSON_AddStringToObject(attributes, "verb", right->verb);
	cJSON_AddStringToObject(attributes, "group",
				right->group ? right->group
					     : preflight->resource.group);
	cJSON_AddStringToObject(attributes, "resource",
				resource_of(preflight, right));
	if (*right->subresource)
		cJSON_AddStringToObject(attributes, "subresource",
					right->subresource);
	if (preflight_ask(
		    preflight, KUBE_POST,
		    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
		    review))
		allowed = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(
			cJSON_GetObjectItemCaseSensitive(preflight->answer,
							 "status"),
			"allowed"));
	cJSON_Delete(review);
	return allowed;
}

/* engine/storage/agent.h */
static bool needs_agent(const struct storage_config *storage)
{
	return !storage->local_path && (storage->type == STORAGE_PVC ||
					storage->type == STORAGE_HOST_PATH);
}

/* Not every experiment needs all. */
static bool is_needed(const struct preflight *preflight,
		      const struct right *right)
{
	if (!right->group) /* only where a kind can do more than end */
		return strcmp(right->verb, "patch") != 0 ||
		       kind_find(preflight->kubernetes->kind)->act;
	if (!strcmp(right->without, NO_AGENT))
		return needs_agent(&preflight->kubernetes->storage);
	return strcmp(right->group, KUEUE) != 0 || preflight->kubernetes->queue;
}

/* False when a right is missing that everything depends on. */
static bool check_rights(struct preflight *preflight)
{
	bool is_complete = true, has_all = true;
	int asked = 0;

	for (size_t i = 0; i < COUNT_OF(rights); i++) {
		const struct right *right = &rights[i];

		if (!is_needed(preflight, right))
			continue;
		asked++;
		if (is_allowed(preflight, right))
			continue;
		if (preflight->err.code) {
			preflight_tell(preflight, PREFLIGHT_WARNING, "rights",
				       "cannot be asked for: %s",
				       preflight->err.text);
			return true;
		}
		has_all = false;
		is_complete = is_complete && right->is_optional;
		preflight_tell(
			preflight,
			right->is_optional ? PREFLIGHT_WARNING
					   : PREFLIGHT_FAILED,
			"rights",
			"may not %s %s%s%s in %s: %s; "
			"examples/in-cluster/rbac.yaml has all that is "
			"needed",
			right->verb, resource_of(preflight, right),
			*right->subresource ? "/" : "", right->subresource,
			preflight->kube_config->namespace, right->without);
	}
	if (has_all)
		preflight_tell(preflight, PREFLIGHT_OK, "rights",
			       "all %d that are needed", asked);
	return is_complete;
}

static bool check_kind(struct preflight *preflight)
{
	struct error err;
	char *api;

	if (!preflight_find_kind(preflight, &err)) {
		preflight_tell(preflight, PREFLIGHT_FAILED, "kind", "%s",
			       err.text);
		return false;
	}
	api = kind_api_version(&preflight->resource);
	preflight_tell(preflight, PREFLIGHT_OK, "kind", "%s (%s)",
		       preflight->resource.kind, api);
	free(api);
	return true;
}

/* ---- in brief ----------------------------------------------------------- */

struct brief {
	struct error *err;
	bool has_failed;
};

static void keep_failure(void *arg, enum preflight_verdict verdict,
			 const char *what, const char *text)
{
	struct brief *brief = arg;

	(void)what;
	if (verdict != PREFLIGHT_FAILED || brief->has_failed)
		return;
	brief->has_failed = true;
	error_set(brief->err, ERROR_UNAVAILABLE, "%s", text);
}

bool preflight_reach(const struct experiment_config *config, struct error *err)
{
	struct brief brief = {.err = err};
	struct preflight preflight = {
		.config = config,
		.kubernetes = &config->kubernetes,
		.fn = keep_failure,
		.arg = &brief,
	};

	preflight.loop = loop_new(err);
	if (!preflight.loop)
		return false;
	if (check_cluster(&preflight)) {
		if (!preflight_find_kind(&preflight, err)) {
			brief.has_failed = true;
		} else if (!is_allowed(&preflight, &rights[0]) &&
			   !preflight.err.code) {
			brief.has_failed = true;
			error_set(err, ERROR_DENIED,
				  "%s: may not create %s in namespace %s; "
				  "examples/in-cluster/rbac.yaml has all that "
				  "is needed",
				  preflight.kube_config->server,
				  preflight.resource.plural,
				  preflight.kube_config->namespace);
		}
	}
	preflight_close(&preflight);
	return !brief.has_failed;
}

/* ---- the whole ---------------------------------------------------------- */

bool preflight_kubernetes(const struct experiment_config *config, int side_port,
			  preflight_fn *fn, void *arg)
{
	struct preflight preflight = {
		.config = config,
		.kubernetes = &config->kubernetes,
		.side_port = side_port,
		.fn = fn,
		.arg = arg,
	};
	struct error err;
	bool is_reached = false;

	preflight.loop = loop_new(&err);
	if (!preflight.loop) {
		preflight_tell(&preflight, PREFLIGHT_FAILED, "cluster", "%s",
			       err.text);
		return false;
	}
	is_reached = check_cluster(&preflight);
	if (is_reached && check_namespace(&preflight) &&
	    check_kind(&preflight) && check_rights(&preflight)) {
		preflight_room(&preflight);
		preflight_rehearse(&preflight);
	}
	preflight_close(&preflight);
	return is_reached;
}
