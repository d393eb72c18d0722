/* SPDX-License-Identifier: MIT */
/* Platform kubernetes with Kubeflow's kinds: what roles and options become,
 * that the canonical text says it all, and every mistake. */
#include "tests/unit/spec/support.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Without trialCommand and image: roles may have theirs. */
#define BARE(kind)                                                             \
	"trialConcurrency: 2\n"                                                \
	"searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"                \
	"tuner: {name: Random}\n"                                              \
	"trainingService:\n"                                                   \
	"  platform: kubernetes\n"                                             \
	"  kind: " kind "\n"
#define WHOLE(kind) "trialCommand: python3 t.py\n" BARE(kind) "  image: i\n"

static void reads_roles(void **state)
{
	struct experiment_config c = expect_config(
		WHOLE("tfjob") "  resources: {cpu: 1}\n"
			       "  worker:\n"
			       "    replicas: 2\n"
			       "    command: python3 w.py\n"
			       "    image: other:2\n"
			       "    resources: {gpu: 1, memory: 4gb}\n"
			       "    restartPolicy: ExitCode\n"
			       "    podTemplate: {spec: {hostIPC: true}}\n"
			       "  ps: {}\n");
	const struct kubernetes_config *k = &c.kubernetes;
	const struct role_config *role = &k->roles[0];

	(void)state;
	assert_string_equal(k->kind, "tfjob");
	assert_null(k->api_version);
	assert_null(k->job_options);
	assert_int_equal(k->role_count, 2);
	assert_string_equal(role->name, "worker");
	assert_int_equal(role->replicas, 2);
	assert_string_equal(role->command, "python3 w.py");
	assert_string_equal(role->image, "other:2");
	assert_string_equal(role->resources,
			    "{\"requests\":{\"nvidia.com/gpu\":\"1\","
			    "\"memory\":\"4096Mi\"},\"limits\":{"
			    "\"nvidia.com/gpu\":\"1\",\"memory\":\"4096Mi\"}}");
	assert_string_equal(role->restart_policy, "ExitCode");
	assert_string_equal(role->pod_template,
			    "{\"spec\":{\"hostIPC\":true}}");
	role = &k->roles[1];
	assert_string_equal(role->name, "ps");
	assert_int_equal(role->replicas, 1);
	assert_null(role->command);
	assert_null(role->image);
	assert_null(role->resources);
	assert_null(role->restart_policy);
	experiment_config_release(&c);
}

static void reads_the_roles_of_each_kind(void **state)
{
	static const char *const texts[] = {
		WHOLE("tfjob") "  chief: {}\n",
		WHOLE("tfjob") "  master: {}\n  evaluator: {replicas: 3}\n",
		WHOLE("tfjob") "  worker: {replicas: 10000}\n  chief: {}\n"
			       "  ps: {replicas: 2}\n  evaluator: {}\n",
		WHOLE("pytorchjob") "  master: {}\n",
		WHOLE("pytorchjob") "  worker: {replicas: 3}\n",
		WHOLE("pytorchjob") "  master: {}\n  worker: {}\n",
		WHOLE("mpijob") "  launcher: {}\n  worker: {replicas: 2}\n",
		WHOLE("xgboostjob") "  master: {}\n  worker: {}\n",
		WHOLE("paddlejob") "  master: {replicas: 2}\n  worker: {}\n",
		WHOLE("paddlejob") "  worker: {}\n",
		WHOLE("jaxjob") "  worker: {replicas: 4}\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct experiment_config c = expect_config(texts[i]);

		assert_true(c.kubernetes.role_count > 0);
		experiment_config_release(&c);
	}
}

static void check_options(const char *text, const char *options)
{
	struct experiment_config c = expect_config(text);

	assert_string_equal(c.kubernetes.job_options, options);
	experiment_config_release(&c);
}

static void reads_options(void **state)
{
	(void)state;
	check_options(
		WHOLE("tfjob") "  worker: {}\n"
			       "  runPolicy:\n"
			       "    cleanPodPolicy: None\n"
			       "    ttlSecondsAfterFinished: 60\n"
			       "    activeDeadlineSeconds: 3600\n"
			       "    backoffLimit: 3\n"
			       "    managedBy: kubeflow.org/training-operator\n"
			       "    schedulingPolicy: {minAvailable: 3, queue: "
			       "q, minResources: {cpu: 4}, priorityClass: "
			       "high, scheduleTimeoutSeconds: 10}\n"
			       "  successPolicy: AllWorkers\n"
			       "  enableDynamicWorker: true\n",
		"{\"runPolicy\":{\"cleanPodPolicy\":\"None\","
		"\"ttlSecondsAfterFinished\":60,"
		"\"activeDeadlineSeconds\":3600,\"backoffLimit\":3,"
		"\"managedBy\":\"kubeflow.org/training-operator\","
		"\"schedulingPolicy\":{\"minAvailable\":3,\"queue\":\"q\","
		"\"minResources\":{\"cpu\":4},\"priorityClass\":\"high\","
		"\"scheduleTimeoutSeconds\":10}},"
		"\"successPolicy\":\"AllWorkers\","
		"\"enableDynamicWorker\":true}");
	check_options(
		WHOLE("pytorchjob") "  worker: {}\n"
				    "  nprocPerNode: 2\n"
				    "  elasticPolicy: {minReplicas: 1, "
				    "maxReplicas: 3, rdzvBackend: c10d, "
				    "rdzvPort: 29400, rdzvHost: h, rdzvId: x, "
				    "rdzvConf: [{key: timeout, value: '60'}], "
				    "standalone: false, nProcPerNode: 1, "
				    "maxRestarts: 0, metrics: []}\n",
		"{\"nprocPerNode\":\"2\",\"elasticPolicy\":{\"minReplicas\":1,"
		"\"maxReplicas\":3,\"rdzvBackend\":\"c10d\",\"rdzvPort\":29400,"
		"\"rdzvHost\":\"h\",\"rdzvId\":\"x\",\"rdzvConf\":[{\"key\":"
		"\"timeout\",\"value\":\"60\"}],\"standalone\":false,"
		"\"nProcPerNode\":1,\"maxRestarts\":0,\"metrics\":[]}}");
	check_options(WHOLE("pytorchjob") "  worker: {}\n"
					  "  nprocPerNode: gpu\n"
					  "  cleanPodPolicy: All\n",
		      "{\"nprocPerNode\":\"gpu\",\"cleanPodPolicy\":\"All\"}");
	check_options(WHOLE("mpijob") "  launcher: {}\n"
				      "  slotsPerWorker: 4\n"
				      "  mainContainer: mpi\n",
		      "{\"slotsPerWorker\":4,\"mainContainer\":\"mpi\"}");
	check_options(WHOLE("paddlejob") "  worker: {}\n"
					 "  elasticPolicy: {minReplicas: 1, "
					 "maxReplicas: 1, maxRestarts: 3}\n",
		      "{\"elasticPolicy\":{\"minReplicas\":1,"
		      "\"maxReplicas\":1,\"maxRestarts\":3}}");
}

static void reads_versions(void **state)
{
	struct experiment_config c = expect_config(
		WHOLE("tfjob") "  worker: {}\n  apiVersion: v1alpha1\n");

	(void)state;
	assert_string_equal(c.kubernetes.api_version, "v1alpha1");
	experiment_config_release(&c);
}

/* Every role may bring its own; of MPI's workers none needs one. */
static void takes_commands_and_images_of_roles(void **state)
{
	struct experiment_config c = expect_config(
		BARE("mpijob") "  launcher: {command: mpirun a, image: x}\n"
			       "  worker: {image: y, replicas: 2}\n");

	(void)state;
	assert_null(c.kubernetes.image);
	assert_string_equal(c.trial_command, "mpirun a");
	assert_null(c.kubernetes.roles[1].command);
	experiment_config_release(&c);
	c = expect_config(BARE("tfjob") "  image: i\n"
					"  ps: {command: p}\n"
					"  worker: {command: w}\n");
	assert_string_equal(c.trial_command, "p");
	experiment_config_release(&c);
}

/* podTemplate is laid over the container that the operator knows. */
static void lays_templates_over_the_right_container(void **state)
{
	struct experiment_config c = expect_config(
		WHOLE("tfjob") "  podTemplate: {spec: {containers: [{name: "
			       "tensorflow, stdin: true}]}}\n"
			       "  worker: {podTemplate: {spec: {containers: "
			       "[{name: tensorflow, tty: true}]}}}\n");

	(void)state;
	experiment_config_release(&c);
	expect_problems(
		WHOLE("tfjob") "  podTemplate: {spec: {containers: [{name: "
			       "tensorflow, command: [a]}]}}\n"
			       "  worker: {}\n",
		"e.yaml:9:16: trainingService.podTemplate: containers: command "
		"and args of 'tensorflow' are trialdeck's own: write "
		"trialCommand");
	expect_problems(
		WHOLE("tfjob") "  ps: {}\n"
			       "  worker: {podTemplate: {spec: "
			       "{restartPolicy: Always}}}\n",
		"e.yaml:10:25: trainingService.worker.podTemplate: role "
		"worker: restartPolicy must be Never: trialdeck runs a trial "
		"again as a new attempt");
}

/* lines: from line 9, column 3 on, of a file of this kind */
struct slip {
	const char *kind, *lines, *problem;
};

static const struct slip slips[] = {
	/* roles */
	{"tfjob", "ps: {}",
	 "6:3: trainingService: kind tfjob needs role worker, chief or "
	 "master: write worker: {replicas: 1}"},
	{"pytorchjob", "cleanPodPolicy: All",
	 "6:3: trainingService: kind pytorchjob needs role master or worker: "
	 "write master: {replicas: 1}"},
	{"mpijob", "worker: {}",
	 "6:3: trainingService: kind mpijob needs role launcher: write "
	 "launcher: {replicas: 1}"},
	{"xgboostjob", "worker: {}",
	 "6:3: trainingService: kind xgboostjob needs role master: write "
	 "master: {replicas: 1}"},
	{"tfjob", "chief: {replicas: 2}",
	 "9:21: trainingService.chief.replicas: a tfjob has only one chief: "
	 "write 1"},
	{"mpijob", "launcher: {replicas: 2}",
	 "9:24: trainingService.launcher.replicas: a mpijob has only one "
	 "launcher: write 1"},
	{"tfjob", "chief: {}\n  master: {}",
	 "10:11: trainingService.master: is an older word for chief: keep one "
	 "of them"},
	{"tfjob", "worker: 5",
	 "9:11: trainingService.worker: must be a mapping (key: value), got "
	 "the number 5"},
	{"tfjob", "worker: {replicas: 0}",
	 "9:22: trainingService.worker.replicas: must be between 1 and 10000, "
	 "got 0"},
	{"tfjob", "worker: {replicas: 10001}",
	 "9:22: trainingService.worker.replicas: must be between 1 and 10000, "
	 "got 10001"},
	{"tfjob", "worker: {replica: 1}",
	 "9:12: trainingService.worker.replica: unknown key, did you mean "
	 "'replicas'?"},
	{"tfjob", "worker: {restartPolicy: Onfailure}",
	 "9:27: trainingService.worker.restartPolicy: must be Never, "
	 "OnFailure, "
	 "Always or ExitCode, got \"Onfailure\", did you mean 'OnFailure'?"},
	{"tfjob", "worker: {command: ''}",
	 "9:21: trainingService.worker.command: must not be empty"},
	{"tfjob", "worker: {image: ' '}",
	 "9:19: trainingService.worker.image: must be an image such as "
	 "python:3.11 or registry.example.org/team/image:tag, got \" \""},
	{"tfjob", "worker: {resources: {cpus: 1}}",
	 "9:24: trainingService.worker.resources.cpus: unknown resource, did "
	 "you mean 'cpu'?"},
	{"tfjob", "worker: {podTemplate: {spce: {}}}",
	 "9:26: trainingService.worker.podTemplate.spce: unknown key, did you "
	 "mean 'spec'?"},
	/* NNI's words for what has other words here */
	{"tfjob", "worker: {gpuNumber: 1}",
	 "9:12: trainingService.worker.gpuNumber: write resources: {gpu: N}"},
	{"tfjob", "worker: {memoryMB: 1}",
	 "9:12: trainingService.worker.memoryMB: write resources: {memory: "
	 "4gb}"},
	{"tfjob", "worker: {dockerImage: x}",
	 "9:12: trainingService.worker.dockerImage: is called image here"},
	{"tfjob", "worker: {codeDirectory: .}",
	 "9:12: trainingService.worker.codeDirectory: is the same in all "
	 "roles: write trialCodeDirectory"},
	{"tfjob", "worker: {template: {}}",
	 "9:12: trainingService.worker.template: is called podTemplate here"},
	/* keys that belong elsewhere */
	{"pytorchjob", "master: {}\n  ps: {}",
	 "10:3: trainingService.ps: belongs to kind tfjob, and this is "
	 "another: write kind: tfjob, or remove it"},
	{"jaxjob", "worker: {}\n  elasticPolicy: {}",
	 "10:3: trainingService.elasticPolicy: belongs to kind pytorchjob or "
	 "paddlejob, and this is another: write kind: pytorchjob, or remove "
	 "it"},
	{"job", "worker: {}",
	 "9:3: trainingService.worker: belongs to kind tfjob, pytorchjob, "
	 "mpijob, xgboostjob, paddlejob or jaxjob, and this is another: write "
	 "kind: tfjob, or remove it"},
	{"job", "slots_per_worker: 1",
	 "9:3: trainingService.slots_per_worker: belongs to kind mpijob, and "
	 "this is another: write kind: mpijob, or remove it"},
	{"tfjob", "worker: {}\n  evaluater: {}",
	 "10:3: trainingService.evaluater: unknown key, did you mean "
	 "'evaluator'?"},
	{"tfjob", "worker: {}\n  backoffLimit: 3",
	 "10:3: trainingService.backoffLimit: belongs into runPolicy: "
	 "{backoffLimit: N}"},
	{"tfjob", "worker: {}\n  restartPolicy: Never",
	 "10:3: trainingService.restartPolicy: belongs to a role, such as "
	 "worker: {restartPolicy: OnFailure}"},
	/* options */
	{"tfjob", "worker: {}\n  runPolicy: {backofLimit: 3}",
	 "10:15: trainingService.runPolicy.backofLimit: unknown key, did you "
	 "mean 'backoffLimit'?"},
	{"tfjob", "worker: {}\n  runPolicy: {clean_pod_policy: All}",
	 "10:15: trainingService.runPolicy.clean_pod_policy: unknown key, did "
	 "you mean 'cleanPodPolicy'?"},
	{"tfjob", "worker: {}\n  runPolicy: {suspend: true}",
	 "10:15: trainingService.runPolicy.suspend: trials are made to run: "
	 "remove it, or write queue: NAME, which holds them back until there "
	 "is room"},
	{"tfjob", "worker: {}\n  runPolicy: {backoffLimit: -1}",
	 "10:29: trainingService.runPolicy.backoffLimit: must be between 0 and "
	 "2147483647, got -1"},
	{"tfjob", "worker: {}\n  runPolicy: []",
	 "10:14: trainingService.runPolicy: must be a mapping (key: value), "
	 "got a list"},
	{"tfjob",
	 "worker: {}\n  runPolicy: {schedulingPolicy: {minAvailble: 1}}",
	 "10:34: trainingService.runPolicy.schedulingPolicy.minAvailble: "
	 "unknown key, did you mean 'minAvailable'?"},
	{"tfjob", "worker: {}\n  cleanPodPolicy: running",
	 "10:19: trainingService.cleanPodPolicy: must be Running, All or None, "
	 "got \"running\", did you mean 'Running'?"},
	{"tfjob",
	 "worker: {}\n  cleanPodPolicy: All\n"
	 "  runPolicy: {cleanPodPolicy: All}",
	 "11:31: trainingService.runPolicy.cleanPodPolicy: stands in "
	 "trainingService, too: keep one of them"},
	{"tfjob",
	 "worker: {}\n  activeDeadlineSeconds: 5\n"
	 "  runPolicy: {activeDeadlineSeconds: 5}",
	 "11:38: trainingService.runPolicy.activeDeadlineSeconds: stands in "
	 "trainingService, too: keep one of them"},
	{"tfjob",
	 "worker: {}\n  ttlSecondsAfterFinished: 0\n"
	 "  runPolicy: {ttlSecondsAfterFinished: 5}",
	 "11:40: trainingService.runPolicy.ttlSecondsAfterFinished: stands in "
	 "trainingService, too: keep one of them"},
	{"tfjob", "worker: {}\n  successPolicy: AllWorker",
	 "10:18: trainingService.successPolicy: must be AllWorkers, got "
	 "\"AllWorker\""},
	{"tfjob", "worker: {}\n  enableDynamicWorker: 1",
	 "10:24: trainingService.enableDynamicWorker: must be true or false, "
	 "got the number 1"},
	{"pytorchjob", "worker: {}\n  nprocPerNode: all",
	 "10:17: trainingService.nprocPerNode: must be auto, cpu, gpu or a "
	 "number, such as nprocPerNode: 2, got the text \"all\""},
	{"pytorchjob", "worker: {}\n  nprocPerNode: 0",
	 "10:17: trainingService.nprocPerNode: must be auto, cpu, gpu or a "
	 "number, such as nprocPerNode: 2, got the number 0"},
	{"pytorchjob",
	 "worker: {}\n  elasticPolicy: {minReplicas: 3, maxReplicas: 2}",
	 "10:48: trainingService.elasticPolicy.maxReplicas: must not be less "
	 "than minReplicas"},
	{"pytorchjob", "worker: {}\n  elasticPolicy: {rdzvBackend: zk}",
	 "10:32: trainingService.elasticPolicy.rdzvBackend: must be c10d, etcd "
	 "or etcd-v2, got \"zk\""},
	{"pytorchjob", "worker: {}\n  elasticPolicy: {rdzvConf: {a: b}}",
	 "10:29: trainingService.elasticPolicy.rdzvConf: must be a list, such "
	 "as [{key: timeout, value: '60'}], got a mapping"},
	{"paddlejob", "worker: {}\n  elasticPolicy: {rdzvBackend: c10d}",
	 "10:19: trainingService.elasticPolicy.rdzvBackend: unknown key"},
	{"mpijob", "launcher: {}\n  slotsPerWorker: 0",
	 "10:19: trainingService.slotsPerWorker: must be between 1 and "
	 "2147483647, got 0"},
	{"mpijob", "launcher: {}\n  mainContainer: A",
	 "10:18: trainingService.mainContainer: must be at most 63 lower-case "
	 "letters, digits and '-', with a letter or digit at both ends, got "
	 "\"A\", did you mean 'a'?"},
	/* versions */
	{"tfjob", "worker: {}\n  apiVersion: v2",
	 "10:15: trainingService.apiVersion: must be v1, v1beta2, v1beta1, "
	 "v1alpha2 or v1alpha1, got \"v2\""},
	{"mpijob", "launcher: {}\n  apiVersion: v2beta1",
	 "10:15: trainingService.apiVersion: must be v1, got \"v2beta1\""},
	{"tfjob", "worker: {}\n  apiVersion: kubeflow.org/v1",
	 "10:15: trainingService.apiVersion: is the version alone: write v1"},
};

static void says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(slips); i++) {
		char *text = xasprintf("trialCommand: python3 t.py\n"
				       "trialConcurrency: 2\n"
				       "searchSpace: {lr: {_type: uniform, "
				       "_value: [0, 1]}}\n"
				       "tuner: {name: Random}\n"
				       "trainingService:\n"
				       "  platform: kubernetes\n"
				       "  kind: %s\n"
				       "  image: i\n"
				       "  %s\n",
				       slips[i].kind, slips[i].lines);
		char *problem = xasprintf("e.yaml:%s", slips[i].problem);

		expect_problems(text, problem);
		free(text);
		free(problem);
	}
}

static void misses_images_and_commands(void **state)
{
	(void)state;
	expect_problems(
		BARE("tfjob") "  worker: {command: x, image: a}\n"
			      "  ps: {command: x}\n",
		"e.yaml:4:1: trainingService.image: required, but missing: "
		"what trials run in, such as image: python:3.11 (role ps has "
		"none of its own)");
	expect_problems(
		BARE("mpijob") "  image: i\n"
			       "  launcher: {}\n"
			       "  worker: {}\n",
		"e.yaml:8:13: trainingService.launcher: needs a command: "
		"write one here, or trialCommand for all roles");
	/* what is wrong is not missing */
	expect_problems(BARE("tfjob") "  image: 5\n  worker: {command: x}\n",
			"e.yaml:7:10: trainingService.image: must be text, and "
			"without quotes this is a number: write \"5\"");
	expect_problems("trialCommand: ''\n" BARE("tfjob") "  image: i\n"
							   "  worker: {}\n",
			"e.yaml:1:15: trialCommand: must not be empty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_roles),
		cmocka_unit_test(reads_the_roles_of_each_kind),
		cmocka_unit_test(reads_options),
		cmocka_unit_test(reads_versions),
		cmocka_unit_test(takes_commands_and_images_of_roles),
		cmocka_unit_test(lays_templates_over_the_right_container),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(misses_images_and_commands),
	};

	return cmocka_run_group_tests_name("kubeflow files", tests, folder_make,
					   folder_take_away);
}
