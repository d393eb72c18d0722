/* SPDX-License-Identifier: MIT */
/*
 * Any JSON as a pod, an event, a node and an item of metrics; then the same
 * with some of its members lost or of another type, chosen by its own bytes.
 * What is kept is bounded, one line, and safe for a terminal.
 */
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "engine/kube/object.h"
#include "engine/pod/amount.h"
#include "engine/pod/node.h"
#include "engine/pod/view.h"
#include "model/json_text.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Making it safe once more changes nothing. */
static void check_line(const char *text, size_t size)
{
	struct strbuf safe = STRBUF_INIT;
	size_t len = strnlen(text, size);

	assert(len < size);
	utf8_sanitize(&safe, text, len, false);
	assert(safe.len == len && !memcmp(safe.data, text, len));
	strbuf_release(&safe);
}

/* What is left out of a text that is JSON changes nothing. */
static void check_unread(const char *text, size_t len)
{
	struct kube_reader reader = {pod_unread, STRBUF_INIT};
	struct pod_view views[2];
	struct cluster_amount amounts[2];
	struct error err;
	cJSON *trees[2] = {json_parse(text, len, &err), NULL};
	bool are_pods[2];

	if (!trees[0])
		return;
	trees[1] = kube_object_parse(&reader, text, len, &err);
	assert(trees[1]);
	memset(views, 0, sizeof(views));
	for (int i = 0; i < 2; i++) {
		are_pods[i] = pod_view_read(trees[i], "trial", &views[i], &err);
		pod_requests_read(trees[i], &amounts[i]);
		cJSON_Delete(trees[i]);
	}
	assert(are_pods[0] == are_pods[1]);
	if (are_pods[0])
		assert(!strcmp(views[0].reason, views[1].reason) &&
		       views[0].blame == views[1].blame &&
		       views[0].phase == views[1].phase &&
		       views[0].container_count == views[1].container_count &&
		       views[0].main_container == views[1].main_container &&
		       views[0].is_stuck == views[1].is_stuck &&
		       !strcmp(views[0].node, views[1].node) &&
		       !strcmp(views[0].ip, views[1].ip) &&
		       views[0].scheduled_ns == views[1].scheduled_ns);
	assert(!memcmp(&amounts[0], &amounts[1], sizeof(amounts[0])));
	kube_reader_release(&reader);
}

static void check_pod(const cJSON *tree)
{
	struct pod_view view;
	struct error err = {0};

	if (!pod_view_read(tree, "trial", &view, &err)) {
		assert(err.code == ERROR_INVALID && *err.text);
		return;
	}
	check_line(view.name, sizeof(view.name));
	check_line(view.uid, sizeof(view.uid));
	check_line(view.node, sizeof(view.node));
	check_line(view.ip, sizeof(view.ip));
	check_line(view.reason, sizeof(view.reason));
	assert(*view.name && *view.uid);
	assert(view.container_count >= 0 &&
	       view.container_count <= POD_CONTAINERS_MAX);
	assert(view.main_container >= -1 &&
	       view.main_container < view.container_count);
	for (int i = 0; i < view.container_count; i++) {
		const struct pod_container *one = &view.containers[i];

		check_line(one->name, sizeof(one->name));
		assert(*one->name && one->restarts >= 0);
		assert(one->exit_code >= -1 && one->exit_code <= 255);
	}
	/* a failure is somebody's fault and has words; what is stuck too */
	if (view.phase == POD_FAILED || view.phase == POD_UNKNOWN ||
	    view.is_stuck)
		assert(*view.reason && view.blame != POD_BLAME_NONE);
	if (view.phase == POD_SUCCEEDED)
		assert(!*view.reason && view.blame == POD_BLAME_NONE);
	if (view.phase == POD_PENDING)
		assert(*view.reason);
}

static void check_event(const cJSON *tree)
{
	/* sizes a caller may have; the last is as small as a line gets */
	static const size_t sizes[] = {400, 16, 1};
	struct pod_event event;
	char text[400];

	if (!pod_event_read(tree, &event))
		return;
	check_line(event.kind, sizeof(event.kind));
	check_line(event.name, sizeof(event.name));
	check_line(event.reason, sizeof(event.reason));
	check_line(event.message, sizeof(event.message));
	assert(event.count >= 1 && event.at_ns >= 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		bool explains = pod_event_explains(&event, text, sizes[i]);

		check_line(text, sizes[i]);
		if (sizes[i] > 1)
			assert(explains == (*text != '\0'));
	}
}

static void check_amount(const struct cluster_amount *amount)
{
	assert(amount->cpu_milli >= -1 && amount->memory_bytes >= -1 &&
	       amount->gpus >= -1);
}

static void check_cluster(const cJSON *tree)
{
	struct cluster_node node;
	struct cluster_amount amount;
	char name[254];

	if (cluster_node_read(tree, &node)) {
		check_line(node.name, sizeof(node.name));
		check_line(node.taints, sizeof(node.taints));
		check_line(node.gpu_model, sizeof(node.gpu_model));
		check_amount(&node.allocatable);
	}
	pod_requests_read(tree, &amount);
	check_amount(&amount);
	assert(amount.cpu_milli >= 0);
	if (pod_usage_read(tree, name, sizeof(name), &amount))
		check_line(name, sizeof(name));
	check_amount(&amount);
	if (node_usage_read(tree, name, sizeof(name), &amount))
		check_line(name, sizeof(name));
	check_amount(&amount);
}

static void check(const cJSON *tree)
{
	check_pod(tree);
	check_event(tree);
	check_cluster(tree);
}

static uint32_t draw(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static cJSON *other_value(uint32_t kind)
{
	switch (kind % 8) {
	case 0:
		return cJSON_CreateNull();
	case 1:
		return cJSON_CreateTrue();
	case 2:
		return cJSON_CreateNumber(-1e300);
	case 3:
		return cJSON_CreateNumber(4);
	case 4:
		return cJSON_CreateString("");
	case 5:
		return cJSON_CreateString("\x1b[2J\n: \" = \xFF");
	case 6:
		return cJSON_CreateArray();
	default:
		return cJSON_CreateObject();
	}
}

/* Each member is lost or exchanged with a chance of one in sixteen. */
static void mutate(cJSON *tree, uint32_t *seed)
{
	cJSON *item = tree->child, *next;

	for (; item; item = next) {
		uint32_t drawn = draw(seed);

		next = item->next;
		if (drawn % 16)
			mutate(item, seed);
		else if (drawn & 16)
			cJSON_Delete(cJSON_DetachItemViaPointer(tree, item));
		else if (cJSON_IsArray(tree))
			cJSON_ReplaceItemViaPointer(tree, item,
						    other_value(drawn >> 8));
		else
			cJSON_ReplaceItemInObjectCaseSensitive(
				tree, item->string, other_value(drawn >> 8));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err;
	uint32_t seed = 2166136261u;
	cJSON *tree;

	tree = json_parse((const char *)data, size, &err);
	if (!tree)
		return 0;
	check_unread((const char *)data, size);
	check(tree);
	for (size_t i = 0; i < size; i++)
		seed = (seed ^ data[i]) * 16777619u;
	for (int round = 0; round < 8; round++) {
		cJSON *copy = cJSON_Duplicate(tree, true);

		seed |= 1;
		mutate(copy, &seed);
		check(copy);
		cJSON_Delete(copy);
	}
	cJSON_Delete(tree);
	return 0;
}
