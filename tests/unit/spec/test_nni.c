/* SPDX-License-Identifier: MIT */
/* NNI's platforms kubeflow and frameworkcontroller: what their keys become.
 * tests/cli/convert has whole files of all generations, and mistakes. */
#include "tests/unit/spec/support.h"

#include "base/fs.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIRST_TOP(platform)                                                    \
	"experimentName: demo\n"                                               \
	"trialConcurrency: 2\n"                                                \
	"trainingServicePlatform: " platform "\n"                              \
	"searchSpacePath: s.json\n"                                            \
	"useAnnotation: false\n"                                               \
	"tuner: {builtinTunerName: Random}\n"
#define SECOND_TOP                                                             \
	"trialConcurrency: 2\n"                                                \
	"searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"                \
	"tuner: {name: Random}\n"
#define WORKER                                                                 \
	"{replicas: 2, command: python3 w.py, gpuNum: 1, cpuNum: 4, "          \
	"memoryMB: 8196, image: 'a/w:1', privateRegistryAuthPath: auth.json}"
#define PS                                                                     \
	"{replicas: 1, command: python3 p.py, gpuNum: 0, cpuNum: 1, "          \
	"memoryMB: 1024, image: 'a/p:1'}"

static void reads_tensorflow_jobs(void **state)
{
	struct experiment_config c;
	const struct kubernetes_config *k = &c.kubernetes;
	char *auth = fs_join(folder, "auth.json");

	(void)state;
	folder_write("auth.json", "{}");
	c = expect_config(FIRST_TOP(
		"kubeflow") "nniManagerIp: 10.0.0.5\n"
			    "trial: {codeDir: sub, ps: " PS ", worker: " WORKER
			    "}\n"
			    "kubeflowConfig: {operator: tf-operator, "
			    "apiVersion: "
			    "v1beta2, namespace: lab, reuse: true, "
			    "uploadRetryCount: 4, storage: nfs, nfs: {server: "
			    "nas, path: /export}}\n");
	assert_string_equal(c.platform, "kubeflow");
	assert_string_equal(k->kind, "tfjob");
	assert_string_equal(k->api_version, "v1beta2");
	assert_string_equal(k->namespace, "lab");
	assert_true(k->is_reuse);
	assert_int_equal(k->keeper, KEEPER_OURS);
	assert_string_equal(k->side_port_address, "10.0.0.5");
	assert_int_equal(k->storage.type, STORAGE_NFS);
	assert_string_equal(k->storage.server, "nas");
	assert_string_equal(k->storage.path, "/export");
	assert_int_equal(k->storage.upload_retries, 4);
	assert_int_equal(k->role_count, 2);
	assert_string_equal(k->roles[0].name, "worker");
	assert_int_equal(k->roles[0].replicas, 2);
	assert_string_equal(k->roles[0].image, "a/w:1");
	assert_string_equal(k->roles[0].registry_auth, auth);
	assert_int_equal(k->roles[0].gpu_number, 1);
	assert_string_equal(
		k->roles[0].resources,
		"{\"requests\":{\"memory\":\"8196Mi\",\"cpu\":\"4\","
		"\"nvidia.com/gpu\":\"1\"},\"limits\":{\"memory\":\"8196Mi\","
		"\"cpu\":\"4\",\"nvidia.com/gpu\":\"1\"}}");
	assert_string_equal(k->roles[0].code_directory, c.trial_code_directory);
	assert_string_equal(k->roles[1].name, "ps");
	assert_int_equal(k->roles[1].gpu_number, 0);
	assert_string_equal(
		k->roles[1].resources,
		"{\"requests\":{\"memory\":\"1024Mi\",\"cpu\":\"1\"},"
		"\"limits\":{\"memory\":\"1024Mi\",\"cpu\":\"1\"}}");
	/* the leading role's is the trial's */
	assert_string_equal(c.trial_command, "python3 w.py");
	experiment_config_release(&c);
	free(auth);
}

static void reads_pytorch_jobs(void **state)
{
	struct experiment_config c = expect_config(
		SECOND_TOP
		"trialCommand: python3 all.py\n"
		"trainingService:\n"
		"  platform: kubeflow\n"
		"  operator: pytorch-operator\n"
		"  worker: {replicas: 3, command: w, cpuNumber: 1, memorySize: "
		"1.5 GB}\n"
		"  master: {replicas: 1, cpu_number: 2, memory_size: 512, "
		"code_directory: sub}\n"
		"  storage: {azureAccount: account, azureShare: share, "
		"keyVaultName: vault, keyVaultKey: key}\n");
	const struct kubernetes_config *k = &c.kubernetes;
	char *sub = fs_join(folder, "sub");

	(void)state;
	assert_string_equal(k->kind, "pytorchjob");
	assert_null(k->api_version);
	assert_false(k->is_reuse);
	assert_int_equal(k->storage.type, STORAGE_AZURE);
	assert_string_equal(k->storage.azure_share, "share");
	assert_string_equal(k->storage.key_vault_key, "key");
	assert_int_equal(k->storage.upload_retries, -1);
	assert_string_equal(k->roles[0].name, "master");
	assert_string_equal(k->roles[0].command, "python3 all.py");
	assert_string_equal(k->roles[0].image, "msranni/nni:latest");
	assert_non_null(strstr(k->roles[0].resources, "\"512Mi\""));
	assert_string_equal(k->roles[1].command, "w");
	assert_non_null(strstr(k->roles[1].resources, "\"1536Mi\""));
	assert_int_equal(k->roles[1].gpu_number, 0);
	assert_string_equal(c.trial_code_directory, sub);
	assert_string_equal(k->roles[1].code_directory, sub);
	experiment_config_release(&c);
	free(sub);
}

static void reads_frameworks(void **state)
{
	struct experiment_config c = expect_config(FIRST_TOP(
		"frameworkcontroller") "trial:\n"
				       "  codeDir: .\n"
				       "  taskRoles:\n"
				       "  - {name: worker, taskNum: 2, "
				       "command: w, gpuNum: 0, cpuNum: "
				       "1, memoryMB: 100, image: i, "
				       "frameworkAttemptCompletionPolicy: "
				       "{minFailedTaskCount: 1, "
				       "minSucceededTaskCount: -1}}\n"
				       "  - {name: ps, taskNum: 1, command: p, "
				       "gpuNum: 0, cpuNum: 1, "
				       "memoryMB: 100, image: i, "
				       "frameworkAttemptCompletionPolicy: "
				       "{minFailedTaskCount: -1, "
				       "minSucceededTaskCount: 1}}\n"
				       "frameworkcontrollerConfig: "
				       "{serviceAccountName: fc, nfs: "
				       "{server: nas, path: /export}}\n");
	const struct kubernetes_config *k = &c.kubernetes;

	(void)state;
	assert_string_equal(c.platform, "frameworkcontroller");
	assert_string_equal(k->kind, "framework");
	assert_string_equal(k->service_account, "fc");
	assert_int_equal(k->role_count, 2);
	assert_true(k->roles[0].has_completion && k->roles[1].has_completion);
	assert_int_equal(k->roles[0].min_failed, 1);
	assert_int_equal(k->roles[0].min_succeeded, -1);
	assert_int_equal(k->roles[1].min_failed, -1);
	assert_int_equal(k->roles[1].min_succeeded, 1);
	assert_string_equal(c.trial_command, "w");
	experiment_config_release(&c);
}

static void reads_templates_of_frameworks(void **state)
{
	struct experiment_config c;
	const struct kubernetes_config *k = &c.kubernetes;

	(void)state;
	folder_write(
		"fc.yml",
		"apiVersion: frameworkcontroller.microsoft.com/v1\n"
		"kind: Framework\n"
		"metadata: {name: tiny}\n"
		"spec:\n"
		"  taskRoles:\n"
		"  - name: worker\n"
		"    taskNumber: 3\n"
		"    frameworkAttemptCompletionPolicy: {minFailedTaskCount: "
		"2}\n"
		"    task:\n"
		"      pod:\n"
		"        spec:\n"
		"          volumes: [{name: v, persistentVolumeClaim: "
		"{claimName: nni}}]\n"
		"          containers: [{name: c, image: i, command: [python3, "
		"t.py], resources: {limits: {nvidia.com/gpu: 2}}}]\n"
		"  - name: ps\n"
		"    task:\n"
		"      gpuNum: 1\n"
		"      pod: {spec: {containers: [{image: j, command: ['a && "
		"b']}]}}\n");
	c = expect_config(
		FIRST_TOP("frameworkcontroller") "trial: {codeDir: .}\n"
						 "frameworkcontrollerConfig: "
						 "{storage: pvc, pvc: "
						 "{path: /mnt/claim}, "
						 "configPath: fc.yml}\n");
	assert_int_equal(k->storage.type, STORAGE_PVC);
	assert_string_equal(k->storage.claim, "nni");
	assert_string_equal(k->storage.local_path, "/mnt/claim");
	assert_non_null(strstr(k->manifest, "\"taskNumber\":3"));
	assert_int_equal(k->role_count, 2);
	assert_int_equal(k->roles[0].replicas, 3);
	assert_string_equal(k->roles[0].command, "python3 t.py");
	assert_int_equal(k->roles[0].gpu_number, 2);
	assert_int_equal(k->roles[0].min_failed, 2);
	assert_int_equal(k->roles[0].min_succeeded, -1);
	assert_null(k->roles[0].resources);
	assert_int_equal(k->roles[1].replicas, 1);
	assert_string_equal(k->roles[1].command, "a && b");
	assert_int_equal(k->roles[1].gpu_number, 1);
	assert_int_equal(k->roles[1].min_failed, 1);
	experiment_config_release(&c);
}

static void mounts_the_shared_storage(void **state)
{
	struct experiment_config c = expect_config(
		SECOND_TOP
		"sharedStorage: {storageType: NFS, localMountPoint: /mnt/here, "
		"remoteMountPoint: /mnt/there, localMounted: usermount, "
		"nfsServer: nas, exportedDirectory: /export}\n"
		"trainingService:\n"
		"  platform: kubeflow\n"
		"  operator: tf-operator\n"
		"  worker: {replicas: 1, command: w, cpuNumber: 1, memorySize: "
		"1gb}\n"
		"  storage: {storageType: nfs, server: nas, path: /export}\n"
		"  volumes: [{mountPath: /data, pvc: claim}]\n");
	const struct kubernetes_config *k = &c.kubernetes;

	(void)state;
	assert_string_equal(
		k->volumes,
		"[{\"name\":\"volume-0\",\"persistentVolumeClaim\":{"
		"\"claimName\":\"claim\"}},{\"nfs\":{\"server\":\"nas\","
		"\"path\":\"/export\"},\"name\":\"shared-storage\"}]");
	assert_string_equal(
		k->volume_mounts,
		"[{\"name\":\"volume-0\",\"mountPath\":\"/data\"},{\"name\":"
		"\"shared-storage\",\"mountPath\":\"/mnt/there\"}]");
	assert_string_equal(k->local_paths,
			    "{\"shared-storage\":\"/mnt/here\"}");
	/* said once */
	assert_null(strstr(c.canonical, "\"shared-storage\""));
	experiment_config_release(&c);
}

static void finds_a_search_space_that_is_not_named(void **state)
{
	struct experiment_config c;

	(void)state;
	folder_write("sub/search_space.json",
		     "{\"x\": {\"_type\": \"choice\", \"_value\": [1]}}");
	c = expect_config("trialConcurrency: 2\n"
			  "trainingServicePlatform: local\n"
			  "tuner: {builtinTunerName: Random}\n"
			  "trial: {codeDir: sub, command: x}\n");
	assert_string_equal(c.search_space,
			    "{\"x\":{\"_type\":\"choice\",\"_value\":[1]}}");
	experiment_config_release(&c);
	/* the one beside the file comes first */
	folder_write("search_space.json",
		     "{\"y\": {\"_type\": \"choice\", \"_value\": [1]}}");
	c = expect_config("trialConcurrency: 2\n"
			  "trainingServicePlatform: local\n"
			  "tuner: {builtinTunerName: Random}\n"
			  "trial: {codeDir: sub, command: x}\n");
	assert_string_equal(c.search_space,
			    "{\"y\":{\"_type\":\"choice\",\"_value\":[1]}}");
	experiment_config_release(&c);
}

static void takes_the_command_lines_word(void **state)
{
	const struct spec_overrides overrides = {.context = "lab",
						 .namespace = "team"};
	struct experiment_config again,
		c = expect_config(SECOND_TOP "trainingService:\n"
					     "  platform: kubeflow\n"
					     "  operator: tf-operator\n"
					     "  namespace: other\n"
					     "  worker: {replicas: 1, command: "
					     "w, cpuNumber: 1, memorySize: "
					     "1gb}\n"
					     "  storage: {storageType: nfs, "
					     "server: nas, path: /export}\n");
	struct error err;

	(void)state;
	if (!spec_override(&c, &overrides, &err))
		fail_msg("%s", err.text);
	if (!spec_reload(c.canonical, &again, &err))
		fail_msg("%s", err.text);
	assert_string_equal(again.platform, "kubeflow");
	assert_string_equal(again.kubernetes.context, "lab");
	assert_string_equal(again.kubernetes.namespace, "team");
	experiment_config_release(&again);
	experiment_config_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_tensorflow_jobs),
		cmocka_unit_test(reads_pytorch_jobs),
		cmocka_unit_test(reads_frameworks),
		cmocka_unit_test(reads_templates_of_frameworks),
		cmocka_unit_test(mounts_the_shared_storage),
		cmocka_unit_test(finds_a_search_space_that_is_not_named),
		cmocka_unit_test(takes_the_command_lines_word),
	};

	return cmocka_run_group_tests_name("nni", tests, folder_make,
					   folder_take_away);
}
