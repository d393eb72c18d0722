/* SPDX-License-Identifier: MIT */
/* Kinds framework and launcher in experiment files: what each key becomes, that
 * the canonical text says it all, and mistakes. */
#include "tests/unit/spec/support.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                   \
	"trialConcurrency: 2\n"                                                \
	"searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"                \
	"tuner: {name: Random}\n"                                              \
	"trainingService:\n"                                                   \
	"  platform: kubernetes\n"
#define FRAMEWORK HEAD "  kind: framework\n"
#define LAUNCHER HEAD "  kind: launcher\n"

static void reads_the_least(void **state)
{
	struct experiment_config c = expect_config(
		"trialCommand: python3 t.py\n" FRAMEWORK "  image: i\n"
		"  taskRoles: [{name: worker}]\n");
	const struct kubernetes_config *k = &c.kubernetes;

	(void)state;
	assert_string_equal(k->kind, "framework");
	assert_int_equal(k->role_count, 1);
	assert_string_equal(k->roles[0].name, "worker");
	assert_int_equal(k->roles[0].replicas, 1);
	assert_null(k->roles[0].command);
	assert_null(k->roles[0].image);
	assert_true(k->roles[0].has_completion);
	assert_int_equal(k->roles[0].min_failed, 1);
	assert_int_equal(k->roles[0].min_succeeded, -1);
	assert_null(k->roles[0].retry_policy);
	assert_int_equal(k->roles[0].pod_deletion_timeout_s, -1);
	assert_null(k->job_options);
	assert_int_equal(k->barrier, BARRIER_AUTO);
	experiment_config_release(&c);
}

static void reads_everything(void **state)
{
	struct experiment_config c = expect_config(
		FRAMEWORK
		"  description: two roles\n"
		"  retryPolicy: {fancyRetryPolicy: true, maxRetryCount: -2}\n"
		"  barrier: on\n"
		"  primaryContainerName: tf\n"
		"  taskRoles:\n"
		"  - name: worker\n"
		"    taskNumber: 2\n"
		"    command: python3 w.py {{lr}}\n"
		"    image: w\n"
		"    resources: {cpu: 1, gpu: 1}\n"
		"    minFailedTaskCount: 2\n"
		"    minSucceededTaskCount: 1\n"
		"    retryPolicy: {maxRetryCount: 3}\n"
		"    podGracefulDeletionTimeoutSec: 0\n"
		"    podTemplate: {spec: {hostNetwork: true}}\n"
		"  - name: 0ps\n"
		"    taskNumber: 0\n"
		"    command: python3 p.py\n"
		"    image: p\n"
		"    frameworkAttemptCompletionPolicy: {minFailedTaskCount: "
		"-1,\n"
		"      minSucceededTaskCount: 0}\n");
	const struct kubernetes_config *k = &c.kubernetes;
	const struct role_config *worker = &k->roles[0], *ps = &k->roles[1];

	(void)state;
	assert_string_equal(
		k->job_options,
		"{\"description\":\"two roles\",\"retryPolicy\":"
		"{\"fancyRetryPolicy\":true,\"maxRetryCount\":-2}}");
	assert_int_equal(k->barrier, BARRIER_ON);
	assert_string_equal(k->primary_container, "tf");
	assert_null(k->image);
	/* the whole's, for those who ask */
	assert_string_equal(c.trial_command, "python3 w.py {{lr}}");
	assert_int_equal(k->role_count, 2);
	assert_int_equal(worker->replicas, 2);
	assert_string_equal(worker->command, "python3 w.py {{lr}}");
	assert_string_equal(worker->image, "w");
	assert_string_equal(worker->resources,
			    "{\"requests\":{\"cpu\":\"1\",\"nvidia.com/gpu\":"
			    "\"1\"},\"limits\":{\"cpu\":\"1\","
			    "\"nvidia.com/gpu\":\"1\"}}");
	assert_int_equal(worker->min_failed, 2);
	assert_int_equal(worker->min_succeeded, 1);
	assert_string_equal(worker->retry_policy, "{\"maxRetryCount\":3}");
	assert_int_equal(worker->pod_deletion_timeout_s, 0);
	assert_string_equal(worker->pod_template,
			    "{\"spec\":{\"hostNetwork\":true}}");
	assert_int_equal(ps->replicas, 0);
	assert_int_equal(ps->min_failed, -1);
	assert_int_equal(ps->min_succeeded, 0);
	experiment_config_release(&c);
}

static void reads_barriers(void **state)
{
	static const struct {
		const char *text;
		enum barrier_choice barrier;
	} all[] = {{"on", BARRIER_ON},
		   {"true", BARRIER_ON},
		   {"off", BARRIER_OFF},
		   {"auto", BARRIER_AUTO}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		char *text = xasprintf(FRAMEWORK "  image: i\n"
						 "  barrier: %s\n"
						 "  taskRoles: [{name: a, "
						 "command: b}]\n",
				       all[i].text);
		struct experiment_config c = expect_config(text);

		assert_int_equal(c.kubernetes.barrier, all[i].barrier);
		experiment_config_release(&c);
		free(text);
	}
}

static void reads_a_launcher(void **state)
{
	struct experiment_config c = expect_config(
		LAUNCHER "  image: i\n"
			 "  primaryContainerName: tf\n"
			 "  taskRoles: [{name: a, command: b}]\n");

	(void)state;
	assert_string_equal(c.kubernetes.kind, "launcher");
	assert_string_equal(c.kubernetes.primary_container, "tf");
	experiment_config_release(&c);
}

#define MANIFEST(version, container)                                           \
	"  manifest:\n"                                                        \
	"    apiVersion: " version "\n"                                        \
	"    kind: Framework\n"                                                \
	"    spec:\n"                                                          \
	"      taskRoles:\n"                                                   \
	"      - name: a\n"                                                    \
	"        task: {pod: {spec: {containers: [" container "]}}}\n"
#define VERSION "frameworkcontroller.microsoft.com/v1"

static void reads_a_manifest(void **state)
{
	struct experiment_config c = expect_config(
		FRAMEWORK MANIFEST(VERSION, "{name: x, image: i, command: [a, "
					    "b c]}, {name: y, image: j}"));
	const struct kubernetes_config *k = &c.kubernetes;

	(void)state;
	assert_non_null(k->manifest);
	assert_int_equal(k->role_count, 1);
	assert_string_equal(k->roles[0].command, "a 'b c'");
	assert_string_equal(c.trial_command, "a 'b c'");
	assert_string_equal(k->primary_container, "x");
	experiment_config_release(&c);
	c = expect_config(
		LAUNCHER MANIFEST("launcher.microsoft.com/v1",
				  "{name: x, image: i, command: [a]}"));
	assert_string_equal(c.kubernetes.kind, "launcher");
	experiment_config_release(&c);
}

/* --- mistakes ----------------------------------------------------------- */

/* Lines from line 7 on. */
static void expect(const char *head, const char *lines, const char *problems)
{
	char *text = xasprintf("%s%s", head, lines);

	expect_problems(text, problems);
	free(text);
}

#define ROLES "e.yaml:7:14: trainingService.taskRoles"
#define ROLE(rest)                                                             \
	"  image: i\n  taskRoles: [{name: a, command: b, " rest "}]\n"

static void reports_lists(void **state)
{
	(void)state;
	expect(FRAMEWORK, "  image: i\n",
	       "e.yaml:4:1: trainingService.taskRoles: required, but missing: "
	       "such as taskRoles: [{name: worker, taskNumber: 2}]; or write a "
	       "whole Framework under manifest");
	expect(FRAMEWORK, "  taskRoles: {name: a}\n",
	       ROLES ": must be a list of roles, such as [{name: worker, "
		     "taskNumber: 2}], got a mapping");
	expect(FRAMEWORK, "  taskRoles: []\n",
	       ROLES ": must not be empty: write a role, such as [{name: "
		     "worker, taskNumber: 2}]");
	expect(FRAMEWORK, "  taskRoles: [5]\n",
	       "e.yaml:7:15: trainingService.taskRoles.0: must be a mapping "
	       "(key: value), got the number 5");
	expect(FRAMEWORK, "  taskRoles: [{name: a}]\n",
	       ROLES ": role 'a' has no command: write one in it, or "
		     "trialCommand for all\n" ROLES
		     ": role 'a' has no image: write one in it, or beside "
		     "taskRoles for all");
	expect(FRAMEWORK,
	       "  taskRoles: [{name: a, image: i, command: c, taskNumber: "
	       "0}]\n",
	       ROLES ": has no task: such a Framework never ends; write "
		     "taskNumber: 1");
	expect(FRAMEWORK,
	       "  taskRoles: [{name: a, image: i, command: c},\n"
	       "    {name: a, image: i, command: c}]\n",
	       "e.yaml:8:12: trainingService.taskRoles.1.name: there is "
	       "another role 'a'");
}

static void reports_too_many(void **state)
{
	struct strbuf text = STRBUF_INIT;

	(void)state;
	strbuf_adds(&text, "  taskRoles: [");
	for (int i = 0; i < 65; i++)
		strbuf_addf(&text, "{name: a%d},", i);
	strbuf_adds(&text, "]\n");
	expect(FRAMEWORK, text.data, ROLES ": has more than 64 roles");
	strbuf_release(&text);
}

static void reports_roles(void **state)
{
	static const struct {
		const char *lines, *problem;
	} all[] = {
		{"  taskRoles: [{command: b}]\n",
		 "7:15: trainingService.taskRoles.0.name: required, but "
		 "missing: such as name: worker"},
		{"  taskRoles: [{name: my-worker}]\n",
		 "7:22: trainingService.taskRoles.0.name: must be 1 to 63 "
		 "lower-case letters and digits, got \"my-worker\", did you "
		 "mean 'myworker'?"},
		{"  taskRoles: [{name: '-'}]\n",
		 "7:22: trainingService.taskRoles.0.name: must be 1 to 63 "
		 "lower-case letters and digits, got \"-\""},
		{"  taskRoles: [{name: Worker}]\n",
		 "7:22: trainingService.taskRoles.0.name: must be 1 to 63 "
		 "lower-case letters and digits, got \"Worker\", did you "
		 "mean 'worker'?"},
		{"  taskRoles: [{name: a, taskNumber: 10001}]\n",
		 "7:37: trainingService.taskRoles.0.taskNumber: must be "
		 "between 0 and 10000, got 10001"},
		{"  taskRoles: [{name: a, tasknumbr: 1}]\n",
		 "7:25: trainingService.taskRoles.0.tasknumbr: unknown key, "
		 "did "
		 "you mean 'taskNumber'?"},
		{"  taskRoles: [{name: a, replicas: 1}]\n",
		 "7:25: trainingService.taskRoles.0.replicas: is called "
		 "taskNumber here"},
		{"  taskRoles: [{name: a, dockerImage: b}]\n",
		 "7:25: trainingService.taskRoles.0.dockerImage: is called "
		 "image here"},
		{"  taskRoles: [{name: a, cpuNumber: 1}]\n",
		 "7:25: trainingService.taskRoles.0.cpuNumber: write "
		 "resources: "
		 "{cpu: 1, memory: 2Gi, gpu: 1}"},
		{"  taskRoles: [{name: a, task: {}}]\n",
		 "7:25: trainingService.taskRoles.0.task: write retryPolicy "
		 "and "
		 "podTemplate in the role itself, or the whole Framework under "
		 "manifest"},
		{"  taskRoles: [{name: a, minFailedTaskCount: -2}]\n",
		 "7:45: trainingService.taskRoles.0.minFailedTaskCount: must "
		 "be "
		 "between -1 and 10000, got -2"},
		{"  taskRoles: [{name: a, minFailedTaskCount: 1,\n"
		 "    frameworkAttemptCompletionPolicy: {minFailedTaskCount: "
		 "1}}]\n",
		 "8:39: trainingService.taskRoles.0."
		 "frameworkAttemptCompletionPolicy: says the same as "
		 "minFailedTaskCount and minSucceededTaskCount beside it: keep "
		 "one of them"},
		{"  taskRoles: [{name: a, retryPolicy: {maxRetryCount: -3}}]\n",
		 "7:54: trainingService.taskRoles.0.retryPolicy.maxRetryCount: "
		 "must be between -2 and 1000000, got -3"},
		{"  taskRoles: [{name: a, retryPolicy: {maxRetries: 3}}]\n",
		 "7:39: trainingService.taskRoles.0.retryPolicy.maxRetries: "
		 "unknown key"},
		{"  taskRoles: [{name: a, restartPolicy: Never}]\n",
		 "7:25: trainingService.taskRoles.0.restartPolicy: is Never: a "
		 "task is tried again by its retryPolicy"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		char *problem = xasprintf("e.yaml:%s", all[i].problem);

		expect(FRAMEWORK, all[i].lines, problem);
		free(problem);
	}
}

static void reports_what_belongs_elsewhere(void **state)
{
	static const struct {
		const char *head, *lines, *problem;
	} all[] = {
		{LAUNCHER, ROLE("podGracefulDeletionTimeoutSec: 5"),
		 "8:37: trainingService.taskRoles.0."
		 "podGracefulDeletionTimeoutSec: belongs to kind: framework"},
		{LAUNCHER, "  barrier: on\n" ROLE(""),
		 "7:3: trainingService.barrier: belongs to kind: framework"},
		{FRAMEWORK, "  barrier: perhaps\n" ROLE(""),
		 "7:12: trainingService.barrier: must be auto, on or off, got "
		 "the text \"perhaps\""},
		{FRAMEWORK, "  queue: q\n" ROLE(""),
		 "7:3: trainingService.queue: Kueue does not hold Frameworks "
		 "back: remove it"},
		{FRAMEWORK, "  ttlSecondsAfterFinished: 1\n" ROLE(""),
		 "7:3: trainingService.ttlSecondsAfterFinished: Frameworks "
		 "have "
		 "none: write cleanup: all"},
		{FRAMEWORK, "  executionType: Stop\n" ROLE(""),
		 "7:3: trainingService.executionType: is Start: trialdeck "
		 "stops "
		 "trials"},
		/* what can never be laid over a pod */
		{FRAMEWORK, ROLE("podTemplate: {spec: {containers: 5}}"),
		 "8:14: trainingService.taskRoles: task role 'a': "
		 "containers must be a list"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		char *problem = xasprintf("e.yaml:%s", all[i].problem);

		expect(all[i].head, all[i].lines, problem);
		free(problem);
	}
}

static void reports_manifests(void **state)
{
	(void)state;
	expect(FRAMEWORK,
	       MANIFEST("launcher.microsoft.com/v1",
			"{name: x, image: i, command: [a]}"),
	       "e.yaml:8:17: trainingService.manifest.apiVersion: must be "
	       "frameworkcontroller.microsoft.com/v1, got "
	       "\"launcher.microsoft.com/v1\"");
	expect(FRAMEWORK,
	       MANIFEST(VERSION, "{name: x, image: i, command: ["
				 "'t ${trial.parameters.lr}']}"),
	       "e.yaml:13:71: trainingService.manifest.spec.taskRoles.0.task."
	       "pod.spec.containers.0.command: parameters get into a command "
	       "as {{lr}}, the rest by its environment (NNI_TRIAL_JOB_ID, "
	       "...)");
	expect(FRAMEWORK,
	       "  taskRoles: [{name: a, image: i, command: c}]\n" MANIFEST(
		       VERSION, "{name: x, image: i, command: [a]}"),
	       "e.yaml:9:5: trainingService.manifest: has task roles of its "
	       "own, and this file has taskRoles in line 7: remove one of "
	       "them");
	expect(FRAMEWORK,
	       "  barrier: on\n" MANIFEST(VERSION,
					  "{name: x, image: i, command: [a]}"),
	       "e.yaml:9:5: trainingService.manifest: is a whole Framework: "
	       "write retryPolicy, description and the barrier there");
	expect(FRAMEWORK,
	       MANIFEST(VERSION, "{name: x, image: i, command: [a], "
				 "volumeMounts: [{name: x, "
				 "mountPath: /trialdeck/work}]}"),
	       "e.yaml:8:5: trainingService.manifest: manifest: task role 'a': "
	       "volumeMounts: '/trialdeck/work' is trialdeck's own and must "
	       "stay as it is");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_least),
		cmocka_unit_test(reads_everything),
		cmocka_unit_test(reads_barriers),
		cmocka_unit_test(reads_a_launcher),
		cmocka_unit_test(reads_a_manifest),
		cmocka_unit_test(reports_lists),
		cmocka_unit_test(reports_too_many),
		cmocka_unit_test(reports_roles),
		cmocka_unit_test(reports_what_belongs_elsewhere),
		cmocka_unit_test(reports_manifests),
	};

	return cmocka_run_group_tests_name("kind framework", tests, folder_make,
					   folder_take_away);
}
