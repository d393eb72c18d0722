/* SPDX-License-Identifier: MIT */
/* Kinds of job: names of objects, and batch/v1 Job, built and read. */
#include "engine/kind/kind.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/pod/view.h"
#include "tests/unit/pod/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void finds_kinds(void **state)
{
	(void)state;
	assert_ptr_equal(kind_find("job"), &kind_job);
	assert_null(kind_find("Job"));
	assert_null(kind_find("nojob"));
	assert_null(kind_find(""));
}

static void names_objects(void **state)
{
	struct experiment experiment = {.id = "abcd1234"};
	struct trial trial = {.id = "Xa12b"};
	struct attempt attempt = {.number = 2};
	char *name = kind_object_name(&experiment, &trial, &attempt);

	(void)state;
	assert_string_equal(name, "nni-exp-abcd1234-trial-xa12b-2");
	free(name);
	/* the longest still fits into the label job-name */
	experiment =
		(struct experiment){.id = "A_bcdefghijklmnopqrstuvwxyz-0123"};
	attempt.number = INT32_MAX;
	name = kind_object_name(&experiment, &trial, &attempt);
	assert_string_equal(name, "nni-exp-a-bcdefghijklmnopqrstuvwxyz-0123-"
				  "trial-xa12b-2147483647");
	assert_int_equal(strlen(name), 63);
	free(name);
	name = kind_plain_name(&experiment, &trial, &attempt);
	assert_string_equal(name, "nniexpabcdefghijklmnopqrstuvwxyz0123"
				  "trialxa12bn2147483647");
	free(name);
}

static cJSON *build(const struct sample *sample)
{
	struct kind_resource resource;
	struct error err;
	cJSON *job;

	kind_resource_init(&resource, &kind_job);
	job = kind_job.build(&sample->plan, &resource, "the-name", &err);
	assert_non_null(job);
	return job;
}

static void builds_a_job(void **state)
{
	struct sample sample;
	cJSON *job;

	(void)state;
	sample_init(&sample, "", "");
	job = build(&sample);
	expect_json(job, "apiVersion", "\"batch/v1\"");
	expect_json(job, "kind", "\"Job\"");
	expect_json(job, "metadata",
		    "{\"name\":\"the-name\",\"labels\":{\"app\":"
		    "\"nni-kubernetes-trial\",\"expId\":\"abcd1234\","
		    "\"trialId\":\"xa12b\",\"attempt\":\"2\"}}");
	expect_json(job, "spec.backoffLimit", "0");
	expect_json(job, "spec.parallelism", "1");
	expect_json(job, "spec.completions", "1");
	expect_json(job, "spec.activeDeadlineSeconds", "absent");
	expect_json(job, "spec.ttlSecondsAfterFinished", "absent");
	expect_json(job, "spec.suspend", "absent");
	expect_json(job, "spec.template.spec.restartPolicy", "\"Never\"");
	cJSON_Delete(job);
	sample_release(&sample);
}

static void builds_what_the_file_says(void **state)
{
	struct sample sample;
	cJSON *job;

	(void)state;
	sample_init(&sample, "",
		    "  activeDeadlineSeconds: 2h\n"
		    "  ttlSecondsAfterFinished: 0\n"
		    "  queue: team-a\n"
		    "  labels: {team: vision, kueue.x-k8s.io/queue-name: b}\n"
		    "  annotations: {note: hello}\n"
		    "  podTemplate: {metadata: {labels: {only: pods}}}\n");
	job = build(&sample);
	expect_json(job, "spec.activeDeadlineSeconds", "7200");
	expect_json(job, "spec.ttlSecondsAfterFinished", "0");
	expect_json(job, "spec.suspend", "true");
	expect_json(job, "metadata.labels",
		    "{\"team\":\"vision\",\"app\":\"nni-kubernetes-trial\","
		    "\"expId\":\"abcd1234\",\"trialId\":\"xa12b\","
		    "\"attempt\":\"2\",\"kueue.x-k8s.io/queue-name\":"
		    "\"team-a\"}");
	expect_json(job, "metadata.annotations", "{\"note\":\"hello\"}");
	expect_json(job, "spec.template.metadata.labels.only", "\"pods\"");
	cJSON_Delete(job);
	sample_release(&sample);
}

static void refuses_broken_labels(void **state)
{
	struct kind_resource resource;
	struct sample sample;
	struct error err;

	(void)state;
	sample_init(&sample, "", "");
	sample.config.kubernetes.labels = xstrdup("{");
	kind_resource_init(&resource, &kind_job);
	assert_null(kind_job.build(&sample.plan, &resource, "x", &err));
	assert_string_equal(err.text, "trainingService.labels: not JSON");
	sample_release(&sample);
}

/* --- reading ----------------------------------------------------------------
 */

#define AT "2026-03-01T10:00:00Z"
#define LATER "2026-03-01T10:05:00Z"

static struct kind_status read_status(const char *spec, const char *status)
{
	struct kind_status ret;
	char *text = xasprintf("{\"metadata\":{\"name\":\"x\"},\"spec\":{%s},"
			       "\"status\":{%s}}",
			       spec, status);
	cJSON *job = cJSON_Parse(text);

	assert_non_null(job);
	assert_true(kind_job.read(NULL, job, &ret));
	cJSON_Delete(job);
	free(text);
	return ret;
}

static void reads_a_life(void **state)
{
	struct kind_status status;

	(void)state;
	status = read_status("", "");
	assert_int_equal(status.phase, KIND_WAITING);
	assert_int_equal(status.started_ns, 0);
	assert_string_equal(status.reason, "");
	/* active pods may be pending */
	status = read_status("", "\"startTime\":\"" AT "\",\"active\":1");
	assert_int_equal(status.phase, KIND_WAITING);
	assert_true(status.started_ns == pod_time(AT));
	assert_true(status.started_ns > 0);
	status = read_status("", "\"active\":1,\"ready\":0");
	assert_int_equal(status.phase, KIND_WAITING);
	status = read_status("", "\"active\":1,\"ready\":1");
	assert_int_equal(status.phase, KIND_RUNNING);
	assert_false(status.is_suspended);
	assert_int_equal(status.ended_ns, 0);
}

static void reads_ends(void **state)
{
	struct kind_status status;

	(void)state;
	status = read_status(
		"", "\"succeeded\":1,\"completionTime\":\"" LATER "\","
		    "\"conditions\":[{\"type\":\"SuccessCriteriaMet\","
		    "\"status\":\"True\"},{\"type\":\"Complete\","
		    "\"status\":\"True\",\"reason\":\"CompletionsReached\"}]");
	assert_int_equal(status.phase, KIND_SUCCEEDED);
	assert_true(status.ended_ns == pod_time(LATER));
	assert_string_equal(status.reason, "");

	/* order says nothing, and failed jobs have no completionTime */
	status = read_status(
		"", "\"failed\":1,\"conditions\":[{\"type\":\"Failed\","
		    "\"status\":\"True\",\"reason\":\"BackoffLimitExceeded\","
		    "\"message\":\"Job has reached the specified backoff "
		    "limit\",\"lastTransitionTime\":\"" LATER "\"},"
		    "{\"type\":\"Suspended\",\"status\":\"False\"}]");
	assert_int_equal(status.phase, KIND_FAILED);
	assert_true(status.ended_ns == pod_time(LATER));
	assert_string_equal(status.reason,
			    "BackoffLimitExceeded: Job has reached the "
			    "specified backoff limit");

	/* only "True" counts */
	status = read_status("", "\"conditions\":[{\"type\":\"Failed\","
				 "\"status\":\"False\"},{\"type\":\"Complete\","
				 "\"status\":\"Unknown\"}]");
	assert_int_equal(status.phase, KIND_WAITING);
	status = read_status("", "\"conditions\":[{\"type\":\"Failed\","
				 "\"status\":\"True\"}]");
	assert_int_equal(status.phase, KIND_FAILED);
	assert_string_equal(status.reason, "Failed");
}

static void reads_what_is_on_its_way(void **state)
{
	struct kind_status status;

	(void)state;
	/* its pods are still being ended */
	status = read_status(
		"", "\"active\":1,\"ready\":1,\"conditions\":[{\"type\":"
		    "\"FailureTarget\",\"status\":\"True\",\"reason\":"
		    "\"DeadlineExceeded\",\"message\":\"too long\"}]");
	assert_int_equal(status.phase, KIND_RUNNING);
	assert_string_equal(status.reason, "DeadlineExceeded: too long");

	status = read_status("\"suspend\":true", "");
	assert_int_equal(status.phase, KIND_WAITING);
	assert_true(status.is_suspended);
	assert_string_equal(status.reason, "JobSuspended");
	status = read_status("\"suspend\":true",
			     "\"conditions\":[{\"type\":\"Suspended\","
			     "\"status\":\"True\",\"reason\":\"JobSuspended\","
			     "\"message\":\"Job suspended\"}]");
	assert_true(status.is_suspended);
	assert_string_equal(status.reason, "JobSuspended: Job suspended");
	status = read_status("\"suspend\":false",
			     "\"conditions\":[{\"type\":\"Suspended\","
			     "\"status\":\"False\"}]");
	assert_false(status.is_suspended);
	assert_string_equal(status.reason, "");
}

static void makes_reasons_safe_and_short(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct kind_status status;

	(void)state;
	strbuf_adds(&text, "\"conditions\":[{\"type\":\"Failed\",\"status\":"
			   "\"True\",\"reason\":\"Bad\\u001b[2J\","
			   "\"message\":\"\\n");
	for (int i = 0; i < 1000; i++)
		strbuf_adds(&text, "é");
	strbuf_adds(&text, "\"}]");
	status = read_status("", text.data);
	assert_memory_equal(status.reason, "Bad\xef\xbf\xbd[2J: \xef\xbf\xbdé",
			    16);
	assert_true(strlen(status.reason) >= sizeof(status.reason) - 2);
	assert_true(strlen(status.reason) < sizeof(status.reason));
	/* cut between characters */
	assert_memory_equal(status.reason + strlen(status.reason) - 2, "é", 2);
	strbuf_release(&text);
}

static void refuses_what_is_no_object(void **state)
{
	static const char *const texts[] = {"5", "[]", "{}", "{\"metadata\":5}",
					    "null"};
	struct kind_status status;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		cJSON *tree = cJSON_Parse(texts[i]);

		assert_false(kind_job.read(NULL, tree, &status));
		cJSON_Delete(tree);
	}
	/* nonsense in the place of texts and lists */
	status = read_status("\"suspend\":\"yes\"",
			     "\"conditions\":{\"a\":[1]},\"startTime\":7,"
			     "\"ready\":\"many\"");
	assert_int_equal(status.phase, KIND_WAITING);
	assert_false(status.is_suspended);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_kinds),
		cmocka_unit_test(names_objects),
		cmocka_unit_test(builds_a_job),
		cmocka_unit_test(builds_what_the_file_says),
		cmocka_unit_test(refuses_broken_labels),
		cmocka_unit_test(reads_a_life),
		cmocka_unit_test(reads_ends),
		cmocka_unit_test(reads_what_is_on_its_way),
		cmocka_unit_test(makes_reasons_safe_and_short),
		cmocka_unit_test(refuses_what_is_no_object),
	};

	return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
