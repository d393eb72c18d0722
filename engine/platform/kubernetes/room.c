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

#include <stdlib.h>
#include <string.h>

static int64_t quantity_of(const cJSON *map, const char *name)
{
	const char *text = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(map, name));
	int64_t milli;

	return text && pod_quantity(text, &milli) ? milli : -1;
}

/* What one trial takes of a quota's resource, in thousandths; -1: nothing. */
static int64_t trial_takes(const cJSON *resources, const char *name)
{
	const char *group = "requests";
	const char *what = name;

	if (!strcmp(name, "pods") || !strcmp(name, "count/jobs.batch") ||
	    !strcmp(name, "count/pods") || !strcmp(name, "count/secrets") ||
	    !strcmp(name, "secrets"))
		return 1000;
	if (!strncmp(name, "limits.", 7)) {
		group = "limits";
		what = name + 7;
	} else if (!strncmp(name, "requests.", 9)) {
		what = name + 9;
	}
	return quantity_of(cJSON_GetObjectItemCaseSensitive(resources, group),
			   what);
}

static void check_quota(struct preflight *preflight, const cJSON *quota,
			const cJSON *resources)
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
		int64_t takes = trial_takes(resources, item->string);

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

static void check_quotas(struct preflight *preflight, const cJSON *resources)
{
	char *path = xasprintf("/api/v1/namespaces/%s/resourcequotas",
			       preflight->kube_config->namespace);
	const cJSON *item;

	if (preflight_ask(preflight, KUBE_GET, path, NULL))
		cJSON_ArrayForEach (item, cJSON_GetObjectItemCaseSensitive(
						  preflight->answer, "items"))
			check_quota(preflight, item, resources);
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

static void check_nodes(struct preflight *preflight, const cJSON *resources)
{
	const cJSON *requests =
		cJSON_GetObjectItemCaseSensitive(resources, "requests");
	const cJSON *nodes, *item;
	const char *missing;
	int ready = 0, suited = 0;

	if (!preflight_ask(preflight, KUBE_GET, "/api/v1/nodes", NULL)) {
		preflight_tell(preflight, PREFLIGHT_OK, "nodes",
			       "not looked at: %s", preflight->err.text);
		return;
	}
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
			       "%d ready, %d of them large enough for a trial",
			       ready, suited);
	else if (missing)
		preflight_tell(
			preflight, PREFLIGHT_FAILED, "nodes",
			"no node has %s of %.80s: lower "
			"trainingService.resources",
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
				requests, missing)),
			missing);
	else
		preflight_tell(preflight, PREFLIGHT_FAILED, "nodes",
			       "none of %d ready nodes is large enough for a "
			       "trial",
			       ready);
}

void preflight_room(struct preflight *preflight)
{
	const char *text = preflight->kubernetes->resources;
	cJSON *resources = text ? cJSON_Parse(text) : NULL;

	check_quotas(preflight, resources);
	check_nodes(preflight, resources);
	cJSON_Delete(resources);
}
