/* SPDX-License-Identifier: MIT */
/* Fields of a v1 Node. */
#include "engine/pod/node.h"

#include "base/mem.h"
#include "engine/pod/amount.h"
#include "engine/pod/field.h"

#include <string.h>

#define TAINT_CORDON "node.kubernetes.io/unschedulable"

/* Who labels a node with its GPUs: feature discoveries, then clouds. */
static const char *const GPU_LABELS[] = {
	"nvidia.com/gpu.product",
	"amd.com/gpu.product-name",
	"amd.com/gpu.device-id",
	"gpu.intel.com/product",
	"cloud.google.com/gke-accelerator",
	"k8s.amazonaws.com/accelerator",
	"accelerator",
};

static void read_taints(const cJSON *taints, char *ret, size_t size)
{
	const cJSON *taint;

	cJSON_ArrayForEach (taint, taints) {
		const char *key = field_text(taint, "key");
		const char *value = field_text(taint, "value");

		if (!*key || !strcmp(key, TAINT_CORDON))
			continue; /* is_cordoned says so */
		line_addf(ret, size, "%s%.80s%s%.63s:%.20s", *ret ? ", " : "",
			  key, *value ? "=" : "", value,
			  field_text(taint, "effect"));
	}
}

bool cluster_node_read(const cJSON *node, struct cluster_node *ret)
{
	const cJSON *metadata = field_object(node, "metadata");
	const cJSON *spec = field_object(node, "spec");
	const cJSON *status = field_object(node, "status");
	const cJSON *labels = field_object(metadata, "labels");
	const cJSON *allocatable = field_object(status, "allocatable");
	const char *kind = field_text(node, "kind");
	const char *name = field_text(metadata, "name");
	int64_t pods_milli;

	*ret = (struct cluster_node){.requested = AMOUNT_UNKNOWN,
				     .used = AMOUNT_UNKNOWN,
				     .pods = -1,
				     .pods_max = -1};
	line_copy(ret->name, sizeof(ret->name), name, strlen(name));
	if (!*ret->name || (*kind && strcmp(kind, "Node")))
		return false;
	ret->is_ready = field_is(
		field_find(field_array(status, "conditions"), "type", "Ready"),
		"status", "True");
	ret->is_cordoned = field_is_true(spec, "unschedulable");
	for (size_t i = 0; i < COUNT_OF(GPU_LABELS) && !*ret->gpu_model; i++) {
		const char *model = field_text(labels, GPU_LABELS[i]);

		line_copy(ret->gpu_model, sizeof(ret->gpu_model), model,
			  strlen(model));
	}
	read_taints(field_array(spec, "taints"), ret->taints,
		    sizeof(ret->taints));
	amount_read(allocatable, &ret->allocatable);
	if (!allocatable)
		ret->allocatable = AMOUNT_UNKNOWN;
	if (field_quantity(allocatable, "pods", &pods_milli))
		ret->pods_max = pods_milli / 1000;
	return true;
}
