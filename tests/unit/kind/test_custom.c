/* SPDX-License-Identifier: MIT */
/* Kind custom: objects built of manifests, and read by conditions. */
#include "engine/kind/custom.h"

#include "base/mem.h"
#include "engine/kind/manifest_pods.h"
#include "engine/spec/spec.h"
#include "tests/unit/pod/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* manifest: JSON; more: lines of trainingService. */
static void make(struct sample *sample, const char *manifest, const char *more)
{
	static char parameters[] = "{\"lr\": 0.1, \"n\": 3}";
	struct strbuf problems = STRBUF_INIT;
	struct error err;
	char *text = xasprintf("trialConcurrency: 2\n"
			       "searchSpace: {lr: {_type: uniform, _value: [0, "
			       "1]}, n: {_type: choice, _value: [3]}}\n"
			       "tuner: {name: Random}\n"
			       "trainingService:\n"
			       "  platform: kubernetes\n"
			       "  kind: custom\n"
			       "  manifest: %s\n"
			       "%s",
			       manifest, more);

	*sample = (struct sample){.experiment = {.id = "abcd1234"},
				  .trial = {.id = "xa12b",
					    .sequence = 7,
					    .parameters = parameters},
				  .attempt = {.number = 2}};
	if (!spec_parse(text, strlen(text), "e.yaml", "/", &sample->config,
			&problems, &err))
		fail_msg("refused: %s", problems.data);
	sample->plan = (struct pod_plan){
		.experiment = &sample->experiment,
		.config = &sample->config,
		.namespace = "lab",
		.trial = &sample->trial,
		.attempt = &sample->attempt,
	};
	strbuf_release(&problems);
	free(text);
}

static cJSON *build(struct sample *sample)
{
	struct kind_resource resource;
	struct error err = {0};
	cJSON *object;

	kind_resource_init(&resource, &kind_custom);
	object = kind_custom.build(&sample->plan, &resource, "the-name", &err);
	if (!object)
		fail_msg("%s", err.text);
	return object;
}

/* --- building ----------------------------------------------------------- */

#define POD                                                                    \
	"{\"spec\":{\"containers\":[{\"name\":\"main\",\"image\":\"i\","       \
	"\"args\":[\"--lr=${trial.parameters.lr}\"]}]}}"
#define JOB                                                                    \
	"{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"metadata\":{"         \
	"\"name\":\"x\",\"namespace\":\"lab\",\"uid\":\"1\","                  \
	"\"resourceVersion\":\"7\",\"labels\":{\"team\":\"a\",\"expId\":"      \
	"\"other\",\"of\":\"${trial.sequence}\"},\"annotations\":{\"why\":"    \
	"\"${experiment.id}\"}},\"spec\":{\"backoffLimit\":"                   \
	"\"${trial.parameters.n}\",\"template\":" POD                          \
	"},\"status\":{\"active\":1}}"
#define OURS                                                                   \
	"\"app\":\"nni-kubernetes-trial\",\"expId\":\"abcd1234\","             \
	"\"trialId\":\"xa12b\",\"attempt\":\"2\""

static void builds_the_manifest(void **state)
{
	struct sample sample;
	cJSON *object;

	(void)state;
	make(&sample, JOB,
	     "  labels: {tier: gpu}\n  annotations: {who: me}\n"
	     "  queue: lab-queue\n");
	assert_string_equal(sample.config.kubernetes.namespace, "lab");
	object = build(&sample);
	expect_json(object, "apiVersion", "\"batch/v1\"");
	expect_json(object, "kind", "\"Job\"");
	expect_json(object, "metadata",
		    "{\"name\":\"the-name\",\"labels\":{\"team\":\"a\","
		    "\"of\":\"7\",\"kueue.x-k8s.io/queue-name\":"
		    "\"lab-queue\",\"tier\":\"gpu\"," OURS
		    "},\"annotations\":{\"why\":\"abcd1234\",\"who\":\"me\"}}");
	expect_json(object, "spec.backoffLimit", "3");
	expect_json(object, "spec.template.metadata.labels",
		    "{\"tier\":\"gpu\"," OURS "}");
	expect_json(object, "spec.template.spec.containers.0.args",
		    "[\"--lr=0.1\"]");
	expect_json(object, "status", "absent");
	cJSON_Delete(object);
	sample_release(&sample);
}

#define TORCH                                                                  \
	"{\"apiVersion\":\"kubeflow.org/v1\",\"kind\":\"PyTorchJob\","         \
	"\"spec\":{\"pytorchReplicaSpecs\":{\"Worker\":{\"replicas\":2,"       \
	"\"template\":" POD "},\"Master\":{\"template\":" POD "}}}}"
#define SET                                                                    \
	"{\"apiVersion\":\"example.org/v1\",\"kind\":\"Set\",\"spec\":{"       \
	"\"groups\":[{\"name\":\"Reader\",\"job\":{\"template\":{\"spec\":{"   \
	"\"template\":" POD "}}}},{\"name\":\"not a label!\",\"pod\":{"        \
	"\"metadata\":{\"labels\":{\"role\":\"mine\"}},\"spec\":{"             \
	"\"containers\":[{\"name\":\"main\"}]}}}]}}"

static void marks_all_pods(void **state)
{
	struct sample sample;
	cJSON *object;

	(void)state;
	make(&sample, TORCH, "");
	object = build(&sample);
	expect_json(object,
		    "spec.pytorchReplicaSpecs.Worker.template.metadata.labels",
		    "{" OURS ",\"role\":\"worker\"}");
	expect_json(object,
		    "spec.pytorchReplicaSpecs.Master.template.metadata.labels",
		    "{" OURS ",\"role\":\"master\"}");
	cJSON_Delete(object);
	sample_release(&sample);

	make(&sample, SET,
	     "  successCondition: status.x\n  failureCondition: status.y\n"
	     "  primaryPodLabels: {role: reader}\n");
	object = build(&sample);
	expect_json(object,
		    "spec.groups.0.job.template.spec.template.metadata.labels",
		    "{" OURS ",\"role\":\"reader\"}");
	expect_json(object, "spec.groups.1.pod.metadata.labels",
		    "{\"role\":\"mine\"," OURS "}");
	cJSON_Delete(object);
	sample_release(&sample);
}

/* A pod by itself is an object, too. */
static void builds_pods(void **state)
{
	struct sample sample;
	cJSON *object;

	(void)state;
	make(&sample,
	     "{apiVersion: v1, kind: Pod, metadata: {labels: null}, "
	     "spec: {containers: [{name: a, image: i}]}}",
	     "");
	object = build(&sample);
	expect_json(object, "metadata",
		    "{\"name\":\"the-name\",\"labels\":{" OURS "}}");
	assert_string_equal(sample.config.kubernetes.primary_container, "a");
	cJSON_Delete(object);
	sample_release(&sample);
}

static void finds_pods_without_end(void **state)
{
	cJSON *list = cJSON_CreateArray(), *deep = cJSON_CreateArray();
	struct manifest_pods pods;

	(void)state;
	for (int i = 0; i <= MANIFEST_PODS_MAX; i++)
		cJSON_AddItemToArray(list, cJSON_Parse(POD));
	manifest_pods_find(list, &pods);
	assert_int_equal(pods.count, MANIFEST_PODS_MAX);
	manifest_pods_release(&pods);
	for (int i = 0; i < 900; i++) {
		cJSON *outer = cJSON_CreateArray();

		cJSON_AddItemToArray(outer, deep);
		deep = outer;
	}
	manifest_pods_find(deep, &pods);
	assert_int_equal(pods.count, 0);
	manifest_pods_release(&pods);
	manifest_pods_find(NULL, &pods);
	assert_int_equal(pods.count, 0);
	cJSON_Delete(list);
	cJSON_Delete(deep);
}

/* --- where it is -------------------------------------------------------- */

static void says_what_to_look_for(void **state)
{
	struct kind_search search;
	struct sample sample;
	struct error err;

	(void)state;
	make(&sample, TORCH, "");
	assert_true(kind_search_init(&search, &kind_custom,
				     &sample.config.kubernetes, &err));
	assert_string_equal(search.group, "kubeflow.org");
	assert_string_equal(search.kind, "PyTorchJob");
	assert_string_equal(search.versions[0], "v1");
	assert_null(search.versions[1]);
	/* who makes it is known */
	assert_string_equal(kind_install(&kind_custom, &search),
			    kind_pytorchjob.install);
	sample_release(&sample);

	make(&sample,
	     "{apiVersion: v1, kind: Pod, spec: {containers: [{name: "
	     "a}]}}",
	     "");
	assert_true(kind_search_init(&search, &kind_custom,
				     &sample.config.kubernetes, &err));
	assert_string_equal(search.group, "");
	assert_string_equal(search.versions[0], "v1");
	assert_string_equal(kind_install(&kind_custom, &search),
			    kind_custom.install);
	free(sample.config.kubernetes.manifest);
	sample.config.kubernetes.manifest = xstrdup("{\"kind\":\"x\"}");
	assert_false(kind_search_init(&search, &kind_custom,
				      &sample.config.kubernetes, &err));
	assert_int_equal(err.code, ERROR_CORRUPT);
	sample_release(&sample);
}

/* --- reading ------------------------------------------------------------ */

static struct kind_status read_status(const struct sample *sample,
				      const char *status)
{
	char *text = xasprintf("{\"metadata\":{},\"kind\":\"X\",%s}", status);
	cJSON *object = cJSON_Parse(text);
	struct kind_status ret;

	assert_non_null(object);
	assert_true(kind_custom.read(&sample->config.kubernetes, object, &ret));
	assert_int_equal(ret.exit_code, -1);
	cJSON_Delete(object);
	free(text);
	return ret;
}

static void reads_known_kinds(void **state)
{
	struct kind_status status;
	struct sample sample;

	(void)state;
	make(&sample, JOB, "");
	status = read_status(&sample, "\"status\":{}");
	assert_int_equal(status.phase, KIND_WAITING);
	status = read_status(&sample, "\"spec\":{\"suspend\":true}");
	assert_true(status.is_suspended);
	assert_string_equal(status.reason, "Suspended");
	status = read_status(
		&sample,
		"\"status\":{\"startTime\":\"2024-01-01T00:00:00Z\","
		"\"conditions\":[{\"type\":\"Failed\",\"status\":\"True\","
		"\"reason\":\"BackoffLimitExceeded\",\"message\":\"too "
		"often\",\"lastTransitionTime\":\"2024-01-01T00:00:09Z\"}]}");
	assert_int_equal(status.phase, KIND_FAILED);
	assert_string_equal(status.reason, "BackoffLimitExceeded: too often");
	assert_int_equal(status.ended_ns - status.started_ns, 9000000000);
	status = read_status(
		&sample,
		"\"status\":{\"completionTime\":\"2024-01-01T00:00:00Z\","
		"\"conditions\":[{\"type\":\"Complete\",\"status\":\"True\"}]"
		"}");
	assert_int_equal(status.phase, KIND_SUCCEEDED);
	assert_string_equal(status.reason, "");
	assert_true(status.ended_ns > 0);
	sample_release(&sample);

	make(&sample, TORCH, "");
	status = read_status(
		&sample,
		"\"status\":{\"conditions\":[{\"type\":\"Succeeded\","
		"\"status\":\"False\"},{\"type\":\"Running\",\"status\":"
		"\"True\"}]}");
	assert_int_equal(status.phase, KIND_RUNNING);
	sample_release(&sample);
}

static void reads_by_conditions(void **state)
{
	struct kind_status status;
	struct sample sample;

	(void)state;
	make(&sample, SET,
	     "  successCondition: status.phase == Done\n"
	     "  failureCondition: 'status.phase in (Failed, Lost), "
	     "status.broken > 0'\n"
	     "  primaryPodLabels: {role: reader}\n");
	status = read_status(&sample, "\"status\":{\"phase\":\"Running\"}");
	assert_int_equal(status.phase, KIND_RUNNING);
	status = read_status(&sample, "\"status\":{\"phase\":\"Done\"}");
	assert_int_equal(status.phase, KIND_SUCCEEDED);
	/* a failure is asked for first, and one requirement suffices */
	status = read_status(&sample, "\"status\":{\"phase\":\"Done\","
				      "\"broken\":1}");
	assert_int_equal(status.phase, KIND_FAILED);
	assert_string_equal(status.reason, "its failureCondition holds");
	status = read_status(&sample,
			     "\"status\":{\"phase\":\"Lost\",\"reason\":\"No"
			     "de\",\"message\":\"went\\u001b away\"}");
	assert_string_equal(status.reason, "Node: went\xEF\xBF\xBD away");
	sample_release(&sample);
}

static void bears_anything(void **state)
{
	static const char *const odd[] = {"null", "[]", "7", "{}",
					  "{\"metadata\":[]}"};
	struct kind_status status;
	struct sample sample;

	(void)state;
	make(&sample, JOB, "");
	for (size_t i = 0; i < COUNT_OF(odd); i++) {
		cJSON *object = cJSON_Parse(odd[i]);

		assert_false(kind_custom.read(&sample.config.kubernetes, object,
					      &status));
		assert_int_equal(status.phase, KIND_WAITING);
		cJSON_Delete(object);
	}
	status = read_status(&sample, "\"status\":[{\"conditions\":7}]");
	assert_int_equal(status.phase, KIND_WAITING);
	sample_release(&sample);
}

/* --- acting ------------------------------------------------------------- */

static void expect_act(enum kind_action action, const char *json,
		       const char *wanted)
{
	struct kind_patch patch = {0};
	cJSON *object = cJSON_Parse(json);
	struct error err = {0};

	if (kind_custom.act(action, object, &patch, &err)) {
		assert_string_equal(patch.content_type,
				    "application/merge-patch+json");
		assert_string_equal(patch.body, wanted);
	} else {
		assert_string_equal(err.text, wanted);
	}
	free(patch.body);
	cJSON_Delete(object);
}

static void suspends_what_can_be(void **state)
{
	(void)state;
	expect_act(KIND_SUSPEND, "{\"spec\":{\"suspend\":false}}",
		   "{\"spec\":{\"suspend\":true}}");
	expect_act(KIND_RESUME, "{\"spec\":{\"runPolicy\":{\"suspend\":true}}}",
		   "{\"spec\":{\"runPolicy\":{\"suspend\":false}}}");
	expect_act(KIND_SUSPEND, "{\"kind\":\"X\",\"spec\":{}}",
		   "this X has no spec.suspend: write suspend: false into the "
		   "manifest, if it may have one");
	expect_act(KIND_STOP, "{\"spec\":{\"suspend\":false}}",
		   "a custom resource knows no such thing: kill or restart the "
		   "trial");
}

/* --- pods --------------------------------------------------------------- */

static void expect_primary(const struct sample *sample, const char *labels,
			   bool is)
{
	cJSON *tree = cJSON_Parse(labels);

	if (kind_pod_is_primary(&sample->config.kubernetes, &sample->experiment,
				"lab", "the-name", tree) != is)
		fail_msg("%s", labels);
	cJSON_Delete(tree);
}

static void finds_pods_by_label(void **state)
{
	struct sample sample;
	char *label;

	(void)state;
	make(&sample, SET,
	     "  successCondition: x\n  failureCondition: y\n"
	     "  primaryPodLabels: {part-of: \"${experiment.id}\", "
	     "example.org/set: \"${trial.name}\", lead: \"true\"}\n");
	label = kind_pod_label(&kind_custom, &sample.config.kubernetes);
	assert_string_equal(label, "example.org/set");
	free(label);
	expect_primary(&sample,
		       "{\"part-of\":\"abcd1234\",\"example.org/set\":"
		       "\"the-name\",\"lead\":\"true\",\"x\":\"y\"}",
		       true);
	expect_primary(&sample,
		       "{\"part-of\":\"abcd1234\",\"example.org/set\":"
		       "\"the-name\",\"lead\":\"false\"}",
		       false);
	expect_primary(&sample, "{\"lead\":\"true\"}", false);
	expect_primary(&sample, "[]", false);
	sample_release(&sample);

	make(&sample, JOB, "");
	label = kind_pod_label(&kind_custom, &sample.config.kubernetes);
	assert_null(label);
	expect_primary(&sample, "{}", true);
	label = kind_pod_label(&kind_job, &sample.config.kubernetes);
	assert_string_equal(label, "job-name");
	free(label);
	sample_release(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_the_manifest),
		cmocka_unit_test(marks_all_pods),
		cmocka_unit_test(builds_pods),
		cmocka_unit_test(finds_pods_without_end),
		cmocka_unit_test(says_what_to_look_for),
		cmocka_unit_test(reads_known_kinds),
		cmocka_unit_test(reads_by_conditions),
		cmocka_unit_test(bears_anything),
		cmocka_unit_test(suspends_what_can_be),
		cmocka_unit_test(finds_pods_by_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
