/* SPDX-License-Identifier: MIT */
/*
 * Nodes and usage, while somebody looks at them.
 *
 * Four requests, one after the other, at most every five seconds: nodes, all
 * pods of the cluster (their requests), and, where metrics.k8s.io is served,
 * what nodes and the experiment's pods use.  What we may not see stays
 * unknown.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/kube/list.h"
#include "engine/pod/amount.h"
#include "engine/pod/node.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY_NS (5 * NS_PER_S)
#define LOOK_NODES_MAX 5000
#define LOOK_ANSWER_MAX (64u << 20)
#define LOOK_OBJECT_MAX (1u << 20)
#define NODES_PATH "/api/v1/nodes?limit=500"
#define PODS_PATH                                                              \
	"/api/v1/pods?limit=500&fieldSelector=status.phase%21%3DSucceeded%2C"  \
	"status.phase%21%3DFailed"

struct k8s_look {
	struct platform *platform;
	int64_t looked_ns; /* monotonic, when the last one began */
	struct kube_call *call;
	struct cluster_node *nodes;
	size_t count, capacity;
	bool has_pods; /* a page of them has come */
	bool has_no_metrics;
};

struct k8s_look *k8s_look_new(struct platform *platform)
{
	struct k8s_look *look = xcalloc(1, sizeof(*look));

	look->platform = platform;
	return look;
}

void k8s_look_free(struct k8s_look *look)
{
	if (!look)
		return;
	kube_cancel(look->call);
	free(look->nodes);
	free(look);
}

static void ask(struct k8s_look *look, const char *path, kube_reply_fn *fn)
{
	struct kube_request request = {
		.method = KUBE_GET,
		.path = path,
		.give_up_ms = 10000,
		.max_bytes = LOOK_ANSWER_MAX,
	};

	look->call = kube_call(look->platform->client, &request, fn, look);
}

static const cJSON *items_of(const cJSON *list)
{
	return cJSON_GetObjectItemCaseSensitive(list, "items");
}

static const char *name_of(const cJSON *object, const char *inside,
			   const char *member)
{
	const char *name =
		cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
			cJSON_GetObjectItemCaseSensitive(object, inside),
			member));

	return name ? name : "";
}

static int compare_name(const void *name, const void *node)
{
	const struct cluster_node *at = node;

	return strncmp(name, at->name, sizeof(at->name) - 1);
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp(((const struct cluster_node *)a)->name,
		      ((const struct cluster_node *)b)->name);
}

/* Once all of them are there. */
static struct cluster_node *node_named(struct k8s_look *look, const char *name)
{
	if (!look->count)
		return NULL;
	return bsearch(name, look->nodes, look->count, sizeof(*look->nodes),
		       compare_name);
}

/* ---- the end ------------------------------------------------------------ */

static void count_trials(struct k8s_look *look)
{
	for (struct k8s_job *job = look->platform->first; job;
	     job = job->later) {
		struct cluster_node *node =
			job->pod && job->phase == K8S_LIVE
				? node_named(look, job->pod->node)
				: NULL;

		if (node)
			node->trials++;
	}
}

static void finish(struct k8s_look *look)
{
	const struct platform_callbacks *callbacks =
		&look->platform->context.callbacks;

	count_trials(look);
	callbacks->cluster(callbacks->arg, look->nodes, look->count, NULL);
}

/* ---- usage -------------------------------------------------------------- */

static void tell_usage(struct platform *platform, const cJSON *item)
{
	const struct platform_callbacks *callbacks =
		&platform->context.callbacks;
	char name[254];
	struct cluster_amount used;
	struct k8s_job *job;

	if (!pod_usage_read(item, name, sizeof(name), &used))
		return;
	job = k8s_job_of_pod(platform, name);
	if (!job || job->phase != K8S_LIVE || !job->pod ||
	    strcmp(job->pod->name, name) != 0)
		return;
	job->place.used = used;
	job->place.at_ns = clock_wall_ns();
	callbacks->placed(callbacks->arg, &job->place);
}

static void pod_usage_answered(const struct kube_reply *reply, void *arg)
{
	struct k8s_look *look = arg;
	cJSON *list;
	const cJSON *item;

	look->call = NULL;
	list = reply->err.code ? NULL
			       : cJSON_ParseWithLength(reply->body, reply->len);
	cJSON_ArrayForEach (item, items_of(list))
		tell_usage(look->platform, item);
	cJSON_Delete(list);
	finish(look);
}

static void node_usage_answered(const struct kube_reply *reply, void *arg)
{
	struct k8s_look *look = arg;
	struct platform *platform = look->platform;
	struct strbuf path = STRBUF_INIT;
	cJSON *list;
	const cJSON *item;

	look->call = NULL;
	if (reply->err.code) { /* no metrics server: a usual thing */
		look->has_no_metrics = reply->code == 404 || reply->code == 403;
		finish(look);
		return;
	}
	list = cJSON_ParseWithLength(reply->body, reply->len);
	cJSON_ArrayForEach (item, items_of(list)) {
		struct cluster_amount used;
		struct cluster_node *node;
		char name[64];

		if (!node_usage_read(item, name, sizeof(name), &used))
			continue;
		node = node_named(look, name);
		if (node)
			node->used = used;
	}
	cJSON_Delete(list);
	strbuf_addf(&path,
		    "/apis/metrics.k8s.io/v1beta1/namespaces/%s/"
		    "pods?labelSelector=",
		    platform->namespace);
	kube_encode(&path, platform->selector);
	ask(look, path.data, pod_usage_answered);
	strbuf_release(&path);
}

/* ---- pages -------------------------------------------------------------- */

/* The objects of a page, one after the other: all pods of a large cluster as
 * one tree would take hundreds of megabytes.  Afterwards the next page is
 * asked for, if there is one: false. */
static bool read_page(struct k8s_look *look, const struct kube_reply *reply,
		      const char *path, kube_reply_fn *fn,
		      bool (*each)(void *look, const cJSON *object))
{
	struct kube_list list = {
		.object = each,
		.arg = look,
		.object_max = LOOK_OBJECT_MAX,
	};
	struct strbuf next = STRBUF_INIT;
	struct error ignored;
	bool is_last;

	if (reply->err.code)
		return true;
	/* what cannot be read is not shown */
	is_last = !kube_list_read(&list, reply->body, reply->len, &ignored) ||
		  !list.token;
	if (!is_last) {
		strbuf_addf(&next, "%s&continue=", path);
		kube_encode(&next, list.token);
		ask(look, next.data, fn);
		strbuf_release(&next);
	}
	free(list.token);
	return is_last;
}

/* ---- requests ----------------------------------------------------------- */

static bool add_requests(void *arg, const cJSON *pod)
{
	struct k8s_look *look = arg;
	struct cluster_node *node =
		node_named(look, name_of(pod, "spec", "nodeName"));
	struct cluster_amount amount;

	if (!node)
		return true;
	pod_requests_read(pod, &amount);
	node->requested.cpu_milli += amount.cpu_milli;
	node->requested.memory_bytes += amount.memory_bytes;
	node->requested.gpus += amount.gpus;
	node->pods++;
	return true;
}

static void pods_answered(const struct kube_reply *reply, void *arg)
{
	struct k8s_look *look = arg;

	look->call = NULL;
	if (!reply->err.code && !look->has_pods) {
		look->has_pods = true;
		for (size_t i = 0; i < look->count; i++) {
			look->nodes[i].requested =
				(struct cluster_amount){0, 0, 0};
			look->nodes[i].pods = 0;
		}
	}
	if (!read_page(look, reply, PODS_PATH, pods_answered, add_requests))
		return;
	if (look->has_no_metrics)
		finish(look);
	else
		ask(look, "/apis/metrics.k8s.io/v1beta1/nodes",
		    node_usage_answered);
}

static bool add_node(void *arg, const cJSON *object)
{
	struct k8s_look *look = arg;
	struct cluster_node *node;

	if (look->count == LOOK_NODES_MAX)
		return false;
	ARRAY_RESERVE(look->nodes, look->count, look->capacity);
	node = &look->nodes[look->count];
	if (cluster_node_read(object, node)) {
		node->at_ns = clock_wall_ns();
		look->count++;
	}
	return true;
}

static void nodes_answered(const struct kube_reply *reply, void *arg)
{
	struct k8s_look *look = arg;
	const struct platform_callbacks *callbacks =
		&look->platform->context.callbacks;

	look->call = NULL;
	if (reply->err.code) {
		callbacks->cluster(callbacks->arg, NULL, 0, reply->err.text);
		return;
	}
	if (!read_page(look, reply, NODES_PATH, nodes_answered, add_node))
		return;
	if (look->count)
		qsort(look->nodes, look->count, sizeof(*look->nodes),
		      compare_nodes);
	ask(look, PODS_PATH, pods_answered);
}

void k8s_look_wanted(struct k8s_look *look)
{
	int64_t now = clock_mono_ns();

	if (look->call ||
	    (look->looked_ns && now - look->looked_ns < LOOK_EVERY_NS))
		return;
	look->looked_ns = now;
	look->count = 0;
	look->has_pods = false;
	ask(look, NODES_PATH, nodes_answered);
}
