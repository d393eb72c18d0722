/* SPDX-License-Identifier: MIT */
/* Platform kubernetes: every order in which news about a job may come. */
#include "base/mem.h"
#include "tests/unit/platform/kube_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void farewell(struct kube_world *world, int code)
{
	platform_kubernetes.farewell(world->platform, 1, 1, "", code);
}

static void kill_one(struct kube_world *world)
{
	platform_kubernetes.kill(world->platform, 1, 1);
}

static void told_end_once(const struct kube_world *world)
{
	assert_int_equal(kube_times(world->rig->told.data, "ended 1.1"), 1);
}

static void test_good_life(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	kube_job_is(world, job, JOB_ACTIVE);
	kube_pod(world, job, "ADDED", "a", "", RUNNING);
	kube_until(world, "started 1.1\n");
	farewell(world, 0);
	kube_job_is(world, job, JOB_COMPLETE);
	kube_until(world, "ended 1.1 0 trial \n");
	kube_pod(world, job, "MODIFIED", "a", "", ENDED("Succeeded", "0"));
	kube_until_idle(world);
	assert_null(kube_job(world, 1, 1));
	told_end_once(world);
	platform_kubernetes.wind_up(world->platform);
	kube_until_idle(world);
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
	kube_until_idle(world);
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
	struct kube_object *job = kube_make_one(world);

	kube_pod(world, job, "ADDED", "a", "", RUNNING);
	kube_until(world, "started 1.1\n");
	world->log_head = "404 Not Found";
	kube_pod(world, job, "ADDED", "b", "", RUNNING);
	kube_until(world, "ended 1.1 -1 platform its pod was deleted");
	kube_until_idle(world);
	assert_null(kube_job(world, 1, 1));
	told_end_once(world);
}

static void test_pod_deleted(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	world->log_head = "404 Not Found";
	kube_pod(world, job, "ADDED", "a", "", RUNNING);
	kube_until(world, "started 1.1\n");
	kube_pod(world, job, "DELETED", "a", DELETING, RUNNING);
	kube_until(world, "ended 1.1 -1 platform its pod was deleted");
	kube_until_idle(world);
	told_end_once(world);
}

/* Deleted while the watch was broken. */
static void test_pod_missing_in_list(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

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
	struct kube_object *job = kube_make_one(world);

	world->log_head = "404 Not Found";
	kube_pod(world, job, "ADDED", "a", "", RUNNING);
	kube_until(world, "started 1.1\n");
	kube_pod(world, job, "MODIFIED", "a", DELETING, RUNNING);
	kube_moment(world, 50);
	kube_job_goes(world, job);
	kube_until(world, "ended 1.1 -1 trial its job was deleted by somebody");
	kube_pod(world, job, "DELETED", "a", DELETING, RUNNING);
	kube_moment(world, 50);
	assert_true(kube_is_busy(world));
	kube_job_is_gone(world, job);
	kube_until_idle(world);
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

/* The first one has gone while nobody watched. */
static void test_resume_finds_another_pod(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_job_add(world, 1, 1, JOB_ACTIVE);
	struct kube_object *other = kube_job_add(world, 2, 1, JOB_ACTIVE);

	world->log_head = "404 Not Found";
	kube_pod_lists(world, job, "b", RUNNING);
	kube_pod_lists(world, other, "b", RUNNING);
	kube_begin(world);
	world->begun_in = FIRST "-a";
	kube_submit(world, 1, 1, true);
	world->begun_in = "nni-exp-expx1234-trial-t0002-1-b";
	kube_submit(world, 2, 1, true);
	kube_until(world, "ended 1.1 -1 platform its pod was deleted");
	kube_moment(world, 1500);
	assert_false(kube_was_told(world, "ended 2.1"));
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
	kube_until_idle(world);
	assert_null(kube_job(world, 1, 1));
	assert_null(kube_job(world, 7, 1));
	assert_int_equal(world->posts, 0);
}

/* While somebody looks whether its code is still there. */
static void test_resume_before_the_code(void **state)
{
	static const char digest[] = "0123456789abcdef0123456789abcdef"
				     "0123456789abcdef0123456789abcdef";
	struct kube_world *world = *state;
	struct kube_object *job;
	struct error err;

	world->is_code_coming = true;
	world->config.trial_code_directory = xstrdup(world->folder);
	job = kube_job_add(world, 1, 1, JOB_ACTIVE);
	kube_pod_lists(world, job, FIRST "-p", RUNNING);
	kube_begin(world);
	kube_submit(world, 1, 1, true);
	kube_submit(world, 2, 1, true);
	kube_until(world, "started 1.1");
	kube_until(world, "waiting 2.1 bringing the code to the storage");
	assert_false(kube_was_asked(world, "DELETE "));
	assert_false(kube_was_asked(world, "POST /apis/batch/v1"));
	assert_true(
		platform_kubernetes.set_code(world->platform, digest, &err));
	kube_until(world, "created 2.1");
	assert_int_equal(world->posts, 1);
	assert_false(kube_was_asked(world, "DELETE "));
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
	struct kube_object *job = kube_make_one(world);

	world->platform->first->has_secret = false;
	kube_job_is(world, job, JOB_FAILED);
	kube_until(world, "ended 1.1 -1 trial BackoffLimitExceeded");
	kube_until_idle(world);
	told_end_once(world);
}

static void test_kill(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

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
	kube_until_idle(world);
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
	kube_until_idle(world);
	assert_null(kube_job(world, 2, 1));
	/* one that is not known at all */
	platform_kubernetes.kill(world->platform, 3, 1);
	kube_until(world, "ended 3.1 -1 trial was not running");
	kube_until_idle(world);
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
		TEST(test_resume_finds_another_pod),
		TEST(test_resume_finds_it_ended),
		TEST(test_resume_finds_nothing),
		TEST(test_resume_before_the_code),
		TEST(test_ends_without_pod),
		TEST(test_kill),
		TEST(test_kill_early),
	};

	return cmocka_run_group_tests_name("platform kubernetes", tests, NULL,
					   NULL);
}
