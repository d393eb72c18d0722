/* SPDX-License-Identifier: MIT */
/* Platform kubernetes: what goes wrong, goes on for ever, or is too much. */
#include "tests/unit/platform/kube_world.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/interest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void kill_one(struct kube_world *world)
{
	platform_kubernetes.kill(world->platform, 1, 1);
}

static void told_end_once(const struct kube_world *world)
{
	assert_int_equal(kube_times(world->rig->told.data, "ended 1.1"), 1);
}

/* Its node is lost: it is never gone. */
static void test_kill_that_takes_for_ever(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	kube_pod(world, job, "ADDED", "a", "", RUNNING);
	kube_until(world, "started 1.1\n");
	world->keeps_deleted = true;
	kill_one(world);
	kube_moment(world, 50);
	world->platform->first->removed_ns -= 91 * NS_PER_S;
	kube_until(world, "ended 1.1 -1 trial killed; its pod is not gone");
	/* and a run without a screen ends all the same */
	assert_true(kube_is_busy(world));
	world->platform->progress_ns -= 61 * NS_PER_S;
	assert_false(kube_is_busy(world));
}

/* A container that somebody added to the pod goes on. */
static void test_pod_goes_on(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	world->config.kubernetes.cleanup = CLEANUP_NONE;
	kube_pod(world, job, "ADDED", "a", "", ENDED("Running", "0"));
	kube_until(world, "started 1.1\n");
	kube_moment(world, 20);
	world->platform->first->lingering_since_ns -= 31 * NS_PER_S;
	kube_until(world, "ended 1.1 0 trial \n");
	kube_until_idle(world);
	assert_null(kube_job(world, 1, 1));
}

/* Logs that may not be read are not asked for again and again. */
static void test_log_is_forbidden(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	world->log_head = "403 Forbidden";
	world->log_body = "{\"kind\":\"Status\",\"message\":\"may not\"}";
	kube_pod(world, job, "ADDED", "a", "", ENDED("Succeeded", "0"));
	kube_job_is(world, job, JOB_COMPLETE);
	kube_until(world,
		   "event 1.1 log-read read the log of " FIRST ": may not\n");
	kube_moment(world, 2000);
	assert_in_range(world->log_requests, 1, 4);
	assert_false(kube_was_told(world, "ended"));
	world->log_head = "200 OK";
	world->log_body = "2026-01-01T00:00:02.000000001Z "
			  "@trialdeck:metric {\"a\":1}\n";
	kube_until(world, "report 1.1 {\"a\":1}\nended 1.1 0 trial \n");
}

/* A place behind lines whose metrics are not committed is not written down. */
static void test_place_waits_for_commit(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);
	char *path = xasprintf("%s/trials/t0001/1/stdout.place", world->folder);
	struct strbuf text = STRBUF_INIT;
	struct error err;

	world->log_body = "2026-01-01T00:00:02.000000001Z hello\n"
			  "2026-01-01T00:00:02.000000002Z "
			  "@trialdeck:metric {\"a\":1}\n";
	kube_pod(world, job, "ADDED", "a", "", ENDED("Succeeded", "0"));
	kube_job_is(world, job, JOB_COMPLETE);
	kube_until(world, "report 1.1 {\"a\":1}\n");
	/* the turn that brought it fails to commit: everything is forgotten */
	kube_end(world);
	assert_false(fs_read_file(path, 4096, &text, &err));
	kube_relist(world, LIST_PODS);
	kube_pod_lists(world, job, "a", ENDED("Succeeded", "0"));
	strbuf_clear(&world->rig->told);
	kube_begin(world);
	kube_submit(world, 1, 1, true);
	kube_until(world, "report 1.1 {\"a\":1}\n");
	kube_until(world, "ended 1.1 0 trial \n");
	kube_until_idle(world);
	assert_true(fs_read_file(path, 4096, &text, &err));
	free(path);
	path = xasprintf("%s/trials/t0001/1/stdout", world->folder);
	strbuf_clear(&text);
	assert_true(fs_read_file(path, 4096, &text, &err));
	assert_string_equal(text.data, "hello\n");
	strbuf_release(&text);
	free(path);
}

/* More of them than are read at once, all without a last word. */
static void test_many_end_at_once(void **state)
{
	enum { COUNT = 40 };
	struct kube_world *world = *state;
	char text[64];

	kube_begin(world);
	for (int i = 1; i <= COUNT; i++)
		kube_submit(world, i, 1, false);
	for (int i = 1; i <= COUNT; i++) {
		snprintf(text, sizeof(text), "created %d.1 ", i);
		kube_until(world, text);
	}
	kube_moment(world, 50);
	for (int i = 1; i <= COUNT; i++) {
		struct kube_object *job = kube_job(world, i, 1);

		kube_pod(world, job, "ADDED", "a", "", ENDED("Succeeded", "0"));
		if (i % 2)
			platform_kubernetes.farewell(world->platform, i, 1, "",
						     0);
		kube_job_is(world, job, JOB_COMPLETE);
	}
	kube_until_idle(world);
	for (int i = 1; i <= COUNT; i++) {
		snprintf(text, sizeof(text), "ended %d.1 ", i);
		assert_int_equal(kube_times(world->rig->told.data, text), 1);
		assert_null(kube_job(world, i, 1));
	}
}

/* The server goes away while logs are read: nothing is given up. */
static void test_server_away_while_collecting(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);
	struct k8s_job *inside = world->platform->first;

	world->log_head = "500 Internal Server Error";
	kube_pod(world, job, "ADDED", "a", "", ENDED("Failed", "3"));
	kube_job_is(world, job, JOB_FAILED);
	kube_moment(world, 50);
	assert_int_equal(inside->phase, K8S_COLLECTING);
	rig_stop_server(world->rig);
	kube_until(world, "fault ");
	platform_kubernetes.farewell(world->platform, 2, 1, "", 0); /* nobody */
	assert_true(k8s_log_may_come(inside));
	world->log_head = "200 OK";
	world->log_body = "2026-01-01T00:00:02.000000001Z "
			  "@trialdeck:metric {\"a\":1}\n";
	rig_start_server(world->rig);
	kube_until(world, "report 1.1 {\"a\":1}\n");
	kube_until(world, "ended 1.1 3 trial ");
	told_end_once(world);
}

static void test_look_at_cluster(void **state)
{
	struct kube_world *world = *state;

	interest_declare(world->folder, "cluster");
	kube_begin(world);
	kube_until(world, "node n1 pods 0 cpu 0\n"
			  "node n2 pods 1 cpu 250\n"
			  "node n3 pods 0 cpu 0\n");
}

/* Closing at every step leaves the loop in order. */
static void test_close_everywhere(void **state)
{
	struct kube_world *world = *state;

	for (int step = 0; step < 60; step += 3) {
		struct kube_object *job;

		kube_begin(world);
		kube_submit(world, 1, 1, step > 0);
		kube_moment(world, step);
		job = kube_job(world, 1, 1);
		if (job && step % 2) {
			kube_pod(world, job, "ADDED", "a", "",
				 ENDED("Succeeded", "0"));
			kube_job_is(world, job, JOB_COMPLETE);
		}
		kube_moment(world, step / 4);
		if (step % 5 == 0)
			kill_one(world);
		kube_moment(world, step / 8);
		kube_end(world);
		kube_moment(world, 2);
	}
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, kube_world_open, kube_world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kill_that_takes_for_ever),
		TEST(test_pod_goes_on),
		TEST(test_log_is_forbidden),
		TEST(test_place_waits_for_commit),
		TEST(test_many_end_at_once),
		TEST(test_server_away_while_collecting),
		TEST(test_look_at_cluster),
		TEST(test_close_everywhere),
	};

	return cmocka_run_group_tests_name("platform kubernetes, faults", tests,
					   NULL, NULL);
}
