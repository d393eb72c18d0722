/* SPDX-License-Identifier: MIT */
/* Trials as NNI makes them: names, folders, scripts, secrets (nni.md 4). */
#include "engine/pod/nni_trial.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/pod/storage.h"
#include "tests/unit/pod/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CONTAINER "spec.containers.0."
#define SYS_DIR "/tmp/mount/nni/abcd1234/xa12b"

static struct role_config worker;

static void init(struct sample *sample, enum keeper_choice keeper)
{
	static char name[] = "worker", image[] = "msranni/nni:latest";
	struct kubernetes_config *config;

	sample_init(sample, "", "");
	config = &sample->config.kubernetes;
	config->keeper = keeper;
	config->storage.type = STORAGE_NFS;
	config->storage.server = xstrdup("10.10.10.10");
	config->storage.path = xstrdup("/var/nfs/general");
	worker = (struct role_config){
		.name = name, .image = image, .replicas = 2, .gpu_number = 0};
	sample->attempt.number = 1;
	sample->plan.role = &worker;
	sample->plan.code = POD_CODE_MAP;
	sample->plan.code_map = "the-code";
	sample->plan.code_digest = "abc";
	sample->plan.container = "tensorflow";
}

static cJSON *build(const struct sample *sample)
{
	struct error err;
	cJSON *template = pod_template_build(&sample->plan, &err);

	if (!template)
		fail_msg("%s", err.text);
	return template;
}

static void expect_variable(const cJSON *template, const char *name,
			    const char *value)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, json_at(template, CONTAINER "env"))
		if (!strcmp(json_at(item, "name")->valuestring, name)) {
			assert_string_equal(json_at(item, "value")->valuestring,
					    value);
			return;
		}
	fail_msg("%s is not set", name);
}

/* --- the storage -------------------------------------------------------- */

static void our_keeper_works_on_the_storage(void **state)
{
	struct sample sample;
	cJSON *template;

	(void)state;
	init(&sample, KEEPER_OURS);
	template = build(&sample);
	expect_json(template, "spec.volumes.5",
		    "{\"name\":\"nni-vol\",\"nfs\":{\"server\":\"10.10.10.10\","
		    "\"path\":\"/var/nfs/general\"}}");
	expect_json(template, CONTAINER "volumeMounts.5",
		    "{\"name\":\"nni-vol\",\"mountPath\":\"/tmp/mount\"}");
	expect_json(template, CONTAINER "command",
		    "[\"/trialdeck/keeper/trialdeck-keeper\","
		    "\"--dir\",\"/trialdeck/work\","
		    "\"--input\",\"/trialdeck/input\","
		    "\"--url-file\",\"/trialdeck/link/url\","
		    "\"--tee\",\"--echo\",\"auto\",\"--grace\",\"25\","
		    "\"--sys-dir\",\"" SYS_DIR "\","
		    "\"--output-dir\",\"" SYS_DIR "/output/worker_output\","
		    "\"--code-archive\",\"/trialdeck/code/code.tar.gz\","
		    "\"--code-dir\",\"" SYS_DIR "/code\","
		    "\"--code-digest\",\"abc\"]");
	expect_variable(template, "NNI_SYS_DIR", SYS_DIR);
	expect_variable(template, "NNI_OUTPUT_DIR",
			SYS_DIR "/output/worker_output");
	expect_variable(template, "NNI_CODE_DIR", SYS_DIR "/code");
	expect_variable(template, "CUDA_VISIBLE_DEVICES", "");
	cJSON_Delete(template);
	sample_release(&sample);
}

/* What an attempt wrote is not another's to overwrite. */
static void later_attempts_have_their_own_folder(void **state)
{
	struct sample sample;
	char *path;

	(void)state;
	init(&sample, KEEPER_OURS);
	sample.attempt.number = 3;
	path = pod_sys_dir(&sample.plan);
	assert_string_equal(path, SYS_DIR "-3");
	free(path);
	sample_release(&sample);
}

static void every_storage_is_a_volume(void **state)
{
	static char share[] = "share", claim[] = "claim", path[] = "/data";
	struct storage_config storages[] = {
		{.type = STORAGE_AZURE, .azure_share = share},
		{.type = STORAGE_PVC, .claim = claim},
		{.type = STORAGE_HOST_PATH, .path = path},
	};
	char *secret;
	const char *const volumes[] = {
		NULL,
		"{\"name\":\"nni-vol\",\"persistentVolumeClaim\":"
		"{\"claimName\":\"claim\"}}",
		"{\"name\":\"nni-vol\",\"hostPath\":{\"path\":\"/data\"}}",
	};
	struct sample sample;
	cJSON *spec;

	(void)state;
	init(&sample, KEEPER_OURS);
	secret = pod_azure_secret(&sample.experiment);
	for (size_t i = 0; i < COUNT_OF(storages); i++) {
		struct storage_config nfs = sample.config.kubernetes.storage;
		char *azure = xasprintf("{\"name\":\"nni-vol\",\"azureFile\":"
					"{\"secretName\":\"%s\","
					"\"shareName\":\"share\"}}",
					secret);

		sample.config.kubernetes.storage = storages[i];
		spec = cJSON_CreateObject();
		pod_storage_add_volume(spec, &sample.plan);
		expect_json(spec, "volumes.0", volumes[i] ? volumes[i] : azure);
		cJSON_Delete(spec);
		sample.config.kubernetes.storage = nfs;
		free(azure);
	}
	free(secret);
	sample_release(&sample);
}

static void without_storage_outputs_are_sent(void **state)
{
	struct sample sample;
	char *path;

	(void)state;
	sample_init(&sample, "", "");
	assert_null(pod_sys_dir(&sample.plan));
	/* from there its keeper sends them */
	path = pod_output_dir(&sample.plan);
	assert_string_equal(path, "/trialdeck/work/output/worker_output");
	free(path);
	sample_release(&sample);
}

/* --- NNI's keeper ------------------------------------------------------- */

static void nnis_keeper_starts_its_script(void **state)
{
	struct sample sample;
	cJSON *template;

	(void)state;
	init(&sample, KEEPER_NNI);
	template = build(&sample);
	expect_json(template, CONTAINER "name", "\"tensorflow\"");
	expect_json(template, CONTAINER "image", "\"msranni/nni:latest\"");
	expect_json(template, CONTAINER "args",
		    "[\"sh\",\"" SYS_DIR "/run_worker.sh\"]");
	expect_json(template, CONTAINER "command", "absent");
	expect_json(template, CONTAINER "volumeMounts",
		    "[{\"name\":\"nni-vol\",\"mountPath\":\"/tmp/mount\"}]");
	expect_json(template, "spec.initContainers.0.name",
		    "\"trialdeck-layout\"");
	expect_json(template, "spec.initContainers.0.image",
		    "\"msranni/nni:latest\"");
	expect_json(template, "spec.initContainers.0.command",
		    "[\"/trialdeck/keeper/trialdeck-keeper\",\"--lay-out\","
		    "\"--sys-dir\",\"" SYS_DIR "\","
		    "\"--input\",\"/trialdeck/input\","
		    "\"--dir\",\"/trialdeck/work\","
		    "\"--url-file\",\"/trialdeck/link/url\","
		    "\"--code-archive\",\"/trialdeck/code/code.tar.gz\","
		    "\"--code-dir\",\"/tmp/mount/nni/abcd1234/nni-code\","
		    "\"--code-digest\",\"abc\"]");
	/* scripts and all: nothing is left out of what it mounts */
	expect_json(template, "spec.volumes.1.secret.items", "absent");
	cJSON_Delete(template);
	/* frameworkcontroller replaces the image's entry point */
	sample.plan.nni_platform = "frameworkcontroller";
	template = build(&sample);
	expect_json(template, CONTAINER "command",
		    "[\"sh\",\"" SYS_DIR "/run_worker.sh\"]");
	cJSON_Delete(template);
	sample_release(&sample);
}

/* A text with one word put in the place of another. */
static char *replaced(const char *text, const char *word, const char *by)
{
	struct strbuf out = STRBUF_INIT;

	while (*text) {
		if (!strncmp(text, word, strlen(word))) {
			strbuf_adds(&out, by);
			text += strlen(word);
		} else {
			strbuf_addch(&out, *text++);
		}
	}
	return strbuf_detach(&out);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(path, 0755);
	free(path);
}

/* Run a script in sh, its storage and its python3 moved to a folder: exit
 * status, and what python3 printed into NNI's file. */
static char *run_script(const char *script, const char *python)
{
	char folder[] = "/tmp/nni-trial-XXXXXX";
	char text[2048];
	char *here, *command;
	FILE *file;
	size_t len;

	assert_non_null(mkdtemp(folder));
	here = replaced(script, "/tmp/mount", folder);
	write_file(folder, "run.sh", here);
	write_file(folder, "python3", python);
	command = xasprintf(
		"cd %s && mkdir -p nni/abcd1234/nni-code && "
		"touch nni/abcd1234/nni-code/.hidden && "
		"echo true >install_nni.sh && "
		"PATH=%s:$PATH sh run.sh >log 2>/dev/null; "
		"echo status $?; cmp log nni/abcd1234/xa12b/output"
		"/worker_output/trialkeeper_stdout; cd nni/abcd1234/xa12b && "
		"cat output/worker_output/trialkeeper_stdout && "
		"ls -A code; rm -rf %s",
		folder, folder, folder);
	file = popen(command, "r");
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	pclose(file);
	free(here);
	free(command);
	return xstrdup(text);
}

static void the_script_runs_the_command_as_it_stands(void **state)
{
	const struct nni_manager manager = {"10.0.0.5", 8081};
	struct sample sample;
	char *script, *said;

	(void)state;
	init(&sample, KEEPER_NNI);
	script = nni_run_script(&sample.plan, &manager,
				"echo 'it' \"$HOME\" && x='a b'");
	assert_non_null(strstr(script, "export NNI_PLATFORM='kubeflow'\n"));
	assert_non_null(strstr(script, "export NNI_SYS_DIR='" SYS_DIR "'\n"));
	assert_non_null(strstr(script, "export NNI_OUTPUT_DIR='" SYS_DIR
				       "/output/worker_output'\n"));
	assert_non_null(strstr(script, "export NNI_TRIAL_SEQ_ID='7'\n"));
	assert_non_null(strstr(script, "export CUDA_VISIBLE_DEVICES=''\n"));
	said = run_script(script, "#!/bin/sh\n"
				  "[ \"$1\" != -c ] || exit 0\n"
				  "printf '%s\\n' \"$@\"\n"
				  "exit 3\n");
	assert_string_equal(
		said, "status 3\n"
		      "-m\nnni.tools.trial_tool.trial_keeper\n"
		      "--trial_command\necho 'it' \"$HOME\" && x='a b'\n"
		      "--nnimanager_ip\n10.0.0.5\n--nnimanager_port\n8081\n"
		      "--nni_manager_version\n\n--log_collection\nnone\n"
		      ".hidden\n");
	free(said);
	/* NNI 1 only: the newer module cannot be imported */
	said = run_script(script, "#!/bin/sh\n"
				  "[ \"$1\" != -c ] || exit 1\n"
				  "echo $2\n");
	assert_string_equal(said, "status 0\nnni_trial_tool.trial_keeper\n"
				  ".hidden\n");
	free(said);
	free(script);
	sample_release(&sample);
}

static void only_plain_http_is_nnis(void **state)
{
	static const char *const others[] = {
		"https://10.0.0.5:8081", "http://10.0.0.5",   "http://:80",
		"http://host:0",	 "http://host:70000", ""};
	struct nni_manager manager;
	char buffer[64];

	(void)state;
	assert_true(nni_manager_parse("http://10.0.0.5:8081", buffer,
				      sizeof(buffer), &manager));
	assert_string_equal(manager.ip, "10.0.0.5");
	assert_int_equal(manager.port, 8081);
	assert_true(nni_manager_parse("http://[fd00::1]:80", buffer,
				      sizeof(buffer), &manager));
	assert_string_equal(manager.ip, "[fd00::1]");
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_false(nni_manager_parse(others[i], buffer,
					       sizeof(buffer), &manager));
	assert_false(
		nni_manager_parse("http://10.0.0.5:8081", buffer, 8, &manager));
}

/* --- secrets ------------------------------------------------------------ */

static void secrets_have_names_that_last(void **state)
{
	const struct experiment one = {.id = "abcd1234"}, other = {.id = "b"};
	char *a = pod_registry_secret(&one, "/home/u/.docker/config.json");
	char *again = pod_registry_secret(&one, "/home/u/.docker/config.json");
	char *b = pod_registry_secret(&one, "/home/u/other.json");
	char *c = pod_registry_secret(&other, "/home/u/.docker/config.json");

	(void)state;
	assert_string_equal(a, again);
	assert_string_not_equal(a, b);
	assert_string_not_equal(a, c);
	assert_int_equal(strncmp(a, "nni-secret-", 11), 0);
	assert_int_equal(strlen(a), 19);
	free(a);
	free(again);
	free(b);
	free(c);
}

static void a_private_registry_is_named(void **state)
{
	static char path[] = "/home/u/.docker/config.json";
	struct sample sample;
	cJSON *template;
	char *name, *json;

	(void)state;
	init(&sample, KEEPER_OURS);
	worker.registry_auth = path;
	template = build(&sample);
	name = pod_registry_secret(&sample.experiment, path);
	json = xasprintf("[{\"name\":\"%s\"}]", name);
	expect_json(template, "spec.imagePullSecrets", json);
	free(name);
	free(json);
	cJSON_Delete(template);
	sample_release(&sample);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_keeper_works_on_the_storage),
		cmocka_unit_test(later_attempts_have_their_own_folder),
		cmocka_unit_test(every_storage_is_a_volume),
		cmocka_unit_test(without_storage_outputs_are_sent),
		cmocka_unit_test(nnis_keeper_starts_its_script),
		cmocka_unit_test(the_script_runs_the_command_as_it_stands),
		cmocka_unit_test(only_plain_http_is_nnis),
		cmocka_unit_test(secrets_have_names_that_last),
		cmocka_unit_test(a_private_registry_is_named),
	};

	return cmocka_run_group_tests_name("nni_trial", tests, NULL, NULL);
}
