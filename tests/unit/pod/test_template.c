/* SPDX-License-Identifier: MIT */
/* The pod of an attempt: the keeper's command line, environment, volumes, what
 * the experiment file adds, and podTemplate laid over it. */
#include "tests/unit/pod/plan.h"

#include "base/mem.h"
#include "engine/pod/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRIAL "spec.containers.0."

static cJSON *build(const struct sample *sample)
{
	struct error err;
	cJSON *template = pod_template_build(&sample->plan, &err);

	if (!template)
		fail_msg("%s", err.text);
	return template;
}

/* The value of a variable, or NULL. */
static const char *variable(const cJSON *template, const char *name)
{
	const cJSON *item =
		pod_list_find(json_at(template, TRIAL "env"), "name", name);

	return item ? json_at(item, "value")->valuestring : NULL;
}

static void builds_the_least(void **state)
{
	struct sample sample;
	cJSON *template;

	(void)state;
	sample_init(&sample, "", "");
	template = build(&sample);
	expect_json(template, "metadata",
		    "{\"labels\":{\"app\":\"nni-kubernetes-trial\","
		    "\"expId\":\"abcd1234\",\"trialId\":\"xa12b\","
		    "\"attempt\":\"2\"}}");
	expect_json(template, "spec.restartPolicy", "\"Never\"");
	expect_json(template, "spec.terminationGracePeriodSeconds", "30");
	expect_json(template, "spec.enableServiceLinks", "false");
	expect_json(template, "spec.automountServiceAccountToken", "absent");
	expect_json(template, "spec.serviceAccountName", "absent");
	expect_json(template, TRIAL "name", "\"trial\"");
	expect_json(template, TRIAL "image", "\"test.local/trial:1\"");
	expect_json(template, TRIAL "imagePullPolicy", "absent");
	expect_json(template, TRIAL "resources", "absent");
	expect_json(template, TRIAL "terminationMessagePolicy",
		    "\"FallbackToLogsOnError\"");
	expect_json(template, TRIAL "command",
		    "[\"/trialdeck/keeper/trialdeck-keeper\","
		    "\"--dir\",\"/trialdeck/work\","
		    "\"--input\",\"/trialdeck/input\","
		    "\"--url-file\",\"/trialdeck/link/url\","
		    "\"--tee\",\"--echo\",\"auto\",\"--grace\",\"25\","
		    "\"--output-dir\",\"/trialdeck/work/output/worker_output\","
		    "\"--send-outputs\",\"output/worker_output\","
		    "\"--output-limit\",\"1073741824\","
		    "\"--output-wait\",\"600\"]");
	expect_json(template, TRIAL "args", "absent");
	expect_json(template, "spec.volumes",
		    "[{\"name\":\"trialdeck-keeper\",\"configMap\":{\"name\":"
		    "\"the-keeper\",\"defaultMode\":365}},"
		    "{\"name\":\"trialdeck-input\",\"secret\":{\"secretName\":"
		    "\"the-secret\",\"defaultMode\":292}},"
		    "{\"name\":\"trialdeck-link\",\"configMap\":{\"name\":"
		    "\"the-link\",\"defaultMode\":292}},"
		    "{\"name\":\"trialdeck-work\",\"emptyDir\":{}}]");
	expect_json(template, TRIAL "volumeMounts",
		    "[{\"name\":\"trialdeck-keeper\",\"mountPath\":"
		    "\"/trialdeck/keeper\",\"readOnly\":true},"
		    "{\"name\":\"trialdeck-input\",\"mountPath\":"
		    "\"/trialdeck/input\",\"readOnly\":true},"
		    "{\"name\":\"trialdeck-link\",\"mountPath\":"
		    "\"/trialdeck/link\",\"readOnly\":true},"
		    "{\"name\":\"trialdeck-work\",\"mountPath\":"
		    "\"/trialdeck/work\"}]");
	cJSON_Delete(template);
	sample_release(&sample);
}

static void takes_code_from_the_storage(void **state)
{
	struct sample sample;
	cJSON *template;
	char *command;

	(void)state;
	sample_init(&sample, "", "  storage: {server: nas, path: /export}\n");
	sample.plan.code = POD_CODE_STORAGE;
	sample.plan.code_digest = "abc";
	template = build(&sample);
	command = cJSON_PrintUnformatted(json_at(template, TRIAL "command"));
	assert_non_null(strstr(
		command,
		"\"--code-source\",\"/tmp/mount/nni/abcd1234/nni-code\","
		"\"--code-manifest\",\"/tmp/mount/nni/abcd1234/.trialdeck/"
		"code.manifest\",\"--code-dir\",\"/tmp/mount/nni/abcd1234/"
		"xa12b-2/code\",\"--code-digest\",\"abc\""));
	cJSON_free(command);
	cJSON_Delete(template);
	sample_release(&sample);
}

static void tells_of_checkpoints(void **state)
{
	struct sample sample;
	cJSON *template;

	(void)state;
	sample_init(&sample, "", "");
	sample.plan.checkpoint = "/tmp/mount/nni/abcd1234/checkpoints/xa12b";
	sample.plan.parent_checkpoint =
		"/tmp/mount/nni/abcd1234/checkpoints/xa12a";
	template = build(&sample);
	assert_string_equal(variable(template, "TRIALDECK_CHECKPOINT_DIR"),
			    sample.plan.checkpoint);
	assert_string_equal(
		variable(template, "TRIALDECK_PARENT_CHECKPOINT_DIR"),
		sample.plan.parent_checkpoint);
	cJSON_Delete(template);
	sample_release(&sample);
}

static void sets_the_environment(void **state)
{
	static char parameters[] =
		"{\"lr\": 0.1, \"word\": \"$(HOME)$\", \"layer\": {\"_name\": "
		"\"conv\", \"k\": 3}}";
	struct sample sample;
	cJSON *template;

	(void)state;
	sample_init(&sample, "", "");
	sample.trial.parameters = parameters;
	template = build(&sample);
	assert_string_equal(variable(template, "NNI_PLATFORM"), "kubeflow");
	assert_string_equal(variable(template, "NNI_EXP_ID"), "abcd1234");
	assert_string_equal(variable(template, "NNI_TRIAL_JOB_ID"), "xa12b");
	assert_string_equal(variable(template, "NNI_TRIAL_SEQ_ID"), "7");
	assert_string_equal(variable(template, "NNI_SYS_DIR"),
			    "/trialdeck/work");
	assert_string_equal(variable(template, "NNI_OUTPUT_DIR"),
			    "/trialdeck/work/output/worker_output");
	assert_string_equal(variable(template, "TRIALDECK_OUTPUT_DIR"),
			    "/trialdeck/work/output/worker_output");
	assert_string_equal(variable(template, "MULTI_PHASE"), "false");
	assert_null(variable(template, "NNI_CODE_DIR"));
	assert_null(variable(template, "CUDA_VISIBLE_DEVICES"));
	assert_string_equal(variable(template, "TRIALDECK_TRIAL_ID"), "xa12b");
	assert_string_equal(variable(template, "TRIALDECK_ATTEMPT"), "2");
	assert_string_equal(variable(template, "TRIALDECK_METRICS"),
			    "/trialdeck/work/metrics");
	assert_string_equal(variable(template, "TRIALDECK_PARAM_LR"), "0.1");
	assert_null(variable(template, "TRIALDECK_CHECKPOINT_DIR"));
	assert_null(variable(template, "TRIALDECK_PARENT_CHECKPOINT_DIR"));
	/* Kubernetes makes one of two, and expands nothing */
	assert_string_equal(variable(template, "TRIALDECK_PARAM_WORD"),
			    "$$(HOME)$$");
	assert_string_equal(variable(template, "TRIALDECK_PARAM_LAYER"),
			    "conv");
	assert_string_equal(variable(template, "TRIALDECK_PARAM_LAYER_K"), "3");
	/* the token must not stand in the pod's object */
	assert_null(variable(template, "TRIALDECK_TOKEN"));
	cJSON_Delete(template);
	sample_release(&sample);
}

/* The keeper of a role says whose word it is. */
static void names_a_role_and_its_pod(void **state)
{
	struct role_config role = {
		.name = (char *)"ps", .replicas = 1, .gpu_number = -1};
	struct sample sample;
	cJSON *template;

	(void)state;
	sample_init(&sample, "", "");
	template = build(&sample);
	assert_null(pod_list_find(json_at(template, TRIAL "env"), "name",
				  "TRIALDECK_POD"));
	cJSON_Delete(template);
	sample.plan.role = &role;
	template = build(&sample);
	assert_string_equal(variable(template, "TRIALDECK_ROLE"), "ps");
	assert_string_equal(
		json_at(pod_list_find(json_at(template, TRIAL "env"), "name",
				      "TRIALDECK_POD"),
			"valueFrom.fieldRef.fieldPath")
			->valuestring,
		"metadata.name");
	cJSON_Delete(template);
	sample_release(&sample);
}

static void hides_gpus_only_when_told(void **state)
{
	struct sample sample;
	cJSON *template;

	(void)state;
	sample_init(&sample, "trialGpuNumber: 0\n", "");
	template = build(&sample);
	assert_string_equal(variable(template, "CUDA_VISIBLE_DEVICES"), "");
	cJSON_Delete(template);
	sample_release(&sample);

	sample_init(&sample, "trialGpuNumber: 2\n", "");
	template = build(&sample);
	assert_null(variable(template, "CUDA_VISIBLE_DEVICES"));
	expect_json(template, TRIAL "resources",
		    "{\"requests\":{\"nvidia.com/gpu\":\"2\"},"
		    "\"limits\":{\"nvidia.com/gpu\":\"2\"}}");
	cJSON_Delete(template);
	sample_release(&sample);
}

static void lets_the_user_add_variables(void **state)
{
	struct sample sample;
	cJSON *template;
	const cJSON *env;

	(void)state;
	sample_init(&sample, "",
		    "  env: {GREETING: hi $(USER), NNI_OUTPUT_DIR: /out}\n"
		    "  envFrom: [{secretRef: {name: keys}}]\n");
	template = build(&sample);
	assert_string_equal(variable(template, "GREETING"), "hi $(USER)");
	assert_string_equal(variable(template, "NNI_OUTPUT_DIR"), "/out");
	env = json_at(template, TRIAL "env");
	/* once, and behind ours */
	assert_int_equal(cJSON_GetArraySize(env), 15);
	expect_json(env, "13.name", "\"GREETING\"");
	expect_json(env, "14.name", "\"NNI_OUTPUT_DIR\"");
	expect_json(template, TRIAL "envFrom",
		    "[{\"secretRef\":{\"name\":\"keys\"}}]");
	cJSON_Delete(template);
	sample_release(&sample);
}

/* What every one without a storage has. */
#define OUTPUTS                                                                \
	",\"--output-dir\",\"/trialdeck/work/output/worker_output\","          \
	"\"--send-outputs\",\"output/worker_output\","                         \
	"\"--output-limit\",\"1073741824\",\"--output-wait\",\"600\""

/* The keeper's command line from --echo on. */
static void expect_options(const struct sample *sample, const char *json)
{
	cJSON *template = build(sample);
	cJSON *command =
		cJSON_Duplicate(json_at(template, TRIAL "command"), true);
	char *printed;

	for (int i = 0; i < 8; i++)
		cJSON_DeleteItemFromArray(command, 0);
	printed = cJSON_PrintUnformatted(command);
	assert_string_equal(printed, json);
	cJSON_free(printed);
	cJSON_Delete(command);
	cJSON_Delete(template);
}

static void brings_the_code_in(void **state)
{
	struct sample sample;
	cJSON *template;

	(void)state;
	sample_init(&sample, "", "");
	sample.plan.code_digest = "00ff";
	sample.plan.code_map = "the-code";
	sample.plan.code_path = "/home/ann/digits";

	sample.plan.code = POD_CODE_SIDEPORT;
	expect_options(&sample,
		       "[\"--echo\",\"auto\",\"--grace\",\"25\"" OUTPUTS ","
		       "\"--code-fetch\",\"--code-dir\","
		       "\"/trialdeck/work/code\",\"--code-digest\",\"00ff\"]");

	sample.plan.code = POD_CODE_IN_PLACE;
	sample.plan.is_echoing = true;
	expect_options(&sample,
		       "[\"--echo\",\"always\",\"--grace\",\"25\"" OUTPUTS ","
		       "\"--cwd\",\"/home/ann/digits\"]");
	template = build(&sample);
	assert_string_equal(variable(template, "NNI_CODE_DIR"),
			    "/home/ann/digits");
	cJSON_Delete(template);

	sample.plan.code = POD_CODE_MAP;
	sample.plan.is_echoing = false;
	expect_options(&sample,
		       "[\"--echo\",\"auto\",\"--grace\",\"25\"" OUTPUTS ","
		       "\"--code-archive\",\"/trialdeck/code/code.tar.gz\","
		       "\"--code-dir\",\"/trialdeck/work/code\","
		       "\"--code-digest\",\"00ff\"]");
	template = build(&sample);
	assert_string_equal(variable(template, "NNI_CODE_DIR"),
			    "/trialdeck/work/code");
	expect_json(template, "spec.volumes.3",
		    "{\"name\":\"trialdeck-code\",\"configMap\":{\"name\":"
		    "\"the-code\",\"defaultMode\":292}}");
	expect_json(template, TRIAL "volumeMounts.3",
		    "{\"name\":\"trialdeck-code\",\"mountPath\":"
		    "\"/trialdeck/code\",\"readOnly\":true}");
	cJSON_Delete(template);
	sample_release(&sample);
}

static void passes_the_pattern_unexpanded(void **state)
{
	struct sample sample;

	(void)state;
	sample_init(&sample, "metricPattern: '([a-z]+)=$([0-9]+)$'\n", "");
	expect_options(&sample,
		       "[\"--echo\",\"auto\",\"--grace\",\"25\"" OUTPUTS ","
		       "\"--metric-pattern\",\"([a-z]+)=$$([0-9]+)$$\"]");
	sample_release(&sample);
}

static void leaves_time_to_report(void **state)
{
	static const struct {
		int64_t period;
		const char *json;
	} cases[] = {
		{1, "[\"--echo\",\"auto\",\"--grace\",\"1\"" OUTPUTS "]"},
		{4, "[\"--echo\",\"auto\",\"--grace\",\"2\"" OUTPUTS "]"},
		{10, "[\"--echo\",\"auto\",\"--grace\",\"5\"" OUTPUTS "]"},
		{600, "[\"--echo\",\"auto\",\"--grace\",\"595\"" OUTPUTS "]"},
	};
	struct sample sample;

	(void)state;
	sample_init(&sample, "", "");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		sample.config.kubernetes.grace_period_s = cases[i].period;
		expect_options(&sample, cases[i].json);
	}
	sample_release(&sample);
}

static void takes_everything_of_the_file(void **state)
{
	struct sample sample;
	cJSON *template;

	(void)state;
	sample_init(
		&sample, "",
		"  imagePullPolicy: Always\n"
		"  imagePullSecrets: [login]\n"
		"  resources: {limits: {cpu: 2}}\n"
		"  volumes: [{name: data, mountPath: /data, pvc: sets}]\n"
		"  nodeSelector: {zone: a}\n"
		"  tolerations: [{operator: Exists}]\n"
		"  affinity: {nodeAffinity: {x: 1}}\n"
		"  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, "
		"whenUnsatisfiable: DoNotSchedule}]\n"
		"  priorityClassName: low\n"
		"  serviceAccountName: trials\n"
		"  schedulerName: volcano\n"
		"  runtimeClassName: nvidia\n"
		"  labels: {team: vision}\n"
		"  annotations: {note: hello}\n"
		"  securityContext: {runAsUser: 1000}\n"
		"  podSecurityContext: {fsGroup: 1000}\n"
		"  terminationGracePeriodSeconds: 60\n");
	template = build(&sample);
	expect_json(template, TRIAL "imagePullPolicy", "\"Always\"");
	expect_json(template, "spec.imagePullSecrets",
		    "[{\"name\":\"login\"}]");
	/* requests are left out rather than left empty */
	expect_json(template, TRIAL "resources",
		    "{\"limits\":{\"cpu\":\"2\"}}");
	expect_json(template, "spec.volumes.4",
		    "{\"name\":\"data\",\"persistentVolumeClaim\":"
		    "{\"claimName\":\"sets\"}}");
	expect_json(template, TRIAL "volumeMounts.4",
		    "{\"name\":\"data\",\"mountPath\":\"/data\"}");
	expect_json(template, "spec.nodeSelector", "{\"zone\":\"a\"}");
	expect_json(template, "spec.tolerations",
		    "[{\"operator\":\"Exists\"}]");
	expect_json(template, "spec.affinity", "{\"nodeAffinity\":{\"x\":1}}");
	expect_json(template, "spec.topologySpreadConstraints.0.maxSkew", "1");
	expect_json(template, "spec.priorityClassName", "\"low\"");
	expect_json(template, "spec.serviceAccountName", "\"trials\"");
	expect_json(template, "spec.schedulerName", "\"volcano\"");
	expect_json(template, "spec.runtimeClassName", "\"nvidia\"");
	expect_json(template, "metadata.labels.team", "\"vision\"");
	expect_json(template, "metadata.labels.trialId", "\"xa12b\"");
	expect_json(template, "metadata.annotations", "{\"note\":\"hello\"}");
	expect_json(template, TRIAL "securityContext", "{\"runAsUser\":1000}");
	expect_json(template, "spec.securityContext", "{\"fsGroup\":1000}");
	expect_json(template, "spec.terminationGracePeriodSeconds", "60");
	cJSON_Delete(template);
	sample_release(&sample);
}

static void refuses_what_is_no_json(void **state)
{
	static char broken[] = "{\"lr\": ", list[] = "[1]";
	struct sample sample;
	struct error err;

	(void)state;
	sample_init(&sample, "", "");
	sample.trial.parameters = broken;
	assert_null(pod_template_build(&sample.plan, &err));
	assert_string_equal(err.text,
			    "the trial's parameters are no JSON object");
	sample.trial.parameters = list;
	assert_null(pod_template_build(&sample.plan, &err));
	sample.trial.parameters = (char[]){"{}"};
	sample.config.kubernetes.tolerations = xstrdup("[{");
	assert_null(pod_template_build(&sample.plan, &err));
	assert_string_equal(err.text, "trainingService.tolerations: not JSON");
	assert_int_equal(err.code, ERROR_CORRUPT);
	sample_release(&sample);
}

static void labels_experiments_of_any_id(void **state)
{
	struct experiment experiment = {.id = "-My_exp_"};
	cJSON *labels = cJSON_CreateObject();
	char *selector = pod_labels_selector(&experiment);

	(void)state;
	pod_labels_add(labels, &experiment, NULL, NULL);
	/* a label's value has letters or digits at its ends */
	expect_json(labels, "",
		    "{\"app\":\"nni-kubernetes-trial\",\"expId\":"
		    "\"id.-My_exp_.id\"}");
	assert_string_equal(selector,
			    "app=nni-kubernetes-trial,expId=id.-My_exp_.id");
	cJSON_Delete(labels);
	free(selector);
}

static void finds_folders_inside_the_pod(void **state)
{
	struct kubernetes_config config = {
		.volume_mounts =
			(char[]){
				"[{\"name\":\"home\",\"mountPath\":\"/home/"
				"ann\"},"
				"{\"name\":\"home\",\"mountPath\":\"/again\","
				"\"subPath\":\"x\"},"
				"{\"name\":\"deep\",\"mountPath\":\"/deep\"}]"},
		.local_paths = (char[]){"{\"home\":\"/nas/ann\","
					"\"deep\":\"/nas/ann/deep\","
					"\"other\":\"/lost\"}"},
	};
	static const struct {
		const char *path, *inside;
	} cases[] = {
		{"/nas/ann", "/home/ann"},
		{"/nas/ann/digits", "/home/ann/digits"},
		{"/nas/ann/deep/x", "/deep/x"},
		{"/nas/ann/deeper", "/home/ann/deeper"},
		{"/nas/anna", NULL},
		{"/nas", NULL},
		{"/lost", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *inside = pod_path_inside(&config, cases[i].path);

		assert_int_equal(inside != NULL, cases[i].inside != NULL);
		if (inside)
			assert_string_equal(inside, cases[i].inside);
		free(inside);
	}
	config = (struct kubernetes_config){0};
	assert_null(pod_path_inside(&config, "/nas/ann"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_the_least),
		cmocka_unit_test(takes_code_from_the_storage),
		cmocka_unit_test(tells_of_checkpoints),
		cmocka_unit_test(sets_the_environment),
		cmocka_unit_test(names_a_role_and_its_pod),
		cmocka_unit_test(hides_gpus_only_when_told),
		cmocka_unit_test(lets_the_user_add_variables),
		cmocka_unit_test(brings_the_code_in),
		cmocka_unit_test(passes_the_pattern_unexpanded),
		cmocka_unit_test(leaves_time_to_report),
		cmocka_unit_test(takes_everything_of_the_file),
		cmocka_unit_test(refuses_what_is_no_json),
		cmocka_unit_test(labels_experiments_of_any_id),
		cmocka_unit_test(finds_folders_inside_the_pod),
	};

	return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
