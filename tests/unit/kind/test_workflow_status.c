/* SPDX-License-Identifier: MIT */
/* What a workflow's status comes to: phase, times, who is to blame. */
#include "base/mem.h"
#include "tests/unit/kind/workflow_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT "2026-03-01T10:00:00Z"
#define LATER "2026-03-01T10:05:00Z"

static void reads_a_life(void **state)
{
	struct kind_status status = workflow_status_of("", "");

	(void)state;
	assert_int_equal(status.phase, KIND_WAITING);
	assert_int_equal(status.exit_code, -1);
	assert_string_equal(status.reason, "");
	status = workflow_status_of("", "\"phase\":\"Pending\",\"message\":"
					"\"Waiting for lock\"");
	assert_int_equal(status.phase, KIND_WAITING);
	assert_string_equal(status.reason, "Waiting for lock");
	status = workflow_status_of(
		"", "\"phase\":\"Running\",\"startedAt\":\"" AT "\"");
	assert_int_equal(status.phase, KIND_RUNNING);
	assert_true(status.started_ns == pod_time(AT));
	assert_int_equal(status.ended_ns, 0);
	assert_false(status.is_suspended);
	status = workflow_status_of("", "\"phase\":\"Succeeded\","
					"\"message\":\"all well\","
					"\"finishedAt\":\"" LATER "\"");
	assert_int_equal(status.phase, KIND_SUCCEEDED);
	assert_true(status.ended_ns == pod_time(LATER));
	assert_string_equal(status.reason, "");
}

static void reads_what_waits(void **state)
{
	struct kind_status status =
		workflow_status_of("\"suspend\":true", "\"phase\":\"Running\"");
	cJSON *tree = workflow_fixture("workflow-waiting");

	(void)state;
	assert_int_equal(status.phase, KIND_RUNNING);
	assert_true(status.is_suspended);
	assert_string_equal(status.reason, "suspended");
	/* a gate comes before a pod without a place */
	status = workflow_status(tree);
	assert_true(status.is_suspended);
	assert_string_equal(status.reason, "approve: waits to be resumed");
	cJSON_DeleteItemFromObjectCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(
			cJSON_GetObjectItemCaseSensitive(tree, "status"),
			"nodes"),
		"wf-2992631773");
	status = workflow_status(tree);
	assert_false(status.is_suspended);
	assert_string_equal(status.reason,
			    "train: Unschedulable: 0/1 nodes are available");
	cJSON_Delete(tree);
}

static void names_the_step_to_blame(void **state)
{
	static const struct {
		const char *fixture, *reason;
		int exit_code;
	} cases[] = {
		/* by "child '...' failed", not by who failed first */
		{"workflow-steps",
		 "train-model(1:b): exit code 3: no such file", 3},
		{"workflow-packed",
		 "train-model(1:b): exit code 3: no such file", 3},
		/* without such words: what failed first, its last attempt */
		{"workflow-dag", "b: OOMKilled (exit code 137)", 137},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		cJSON *tree = workflow_fixture(cases[i].fixture);
		struct kind_status status = workflow_status(tree);

		assert_int_equal(status.phase, KIND_FAILED);
		assert_string_equal(status.reason, cases[i].reason);
		assert_int_equal(status.exit_code, cases[i].exit_code);
		assert_int_equal(status.blame, POD_BLAME_NONE);
		cJSON_Delete(tree);
	}
}

/* One failed step, called train-model. */
static struct kind_status failed(const char *message, const char *more)
{
	char *text = xasprintf(
		"\"phase\":\"Failed\",\"message\":\"child 'wf-1' failed\","
		"\"nodes\":{\"wf\":{\"id\":\"wf\",\"name\":\"wf\",\"type\":"
		"\"Steps\",\"phase\":\"Failed\",\"message\":\"child 'wf-1' "
		"failed\"},\"wf-1\":{\"id\":\"wf-1\",\"name\":"
		"\"wf[0].train-model\",\"displayName\":\"train-model\","
		"\"type\":\"Pod\",\"phase\":\"Failed\",\"boundaryID\":\"wf\","
		"\"message\":\"%s\"%s}}",
		message, more);
	struct kind_status status = workflow_status_of("", text);

	free(text);
	return status;
}

#define EXIT_3 ",\"outputs\":{\"exitCode\":\"3\"}"

static void says_it_in_few_words(void **state)
{
	static const struct {
		const char *message, *more, *reason;
	} cases[] = {
		{"main: Error (exit code 3)", EXIT_3,
		 "train-model: exit code 3"},
		{"Error (exit code 3)", EXIT_3, "train-model: exit code 3"},
		{"failed with exit code 3", EXIT_3, "train-model: exit code 3"},
		{"", EXIT_3, "train-model: exit code 3"},
		{"", "", "train-model: failed"},
		{"main: Error (exit code 3): ", EXIT_3,
		 "train-model: exit code 3"},
		{"main: OOMKilled (exit code 137)", "",
		 "train-model: OOMKilled (exit code 137)"},
		{"wait: Error (exit code 64): no right", "",
		 "train-model: wait: Error (exit code 64): no right"},
		{"main: Error (exit code 3", "",
		 "train-model: Error (exit code 3"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct kind_status status =
			failed(cases[i].message, cases[i].more);

		assert_string_equal(status.reason, cases[i].reason);
		assert_int_equal(status.exit_code, *cases[i].more ? 3 : -1);
	}
}

static void knows_whose_fault_it_is(void **state)
{
	static const char *const away[] = {
		"pod deleted", "The node was low on resource: memory",
		"Pod was rejected: Evicted", "Preempting pod"};
	struct kind_status status;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(away); i++)
		assert_int_equal(failed(away[i], "").blame,
				 POD_BLAME_INFRASTRUCTURE);
	assert_int_equal(failed("main: Error (exit code 1)", "").blame,
			 POD_BLAME_NONE);
	/* the file's: nothing has begun */
	status = workflow_status_of(
		"", "\"phase\":\"Failed\",\"message\":\"invalid spec: "
		    "spec.arguments.x.value is required\"");
	assert_int_equal(status.phase, KIND_FAILED);
	assert_int_equal(status.blame, POD_BLAME_CONFIG);
	assert_string_equal(status.reason, "invalid spec: spec.arguments.x."
					   "value is required");
	status = workflow_status_of(
		"", "\"phase\":\"Error\",\"message\":\"workflowtemplates."
		    "argoproj.io \\\"x\\\" not found\"");
	assert_int_equal(status.blame, POD_BLAME_CONFIG);
	status = workflow_status_of("", "\"phase\":\"Error\"");
	assert_int_equal(status.phase, KIND_FAILED);
	assert_string_equal(status.reason, "Error");
	assert_int_equal(status.blame, POD_BLAME_NONE);
}

static void knows_who_ended_it(void **state)
{
	struct kind_status status = workflow_status_of(
		"\"shutdown\":\"Terminate\"",
		"\"phase\":\"Failed\",\"message\":\"Stopped with strategy "
		"'Terminate'\"");

	(void)state;
	assert_string_equal(status.reason, "terminated");
	status = workflow_status_of("\"shutdown\":\"Stop\"",
				    "\"phase\":\"Failed\"");
	assert_string_equal(status.reason, "stopped in order");
	status = workflow_status_of("\"shutdown\":\"\"",
				    "\"phase\":\"Failed\",\"message\":\"m\"");
	assert_string_equal(status.reason, "m");
}

static void is_not_led_in_circles(void **state)
{
	struct kind_status status = workflow_status_of(
		"", "\"phase\":\"Failed\",\"nodes\":{"
		    "\"wf\":{\"id\":\"wf\",\"name\":\"wf\",\"type\":\"Steps\","
		    "\"phase\":\"Failed\",\"message\":\"child 'b' failed\"},"
		    "\"b\":{\"id\":\"b\",\"name\":\"b\",\"type\":\"Steps\","
		    "\"phase\":\"Failed\",\"message\":\"child 'wf' failed\"},"
		    "\"c\":{\"id\":\"c\",\"name\":\"c\",\"type\":\"Pod\","
		    "\"boundaryID\":\"d\",\"phase\":\"Failed\"},"
		    "\"d\":{\"id\":\"d\",\"name\":\"d\",\"type\":\"DAG\","
		    "\"boundaryID\":\"c\",\"phase\":\"Failed\"}}");

	(void)state;
	assert_int_equal(status.phase, KIND_FAILED);
	assert_string_not_equal(status.reason, "");
	/* the exit handler's failure is not the reason */
	status = workflow_status_of(
		"", "\"phase\":\"Failed\",\"message\":\"why\",\"nodes\":{"
		    "\"x\":{\"id\":\"x\",\"name\":\"wf.onExit\",\"type\":"
		    "\"Pod\",\"phase\":\"Failed\",\"message\":\"no\"}}");
	assert_string_equal(status.reason, "why");
}

static void refuses_what_is_no_object(void **state)
{
	static const char *const texts[] = {"5", "[]", "{}", "{\"metadata\":5}",
					    "null"};
	struct kind_status status;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		cJSON *tree = cJSON_Parse(texts[i]);

		assert_false(kind_workflow.read(NULL, tree, &status));
		assert_int_equal(status.phase, KIND_WAITING);
		cJSON_Delete(tree);
	}
	status = workflow_status_of("\"suspend\":\"yes\",\"shutdown\":1",
				    "\"phase\":7,\"nodes\":[],\"startedAt\":1");
	assert_int_equal(status.phase, KIND_WAITING);
	assert_false(status.is_suspended);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_life),
		cmocka_unit_test(reads_what_waits),
		cmocka_unit_test(names_the_step_to_blame),
		cmocka_unit_test(says_it_in_few_words),
		cmocka_unit_test(knows_whose_fault_it_is),
		cmocka_unit_test(knows_who_ended_it),
		cmocka_unit_test(is_not_led_in_circles),
		cmocka_unit_test(refuses_what_is_no_object),
	};

	return cmocka_run_group_tests_name("workflow status", tests, NULL,
					   NULL);
}
