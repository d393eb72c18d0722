/* SPDX-License-Identifier: MIT */
/* Frameworks, built: of task roles and of manifests, each as its fixture has
 * it, and what stands before commands. */
#include "engine/kind/framework.h"

#include "base/mem.h"
#include "tests/unit/kind/framework_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROLE "spec.taskRoles.0."
#define POD ROLE "task.pod.spec."

static void builds_one_role(void **state)
{
	(void)state;
	expect_framework("  kind: framework\n"
			 "  taskRoles: [{name: worker}]\n",
			 "framework-v1.json");
}

/* The experiment of NNI's manual, with the servers of its neighbour. */
static void builds_roles(void **state)
{
	(void)state;
	expect_framework("  kind: framework\n"
			 "  serviceAccountName: frameworkcontroller\n"
			 "  activeDeadlineSeconds: 2h\n"
			 "  retryPolicy: {fancyRetryPolicy: true}\n"
			 "  taskRoles:\n"
			 "  - name: worker\n"
			 "    taskNumber: 2\n"
			 "    command: python3 worker.py\n"
			 "    resources: {cpu: 1, memory: 4Gi, gpu: 1}\n"
			 "    minFailedTaskCount: 1\n"
			 "    minSucceededTaskCount: 1\n"
			 "    retryPolicy: {maxRetryCount: 2}\n"
			 "    podGracefulDeletionTimeoutSec: 1800\n"
			 "  - name: ps\n"
			 "    command: python3 ps.py\n"
			 "    image: test.local/ps:1\n"
			 "    minFailedTaskCount: -1\n",
			 "framework-v1-roles.json");
}

static void builds_a_manifest(void **state)
{
	char *path = framework_fixture_path("framework-template.yaml");
	char *service = xasprintf("  kind: framework\n"
				  "  manifest: %s\n"
				  "  labels: {team: vision}\n",
				  path);
	struct sample sample;

	(void)state;
	expect_framework(service, "framework-v1-template.json");
	sample_init(&sample, "", service);
	/* known by the template's own name for it */
	assert_string_equal(sample.config.kubernetes.primary_container,
			    "mnist");
	assert_int_equal(sample.config.kubernetes.role_count, 2);
	assert_string_equal(sample.config.kubernetes.roles[0].command,
			    "python3 mnist.py --lr 'a b'");
	assert_int_equal(sample.config.kubernetes.roles[1].replicas, 1);
	sample_release(&sample);
	free(service);
	free(path);
}

/* --- the barrier -------------------------------------------------------- */

#define TWO "  taskRoles: [{name: worker, taskNumber: 2}]\n"

static bool has_barrier(const char *service)
{
	struct sample sample;
	bool has;

	sample_init(&sample, "", service);
	has = framework_has_barrier(&sample.config);
	sample_release(&sample);
	return has;
}

static void chooses_the_barrier(void **state)
{
	struct sample sample;

	(void)state;
	assert_false(has_barrier("  kind: framework\n" TWO));
	assert_true(has_barrier("  kind: framework\n"
				"  serviceAccountName: a\n" TWO));
	assert_false(has_barrier("  kind: framework\n"
				 "  serviceAccountName: a\n"
				 "  taskRoles: [{name: worker}]\n"));
	assert_true(has_barrier("  kind: framework\n"
				"  serviceAccountName: a\n"
				"  taskRoles: [{name: a}, {name: b}]\n"));
	assert_true(has_barrier("  kind: framework\n  barrier: on\n"
				"  taskRoles: [{name: worker}]\n"));
	assert_false(has_barrier("  kind: framework\n  barrier: off\n"
				 "  serviceAccountName: a\n" TWO));
	assert_false(has_barrier("  kind: launcher\n"
				 "  serviceAccountName: a\n" TWO));
	/* NNI's files want one, whatever they say of accounts */
	sample_init(&sample, "", "  kind: framework\n" TWO);
	free(sample.config.platform);
	sample.config.platform = xstrdup("frameworkcontroller");
	assert_true(framework_has_barrier(&sample.config));
	sample_release(&sample);
}

static char *command_of(const char *service, size_t role)
{
	struct sample sample;
	char *command;

	sample_init(&sample, "", service);
	command = kind_command(kind_find(sample.config.kubernetes.kind),
			       &sample.config,
			       &sample.config.kubernetes.roles[role], "x; y");
	sample_release(&sample);
	return command;
}

static void writes_commands(void **state)
{
	char *command = command_of("  kind: framework\n" TWO, 0);

	(void)state;
	assert_string_equal(command, "x; y");
	free(command);
	command = command_of("  kind: launcher\n" TWO, 0);
	assert_string_equal(command, "x; y");
	free(command);
	command = command_of(
		"  kind: framework\n"
		"  barrier: on\n"
		"  podTemplate: {spec: {containers: [{name: framework,\n"
		"    ports: [{containerPort: 70}]}]}}\n"
		"  taskRoles:\n"
		"  - {name: worker}\n"
		"  - name: ps0\n"
		"    podTemplate: {spec: {containers: [{name: framework,\n"
		"      ports: [{containerPort: 80}]}]}}\n",
		1);
	assert_string_equal(command,
			    "FB_WORKER_PORT=70 FB_PS0_PORT=80 . "
			    "/mnt/frameworkbarrier/injector.sh && x; y");
	free(command);
}

static void takes_a_mirrors_barrier(void **state)
{
	cJSON *object =
		framework_made("  kind: framework\n"
			       "  barrier: on\n"
			       "  podTemplate: {spec: {initContainers: [{name: "
			       "frameworkbarrier,\n"
			       "    image: mirror/fb:1}]}}\n"
			       "  taskRoles: [{name: worker}]\n");

	(void)state;
	expect_json(object, POD "initContainers",
		    "[{\"name\":\"frameworkbarrier\",\"image\":\"mirror/fb:1\","
		    "\"volumeMounts\":[{\"name\":\"frameworkbarrier-volume\","
		    "\"mountPath\":\"/mnt/frameworkbarrier\"}]}]");
	cJSON_Delete(object);
}

/* --- the rest ----------------------------------------------------------- */

static void leaves_the_nodes_ports_alone(void **state)
{
	cJSON *object = framework_made(
		"  kind: framework\n"
		"  podTemplate: {spec: {hostNetwork: true}}\n"
		"  taskRoles: [{name: worker, taskNumber: 2}]\n");

	(void)state;
	expect_json(object, POD "hostNetwork", "true");
	expect_json(object, POD "containers.0.ports", "absent");
	cJSON_Delete(object);
}

static void leads_by_name(void **state)
{
	struct sample sample;
	const struct kubernetes_config *config = &sample.config.kubernetes;

	(void)state;
	sample_init(&sample, "",
		    "  kind: framework\n"
		    "  taskRoles: [{name: ps}, {name: chief, taskNumber: 0},\n"
		    "    {name: worker}, {name: master}]\n");
	assert_string_equal(kind_leader(&kind_framework, config)->name,
			    "master");
	sample_release(&sample);
	sample_init(&sample, "",
		    "  kind: framework\n"
		    "  taskRoles: [{name: b, taskNumber: 0}, {name: a}]\n");
	assert_string_equal(kind_leader(&kind_framework, config)->name, "a");
	sample_release(&sample);
}

static void writes_shell_lines(void **state)
{
	static const struct {
		const char *container, *line;
	} all[] = {
		{"{\"command\":[\"python3\",\"t.py\"],\"args\":[\"--x=1\"]}",
		 "python3 t.py --x=1"},
		{"{\"command\":[\"cd a && b\"]}", "cd a && b"},
		{"{\"args\":[\"only\",\"args $x\"]}", "only 'args $x'"},
		{"{\"command\":[\"sh\",\"-c\",\"echo 'a'; b\"]}",
		 "sh -c 'echo '\\''a'\\''; b'"},
		{"{\"command\":[\"a\",\"\",\"{{lr}}\"]}", "a '' '{{lr}}'"},
		{"{\"command\":[5]}", NULL},
		{"{\"command\":\"a\"}", NULL},
		{"{}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		cJSON *container = cJSON_Parse(all[i].container);
		char *line = framework_shell_line(container);

		if (all[i].line)
			assert_string_equal(line, all[i].line);
		else
			assert_null(line);
		free(line);
		cJSON_Delete(container);
	}
}

static void refuses_manifests(void **state)
{
	static const struct {
		const char *manifest, *problem;
	} all[] = {
		{"5", "manifest: no JSON object"},
		{"{}", "manifest: has no spec.taskRoles"},
		{"{\"spec\":{\"taskRoles\":[{\"name\":\"other\"}]}}",
		 "manifest: task role 'other' is not known"},
		{"{\"spec\":{\"taskRoles\":[{\"name\":\"worker\"}]}}",
		 "manifest: task role 'worker': task.pod.spec.containers is "
		 "empty"},
		{"{\"spec\":{\"taskRoles\":[{\"name\":\"worker\",\"task\":"
		 "{\"pod\":{\"metadata\":{\"labels\":{\"expId\":\"x\"}},"
		 "\"spec\":{\"containers\":[{}]}}}}]}}",
		 "manifest: task role 'worker': metadata.labels: 'expId' is "
		 "trialdeck's own and must stay as it is"},
	};
	struct sample sample;
	struct error err;

	(void)state;
	sample_init(&sample, "",
		    "  kind: framework\n  taskRoles: [{name: worker}]\n");
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		sample.config.kubernetes.manifest = xstrdup(all[i].manifest);
		assert_null(framework_try(&sample, &err));
		assert_string_equal(err.text, all[i].problem);
		free(sample.config.kubernetes.manifest);
	}
	sample.config.kubernetes.manifest = NULL;
	sample_release(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_one_role),
		cmocka_unit_test(builds_roles),
		cmocka_unit_test(builds_a_manifest),
		cmocka_unit_test(chooses_the_barrier),
		cmocka_unit_test(writes_commands),
		cmocka_unit_test(takes_a_mirrors_barrier),
		cmocka_unit_test(leaves_the_nodes_ports_alone),
		cmocka_unit_test(leads_by_name),
		cmocka_unit_test(writes_shell_lines),
		cmocka_unit_test(refuses_manifests),
	};

	return cmocka_run_group_tests_name("framework", tests, NULL, NULL);
}
