/* SPDX-License-Identifier: MIT */
/* Which of its job's pods one is, by the labels of all generations. */
#include "engine/pod/role.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct sample {
	const char *name, *labels, *annotations, *expected;
};

static void check(const struct sample *sample)
{
	char text[1024], name[80];
	struct pod_role role;
	cJSON *pod;

	snprintf(text, sizeof(text),
		 "{\"metadata\":{\"name\":\"%s\",\"labels\":{%s},"
		 "\"annotations\":{%s}}}",
		 sample->name, sample->labels, sample->annotations);
	pod = cJSON_Parse(text);
	assert_non_null(pod);
	pod_role_read(pod, "job", &role);
	pod_role_format(&role, name, sizeof(name));
	cJSON_Delete(pod);
	assert_string_equal(name, sample->expected);
}

static void test_generations(void **state)
{
	static const struct sample samples[] = {
		/* ours, and the index in the name */
		{"job-worker-1", "\"role\":\"worker\"", "", "worker-1"},
		{"job-launcher", "\"role\":\"launcher\"", "", "launcher"},
		{"job-worker-12-x7k2p",
		 "\"role\":\"worker\",\"task_index\":"
		 "\"12\"",
		 "", "worker-12"},
		/* training operator, new and old */
		{"job-worker-3",
		 "\"training.kubeflow.org/replica-type\":\"worker\","
		 "\"training.kubeflow.org/replica-index\":\"3\"",
		 "", "worker-3"},
		{"job-ps-0",
		 "\"tf-replica-type\":\"ps\",\"tf-replica-index\":\"0\"", "",
		 "ps-0"},
		{"job-m-0",
		 "\"pytorch-replica-type\":\"master\","
		 "\"pytorch-replica-index\":\"0\"",
		 "", "master-0"},
		{"job-worker-ab12-0-x7k2p",
		 "\"job_type\":\"WORKER\",\"task_index\":\"0\"", "",
		 "WORKER-0"},
		/* FrameworkController, and the launcher */
		{"job-server-2",
		 "\"FC_TASKROLE_NAME\":\"server\",\"FC_TASK_INDEX\":\"2\"", "",
		 "server-2"},
		{"job-server-2",
		 "\"TASKROLE_NAME\":\"server\",\"TASK_INDEX\":\"2\"", "",
		 "server-2"},
		/* ours wins */
		{"job-worker-3",
		 "\"role\":\"trainer\",\"replica-type\":\"worker\"", "",
		 "trainer-3"},
		/* an indexed Job's */
		{"job-0-x7k2p",
		 "\"batch.kubernetes.io/job-completion-index\":\"4\"", "",
		 "0-x7k2p-4"},
		/* a workflow's steps */
		{"job-1234567", "",
		 "\"workflows.argoproj.io/node-name\":\"job[1].train\"",
		 "train"},
		{"job-1234567", "",
		 "\"workflows.argoproj.io/node-name\":\"job.a.b(0)\"", "b(0)"},
		{"job", "",
		 "\"workflows.argoproj.io/"
		 "node-name\":\"job[0].try(1:lr:0.01)\"",
		 "try(1:lr:0.01)"},
		{"job", "",
		 "\"workflows.argoproj.io/node-name\":\"job.a(0:0.1).b(1:x)\"",
		 "b(1:x)"},
		{"job", "", "\"workflows.argoproj.io/node-name\":\"job\"",
		 "job"},
		/* nothing is known */
		{"job-main", "", "", "main"},
		{"other-1", "", "", "other-1"},
		{"job", "", "", "job"},
		/* what is no index */
		{"job-worker-x", "\"role\":\"worker\"", "", "worker"},
		{"job-worker-123456", "\"role\":\"worker\"", "", "worker"},
		{"job-worker-1", "\"role\":\"worker\",\"replica-index\":\"-1\"",
		 "", "worker"},
		{"other-worker-1", "\"role\":\"worker\"", "", "worker"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		check(&samples[i]);
}

static void test_hostile(void **state)
{
	struct pod_role role;
	char name[16], text[400];
	cJSON *pod = cJSON_Parse("{\"metadata\":[1]}");

	(void)state;
	pod_role_read(pod, "job", &role);
	assert_string_equal(role.name, "");
	cJSON_Delete(pod);
	pod_role_read(NULL, "job", &role);
	assert_int_equal(role.index, -1);
	snprintf(text, sizeof(text),
		 "{\"metadata\":{\"name\":\"job-1\",\"labels\":{\"role\":\""
		 "\\u001b[31m%0200d\"}}}",
		 7);
	pod = cJSON_Parse(text);
	pod_role_read(pod, "job", &role);
	cJSON_Delete(pod);
	assert_null(strchr(role.name, '\033'));
	assert_true(strlen(role.name) < sizeof(role.name));
	pod_role_format(&role, name, sizeof(name));
	assert_true(strlen(name) < sizeof(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("pod roles", tests, NULL, NULL);
}
