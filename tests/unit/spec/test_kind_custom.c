/* SPDX-License-Identifier: MIT */
/* Kind custom in experiment files: what is settled, written, refused. */
#include "tests/unit/spec/support.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Lines of trainingService begin with line 7. */
#define CUSTOM                                                                 \
	"trialConcurrency: 2\n"                                                \
	"searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"                \
	"tuner: {name: Random}\n"                                              \
	"trainingService:\n"                                                   \
	"  platform: kubernetes\n"                                             \
	"  kind: custom\n"
#define POD "{spec: {containers: [{name: main, image: i}]}}"
#define JOB                                                                    \
	CUSTOM "  manifest: {apiVersion: batch/v1, kind: Job, spec: "          \
	       "{template: " POD "}}\n"
#define TRAINING                                                               \
	CUSTOM "  manifest: {apiVersion: example.org/v1, kind: Training, "     \
	       "spec: {template: " POD "}}\n"
#define FOREIGN                                                                \
	CUSTOM "  manifest: {apiVersion: example.org/v1, kind: Training, "     \
	       "spec: {image: i}}\n"                                           \
	       "  successCondition: a\n"                                       \
	       "  failureCondition: b\n"
#define SEVERAL                                                                \
	CUSTOM "  manifest: {apiVersion: example.org/v1, kind: Training, "     \
	       "spec: {parts: [{name: reader, pod: " POD                       \
	       "}, {name: trainer, pod: {spec: {containers: [{name: a}, "      \
	       "{name: b}]}}}]}}\n"                                            \
	       "  successCondition: a\n"                                       \
	       "  failureCondition: b\n"

#define SUCCESS(type)                                                          \
	"status.conditions.#(type==\"" type "\")#|#(status==\"True\")#"

static void settles_known_kinds(void **state)
{
	struct experiment_config config;

	(void)state;
	config = expect_config(JOB);
	assert_string_equal(config.kubernetes.success_condition,
			    SUCCESS("Complete"));
	assert_string_equal(config.kubernetes.failure_condition,
			    SUCCESS("Failed"));
	assert_string_equal(config.kubernetes.primary_container, "main");
	assert_null(config.kubernetes.primary_pod_labels);
	assert_null(config.trial_command);
	assert_int_equal(config.kubernetes.keeper, KEEPER_NONE);
	experiment_config_release(&config);

	config = expect_config(
		CUSTOM "  manifest:\n"
		       "    apiVersion: trainer.kubeflow.org/v1alpha1\n"
		       "    kind: TrainJob\n"
		       "    spec: {runtimeRef: {name: torch-distributed}}\n");
	assert_string_equal(config.kubernetes.success_condition,
			    SUCCESS("Complete"));
	assert_string_equal(config.kubernetes.primary_container, "node");
	assert_non_null(strstr(config.kubernetes.primary_pod_labels,
			       "\"jobset.sigs.k8s.io/jobset-name\":"
			       "\"${trial.name}\""));
	experiment_config_release(&config);

	config = expect_config(
		CUSTOM "  manifest: {apiVersion: kubeflow.org/v1, kind: "
		       "PyTorchJob, spec: {pytorchReplicaSpecs: {Worker: "
		       "{template: " POD "}, Master: {template: " POD "}}}}\n");
	assert_string_equal(config.kubernetes.success_condition,
			    SUCCESS("Succeeded"));
	assert_string_equal(config.kubernetes.primary_pod_labels,
			    "{\"role\":\"master\"}");
	experiment_config_release(&config);
}

static void takes_what_is_said(void **state)
{
	struct experiment_config config;

	(void)state;
	folder_write("sub/t.yaml",
		     "# exported\n---\napiVersion: example.org/v1\n"
		     "kind: Training\nmetadata: {namespace: lab, name: x}\n"
		     "spec:\n  lr: ${trial.parameters.lr}\n  pod: " POD "\n");
	config = expect_config(
		CUSTOM "  manifest: sub/t.yaml\n"
		       "  successCondition: status.phase == Done\n"
		       "  failureCondition: status.[@this].#(phase==\"Lost\")\n"
		       "  primaryPodLabels: {example.org/job: "
		       "\"${trial.name}\", lead: \"1\"}\n"
		       "  primaryContainerName: main\n"
		       "  namespace: lab\n"
		       "  keeper: none\n"
		       "  cleanup: succeeded\n"
		       "  labels: {team: a}\n");
	assert_string_equal(config.kubernetes.manifest,
			    "{\"apiVersion\":\"example.org/v1\",\"kind\":"
			    "\"Training\",\"metadata\":{\"name\":\"x\"},"
			    "\"spec\":{\"lr\":\"${trial.parameters.lr}\","
			    "\"pod\":{\"spec\":{\"containers\":[{\"name\":"
			    "\"main\",\"image\":\"i\"}]}}}}");
	assert_string_equal(config.kubernetes.success_condition,
			    "status.phase == Done");
	assert_string_equal(config.kubernetes.failure_condition,
			    "status.[@this].#(phase==\"Lost\")");
	assert_string_equal(config.kubernetes.primary_pod_labels,
			    "{\"example.org/job\":\"${trial.name}\",\"lead\":"
			    "\"1\"}");
	assert_string_equal(config.kubernetes.namespace, "lab");
	experiment_config_release(&config);
}

/* Katib's own words. */
static void translates_katib(void **state)
{
	struct experiment_config config;

	(void)state;
	config = expect_config(
		CUSTOM
		"  manifest: {apiVersion: batch/v1, kind: Job, spec: "
		"{template: "
		"{spec: {containers: [{name: main, args: "
		"['--lr=${trialParameters.learningRate}', "
		"'${trialParameters.name}/${trialParameters.kind}']}]}}}}\n"
		"  trialParameters:\n"
		"  - {name: learningRate, description: how fast, reference: "
		"lr}\n"
		"  - {name: name, reference: '${trialSpec.Name}'}\n"
		"  - {name: kind, reference: '${trialSpec.Kind}'}\n");
	assert_non_null(strstr(config.kubernetes.manifest,
			       "\"--lr=${trial.parameters.lr|text}\","
			       "\"${trial.name}/Job\""));
	experiment_config_release(&config);
}

static const struct expectation mistakes[] = {
	{CUSTOM "  manifest: {apiVersion: batch/v1, kind: Job, spec: {a: "
		"'${trialParameters.momentum}', c: '${trialParameters.rate', "
		"template: " POD "}}\n"
		"  trialParameters: [{name: c, reference: rl}, {reference: "
		"'${trialSpec.Labels[a]}', name: rat}, {name: x}]\n",
	 "e.yaml:7:13: trainingService.manifest: ${trialParameters.momentum} "
	 "is not "
	 "among trialParameters: write [{name: momentum, reference: "
	 "PARAMETER}]\n"
	 "e.yaml:7:13: trainingService.manifest: ${trialParameters.rate} is "
	 "not among trialParameters, did you mean 'rat'?\n"
	 "e.yaml:8:20: trainingService.trialParameters.2.reference: required, "
	 "but missing: a parameter of the search space\n"
	 "e.yaml:8:42: trainingService.trialParameters.0.reference: "
	 "${trial.parameters.rl}: the search space has no such parameter, did "
	 "you mean 'lr'?\n"
	 "e.yaml:8:59: trainingService.trialParameters.1.reference: of the "
	 "trial's own only Name, Namespace, Kind and APIVersion are known, "
	 "such as ${trialSpec.Name}"},
	{JOB "  trialParameters: 5\n",
	 "e.yaml:8:20: trainingService.trialParameters: must be a list, such "
	 "as [{name: lr, reference: lr}], got the number 5"},
	{CUSTOM, "e.yaml:4:1: trainingService.manifest: required, but missing: "
		 "the object that a trial is, or the path of a file with it"},
	{CUSTOM "  manifest: none.yaml\n",
	 "e.yaml:7:13: trainingService.manifest: open @FOLDER@/none.yaml: No "
	 "such "
	 "file or directory"},
	{CUSTOM "  manifest: 5\n",
	 "e.yaml:7:13: trainingService.manifest: must be a mapping, the object "
	 "itself, or the path of a file with it, got the number 5"},
	{TRAINING,
	 "e.yaml:7:48: trainingService.manifest.kind: when a Training has "
	 "ended is not known: write successCondition and failureCondition, "
	 "such as successCondition: status.phase == Succeeded"},
	{TRAINING "  successCondition: status.phase == Done\n",
	 "e.yaml:7:48: trainingService.manifest.kind: when a Training has "
	 "ended is not known: write successCondition and failureCondition, "
	 "such as successCondition: status.phase == Succeeded"},
	{TRAINING "  successCondition: status.(x)\n"
		  "  failureCondition: a && b\n",
	 "e.yaml:8:21: trainingService.successCondition: character 8, at "
	 "'(x)': a query is written #(...)\n"
	 "e.yaml:9:21: trainingService.failureCondition: character 2, at ' && "
	 "b': blanks and operators stand in queries, #(type==\"Failed\")#, or "
	 "have \\ before them"},
	{JOB "  image: i\n",
	 "e.yaml:8:3: trainingService.image: is the manifest's affair: write "
	 "it into the pods there"},
	{JOB "  keeper: trialdeck\n",
	 "e.yaml:8:11: trainingService.keeper: must be none: kind custom runs "
	 "what its manifest says, and metrics are read in the primary pod's "
	 "log"},
	{JOB "trialCommand: x\n",
	 "e.yaml:8:15: trialCommand: kind custom runs what its manifest says: "
	 "write the command there, and remove it here"},
	{JOB "trialGpuNumber: 1\n",
	 "e.yaml:8:17: trialGpuNumber: is the manifest's affair: write it into "
	 "the pods' resources there"},
	{JOB "  primaryContainerName: other\n",
	 "e.yaml:8:25: trainingService.primaryContainerName: the manifest has "
	 "no container 'other': write main"},
	{JOB "  primaryPodLabels: {a: '${trial.id}'}\n",
	 "e.yaml:8:25: trainingService.primaryPodLabels.a: of placeholders "
	 "only ${trial.name}, ${trial.namespace}, ${experiment.id} and "
	 "${experiment.name} are known before the pod's trial is"},
	{JOB "  primaryPodLabels: {a: 5}\n",
	 "e.yaml:8:25: trainingService.primaryPodLabels.a: must be text, and "
	 "without quotes this is a number: write \"5\""},
	{JOB "  primaryPodLabels: [a]\n",
	 "e.yaml:8:21: trainingService.primaryPodLabels: must be a mapping of "
	 "labels, such as {role: master}, got a list"},
	{FOREIGN,
	 "e.yaml:7:64: trainingService.manifest.spec: has no pod template that "
	 "could carry our labels: say by which of theirs the pods are found, "
	 "such as primaryPodLabels: {example.org/job-name: "
	 "\"${trial.name}\"}\n"
	 "e.yaml:7:64: trainingService.manifest.spec: which container's log "
	 "brings the metrics is not known: write primaryContainerName: NAME"},
	{SEVERAL,
	 "e.yaml:7:64: trainingService.manifest.spec: has 2 sorts of pods, and "
	 "which of them brings the metrics is not known: write "
	 "primaryPodLabels: {role: reader or trainer}\n"
	 "e.yaml:7:64: trainingService.manifest.spec: which container's log "
	 "brings the metrics is not known: write primaryContainerName: main, "
	 "a or b"},
	{CUSTOM "  namespace: a\n"
		"  manifest: {apiVersion: batch/v1, kind: Job, metadata: "
		"{namespace: b}, spec: {template: " POD "}}\n",
	 "e.yaml:8:69: trainingService.manifest.metadata.namespace: is \"b\", "
	 "and trainingService.namespace is \"a\": keep one of them"},
	{CUSTOM "  manifest: {apiVersion: batch/v1, kind: Job, spec: {n: "
		"'${trial.parameters.x}', template: " POD "}}\n",
	 "e.yaml:7:57: trainingService.manifest.spec.n: ${trial.parameters.x}: "
	 "the search space has no such parameter, only lr"},
	{JOB "  primaryContainer: x\n",
	 "e.yaml:8:3: trainingService.primaryContainer: unknown key, did you "
	 "mean 'primaryContainerName'?"},
};

static void says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
		const char *mark = strstr(mistakes[i].problems, "@FOLDER@");
		char *text =
			mark ? xasprintf("%.*s%s%s",
					 (int)(mark - mistakes[i].problems),
					 mistakes[i].problems, folder,
					 mark + strlen("@FOLDER@"))
			     : xstrdup(mistakes[i].problems);

		expect_problems(mistakes[i].text, text);
		free(text);
	}
}

/* A problem in the other file says where it is there. */
static void says_where_it_is_wrong(void **state)
{
	(void)state;
	folder_write("m.yaml", "apiVersion: batch/v1\nkind: Job\nspec:\n"
			       "  template: " POD "\n"
			       "  x: ${trial.parameter.lr}\n");
	expect_problems(CUSTOM "  manifest: m.yaml\n",
			"m.yaml:5:6: spec.x: ${trial.parameter.lr} is no "
			"placeholder, did you mean ${trial.parameters}? (a "
			"literal ${ is written $${)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settles_known_kinds),
		cmocka_unit_test(takes_what_is_said),
		cmocka_unit_test(translates_katib),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(says_where_it_is_wrong),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_take_away);
}
