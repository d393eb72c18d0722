/* SPDX-License-Identifier: MIT */
/*
 * Before an experiment runs: is there room for its trials?  Quotas of the
 * namespace, and nodes that have what a trial asks for.
 */
#include "engine/platform/kubernetes/preflight_private.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/pod/node.h"
#include "engine/pod/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t quantity_of(const cJSON *map, const char *name)
{
	const char *text = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(map, name));
	int64_t milli;

	return text && pod_quantity(text, &milli) ? milli : -1;
}

/* Pods of one sort that a trial has. */
struct need {
	cJSON *resources; /* or NULL */
	int pods;
};

/* A trial: its roles, or its one pod. */
struct needs {
	struct need *items;
	size_t count;
	char counted[600]; /* "count/jobs.batch" */
};

static bool is_of_pods(const char *name)
{
	return !strcmp(name, "pods") || !strcmp(name, "count/pods");
}

/* What one trial takes of a quota's resource, in thousandths; -1: nothing. */
static int64_t trial_takes(const struct needs *needs, const char *name)
{
	const char *group = "requests";
	const char *what = name;
	int64_t sum = -1;

	if (!strcmp(name, needs->counted) || !strcmp(name, "count/secrets") ||
	    !strcmp(name, "secrets"))
		return 1000;
	if (!strncmp(name, "limits.", 7)) {
		group = "limits";
		what = name + 7;
	} else if (!strncmp(name, "requests.", 9)) {
		what = name + 9;
	}
	for (size_t i = 0; i < needs->count; i++) {
		const struct need *need = &needs->items[i];
		int64_t one =
			is_of_pods(name)
				? 1000
				: quantity_of(cJSON_GetObjectItemCaseSensitive(
						      need->resources, group),
					      what);

		if (one >= 0 && one < INT64_MAX / 2 / (need->pods + 1))
			sum = (sum < 0 ? 0 : sum) + one * need->pods;
	}
	return sum;
}

static void check_quota(struct preflight *preflight, const cJSON *quota,
			const struct needs *needs)
{
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(
		cJSON_GetObjectItem(quota, "metadata"), "name"));
	const cJSON *status = cJSON_GetObjectItemCaseSensitive(quota, "status");
	const cJSON *hard = cJSON_GetObjectItemCaseSensitive(status, "hard");
	const cJSON *used = cJSON_GetObjectItemCaseSensitive(status, "used");
	int64_t fit = INT64_MAX;
	const char *by = NULL;
	const cJSON *item;

	cJSON_ArrayForEach (item, hard) {
		int64_t limit = quantity_of(hard, item->string);
		int64_t taken = quantity_of(used, item->string);
		int64_t takes = trial_takes(needs, item->string);

		if (limit < 0 || takes <= 0)
			continue;
		if (taken < 0)
			taken = 0;
		if ((limit - taken) / takes < fit) {
			fit = limit > taken ? (limit - taken) / takes : 0;
			by = item->string;
		}
	}
	if (!by)
		return;
	if (fit >= preflight->config->trial_concurrency)
		preflight_tell(preflight, PREFLIGHT_OK, "quota",
			       "%.60s has room for %lld trials at once",
			       name ? name : "?", (long long)fit);
	else
		preflight_tell(preflight,
			       fit ? PREFLIGHT_WARNING : PREFLIGHT_FAILED,
			       "quota",
			       "%.60s has room for %lld trials of the %d that "
			       "should run at once (%.60s): the others will "
			       "wait",
			       name ? name : "?", (long long)fit,
			       preflight->config->trial_concurrency, by);
}

static void check_quotas(struct preflight *preflight, const struct needs *needs)
{
	char *path = xasprintf("/api/v1/namespaces/%s/resourcequotas",
			       preflight->kube_config->namespace);
	const cJSON *item;

	if (preflight_ask(preflight, KUBE_GET, path, NULL))
		cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(
						  preflight->answer, "items"))
			check_quota(preflight, item, needs);
	free(path);
}

/* ---- nodes -------------------------------------------------------------- */

static bool fits(const cJSON *node, const cJSON *requests)
{
	const cJSON *allocatable = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(node, "status"),
		"allocatable");
	const cJSON *item;

	cJSON_ArrayForEach (item, requests)
		if (quantity_of(requests, item->string) >
		    quantity_of(allocatable, item->string))
			return false;
	return true;
}

/* The first resource that no node has enough of. */
static const char *missing_resource(const cJSON *nodes, const cJSON *requests)
{
	const cJSON *item, *node;

	cJSON_ArrayForEach (item, requests) {
		bool found = false;

		cJSON_ArrayForEach (node, nodes)
			if (quantity_of(
				    cJSON_GetObjectItemCaseSensitive(
					    cJSON_GetObjectItemCaseSensitive(
						    node, "status"),
					    "allocatable"),
				    item->string) >=
			    quantity_of(requests, item->string))
				found = true;
		if (!found)
			return item->string;
	}
	return NULL;
}

/* Of each sort of pod one must find a place. */
static void check_nodes(struct preflight *preflight, const struct need *need,
			const char *role)
{
	const cJSON *requests =
		cJSON_GetObjectItemCaseSensitive(need->resources, "requests");
	const cJSON *nodes, *item;
	const char *missing;
	int ready = 0, suited = 0;

	nodes = cJSON_GetObjectItemCaseSensitive(preflight->answer, "items");
	cJSON_ArrayForEach (item, nodes) {
		struct cluster_node node;

		if (!cluster_node_read(item, &node) || !node.is_ready ||
		    node.is_cordoned)
			continue;
		ready++;
		suited += fits(item, requests);
	}
	missing = missing_resource(nodes, requests);
	if (suited)
		preflight_tell(preflight, PREFLIGHT_OK, "nodes",
			       "%d ready, %d of them large enough for a %s",
			       ready, suited, role);
	else if (missing)
		preflight_tell(
			preflight, PREFLIGHT_FAILED, "nodes",
			"no node has %s of %.80s for a %s: lower its resources "
			"in trainingService",
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
				requests, missing)),
			missing, role);
	else
		preflight_tell(preflight, PREFLIGHT_FAILED, "nodes",
			       "none of %d ready nodes is large enough for a "
			       "%s",
			       ready, role);
}

/* ---- the whole ---------------------------------------------------------- */

static void needs_init(struct needs *needs, const struct preflight *preflight)
{
	const struct kubernetes_config *config = preflight->kubernetes;

	memset(needs, 0, sizeof(*needs));
	snprintf(needs->counted, sizeof(needs->counted), "count/%s.%s",
		 preflight->resource.plural, preflight->resource.group);
	needs->count = config->role_count ? config->role_count : 1;
	needs->items = xcalloc(needs->count, sizeof(*needs->items));
	for (size_t i = 0; i < needs->count; i++) {
		const struct role_config *role =
			config->role_count ? &config->roles[i] : NULL;
		const char *text = role && role->resources ? role->resources
							   : config->resources;

		needs->items[i].resources = text ? cJSON_Parse(text) : NULL;
		needs->items[i].pods = role ? role->replicas : 1;
	}
}

void preflight_room(struct preflight *preflight)
{
	const struct kubernetes_config *config = preflight->kubernetes;
	struct needs needs;

	/* what the user's own objects take nobody knows before */
	if (kind_find(config->kind)->lacks_keeper)
		return;
	needs_init(&needs, preflight);
	check_quotas(preflight, &needs);
	if (!preflight_ask(preflight, KUBE_GET, "/api/v1/nodes", NULL))
		preflight_tell(preflight, PREFLIGHT_OK, "nodes",
			       "not looked at: %s", preflight->err.text);
	else
		for (size_t i = 0; i < needs.count; i++)
			check_nodes(preflight, &needs.items[i],
				    config->role_count ? config->roles[i].name
						       : "trial");
	for (size_t i = 0; i < needs.count; i++)
		cJSON_Delete(needs.items[i].resources);
	free(needs.items);
}
