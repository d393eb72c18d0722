/* SPDX-License-Identifier: MIT */
/* Platform kubernetes: what each key becomes, and that the canonical text says
 * it all.  test_kubernetes_problems.c has the mistakes. */
#include "tests/unit/spec/support.h"

#include "base/fs.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct experiment_config read_service(const char *lines)
{
	char *text = xasprintf(KUBERNETES "%s", lines);
	struct experiment_config config = expect_config(text);

	free(text);
	return config;
}

static void fills_in_defaults(void **state)
{
	struct experiment_config c = expect_config(KUBERNETES);
	const struct kubernetes_config *k = &c.kubernetes;

	(void)state;
	assert_string_equal(c.platform, "kubernetes");
	assert_string_equal(k->kind, "job");
	assert_string_equal(k->image, "i");
	assert_null(k->kubeconfig);
	assert_null(k->context);
	assert_null(k->namespace);
	assert_null(k->resources);
	assert_null(k->volumes);
	assert_int_equal(k->active_deadline_s, 0);
	assert_int_equal(k->ttl_after_finished_s, -1);
	assert_int_equal(k->grace_period_s, 30);
	assert_int_equal(k->cleanup, CLEANUP_ALL);
	assert_int_equal(k->infrastructure_retries, 3);
	assert_int_equal(k->image_pull_timeout_s, 180);
	assert_int_equal(k->requests_per_s, 0);
	assert_false(k->side_port_tls);
	assert_null(k->side_port_address);
	assert_string_equal(c.trial_code_directory, folder);
	experiment_config_release(&c);
}

static void reads_names_and_numbers(void **state)
{
	struct experiment_config c = read_service(
		"  kind: job\n"
		"  kubeconfig: s.json\n"
		"  context: lab\n"
		"  namespace: team-a\n"
		"  imagePullPolicy: IfNotPresent\n"
		"  imagePullSecrets: [login, {name: other.one}]\n"
		"  priorityClassName: low\n"
		"  serviceAccountName: trials\n"
		"  schedulerName: volcano\n"
		"  runtimeClassName: nvidia\n"
		"  queue: team-a\n"
		"  activeDeadlineSeconds: 90\n"
		"  ttlSecondsAfterFinished: 0\n"
		"  terminationGracePeriodSeconds: 60\n"
		"  cleanup: succeeded\n"
		"  infrastructureRetries: 0\n"
		"  imagePullTimeout: 10m\n"
		"  requestsPerSecond: 50\n"
		"  sidePort: {address: 10.0.0.1, tls: true, certificate: "
		"s.json, key: s.json}\n"
		"  reuseMode: true\n");
	const struct kubernetes_config *k = &c.kubernetes;
	char *file = fs_join(folder, "s.json");

	(void)state;
	assert_string_equal(k->kind, "job");
	assert_string_equal(k->kubeconfig, file);
	assert_string_equal(k->context, "lab");
	assert_string_equal(k->namespace, "team-a");
	assert_string_equal(k->image_pull_policy, "IfNotPresent");
	assert_string_equal(k->image_pull_secrets,
			    "[{\"name\":\"login\"},{\"name\":\"other.one\"}]");
	assert_string_equal(k->priority_class, "low");
	assert_string_equal(k->service_account, "trials");
	assert_string_equal(k->scheduler_name, "volcano");
	assert_string_equal(k->runtime_class, "nvidia");
	assert_string_equal(k->queue, "team-a");
	assert_int_equal(k->active_deadline_s, 90);
	assert_int_equal(k->ttl_after_finished_s, 0);
	assert_int_equal(k->grace_period_s, 60);
	assert_int_equal(k->cleanup, CLEANUP_SUCCEEDED);
	assert_int_equal(k->infrastructure_retries, 0);
	assert_int_equal(k->image_pull_timeout_s, 600);
	assert_int_equal(k->requests_per_s, 50);
	assert_string_equal(k->side_port_address, "10.0.0.1");
	assert_true(k->side_port_tls);
	assert_string_equal(k->side_port_certificate, file);
	assert_string_equal(k->side_port_key, file);
	experiment_config_release(&c);
	free(file);
}

/* service: one line; the text at `member` must be json. */
static void check_text(const char *service, size_t member, const char *json)
{
	struct experiment_config c = read_service(service);
	char *text = *(char **)((char *)&c.kubernetes + member);

	if (!text || strcmp(text, json) != 0)
		print_error("for %s", service);
	assert_string_equal(text ? text : "(null)", json);
	experiment_config_release(&c);
}

#define CHECK(service, member, json)                                           \
	check_text(service, offsetof(struct kubernetes_config, member), json)

static void reads_words(void **state)
{
	(void)state;
	CHECK("  serviceAccount: trials\n", service_account, "trials");
	CHECK("  serviceAccount: trials\n  serviceAccountName: trials\n",
	      service_account, "trials");
	CHECK("  imagePullSecrets: login\n", image_pull_secrets,
	      "[{\"name\":\"login\"}]");
	/* keys of ours ignore case and underscores, like all of the form */
	CHECK("  node_selector: {zone: a}\n", node_selector,
	      "{\"zone\":\"a\"}");
	CHECK("  labels: {team: vision, example.org/Cost_1.x: '42', e: ''}\n",
	      labels,
	      "{\"team\":\"vision\",\"example.org/"
	      "Cost_1.x\":\"42\",\"e\":\"\"}");
	CHECK("  labels: {team: vision, none: null}\n", labels,
	      "{\"team\":\"vision\"}");
	CHECK("  labels: {kueue.x-k8s.io/queue-name: q}\n", labels,
	      "{\"kueue.x-k8s.io/queue-name\":\"q\"}");
	CHECK("  annotations: {note: 'any thing: at \"all\"'}\n", annotations,
	      "{\"note\":\"any thing: at \\\"all\\\"\"}");
}

static void reads_resources(void **state)
{
	(void)state;
	CHECK("  resources: {cpu: 0.1, memory: 64Mi}\n", resources,
	      "{\"requests\":{\"cpu\":\"0.1\",\"memory\":\"64Mi\"},"
	      "\"limits\":{\"cpu\":\"0.1\",\"memory\":\"64Mi\"}}");
	CHECK("  resources: {cpu: 500m}\n", resources,
	      "{\"requests\":{\"cpu\":\"500m\"},"
	      "\"limits\":{\"cpu\":\"500m\"}}");
	CHECK("  resources: {requests: {cpu: 1}, limits: {cpu: '2'}}\n",
	      resources,
	      "{\"requests\":{\"cpu\":\"1\"},\"limits\":{\"cpu\":\"2\"}}");
	CHECK("  resources: {requests: {cpu: 1}}\n", resources,
	      "{\"requests\":{\"cpu\":\"1\"},\"limits\":{}}");
	CHECK("  resources: {gpu: 1}\n", resources,
	      "{\"requests\":{\"nvidia.com/gpu\":\"1\"},"
	      "\"limits\":{\"nvidia.com/gpu\":\"1\"}}");
	CHECK("  resources: {amd.com/gpu: 1, hugepages-2Mi: 4Mi}\n", resources,
	      "{\"requests\":{\"amd.com/gpu\":\"1\",\"hugepages-2Mi\":"
	      "\"4Mi\"},\"limits\":{\"amd.com/gpu\":\"1\",\"hugepages-2Mi\":"
	      "\"4Mi\"}}");
}

static void reads_memory_as_nni_spells_it(void **state)
{
	static const struct {
		const char *text, *amount;
	} cases[] = {
		{"4gb", "4096Mi"},   {"4 GB", "4096Mi"},     {"512mb", "512Mi"},
		{"1.5gb", "1536Mi"}, {"1tb", "1048576Mi"},   {"1kb", "1Mi"},
		{"1.2mb", "2Mi"},    {"4Gi", "4Gi"},	     {"1e9", "1e9"},
		{"4G", "4G"},	     {"2097152", "2097152"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *service = xasprintf("  resources: {memory: '%s'}\n",
					  cases[i].text);
		char *json = xasprintf("{\"requests\":{\"memory\":\"%s\"},"
				       "\"limits\":{\"memory\":\"%s\"}}",
				       cases[i].amount, cases[i].amount);

		CHECK(service, resources, json);
		free(service);
		free(json);
	}
}

static void gives_trials_their_gpus(void **state)
{
	(void)state;
	CHECK("trialGpuNumber: 2\n", resources,
	      "{\"requests\":{\"nvidia.com/gpu\":\"2\"},"
	      "\"limits\":{\"nvidia.com/gpu\":\"2\"}}");
	CHECK("  trialGpuNumber: 2\n  resources: {cpu: 1}\n", resources,
	      "{\"requests\":{\"cpu\":\"1\",\"nvidia.com/gpu\":\"2\"},"
	      "\"limits\":{\"cpu\":\"1\",\"nvidia.com/gpu\":\"2\"}}");
	/* said already, in other words */
	CHECK("  trialGpuNumber: 1\n  resources: {amd.com/gpu: 1}\n", resources,
	      "{\"requests\":{\"amd.com/gpu\":\"1\"},"
	      "\"limits\":{\"amd.com/gpu\":\"1\"}}");
	CHECK("  trialGpuNumber: 0\n  resources: {cpu: 1}\n", resources,
	      "{\"requests\":{\"cpu\":\"1\"},\"limits\":{\"cpu\":\"1\"}}");
}

static void reads_variables(void **state)
{
	(void)state;
	CHECK("  env: {A: x, B: 10, C: 1e-4, D: 1.10, E: '', F: null, G: "
	      "hi $(USER)}\n",
	      env,
	      "[{\"name\":\"A\",\"value\":\"x\"},"
	      "{\"name\":\"B\",\"value\":\"10\"},"
	      "{\"name\":\"C\",\"value\":\"1e-4\"},"
	      "{\"name\":\"D\",\"value\":\"1.10\"},"
	      "{\"name\":\"E\",\"value\":\"\"},"
	      "{\"name\":\"G\",\"value\":\"hi $(USER)\"}]");
	CHECK("  env: {K: {secretKeyRef: {name: keys, key: api.key}}, N: "
	      "{valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}}\n",
	      env,
	      "[{\"name\":\"K\",\"valueFrom\":{\"secretKeyRef\":{\"name\":"
	      "\"keys\",\"key\":\"api.key\"}}},"
	      "{\"name\":\"N\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":"
	      "\"spec.nodeName\"}}}]");
	CHECK("  env: [{name: A, value: 1}, {name: B}, {name: C, valueFrom: "
	      "{configMapKeyRef: {name: m, key: k, optional: true}}}, {name: "
	      "D, valueFrom: {resourceFieldRef: {resource: limits.memory, "
	      "divisor: 1}}}]\n",
	      env,
	      "[{\"name\":\"A\",\"value\":\"1\"},{\"name\":\"B\"},"
	      "{\"name\":\"C\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":"
	      "\"m\",\"key\":\"k\",\"optional\":true}}},"
	      "{\"name\":\"D\",\"valueFrom\":{\"resourceFieldRef\":"
	      "{\"resource\":\"limits.memory\",\"divisor\":1}}}]");
	CHECK("  envFrom: [{secretRef: {name: a}}, {prefix: X_, configMapRef: "
	      "{name: b, optional: true}}]\n",
	      env_from,
	      "[{\"secretRef\":{\"name\":\"a\"}},{\"prefix\":\"X_\","
	      "\"configMapRef\":{\"name\":\"b\",\"optional\":true}}]");
}

static void reads_volumes(void **state)
{
	(void)state;
	CHECK("  volumes:\n"
	      "    - {mountPath: /a, pvc: sets, readOnly: true}\n"
	      "    - {mountPath: /b/, nfs: {server: nas, path: /x}}\n"
	      "    - {name: h, mountPath: /c, hostPath: /d}\n"
	      "    - {mountPath: /e, hostPath: {path: /d, type: File}}\n"
	      "    - {mountPath: /f, emptyDir: {}}\n"
	      "    - {mountPath: /g, configMap: m}\n"
	      "    - {mountPath: /h, secret: s}\n"
	      "    - {mountPath: /i, secret: {secretName: s, defaultMode: "
	      "0400}}\n"
	      "    - {mountPath: /j, csi: {driver: x.io}}\n",
	      volumes,
	      "[{\"name\":\"volume-0\",\"persistentVolumeClaim\":"
	      "{\"claimName\":\"sets\"}},"
	      "{\"name\":\"volume-1\",\"nfs\":{\"server\":\"nas\",\"path\":"
	      "\"/x\"}},"
	      "{\"name\":\"h\",\"hostPath\":{\"path\":\"/d\"}},"
	      "{\"name\":\"volume-3\",\"hostPath\":{\"path\":\"/d\",\"type\":"
	      "\"File\"}},"
	      "{\"name\":\"volume-4\",\"emptyDir\":{}},"
	      "{\"name\":\"volume-5\",\"configMap\":{\"name\":\"m\"}},"
	      "{\"name\":\"volume-6\",\"secret\":{\"secretName\":\"s\"}},"
	      "{\"name\":\"volume-7\",\"secret\":{\"secretName\":\"s\","
	      "\"defaultMode\":256}},"
	      "{\"name\":\"volume-8\",\"csi\":{\"driver\":\"x.io\"}}]");
	CHECK("  volumes:\n"
	      "    - {mountPath: /a/, pvc: sets, readOnly: true, subPath: s}\n"
	      "    - {name: x, mountPath: /b, emptyDir: {}, "
	      "mountPropagation: HostToContainer}\n"
	      "    - {name: x, mountPath: /c, subPathExpr: $(NNI_EXP_ID)}\n"
	      "    - {name: volume-4, mountPath: /d, emptyDir: {}}\n"
	      "    - {mountPath: /e, emptyDir: {}}\n",
	      volume_mounts,
	      "[{\"name\":\"volume-0\",\"mountPath\":\"/a\",\"subPath\":\"s\","
	      "\"readOnly\":true},"
	      "{\"name\":\"x\",\"mountPath\":\"/b\",\"mountPropagation\":"
	      "\"HostToContainer\"},"
	      "{\"name\":\"x\",\"mountPath\":\"/c\",\"subPathExpr\":"
	      "\"$(NNI_EXP_ID)\"},"
	      "{\"name\":\"volume-4\",\"mountPath\":\"/d\"},"
	      "{\"name\":\"volume-5\",\"mountPath\":\"/e\"}]");
}

static void remembers_local_paths(void **state)
{
	char *sub = fs_join(folder, "sub");
	char *json =
		xasprintf("{\"home\":\"%s\",\"volume-1\":\"%s\"}", folder, sub);

	(void)state;
	CHECK("  volumes:\n"
	      "    - {name: home, mountPath: /a, pvc: x, localPath: .}\n"
	      "    - {mountPath: /b, pvc: y, localPath: sub}\n"
	      "    - {mountPath: /c, pvc: z}\n",
	      local_paths, json);
	free(sub);
	free(json);
}

static void passes_pieces_on(void **state)
{
	(void)state;
	CHECK("  tolerations: [{key: gpu, operator: Exists, effect: "
	      "NoExecute, tolerationSeconds: 60}]\n",
	      tolerations,
	      "[{\"key\":\"gpu\",\"operator\":\"Exists\",\"effect\":"
	      "\"NoExecute\",\"tolerationSeconds\":60}]");
	CHECK("  affinity: {podAffinity: {x: [1, 2.50]}}\n", affinity,
	      "{\"podAffinity\":{\"x\":[1,2.50]}}");
	CHECK("  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, "
	      "whenUnsatisfiable: ScheduleAnyway}]\n",
	      topology_spread,
	      "[{\"maxSkew\":1,\"topologyKey\":\"zone\","
	      "\"whenUnsatisfiable\":\"ScheduleAnyway\"}]");
	CHECK("  securityContext: {runAsUser: 1000, capabilities: {drop: "
	      "[ALL]}}\n",
	      security_context,
	      "{\"runAsUser\":1000,\"capabilities\":{\"drop\":[\"ALL\"]}}");
	CHECK("  podSecurityContext: {fsGroup: 5, supplementalGroups: [1]}\n",
	      pod_security_context,
	      "{\"fsGroup\":5,\"supplementalGroups\":[1]}");
	CHECK("  podTemplate: {metadata: {labels: {a: b}}, spec: {hostname: "
	      "t, enableServiceLinks: null}}\n",
	      pod_template,
	      "{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":"
	      "{\"hostname\":\"t\",\"enableServiceLinks\":null}}");
}

static void takes_empty_for_absent(void **state)
{
	struct experiment_config c = read_service("  env: {}\n"
						  "  envFrom: []\n"
						  "  volumes: []\n"
						  "  labels: {}\n"
						  "  annotations: {a: null}\n"
						  "  tolerations: []\n"
						  "  affinity: {}\n"
						  "  resources: {}\n"
						  "  imagePullSecrets: []\n"
						  "  podTemplate: {}\n"
						  "  nodeSelector: null\n");
	const struct kubernetes_config *k = &c.kubernetes;

	(void)state;
	assert_null(k->env);
	assert_null(k->env_from);
	assert_null(k->volumes);
	assert_null(k->volume_mounts);
	assert_null(k->labels);
	assert_null(k->annotations);
	assert_null(k->tolerations);
	assert_null(k->affinity);
	assert_null(k->resources);
	assert_null(k->image_pull_secrets);
	assert_null(k->pod_template);
	experiment_config_release(&c);
}

static void takes_nnis_address(void **state)
{
	struct experiment_config c =
		expect_config("nniManagerIp: fd00::1\n" KUBERNETES);

	(void)state;
	assert_string_equal(c.kubernetes.side_port_address, "fd00::1");
	experiment_config_release(&c);
	c = expect_config("nniManagerIp: 10.0.0.1\n" KUBERNETES
			  "  sidePort: {address: head.example.org}\n");
	assert_string_equal(c.kubernetes.side_port_address, "head.example.org");
	experiment_config_release(&c);
	c = expect_config("nniManagerIp: not used\n" KUBERNETES
			  "  nniManagerIp: 10.0.0.2\n");
	assert_string_equal(c.kubernetes.side_port_address, "10.0.0.2");
	experiment_config_release(&c);
}

static void writes_a_canonical_text(void **state)
{
	char *canonical = expect_canonical(
		KUBERNETES "  resources: {cpu: 1}\n"
			   "  env: {A: x}\n"
			   "  volumes: [{name: v, mountPath: /a, pvc: c, "
			   "localPath: .}, {name: v, mountPath: /b, subPath: "
			   "s}]\n");
	char *expected = xasprintf(
		"{\"debug\":false,\"searchSpace\":{\"lr\":{\"_type\":"
		"\"uniform\",\"_value\":[0,1]}},\"trialCommand\":\"python3 "
		"t.py\",\"trialCodeDirectory\":\"%s\",\"trialConcurrency\":2,"
		"\"logLevel\":\"info\",\"tuner\":{\"name\":\"Random\"},"
		"\"trainingService\":{\"platform\":\"kubernetes\",\"kind\":"
		"\"job\",\"image\":\"i\",\"resources\":{\"requests\":{\"cpu\":"
		"\"1\"},\"limits\":{\"cpu\":\"1\"}},\"env\":[{\"name\":\"A\","
		"\"value\":\"x\"}],\"volumes\":[{\"name\":\"v\",\"mountPath\":"
		"\"/a\",\"localPath\":\"%s\",\"persistentVolumeClaim\":"
		"{\"claimName\":\"c\"}},{\"name\":\"v\",\"mountPath\":\"/b\","
		"\"subPath\":\"s\"}],\"terminationGracePeriodSeconds\":30,"
		"\"cleanup\":\"all\",\"infrastructureRetries\":3,"
		"\"imagePullTimeout\":180,\"sidePort\":{\"tls\":false}}}",
		folder, folder);

	(void)state;
	assert_string_equal(canonical, expected);
	free(canonical);
	free(expected);
}

/* Numbers that one printer spells so and another so, strange text. */
static void keeps_strange_values(void **state)
{
	struct experiment_config c = read_service(
		"  volumes: [{mountPath: /a, csi: {driver: x, a: 1.50, b: "
		"1e300, c: \"\\u2028\\x7f\\\"\", d: 12345678901234, "
		"e: 0.1, f: null, g: true, h: [1e-7, 1E5]}}]\n"
		"  affinity: {nodeAffinity: {a: 1.50, b: \"\\u2028\"}}\n");

	(void)state;
	/* expect_config has compared it with its reload */
	assert_non_null(strstr(c.kubernetes.affinity, "1.50"));
	experiment_config_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_in_defaults),
		cmocka_unit_test(reads_names_and_numbers),
		cmocka_unit_test(reads_words),
		cmocka_unit_test(reads_resources),
		cmocka_unit_test(reads_memory_as_nni_spells_it),
		cmocka_unit_test(gives_trials_their_gpus),
		cmocka_unit_test(reads_variables),
		cmocka_unit_test(reads_volumes),
		cmocka_unit_test(remembers_local_paths),
		cmocka_unit_test(passes_pieces_on),
		cmocka_unit_test(takes_empty_for_absent),
		cmocka_unit_test(takes_nnis_address),
		cmocka_unit_test(writes_a_canonical_text),
		cmocka_unit_test(keeps_strange_values),
	};

	return cmocka_run_group_tests_name("kubernetes", tests, folder_make,
					   folder_take_away);
}
