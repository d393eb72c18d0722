/* SPDX-License-Identifier: MIT */
/* Platform kubernetes: the life of a job with several pods, in any order. */
#include "engine/platform/kubernetes/podlog_private.h"
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
#include <unistd.h>

#include <cmocka.h>

#define DONE "{\"conditions\":[{\"type\":\"Succeeded\",\"status\":\"True\"}]}"
#define BROKEN                                                                 \
	"{\"conditions\":[{\"type\":\"Failed\",\"status\":\"True\","           \
	"\"reason\":\"TFJobFailed\",\"message\":\"it failed\"}]}"
#define SAYS(text)                                                             \
	POD_IS("Failed",                                                       \
	       "\"terminated\":{\"exitCode\":3,\"containerID\":"               \
	       "\"x\",\"finishedAt\":\"2026-01-01T00:01:" text "Z\"}")

static bool read_conditions(const struct kubernetes_config *config,
			    const cJSON *object, struct kind_status *ret)
{
	const cJSON *status =
		cJSON_GetObjectItemCaseSensitive(object, "status");
	const cJSON *failed = kind_condition(status, "Failed");

	(void)config;
	*ret = (struct kind_status){.exit_code = -1};
	if (kind_condition(status, "Succeeded"))
		ret->phase = KIND_SUCCEEDED;
	else if (failed)
		ret->phase = KIND_FAILED;
	kind_set_reason(ret, kind_text(failed, "reason"),
			kind_text(failed, "message"));
	return true;
}

static const char *const leaders[] = {"chief", "worker", NULL};

static struct kind kind = {
	.name = "roles",
	.operator= "the test's operator",
	.leaders = leaders,
	.has_our_labels = true,
	.read = read_conditions,
};

static void add_role(struct kubernetes_config *config, const char *name,
		     int replicas)
{
	config->roles = xrealloc(config->roles, (config->role_count + 1) *
							sizeof(*config->roles));
	config->roles[config->role_count++] = (struct role_config){
		.name = xstrdup(name),
		.replicas = replicas,
		.gpu_number = -1,
		.min_failed = -1,
		.min_succeeded = -1,
		.pod_deletion_timeout_s = -1,
	};
}

/* ps, and two workers, the first of which leads. */
static int open_world(void **state)
{
	struct kube_world *world;

	kube_world_open(state);
	world = *state;
	kind.build = kind_job.build;
	kind.read_parts = NULL;
	kind.act = NULL;
	world->kind = &kind;
	add_role(&world->config.kubernetes, "ps", 1);
	add_role(&world->config.kubernetes, "worker", 2);
	world->log_body = "2026-01-01T00:00:01.000000001Z hello\n";
	return 0;
}

static struct k8s_job *inside(const struct kube_world *world)
{
	return world->platform->first;
}

static void ends_once(const struct kube_world *world)
{
	assert_int_equal(kube_times(world->rig->told.data, "ended 1.1"), 1);
}

static char *log_of(const struct kube_world *world)
{
	char *path = xasprintf("%s/trials/t0001/1/stdout", world->folder);
	struct strbuf text = STRBUF_INIT;
	struct error err;

	assert_true(fs_read_file(path, 65536, &text, &err));
	free(path);
	return strbuf_detach(&text);
}

static void all_run(struct kube_world *world, const struct kube_object *job)
{
	kube_role_pod(world, job, "ADDED", "ps", 0, 1, "", RUNNING);
	kube_role_pod(world, job, "ADDED", "worker", 1, 1, "", RUNNING);
	kube_role_pod(world, job, "ADDED", "worker", 0, 1, "", RUNNING);
	kube_until(world, "started 1.1\n");
}

static void test_good_life(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);
	char *text;

	kube_role_pod(world, job, "ADDED", "ps", 0, 1, "", RUNNING);
	kube_role_pod(world, job, "ADDED", "worker", 1, 1, "", RUNNING);
	kube_moment(world, 50);
	assert_false(kube_was_told(world, "started"));
	kube_role_pod(world, job, "ADDED", "worker", 0, 1, "", RUNNING);
	kube_until(world, "started 1.1\n");
	kube_role_pod(world, job, "MODIFIED", "worker", 1, 1, "",
		      ENDED("Succeeded", "0"));
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 1, "",
		      ENDED("Succeeded", "0"));
	kube_moment(world, 50);
	assert_false(kube_was_told(world, "ended 1.1"));
	kube_job_is(world, job, DONE);
	kube_until(world, "ended 1.1 0 trial \n");
	kube_until_idle(world);
	assert_null(kube_job(world, 1, 1));
	ends_once(world);
	text = log_of(world);
	assert_non_null(strstr(text, "[ps-0] hello\n"));
	assert_non_null(strstr(text, "[worker-0] hello\n"));
	assert_non_null(strstr(text, "[worker-1] hello\n"));
	assert_int_equal(kube_times(text, "\n"), 3);
	free(text);
}

static void farewell(struct kube_world *world, const char *pod, int code)
{
	platform_kubernetes.farewell(world->platform, 1, 1, pod, code);
}

/* The leading pod's word is the job's; another's log must be read if it has
 * ended without one. */
static void test_farewell(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	all_run(world, job);
	world->log_head = "500 Internal Server Error";
	farewell(world, FIRST "-worker-1", 0);
	farewell(world, "", 0);
	assert_false(inside(world)->has_farewell);
	kube_role_pod(world, job, "MODIFIED", "worker", 1, 1, "",
		      ENDED("Succeeded", "0"));
	farewell(world, FIRST "-worker-0", 0);
	kube_job_is(world, job, DONE);
	kube_until(world, "ended 1.1 0 trial \n");
}

static void test_farewell_of_one_missing(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	all_run(world, job);
	world->log_body = "2026-01-01T00:00:02.000000001Z "
			  "@trialdeck:metric {\"a\":1}\n"
			  "2026-01-01T00:00:03.000000001Z "
			  "@trialdeck:end {\"code\":0}\n";
	farewell(world, FIRST "-worker-0", 0);
	kube_role_pod(world, job, "MODIFIED", "worker", 1, 1, "",
		      ENDED("Succeeded", "0"));
	kube_moment(world, 50);
	kube_job_is(world, job, DONE);
	kube_until(world, "report 1.1 {\"a\":1}\n");
	kube_until(world, "ended 1.1 0 trial \n");
	ends_once(world);
}

/* The object is faster than the pods, and the leading one is last. */
static void test_object_first(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	kube_job_is(world, job, BROKEN);
	kube_moment(world, 50);
	kube_role_pod(world, job, "ADDED", "ps", 0, 1, "", RUNNING);
	kube_moment(world, 50);
	assert_false(kube_was_told(world, "ended 1.1"));
	kube_role_pod(world, job, "ADDED", "worker", 0, 1, "",
		      ENDED("Failed", "7"));
	kube_until(world, "started 1.1\n");
	kube_until(world, "ended 1.1 7 trial exit status 7");
	kube_until_idle(world);
	ends_once(world);
}

/* Another's failure is the cause; those that were killed for it are not. */
static void test_other_pod_fails(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	all_run(world, job);
	kube_role_pod(world, job, "MODIFIED", "worker", 1, 1, "",
		      ENDED("Failed", "3"));
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 1, DELETING,
		      ENDED("Failed", "143"));
	kube_job_is(world, job, BROKEN);
	kube_until(world, "ended 1.1 3 trial worker-1: exit status 3\n");
	kube_until_idle(world);
	ends_once(world);
}

/* An operator that deletes pods as soon as they have ended: their logs are read
 * before, and what they ended with is not forgotten. */
static void test_pods_go_at_once(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);
	char *text;

	all_run(world, job);
	assert_int_equal(world->log_requests, 0);
	kube_role_pod(world, job, "MODIFIED", "worker", 1, 1, "",
		      ENDED("Failed", "143"));
	kube_moment(world, 50);
	assert_int_equal(world->log_requests, 1);
	world->log_head = "404 Not Found";
	kube_role_pod(world, job, "MODIFIED", "worker", 1, 1, DELETING,
		      ENDED("Failed", "143"));
	kube_role_pod(world, job, "DELETED", "worker", 1, 1, DELETING,
		      ENDED("Failed", "143"));
	/* what is killed for it leaves no word of why */
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 1, DELETING,
		      "{\"phase\":\"Failed\"}");
	kube_role_pod(world, job, "DELETED", "ps", 0, 1, DELETING, RUNNING);
	kube_moment(world, 30);
	kube_job_is(world, job, BROKEN);
	kube_until(world, "ended 1.1 143 trial worker-1: killed by SIGTERM");
	kube_until_idle(world);
	text = log_of(world);
	assert_string_equal(text, "[worker-1] hello\n");
	free(text);
}

static void test_first_failure_counts(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	all_run(world, job);
	kube_role_pod(world, job, "MODIFIED", "ps", 0, 1, "", SAYS("30"));
	kube_role_pod(world, job, "MODIFIED", "worker", 1, 1, "", SAYS("20"));
	kube_moment(world, 50);
	kube_job_is(world, job, BROKEN);
	kube_until(world, "ended 1.1 3 trial worker-1: exit status 3\n");
}

/* No pod failed by itself: its object's word counts. */
static void test_only_object_knows(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	all_run(world, job);
	kube_job_is(world, job, BROKEN);
	kube_until(world, "ended 1.1 -1 trial TFJobFailed: it failed\n");
	kube_until_idle(world);
	ends_once(world);
}

static void test_evicted(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	all_run(world, job);
	kube_role_pod(world, job, "MODIFIED", "worker", 1, 1, "",
		      "{\"phase\":\"Failed\",\"reason\":\"Evicted\","
		      "\"message\":\"low on memory\"}");
	kube_job_is(world, job, BROKEN);
	kube_until(world, "ended 1.1 -1 platform worker-1: Evicted");
}

/* The operator makes a pod again: nothing is lost, and nothing has ended. */
static void test_restart(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);
	struct k8s_pod *pod;
	char *text;

	all_run(world, job);
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 1, "",
		      ENDED("Failed", "1"));
	kube_moment(world, 50);
	kube_role_pod(world, job, "DELETED", "worker", 0, 1, DELETING,
		      ENDED("Failed", "1"));
	kube_role_pod(world, job, "ADDED", "worker", 0, 2, "", RUNNING);
	/* the first one's news come late */
	kube_role_pod(world, job, "DELETED", "worker", 0, 1, DELETING,
		      ENDED("Failed", "1"));
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 1, DELETING,
		      ENDED("Failed", "1"));
	kube_moment(world, 50);
	assert_false(kube_was_told(world, "ended 1.1"));
	pod = inside(world)->lead;
	assert_int_equal(pod->before, 1);
	assert_false(pod->is_gone);
	assert_int_equal(inside(world)->place.restarts, 1);
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 2, "",
		      ENDED("Succeeded", "0"));
	kube_job_is(world, job, DONE);
	kube_until(world, "ended 1.1 0 trial \n");
	assert_int_equal(kube_times(world->rig->told.data, "started 1.1"), 1);
	kube_until_idle(world);
	/* both are in the log, though they have one name */
	text = log_of(world);
	assert_int_equal(kube_times(text, "[worker-0] hello\n"), 2);
	free(text);
}

/* The kubelet starts a container again: what it wrote before is fetched at
 * once, though nobody looks, and kept in a file of its own. */
static void test_container_again(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);
	char *path = xasprintf("%s/trials/t0001/1/previous", world->folder);
	struct strbuf text = STRBUF_INIT;
	struct error err;

	all_run(world, job);
	kube_moment(world, 50);
	assert_false(kube_was_asked(world, "previous=true"));
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 1, "",
		      "{\"phase\":\"Running\",\"containerStatuses\":[{"
		      "\"name\":\"trial\",\"restartCount\":1,\"state\":"
		      "{\"running\":{\"startedAt\":\"2026-01-01T00:02:00Z\"}}}"
		      "]}");
	for (int i = 0; i < 200 && access(path, F_OK) != 0; i++)
		kube_moment(world, 20);
	assert_true(kube_was_asked(world, "previous=true&tailLines="));
	assert_true(fs_read_file(path, 65536, &text, &err));
	assert_non_null(strstr(text.data, "before its restart 1:\n"));
	assert_int_equal(kube_times(text.data, "[worker-0] hello\n"), 1);
	strbuf_release(&text);
	free(path);
}

static void test_waits(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	kube_role_pod(world, job, "ADDED", "ps", 0, 1, "", UNSCHEDULABLE);
	kube_until(world, "waiting 1.1 ps-0: Unschedulable: no room\n");
	kube_role_pod(world, job, "ADDED", "worker", 0, 1, "", UNSCHEDULABLE);
	kube_until(world, "waiting 1.1 Unschedulable: no room\n");
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 1, "", RUNNING);
	kube_until(world, "started 1.1\n");
	/* a worker that runs does not say that all is well */
	kube_until(world, "waiting 1.1 ps-0: Unschedulable: no room\n");
	kube_role_pod(world, job, "MODIFIED", "ps", 0, 1, "", RUNNING);
	kube_until(world, "waiting 1.1 no longer\n");
}

static void test_stuck(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	all_run(world, job);
	kube_role_pod(world, job, "MODIFIED", "ps", 0, 1, "",
		      POD_IS("Pending", "\"waiting\":{\"reason\":"
					"\"ImagePullBackOff\"}"));
	kube_until(world, "waiting 1.1 ps-0: ImagePullBackOff");
	inside(world)->pods->stuck_since_ns -= 301 * NS_PER_S;
	kube_until(world, "ended 1.1 -1 platform ps-0: ImagePullBackOff");
	kube_until_idle(world);
	assert_null(kube_job(world, 1, 1));
}

static void test_nobody_takes_it_up(void **state)
{
	struct kube_world *world = *state;

	kube_make_one(world);
	kube_moment(world, 1100);
	assert_false(kube_was_told(world, "no operator"));
	inside(world)->silent_since_ns -= 31 * NS_PER_S;
	kube_until(world, "waiting 1.1 no operator has taken up this Job yet "
			  "(is the test's operator running?)\n");
	assert_false(kube_was_told(world, "ended 1.1"));
}

static void test_operator_dies(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	all_run(world, job);
	kube_role_pod(world, job, "MODIFIED", "ps", 0, 1, "",
		      ENDED("Succeeded", "0"));
	kube_role_pod(world, job, "MODIFIED", "worker", 1, 1, "",
		      ENDED("Succeeded", "0"));
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 1, "",
		      ENDED("Succeeded", "0"));
	kube_moment(world, 1100);
	assert_true(inside(world)->silent_since_ns);
	inside(world)->silent_since_ns -= 31 * NS_PER_S;
	kube_until(world, "event 1.1 operator-silent all pods of " FIRST);
	kube_until(world, "fault pods have ended, but the test's operator");
	assert_false(kube_was_told(world, "ended 1.1"));
	kube_job_is(world, job, DONE);
	kube_until(world, "ended 1.1 0 trial \n");
	kube_until(world, "fault over\n");
	ends_once(world);
}

/* While the watch was broken one was deleted, and one made again. */
static void test_missing_in_list(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	all_run(world, job);
	kube_role_pod_lists(world, job, "worker", 0, 1, RUNNING);
	kube_role_pod_lists(world, job, "worker", 1, 2, RUNNING);
	kube_relist(world, LIST_PODS);
	while (!inside(world)->pods->is_gone)
		kube_moment(world, 10);
	assert_string_equal(inside(world)->pods->role.name, "ps");
	assert_int_equal(inside(world)->pods->next->before, 1);
	assert_false(inside(world)->lead->is_gone);
	kube_moment(world, 1200);
	assert_false(kube_was_told(world, "ended 1.1"));
}

static void test_adopted(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_job_add(world, 1, 1, "{}");

	kube_role_pod_lists(world, job, "worker", 1, 1, RUNNING);
	kube_role_pod_lists(world, job, "worker", 0, 3, RUNNING);
	kube_begin(world);
	world->begun_in = FIRST "-worker-0";
	kube_submit(world, 1, 1, true);
	kube_until(world, "started 1.1\n");
	kube_moment(world, 1200);
	assert_false(kube_was_told(world, "ended 1.1"));
	assert_int_equal(world->posts, 0);
	kube_job_is(world, job, BROKEN);
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 3, "",
		      ENDED("Failed", "5"));
	kube_until(world, "ended 1.1 5 trial exit status 5");
}

static void test_object_deleted(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	all_run(world, job);
	kube_role_pod(world, job, "DELETED", "worker", 0, 1, DELETING, RUNNING);
	kube_moment(world, 1200);
	assert_false(kube_was_told(world, "ended 1.1"));
	world->log_head = "404 Not Found";
	kube_job_is_gone(world, job);
	kube_until(world, "ended 1.1 -1 trial its job was deleted by somebody");
	kube_until_idle(world);
	ends_once(world);
}

static void test_kill(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	all_run(world, job);
	world->keeps_deleted = true;
	platform_kubernetes.kill(world->platform, 1, 1);
	kube_moment(world, 50);
	assert_false(kube_was_told(world, "ended 1.1"));
	kube_role_pod(world, job, "DELETED", "ps", 0, 1, DELETING, RUNNING);
	kube_role_pod(world, job, "DELETED", "worker", 0, 1, DELETING, RUNNING);
	kube_role_pod(world, job, "DELETED", "worker", 1, 1, DELETING, RUNNING);
	kube_job_is_gone(world, job);
	kube_until(world, "ended 1.1 -1 trial killed\n");
	kube_until_idle(world);
	ends_once(world);
}

/* ---- parts -------------------------------------------------------------- */

static void test_parts(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job = kube_make_one(world);

	kube_role_pod(world, job, "ADDED", "worker", 1, 1, "", RUNNING);
	kube_role_pod(world, job, "ADDED", "ps", 0, 1, "", UNSCHEDULABLE);
	kube_role_pod(world, job, "ADDED", "worker", 0, 1, "", RUNNING);
	kube_until(world,
		   "parts 1.1 -ps-0 waiting (Unschedulable: no room), "
		   "-worker running (2 running), --worker-0* running n1, "
		   "--worker-1 running n1\n");
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 1, "",
		      ENDED("Failed", "3"));
	kube_role_pod(world, job, "ADDED", "worker", 1, 2, "", RUNNING);
	kube_role_pod(world, job, "DELETED", "ps", 0, 1, DELETING, RUNNING);
	kube_until(world, "parts 1.1 -ps-0 failed n1 (its pod was deleted), "
			  "-worker failed r1 (1 running, 1 failed), "
			  "--worker-0* failed n1 (exit status 3), "
			  "--worker-1 running n1 r1\n");
	/* not with every news */
	strbuf_clear(&world->rig->told);
	for (int i = 0; i < 20; i++) {
		kube_role_pod(world, job, "MODIFIED", "worker", 1, 2, "",
			      RUNNING);
		kube_moment(world, 10);
	}
	assert_in_range(kube_times(world->rig->told.data, "parts"), 0, 2);
	/* and a last time before the end */
	kube_role_pod(world, job, "MODIFIED", "worker", 1, 2, "",
		      ENDED("Failed", "4"));
	kube_moment(world, 30);
	kube_job_is(world, job, BROKEN);
	kube_until(world, "--worker-1 failed n1 r1 (exit status 4)\n"
			  "ended 1.1 3 trial exit status 3\n");
}

static void read_steps(const cJSON *object, struct part_list *ret)
{
	const cJSON *steps = cJSON_GetObjectItem(
		cJSON_GetObjectItem(object, "status"), "steps");
	const cJSON *step;

	cJSON_ArrayForEach (step, steps) {
		struct trial_part *part = part_list_add(ret);

		snprintf(part->name, sizeof(part->name), "%s",
			 kind_text(step, "name"));
		snprintf(part->pod, sizeof(part->pod), "%s",
			 kind_text(step, "pod"));
		part->state = PART_RUNNING;
	}
}

/* What the object does not say its pods do. */
static void test_parts_of_object(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job;

	kind.read_parts = read_steps;
	job = kube_make_one(world);
	kube_job_is(world, job,
		    "{\"steps\":[{\"name\":\"first\"},{\"name\":\"second\","
		    "\"pod\":\"" FIRST "-worker-0\"}]}");
	kube_until(world, "parts 1.1 -first running, -second running\n");
	kube_role_pod(world, job, "ADDED", "worker", 0, 1, "", RUNNING);
	kube_until(world, "parts 1.1 -first running, -second* running n1\n");
}

/* ---- acting ------------------------------------------------------------- */

static bool act(enum kind_action action, const cJSON *object,
		struct kind_patch *ret, struct error *err)
{
	if (action != KIND_SUSPEND)
		return error_set(
			err, ERROR_INVALID, "cannot do that to %s",
			kind_text(cJSON_GetObjectItem(object, "metadata"),
				  "name"));
	ret->content_type = "application/merge-patch+json";
	ret->body = xstrdup("{\"spec\":{\"suspend\":true}}");
	return true;
}

static void test_act(void **state)
{
	struct kube_world *world = *state;
	struct error err;

	kube_make_one(world);
	kind.act = NULL;
	assert_false(platform_kubernetes.act(world->platform, 1, 1,
					     KIND_SUSPEND, 7, &err));
	kind.act = act;
	assert_false(platform_kubernetes.act(world->platform, 2, 1,
					     KIND_SUSPEND, 7, &err));
	assert_true(platform_kubernetes.act(world->platform, 1, 1, KIND_SUSPEND,
					    7, &err));
	kube_until(world, "acted 7 well\n");
	assert_true(kube_was_asked(world, "PATCH /apis/batch/v1/namespaces/"
					  "lab/jobs/" FIRST));
	assert_true(platform_kubernetes.act(world->platform, 1, 1, KIND_RETRY,
					    8, &err));
	kube_until(world, "acted 8 cannot do that to " FIRST "\n");
	/* closing forgets what is under way */
	assert_true(platform_kubernetes.act(world->platform, 1, 1, KIND_SUSPEND,
					    9, &err));
	kube_end(world);
	kube_moment(world, 20);
	assert_false(kube_was_told(world, "acted 9"));
}

/* ---- pods without our keeper -------------------------------------------- */

#define AT(second) "2026-01-01T00:00:0" second ".000000001Z "

static void without_keeper(struct kube_world *world)
{
	world->config.kubernetes.keeper = KEEPER_NONE;
	world->log_body = AT("1") "loss=0.5\n" AT("2") "acc=0.1\n" AT(
		"3") "loss=0.25\n" AT("4") "{\"metric\":{\"acc\":0.2}}"
					   "\n" AT("5") "final=0.9\n" AT(
						   "6") "NNISDK_MEb'{\"type\":"
							"\"FINAL\"}'\n";
}

static void test_metrics_in_logs(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job;
	const char *told;
	char *text;

	without_keeper(world);
	job = kube_make_one(world);
	kube_role_pod(world, job, "ADDED", "worker", 1, 1, "", RUNNING);
	kube_role_pod(world, job, "ADDED", "worker", 0, 1, "", RUNNING);
	/* at once, since there is no other way */
	kube_until(world, "nni 1.1 {\"type\":\"FINAL\"}\n");
	told = world->rig->told.data;
	assert_non_null(strstr(told, "{\"name\":\"loss\",\"type\":"
				     "\"intermediate\",\"sequence\":0,"));
	assert_non_null(strstr(told, "{\"name\":\"loss\",\"type\":"
				     "\"intermediate\",\"sequence\":1,"));
	assert_non_null(strstr(told, "{\"name\":\"acc\",\"type\":"
				     "\"intermediate\",\"sequence\":1,"));
	assert_non_null(strstr(told, "\"type\":\"final\",\"sequence\":0,"));
	/* the leading pod's alone */
	kube_moment(world, 100);
	assert_int_equal(kube_times(told, "report"), 5);
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 1, "",
		      ENDED("Succeeded", "0"));
	kube_job_is(world, job, DONE);
	kube_until(world, "ended 1.1 0 trial \n");
	kube_until_idle(world);
	assert_int_equal(kube_times(world->rig->told.data, "report"), 5);
	/* they are part of the log */
	text = log_of(world);
	assert_non_null(strstr(text, "[worker-0] loss=0.5\n"));
	free(text);
}

/* Read again after a crash, lines have the numbers they had; what follows goes
 * on from there. */
static void test_numbers_survive(void **state)
{
	struct kube_world *world = *state;
	struct kube_object *job;

	world->config.kubernetes.keeper = KEEPER_NONE;
	world->log_body = AT("1") "loss=0.5\n" AT("2") "loss=0.4\n";
	job = kube_make_one(world);
	kube_role_pod(world, job, "ADDED", "worker", 0, 1, "", RUNNING);
	kube_until(world, "\"sequence\":1,");
	kube_moment(world, 20);
	inside(world)->log->saved_ns -= 6 * NS_PER_S;
	podlog_tick(inside(world)->log); /* writes down the place */
	kube_moment(world, 20);
	kube_role_pod_lists(world, job, "worker", 0, 1, RUNNING);
	kube_end(world);
	strbuf_clear(&world->rig->told);
	world->log_body =
		AT("1") "loss=0.5\n" AT("2") "loss=0.4\n" AT("3") "loss=0.3\n";
	kube_begin(world);
	kube_submit(world, 1, 1, true);
	kube_until(world, "report 1.1 {\"name\":\"loss\",\"type\":"
			  "\"intermediate\",\"sequence\":2,");
	kube_role_pod(world, job, "MODIFIED", "worker", 0, 1, "",
		      ENDED("Succeeded", "0"));
	kube_job_is(world, job, DONE);
	kube_until(world, "ended 1.1 0 trial \n");
	assert_int_equal(kube_times(world->rig->told.data, "report"), 1);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, open_world, kube_world_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good_life),
		TEST(test_farewell),
		TEST(test_farewell_of_one_missing),
		TEST(test_object_first),
		TEST(test_other_pod_fails),
		TEST(test_pods_go_at_once),
		TEST(test_first_failure_counts),
		TEST(test_only_object_knows),
		TEST(test_evicted),
		TEST(test_restart),
		TEST(test_container_again),
		TEST(test_waits),
		TEST(test_stuck),
		TEST(test_nobody_takes_it_up),
		TEST(test_operator_dies),
		TEST(test_missing_in_list),
		TEST(test_adopted),
		TEST(test_object_deleted),
		TEST(test_kill),
		TEST(test_parts),
		TEST(test_parts_of_object),
		TEST(test_act),
		TEST(test_metrics_in_logs),
		TEST(test_numbers_survive),
	};

	return cmocka_run_group_tests_name("platform kubernetes, roles", tests,
					   NULL, NULL);
}
