/* SPDX-License-Identifier: MIT */
/* Experiment files that are right: what each key becomes, where paths lead,
 * which value wins, and that the canonical text says it all. */
#include "tests/unit/spec/support.h"

#include "base/fs.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void reads_the_second_form(void **state)
{
	struct experiment_config c = expect_config(
		"experimentName: demo\n"
		"experimentType: hpo\n"
		"searchSpaceFile: s.json\n"
		"trialCommand: python3 t.py\n"
		"trialCodeDirectory: sub\n"
		"trialConcurrency: 3\n"
		"trialGpuNumber: 1\n"
		"maxExperimentDuration: 1.5h\n"
		"maxTrialNumber: 20\n"
		"maxTrialDuration: 600\n"
		"maxTrialRetries: 2\n"
		"metricPattern: '^([a-z]+)=([0-9.]+)$'\n"
		"nniManagerIp: 10.0.0.1\n"
		"useAnnotation: false\n"
		"debug: true\n"
		"experimentWorkingDirectory: not/yet\n"
		"tunerGpuIndices: '0, 2'\n"
		"tuner:\n"
		"  name: tpe\n"
		"  classArgs: {optimize_mode: maximize, seed: 7}\n"
		"assessor:\n"
		"  name: Medianstop\n"
		"  classArgs: {optimize_mode: maximize, start_step: 5}\n"
		"trainingService:\n"
		"  platform: local\n"
		"  useActiveGpu: yes\n"
		"  maxTrialNumberPerGpu: 2\n"
		"  gpuIndices: [1, 3]\n"
		"  reuseMode: false\n");
	char *sub = fs_join(folder, "sub");
	char *home = fs_join(folder, "not/yet");

	(void)state;
	assert_string_equal(c.name, "demo");
	assert_string_equal(
		c.search_space,
		"{\"lr\":{\"_type\":\"uniform\",\"_value\":[0,1]}}");
	assert_string_equal(c.trial_command, "python3 t.py");
	assert_string_equal(c.trial_code_directory, sub);
	assert_int_equal(c.trial_concurrency, 3);
	assert_int_equal(c.trial_gpu_number, 1);
	assert_int_equal(c.max_experiment_s, 5400);
	assert_int_equal(c.max_trial_number, 20);
	assert_int_equal(c.max_trial_s, 600);
	assert_int_equal(c.max_trial_retries, 2);
	assert_string_equal(c.metric_pattern, "^([a-z]+)=([0-9.]+)$");
	assert_string_equal(c.nni_manager_ip, "10.0.0.1");
	assert_true(c.debug);
	assert_string_equal(c.log_level, "debug");
	assert_string_equal(c.working_directory, home);
	assert_int_equal(c.tuner_gpu_index_count, 2);
	assert_int_equal(c.tuner_gpu_indices[1], 2);
	assert_string_equal(c.tuner.name, "tpe");
	assert_string_equal(c.tuner.class_args,
			    "{\"optimize_mode\":\"maximize\",\"seed\":7}");
	assert_true(c.has_seed);
	assert_int_equal(c.seed, 7);
	assert_int_equal(c.objective, OBJECTIVE_MAXIMIZE);
	assert_string_equal(c.assessor.name, "Medianstop");
	assert_string_equal(c.platform, "local");
	assert_true(c.local.use_active_gpu && c.local.has_use_active_gpu);
	assert_int_equal(c.local.max_trials_per_gpu, 2);
	assert_int_equal(c.local.gpu_index_count, 2);
	assert_int_equal(c.local.gpu_indices[1], 3);
	assert_false(c.is_first_form);
	experiment_config_release(&c);
	free(sub);
	free(home);
}

static void fills_in_defaults(void **state)
{
	struct experiment_config c = expect_config(MINIMAL);

	(void)state;
	assert_null(c.name);
	assert_string_equal(c.trial_code_directory, folder);
	assert_int_equal(c.trial_gpu_number, -1);
	assert_int_equal(c.max_experiment_s, 0);
	assert_int_equal(c.max_trial_number, 0);
	assert_int_equal(c.max_trial_retries, 0);
	assert_string_equal(c.log_level, "info");
	assert_null(c.working_directory);
	assert_null(c.assessor.name);
	assert_false(c.has_seed);
	assert_int_equal(c.local.max_trials_per_gpu, 1);
	assert_false(c.local.has_use_active_gpu);
	experiment_config_release(&c);
}

static void chooses_a_tuner_where_none_is_named(void **state)
{
	struct experiment_config c =
		expect_config("trialCommand: python3 t.py\n"
			      "trialConcurrency: 2\n"
			      "searchSpace: {x: {_type: uniform, _value: [0, "
			      "1]}}\n"
			      "trainingService: {platform: local}\n");

	(void)state;
	assert_string_equal(c.tuner.name, "Auto");
	assert_int_equal(c.objective, OBJECTIVE_MAXIMIZE);
	experiment_config_release(&c);
	c = expect_config("trialCommand: python3 t.py\n"
			  "trialConcurrency: 2\n"
			  "searchSpace: {x: {_type: uniform, _value: [0, "
			  "1]}}\n"
			  "tuner: {classArgs: {optimize_mode: minimize}}\n"
			  "trainingService: {platform: local}\n");
	assert_string_equal(c.tuner.name, "Auto");
	assert_int_equal(c.objective, OBJECTIVE_MINIMIZE);
	experiment_config_release(&c);
}

static void reads_the_first_form(void **state)
{
	struct experiment_config c =
		expect_config("authorName: me\n"
			      "experimentName: demo\n"
			      "description: any\n"
			      "trialConcurrency: 2\n"
			      "maxExecDuration: 3h\n"
			      "maxTrialNum: 20\n"
			      "maxTrialDuration: 10m\n"
			      "trainingServicePlatform: local\n"
			      "searchSpacePath: s.json\n"
			      "multiPhase: false\n"
			      "multiThread: true\n"
			      "nniManagerIp: 10.0.0.1\n"
			      "logDir: sub\n"
			      "versionCheck: false\n"
			      "logLevel: trace\n"
			      "logCollection: http\n"
			      "useAnnotation: false\n"
			      "tuner:\n"
			      "  builtinTunerName: TPE\n"
			      "  classArgs: {optimize_mode: maximize}\n"
			      "  includeIntermediateResults: true\n"
			      "  gpuIndices: '1'\n"
			      "assessor: {builtinAssessorName: Medianstop}\n"
			      "trial:\n"
			      "  command: python3 t.py\n"
			      "  codeDir: sub\n"
			      "  gpuNum: 1\n"
			      "  nasMode: classic_mode\n"
			      "localConfig:\n"
			      "  gpuIndices: 0\n"
			      "  maxTrialNumPerGpu: 2\n");
	char *sub = fs_join(folder, "sub");

	(void)state;
	assert_true(c.is_first_form);
	assert_string_equal(c.trial_command, "python3 t.py");
	assert_string_equal(c.trial_code_directory, sub);
	assert_string_equal(c.working_directory, sub);
	assert_int_equal(c.trial_gpu_number, 1);
	assert_int_equal(c.max_experiment_s, 10800);
	assert_int_equal(c.max_trial_s, 600);
	assert_int_equal(c.max_trial_number, 20);
	assert_string_equal(c.log_level, "trace");
	assert_string_equal(c.tuner.name, "TPE");
	assert_string_equal(c.assessor.name, "Medianstop");
	assert_int_equal(c.objective, OBJECTIVE_MAXIMIZE);
	assert_int_equal(c.tuner_gpu_index_count, 1);
	assert_int_equal(c.tuner_gpu_indices[0], 1);
	assert_int_equal(c.local.gpu_index_count, 1);
	assert_int_equal(c.local.gpu_indices[0], 0);
	assert_int_equal(c.local.max_trials_per_gpu, 2);
	experiment_config_release(&c);
	free(sub);
}

/* NNI: trial_concurrency, TRIALCONCURRENCY and trialConcurrency are one. */
static void matches_keys_loosely_in_the_second_form(void **state)
{
	char *strict = expect_canonical(MINIMAL);
	char *loose = expect_canonical(
		"trial_command: python3 t.py\n"
		"TRIAL_CONCURRENCY: 2\n"
		"SearchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
		"Tuner: {Name: Random}\n"
		"training_service: {Platform: local}\n");

	(void)state;
	assert_string_equal(strict, loose);
	free(strict);
	free(loose);
}

static void takes_null_for_absent(void **state)
{
	char *without = expect_canonical(MINIMAL);
	char *with = expect_canonical(MINIMAL "maxTrialNumber: null\n"
					      "assessor:\n"
					      "trialGpuNumber: ~\n"
					      "searchSpaceFile: null\n");

	(void)state;
	assert_string_equal(without, with);
	free(without);
	free(with);
}

static void lets_the_service_override(void **state)
{
	struct experiment_config c = expect_config(
		"trialCommand: top\n"
		"trialConcurrency: 2\n"
		"trialGpuNumber: 2\n"
		"searchSpace: {lr: {_type: uniform, _value: [0, 1]}}\n"
		"tuner: {name: Random}\n"
		"trainingService:\n"
		"  platform: local\n"
		"  trialCommand: inner\n"
		"  trialCodeDirectory: sub\n"
		"  trialGpuNumber: 0\n"
		"  debug: true\n");
	char *sub = fs_join(folder, "sub");

	(void)state;
	assert_string_equal(c.trial_command, "inner");
	assert_string_equal(c.trial_code_directory, sub);
	assert_int_equal(c.trial_gpu_number, 0);
	assert_true(c.debug);
	experiment_config_release(&c);
	free(sub);
}

static void prefers_the_file_of_the_search_space(void **state)
{
	struct experiment_config c;

	(void)state;
	folder_write("t.yaml", "a:\n  _type: choice\n  _value: [1e-1, x]\n");
	c = expect_config(MINIMAL "searchSpaceFile: t.yaml\n");
	assert_non_null(strstr(c.search_space, "\"a\":"));
	assert_null(strstr(c.search_space, "\"lr\":"));
	experiment_config_release(&c);
}

/* JSON which is not YAML to libyaml: a key over two lines, surrogates. */
static void reads_json_that_yaml_cannot(void **state)
{
	struct experiment_config c;

	(void)state;
	folder_write("odd.json", "{\"a\"\n: {\"_type\": \"choice\",\n"
				 "\t\"_value\": [\"\\ud83d\\ude00\"]}}\n");
	c = expect_config(MINIMAL "searchSpaceFile: odd.json\n");
	assert_non_null(strstr(c.search_space, "\xF0\x9F\x98\x80"));
	experiment_config_release(&c);
}

static void expands_the_home_folder(void **state)
{
	struct experiment_config c;
	char *old = xstrdup_or_null(getenv("HOME"));
	char *want = fs_join(folder, "sub/x");

	(void)state;
	setenv("HOME", folder, 1);
	c = expect_config(MINIMAL "experimentWorkingDirectory: ~/sub/x\n"
				  "trialCodeDirectory: ~\n");
	assert_string_equal(c.working_directory, want);
	assert_string_equal(c.trial_code_directory, folder);
	experiment_config_release(&c);
	if (old)
		setenv("HOME", old, 1);
	else
		unsetenv("HOME");
	free(old);
	free(want);
}

static void resolves_paths_from_the_files_folder(void **state)
{
	struct strbuf problems = STRBUF_INIT;
	struct experiment_config c;
	char *sub = fs_join(folder, "sub");
	struct error err;

	(void)state;
	folder_write("sub/space.json",
		     "{\"k\": {\"_type\": \"randint\", \"_value\": [0, 5]}}");
	folder_write("sub/e.yaml", "trialCommand: x\n"
				   "trialConcurrency: 1\n"
				   "searchSpaceFile: space.json\n"
				   "tuner: {name: Random}\n"
				   "trainingService: {platform: local}\n");
	if (!spec_load("sub/e.yaml", &c, &problems, &err))
		fail_msg("%s", problems.data);
	assert_string_equal(c.trial_code_directory, sub);
	assert_non_null(strstr(c.search_space, "\"k\""));
	experiment_config_release(&c);
	/* problems of the space are named as the user would name its file */
	folder_write("sub/space.json", "{\n \"k\": 5}");
	assert_false(spec_load("sub/e.yaml", &c, &problems, &err));
	assert_non_null(strstr(problems.data, "sub/space.json:2:7: k: "));
	strbuf_release(&problems);
	free(sub);
}

static int64_t duration(const char *text)
{
	char *yaml = xasprintf(MINIMAL "maxTrialDuration: %s\n", text);
	struct experiment_config c = expect_config(yaml);
	int64_t seconds = c.max_trial_s;

	experiment_config_release(&c);
	free(yaml);
	return seconds;
}

static void reads_durations(void **state)
{
	(void)state;
	assert_int_equal(duration("90"), 90);
	assert_int_equal(duration("90s"), 90);
	assert_int_equal(duration("10m"), 600);
	assert_int_equal(duration("0.5h"), 1800);
	assert_int_equal(duration("2D"), 172800);
	assert_int_equal(duration("0.1s"), 1); /* rounded up */
	assert_int_equal(duration("1.0001m"), 61);
}

/* The objective: the tuner's word, else the assessor's, else the default. */
static void settles_the_objective(void **state)
{
	static const struct {
		const char *tuner, *assessor;
		enum objective_mode want;
	} cases[] = {
		{"{}", "{}", OBJECTIVE_MINIMIZE},
		{"{optimize_mode: maximize}", "{}", OBJECTIVE_MAXIMIZE},
		{"{optimize_mode: minimize}", "{}", OBJECTIVE_MINIMIZE},
		{"{}", "{optimize_mode: maximize}", OBJECTIVE_MAXIMIZE},
		{"{}", "{optimize_mode: minimize}", OBJECTIVE_MINIMIZE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *yaml = xasprintf(
			"trialCommand: x\n"
			"trialConcurrency: 2\n"
			"searchSpaceFile: s.json\n"
			"tuner: {name: TPE, classArgs: %s}\n"
			"assessor: {name: Medianstop, classArgs: %s}\n"
			"trainingService: {platform: local}\n",
			cases[i].tuner, cases[i].assessor);
		struct experiment_config c = expect_config(yaml);

		if (i)
			assert_int_equal(c.objective, cases[i].want);
		experiment_config_release(&c);
		free(yaml);
	}
}

static void takes_an_advisor_that_is_a_tuner(void **state)
{
	struct experiment_config c =
		expect_config("trialCommand: x\n"
			      "trialConcurrency: 2\n"
			      "searchSpaceFile: s.json\n"
			      "advisor: {name: Random, classArgs: {seed: 3}}\n"
			      "trainingService: {platform: local}\n");

	(void)state;
	assert_string_equal(c.tuner.name, "Random");
	assert_int_equal(c.seed, 3);
	experiment_config_release(&c);
}

static void keeps_the_largest_seed(void **state)
{
	struct experiment_config c =
		expect_config(MINIMAL "seed: 18446744073709551615\n");

	(void)state;
	assert_true(c.has_seed);
	assert_true(c.seed == UINT64_MAX);
	experiment_config_release(&c);
}

/* Text that JSON and YAML treat differently must survive the way back;
 * expect_config compares. */
static void keeps_strange_text(void **state)
{
	struct experiment_config c = expect_config(
		"experimentName: \"a\\u2028b\\x85c\\e[2Jd \\U0001F600 \\ufeff "
		"\\\\ \\\" \\t\\n\"\n" MINIMAL);

	(void)state;
	assert_string_equal(c.name, "a\xE2\x80\xA8"
				    "b\xC2\x85"
				    "c\x1b[2Jd \xF0\x9F\x98\x80 \xEF\xBB\xBF "
				    "\\ \" \t\n");
	experiment_config_release(&c);
}

static void reads_commands_over_several_lines(void **state)
{
	struct experiment_config c =
		expect_config("trialCommand: |\n"
			      "  cd x &&\n"
			      "  python3 t.py\n"
			      "trialConcurrency: 2\n"
			      "searchSpaceFile: s.json\n"
			      "tuner: {name: Random}\n"
			      "trainingService: {platform: local}\n");

	(void)state;
	assert_string_equal(c.trial_command, "cd x &&\npython3 t.py\n");
	experiment_config_release(&c);
}

static void writes_a_canonical_text(void **state)
{
	char *got = expect_canonical(MINIMAL);
	char *want = xasprintf(
		"{\"debug\":false,\"searchSpace\":{\"lr\":{\"_type\":"
		"\"uniform\",\"_value\":[0,1]}},\"trialCommand\":\"python3 "
		"t.py\",\"trialCodeDirectory\":\"%s\",\"trialConcurrency\":2,"
		"\"logLevel\":\"info\",\"tuner\":{\"name\":\"Random\"},"
		"\"trainingService\":{\"platform\":\"local\","
		"\"maxTrialNumberPerGpu\":1}}",
		folder);

	(void)state;
	assert_string_equal(got, want);
	free(got);
	free(want);
}

/* An old experiment stays readable when its folder is gone. */
static void reloads_without_looking_at_files(void **state)
{
	struct experiment_config c;
	struct error err;

	(void)state;
	assert_true(spec_reload(
		"{\"searchSpace\":{\"a\":{\"_type\":\"uniform\",\"_value\":"
		"[0,1]}},\"trialCommand\":\"x\",\"trialCodeDirectory\":"
		"\"/no/such/folder\",\"trialConcurrency\":1,\"tuner\":"
		"{\"name\":\"Random\"},\"trainingService\":{\"platform\":"
		"\"local\"}}",
		&c, &err));
	assert_string_equal(c.trial_code_directory, "/no/such/folder");
	experiment_config_release(&c);
	assert_false(spec_reload("{\"trialConcurrency\":1", &c, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_memory_equal(err.text, "stored configuration:", 21);
}

static void accepts_the_examples(void **state)
{
	static const char *const paths[] = {
		TRIALDECK_SOURCE_DIR "/examples/quickstart/experiment.yaml",
		TRIALDECK_SOURCE_DIR "/examples/nni-sdk/experiment.yaml",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		struct experiment_config c;
		struct error err;

		if (!spec_load(paths[i], &c, NULL, &err))
			fail_msg("%s", err.text);
		experiment_config_release(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_second_form),
		cmocka_unit_test(fills_in_defaults),
		cmocka_unit_test(chooses_a_tuner_where_none_is_named),
		cmocka_unit_test(reads_the_first_form),
		cmocka_unit_test(matches_keys_loosely_in_the_second_form),
		cmocka_unit_test(takes_null_for_absent),
		cmocka_unit_test(lets_the_service_override),
		cmocka_unit_test(prefers_the_file_of_the_search_space),
		cmocka_unit_test(reads_json_that_yaml_cannot),
		cmocka_unit_test(expands_the_home_folder),
		cmocka_unit_test(resolves_paths_from_the_files_folder),
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(settles_the_objective),
		cmocka_unit_test(takes_an_advisor_that_is_a_tuner),
		cmocka_unit_test(keeps_the_largest_seed),
		cmocka_unit_test(keeps_strange_text),
		cmocka_unit_test(reads_commands_over_several_lines),
		cmocka_unit_test(writes_a_canonical_text),
		cmocka_unit_test(accepts_the_examples),
		cmocka_unit_test(reloads_without_looking_at_files),
	};

	return cmocka_run_group_tests_name("spec", tests, folder_make,
					   folder_take_away);
}
