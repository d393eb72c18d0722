/* SPDX-License-Identifier: MIT */
/* Argo's Workflow, built: what the manifest says, laid over by the trial. */
#include "base/mem.h"
#include "engine/kind/workflow.h"
#include "tests/unit/kind/workflow_world.h"
#include "tests/unit/pod/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void set(char **slot, const char *text)
{
	free(*slot);
	*slot = xstrdup(text);
}

static void begin(struct sample *sample, const char *manifest)
{
	sample_init(sample, "", "");
	set(&sample->config.kubernetes.kind, "workflow");
	set(&sample->config.kubernetes.manifest, manifest);
}

static cJSON *try_build(const struct sample *sample, struct error *err)
{
	struct kind_resource resource;
	cJSON *object;
	char *name = kind_name_object(&kind_workflow, &sample->experiment,
				      &sample->trial, &sample->attempt);

	kind_resource_init(&resource, &kind_workflow);
	object = kind_workflow.build(&sample->plan, &resource, name, err);
	free(name);
	return object;
}

static cJSON *build(const struct sample *sample)
{
	struct error err;
	cJSON *object = try_build(sample, &err);

	if (!object)
		fail_msg("%s", err.text);
	return object;
}

static void is_a_kind(void **state)
{
	(void)state;
	assert_ptr_equal(kind_find("workflow"), &kind_workflow);
	assert_true(kind_workflow.lacks_keeper);
	assert_false(kind_workflow.ends_with_pod);
}

static void builds_what_would_be_submitted(void **state)
{
	char *manifest = workflow_fixture_text("workflow-manifest");
	char *text = workflow_fixture_text("workflow-v1alpha1");
	struct sample sample;
	cJSON *object, *wanted = cJSON_Parse(text);

	(void)state;
	assert_non_null(wanted);
	begin(&sample, manifest);
	set(&sample.config.kubernetes.service_account, "argo");
	set(&sample.config.kubernetes.parameters,
	    "{\"model-learning-rate\":\"${trial.parameters.lr}\","
	    "\"extra\":\"x-${trial.parameters.lr}\"}");
	object = build(&sample);
	if (!cJSON_Compare(object, wanted, true)) {
		char *printed = cJSON_Print(object);

		print_error("the workflow is not as wanted:\n%s\n", printed);
		cJSON_free(printed);
		fail();
	}
	/* lists are compared with their order, members are not: these come
	 * first */
	expect_json(object, "spec.arguments.parameters.0.name",
		    "\"model-learning-rate\"");
	cJSON_Delete(object);
	cJSON_Delete(wanted);
	sample_release(&sample);
	free(manifest);
	free(text);
}

#define DECLARED(list) "{\"spec\":{\"arguments\":{\"parameters\":[" list "]}}}"

static void takes_the_trials_parameters_by_name(void **state)
{
	static const struct {
		const char *manifest, *trial, *parameters;
	} cases[] = {
		/* exactly; what nobody declared stays away */
		{DECLARED("{\"name\":\"lr\",\"value\":\"1\"}"),
		 "{\"lr\":0.25,\"other\":1}",
		 "[{\"name\":\"lr\",\"value\":\"0.25\"}]"},
		/* dashes for underscores, and back */
		{DECLARED("{\"name\":\"train-steps\"},{\"name\":\"b_c\"}"),
		 "{\"b-c\":true,\"train_steps\":200}",
		 "[{\"name\":\"b_c\",\"value\":\"true\"},"
		 "{\"name\":\"train-steps\",\"value\":\"200\"}]"},
		/* the exact one is better than the near one */
		{DECLARED("{\"name\":\"a-b\"},{\"name\":\"a_b\"}"),
		 "{\"a_b\":1}",
		 "[{\"name\":\"a_b\",\"value\":\"1\"},{\"name\":\"a-b\"}]"},
		/* two of the trial's for one: the first */
		{DECLARED("{\"name\":\"a-b\"}"), "{\"a_b\":1,\"a-b\":2}",
		 "[{\"name\":\"a-b\",\"value\":\"1\"}]"},
		/* text, lists, nested choices */
		{DECLARED("{\"name\":\"t\"},{\"name\":\"l\"},"
			  "{\"name\":\"n\"},{\"name\":\"e\"}"),
		 "{\"t\":\"a b\\\"\",\"l\":[1,2],\"n\":{\"_name\":\"conv\","
		 "\"k\":3},\"e\":1e-05}",
		 "[{\"name\":\"t\",\"value\":\"a b\\\"\"},"
		 "{\"name\":\"l\",\"value\":\"[1,2]\"},"
		 "{\"name\":\"n\",\"value\":\"conv\"},"
		 "{\"name\":\"e\",\"value\":\"1e-05\"}]"},
		/* a stored template is not seen: all of them */
		{"{\"spec\":{\"workflowTemplateRef\":{\"name\":\"t\"},"
		 "\"arguments\":{\"parameters\":[{\"name\":\"a-b\"}]}}}",
		 "{\"a_b\":1,\"lr\":2}",
		 "[{\"name\":\"a-b\",\"value\":\"1\"},"
		 "{\"name\":\"lr\",\"value\":\"2\"}]"},
		/* nothing declared, and nonsense where declarations were */
		{"{\"spec\":{}}", "{\"lr\":1}", "[]"},
		{"{\"spec\":{\"arguments\":[]}}", "{\"lr\":1}", "[]"},
		{DECLARED("5,{},{\"name\":7}"), "{\"\":1}",
		 "[5,{},{\"name\":7}]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		cJSON *tree = cJSON_Parse(cases[i].manifest);
		struct error err;

		assert_non_null(tree);
		if (!workflow_parameters_apply(tree, NULL, cases[i].trial,
					       &err))
			fail_msg("%s", err.text);
		expect_json(tree, "spec.arguments.parameters",
			    cases[i].parameters);
		cJSON_Delete(tree);
	}
}

static void runs_stored_templates(void **state)
{
	struct sample sample;
	cJSON *object;

	(void)state;
	begin(&sample, "{\"spec\":{\"workflowTemplateRef\":"
		       "{\"name\":\"train\"}}}");
	sample.attempt.number = 1;
	object = build(&sample);
	expect_json(object, "kind", "\"Workflow\"");
	expect_json(object, "spec.workflowTemplateRef.name", "\"train\"");
	expect_json(object, "spec.arguments.parameters",
		    "[{\"name\":\"lr\",\"value\":\"0.1\"}]");
	expect_json(object, "spec.podMetadata.labels.trialId", "\"xa12b\"");
	expect_json(object, "metadata.labels",
		    "{\"app\":\"nni-kubernetes-trial\",\"expId\":\"abcd1234\","
		    "\"trialId\":\"xa12b\",\"attempt\":\"1\","
		    "\"workflows.argoproj.io/workflow-template\":\"train\"}");
	cJSON_Delete(object);
	sample_release(&sample);
}

static void takes_what_the_service_says(void **state)
{
	struct sample sample;
	cJSON *object;

	(void)state;
	sample_init(&sample, "",
		    "  serviceAccountName: argo\n"
		    "  priorityClassName: low\n"
		    "  schedulerName: other\n"
		    "  nodeSelector: {disk: ssd}\n"
		    "  tolerations: [{key: gpu, operator: Exists}]\n"
		    "  imagePullSecrets: [r]\n"
		    "  podSecurityContext: {runAsUser: 7}\n"
		    "  labels: {team: a}\n"
		    "  annotations: {n: b}\n"
		    "  activeDeadlineSeconds: 1h\n"
		    "  ttlSecondsAfterFinished: 60\n");
	set(&sample.config.kubernetes.manifest,
	    "{\"metadata\":{\"labels\":{\"team\":\"x\",\"mine\":\"y\"}},"
	    "\"spec\":{\"nodeSelector\":{\"zone\":\"z\"},"
	    "\"ttlStrategy\":{\"secondsAfterSuccess\":5}}}");
	object = build(&sample);
	expect_json(object, "spec.serviceAccountName", "\"argo\"");
	expect_json(object, "spec.podPriorityClassName", "\"low\"");
	expect_json(object, "spec.schedulerName", "\"other\"");
	expect_json(object, "spec.nodeSelector", "{\"disk\":\"ssd\"}");
	expect_json(object, "spec.tolerations.0.key", "\"gpu\"");
	expect_json(object, "spec.imagePullSecrets", "[{\"name\":\"r\"}]");
	expect_json(object, "spec.securityContext", "{\"runAsUser\":7}");
	expect_json(object, "spec.activeDeadlineSeconds", "3600");
	expect_json(object, "spec.ttlStrategy",
		    "{\"secondsAfterSuccess\":5,"
		    "\"secondsAfterCompletion\":60}");
	expect_json(object, "metadata.labels.team", "\"a\"");
	expect_json(object, "metadata.labels.mine", "\"y\"");
	expect_json(object, "metadata.annotations", "{\"n\":\"b\"}");
	cJSON_Delete(object);
	sample_release(&sample);
}

static void refuses_what_cannot_be_built(void **state)
{
	struct sample sample;
	struct error err;

	(void)state;
	begin(&sample, "5");
	assert_null(try_build(&sample, &err));
	assert_string_equal(err.text,
			    "the workflow's manifest is no JSON object");
	set(&sample.config.kubernetes.manifest, "{\"spec\":5}");
	set(&sample.config.kubernetes.parameters, "{\"a\":\"${trial.nme}\"}");
	assert_null(try_build(&sample, &err));
	assert_non_null(strstr(err.text, "trial.nme"));
	free(sample.config.kubernetes.parameters);
	sample.config.kubernetes.parameters = NULL;
	{
		char broken[] = "[1]";

		sample.trial.parameters = broken;
		assert_null(try_build(&sample, &err));
	}
	assert_string_equal(err.text,
			    "the trial's parameters are no JSON object");
	sample_release(&sample);
}

static void finds_mentions(void **state)
{
	static const struct {
		const char *text;
		bool is_there;
	} cases[] = {
		{"{{workflow.parameters.lr}}", true},
		{"{{ workflow.parameters.lr }}", true},
		{"{{=workflow.parameters['lr']}}", true},
		{"{{=workflow.parameters[\"lr\"]}}", true},
		{"{{workflow.parameters.lr-2}} {{workflow.parameters.lr}}",
		 true},
		{"{{workflow.parameters.lr-2}}", false},
		{"{{workflow.parameters.l}}", false},
		{"{{inputs.parameters.lr}}", false},
		{"workflow.parameters", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		cJSON *tree = cJSON_CreateObject();

		cJSON_AddItemToArray(cJSON_AddArrayToObject(tree, "a"),
				     cJSON_CreateString(cases[i].text));
		if (workflow_mentions(tree, "lr") != cases[i].is_there)
			fail_msg("%s", cases[i].text);
		cJSON_Delete(tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_a_kind),
		cmocka_unit_test(builds_what_would_be_submitted),
		cmocka_unit_test(takes_the_trials_parameters_by_name),
		cmocka_unit_test(runs_stored_templates),
		cmocka_unit_test(takes_what_the_service_says),
		cmocka_unit_test(refuses_what_cannot_be_built),
		cmocka_unit_test(finds_mentions),
	};

	return cmocka_run_group_tests_name("workflow", tests, NULL, NULL);
}
