/* SPDX-License-Identifier: MIT */
/* Kind workflow: manifests, templates by reference, parameters and where they
 * go. */
#include "tests/unit/spec/support.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Keys of trainingService follow from line 7 on. */
#define HEAD                                                                   \
	"trialConcurrency: 2\n"                                                \
	"searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"                \
	"tuner: {name: Random}\n"                                              \
	"trainingService:\n"                                                   \
	"  platform: kubernetes\n"                                             \
	"  kind: workflow\n"

#define API "apiVersion: argoproj.io/v1alpha1, kind: Workflow"
#define MAIN "entrypoint: main, templates: [{name: main, suspend: {}}]"
#define WITH_LR "arguments: {parameters: [{name: lr, value: 1}]}"
#define GOOD "{" API ", spec: {" MAIN ", " WITH_LR "}}"

static void expect_manifest(const char *text, const char *manifest,
			    const char *parameters)
{
	struct experiment_config config = expect_config(text);

	assert_string_equal(config.kubernetes.kind, "workflow");
	assert_string_equal(config.kubernetes.manifest, manifest);
	if (parameters)
		assert_string_equal(config.kubernetes.parameters, parameters);
	else
		assert_null(config.kubernetes.parameters);
	assert_int_equal(config.kubernetes.keeper, KEEPER_NONE);
	assert_null(config.trial_command);
	experiment_config_release(&config);
}

#define GOOD_JSON                                                              \
	"{\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":\"Workflow\","      \
	"\"spec\":{\"entrypoint\":\"main\",\"templates\":[{\"name\":\"main\"," \
	"\"suspend\":{}}],\"arguments\":{\"parameters\":[{\"name\":\"lr\","    \
	"\"value\":1}]}"

static void takes_manifests(void **state)
{
	(void)state;
	expect_manifest(HEAD "  manifest: " GOOD "\n", GOOD_JSON "}}", NULL);
	folder_write("wf.yaml", GOOD "\n");
	expect_manifest(HEAD "  manifest: wf.yaml\n", GOOD_JSON "}}", NULL);
	/* other documents are another's business */
	folder_write("two.yaml",
		     "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
		     "---\n" GOOD "\n");
	expect_manifest(HEAD "  manifest: two.yaml\n", GOOD_JSON "}}", NULL);
}

static void takes_what_submit_has_flags_for(void **state)
{
	struct experiment_config config;

	(void)state;
	expect_manifest(HEAD "  manifest: " GOOD "\n"
			     "  priority: -3\n",
			GOOD_JSON ",\"priority\":-3}}", NULL);
	expect_manifest(
		HEAD "  manifest: {" API ", spec: {entrypoint: no, templates: "
		     "[{name: main, suspend: {}}], " WITH_LR "}}\n"
		     "  entrypoint: main\n",
		"{\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":"
		"\"Workflow\",\"spec\":{\"templates\":[{\"name\":\"main\","
		"\"suspend\":{}}],\"arguments\":{\"parameters\":[{\"name\":"
		"\"lr\",\"value\":1}]},\"entrypoint\":\"main\"}}",
		NULL);
	expect_manifest(HEAD "  manifest: " GOOD "\n"
			     "  parameters:\n"
			     "    lr: \"${trial.parameters.lr}\"\n",
			GOOD_JSON "}}", "{\"lr\":\"${trial.parameters.lr}\"}");
	config = expect_config(HEAD "  manifest: " GOOD "\n"
				    "  serviceAccountName: argo\n"
				    "  namespace: team\n"
				    "  labels: {a: b}\n");
	assert_string_equal(config.kubernetes.service_account, "argo");
	assert_string_equal(config.kubernetes.namespace, "team");
	experiment_config_release(&config);
	/* the manifest's own */
	config = expect_config(HEAD "  manifest: {" API ", metadata: "
				    "{namespace: there}, spec: {" MAIN
				    ", " WITH_LR "}}\n");
	assert_string_equal(config.kubernetes.namespace, "there");
	experiment_config_release(&config);
}

static void takes_stored_templates(void **state)
{
	(void)state;
	expect_manifest(HEAD "  workflowTemplateRef: {name: train}\n",
			"{\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":"
			"\"Workflow\",\"spec\":{\"workflowTemplateRef\":"
			"{\"name\":\"train\"}}}",
			NULL);
	expect_manifest(HEAD "  workflowTemplateRef: {name: t, "
			     "clusterScope: true}\n"
			     "  entrypoint: other\n"
			     "  parameters: {any: 5, b: true, c: 0.10, "
			     "d: text}\n",
			"{\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":"
			"\"Workflow\",\"spec\":{\"workflowTemplateRef\":"
			"{\"name\":\"t\",\"clusterScope\":true},"
			"\"entrypoint\":\"other\"}}",
			"{\"any\":\"5\",\"b\":\"true\",\"c\":\"0.10\","
			"\"d\":\"text\"}");
	/* nothing is known of its parameters, nor asked */
	expect_manifest(HEAD "  manifest: {" API ", spec: "
			     "{workflowTemplateRef: {name: x}, arguments: "
			     "{parameters: [{name: z}]}}}\n",
			"{\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":"
			"\"Workflow\",\"spec\":{\"workflowTemplateRef\":"
			"{\"name\":\"x\"},\"arguments\":{\"parameters\":"
			"[{\"name\":\"z\"}]}}}",
			NULL);
}

/* Each must be accepted: parameters go by name, by placeholder, by mention. */
static void finds_places_for_parameters(void **state)
{
	static const char *const services[] = {
		"  manifest: {" API ", spec: {" MAIN ", arguments: "
		"{parameters: [{name: lr}]}}}\n",
		"  manifest: {" API ", spec: {" MAIN
		", nodeSelector: {x: \"${trial.parameters.lr}\"}}}\n",
		"  manifest: {" API ", spec: {" MAIN
		", nodeSelector: {x: \"${trial.parameters}\"}}}\n",
		"  manifest: {" API ", spec: {" MAIN
		", nodeSelector: {x: \"{{workflow.parameters.new}}\"}}}\n"
		"  parameters: {new: \"${trial.parameters.lr}\"}\n",
		"  manifest: {" API ", spec: {" MAIN ", arguments: "
		"{parameters: [{name: a, default: 1}, {name: b, valueFrom: "
		"{configMapKeyRef: {name: c, key: d}}}, {name: lr}]}}}\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(services); i++) {
		char *text = xasprintf(HEAD "%s", services[i]);
		struct experiment_config config = expect_config(text);

		experiment_config_release(&config);
		free(text);
	}
}

static void matches_dashes_with_underscores(void **state)
{
	struct experiment_config config = expect_config(
		"trialConcurrency: 2\n"
		"searchSpace: {train_steps: {_type: choice, _value: [1, 2]}}\n"
		"tuner: {name: Random}\n"
		"trainingService: {platform: kubernetes, kind: workflow, "
		"manifest: {" API ", spec: {" MAIN
		", arguments: {parameters: [{name: train-steps}]}}}}\n");

	(void)state;
	experiment_config_release(&config);
}

#define NEEDS                                                                  \
	"write parameters: {NAME: \"${trial.parameters.lr}\"}, or the "        \
	"placeholder in the manifest"
#define OWN_PODS                                                               \
	"belongs to pods that trialdeck makes; a workflow brings its own: "    \
	"write it in the manifest's templates"

static const struct expectation mistakes[] = {
	{HEAD, "e.yaml:5:3: trainingService: kind workflow needs one: write "
	       "manifest: FILE, of a Workflow, or workflowTemplateRef: "
	       "{name: ...}"},
	{HEAD "  manifest: " GOOD "\n  workflowTemplateRef: {name: x}\n",
	 "e.yaml:8:24: trainingService.workflowTemplateRef: says the same as "
	 "manifest: keep one of them"},
	{HEAD "  workflowTemplateRef: {}\n",
	 "e.yaml:7:3: trainingService.workflowTemplateRef.name: required, but "
	 "missing: of a WorkflowTemplate, such as name: train"},
	{HEAD "  workflowTemplateRef: {name: A_b}\n",
	 "e.yaml:7:31: trainingService.workflowTemplateRef.name: must be "
	 "lower-case letters, digits, '-' and '.', with a letter or digit at "
	 "both ends, got \"A_b\", did you mean 'a-b'?"},
	/* what it is */
	{HEAD "  manifest: {apiVersion: argoproj.io/v1alpha1, kind: "
	      "WorkflowTemplate, metadata: {name: x}, spec: {}}\n",
	 "e.yaml:7:54: trainingService.manifest.kind: WorkflowTemplate is put "
	 "into the cluster once, with kubectl apply, and named here instead "
	 "of a manifest: workflowTemplateRef: {name: ...}"},
	{HEAD "  manifest: {apiVersion: argoproj.io/v1alpha1, kind: "
	      "CronWorkflow, spec: {}}\n",
	 "e.yaml:7:54: trainingService.manifest.kind: must be Workflow, got "
	 "\"CronWorkflow\""},
	{HEAD "  manifest: {apiVersion: batch/v1, kind: Workflow, spec: {}}\n",
	 "e.yaml:7:26: trainingService.manifest.apiVersion: must be "
	 "argoproj.io/v1alpha1"},
	{HEAD "  manifest: {" API "}\n",
	 "e.yaml:7:13: trainingService.manifest.spec: required, but missing: "
	 "a mapping"},
	{HEAD "  manifest: {" API ", spec: {templates: []}}\n",
	 "e.yaml:7:13: trainingService.manifest: the workflow has no parameter "
	 "'lr' of the search space (it has none): " NEEDS "\n"
	 "e.yaml:7:82: trainingService.manifest.spec.templates: required, but "
	 "missing: what the workflow does, or workflowTemplateRef"},
	/* templates */
	{HEAD "  manifest: {" API ", spec: {entrypoint: mian, onExit: nope, "
	      "templates: [{name: main}], " WITH_LR "}}\n",
	 "e.yaml:7:83: trainingService.manifest.spec.entrypoint: there is no "
	 "template 'mian', did you mean 'main'?\n"
	 "e.yaml:7:97: trainingService.manifest.spec.onExit: there is no "
	 "template 'nope'"},
	{HEAD "  manifest: " GOOD "\n  entrypoint: mains\n",
	 "e.yaml:8:15: trainingService.entrypoint: there is no template "
	 "'mains', did you mean 'main'?"},
	{HEAD "  manifest: {" API ", spec: {templates: [{name: main}], " WITH_LR
	      "}}\n",
	 "e.yaml:7:70: trainingService.manifest.spec.entrypoint: required, "
	 "but missing: the template to begin with"},
	/* labels that are ours */
	{HEAD "  manifest: {" API ", spec: {podMetadata: {labels: {app: x}}, "
	      "entrypoint: main, templates: [{name: main, metadata: {labels: "
	      "{trialId: y}}}], " WITH_LR "}}\n",
	 "e.yaml:7:99: trainingService.manifest.spec.podMetadata.labels.app: "
	 "is set for every trial's pods already: use another key\n"
	 "e.yaml:7:176: trainingService.manifest.spec.templates.0.metadata."
	 "labels.trialId: is set for every trial's pods already: use another "
	 "key"},
	/* parameters */
	{HEAD "  manifest: {" API ", spec: {" MAIN ", arguments: {parameters: "
	      "[{name: lrr, value: 1}, {name: b, value: 2}]}}}\n",
	 "e.yaml:7:13: trainingService.manifest: the workflow has no parameter "
	 "'lr' of the search space, did you mean 'lrr'? (it has lrr, "
	 "b): " NEEDS},
	{HEAD "  manifest: {" API ", spec: {" MAIN ", arguments: {parameters: "
	      "[{name: lr}, {name: b}, {value: 1}]}}}\n",
	 "e.yaml:7:166: trainingService.manifest.spec.arguments.parameters.1: "
	 "'b' has no value, and the search space has no such parameter: give "
	 "it a value here, or write parameters: {b: ...}\n"
	 "e.yaml:7:177: trainingService.manifest.spec.arguments.parameters.2: "
	 "must be a mapping with a name, such as {name: lr, value: 0.1}"},
	{HEAD "  manifest: " GOOD "\n  parameters: {lrr: 1, zzzzz: 2}\n",
	 "e.yaml:8:16: trainingService.parameters.lrr: the workflow has no "
	 "such parameter, did you mean 'lr'? (it has lr)\n"
	 "e.yaml:8:24: trainingService.parameters.zzzzz: the workflow has no "
	 "such parameter (it has lr)"},
	{HEAD "  manifest: " GOOD "\n  parameters: {lr: [1]}\n",
	 "e.yaml:8:20: trainingService.parameters.lr: must be text, such as "
	 "\"${trial.parameters.lr}\", got a list"},
	{HEAD "  manifest: " GOOD "\n  parameters: [lr]\n",
	 "e.yaml:8:15: trainingService.parameters: must be a mapping "
	 "(parameter: value), got a list"},
	/* what a workflow has its own of */
	{HEAD "  manifest: " GOOD "\n  image: x\n",
	 "e.yaml:8:3: trainingService.image: " OWN_PODS},
	{HEAD "  manifest: " GOOD "\n  podTemplate: {}\n",
	 "e.yaml:8:3: trainingService.podTemplate: " OWN_PODS},
	{"trialCommand: x\n" HEAD "  manifest: " GOOD "\n",
	 "e.yaml:1:15: trialCommand: a workflow's commands stand in its "
	 "templates: remove it"},
	{HEAD "  manifest: " GOOD "\n  keeper: nni\n",
	 "e.yaml:5:3: trainingService: keeper: a workflow's pods run without "
	 "one, and metrics are read in their logs: remove it"},
	{HEAD "  manifest: {" API ", metadata: {namespace: a}, spec: {" MAIN
	      ", " WITH_LR "}}\n  namespace: b\n",
	 "e.yaml:7:86: trainingService.manifest.metadata.namespace: is not "
	 "the namespace of trainingService: keep one of them"},
};

static void tells_mistakes(void **state)
{
	(void)state;
	expect_all(mistakes, COUNT_OF(mistakes));
}

static void tells_mistakes_of_placeholders(void **state)
{
	(void)state;
	expect_problems(HEAD "  manifest: {" API ", spec: {" MAIN ", " WITH_LR
			     ", hostAliases: [\"${trial.parameters.lrr}\"]}}\n",
			"e.yaml:7:192: trainingService.manifest.spec."
			"hostAliases.0: ${trial.parameters.lrr}: the search "
			"space has no such parameter, did you mean 'lr'?");
	expect_problems(HEAD "  manifest: " GOOD
			     "\n  parameters: {lr: \"${trial.nme}\"}\n",
			"e.yaml:8:16: trainingService.parameters.lr: "
			"${trial.nme} is no placeholder, did you mean "
			"${trial.name}? (a literal ${ is written $${)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_manifests),
		cmocka_unit_test(takes_what_submit_has_flags_for),
		cmocka_unit_test(takes_stored_templates),
		cmocka_unit_test(finds_places_for_parameters),
		cmocka_unit_test(matches_dashes_with_underscores),
		cmocka_unit_test(tells_mistakes),
		cmocka_unit_test(tells_mistakes_of_placeholders),
	};

	return cmocka_run_group_tests_name("kind workflow", tests, folder_make,
					   folder_take_away);
}
