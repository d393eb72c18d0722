/* SPDX-License-Identifier: MIT */
/* Kubeflow's kinds: statuses of every generation, hostile ones too, and what
 * can be done to a live object. */
#include "engine/kind/kind.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT "2026-03-01T10:00:00Z"
#define LATER "2026-03-01T10:05:00Z"
#define LAST "2026-03-01T10:06:00Z"

#define CONDITION(type, status, more)                                          \
	"{\"type\":\"" type "\",\"status\":\"" status "\"" more "}"
#define REASON(reason, message)                                                \
	",\"reason\":\"" reason "\",\"message\":\"" message "\""
#define CREATED CONDITION("Created", "True", REASON("TFJobCreated", "created"))

static struct kind_status read_object(const char *spec, const char *status)
{
	char *text = xasprintf("{\"metadata\":{\"name\":\"x\"},\"spec\":{%s},"
			       "\"status\":{%s}}",
			       spec, status);
	cJSON *object = cJSON_Parse(text);
	struct kind_status ret;

	assert_non_null(object);
	assert_true(kind_find("tfjob")->read(NULL, object, &ret));
	assert_int_equal(ret.exit_code, -1);
	cJSON_Delete(object);
	free(text);
	return ret;
}

static struct kind_status read_conditions(const char *conditions)
{
	char *status = xasprintf("\"startTime\":\"" AT "\",\"conditions\":[%s]",
				 conditions);
	struct kind_status ret = read_object("", status);

	free(status);
	return ret;
}

static void reads_a_life(void **state)
{
	struct kind_status status;

	(void)state;
	status = read_object("", "");
	assert_int_equal(status.phase, KIND_WAITING);
	assert_int_equal(status.started_ns, 0);
	assert_string_equal(status.reason, "");
	status = read_conditions(CREATED);
	assert_int_equal(status.phase, KIND_WAITING);
	assert_true(status.started_ns == pod_time(AT));
	status = read_conditions(CREATED "," CONDITION(
		"Running", "True", REASON("TFJobRunning", "is running")));
	assert_int_equal(status.phase, KIND_RUNNING);
	assert_string_equal(status.reason, "");
	assert_int_equal(status.ended_ns, 0);
	/* Running is removed while a pod is made again */
	status = read_conditions(CREATED "," CONDITION(
		"Restarting", "True",
		REASON("TFJobRestarting", "1 Worker replica(s) failed")));
	assert_int_equal(status.phase, KIND_WAITING);
	assert_string_equal(status.reason,
			    "TFJobRestarting: 1 Worker replica(s) failed");
}

static void reads_success(void **state)
{
	struct kind_status status;

	(void)state;
	/* in place: the last of the list is an old one */
	status = read_conditions(CONDITION(
		"Succeeded", "True",
		",\"lastTransitionTime\":\"" LATER
		"\"") "," CREATED "," CONDITION("Running", "False", ""));
	assert_int_equal(status.phase, KIND_SUCCEEDED);
	assert_true(status.ended_ns == pod_time(LATER));
	assert_string_equal(status.reason, "");
	assert_int_equal(status.blame, POD_BLAME_NONE);
	/* the job's own word on the time counts more */
	status = read_object("", "\"completionTime\":\"" LAST
				 "\",\"conditions\":[" CONDITION(
					 "Succeeded", "True",
					 ",\"lastTransitionTime\":\"" LATER
					 "\"") "]");
	assert_true(status.ended_ns == pod_time(LAST));
	/* all there was in v1alpha2 */
	status = read_conditions(CONDITION(
		"Succeeded", "True", ",\"lastUpdateTime\":\"" LATER "\""));
	assert_true(status.ended_ns == pod_time(LATER));
}

static void reads_failure(void **state)
{
	static const struct {
		const char *reason, *message;
		enum pod_blame blame;
	} cases[] = {
		{"TFJobFailed",
		 "TFJob lab/x has failed because 1 Worker "
		 "replica(s) failed.",
		 POD_BLAME_NONE},
		{"TFJobFailed",
		 "Job x has failed because it has reached the "
		 "specified backoff limit",
		 POD_BLAME_NONE},
		{"TFJobFailed",
		 "Job x has failed because it was active longer "
		 "than specified deadline",
		 POD_BLAME_TRIAL},
		{"DeadlineExceeded", "", POD_BLAME_TRIAL},
		{"MPIJobEvicted", "pod was evicted", POD_BLAME_INFRASTRUCTURE},
		{"Evicted", "", POD_BLAME_INFRASTRUCTURE},
		{"TFJobFailedValidation", "no container named tensorflow",
		 POD_BLAME_CONFIG},
		{"", "", POD_BLAME_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *condition = xasprintf(
			"{\"type\":\"Failed\",\"status\":\"True\",\"reason\":"
			"\"%s\",\"message\":\"%s\",\"lastTransitionTime\":"
			"\"" LATER "\"}," CREATED,
			cases[i].reason, cases[i].message);
		struct kind_status status = read_conditions(condition);
		char *reason = xasprintf(
			"%s%s%s", *cases[i].reason ? cases[i].reason : "Failed",
			*cases[i].message ? ": " : "", cases[i].message);

		assert_int_equal(status.phase, KIND_FAILED);
		assert_int_equal(status.blame, cases[i].blame);
		assert_true(status.ended_ns == pod_time(LATER));
		/* of a deadline it begins as a Job's does */
		if (strstr(cases[i].message, "deadline"))
			assert_string_equal(
				status.reason,
				"DeadlineExceeded: Job x has failed because it "
				"was active longer than specified deadline");
		else
			assert_string_equal(status.reason, reason);
		free(reason);
		free(condition);
	}
	/* only "True" counts, and failed once is failed */
	assert_int_equal(
		read_conditions(CONDITION("Failed", "False", "") "," CONDITION(
					"Succeeded", "Unknown", ""))
			.phase,
		KIND_WAITING);
	assert_int_equal(
		read_conditions(CONDITION("Failed", "True", "") "," CONDITION(
					"Succeeded", "True", ""))
			.phase,
		KIND_FAILED);
}

static void reads_suspension(void **state)
{
	struct kind_status status;

	(void)state;
	status = read_object("\"runPolicy\":{\"suspend\":true}", "");
	assert_true(status.is_suspended);
	assert_string_equal(status.reason, "Suspended");
	status = read_object(
		"\"runPolicy\":{\"suspend\":true}",
		"\"conditions\":[" CONDITION(
			"Running", "False",
			"") "," CONDITION("Suspended", "True",
					  REASON("TFJobSuspended",
						 "TFJob x is suspended.")) "]");
	assert_int_equal(status.phase, KIND_WAITING);
	assert_true(status.is_suspended);
	assert_string_equal(status.reason,
			    "TFJobSuspended: TFJob x is suspended.");
	status = read_object(
		"\"runPolicy\":{\"suspend\":false}",
		"\"conditions\":[" CONDITION("Suspended", "False",
					     "") "," CONDITION("Running",
							       "True", "") "]");
	assert_false(status.is_suspended);
	assert_int_equal(status.phase, KIND_RUNNING);
}

static void reads_phases_of_v1alpha1(void **state)
{
	static const struct {
		const char *phase, *state, *reason;
		enum kind_phase expected;
		enum pod_blame blame;
		const char *text;
	} cases[] = {
		{"", "", "", KIND_WAITING, POD_BLAME_NONE, ""},
		{"Creating", "Running", "", KIND_RUNNING, POD_BLAME_NONE, ""},
		{"Creating", "Unknown", "", KIND_WAITING, POD_BLAME_NONE, ""},
		{"Running", "Running", "", KIND_RUNNING, POD_BLAME_NONE, ""},
		{"CleanUp", "Succeeded", "", KIND_SUCCEEDED, POD_BLAME_NONE,
		 ""},
		{"Done", "Succeeded", "", KIND_SUCCEEDED, POD_BLAME_NONE, ""},
		{"CleanUp", "Failed", "", KIND_FAILED, POD_BLAME_NONE,
		 "Failed"},
		{"Failed", "Failed", "invalid job spec: no replicas",
		 KIND_FAILED, POD_BLAME_CONFIG,
		 "invalid job spec: no replicas"},
		{"Failed", "Unknown", "it broke", KIND_FAILED, POD_BLAME_NONE,
		 "it broke"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *text = xasprintf(
			"\"phase\":\"%s\",\"state\":\"%s\",\"reason\":\"%s\","
			"\"replicaStatuses\":[{\"tf_replica_type\":\"WORKER\","
			"\"state\":\"Running\",\"ReplicasStates\":{\"Running\":"
			"1}}]",
			cases[i].phase, cases[i].state, cases[i].reason);
		struct kind_status status = read_object("", text);

		assert_int_equal(status.phase, cases[i].expected);
		assert_int_equal(status.blame, cases[i].blame);
		assert_string_equal(status.reason, cases[i].text);
		free(text);
	}
}

static void bears_hostile_objects(void **state)
{
	static const char *const no_objects[] = {"5", "[]", "{}", "null",
						 "{\"metadata\":5}"};
	static const char *const statuses[] = {
		"\"conditions\":5",
		"\"conditions\":{\"a\":[1]}",
		"\"conditions\":[5,null,[],{\"type\":7,\"status\":true}]",
		"\"conditions\":[{\"type\":\"Failed\",\"status\":true}]",
		"\"phase\":[1],\"state\":{\"Failed\":1}",
		"\"startTime\":7,\"conditions\":null",
	};
	struct strbuf text = STRBUF_INIT;
	struct kind_status status;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(no_objects); i++) {
		cJSON *tree = cJSON_Parse(no_objects[i]);

		assert_false(kind_find("jaxjob")->read(NULL, tree, &status));
		assert_int_equal(status.phase, KIND_WAITING);
		cJSON_Delete(tree);
	}
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		status = read_object("\"runPolicy\":\"x\"", statuses[i]);
		assert_int_equal(status.phase, KIND_WAITING);
		assert_false(status.is_suspended);
	}
	status = read_object("\"runPolicy\":{\"suspend\":\"true\"}", "");
	assert_false(status.is_suspended);

	strbuf_adds(&text, CONDITION("Failed", "True",
				     ",\"reason\":\"\\u001b[2J\",\"message\":"
				     "\"\\n"));
	strbuf_truncate(&text, text.len - 1);
	for (int i = 0; i < 1000; i++)
		strbuf_adds(&text, "é");
	strbuf_adds(&text, "\"}");
	status = read_conditions(text.data);
	assert_int_equal(status.phase, KIND_FAILED);
	assert_null(strchr(status.reason, '\x1b'));
	assert_null(strchr(status.reason, '\n'));
	assert_true(strlen(status.reason) < sizeof(status.reason));
	strbuf_release(&text);
}

/* --- acting -----------------------------------------------------------------
 */

static bool act(enum kind_action action, const char *object,
		struct kind_patch *ret, struct error *err)
{
	cJSON *tree = cJSON_Parse(object);
	bool ok = kind_find("tfjob")->act(action, tree, ret, err);

	cJSON_Delete(tree);
	return ok;
}

#define OBJECT(version)                                                        \
	"{\"apiVersion\":\"kubeflow.org/" version "\",\"kind\":\"TFJob\"}"

static void suspends_and_resumes(void **state)
{
	struct kind_patch patch;
	struct error err;

	(void)state;
	assert_true(act(KIND_SUSPEND, OBJECT("v1"), &patch, &err));
	assert_string_equal(patch.content_type, "application/merge-patch+json");
	assert_string_equal(patch.body,
			    "{\"spec\":{\"runPolicy\":{\"suspend\":true}}}");
	free(patch.body);
	assert_true(act(KIND_RESUME, OBJECT("v1"), &patch, &err));
	assert_string_equal(patch.body,
			    "{\"spec\":{\"runPolicy\":{\"suspend\":false}}}");
	free(patch.body);

	assert_false(act(KIND_SUSPEND, OBJECT("v1beta2"), &patch, &err));
	assert_string_equal(err.text,
			    "a TFJob of version v1beta2 cannot be suspended: "
			    "that takes version v1 and training operator 1.7 "
			    "or later");
	assert_false(act(KIND_RETRY, OBJECT("v1"), &patch, &err));
	assert_string_equal(err.text, "a TFJob can be suspended, resumed and "
				      "deleted, nothing else");
	assert_false(act(KIND_STOP, "[]", &patch, &err));
	assert_false(act(KIND_RESUME, "{\"apiVersion\":7}", &patch, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_life),
		cmocka_unit_test(reads_success),
		cmocka_unit_test(reads_failure),
		cmocka_unit_test(reads_suspension),
		cmocka_unit_test(reads_phases_of_v1alpha1),
		cmocka_unit_test(bears_hostile_objects),
		cmocka_unit_test(suspends_and_resumes),
	};

	return cmocka_run_group_tests_name("kubeflow status", tests, NULL,
					   NULL);
}
