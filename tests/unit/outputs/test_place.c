/* SPDX-License-Identifier: MIT */
/* Where outputs lie by what the experiment file says, and the way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/mem.h"
#include "engine/outputs/place.h"
#include "engine/platform/kubernetes/board.h"
#include "engine/spec/spec.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD                                                                   \
	"trialCommand: x\ntrialConcurrency: 1\n"                               \
	"searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"                \
	"tuner: {name: Random}\n"
#define CLUSTER HEAD "trainingService:\n  platform: kubernetes\n  image: i\n"

static char directory[] = "/data/experiments/abc123";
static char attempt_directory[] = "/data/experiments/abc123/trials/xy1ab/2";

static struct experiment_config read_config(const char *text)
{
	struct experiment_config config;
	struct error err;

	if (!spec_parse(text, strlen(text), "e.yaml", "/tmp", &config, NULL,
			&err))
		fail_msg("%s", err.text);
	return config;
}

static bool place(const char *text, int number, struct output *ret)
{
	struct experiment_config config = read_config(text);
	struct experiment experiment = {.id = "abc123", .directory = directory};
	struct trial trial = {.key = 7, .id = "xy1ab"};
	struct attempt attempt = {.number = number,
				  .directory = attempt_directory};
	bool ok = outputs_place(&config, &experiment, &trial, &attempt,
				"/tmp/t.db", ret);

	experiment_config_release(&config);
	return ok;
}

static void assert_place(const char *text, int number, const char *storage,
			 const char *path, const char *url)
{
	struct output output;

	assert_true(place(text, number, &output));
	assert_string_equal(output.storage, storage);
	assert_string_equal(output.path, path);
	assert_string_equal(output.url, url);
	assert_int_equal(output.trial, 7);
	assert_int_equal(output.attempt, number);
	assert_int_equal(output.state, OUTPUT_UNKNOWN);
	assert_int_equal(output.files, -1);
	output_release(&output);
}

static void each_platform_has_its_place(void **state)
{
	struct output output;

	(void)state;
	assert_place(HEAD "trainingService: {platform: local}\n", 2,
		     "{\"storageType\":\"folder\",\"path\":"
		     "\"/data/experiments/abc123\"}",
		     "trials/xy1ab/2",
		     "file://localhost:/data/experiments/abc123/trials/xy1ab/"
		     "2");
	assert_place(CLUSTER, 1,
		     "{\"storageType\":\"folder\",\"path\":\"/tmp/outputs\"}",
		     "abc123/xy1ab",
		     "file://localhost:/tmp/outputs/abc123/xy1ab");
	assert_place(CLUSTER "  storage: {server: nas, path: /export}\n", 1,
		     "{\"storageType\":\"nfs\",\"server\":\"nas\",\"path\":"
		     "\"/export\"}",
		     "nni/abc123/xy1ab", "nfs://nas:/export/nni/abc123/xy1ab");
	assert_place(CLUSTER "  storage: {claimName: c}\n", 3,
		     "{\"storageType\":\"pvc\",\"claimName\":\"c\"}",
		     "nni/abc123/xy1ab-3", "pvc://c/nni/abc123/xy1ab-3");
	/* nobody of ours is there to say what was left */
	assert_false(place(CLUSTER "  keeper: nni\n", 1, &output));
}

static void s3_is_named_before_anything_is_there(void **state)
{
	struct output output;

	(void)state;
	assert_true(place(CLUSTER "  storage: {bucket: abc, prefix: p}\n", 2,
			  &output));
	assert_string_equal(output.path, "nni/abc123/xy1ab-2");
	assert_non_null(strstr(output.url, "abc"));
	assert_non_null(strstr(output.storage, "\"bucket\":\"abc\""));
	output_release(&output);
}

static void code_goes_where_pods_mount_it(void **state)
{
	static const struct {
		const char *text;
		bool is_wanted, has_volume, arrives;
	} cases[] = {
		{HEAD "trainingService: {platform: local}\n", 0, 0, 0},
		{CLUSTER, 0, 0, 1},
		{CLUSTER "  storage: {server: a, path: /b}\n", 1, 1, 0},
		{CLUSTER "  storage: {bucket: abc}\n", 0, 0, 1},
		{CLUSTER "  keeper: nni\n  storage: {claimName: c}\n", 1, 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct experiment_config c = read_config(cases[i].text);

		assert_int_equal(outputs_wants_code(&c), cases[i].is_wanted);
		assert_int_equal(outputs_has_volume(&c), cases[i].has_volume);
		assert_int_equal(outputs_arrive(&c), cases[i].arrives);
		experiment_config_release(&c);
	}
}

static void folders_are_found_where_they_are_now(void **state)
{
	char folder[] = "/tmp/trialdeck-place-XXXXXX";
	char *db, *home, *path;
	struct output output = {
		.storage = (char *)(uintptr_t) "{\"storageType\":\"folder\","
					       "\"path\":\"/gone/experiments/"
					       "abc\"}",
		.path = (char *)(uintptr_t) "trials/x/1",
	};
	struct error err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	db = fs_join(folder, "t.db");
	path = outputs_local_path(&output, db);
	assert_string_equal(path, "/gone/experiments/abc/trials/x/1");
	free(path);
	home = fs_join(folder, "experiments/abc");
	assert_true(fs_make_folders(home, &err));
	path = outputs_local_path(&output, db);
	assert_non_null(strstr(path, folder));
	free(path);
	/* no folder of this machine */
	output.storage = (char *)(uintptr_t) "{\"storageType\":\"pvc\","
					     "\"claimName\":\"c\"}";
	assert_null(outputs_local_path(&output, db));
	fs_remove_tree(folder, &err);
	free(home);
	free(db);
}

/* ---- TensorBoard's pod ----------------------------------------------------
 */

static const cJSON *at(const cJSON *tree, const char *path)
{
	char *copy = xstrdup(path), *rest = copy, *part;

	while (tree && (part = strsep(&rest, ".")))
		tree = *part >= '0' && *part <= '9'
			       ? cJSON_GetArrayItem(tree, atoi(part))
			       : cJSON_GetObjectItemCaseSensitive(tree, part);
	free(copy);
	return tree;
}

static void the_board_only_looks(void **state)
{
	struct experiment_config config = read_config(
		CLUSTER "  storage: {storageType: azureStorage, azureAccount: "
			"acc, azureShare: share, keyVaultName: v, keyVaultKey: "
			"k}\n  nodeSelector: {disk: fast}\n");
	struct experiment experiment = {.id = "abc123"};
	const struct board_run runs[] = {{"0000-a", "nni/abc123/a/output"},
					 {"0001-b", "nni/abc123/b/output"}};
	struct board_options options = {
		.experiment = &experiment,
		.config = &config,
		.image = "tb:1",
		.runs = runs,
		.count = 2,
		.deadline_s = 60,
	};
	cJSON *pod = board_pod(&options, "tensorboard-abc123");
	char *text = cJSON_PrintUnformatted(pod);

	(void)state;
	assert_string_equal(
		at(pod, "spec.containers.0.command.3")->valuestring,
		"0000-a:/tmp/mount/nni/abc123/a/output,0001-b:/tmp/mount/nni/"
		"abc123/b/output");
	assert_true(cJSON_IsTrue(
		at(pod, "spec.containers.0.volumeMounts.0.readOnly")));
	assert_int_equal(at(pod, "spec.activeDeadlineSeconds")->valueint, 60);
	assert_string_equal(at(pod, "spec.nodeSelector.disk")->valuestring,
			    "fast");
	/* the key's name, never the key */
	assert_string_equal(
		at(pod, "spec.volumes.0.azureFile.secretName")->valuestring,
		"tensorboard-abc123");
	/* no label that trials' watches look for */
	assert_null(strstr(text, "nni-kubernetes-trial"));
	cJSON_free(text);
	cJSON_Delete(pod);
	experiment_config_release(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_platform_has_its_place),
		cmocka_unit_test(s3_is_named_before_anything_is_there),
		cmocka_unit_test(code_goes_where_pods_mount_it),
		cmocka_unit_test(folders_are_found_where_they_are_now),
		cmocka_unit_test(the_board_only_looks),
	};

	return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
