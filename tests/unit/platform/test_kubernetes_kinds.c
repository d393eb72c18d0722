/* SPDX-License-Identifier: MIT */
/* Platform kubernetes: kinds that may be served or not, pods that others make
 * up, steps. */
#include "tests/unit/platform/kube_world.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAIN(phase, state)                                                     \
	"{\"phase\":\"" phase "\",\"containerStatuses\":[{\"name\":\"main\","  \
	"\"restartCount\":0,\"state\":{" state "}}]}"
#define MAIN_RUNS                                                              \
	MAIN("Running", "\"running\":{\"startedAt\":\"2026-01-01T00:00:"       \
			"00Z\"}")
#define MAIN_ENDED(code)                                                       \
	MAIN("Succeeded",                                                      \
	     "\"terminated\":{\"exitCode\":" code ",\"containerID\":\"x\"}")

static void set_kind(struct kube_world *world, const char *name)
{
	free(world->config.kubernetes.kind);
	world->config.kubernetes.kind = xstrdup(name);
}

/* ---- where it is -------------------------------------------------------- */

static void test_not_served_yet(void **state)
{
	struct kube_world *world = *state;
	struct kubernetes_config *config = &world->config.kubernetes;

	set_kind(world, "tfjob");
	config->roles = xcalloc(1, sizeof(*config->roles));
	config->roles[0] = (struct role_config){
		.name = xstrdup("worker"), .replicas = 1, .gpu_number = -1};
	config->role_count = 1;
	world->collection = "/apis/kubeflow.org/v1/namespaces/lab/tfjobs";
	kube_begin(world);
	kube_submit(world, 1, 1, false);
	kube_until(world, "fault ");
	assert_true(kube_was_told(world, "is not served by this cluster"));
	assert_true(kube_was_told(world, kind_find("tfjob")->install));
	kube_moment(world, 50);
	assert_int_equal(world->posts, 0);
	/* somebody installs it */
	world->serves_tfjobs = true;
	world->platform->discovered_ns -= 11 * NS_PER_S;
	kube_until(world, "fault over\n");
	kube_until(world, "created 1.1 " FIRST "\n");
	assert_string_equal(world->platform->resource.version, "v1");
	assert_true(kube_was_asked(world, "POST /apis/kubeflow.org/v1/"
					  "namespaces/lab/tfjobs "));
}

static void test_served(void **state)
{
	struct kube_world *world = *state;

	set_kind(world, "tfjob");
	world->serves_tfjobs = true;
	world->collection = "/apis/kubeflow.org/v1/namespaces/lab/tfjobs";
	/* what an earlier engine submitted is asked for only then */
	kube_job_add(world, 1, 1, "{}");
	kube_begin(world);
	kube_submit(world, 1, 1, true);
	kube_until(world, "created 1.1 " FIRST "\n");
	assert_int_equal(world->posts, 0);
	assert_false(kube_was_told(world, "fault"));
}

static void test_closed_while_looking(void **state)
{
	struct kube_world *world = *state;

	set_kind(world, "tfjob");
	for (int i = 0; i < 10; i++) {
		kube_begin(world);
		kube_submit(world, 1, 1, true);
		kube_moment(world, i);
		kube_end(world);
	}
	kube_moment(world, 50);
}

/* ---- pods that others make up ------------------------------------------- */

/* By one of primaryPodLabels; the other says which of them leads. */
static void test_other_pods(void **state)
{
	struct kube_world *world = *state;
	struct kubernetes_config *config = &world->config.kubernetes;
	struct kube_object *job;

	set_kind(world, "custom");
	config->manifest = xstrdup("{\"apiVersion\":\"kubeflow.org/v1\","
				   "\"kind\":\"TFJob\",\"spec\":{}}");
	config->success_condition =
		xstrdup("status.conditions.#(type==\"Complete\")#|"
			"#(status==\"True\")#");
	config->failure_condition = xstrdup(
		"status.conditions.#(type==\"Failed\")#|#(status==\"True\")#");
	config->primary_pod_labels =
		xstrdup("{\"job\":\"${trial.name}\",\"job-role\":\"master\"}");
	world->serves_tfjobs = true;
	world->collection = "/apis/kubeflow.org/v1/namespaces/lab/tfjobs";
	world->log_body = "2026-01-01T00:00:01.000000001Z loss=0.5\n";
	job = kube_make_one(world);
	while (!world->others)
		kube_moment(world, 5);
	kube_other_pod(world, "ADDED", "anything", "\"job\":\"of-another\"",
		       MAIN_RUNS);
	kube_other_pod(world, "ADDED", FIRST "-w", "\"job\":\"" FIRST "\"",
		       MAIN_RUNS);
	kube_moment(world, 100);
	assert_false(kube_was_told(world, "started"));
	kube_other_pod(world, "ADDED", FIRST "-m",
		       "\"job\":\"" FIRST "\",\"job-role\":\"master\"",
		       MAIN_RUNS);
	kube_until(world, "started 1.1\n");
	kube_until(world, "report 1.1 {\"name\":\"loss\"");
	kube_other_pod(world, "MODIFIED", FIRST "-m",
		       "\"job\":\"" FIRST "\",\"job-role\":\"master\"",
		       MAIN_ENDED("0"));
	kube_job_is(world, job, JOB_COMPLETE);
	kube_until(world, "ended 1.1 0 trial \n");
	kube_until_idle(world);
	assert_int_equal(kube_times(world->rig->told.data, "report"), 1);
	assert_null(kube_job(world, 1, 1));
}

/* ---- steps -------------------------------------------------------------- */

static void no_steps(const cJSON *object, struct part_list *ret)
{
	(void)object, (void)ret;
}

/* Each step that reports counts for itself, the first as the trial's own. */
static void test_steps_report(void **state)
{
	static struct kind steps;
	struct kube_world *world = *state;
	struct kube_object *job;
	struct strbuf text = STRBUF_INIT;
	struct error err;
	char *path =
		xasprintf("%s/trials/t0001/1/stdout.numbers", world->folder);

	steps = (struct kind){
		.name = "steps",
		.lacks_keeper = true,
		.has_our_labels = true,
		.build = kind_job.build,
		.read = kind_job.read,
		.read_parts = no_steps,
	};
	world->kind = &steps;
	world->log_body = "2026-01-01T00:00:01.000000001Z nothing\n";
	job = kube_make_one(world);
	kube_role_pod(world, job, "ADDED", "load", 0, 1, "", RUNNING);
	kube_moment(world, 100);
	world->log_body = "2026-01-01T00:00:02.000000001Z loss=0.5\n";
	kube_role_pod(world, job, "ADDED", "train", 0, 2, "", RUNNING);
	kube_until(world, "report 1.1 {\"name\":\"loss\",\"type\":"
			  "\"intermediate\",\"sequence\":0,\"time\":");
	kube_role_pod(world, job, "ADDED", "test", 0, 3, "", RUNNING);
	kube_until(world, "report 1.1 {\"name\":\"loss\",\"type\":"
			  "\"intermediate\",\"sequence\":0,\"source\":1,");
	assert_true(fs_read_file(path, 4096, &text, &err));
	assert_string_equal(text.data, "uid-1-train-0-2\nuid-1-test-0-3\n");
	strbuf_release(&text);
	free(path);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, kube_world_open, kube_world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_not_served_yet),	 TEST(test_served),
		TEST(test_closed_while_looking), TEST(test_other_pods),
		TEST(test_steps_report),
	};

	return cmocka_run_group_tests_name("platform kubernetes, kinds", tests,
					   NULL, NULL);
}
