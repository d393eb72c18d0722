/* SPDX-License-Identifier: MIT */
/* Platform kubernetes: every order in which news about a job may come. */
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

#define FIRST "nni-exp-expx1234-trial-t0001-1"

/* Opened, with trial 1 submitted and its job made. */
static struct kube_object *make_one(struct kube_world *world)
{
	kube_begin(world);
	kube_submit(world, 1, 1, false);
	kube_until(world, "created 1.1 " FIRST "\n");
	kube_moment(world, 20); /* its Secret, the watches */
	return kube_job(world, 1, 1);
}

static void farewell(struct kube_world *world, int code)
{
	platform_kubernetes.farewell(world->platform, 1, 1, code);
}

static void kill_one(struct kube_world *world)
{
	platform_kubernetes.kill(world->platform, 1, 1);
}

static bool is_busy(const struct kube_world *world)
{
	return platform_kubernetes.is_busy(world->platform);
}

static void until_idle(struct kube_world *world)
{
	int64_t deadline = clock_mono_ns() + 10 * NS_PER_S;

	while (is_busy(world) && clock_mono_ns() < deadline)
		kube_moment(world, 10);
	assert_false(is_busy(world));
}

static void told_end_once(const struct kube_world *world)
{
	assert_int_equal(kube_times(world->rig->told.data, "ended 1.1"), 1);
}

static void test_good_life(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = make_one(world);

	kube_job_is(world, job, JOB_ACTIVE);
	kube_pod(world, job, "ADDED", "a", "", RUNNING);
	kube_until(world, "started 1.1\n");
	farewell(world, 0);
	kube_job_is(world, job, JOB_COMPLETE);
	kube_until(world, "ended 1.1 0 trial \n");
	kube_pod(world, job, "MODIFIED", "a", "", ENDED("Succeeded", "0"));
	until_idle(world);
	assert_null(kube_job(world, 1, 1));
	told_end_once(world);
	platform_kubernetes.wind_up(world->platform);
	until_idle(world);
	assert_true(kube_was_asked(world, "DELETE /api/v1/namespaces/lab/"
					  "configmaps/nni-exp-expx1234-link"));
}

/* All that is ever told of a job may come before the answer to its request. */
static void test_watch_faster_than_answer(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job;

	world->holds_posts = true;
	kube_begin(world);
	kube_submit(world, 1, 1, false);
	while (!world->held_post)
		kube_moment(world, 5);
	job = kube_job(world, 1, 1);
	kube_pod(world, job, "ADDED", "a", "", ENDED("Succeeded", "0"));
	kube_job_is(world, job, JOB_COMPLETE);
	farewell(world, 0);
	kube_until(world, "ended 1.1 0 trial \n");
	until_idle(world);
	assert_int_equal(world->posts, 1);
	told_end_once(world);
}

/* The request was carried out, its answer lost; the trial ends meanwhile. */
static void test_answer_lost(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job;

	world->holds_posts = true;
	kube_begin(world);
	kube_submit(world, 1, 1, false);
	while (!world->held_post)
		kube_moment(world, 5);
	job = kube_job(world, 1, 1);
	kube_job_is(world, job, JOB_COMPLETE);
	kube_pod(world, job, "ADDED", "a", "", ENDED("Succeeded", "0"));
	kube_moment(world, 20);
	rig_cut(world->rig, world->held_post);
	kube_until(world, "ended 1.1 0 trial \n");
	told_end_once(world);
}

/* The list was made before the job, and comes after it. */
static void test_made_while_listing(void **state)
{
	struct kube_world *world = *state;
	char *items;

	kube_begin(world);
	kube_submit(world, 1, 1, false);
	kube_until(world, "created 1.1");
	kube_moment(world, 20);
	world->holds_list[LIST_JOBS] = true;
	kube_relist(world, LIST_JOBS);
	while (!world->lists[LIST_JOBS])
		kube_moment(world, 5);
	items = kube_items(world, LIST_JOBS);
	kube_submit(world, 2, 1, false);
	kube_until(world, "created 2.1");
	kube_list_answer(world, LIST_JOBS, items);
	free(items);
	world->holds_list[LIST_JOBS] = false;
	kube_moment(world, 50);
	assert_false(kube_was_told(world, "ended"));
	/* the next list has it, and misses the other */
	kube_job(world, 1, 1)->name[0] = '\0';
	kube_relist(world, LIST_JOBS);
	kube_until(world, "ended 1.1 -1 trial its job was deleted by somebody");
	assert_false(kube_was_told(world, "ended 2.1"));
}

/* A drained node: the controller makes another pod before the first is gone. */
static void test_pod_replaced(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = make_one(world);

	kube_pod(world, job, "ADDED", "a", "", RUNNING);
	kube_until(world, "started 1.1\n");
	kube_pod(world, job, "MODIFIED", "a", DELETING, RUNNING);
	kube_pod(world, job, "ADDED", "b", "", RUNNING);
	world->log_head = "404 Not Found";
	kube_until(world, "ended 1.1 -1 platform its pod was deleted");
	until_idle(world);
	assert_null(kube_job(world, 1, 1));
	told_end_once(world);
}

static void test_pod_deleted(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = make_one(world);

	world->log_head = "404 Not Found";
	kube_pod(world, job, "ADDED", "a", "", RUNNING);
	kube_until(world, "started 1.1\n");
	kube_pod(world, job, "DELETED", "a", DELETING, RUNNING);
	kube_until(world, "ended 1.1 -1 platform its pod was deleted");
	until_idle(world);
	told_end_once(world);
}

/* Deleted while the watch was broken. */
static void test_pod_missing_in_list(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = make_one(world);

	world->log_head = "404 Not Found";
	kube_pod(world, job, "ADDED", "a", "", RUNNING);
	kube_until(world, "started 1.1\n");
	kube_pod_lists(world, job, "a", RUNNING);
	kube_relist(world, LIST_PODS);
	kube_moment(world, 1500);
	assert_false(kube_was_told(world, "ended"));
	free(world->pods);
	world->pods = NULL;
	kube_relist(world, LIST_PODS);
	kube_until(world, "ended 1.1 -1 platform its pod was deleted");
}

/* Somebody deletes the job: its pod goes with it, and is told first. */
static void test_job_deleted_pod_first(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = make_one(world);

	world->log_head = "404 Not Found";
	kube_pod(world, job, "ADDED", "a", "", RUNNING);
	kube_until(world, "started 1.1\n");
	kube_pod(world, job, "MODIFIED", "a", DELETING, RUNNING);
	kube_moment(world, 50);
	kube_job_goes(world, job);
	kube_until(world, "ended 1.1 -1 trial its job was deleted by somebody");
	kube_pod(world, job, "DELETED", "a", DELETING, RUNNING);
	kube_moment(world, 50);
	assert_true(is_busy(world));
	kube_job_is_gone(world, job);
	until_idle(world);
	told_end_once(world);
}

/* Two pods of one attempt when we come back. */
static void test_resume_finds_two_pods(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_job_add(world, 1, 1, JOB_ACTIVE);

	world->log_head = "404 Not Found";
	kube_pod_lists(world, job, "b", RUNNING);
	kube_pod_lists(world, job, "a", RUNNING);
	world->holds_list[LIST_JOBS] = true;
	kube_begin(world);
	kube_submit(world, 1, 1, true);
	kube_moment(world, 50);
	world->holds_list[LIST_JOBS] = false;
	{
		char *items = kube_items(world, LIST_JOBS);

		kube_list_answer(world, LIST_JOBS, items);
		free(items);
	}
	kube_until(world, "ended 1.1 -1 platform its pod was deleted");
	assert_int_equal(world->posts, 0);
}

static void test_resume_finds_it_ended(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_job_add(world, 1, 1, JOB_FAILED);

	kube_job_add(world, 7, 1, JOB_ACTIVE); /* nobody's */
	world->log_body = "2026-01-01T00:00:01.000000001Z hello\n"
			  "2026-01-01T00:00:02.000000001Z "
			  "@trialdeck:metric {\"a\":1}\n";
	kube_pod_lists(world, job, "a", ENDED("Failed", "3"));
	kube_begin(world);
	kube_submit(world, 1, 1, true);
	kube_until(world, "report 1.1 {\"a\":1}\n");
	kube_until(world, "ended 1.1 3 trial exit status 3\n");
	until_idle(world);
	assert_null(kube_job(world, 1, 1));
	assert_null(kube_job(world, 7, 1));
	assert_int_equal(world->posts, 0);
}

static void test_resume_finds_nothing(void **state)
{
	struct kube_world *world = *state;

	kube_begin(world);
	kube_submit(world, 1, 1, true);
	kube_until(world, "created 1.1");
	assert_int_equal(world->posts, 1);
}

/* The Secret cannot be made; the job ends, and no pod was ever seen. */
static void test_ends_without_pod(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = make_one(world);

	world->platform->first->has_secret = false;
	kube_job_is(world, job, JOB_FAILED);
	kube_until(world, "ended 1.1 -1 trial BackoffLimitExceeded");
	until_idle(world);
	told_end_once(world);
}

static void test_kill(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = make_one(world);

	kube_pod(world, job, "ADDED", "a", "", RUNNING);
	kube_until(world, "started 1.1\n");
	world->keeps_deleted = true;
	kill_one(world);
	kill_one(world);
	kube_moment(world, 50);
	assert_int_equal(kube_times(world->rig->seen.data, "DELETE"), 1);
	assert_false(kube_was_told(world, "ended"));
	kube_pod(world, job, "DELETED", "a", DELETING, RUNNING);
	kube_moment(world, 50);
	kube_job_is_gone(world, job);
	kube_until(world, "ended 1.1 -1 trial killed\n");
	until_idle(world);
	told_end_once(world);
}

/* Before its job is made, and while. */
static void test_kill_early(void **state)
{
	struct kube_world *world = *state;

	kube_begin(world);
	kube_submit(world, 1, 1, false);
	kill_one(world);
	kube_until(world, "ended 1.1 -1 trial canceled before it started");
	world->holds_posts = true;
	kube_submit(world, 2, 1, false);
	while (!world->held_post)
		kube_moment(world, 5);
	platform_kubernetes.kill(world->platform, 2, 1);
	kube_until(world, "ended 2.1 -1 trial killed");
	until_idle(world);
	assert_null(kube_job(world, 2, 1));
	/* one that is not known at all */
	platform_kubernetes.kill(world->platform, 3, 1);
	kube_until(world, "ended 3.1 -1 trial was not running");
	until_idle(world);
}

/* Its node is lost: it is never gone. */
static void test_kill_that_takes_for_ever(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = make_one(world);

	kube_pod(world, job, "ADDED", "a", "", RUNNING);
	kube_until(world, "started 1.1\n");
	world->keeps_deleted = true;
	kill_one(world);
	kube_moment(world, 50);
	world->platform->first->removed_ns -= 91 * NS_PER_S;
	kube_until(world, "ended 1.1 -1 trial killed; its pod is not gone");
	/* and a run without a screen ends all the same */
	assert_true(is_busy(world));
	world->platform->progress_ns -= 61 * NS_PER_S;
	assert_false(is_busy(world));
}

/* A container that somebody added to the pod goes on. */
static void test_pod_goes_on(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = make_one(world);

	world->config.kubernetes.cleanup = CLEANUP_NONE;
	kube_pod(world, job, "ADDED", "a", "", ENDED("Running", "0"));
	kube_until(world, "started 1.1\n");
	kube_moment(world, 20);
	world->platform->first->lingering_since_ns -= 31 * NS_PER_S;
	kube_until(world, "ended 1.1 0 trial \n");
	until_idle(world);
	assert_null(kube_job(world, 1, 1));
}

/* Logs that may not be read are not asked for again and again. */
static void test_log_is_forbidden(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = make_one(world);

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
	struct kube_object *job = make_one(world);
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
	until_idle(world);
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
			platform_kubernetes.farewell(world->platform, i, 1, 0);
		kube_job_is(world, job, JOB_COMPLETE);
	}
	until_idle(world);
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
	struct kube_object *job = make_one(world);
	struct k8s_job *inside = world->platform->first;

	world->log_head = "500 Internal Server Error";
	kube_pod(world, job, "ADDED", "a", "", ENDED("Failed", "3"));
	kube_job_is(world, job, JOB_FAILED);
	kube_moment(world, 50);
	assert_int_equal(inside->phase, K8S_COLLECTING);
	rig_stop_server(world->rig);
	kube_until(world, "fault ");
	platform_kubernetes.farewell(world->platform, 2, 1, 0); /* nobody */
	assert_true(k8s_log_may_come(inside));
	world->log_head = "200 OK";
	world->log_body = "2026-01-01T00:00:02.000000001Z "
			  "@trialdeck:metric {\"a\":1}\n";
	rig_start_server(world->rig);
	kube_until(world, "report 1.1 {\"a\":1}\n");
	kube_until(world, "ended 1.1 3 trial ");
	told_end_once(world);
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
		TEST(test_good_life),
		TEST(test_watch_faster_than_answer),
		TEST(test_answer_lost),
		TEST(test_made_while_listing),
		TEST(test_pod_replaced),
		TEST(test_pod_deleted),
		TEST(test_pod_missing_in_list),
		TEST(test_job_deleted_pod_first),
		TEST(test_resume_finds_two_pods),
		TEST(test_resume_finds_it_ended),
		TEST(test_resume_finds_nothing),
		TEST(test_ends_without_pod),
		TEST(test_kill),
		TEST(test_kill_early),
		TEST(test_kill_that_takes_for_ever),
		TEST(test_pod_goes_on),
		TEST(test_log_is_forbidden),
		TEST(test_place_waits_for_commit),
		TEST(test_many_end_at_once),
		TEST(test_server_away_while_collecting),
		TEST(test_close_everywhere),
	};

	return cmocka_run_group_tests_name("platform kubernetes", tests, NULL,
					   NULL);
}
