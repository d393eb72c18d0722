/* SPDX-License-Identifier: MIT */
/*
 * status.nodes of a workflow: a map from ids to nodes, as an array.
 *
 * Where the object would grow beyond what etcd takes the controller packs the
 * map (compressedNodes: base64 of gzip; from 4.1 on other methods can be
 * chosen), or puts it into its own database.
 *
 * Who stands below whom: an attempt below its Retry, an expanded item below its
 * TaskGroup, everything else below its boundary.  `children` of other nodes
 * lead to what runs next and say nothing about that.  The oldest controllers
 * wrote neither type nor boundary; there the name tells: "wf[0].step[1].inner".
 */
#include "engine/kind/workflow.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- packed ones ------------------------------------------------------------
 */

/* base64 of the first bytes tells the method. */
static cJSON *unpack(const char *text, const char **ret_notice)
{
	cJSON *tree = NULL;

	if (!strncmp(text, "H4sI", 4)) /* 1f 8b 08: gzip */
		tree = kind_unpack(text);
	else if (!strncmp(text, "KLUv/", 5)) /* 28 b5 2f fd */
		*ret_notice = "its steps are packed with zstd, which is not "
			      "read here: set WORKFLOW_COMPRESSION_ALGORITHM="
			      "gzip for Argo's controller, or see them with "
			      "`argo get`";
	else
		*ret_notice = "its steps are packed in a way that is not read "
			      "here: set WORKFLOW_COMPRESSION_ALGORITHM=gzip "
			      "for Argo's controller, or see them with `argo "
			      "get`";
	if (!tree && !*ret_notice)
		*ret_notice = "its steps are packed, and damaged or too many "
			      "to be read";
	return tree;
}

/* --- reading ----------------------------------------------------------------
 */

static int exit_code_of(const cJSON *json)
{
	const cJSON *outputs =
		cJSON_GetObjectItemCaseSensitive(json, "outputs");
	const char *text = kind_text(outputs, "exitCode");
	char *end;
	long code = strtol(text, &end, 10);

	return *text && !*end && code >= 0 && code <= 255 ? (int)code : -1;
}

/* The template's name is its own, or that of a template elsewhere. */
static const char *template_of(const cJSON *json)
{
	const cJSON *reference =
		cJSON_GetObjectItemCaseSensitive(json, "templateRef");

	return cJSON_IsObject(reference) ? kind_text(reference, "template")
					 : kind_text(json, "templateName");
}

static void read_node(const cJSON *json, struct workflow_node *ret)
{
	*ret = (struct workflow_node){
		.id = kind_text(json, "id"),
		.name = kind_text(json, "name"),
		.display = kind_text(json, "displayName"),
		.type = kind_text(json, "type"),
		.template = template_of(json),
		.phase = kind_text(json, "phase"),
		.message = kind_text(json, "message"),
		.boundary = kind_text(json, "boundaryID"),
		.json = json,
		.started_ns = pod_time(kind_text(json, "startedAt")),
		.ended_ns = pod_time(kind_text(json, "finishedAt")),
		.exit_code = exit_code_of(json),
		.parent = -1,
	};
	if (!*ret->id && json->string)
		ret->id = json->string;
}

static int compare_ids(const void *a, const void *b)
{
	const struct workflow_node *left = a, *right = b;

	return strcmp(left->id, right->id);
}

static int compare_names(const void *a, const void *b, void *arg)
{
	const struct workflow_node *items = arg;

	return strcmp(items[*(const int *)a].name, items[*(const int *)b].name);
}

static void sort(struct workflow_nodes *nodes)
{
	nodes->by_name = xcalloc(nodes->count + 1, sizeof(*nodes->by_name));
	if (!nodes->count)
		return;
	qsort(nodes->items, nodes->count, sizeof(*nodes->items), compare_ids);
	for (size_t i = 0; i < nodes->count; i++)
		nodes->by_name[i] = (int)i;
	qsort_r(nodes->by_name, nodes->count, sizeof(*nodes->by_name),
		compare_names, nodes->items);
}

int workflow_node_find(const struct workflow_nodes *nodes, const char *id)
{
	size_t low = 0, high = nodes->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(id, nodes->items[mid].id);

		if (!order)
			return (int)mid;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

static int find_name(const struct workflow_nodes *nodes, const char *name,
		     size_t len)
{
	size_t low = 0, high = nodes->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const char *there = nodes->items[nodes->by_name[mid]].name;
		int order = strncmp(name, there, len);

		if (!order && there[len])
			order = -1;
		if (!order)
			return nodes->by_name[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

/* --- who stands below whom --------------------------------------------------
 */

/* Length of the name up to its last part's dot: "wf[0].a(0:x.y)" -> "wf[0]";
 * 0 when it has one part. */
static size_t head_length(const char *name)
{
	size_t len = strlen(name);
	int depth = 0;

	while (len--) {
		if (name[len] == ')')
			depth++;
		else if (name[len] == '(' && depth)
			depth--;
		else if (name[len] == '.' && !depth)
			return len;
	}
	return 0;
}

/* "wf[0]" is a row of "wf". */
static size_t without_row(const char *name, size_t len)
{
	size_t at = len;

	if (!len || name[len - 1] != ']')
		return len;
	while (at && name[at - 1] != '[')
		at--;
	return at ? at - 1 : len;
}

static int parent_by_name(const struct workflow_nodes *nodes,
			  const struct workflow_node *node)
{
	size_t len = head_length(node->name);

	if (!len)
		len = strlen(node->name);
	return find_name(nodes, node->name, without_row(node->name, len));
}

/* Attempts and items are called like what they stand below, "(...)" behind. */
static void claim_children(struct workflow_nodes *nodes, int parent)
{
	const struct workflow_node *node = &nodes->items[parent];
	const cJSON *children =
		cJSON_GetObjectItemCaseSensitive(node->json, "children");
	size_t len = strlen(node->name);
	const cJSON *item;

	cJSON_ArrayForEach (item, children) {
		const char *id = cJSON_GetStringValue(item);
		int child = id ? workflow_node_find(nodes, id) : -1;

		if (child < 0 || child == parent || !len ||
		    strncmp(nodes->items[child].name, node->name, len) != 0 ||
		    nodes->items[child].name[len] != '(')
			continue;
		nodes->items[child].parent = parent;
	}
}

static bool is_top(const struct workflow_nodes *nodes,
		   const struct workflow_node *node)
{
	size_t len = strlen(nodes->name);

	return !strcmp(node->name, nodes->name) ||
	       !strcmp(node->id, nodes->name) ||
	       (!strncmp(node->name, nodes->name, len) &&
		!strcmp(node->name + len, ".onExit"));
}

static void find_parents(struct workflow_nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++)
		if (workflow_node_is(&nodes->items[i], "Retry") ||
		    workflow_node_is(&nodes->items[i], "TaskGroup") ||
		    !*nodes->items[i].type)
			claim_children(nodes, (int)i);
	for (size_t i = 0; i < nodes->count; i++) {
		struct workflow_node *node = &nodes->items[i];
		int parent = -1;

		if (node->parent >= 0 || is_top(nodes, node))
			continue;
		if (*node->boundary)
			parent = workflow_node_find(nodes, node->boundary);
		if (parent < 0)
			parent = parent_by_name(nodes, node);
		node->parent = parent == (int)i ? -1 : parent;
	}
	for (size_t i = 0; i < nodes->count; i++)
		if (nodes->items[i].parent >= 0)
			nodes->items[nodes->items[i].parent].has_below = true;
}

/* --- the whole --------------------------------------------------------------
 */

static bool has_new_pod_names(const cJSON *metadata)
{
	const cJSON *annotations =
		cJSON_GetObjectItemCaseSensitive(metadata, "annotations");

	return !strcmp(
		kind_text(annotations, "workflows.argoproj.io/pod-name-format"),
		"v2");
}

void workflow_nodes_read(const cJSON *object, struct workflow_nodes *ret)
{
	const cJSON *metadata =
		cJSON_GetObjectItemCaseSensitive(object, "metadata");
	const cJSON *status =
		cJSON_GetObjectItemCaseSensitive(object, "status");
	const cJSON *map = cJSON_GetObjectItemCaseSensitive(status, "nodes");
	const char *packed = kind_text(status, "compressedNodes");
	size_t capacity = 0;
	const cJSON *item;

	*ret = (struct workflow_nodes){.name = kind_text(metadata, "name"),
				       .has_new_pod_names =
					       has_new_pod_names(metadata)};
	if (*packed && !(map && map->child)) {
		ret->unpacked = unpack(packed, &ret->notice);
		map = ret->unpacked;
	} else if (*kind_text(status, "offloadNodeStatusVersion")) {
		ret->notice = "its steps are in the database of Argo's "
			      "controller (nodeStatusOffLoad): see them in "
			      "Argo's server";
	}
	cJSON_ArrayForEach (item, map) {
		if (!cJSON_IsObject(item) || ret->count == WORKFLOW_NODES_MAX)
			continue;
		ARRAY_RESERVE(ret->items, ret->count, capacity);
		read_node(item, &ret->items[ret->count++]);
	}
	sort(ret);
	find_parents(ret);
}

void workflow_nodes_release(struct workflow_nodes *nodes)
{
	free(nodes->items);
	free(nodes->by_name);
	cJSON_Delete(nodes->unpacked);
	*nodes = (struct workflow_nodes){0};
}

/* --- a node -----------------------------------------------------------------
 */

bool workflow_node_is(const struct workflow_node *node, const char *type)
{
	return !strcmp(node->type, type);
}

bool workflow_node_is_live(const struct workflow_node *node)
{
	return !*node->phase || !strcmp(node->phase, "Pending") ||
	       !strcmp(node->phase, "Running");
}

bool workflow_node_has_failed(const struct workflow_node *node)
{
	return !strcmp(node->phase, "Failed") || !strcmp(node->phase, "Error");
}

bool workflow_node_is_row(const struct workflow_node *node)
{
	size_t len = strlen(node->name);

	return workflow_node_is(node, "StepGroup") ||
	       (!*node->type && len && node->name[len - 1] == ']');
}

bool workflow_node_is_pod(const struct workflow_node *node)
{
	if (*node->type)
		return workflow_node_is(node, "Pod");
	return *kind_text(node->json, "podIP") ||
	       (*node->name && !workflow_node_is_row(node) &&
		strcmp(node->phase, "Skipped") != 0 && !node->has_below);
}

bool workflow_node_is_exit(const struct workflow_nodes *nodes,
			   const struct workflow_node *node)
{
	static const char mark[] = ".onExit";
	size_t len = strlen(nodes->name);

	if (strncmp(node->name, nodes->name, len) != 0 ||
	    strncmp(node->name + len, mark, sizeof(mark) - 1) != 0)
		return false;
	len += sizeof(mark) - 1;
	return !node->name[len] || strchr(".[(", node->name[len]);
}

void workflow_node_label(const struct workflow_node *node, char *ret,
			 size_t size)
{
	size_t head = head_length(node->name);

	if (*node->display)
		kind_set_text(ret, size, node->display);
	else
		kind_set_text(ret, size, node->name + head + (head ? 1 : 0));
}

/* FNV-1a, 32 bits. */
static uint32_t hash(const char *text)
{
	uint32_t value = 2166136261u;

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 16777619u;
	return value;
}

/* 253 bytes of a name less the hash's ten and the dash. */
#define PREFIX_MAX 242

void workflow_pod_name(const struct workflow_nodes *nodes,
		       const struct workflow_node *node, char *ret, size_t size)
{
	char prefix[PREFIX_MAX + 1];

	if (!nodes->has_new_pod_names) {
		kind_set_text(ret, size, node->id);
	} else if (!strcmp(node->name, nodes->name)) {
		kind_set_text(ret, size, nodes->name);
	} else {
		/* templates written inline have no name of their own */
		snprintf(prefix, sizeof(prefix), "%s%s%s", nodes->name,
			 *node->template ? "-" : "", node->template);
		snprintf(ret, size, "%s-%u", prefix, hash(node->name));
	}
}
