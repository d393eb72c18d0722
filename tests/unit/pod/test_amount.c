/* SPDX-License-Identifier: MIT */
/* What pods request, what they use, and what nodes have. */
#include "base/mem.h"
#include "engine/pod/amount.h"
#include "engine/pod/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MIB (1024LL * 1024)
#define NEEDS(cpu, memory)                                                     \
	"\"resources\":{\"requests\":{\"cpu\":\"" cpu                          \
	"\",\"memory\":\"" memory "\"}}"

static void requests(void **state)
{
	static const struct {
		const char *spec;
		struct cluster_amount amount;
	} samples[] = {
		{"", {0, 0, 0}},
		{"\"containers\":[{" NEEDS("100m", "64Mi") "},{" NEEDS(
			 "0.5", "1Mi") "},{}]",
		 {600, 65 * MIB, 0}},
		/* a limit alone is a request; GPUs are limits always */
		{"\"containers\":[{\"resources\":{\"limits\":{\"cpu\":\"2\","
		 "\"memory\":\"1Gi\",\"nvidia.com/gpu\":\"2\"},\"requests\":{"
		 "\"cpu\":\"1\"}}}]",
		 {1000, 1024 * MIB, 2}},
		{"\"containers\":[{\"resources\":{\"limits\":{"
		 "\"nvidia.com/mig-1g.5gb\":1,\"amd.com/gpu\":\"1\","
		 "\"hugepages-2Mi\":\"1Gi\"},\"requests\":{"
		 "\"nvidia.com/mig-1g.5gb\":1,\"amd.com/gpu\":\"1\"}}}]",
		 {0, 0, 2}},
		/* init containers run one after the other, before the rest */
		{"\"initContainers\":[{" NEEDS("2", "10Mi") "},{" NEEDS(
			 "1",
			 "300Mi") "}],\"containers\":[{" NEEDS("1.5",
							       "64Mi") "}"
								       ","
								       "{" NEEDS(
									       "100m",
									       "1Mi") "}]",
		 {2000, 300 * MIB, 0}},
		/* one that stays counts beside all that come later */
		{"\"initContainers\":[{" NEEDS(
			 "1",
			 "1Mi") "},{"
				"\"restartPolicy\":\"Always\"," NEEDS(
					"1",
					"1M"
					"i") "},{" NEEDS("3",
							 "1Mi") "}],"
								"\"containers\""
								":["
								"{" NEEDS(
									"1",
									"64M"
									"i") "}"
									     "]",
		 {4000, 65 * MIB, 0}},
		{"\"containers\":[{" NEEDS(
			 "1", "64Mi") "}],\"overhead\":{"
				      "\"cpu\":\"250m\",\"memory\":\"120Mi\"}",
		 {1250, 184 * MIB, 0}},
		/* said of the pod as a whole */
		{"\"containers\":[{" NEEDS("1", "64Mi") "}]," NEEDS("3", "1Gi"),
		 {3000, 1024 * MIB, 0}},
		/* nonsense counts as nothing and never wraps */
		{"\"containers\":[{" NEEDS(
			 "-1", "much") "},{\"resources\":7},"
				       "8,{" NEEDS("9e15", "8Pi") "},{" NEEDS(
					       "9e15", "8Pi") "}]",
		 {INT64_MAX, 16LL << 50, 0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		char json[1024];
		struct cluster_amount amount;
		cJSON *tree;

		snprintf(json, sizeof(json), "{\"spec\":{%s}}",
			 samples[i].spec);
		tree = cJSON_Parse(json);
		assert_non_null(tree);
		pod_requests_read(tree, &amount);
		if (memcmp(&amount, &samples[i].amount, sizeof(amount)))
			fail_msg("%s: %lld %lld %lld", samples[i].spec,
				 (long long)amount.cpu_milli,
				 (long long)amount.memory_bytes,
				 (long long)amount.gpus);
		cJSON_Delete(tree);
	}
}

static void gpus(void **state)
{
	(void)state;
	assert_true(amount_is_gpu("nvidia.com/gpu"));
	assert_true(amount_is_gpu("amd.com/gpu"));
	assert_true(amount_is_gpu("nvidia.com/mig-3g.20gb"));
	assert_true(amount_is_gpu("gpu.intel.com/i915"));
	assert_false(amount_is_gpu("requests.nvidia.com/gpu"));
	assert_false(amount_is_gpu("gpu"));
	assert_false(amount_is_gpu("cpu"));
	assert_false(amount_is_gpu("example.com/fpga"));
}

static void usage(void **state)
{
	struct cluster_amount used;
	char name[254];
	cJSON *tree = cJSON_Parse(
		"{\"metadata\":{\"name\":\"p\"},\"containers\":[{\"name\":"
		"\"trial\",\"usage\":{\"cpu\":\"123456789n\",\"memory\":"
		"\"204800Ki\"}},{\"usage\":{\"cpu\":\"1u\",\"memory\":"
		"\"1000\"}},{}]}");

	(void)state;
	assert_true(pod_usage_read(tree, name, sizeof(name), &used));
	assert_string_equal(name, "p");
	assert_int_equal(used.cpu_milli, 125);
	assert_int_equal(used.memory_bytes, 204800 * 1024 + 1000);
	assert_int_equal(used.gpus, -1);
	assert_false(node_usage_read(tree, name, sizeof(name), &used));
	assert_int_equal(used.cpu_milli, -1);
	cJSON_Delete(tree);

	tree = cJSON_Parse("{\"metadata\":{\"name\":\"n1\"},\"usage\":{\"cpu\":"
			   "\"1500m\",\"memory\":\"1Gi\"}}");
	assert_true(node_usage_read(tree, name, sizeof(name), &used));
	assert_string_equal(name, "n1");
	assert_int_equal(used.cpu_milli, 1500);
	assert_int_equal(used.memory_bytes, 1024 * MIB);
	assert_false(pod_usage_read(tree, name, sizeof(name), &used));
	cJSON_Delete(tree);
}

static void nodes(void **state)
{
	struct cluster_node node;
	cJSON *tree = cJSON_Parse(
		"{\"metadata\":{\"name\":\"gpu-1\",\"labels\":{"
		"\"kubernetes.io/arch\":\"amd64\",\"nvidia.com/gpu.product\":"
		"\"NVIDIA-A100-SXM4-80GB\"}},\"spec\":{\"unschedulable\":true,"
		"\"taints\":[{\"key\":\"dedicated\",\"value\":\"ml\","
		"\"effect\":\"NoSchedule\"},{\"key\":"
		"\"node.kubernetes.io/unschedulable\",\"effect\":"
		"\"NoSchedule\"},{\"key\":\"nvidia.com/gpu\",\"effect\":"
		"\"NoExecute\"},7]},\"status\":{\"capacity\":{\"cpu\":\"32\"},"
		"\"allocatable\":{\"cpu\":\"31850m\",\"memory\":"
		"\"131900512Ki\",\"pods\":\"110\",\"nvidia.com/gpu\":\"8\"},"
		"\"conditions\":[{\"type\":\"MemoryPressure\",\"status\":"
		"\"False\"},{\"type\":\"Ready\",\"status\":\"True\"}]}}");

	(void)state;
	assert_true(cluster_node_read(tree, &node));
	assert_string_equal(node.name, "gpu-1");
	assert_true(node.is_ready);
	assert_true(node.is_cordoned);
	assert_string_equal(node.gpu_model, "NVIDIA-A100-SXM4-80GB");
	assert_string_equal(node.taints, "dedicated=ml:NoSchedule, "
					 "nvidia.com/gpu:NoExecute");
	assert_int_equal(node.allocatable.cpu_milli, 31850);
	assert_int_equal(node.allocatable.memory_bytes, 131900512LL * 1024);
	assert_int_equal(node.allocatable.gpus, 8);
	assert_int_equal(node.pods_max, 110);
	assert_int_equal(node.pods, -1);
	assert_int_equal(node.requested.cpu_milli, -1);
	assert_int_equal(node.used.memory_bytes, -1);
	cJSON_Delete(tree);

	/* the kubelet has gone silent */
	tree = cJSON_Parse("{\"metadata\":{\"name\":\"n\"},\"status\":{"
			   "\"conditions\":[{\"type\":\"Ready\",\"status\":"
			   "\"Unknown\"}]}}");
	assert_true(cluster_node_read(tree, &node));
	assert_false(node.is_ready);
	assert_false(node.is_cordoned);
	assert_int_equal(node.allocatable.cpu_milli, -1);
	assert_int_equal(node.pods_max, -1);
	cJSON_Delete(tree);

	tree = cJSON_Parse("{\"kind\":\"Pod\",\"metadata\":{\"name\":\"n\"}}");
	assert_false(cluster_node_read(tree, &node));
	cJSON_Delete(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(gpus),
		cmocka_unit_test(usage),
		cmocka_unit_test(nodes),
	};

	return cmocka_run_group_tests_name("amount", tests, NULL, NULL);
}
