/* SPDX-License-Identifier: MIT */
/* Frameworks, read: every state, whose fault a failure is, hostile ones; and
 * what can be done with them.  test_framework_parts.c has their tasks. */
#include "engine/kind/framework.h"

#include "base/mem.h"
#include "tests/unit/kind/framework_packed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT "2026-03-01T10:00:00Z"
#define RUN "2026-03-01T10:01:00Z"
#define LATER "2026-03-01T10:05:00Z"

static cJSON *object_of(const char *spec, const char *status)
{
	char *text = xasprintf("{\"metadata\":{\"name\":\"x\"},\"spec\":{%s},"
			       "\"status\":%s}",
			       spec, status);
	cJSON *object = cJSON_Parse(text);

	if (!object)
		fail_msg("no JSON: %s", text);
	free(text);
	return object;
}

static struct kind_status read_in(const char *spec, const char *status)
{
	struct kind_status ret;
	cJSON *object = object_of(spec, status);

	assert_true(kind_framework.read(NULL, object, &ret));
	cJSON_Delete(object);
	return ret;
}

static struct kind_status read_status(const char *status)
{
	return read_in("\"executionType\":\"Start\"", status);
}

static void reads_a_life(void **state)
{
	static const struct {
		const char *state;
		enum kind_phase phase;
	} all[] = {
		{"AttemptCreationPending", KIND_WAITING},
		{"AttemptCreationRequested", KIND_WAITING},
		{"AttemptPreparing", KIND_WAITING},
		{"AttemptRunning", KIND_RUNNING},
		{"AttemptDeletionPending", KIND_RUNNING},
		{"AttemptDeletionRequested", KIND_RUNNING},
		{"AttemptDeleting", KIND_RUNNING},
		{"AttemptCompleted", KIND_RUNNING},
	};
	struct kind_status status;

	(void)state;
	status = read_status("{\"state\":\"AttemptRunning\",\"attemptStatus\":{"
			     "\"completionStatus\":null}}");
	assert_int_equal(status.phase, KIND_RUNNING);
	assert_string_equal(status.reason, "");
	/* the controller has not seen it */
	status = read_status("null");
	assert_int_equal(status.phase, KIND_WAITING);
	assert_int_equal(status.started_ns, 0);
	assert_int_equal(status.exit_code, -1);
	assert_int_equal(status.blame, POD_BLAME_NONE);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		/* what an attempt came to does not count before the end: there
		 * may be another */
		char *text = xasprintf(
			"{\"state\":\"%s\",\"startTime\":\"" AT
			"\",\"runTime\":\"" RUN "\",\"attemptStatus\":{"
			"\"completionStatus\":{\"code\":3,\"type\":{\"name\":"
			"\"Failed\"}}}}",
			all[i].state);

		status = read_status(text);
		assert_int_equal(status.phase, all[i].phase);
		assert_true(status.started_ns == pod_time(RUN));
		assert_int_equal(status.ended_ns, 0);
		/* nobody need wonder why there are no pods any more */
		assert_string_equal(status.reason,
				    status.phase == KIND_RUNNING
					    ? "its pods are being removed"
					    : "");
		free(text);
	}
}

static void reads_what_holds_it_back(void **state)
{
	struct kind_status status;

	(void)state;
	status = read_in("\"executionType\":\"Create\"",
			 "{\"state\":\"AttemptCreationPending\"}");
	assert_int_equal(status.phase, KIND_WAITING);
	assert_true(status.is_suspended);
	assert_string_equal(status.reason, "executionType is Create");
	status = read_status("{\"state\":\"AttemptCreationPending\","
			     "\"retryPolicyStatus\":{\"totalRetriedCount\":1,"
			     "\"retryDelaySec\":90}}");
	assert_false(status.is_suspended);
	assert_string_equal(status.reason, "tried again after 90 s");
}

static void reads_success(void **state)
{
	struct kind_status status = read_status(
		"{\"state\":\"Completed\",\"completionTime\":\"" LATER
		"\",\"attemptStatus\":{\"completionStatus\":{\"code\":0,"
		"\"phrase\":\"Succeeded\",\"type\":{\"name\":\"Succeeded\","
		"\"attributes\":[]},\"diagnostics\":\"\"}}}");

	(void)state;
	assert_int_equal(status.phase, KIND_SUCCEEDED);
	assert_true(status.ended_ns == pod_time(LATER));
	assert_string_equal(status.reason, "");
}

/* --- failures ----------------------------------------------------------- */

static struct kind_status read_failure(const char *completion,
				       const char *roles)
{
	char *text = xasprintf("{\"state\":\"Completed\",\"completionTime\":"
			       "\"" LATER "\",\"attemptStatus\":{"
			       "\"completionStatus\":{\"type\":{\"name\":"
			       "\"Failed\",%s,\"taskRoleStatuses\":%s}}",
			       completion, roles);
	struct kind_status status = read_status(text);

	assert_int_equal(status.phase, KIND_FAILED);
	free(text);
	return status;
}

#define CODE(attributes, code, phrase)                                         \
	"\"attributes\":[" attributes "]},\"code\":" code                      \
	",\"phrase\":\"" phrase "\"}"

static void finds_who_is_to_blame(void **state)
{
	static const struct {
		const char *completion;
		enum pod_blame blame;
		int exit_code;
	} all[] = {
		{CODE("", "3", "ContainerUnrecognizedFailed"), POD_BLAME_TRIAL,
		 3},
		{CODE("\"Permanent\"", "210", "ContainerPermanentFailed"),
		 POD_BLAME_TRIAL, 210},
		{CODE("\"Transient\"", "200", "ContainerTransientFailed"),
		 POD_BLAME_INFRASTRUCTURE, 200},
		{CODE("\"Transient\",\"Conflict\"", "201",
		      "ContainerTransientConflictFailed"),
		 POD_BLAME_INFRASTRUCTURE, 201},
		{CODE("\"Transient\"", "-101", "PodExternalDeleted"),
		 POD_BLAME_INFRASTRUCTURE, -1},
		{CODE("\"Transient\"", "-120", "PodCreationTransientError"),
		 POD_BLAME_INFRASTRUCTURE, -1},
		{CODE("\"Permanent\"", "-200", "PodCreationPermanentError"),
		 POD_BLAME_CONFIG, -1},
		{CODE("\"Permanent\"", "-210", "StopFrameworkRequested"),
		 POD_BLAME_TRIAL, -1},
		{CODE("", "-300", "PodFailedWithoutFailedContainer"),
		 POD_BLAME_NONE, -1},
		/* a site's own */
		{CODE("\"Transient\"", "-1000", "PodEvicted"),
		 POD_BLAME_INFRASTRUCTURE, -1},
		{CODE("\"Permanent\"", "-1234", "Whatever"), POD_BLAME_TRIAL,
		 -1},
		{CODE("", "1e9", "Odd"), POD_BLAME_TRIAL, -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct kind_status status =
			read_failure(all[i].completion, "[]");

		assert_int_equal(status.blame, all[i].blame);
		assert_int_equal(status.exit_code, all[i].exit_code);
	}
}

#define TRIGGER                                                                \
	",\"trigger\":{\"message\":\"m\",\"taskRoleName\":\"worker\","         \
	"\"taskIndex\":1}}"
static void names_the_task_that_failed(void **state)
{
	static const char completion[] =
		"\"attributes\":[\"Permanent\"]},\"code\":-1200,\"phrase\":"
		"\"ContainerOOMKilled\",\"diagnostics\":\"used too "
		"much\"" TRIGGER;
	struct kind_status status = read_failure(completion, FRAMEWORK_TASKS);
	char *packed = framework_pack(FRAMEWORK_TASKS), *text;

	(void)state;
	assert_int_equal(status.exit_code, 137);
	assert_int_equal(status.blame, POD_BLAME_TRIAL);
	assert_string_equal(status.reason,
			    "worker-1: ContainerOOMKilled: used too much");
	assert_string_equal(status.culprit, "worker-1");
	/* where the tasks are packed */
	text = xasprintf("null,\"taskRoleStatusesCompressed\":\"%s\"", packed);
	status = read_failure(completion, text);
	assert_int_equal(status.exit_code, 137);
	free(text);
	free(packed);
	/* and where they are not known */
	status = read_failure(completion, "null");
	assert_int_equal(status.exit_code, -1);
	/* nothing said at all */
	status = read_status("{\"state\":\"Completed\"}");
	assert_int_equal(status.phase, KIND_FAILED);
	assert_string_equal(status.reason, "Failed");
	assert_string_equal(status.culprit, "");
}

/* --- hostile ones ------------------------------------------------------- */

static void refuses_what_is_no_object(void **state)
{
	static const char *const texts[] = {"5", "[]", "{}", "{\"metadata\":5}",
					    "null"};
	static const char *const odd[] = {
		"5",
		"[]",
		"{\"state\":5}",
		"{\"state\":\"Completed\",\"attemptStatus\":[1]}",
		"{\"state\":\"Completed\",\"attemptStatus\":{"
		"\"completionStatus\":{\"code\":\"x\",\"type\":5,\"trigger\":["
		"]}}}",
		"{\"state\":\"Completed\",\"attemptStatus\":{"
		"\"completionStatus\":{\"type\":{\"attributes\":{\"a\":5}},"
		"\"pod\":{\"containers\":[5,{\"code\":1e300}]},\"trigger\":{"
		"\"taskRoleName\":\"a\",\"taskIndex\":1e300}},"
		"\"taskRoleStatuses\":[5,{\"name\":\"a\",\"taskStatuses\":5}]"
		"}}",
	};
	struct kind_status status;
	struct part_list list = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		cJSON *tree = cJSON_Parse(texts[i]);

		assert_false(kind_framework.read(NULL, tree, &status));
		kind_framework.read_parts(tree, &list);
		assert_int_equal(list.count, 0);
		cJSON_Delete(tree);
	}
	for (size_t i = 0; i < COUNT_OF(odd); i++) {
		status = read_status(odd[i]);
		assert_true(status.exit_code == -1);
	}
}

/* --- what can be done --------------------------------------------------- */

static bool act(enum kind_action action, const char *type, const char *now,
		struct kind_patch *ret, struct error *err)
{
	char *spec = xasprintf("\"executionType\":\"%s\"", type);
	char *status = xasprintf("{\"state\":\"%s\"}", now);
	cJSON *object = object_of(spec, status);
	bool ok = kind_framework.act(action, object, ret, err);

	cJSON_Delete(object);
	free(status);
	free(spec);
	return ok;
}

static void stops(void **state)
{
	static const enum kind_action stopping[] = {KIND_STOP, KIND_TERMINATE};
	struct kind_patch patch;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(stopping); i++) {
		assert_true(act(stopping[i], "Start", "AttemptRunning", &patch,
				&err));
		assert_string_equal(patch.content_type,
				    "application/json-patch+json");
		assert_string_equal(patch.body,
				    "[{\"op\":\"replace\",\"path\":"
				    "\"/spec/executionType\",\"value\":"
				    "\"Stop\"}]");
		free(patch.body);
		assert_false(
			act(stopping[i], "Start", "Completed", &patch, &err));
		assert_string_equal(err.text, "it is over already");
	}
}

static void starts_what_was_held_back(void **state)
{
	struct kind_patch patch;
	struct error err;

	(void)state;
	assert_true(act(KIND_RESUME, "Create", "AttemptCreationPending", &patch,
			&err));
	assert_non_null(strstr(patch.body, "\"Start\""));
	free(patch.body);
	assert_false(act(KIND_RESUME, "Start", "AttemptRunning", &patch, &err));
	assert_string_equal(err.text, "it is not held back: nothing to resume");
}

static void refuses_the_rest(void **state)
{
	struct kind_patch patch;
	struct error err;

	(void)state;
	assert_false(
		act(KIND_SUSPEND, "Start", "AttemptRunning", &patch, &err));
	assert_string_equal(err.text,
			    "a Framework cannot be suspended once it was "
			    "started: kill the trial, and restart it later");
	assert_false(act(KIND_RETRY, "Start", "AttemptRunning", &patch, &err));
	assert_string_equal(err.text,
			    "a Framework tries again by its retryPolicy alone: "
			    "restart the trial");
}

static void knows_both(void **state)
{
	(void)state;
	assert_ptr_equal(kind_find("framework"), &kind_framework);
	assert_ptr_equal(kind_find("launcher"), &kind_launcher);
	assert_string_equal(kind_framework.group,
			    "frameworkcontroller.microsoft.com");
	assert_string_equal(kind_launcher.group, "launcher.microsoft.com");
	assert_string_equal(kind_framework.plural, "frameworks");
	assert_string_equal(kind_framework.pod_label, "FC_FRAMEWORK_NAME");
	assert_null(kind_launcher.pod_label);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_life),
		cmocka_unit_test(reads_what_holds_it_back),
		cmocka_unit_test(reads_success),
		cmocka_unit_test(finds_who_is_to_blame),
		cmocka_unit_test(names_the_task_that_failed),
		cmocka_unit_test(refuses_what_is_no_object),
		cmocka_unit_test(stops),
		cmocka_unit_test(starts_what_was_held_back),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(knows_both),
	};

	return cmocka_run_group_tests_name("framework status", tests, NULL,
					   NULL);
}
